"""What is no tiled TIFF reads as GDAL reads it, through the same face."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio

from bandstand.errors import InvalidSubset, SourceUnavailable
from bandstand.read.gdal import _HANDLES_A_THREAD, GdalSource
from bandstand.read.library import Library


def _values(dtype="uint16", bands=2):
    return np.random.default_rng(5).integers(0, 250, (bands, 90, 130)).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_strips_read_as_gdal_reads_them(write_tiff, assert_reads_as_gdal, dtype):
    path = write_tiff(_values(dtype), tiled=False, blockxsize=None, blockysize=16, nodata=7, overviews=(2, 4))
    source = Library().open(path)
    assert isinstance(source, GdalSource)
    assert_reads_as_gdal(source, path, [(3, 4, 50, 60), (129, 89, 1, 1)])


def test_a_tiled_file_with_overviews_beside_it_is_left_to_gdal(write_tiff, assert_reads_as_gdal):
    path = write_tiff(_values(), nodata=7)
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2])
    report = Library().describe(path)
    assert not report.own
    for source in (Library().open(path), Library().open(path, version=report.version, index=report.index)):
        assert len(source.levels) == 2
        assert_reads_as_gdal(source, path, [(3, 4, 50, 30)])


def test_a_complex_band_is_two_planes(write_tiff):
    values = (np.arange(64 * 64) + 1j * np.arange(64 * 64)[::-1]).astype("complex64").reshape(1, 64, 64)
    source = Library().open(write_tiff(values))
    assert (source.planes, source.dtype) == (2, "float32")
    np.testing.assert_array_equal(source.read(1, 0, 0, 0, 64, 64).values, values[0].real)
    np.testing.assert_array_equal(source.read(2, 0, 0, 0, 64, 64).values, values[0].imag)


def test_twelve_bits_read_as_gdal_reads_them(write_tiff, assert_reads_as_gdal):
    path = write_tiff(_values(), nbits=12)
    source = Library().open(path)
    assert isinstance(source, GdalSource)
    assert_reads_as_gdal(source, path)


def test_threads_read_through_handles_of_their_own(write_tiff):
    values = _values(bands=1)
    source = Library().open(write_tiff(values, tiled=False, blockxsize=None, blockysize=16))
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda row: source.read(1, 0, 0, row, 130, 1).values[0], list(range(90)) * 4):
            assert found.shape == (130,)
    np.testing.assert_array_equal(source.read(1, 0, 0, 0, 130, 90).values, values[0])


def test_only_so_many_handles_stay_open(write_tiff):
    library = Library()
    for _ in range(_HANDLES_A_THREAD + 5):
        path = write_tiff(_values(bands=1), tiled=False, blockxsize=None, blockysize=16)
        library.open(path).read(1, 0, 0, 0, 1, 1)
    assert len(library._handles._local.kept) == _HANDLES_A_THREAD


def test_a_window_outside_is_refused(write_tiff):
    source = Library().open(write_tiff(_values(), nbits=12))
    with pytest.raises(InvalidSubset):
        source.read(1, 0, 100, 0, 31, 1)


def test_strips_that_are_cut_off_are_refused(write_tiff, tmp_path):
    path = write_tiff(_values(), tiled=False, blockxsize=None, blockysize=16)
    cut = tmp_path / "cut.tif"
    with open(path, "rb") as whole:  # noqa: PTH123 - bytes of it
        cut.write_bytes(whole.read()[:-2000])
    with pytest.raises(SourceUnavailable, match=r'"cut.tif" is cut off'):
        Library().describe(str(cut))
    source = Library().open(str(cut))
    with pytest.raises(SourceUnavailable, match=r'"cut.tif"'):
        source.read(2, 0, 0, 0, 130, 90)


def test_a_changed_file_is_refused(write_tiff, tmp_path):
    path = write_tiff(_values(), nbits=12)
    report = Library().describe(path)
    with open(path, "ab") as file:  # noqa: PTH123 - appended to
        file.write(b"more")
    source = Library().open(path, version=report.version, index=report.index)
    with pytest.raises(SourceUnavailable, match="ingest it again"):
        source.read(1, 0, 0, 0, 1, 1)


@pytest.mark.parametrize(
    "place",
    [
        (float("nan"), 0, 3e5, 0, -10, 5e6),
        (float("inf"), 0, 3e5, 0, -10, 5e6),
        (10, 0, float("inf"), 0, -10, 5e6),
        (1e200, 0, 0, 0, -1e200, 0),
        (1e-200, 0, 0, 0, -1e-200, 0),
    ],
)
def test_numbers_that_place_no_pixel_place_no_file(tmp_path, place):
    path = tmp_path / "x.tif"
    made = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "uint8", "crs": "EPSG:32631"}
    with rasterio.open(path, "w", transform=rasterio.Affine(*place), **made) as file:
        file.write(np.ones((1, 4, 4), np.uint8))
    report = Library().describe(str(path))
    assert report.grid is None
    assert report.unplaced.startswith("has nothing that places its pixels")
