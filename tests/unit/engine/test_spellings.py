"""STAC items in the spellings of their providers: hrefs, media types, times, alternates, compressions."""

import json
import struct
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Collection
from bandstand.engine.ingest import ingest
from bandstand.errors import SourceUnavailable
from bandstand.model.time import TimeSpan
from bandstand.read.library import Library


def take(folder, asset, properties=None):
    """Ingest one item with one asset: its scene, and what failed."""
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": "one",
        "geometry": None,
        "properties": properties or {"datetime": "2022-06-01T10:00:00Z"},
        "links": [],
        "assets": {"red": asset},
    }
    document = folder / "items" / "item.json"
    document.parent.mkdir(exist_ok=True)
    document.write_text(json.dumps(item))
    section = Collection(profile="generic")
    catalog = open_catalog(folder / "catalog.sqlite", writable=True)
    known = effective(load_profile("generic"), section)
    report = ingest([str(document)], "c", section, known, catalog, Library(), roots=[folder])
    scene = catalog.get("c", "one")
    catalog.close()
    return scene, report.failed


def pixels(value=7):
    return np.full((64, 64), value, "u2")


@pytest.mark.parametrize(
    ("name", "href"),
    [
        ("items/my scene/B04.tif", "my%20scene/B04.tif"),
        ("items/my scene/B04.tif", "./my scene/B04.tif"),
        ("items/B04.tif", "B04.tif?versionId=3"),
        ("items/B04.tif", "B04.tif#page=1"),
        ("items/B04.tif", "./B04.tif?versionId=3&x=%20"),
        ("B04.tif", "../B04.tif"),
        ("files/B04.tif", "../files/./B04.tif"),
        ("items/100%25.tif", "100%25.tif"),
        ("items/what?.tif", "what?.tif"),
        ("items/B04.tif", "https://example.com/a/b/B04.tif?versionId=3"),
        ("items/B 4.tif", "s3://bucket/a/B%204.tif"),
        ("items/R\u00f6tung.tif", "R%C3%B6tung.tif"),
    ],
)
def test_an_href_finds_its_file(tmp_path, name, href):
    path = write_tiff(tmp_path / name, pixels())
    scene, failed = take(tmp_path, {"href": href, "type": "image/tiff"})
    assert failed == ()
    assert scene.assets["red"].href == str(path)


@pytest.mark.parametrize("spelling", ["file://{}", "file://localhost{}", "FILE://{}", "file:{}", "{}"])
def test_an_absolute_href_finds_its_file(tmp_path, spelling):
    path = write_tiff(tmp_path / "my scene" / "B04.tif", pixels())
    href = spelling.format(str(path).replace(" ", "%20"))
    scene, failed = take(tmp_path, {"href": href, "type": "image/tiff"})
    assert (failed, scene.assets["red"].href) == ((), str(path))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("B04.tif", "IMAGE/TIFF"),
        ("B04.tif", "image/tiff; application=geotiff; profile=cloud-optimized"),
        ("B04.tif", "Image/TIFF ;application=geotiff"),
        ("B04.tif", "image/vnd.stac.geotiff; cloud-optimized=true"),
        ("B04.tif", "image/geotiff"),
        ("B04.tif", "application/geotiff"),
        ("B04", "image/tiff"),
        ("B04.TIF", "application/octet-stream"),
        ("B04.TIFF", None),
        ("B04.tif", ""),
    ],
)
def test_a_media_type_says_that_it_is_a_raster(tmp_path, name, media_type):
    write_tiff(tmp_path / "items" / name, pixels())
    scene, failed = take(tmp_path, {"href": name, "type": media_type})
    assert failed == ()
    assert list(scene.assets) == ["red"]


@pytest.mark.parametrize("media_type", ["image/jp2", "IMAGE/JP2", "image/jpx"])
def test_jpeg_2000_is_a_raster(tmp_path, media_type):
    (tmp_path / "items").mkdir()
    with rasterio.open(
        tmp_path / "items/B04.jp2",
        "w",
        driver="JP2OpenJPEG",
        width=64,
        height=64,
        count=1,
        dtype="uint16",
        crs="EPSG:32631",
        transform=rasterio.Affine(10, 0, 500000, 0, -10, 5400000),
        QUALITY="100",
        REVERSIBLE="YES",
    ) as file:
        file.write(pixels()[np.newaxis])
    scene, failed = take(tmp_path, {"href": "B04.jp2", "type": media_type})
    assert failed == ()
    assert list(scene.assets) == ["red"]


@pytest.mark.parametrize("media_type", ["text/html", "image/png", "application/json"])
def test_other_media_types_are_no_rasters(tmp_path, media_type):
    write_tiff(tmp_path / "items/B04.tif", pixels())
    scene, failed = take(tmp_path, {"href": "B04.tif", "type": media_type})
    assert scene is None
    assert "none of its assets is a band" in failed[0][1]


