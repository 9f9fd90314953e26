"""Nodata: what is undefined stays undefined, and nothing else does."""

import numpy as np
import pytest

# Stored numbers; reflectance is stored/10000 - 0.1, so 1000 is 0.
ZERO, ONE = 1000, 11000


def look(read, raster, text, bands, valid=None):
    """The values under one row of pixels, None where undefined."""
    expression = read(text)
    masks = None
    if valid is not None:
        masks = np.stack([np.atleast_2d(np.asarray(valid[name], bool)) for name in expression.inputs])
    result = expression(raster({name: [bands[name]] for name in expression.inputs}, masks))
    shown = np.broadcast_to(result.valid, result.values.shape)
    return [
        [float(v) if ok else None for v, ok in zip(values, mask, strict=True)]
        for values, mask in zip(result.values[:, 0], shown[:, 0], strict=True)
    ]


UNDEFINED = [
    "B04/B08", "1/(1/B08)", "(B04/B08) > 1", "not (B04/B08)", "min(B04/B08, 1)", "max(-1/B08, 1)", "clip(1/B08, 0, 1)",
    "atan(1/B08)", "exp(-1/B08)", "sqrt(B08 - 1)", "log(B08)", "log10(B08)", "log2(B08)", "log(B08 - 1)",
    "asin(B08 + 2)", "acos(B08 + 2)", "B04 // B08", "B04 % B08", "B08 ** -1", "(B08 - 1) ** 0.5", "exp(1000 + B08)",
    "1/exp(1000 + B08)", "exp(1000 + B08) > 1", "1e200*(B08 + 1)*1e200 > 0", "nd(B08, B08)", "nd(B08, B08) > 0",
    "db(B08)", "sign(1/B08)", "interp(1/B08, [0, 1], [0, 1])", "classify(1/B08, [0], [1, 2])", "bit(1/B08, 0)",
    "scale(B04, B08, B08)", "B04 + nodata", "B04 + 1/0", "1/0 > B04", "1/(1/0) + B04", "0*(1/B08)", "(1/B08)**0",
    "1**(1/B08)", "B08 and 1/B08", "1 or 1/B08", "where(1/B08, 1, 2)", "1e30*1e30*(B08 + 1)", "atan2(1/B08, 1)",
    "hypot(1/B08, 1)", "std(1/B08, 1)", "floor(1/B08)", "abs(1/B08)", "1/(B08*B08)", "min(nan, B08)",
    "classify(B08, [5], [nan, 1])", "interp(B08, [-1, 1], [nan, nan])",
]  # fmt: skip


@pytest.mark.parametrize("text", UNDEFINED)
def test_undefined_arithmetic_is_nodata(read, raster, text):
    assert look(read, raster, text, {"B04": [ONE], "B08": [ZERO]}) == [[None]]


DEFINED = [
    ("isvalid(1/B08)", 0), ("isnan(1/B08)", 1), ("isnan(B08)", 0), ("isvalid(B08)", 1),
    ("where(B08 == 0, 7, 1/B08)", 7), ("B08 == 0 ? 7 : 1/B08", 7), ("where(isnan(1/B08), 7, 1/B08)", 7),
    ("where(B04 > 0, B04, log(B08))", 1), ("B08*B04", 0), ("0/B04", 0), ("B08 ** 2", 0), ("B08 ** 0", 1),
    ("1/(1/B04)", 1), ("not B08", 1), ("B08 or B04", 1), ("B08 and B04", 0), ("sqrt(B08)", 0), ("exp(B08)", 1),
    ("isvalid(nodata) + B08", 0), ("where(isvalid(B04/B08) or B04, 3, 4)", 3),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), DEFINED)
def test_defined_arithmetic_is_not(read, raster, text, value):
    assert look(read, raster, text, {"B04": [ONE], "B08": [ZERO]}) == [[value]]


def test_nodata_in_any_used_band_is_nodata(read, raster):
    valid = {"B04": [1, 0, 1, 0], "B08": [1, 1, 0, 0]}
    bands = {"B04": [ONE] * 4, "B08": [ONE] * 4}
    for text in ("B04 + B08", "B04 > B08", "B04 and B08", "min(B04, B08)", "0*B04 + B08"):
        [row] = look(read, raster, text, bands, valid)
        assert [v is not None for v in row] == [True, False, False, False], text


