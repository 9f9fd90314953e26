"""Real archives go into the catalogue with the right bands, times, grids and radiometry, or are refused in words."""

import json
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Band, Collection, Radiometry
from bandstand.engine.ingest import ingest
from bandstand.model.crs import parse_crs
from bandstand.model.grid import BBox
from bandstand.model.time import TimeSpan
from bandstand.read.library import Library


@pytest.fixture
def catalog(tmp_path):
    opened = open_catalog(tmp_path / "catalog.sqlite", writable=True)
    yield opened
    opened.close()


@pytest.fixture
def data(shared):
    return shared / "data"


@pytest.fixture
def take(catalog):
    """Ingest into collection `c` with a profile."""

    def run(*sources, profile="sentinel-2-l2a", section=None, **options):
        section = section or Collection(profile=profile)
        effective_profile = effective(load_profile(section.profile), section)
        texts = tuple(map(str, sources))
        return ingest(texts, "c", section, effective_profile, catalog, Library(), **options)

    return run


def write_band(
    path, *, size=64, crs="EPSG:32631", value=1000, count=1, nodata=0, origin=(500000.0, 5000000.0), names=()
):
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "width": size, "height": size, "count": count, "dtype": "uint16", "nodata": nodata}
    profile |= {"tiled": True, "blockxsize": 16, "blockysize": 16}
    profile["transform"] = Affine(10.0, 0.0, origin[0], 0.0, -10.0, origin[1])
    if crs:
        profile["crs"] = crs
    with rasterio.open(path, "w", **profile) as file:
        for plane in range(1, count + 1):
            file.write(np.full((size, size), value, "uint16"), plane)
        for plane, name in enumerate(names, start=1):
            file.set_band_description(plane, name)
    return path


def scale_of(item, band):
    field = item.assets[band].field
    return field.scale, field.offset


# Real archives


def test_an_earth_search_scene_is_taken_with_all_its_bands(take, catalog, data):
    report = take(data / "sentinel2/earthsearch-29RKH-20200219")
    assert (report.found, report.new, report.failed) == (1, 1, ())
    (item,) = catalog.search("c")
    assert (item.id, item.time.start) == (
        "S2A_29RKH_20200219_0_L2A",
        datetime(2020, 2, 19, 11, 34, 25, 405000, tzinfo=UTC),
    )
    expected = {"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12", "AOT", "WVP", "SCL"}
    assert set(item.assets) == expected
    assert scale_of(item, "B08") == (0.0001, 0.0)
    assert scale_of(item, "AOT") == (0.001, 0.0)
    assert scale_of(item, "SCL") == (1.0, 0.0)


def test_the_grid_is_the_files_and_not_the_items(take, catalog, data):
    # The item speaks of 10 m and 10980 pixels; its files are decimated tenfold.
    take(data / "sentinel2/earthsearch-29RKH-20200219")
    grid = catalog.search("c")[0].assets["B04"].grid
    assert (grid.width, grid.height, grid.resolution, grid.crs.key) == (1098, 1098, (100.0, 100.0), "EPSG:32629")


def test_a_radiometric_decision_is_kept_with_its_reason(take, catalog, data):
    take(data / "sentinel2/earthsearch-29RKH-20200219")
    kept = catalog.search("c")[0].properties["bandstand:radiometry"]
    (decision,) = [d for d in kept["decisions"] if "B08" in d["bands"]]
    assert (kept["baseline"], decision["source"], decision["because"]) == (
        "02.14",
        "metadata",
        "scale and offset of the scene's metadata",
    )


