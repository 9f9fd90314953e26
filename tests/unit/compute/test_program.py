"""Programs: what they say of themselves, units, storage, and many threads at once."""

import math
import threading
from dataclasses import replace

import numpy as np
import pytest

from bandstand.compute import Bands, compile_expression
from bandstand.errors import InvalidProgram
from bandstand.model.limits import Limits


def described(expression, collection):
    return expression.describe([collection.field(band) for band in expression.inputs])


def test_inputs_are_in_the_order_of_their_first_use(read):
    assert read("B08 - B04 + B08*B02").inputs == ("B08", "B04", "B02")


NAMES = [
    ("nd(B08,B04)", ("nd(B08,B04)",)),
    ("ndvi=nd(B08,B04);B04;red;NBR", ("ndvi", "B04", "B04_2", "nbr")),
    ("B04  *\n2", ("B04 * 2",)),
    ("+".join(["B04"] * 30), ("B04+" * 14 + "B04…",)),
]


@pytest.mark.parametrize(("text", "names"), NAMES)
def test_outputs_are_named_by_hand_or_by_their_text(read, collection, text, names):
    expression = read(text)
    assert expression.outputs == names
    assert tuple(field.name for field in described(expression, collection)) == names


FIELDS = [
    ("nd(B08, B04)", "float32", math.nan),
    ("B04", "float32", math.nan),
    ("B04 > 0.1", "uint8", 255),
    ("B04 > 0.1; isvalid(B04)", "uint8", 255),
    ("B04 > 0.1; B04", "float32", math.nan),
    ("SCL", "uint8", 0),
    ("SCL*1", "float32", math.nan),
]


@pytest.mark.parametrize(("text", "dtype", "nodata"), FIELDS)
def test_the_field_says_what_is_stored(read, raster, collection, text, dtype, nodata):
    expression = read(text)
    field = described(expression, collection)[0]
    result = expression(raster({name: np.array([[4, 5]], np.uint16) for name in expression.inputs}))
    assert (field.dtype, result.fields) == (dtype, described(expression, collection))
    assert field.nodata == nodata or (math.isnan(field.nodata) and math.isnan(nodata))
    if text != "SCL":
        assert result.values.dtype == dtype


def test_equal_computations_have_equal_fingerprints(read):
    one, other = read("x=nd(B08, B04)"), read("x = (nir - red) / (b08 + B04)")
    assert one.fingerprint == other.fingerprint


DIFFERENT = ["x=nd(B08,B05)", "y=nd(B08,B04)", "x=nd(B04,B08)", "x=nd(B08,B04);B04", "x=nd(B08,B04)*2"]


@pytest.mark.parametrize("text", DIFFERENT)
def test_other_computations_have_other_fingerprints(read, text):
    assert read(text).fingerprint != read("x=nd(B08,B04)").fingerprint


def test_the_fingerprint_is_the_same_in_every_process(read):
    assert read("ndvi=nd(B08,B04)").fingerprint == "7b459dbb6fde1f5775543ca8930760df"


def test_units_tell_fingerprints_apart(read):
    assert read("B08*2").fingerprint != read("B08*2", units="stored").fingerprint


def test_physical_values_use_the_scale_of_the_raster_at_hand(read, raster, collection):
    expression = read("B04*2")
    before = replace(collection.field("B04"), offset=0.0)
    assert expression(raster({"B04": [[3000]]})).values[0, 0, 0] == np.float32(0.4)
    assert expression(raster({"B04": [[3000]]}, B04=before)).values[0, 0, 0] == np.float32(0.6)


def test_stored_values_are_those_of_the_file(read, raster):
    assert read("B04*2", units="stored")(raster({"B04": [[3000]]})).values[0, 0, 0] == 6000


def test_bands_of_classes_are_never_scaled(read, raster, collection):
    field = replace(collection.field("SCL"), scale=0.5, offset=3.0)
    assert read("SCL*1")(raster({"SCL": [[8]]}, SCL=field)).values[0, 0, 0] == 8


DTYPES = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_real_dtype_is_read(read, raster, dtype):
    values = np.array([[1, 0, 1]], dtype)
    result = read("B04/4 + 1", units="stored")(raster({"B04": values}))
    assert result.values.tolist() == [[[1.25, 1.0, 1.25]]]


