"""What a folder holds: links, hidden files, endings, and files that are something else than their names say."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Collection
from bandstand.engine.ingest import ingest
from bandstand.read.library import Library


@pytest.fixture
def take(tmp_path):
    """Ingest a source without a profile: the ids of its scenes, and the report."""

    def run(source):
        section = Collection(profile="generic")
        catalog = open_catalog(tmp_path / "catalog.sqlite", writable=True)
        known = effective(load_profile("generic"), section)
        report = ingest([str(source)], "c", section, known, catalog, Library())
        found = sorted(item.id for item in catalog.search("c"))
        catalog.close()
        return found, report

    return run


@pytest.fixture
def raster(tmp_path):
    """A file to be copied; one of the ground it lies on."""
    return write_tiff(tmp_path / "made" / "made.tif", np.arange(4096, dtype="u2").reshape(64, 64))


def copy(raster, *paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(raster, path)


def test_linked_folders_are_searched_once_and_circles_end(take, raster, tmp_path):
    root = tmp_path / "a"
    copy(raster, root / "x_20200101.tif", root / "in" / "x_20200102.tif")
    copy(raster, tmp_path / "far" / "x_20200103.tif", tmp_path / "far" / "deep" / "x_20200104.tif")
    (root / "far").symlink_to(tmp_path / "far")
    (root / "again").symlink_to(tmp_path / "far")
    (root / "latest").symlink_to(root / "in")
    (root / "up").symlink_to(tmp_path)
    (tmp_path / "far" / "deep" / "round").symlink_to(tmp_path / "far")
    found, report = take(root)
    assert report.failed == ()
    assert found == ["again_deep_x_20200104", "again_x_20200103", "in_x_20200102", "x_20200101"]


def test_a_link_to_nothing_is_told(take, raster, tmp_path):
    copy(raster, tmp_path / "a" / "x_20200101.tif")
    (tmp_path / "a" / "x_20200102.tif").symlink_to("gone.tif")
    found, report = take(tmp_path / "a")
    assert found == ["x_20200101"]
    assert [scene for scene, _ in report.failed] == ["x_20200102"]
    assert report.failed[0][1].endswith("x_20200102.tif is not there")


def test_links_that_lead_to_themselves_are_told(take, raster, tmp_path):
    root = tmp_path / "a"
    copy(raster, root / "x_20200101.tif", root / "items" / "good.tif")
    for name in ("x_20200102.tif", "folder", "items/round.tif", "items/round.json", "x.txt"):
        (root / name).symlink_to(Path(name).name)
    for name in ("good", "round"):
        item = {"type": "Feature", "id": name, "properties": {}, "assets": {"b": {"href": f"{name}.tif"}}}
        (root / "items" / f"{name}_item.json").write_text(json.dumps(item))
    found, report = take(root)
    assert found == ["good", "x_20200101"]
    assert {scene for scene, _ in report.failed} == {"round", "x_20200102"}
    assert take(root / "x_20200102.tif")[1].failed[0][1].endswith("there is no such file or folder")


@pytest.mark.parametrize("pattern", ["", "/**/*.tif"])
def test_what_is_hidden_or_of_the_system_is_passed_over(take, raster, tmp_path, pattern):
    root = tmp_path / "a"
    copy(raster, root / "x_20200101.tif", root / ".snapshot" / "x_20200102.tif", root / "__MACOSX" / "x.tif")
    copy(raster, root / "@eaDir" / "x_20200103.tif", root / "deep" / ".ipynb_checkpoints" / "x_20200104.tif")
    (root / "._x_20200101.tif").write_bytes(b"\0\5\x16\7")
    found, report = take(f"{root}{pattern}")
    assert (found, report.failed, report.left_out) == (["x_20200101"], (), ())


def test_a_hidden_folder_may_be_named(take, raster, tmp_path):
    copy(raster, tmp_path / ".cache" / "x_20200101.tif")
    assert take(tmp_path / ".cache")[0] == ["x_20200101"]
    assert take(tmp_path / ".cache" / "*.tif")[0] == ["x_20200101"]


def test_what_is_no_file_is_not_opened(take, raster, tmp_path):
    copy(raster, tmp_path / "a" / "x_20200101.tif", tmp_path / "a" / "x_20200102.tif" / "y.tif")
    os.mkfifo(tmp_path / "a" / "x_20200103.tif")
    found, report = take(tmp_path / "a")
    assert report.failed == ()
    assert found == ["x_20200101", "x_20200102.tif_y"]


@pytest.mark.parametrize("ending", ["TIF", "Tiff", "gtiff", "GTIF", "geotiff", "tf8", "TF8", "btf", "cog"])
def test_every_ending_of_a_geotiff_is_read(take, raster, tmp_path, ending):
    copy(raster, tmp_path / "a" / f"x_20200101.{ending}")
    assert take(tmp_path / "a")[0] == ["x_20200101"]


@pytest.mark.parametrize("name", ["x_20200102", "x_20200102.dat", "x_20200102.tif.bak"])
def test_a_geotiff_by_another_name_is_told(take, raster, tmp_path, name):
    copy(raster, tmp_path / "a" / "x_20200101.tif", tmp_path / "a" / name)
    found, report = take(tmp_path / "a")
    assert found == ["x_20200101"]
    assert report.left_out == (f"1 file, rasters by what they hold, but not by name (end their names in .tif): {name}",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>404</html>", "is an HTML or XML document, such as a server sends"),
        (b"\n <?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "is an HTML or XML document"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "is a Git LFS pointer; fetch the file with"),
        (bytes(4096), "holds zeros alone"),
        (b"\x1f\x8b" + bytes(64), "is a compressed file; unpack it"),
        (b"PK\3\4" + bytes(64), "is a zip file; unpack it"),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "is a HDF file; gdal_translate -of COG makes a GeoTIFF"),
        (b"II*\0\x08\0\0\0", "is a broken TIFF"),
        (b"no raster of any kind", "is no raster that can be read"),
    ],
)
def test_a_bad_file_is_told_by_what_it_is_and_the_good_one_taken(take, raster, tmp_path, content, told):
    copy(raster, tmp_path / "a" / "x_20200101.tif")
    (tmp_path / "a" / "x_20200102.tif").write_bytes(content)
    found, report = take(tmp_path / "a")
    assert found == ["x_20200101"]
    assert [scene for scene, _ in report.failed] == ["x_20200102"]
    assert f"x_20200102.tif {told}" in report.failed[0][1]


def test_a_name_is_told_in_one_line(take, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x\n\x1b[2J_20200101.tif").write_bytes(b"no raster")
    _, report = take(tmp_path / "a")
    ((scene, reason),) = report.failed
    assert scene == r"x\n\x1b[2J_20200101"
    assert (scene + reason).isprintable()