def test_a_local_alternate_is_taken_for_a_remote_asset(tmp_path):
    path = write_tiff(tmp_path / "local/B04.tif", pixels())
    alternates = {
        "s3": {"href": "s3://bucket/B04.tif"},
        "gone": {"href": "../gone/B04.tif"},
        "local": {"href": "../local/B04.tif"},
    }
    asset = {"href": "https://example.com/x/other.tif", "type": "image/tiff", "alternate": alternates}
    scene, failed = take(tmp_path, asset)
    assert (failed, scene.assets["red"].href) == ((), str(path))


def test_an_asset_goes_before_its_alternates(tmp_path):
    path = write_tiff(tmp_path / "items/B04.tif", pixels())
    write_tiff(tmp_path / "local/B04.tif", pixels())
    asset = {"href": "B04.tif", "type": "image/tiff", "alternate": {"local": {"href": "../local/B04.tif"}}}
    assert take(tmp_path, asset)[0].assets["red"].href == str(path)


@pytest.mark.parametrize("alternate", [None, 7, "x", ["x"], {"a": None}, {"a": {}}, {"a": {"href": 7}}])
def test_strange_alternates_are_passed_over(tmp_path, alternate):
    asset = {"href": "https://example.com/B04.tif", "type": "image/tiff", "alternate": alternate}
    assert "remote storage" in take(tmp_path, asset)[1][0][1]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-03-04t10:20:30z", utc(2022, 3, 4, 10, 20, 30)),
        ("2022-03-04 10:20:30Z", utc(2022, 3, 4, 10, 20, 30)),
        (" 2022-03-04T10:20:30Z ", utc(2022, 3, 4, 10, 20, 30)),
        ("2016-12-31T23:59:60Z", utc(2017, 1, 1)),
        ("2016-12-31t23:59:60.5z", utc(2017, 1, 1, 0, 0, 0, 500000)),
        ("2022-03-04T10:20:60+02:00", utc(2022, 3, 4, 8, 21)),
        ("2022-12-31T24:00:00Z", utc(2023, 1, 1)),
        ("2022-03-04T10:20:30.1234567Z", utc(2022, 3, 4, 10, 20, 30, 123456)),
        ("2022-03-04T10:20:30,5Z", utc(2022, 3, 4, 10, 20, 30, 500000)),
        ("2022-03-04T10:20:30+0200", utc(2022, 3, 4, 8, 20, 30)),
        ("2022-03-04", utc(2022, 3, 4)),
    ],
)
def test_a_time_is_read_in_every_spelling(tmp_path, text, moment):
    write_tiff(tmp_path / "items/B04.tif", pixels())
    scene, failed = take(tmp_path, {"href": "B04.tif", "type": "image/tiff"}, {"datetime": text})
    assert (failed, scene.time) == ((), TimeSpan.instant(moment))


@pytest.mark.parametrize("text", ["2022-13-04T10:20:30Z", "2022-03-04T10:60:60Z", "2022-03-04T24:00:01Z", "yesterday"])
def test_what_is_no_time_is_told(tmp_path, text):
    write_tiff(tmp_path / "items/B04.tif", pixels())
    _, failed = take(tmp_path, {"href": "B04.tif", "type": "image/tiff"}, {"datetime": text})
    assert "is no ISO 8601 time" in failed[0][1]


def test_a_start_alone_is_a_time(tmp_path):
    write_tiff(tmp_path / "items/B04.tif", pixels())
    properties = {"datetime": None, "start_datetime": "2022-03-04T00:00:00Z", "end_datetime": None}
    scene, _ = take(tmp_path, {"href": "B04.tif", "type": "image/tiff"}, properties)
    assert scene.time == TimeSpan.instant(utc(2022, 3, 4))


def compressed(path, code):
    """A file that says it is compressed in this way (TIFF 6.0, tag 259)."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=16,
        height=16,
        count=1,
        dtype="uint8",
        crs="EPSG:32631",
        transform=rasterio.Affine(10, 0, 500000, 0, -10, 5400000),
    ) as file:
        file.write(np.zeros((1, 16, 16), "u1"))
    raw = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", raw, 4)
    (count,) = struct.unpack_from("<H", raw, start)
    places = [start + 2 + 12 * number for number in range(count)]
    (place,) = [at for at in places if struct.unpack_from("<H", raw, at) == (259,)]
    struct.pack_into("<H", raw, place + 8, code)
    path.write_bytes(raw)
    return str(path)


@pytest.mark.parametrize(("code", "name"), [(32909, "pixarlog"), (32766, "next"), (34676, "sgilog")])
def test_a_rare_compression_is_told_by_its_name(tmp_path, code, name):
    assert Library().describe(compressed(tmp_path / "rare.tif", code)).compression == name


def test_a_compression_without_a_codec_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(SourceUnavailable, match=r"rare\.tif.*JXL.*no codec.*COMPRESS=DEFLATE"):
        Library().describe(compressed(tmp_path / "rare.tif", 50002))