def test_computation_is_in_float64(read, raster):
    # In float32 the ten thousandth would drown beside the million.
    result = read("(B04 + 1000000) - 1000000")(raster({"B04": np.array([[1001]], np.uint16)}))
    assert result.values[0, 0, 0] == pytest.approx(0.0001, rel=1e-5)


def test_strided_views_are_read_as_they_are(read, raster):
    values = np.arange(200, dtype=np.uint16).reshape(10, 20)
    got = read("B04*1", units="stored")(raster({"B04": values[::2, ::-3]}))
    assert np.array_equal(got.values[0], values[::2, ::-3])


def test_every_size_of_raster_is_computed(read, raster):
    for shape in ((1, 1), (1, 4097), (3, 1365), (4096, 1), (64, 64), (257, 63)):
        values = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
        got = read("B04 + 1", units="stored")(raster({"B04": values})).values[0]
        assert np.array_equal(got, values + 1.0), shape


def test_a_constant_output_is_valid_everywhere(read, raster):
    result = read("B04; 0.5; nodata")(raster({"B04": [[ONE, ONE]]}, np.array([[[True, False]]])))
    assert result.values[1].tolist() == [[0.5, 0.5]]
    assert result.valid[:, 0].tolist() == [[True, False], [True, True], [False, False]]


ONE = 11000


def test_the_same_question_is_compiled_once(read):
    assert read("B08/B04") is read("B08/B04")


def test_a_collection_configured_anew_is_compiled_anew(collection, recipes):
    first = compile_expression("nir*3", collection, recipes, limits=Limits())
    anew = replace(collection, aliases=(("nir", "B8A"),))
    second = compile_expression("nir*3", anew, recipes, limits=Limits())
    assert (first.inputs, second.inputs) == (("B08",), ("B8A",))


def test_many_threads_share_an_expression(read, raster):
    """numexpr's compiled objects hold the temporaries of a run: no two threads may meet in one."""
    expression = read("sqrt(abs(nd(B08, B04)*3 + exp(B04)*log(B08 + 2))) // 0.01 + max(B08, B04)")
    rng = np.random.default_rng(5)
    rasters = [raster({n: rng.integers(1, 9999, (300, 300)).astype("u2") for n in ("B08", "B04")}) for _ in range(4)]
    wanted = [expression(one).values for one in rasters]
    wrong = []

    def is_wrong(which):
        return not np.array_equal(expression(rasters[which]).values, wanted[which], equal_nan=True)

    def work(which):
        wrong.extend(which for _ in range(25) if is_wrong(which))

    threads = [threading.Thread(target=work, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_kinds_of_rasters_are_remembered_within_bounds(read, raster, collection):
    expression = read("B04*5")
    for step in range(100):
        field = replace(collection.field("B04"), offset=step / 1000)
        assert expression(raster({"B04": [[0]]}, B04=field)).values[0, 0, 0] == np.float32(step / 1000 * 5)
    assert len(expression._variants) <= 24


def test_a_refused_expression_stays_refused(read):
    for _ in range(2):
        with pytest.raises(InvalidProgram):
            read("B04 +")


# The plain choice of bands


def test_stored_bands_pass_untouched(raster):
    source = raster({"B04": [[3000]], "SCL": [[4]]})
    assert Bands(("B04", "SCL"), stored=True)(source) is source


def test_physical_bands_equal_the_expression_of_their_name(read, raster):
    rng = np.random.default_rng(2)
    source = raster({"B04": rng.integers(0, 65535, (300, 301)).astype("u2")})
    bands, expression = Bands(("B04",), stored=False)(source), read("B04")(source)
    assert bands.values.dtype == expression.values.dtype == np.float32
    assert np.array_equal(bands.values, expression.values)
    assert bands.fields[0].name == expression.fields[0].name
    assert bands.fields[0].plain


def test_bands_that_need_no_scale_stay_as_they_are(raster):
    source = raster({"SCL": np.array([[4]], np.uint8)})
    assert Bands(("SCL",), stored=False)(source) is source


def test_class_bands_among_others_keep_their_numbers(raster):
    result = Bands(("B04", "SCL"), stored=False)(raster({"B04": [[3000]], "SCL": [[4]]}))
    assert result.values[:, 0, 0].tolist() == [np.float32(0.2), 4.0]


def test_bands_tell_stored_from_physical_in_their_fingerprint():
    assert Bands(("B04",), stored=True).fingerprint != Bands(("B04",), stored=False).fingerprint
