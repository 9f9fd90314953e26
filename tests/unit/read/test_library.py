"""Opening and describing files."""

import os

import numpy as np
import pytest
import rasterio

from bandstand.errors import SourceUnavailable
from bandstand.model.crs import parse_crs
from bandstand.model.grid import Affine
from bandstand.read.library import Library
from bandstand.read.stores.local import LocalStore


@pytest.fixture(scope="module")
def path(write_tiff):
    values = np.ones((2, 200, 300), "u2")
    path = write_tiff(values, compress="deflate", predictor=2, nodata=0, overviews=(2, 4))
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = ("red", "green")
        dataset.scales = (0.0001, 0.5)
        dataset.offsets = (-0.1, 0.0)
        dataset.update_tags(MISSION="two")
    return path


def test_a_report_tells_what_the_file_holds(path):
    report = Library().describe(path)
    assert (report.planes, report.dtype, report.nodata) == (2, "uint16", (0, 0))
    assert report.descriptions == ("red", "green")
    assert (report.scales, report.offsets) == ((0.0001, 0.5), (-0.1, 0.0))
    assert (report.tiled, report.own, report.block, report.overviews) == (True, True, (64, 64), (2, 4))
    assert (report.compression, report.interleave, report.mask) == ("deflate", "pixel", "nodata")
    assert report.tags["MISSION"] == "two"
    assert report.warnings == ()
    assert report.grid.crs == parse_crs("EPSG:32631")
    assert report.grid.transform == Affine(10, 0, 600000, 0, -10, 5700000)
    assert report.grid.shape == (200, 300)


def test_a_colour_table_is_reported(write_tiff):
    path = write_tiff(np.ones((1, 32, 32), "u1"), photometric="palette")
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {1: (10, 20, 30, 255)})
    assert Library().describe(path).colormap[1] == (10, 20, 30, 255)


def test_a_file_that_will_be_slow_comes_with_warnings(write_tiff):
    path = write_tiff(np.ones((1, 8, 3000), "u1"), tiled=False, blockxsize=None, blockysize=1)
    warnings = " ".join(Library().describe(path).warnings)
    assert "not tiled" in warnings
    assert "no overviews" in warnings


def test_a_file_is_opened_once(path):
    library = Library()
    assert library.open(path) is library.open(path)


def test_no_more_headers_are_kept_than_allowed(write_tiff):
    library = Library(headers=2)
    for _ in range(4):
        library.open(write_tiff(np.ones((1, 16, 16), "u1"), block=16))
    assert len(library._sources) == 2


@pytest.mark.parametrize("method", ["open", "describe"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [("nothing.tif", "no such file"), ("", "is not a file"), ("nul\0.tif", "no path"), ("x" * 300, "too long")],
)
def test_what_is_no_file_is_refused_by_its_base_name(tmp_path, method, name, reason):
    with pytest.raises(SourceUnavailable, match=reason) as caught:
        getattr(Library(), method)(str(tmp_path / name))
    assert str(tmp_path.parent) not in caught.value.message


def test_a_pipe_in_place_of_a_file_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(SourceUnavailable, match="is not a file"):
        Library().open(str(tmp_path / "pipe.tif"), version="1-1").read(1, 0, 0, 0, 1, 1)


def test_an_address_no_store_reads_is_refused():
    with pytest.raises(SourceUnavailable, match="no store reads gopher://"):
        Library().open("gopher://host/file.tif")


def test_a_broken_index_is_refused(path):
    with pytest.raises(SourceUnavailable, match="ingest the file again"):
        Library().open(path, version="1-1", index=b"rubbish")


def test_the_store_keeps_few_files_open_and_closes_them_all(tmp_path):
    store = LocalStore(most=3)
    for i in range(10):
        (tmp_path / f"{i}").write_bytes(b"abc")
        href = str(tmp_path / f"{i}")
        assert store.read(href, [(1, 1), (2, 9)], version=store.version(href)) == [b"b", b"c"]
    kept = [file.descriptor for file in store._files.values()]
    assert len(kept) == 3
    store.close()
    for descriptor in kept:
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(descriptor)


def test_a_file_replaced_by_another_is_read_anew_once_its_version_is_known(write_tiff, tmp_path):
    library = Library()
    for value in (1, 2):
        fresh = write_tiff(np.full((1, 16, 16), value, "u1"), block=16)
        os.replace(fresh, tmp_path / "same.tif")  # noqa: PTH105 - what writers do
        assert library.open(str(tmp_path / "same.tif")).read(1, 0, 0, 0, 1, 1).values[0, 0] == value


def test_close_lets_go_of_blocks(path):
    library = Library()
    library.open(path).read(1, 0, 0, 0, 64, 64)
    library.close()
    assert library.stats().entries == 0
