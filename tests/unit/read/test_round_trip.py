"""Whatever GDAL writes as a tiled TIFF, we read as GDAL does: the reader's equivalence rule."""

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandstand.read.cog import CogSource
from bandstand.read.library import Library

TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
LOSSLESS = ["none", "deflate", "lzw", "zstd", "lzma", "packbits", "lerc", "lerc_deflate", "lerc_zstd"]
PREDICTED = {"deflate", "lzw", "zstd", "lzma"}


def _pixels(rng, dtype, shape, empty):
    """Smooth values with noise, and whole areas of one value as nodata or sparse blocks have."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        values = rng.normal(0, 1000, shape).astype(dtype)
    else:
        info = np.iinfo(kind)
        values = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    rows, cols = shape[1:]
    values[:, rng.integers(rows) :, : rng.integers(cols)] = empty
    values[:, rng.random((rows, cols)) < 0.02] = empty
    return values


@st.composite
def files(draw):
    codec = draw(st.sampled_from(LOSSLESS))
    dtype = draw(st.sampled_from([t for t in TYPES if "lerc" not in codec or "64" not in t or t == "float64"]))
    options = {"compress": codec, "interleave": draw(st.sampled_from(["pixel", "band"]))}
    if codec in PREDICTED:
        options["predictor"] = draw(st.sampled_from([1, 2, 3] if dtype.startswith("float") else [1, 2]))
    if draw(st.booleans()):
        options["bigtiff"] = "YES"
    if "lerc" not in codec and draw(st.booleans()):
        options["endianness"] = "BIG"
    if draw(st.booleans()):
        options["sparse_ok"] = "TRUE"
    validity = draw(st.sampled_from(["none", "nodata", "nan", "mask", "alpha"]))
    # GDAL 3.10 never comes back from making overviews of 64-bit integers with nodata.
    endless = validity == "nodata" and dtype in {"int64", "uint64"}
    return {
        "dtype": dtype,
        "validity": validity,
        "bands": draw(st.integers(1, 4)),
        "size": (draw(st.integers(1, 300)), draw(st.integers(1, 300))),
        "block": draw(st.sampled_from([16, 32, 48, 128, 256])),
        "overviews": () if endless else draw(st.sampled_from([(), (2,), (2, 4)])),
        "seed": draw(st.integers(0, 2**32 - 1)),
        "options": options,
    }


def _write(write_tiff, file):
    rng = np.random.default_rng(file["seed"])
    validity, dtype = file["validity"], file["dtype"]
    floats = dtype.startswith("float")
    empty = np.nan if floats and validity == "nan" else 7 if validity == "nodata" else 0
    values = _pixels(rng, dtype, (file["bands"], *file["size"]), empty)
    mask, alpha, nodata = None, False, None
    if validity == "mask":
        mask = np.where(rng.random(file["size"]) < 0.5, 255, 0).astype("u1")
        mask[: rng.integers(file["size"][0]) + 1] = rng.choice([0, 255])
    elif validity == "nodata":
        nodata = 7
    elif validity == "nan" and floats:
        nodata = np.nan
    elif validity == "alpha" and dtype in {"uint8", "uint16"} and file["bands"] in {2, 4}:
        alpha = True
    return write_tiff(
        values,
        mask=mask,
        alpha=alpha,
        nodata=nodata,
        block=file["block"],
        overviews=file["overviews"],
        **file["options"],
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(file=files(), data=st.data())
def test_every_encoding_reads_as_gdal_reads_it(write_tiff, assert_reads_as_gdal, file, data):
    path = _write(write_tiff, file)
    height, width = file["size"]
    windows = []
    for _ in range(3):
        col, row = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        windows.append((col, row, data.draw(st.integers(1, width - col)), data.draw(st.integers(1, height - row))))
    library = Library()
    source = library.open(path)
    assert isinstance(source, CogSource)
    assert_reads_as_gdal(source, path, windows)
    report = library.describe(path)
    assert report.own
    reopened = Library().open(path, version=report.version, index=report.index)
    assert_reads_as_gdal(reopened, path, windows[:1])


def test_lerc_in_a_big_endian_file_is_left_to_gdal(write_tiff, assert_reads_as_gdal):
    values = np.random.default_rng(3).integers(0, 9999, (1, 40, 40), dtype="u2")
    path = write_tiff(values, compress="lerc", endianness="BIG")
    report = Library().describe(path)
    assert not report.own
    assert_reads_as_gdal(Library().open(path, version=report.version, index=report.index), path)


@pytest.mark.parametrize("photometric", ["rgb", "ycbcr"])
def test_jpeg_without_reduced_colours_reads_within_one_grey_step(write_tiff, assert_reads_as_gdal, photometric):
    y, x = np.mgrid[0:130, 0:200]
    values = np.stack([x, y, (x + y) // 2]).astype("u1")
    path = write_tiff(values, compress="jpeg", photometric=photometric, interleave="pixel", jpeg_quality=90)
    with rasterio.open(path) as dataset:
        expected = dataset.read().astype(int)
    source = Library().open(path)
    found = np.stack([source.read(p, 0, 0, 0, 200, 130).values for p in (1, 2, 3)]).astype(int)
    # Decoders differ in how they smooth the colours of YCbCr, of which only every second is stored.
    assert np.abs(found - expected).max() <= (0 if photometric == "rgb" else 8)
    assert np.abs(found - expected).mean() < 0.5


@pytest.mark.parametrize("bands", [1, 2])
def test_grey_jpeg_reads_as_gdal_reads_it(write_tiff, assert_reads_as_gdal, bands):
    y, x = np.mgrid[0:130, 0:200]
    values = np.stack([x, y][:bands]).astype("u1")
    path = write_tiff(values, compress="jpeg", interleave="band")
    assert_reads_as_gdal(Library().open(path), path)


@pytest.mark.parametrize("bands", [3, 4])
def test_webp_reads_as_gdal_reads_it(write_tiff, assert_reads_as_gdal, bands):
    values = np.random.default_rng(3).integers(0, 255, (bands, 100, 90), dtype="u1")
    path = write_tiff(values, compress="webp", webp_lossless=True, interleave="pixel", alpha=bands == 4)
    assert_reads_as_gdal(Library().open(path), path)


def test_lerc_alpha_that_is_only_on_or_off_reads_as_gdal_reads_it(write_tiff, assert_reads_as_gdal):
    values = np.random.default_rng(3).integers(1, 255, (4, 100, 90), dtype="u1")
    values[3] = np.where(np.arange(90) > 40, 255, 0)
    path = write_tiff(values, compress="lerc", interleave="pixel", alpha=True, photometric="rgb")
    assert_reads_as_gdal(Library().open(path), path)


@pytest.mark.parametrize("compress", ["lerc", "lerc_deflate", "lerc_zstd"])
@pytest.mark.parametrize("bands", [1, 2, 3])
def test_lerc_reads_as_gdal_reads_it_where_nan_lies_in_one_band_alone(
    write_tiff, assert_reads_as_gdal, compress, bands
):
    values = np.random.default_rng(3).normal(0, 10, (bands, 100, 90)).astype("f4")
    values[0, :30] = np.nan
    path = write_tiff(values, compress=compress, interleave="pixel")
    source = Library().open(path)
    assert isinstance(source, CogSource)
    assert_reads_as_gdal(source, path)


@pytest.mark.parametrize("predictor", [1, 2, 3])
def test_half_precision_is_handed_out_in_single_precision(write_tiff, assert_reads_as_gdal, predictor):
    values = np.random.default_rng(3).normal(0, 10, (1, 70, 90)).astype("f4")
    path = write_tiff(values, compress="deflate", predictor=predictor, nbits=16)
    source = Library().open(path)
    assert isinstance(source, CogSource)
    assert source.dtype == "float32"
    assert_reads_as_gdal(source, path)
