"""One real picture in 34 encodings through the whole product: the same numbers, or the file's own, or words.

Each file is a collection of its own with the generic profile, ingested, and asked for by WCS on its native grid.
"""

import numpy as np
import pytest
import rasterio
from tests.fixtures.real import Archive, same_place
from tests.fixtures.truth import Truth

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

SAME = "oddities/same-pixels"
FOUR_BANDS = [
    "bigendian-deflate-tiled.tif",
    "bigtiff-deflate-tiled.tif",
    "cog-deflate.tif",
    "cog-lerc.tif",
    "cog-zstd.tif",
    "deflate-pred2-band-tiled.tif",
    "deflate-pred2-pixel-tiled.tif",
    "int16.tif",
    "int32.tif",
    "lerc-deflate.tif",
    "lerc-zstd.tif",
    "lerc.tif",
    "lossless.jp2",
    "lzma.tif",
    "lzw-pred2.tif",
    "none-band.tif",
    "packbits.tif",
    "ref-none-pixel.tif",
    "southup.tif",
    "tiled-internal-ovr.tif",
    "zstd-pred2.tif",
]
"""The same numbers on the same ground."""
COLOURS = ["rgb-deflate-band.tif", "rgb-webp-lossless.tif", "rgba-deflate.tif"]
OTHERS = ["cog-sparse-web3857.tif", "float16-nbits16.tif", "float32-nan-pred3.tif", "float64.tif", "nbits12.tif"]
OTHERS += ["rgb-jpeg-rgb.tif", "rotated30.tif"]
"""Clipped, resampled, turned or lossy on purpose: what GDAL reads from the file itself is the truth."""
REDUCED, COMPLEX, FITTED = "rgb-jpeg-ycbcr-mask.tif", "complex64.tif", "gcps-only.tif"
ENCODINGS = [*FOUR_BANDS, *COLOURS, *OTHERS, REDUCED, COMPLEX, FITTED]


def to_name(file):
    return file.rpartition(".")[0].replace("-", "_")


@pytest.fixture(scope="module")
def encodings(shared, tmp_path_factory):
    sections = [(to_name(file), "generic", f"{SAME}/{file}") for file in ENCODINGS]
    made = Archive(tmp_path_factory.mktemp("same"), shared / "data", sections)
    yield made
    made.engine.close()


def test_no_encoding_is_left_out(shared):
    there = {path.name for path in (shared / "data" / SAME).iterdir() if path.suffix in {".tif", ".jp2"}}
    assert sorted(there) == sorted(ENCODINGS)
    assert len(there) == 34


@pytest.mark.parametrize("file", FOUR_BANDS)
def test_every_encoding_gives_the_same_numbers(encodings, shared, file):
    values, valid, target = encodings.coverage(to_name(file))
    with rasterio.open(shared / "data" / SAME / "ref-none-pixel.tif") as reference:
        want, transform, crs = reference.read(), reference.transform, reference.crs
    assert (target.transform, same_place(target.crs, crs.to_wkt())) == (transform, True)
    assert valid.all()
    np.testing.assert_array_equal(values, want[: len(values)])


@pytest.mark.parametrize("file", COLOURS)
def test_every_lossless_encoding_of_a_picture_gives_the_same_colours(encodings, shared, file):
    values, valid, _ = encodings.coverage(to_name(file), rangesubset="b1,b2,b3")
    with rasterio.open(shared / "data" / SAME / "rgb-deflate-band.tif") as reference:
        want = reference.read()
    with rasterio.open(shared / "data" / SAME / file) as itself:
        there = itself.dataset_mask() != 0
    np.testing.assert_array_equal(valid, np.broadcast_to(there, valid.shape))
    np.testing.assert_array_equal(values[:, there], want[:, there])


@pytest.mark.parametrize("file", OTHERS)
def test_an_encoding_that_changes_the_numbers_gives_those_it_has(encodings, shared, file):
    values, valid, target = encodings.coverage(to_name(file))
    for plane, (ours, there) in enumerate(zip(values, valid, strict=True), start=1):
        want, want_there, border = Truth(shared / "data" / SAME / file, plane).nearest(target)
        clear = border > 1e-6
        np.testing.assert_array_equal(there[clear], want_there[clear])
        np.testing.assert_array_equal(ours[there & clear], want[there & clear])


def test_clipped_numbers_are_those_of_the_others_up_to_the_limit(encodings):
    clipped, whole = (encodings.coverage(name)[0] for name in ("nbits12", "ref_none_pixel"))
    np.testing.assert_array_equal(clipped, np.minimum(whole, 4095))


def test_jpeg_with_reduced_colours_and_a_mask_is_near_what_gdal_makes_of_it(encodings, shared):
    values, valid, _ = encodings.coverage(to_name(REDUCED))
    with rasterio.open(shared / "data" / SAME / REDUCED) as file:
        want, there = file.read().astype(int), file.dataset_mask() != 0
    np.testing.assert_array_equal(valid, np.broadcast_to(there, valid.shape))
    # Half of the colours are not stored; how they are made up differs between builds of libjpeg.
    assert np.abs(values - want)[:, there].mean() <= 5.0


def test_complex_numbers_come_as_two_bands(encodings, shared):
    values, valid, _ = encodings.coverage(to_name(COMPLEX), rangesubset="real,imaginary")
    with rasterio.open(shared / "data" / SAME / COMPLEX) as file:
        want = file.read(1)
    assert valid.all()
    np.testing.assert_array_equal(values, [want.real, want.imag])


def test_a_file_with_control_points_only_is_placed_by_their_fit_and_told(encodings, shared):
    report = encodings.reports[to_name(FITTED)]
    assert (report.new, report.failed) == (1, ())
    assert any("control points" in text for _, text in report.warnings), report.warnings
    values, valid, target = encodings.coverage(to_name(FITTED), rangesubset="b1")
    with rasterio.open(shared / "data" / SAME / FITTED) as file:
        points, crs = file.gcps
        plane = file.read(1)
    assert same_place(target.crs, crs.to_wkt())
    # Under each point lies the sample that it was measured at.
    for point in points:
        if 1 <= point.col < plane.shape[1] - 1 and 1 <= point.row < plane.shape[0] - 1:
            col, row = (int(c) for c in ~target.transform @ (point.x, point.y))
            around = plane[int(point.row) - 1 : int(point.row) + 2, int(point.col) - 1 : int(point.col) + 2]
            assert valid[0, row, col]
            assert values[0, row, col] in around


def test_a_file_without_a_place_on_earth_is_refused_with_a_way_out(shared, tmp_path):
    name = "oddities/libtiffpic/quad-tile.tif"
    archive = Archive(tmp_path, shared / "data", [("nowhere", "generic", name)])
    query = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageid": "nowhere"}
    answer = archive.client.get("/wcs", query_string=query)
    archive.engine.close()
    ((_, reason),) = archive.reports["nowhere"].failed
    assert "nothing that places its pixels" in reason
    assert "-a_srs" in reason
    assert answer.status_code == 404
    assert "no scene yet" in answer.get_data(as_text=True)