def test_a_series_in_dated_folders_becomes_a_scene_a_folder(take, catalog, data):
    report = take(data / "timeseries/s2-31UDS-2017-2018")
    assert (report.found, report.new, report.failed) == (118, 118, ())
    moments = catalog.moments("c")
    assert moments[0].start == datetime(2017, 8, 4, 10, 53, 28, tzinfo=UTC)
    (first,) = catalog.search("c", times=(TimeSpan.instant(moments[0].start),))
    assert set(first.assets) == {"B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "SCL"}
    assert [first.assets[b].plane for b in ("B02", "B03", "B04", "B08")] == [1, 2, 3, 4]
    assert scale_of(first, "B08") == (0.0001, 0.0)


def test_a_second_ingest_changes_nothing(take, catalog, data):
    take(data / "timeseries/s2-31UDS-2017-2018")
    revision = catalog.revision("c")
    report = take(data / "timeseries/s2-31UDS-2017-2018")
    assert (report.new, report.updated, report.unchanged) == (0, 0, 118)
    assert catalog.revision("c") == revision


def test_a_scene_without_a_date_is_timeless_and_takes_the_configured_offset(take, catalog, data):
    section = Collection(profile="sentinel-2-l2a", radiometry=Radiometry(scale=0.0001, offset=-0.1))
    take(data / "sentinel2/gujarat-43n", section=section)
    (item,) = catalog.search("c")
    assert (item.id, item.time, set(item.assets)) == ("gujarat-43n", TimeSpan(None, None), {"B02", "B03", "B04", "B08"})
    assert scale_of(item, "B08") == (0.0001, -0.1)


def test_a_guessed_offset_is_told(take, data):
    report = take(data / "sentinel2/gujarat-43n")
    assert any("is a guess" in text for _, text in report.warnings)


def test_a_geographic_scene_takes_its_date_from_the_folder(take, catalog, data):
    take(data / "sentinel2/fortmcmurray-20190522")
    (item,) = catalog.search("c")
    assert (item.time.start.date().isoformat(), item.assets["B04"].grid.crs.key) == ("2019-05-22", "EPSG:4326")
    assert set(item.assets) == {"B02", "B03", "B04", "B08", "B11", "SCL"}
    assert item.bbox.intersects(BBox(-112.0, 56.0, -111.0, 58.0))


@pytest.mark.parametrize(("folder", "profile"), [("sentinel2", "sentinel-2-l1c"), ("landsat", "landsat-c2-l2")])
def test_the_antwerp_chips_are_taken(take, catalog, data, folder, profile):
    report = take(data / folder / "antwerp-31n", profile=profile)
    assert (report.new, report.failed) == (1, ())
    assert catalog.extent("c").crs == ("EPSG:32631",)


def test_landsat_collection_2_has_its_scale_and_its_bands(take, catalog, data):
    report = take(data / "landsat/c2l2-001062-20201031/*.TIF", profile="landsat-c2-l2")
    assert (report.new, report.failed) == (1, ())
    (item,) = catalog.search("c")
    assert {"SR_B2", "SR_B4", "SR_B5", "ST_B10", "QA_PIXEL"} <= set(item.assets)
    assert scale_of(item, "SR_B4") == (0.0000275, -0.2)
    assert scale_of(item, "ST_B10") == (0.00341802, 149.0)
    assert item.time.start.date().isoformat() == "2020-10-31"


def test_landcover_files_are_scenes_of_their_own(take, catalog, data):
    report = take(data / "landcover", profile="categorical")
    assert (report.found, report.new, report.failed) == (10, 10, ())
    assert all(set(i.assets) == {"class"} and i.assets["class"].field.categorical for i in catalog.search("c"))


def test_elevation_models_are_taken(take, catalog, data):
    report = take(data / "dem", profile="dem")
    assert (report.new, report.failed) == (6, ())
    polar = catalog.get("c", "Copernicus_DSM_COG_30_S90_00_W164_00_DEM")
    assert (polar.assets["elevation"].field.dtype, round(polar.bbox.min_y)) == ("float32", -90)


def test_a_static_collection_is_followed_link_by_link(take, catalog, data):
    report = take(data / "stac/local-catalog/collection.json")
    assert (report.new, report.failed) == (3, ())
    assert [set(i.assets) for i in catalog.search("c")] == [{"B02", "B03", "B04"}] * 3
    assert [catalog.search("c")[0].assets[b].plane for b in ("B04", "B03", "B02")] == [1, 2, 3]


def test_planes_named_in_the_file_are_found(take, catalog, data):
    report = take(data / "timeseries/s2-bouconne-31n-2018")
    assert (report.new, report.failed) == (7, ())
    assert len(catalog.search("c")[0].assets) == 10


def test_a_generic_series_has_its_dates_from_the_names(take, catalog, data):
    report = take(data / "timeseries/landsat-ucayali", profile="generic")
    assert (report.new, report.failed) == (8, ())
    assert [i.time.start.year for i in catalog.search("c")] == [2020, 2015, 2010, 2005, 2000, 1995, 1990, 1985]


def test_a_pattern_groups_files_as_it_says(take, catalog, data):
    section = Collection(
        profile="sentinel-2-l2a", pattern=r"(?P<tile>\d{2}[A-Z]{3})_(?P<band>B\w\w)_(?P<date>\d{4}-\d\d-\d\d)"
    )
    report = take(data / "sentinel2/rondonia-20LLQ-20210922", section=section)
    assert (report.new, report.failed) == (1, ())
    (item,) = catalog.search("c")
    assert (set(item.assets), item.properties["tile"]) == ({"B02", "B11", "B8A"}, "20LLQ")
    assert item.time.start.date().isoformat() == "2021-09-22"


def test_a_scene_over_the_antimeridian_is_found_on_both_sides(take, catalog, data):
    report = take(data / "oddities/riotiler/cog_dateline.tif", profile="generic")
    assert (report.new, report.failed) == (1, ())
    extent = catalog.extent("c").lonlat
    assert (extent.min_x, extent.max_x) == (-180.0, 180.0)
    (item,) = catalog.search("c", bbox=BBox(179.9, -89.0, 180.0, 89.0))
    assert catalog.search("c", bbox=BBox(-180.0, -89.0, -179.9, 89.0)) == (item,)
    assert catalog.search("c", bbox=BBox(-90.0, -89.0, 90.0, 89.0)) == ()


# Refusals


def test_a_file_without_a_system_of_coordinates_is_refused_in_words(take, tmp_path):
    write_band(tmp_path / "a/2020-01-01/B04.tif", crs=None)
    report = take(tmp_path / "a")
    assert (report.new, report.failed[0][0]) == (0, "2020-01-01")
    assert "no coordinate reference system" in report.failed[0][1]


def test_a_broken_file_fails_its_scene_and_no_other(take, catalog, tmp_path):
    whole = write_band(tmp_path / "a/2020-01-01/B04.tif")
    (tmp_path / "a/2020-01-02").mkdir()
    (tmp_path / "a/2020-01-02/B04.tif").write_bytes(whole.read_bytes()[:60])
    report = take(tmp_path / "a")
    assert (report.new, len(report.failed), report.failed[0][0]) == (1, 1, "2020-01-02")
    assert "B04" in report.failed[0][1]
    assert [i.id for i in catalog.search("c")] == ["2020-01-01"]


def test_remote_assets_are_refused_by_name(take, data):
    report = take(data / "stac/earth-search/S2A_32TPS_20230602_0_L2A.json")
    assert report.new == 0
    assert "remote storage" in report.failed[0][1]


def test_a_source_that_is_not_there_is_told(take, tmp_path):
    assert take(tmp_path / "nowhere").failed == ((str(tmp_path / "nowhere"), "there is no such file or folder"),)


def test_a_missing_asset_fails_its_scene(take, tmp_path):
    item = {
        "type": "Feature",
        "id": "s",
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "assets": {"B04": {"href": "./B04.tif", "type": "image/tiff"}},
    }
    (tmp_path / "s.json").write_text(json.dumps(item))
    assert "B04.tif is not there" in take(tmp_path / "s.json").failed[0][1]


def test_a_document_that_is_no_json_is_told(take, tmp_path):
    (tmp_path / "s.json").write_text("{")
    assert "cannot be read" in take(tmp_path / "s.json").failed[0][1]


# Radiometry of STAC items


def stac_item(folder, *, asset, properties=None, key="red"):
    write_band(folder / "B04.tif")
    item = {
        "type": "Feature",
        "id": "s",
        "properties": {"datetime": "2023-06-02T10:00:00Z", **(properties or {})},
        "assets": {key: {"href": "./B04.tif", "type": "image/tiff", **asset}},
    }
    (folder / "s.json").write_text(json.dumps(item))
    return folder / "s.json"


ANNOUNCED = {"raster:bands": [{"scale": 0.0001, "offset": -0.1, "nodata": 0}]}


@pytest.mark.parametrize(
    ("asset", "properties", "expected", "source"),
    [
        (ANNOUNCED, {}, (0.0001, -0.1), "metadata"),
        (ANNOUNCED, {"earthsearch:boa_offset_applied": True}, (0.0001, 0.0), "correction"),
        (ANNOUNCED, {"earthsearch:boa_offset_applied": False}, (0.0001, -0.1), "metadata"),
        ({"raster:scale": 0.0001, "raster:offset": -0.1}, {}, (0.0001, -0.1), "metadata"),
        ({"bands": [{"name": "B04", "raster:scale": 0.0002, "raster:offset": 0}]}, {}, (0.0002, 0.0), "metadata"),
        ({}, {"s2:processing_baseline": "02.14"}, (0.0001, 0.0), "profile"),
        ({}, {"s2:processing_baseline": "04.00"}, (0.0001, -0.1), "profile"),
        ({}, {"processing:version": "05.09"}, (0.0001, -0.1), "profile"),
        ({}, {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True}, (0.0001, 0.0), "profile"),
        ({}, {"s2:product_uri": "S2B_MSIL2A_20230602T074609_N0301_R135_T36NYH"}, (0.0001, 0.0), "profile"),
        ({}, {}, (0.0001, -0.1), "profile"),
        ({}, {"datetime": "2021-01-01T00:00:00Z"}, (0.0001, 0.0), "profile"),
    ],
)  # fmt: skip
def test_scale_and_offset_are_resolved_in_order(take, catalog, tmp_path, asset, properties, expected, source):
    take(stac_item(tmp_path / "a", asset=asset, properties=properties))
    (item,) = catalog.search("c")
    assert scale_of(item, "B04") == expected
    assert item.properties["bandstand:radiometry"]["decisions"][0]["source"] == source


@pytest.mark.parametrize("scale", [1e19, -1e300, 1e-19, 5e-324, "1e400", 10**25])
def test_a_scale_that_no_number_survives_is_not_believed(take, catalog, tmp_path, scale):
    take(stac_item(tmp_path / "a", asset={"raster:bands": [{"scale": scale, "offset": 0.0}]}))
    assert scale_of(catalog.search("c")[0], "B04")[0] == 0.0001


@pytest.mark.parametrize("told", [(1e300, 0.0), (0.5, -1e300), (float("nan"), 0.0), (1.0, float("inf"))])
def test_nor_is_one_of_the_file(take, catalog, tmp_path, told):
    path = stac_item(tmp_path / "a", asset={}, properties={"s2:processing_baseline": "02.14"})
    with rasterio.open(path.parent / "B04.tif", "r+") as file:
        (file.scales, file.offsets) = ((number,) for number in told)
    take(path)
    assert scale_of(catalog.search("c")[0], "B04") == (0.0001, 0.0)


def test_the_configuration_decides_over_all(take, catalog, tmp_path):
    section = Collection(profile="sentinel-2-l2a", bands={"B04": Band(scale=0.5, offset=1.0)})
    take(stac_item(tmp_path / "a", asset=ANNOUNCED), section=section)
    assert scale_of(catalog.search("c")[0], "B04") == (0.5, 1.0)


def test_a_new_configuration_makes_the_scene_anew(take, catalog, tmp_path):
    path = stac_item(tmp_path / "a", asset=ANNOUNCED)
    take(path)
    assert take(path, section=Collection(profile="sentinel-2-l2a", radiometry=Radiometry(scale=1.0))).updated == 1


def test_a_changed_file_makes_the_scene_anew(take, tmp_path):
    path = stac_item(tmp_path / "a", asset=ANNOUNCED)
    take(path)
    write_band(tmp_path / "a/B04.tif", size=32)
    assert take(path).updated == 1


def test_a_dry_run_writes_nothing_and_tells_what_it_understood(take, catalog, tmp_path):
    report = take(stac_item(tmp_path / "a", asset=ANNOUNCED), dry_run=True)
    assert report.understood == ("s  2023-06-02T10:00:00Z  EPSG:32631  B04",)
    assert catalog.count("c") == 0


def test_the_finest_asset_of_a_band_is_taken(take, catalog, tmp_path):
    for metres in (60, 10, 20):
        write_band(tmp_path / f"a/T31_B04_{metres}m.tif", size=60 // metres)
    assets = {f"B04_{m}m": {"href": f"./T31_B04_{m}m.tif", "type": "image/tiff", "gsd": m} for m in (60, 10, 20)}
    item = {"type": "Feature", "id": "s", "properties": {"datetime": "2020-01-01T00:00:00Z"}, "assets": assets}
    (tmp_path / "a/s.json").write_text(json.dumps(item))
    take(tmp_path / "a/s.json")
    assert catalog.search("c")[0].assets["B04"].href.endswith("_10m.tif")


def test_a_true_colour_picture_is_no_band(take, catalog, tmp_path):
    write_band(tmp_path / "a/TCI.tif", count=3)
    names = [{"name": "B04"}, {"name": "B03"}, {"name": "B02"}]
    path = stac_item(tmp_path / "a", asset={"eo:bands": names[:1]}, key="B04")
    content = json.loads(path.read_text())
    content["assets"]["visual"] = {"href": "./TCI.tif", "type": "image/tiff", "roles": ["data"], "eo:bands": names}
    path.write_text(json.dumps(content))
    take(path)
    assert set(catalog.search("c")[0].assets) == {"B04"}


# Interruption and concurrency


def test_a_killed_ingest_is_completed_by_the_next(take, catalog, data, tmp_path):
    archive = tmp_path / "archive"
    shutil.copytree(data / "timeseries/s2-31UDS-2017-2018", archive)
    script = (
        "import sys; from pathlib import Path\n"
        "from bandstand.catalog.sqlite import open_catalog\n"
        "from bandstand.config.profiles import effective, load_profile\n"
        "from bandstand.config.schema import Collection\n"
        "from bandstand.engine.ingest import ingest\n"
        "from bandstand.read.library import Library\n"
        "section = Collection(profile='sentinel-2-l2a')\n"
        "def tell(p):\n"
        "    if p.done == 60: print('half', flush=True); import time; time.sleep(60)\n"
        "ingest([sys.argv[1]], 'c', section, effective(load_profile(section.profile), section),\n"
        "       open_catalog(Path(sys.argv[2]), writable=True), Library(), progress=tell)\n"
    )
    command = [sys.executable, "-c", script, str(archive), str(catalog.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert catalog.count("c") == 50
    report = take(archive)
    assert (report.new, report.unchanged, report.failed, catalog.count("c")) == (68, 50, (), 118)


def test_a_reader_sees_scenes_as_they_come(take, catalog, tmp_path):
    reader = open_catalog(catalog.path)
    before = reader.revision("c")
    take(stac_item(tmp_path / "a", asset=ANNOUNCED))
    assert (before, reader.revision("c") > before, [i.id for i in reader.search("c")]) == (0, True, ["s"])
    reader.close()


def test_progress_counts_every_scene(take, data):
    told = []
    take(data / "stac/local-catalog/collection.json", progress=told.append)
    assert [p.done for p in told] == [1, 2, 3]


def test_the_block_index_is_kept_with_the_asset(take, catalog, tmp_path):
    take(stac_item(tmp_path / "a", asset=ANNOUNCED))
    asset = catalog.search("c")[0].assets["B04"]
    assert (asset.index == Library().describe(asset.href).index, asset.grid.crs) == (True, parse_crs("EPSG:32631"))


def test_unchanged_scenes_are_passed_quickly(take, tmp_path):
    source = write_band(tmp_path / "a/B04.tif")
    for number in range(300):
        item = {
            "type": "Feature",
            "id": f"s{number}",
            "properties": {"datetime": "2020-01-01T00:00:00Z"},
            "assets": {"B04": {"href": str(source), "type": "image/tiff"}},
        }
        (tmp_path / f"a/{number}.json").write_text(json.dumps(item))
    take(tmp_path / "a")
    begun = time.perf_counter()
    report = take(tmp_path / "a")
    assert report.unchanged == 300
    assert time.perf_counter() - begun < 5.0


# Strange values


def _strange(folder, change):
    """A good scene and one whose item was spoilt, in one item collection."""
    features = []
    for name in ("good", "strange"):
        write_band(folder / name / "B04.tif")
        features.append(
            {
                "type": "Feature",
                "stac_version": "1.0.0",
                "id": name,
                "properties": {"datetime": "2022-06-01T10:00:00Z"},
                "geometry": None,
                "links": [],
                "assets": {"B04": {"href": f"./{name}/B04.tif", "type": "image/tiff", "roles": ["data"]}},
            }
        )
    # First, so that what comes after it would be lost.
    features.reverse()
    change(features[0])
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def _put(*keys, value):
    def change(item):
        for key in keys[:-1]:
            item = item[key]
        item[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _put("assets", "B04", "href", value="a\0b"),
        _put("assets", "B04", "href", value="file://[x"),
        _put("assets", "B04", "href", value="https://[x"),
        _put("assets", "B04", "href", value="x" * 5000),
        _put("assets", "B04", "type", value=None),
        _put("assets", "B04", "roles", value=5),
        _put("assets", "B04", "eo:bands", value=7),
        _put("assets", "B04", "eo:bands", value=[{"name": ["B04"]}]),
        _put("assets", "B04", "proj:transform", value=["x"]),
        _put("assets", "B04", "proj:transform", value=[None]),
        _put("assets", "B04", "raster:bands", value=[{"scale": 10**400}]),
        _put("assets", "B04", "classification:classes", value=[{"value": 1, "name": ["x"]}, {"value": True}]),
        _put("properties", "datetime", value="0001-01-01T00:00:00+14:00"),
        _put("properties", "datetime", value="9999-12-31T23:59:59-14:00"),
        _put("properties", "datetime", value={"at": 5}),
        _put("properties", "eo:cloud_cover", value=10**400),
        _put("properties", "s2:processing_baseline", value=[1]),
        _put("properties", "title", value="\ud800"),
        _put("id", value="\ud800"),
        _put("geometry", value={"type": "Polygon", "coordinates": [[[None, 1], [2, 3], [4, 5]]]}),
        _put("geometry", value={"type": "GeometryCollection", "geometries": 5, "coordinates": 1}),
    ],
)
def test_a_strange_value_costs_no_more_than_its_own_scene(take, catalog, tmp_path, change):
    report = take(_strange(tmp_path, change))
    assert "good" in {item.id for item in catalog.search("c")}
    assert report.found == report.new + len(report.failed) == 2
    "".join(text for failed in report.failed for text in failed).encode()


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "\0", '{"type": "FeatureCollection", "features": 5}'],
    ids=lambda t: t[:12],
)
def test_a_strange_document_costs_no_more_than_itself(take, catalog, tmp_path, text):
    _strange(tmp_path, lambda item: None)
    (tmp_path / "a.json").write_text(text)
    take(tmp_path)
    assert {item.id for item in catalog.search("c")} == {"good", "strange"}


def test_a_link_that_is_no_address_costs_no_more_than_itself(take, catalog, tmp_path):
    _strange(tmp_path, lambda item: None)
    links = [
        {"rel": "item", "href": "http://[x"},
        {"rel": "item", "href": "a\0b"},
        {"rel": "item", "href": "items.json"},
    ]
    root = tmp_path / "catalog.json"
    root.write_text(json.dumps({"type": "Catalog", "stac_version": "1.0.0", "id": "c", "links": links}))
    report = take(root)
    assert {item.id for item in catalog.search("c")} == {"good", "strange"}
    assert len(report.failed) == 2


@pytest.mark.parametrize("kind", [[], {}, ["Catalog"], None])
def test_a_catalogue_of_strange_kinds_leads_on(take, catalog, tmp_path, kind):
    _strange(tmp_path, lambda item: None)
    links = [{"rel": kind, "href": "x.json"}, {"rel": "self", "href": kind}, {"rel": "item", "href": "items.json"}]
    root = tmp_path / "catalog.json"
    root.write_text(json.dumps({"type": kind, "stac_version": "1.0.0", "id": "c", "links": links}))
    report = take(root)
    assert {item.id for item in catalog.search("c")} == {"good", "strange"}
    assert report.failed == ()