def test_where_asks_only_for_the_branch_it_takes(read, raster):
    bands = {"SCL": [4, 4, 8, 8, 4], "B04": [ONE] * 5, "B08": [2 * ONE - ZERO] * 5}
    valid = {"SCL": [1, 1, 1, 1, 0], "B04": [1, 0, 1, 0, 1], "B08": [0, 1, 0, 1, 1]}
    assert look(read, raster, "SCL == 4 ? B04 : B08", bands, valid) == [[1, None, None, 2, None]]


def test_a_band_that_both_branches_use_is_needed(read, raster):
    bands, valid = {"SCL": [4, 8], "B04": [ONE, ONE]}, {"SCL": [1, 1], "B04": [0, 0]}
    assert look(read, raster, "where(SCL == 4, B04, B04*2)", bands, valid) == [[None, None]]


def test_isvalid_sees_nodata_and_stays_valid(read, raster):
    bands, valid = {"B04": [ONE, ONE]}, {"B04": [1, 0]}
    assert look(read, raster, "isvalid(B04);isnan(B04);isvalid(B04*2)", bands, valid) == [[1, 0], [0, 1], [1, 0]]


def test_a_gap_is_filled_from_another_band(read, raster):
    bands, valid = {"B04": [ONE, ONE], "B08": [ZERO, ZERO]}, {"B04": [1, 0], "B08": [1, 1]}
    assert look(read, raster, "where(isvalid(B04), B04, B08)", bands, valid) == [[1, 0]]


def test_data_mask_is_one_or_zero_and_never_nodata(read, raster):
    bands, valid = {"B04": [ONE, ONE, ONE], "B08": [ONE] * 3}, {"B04": [1, 0, 1], "B08": [1, 1, 0]}
    rows = look(read, raster, "B04;B08;dataMask", bands, valid)
    assert rows[2] == [1, 0, 0]


def test_data_mask_alone_reads_a_band(read, raster):
    expression = read("dataMask")
    result = expression(raster({expression.inputs[0]: [[5, 5]]}, np.array([[[True, False]]])))
    assert (result.values.tolist(), result.valid.all()) == ([[[1, 0]]], True)


def test_clouds_are_masked_out(read, raster):
    bands = {"SCL": [4, 8, 9, 10, 3], "B04": [ONE] * 5}
    assert look(read, raster, "where(mask.clouds, nodata, B04)", bands) == [[1, None, None, 1, 1]]
    assert look(read, raster, "where(mask.clear, B04, nodata)", bands) == [[1, None, None, None, None]]


def test_one_mask_for_all_stays_one_mask(read, raster):
    mask = np.array([[[True, False]]])
    result = read("B04*2;B08+1;0")(raster({"B04": [[5, 5]], "B08": [[5, 5]]}, mask))
    assert result.valid.shape == (3, 1, 2)  # the constant has a mask of its own
    result = read("B04*2;B08+1")(raster({"B04": [[5, 5]], "B08": [[5, 5]]}, mask))
    assert result.valid.tolist() == mask.tolist()


def test_a_float_band_holds_nan_as_nodata(read, raster, collection):
    values = np.array([[np.nan, np.inf, 1.0]], np.float32)
    for text in ("B04", "B04 > 0", "min(B04, 0)"):
        result = read(text, units="stored")(raster({"B04": values}))
        assert result.valid.tolist() == [[[False, False, True]]], text


@pytest.mark.parametrize("text", ["nd(B08, B04)", "where(B04 > 0, B08, B04)", "B04 > B08", "isvalid(B04) + B08"])
def test_equal_masks_in_one_plane_or_many_give_the_same(read, raster, text):
    rng = np.random.default_rng(3)
    expression = read(text)
    bands = {name: rng.integers(1, 10_000, (8, 9)) for name in expression.inputs}
    mask = rng.random((1, 8, 9)) > 0.3
    one = expression(raster(bands, mask))
    many = expression(raster(bands, np.repeat(mask, len(bands), axis=0)))
    assert np.array_equal(one.valid, many.valid)
    assert np.array_equal(one.values[one.valid], many.values[many.valid])


def test_the_mask_of_the_input_is_left_alone(read, raster):
    mask = np.array([[[True, True]]])
    read("B04/B08")(raster({"B04": [[ONE, ONE]], "B08": [[ZERO, ONE]]}, mask))
    assert mask.all()
