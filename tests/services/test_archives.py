"""Folders as people have them, ingested as they are and asked for through the services, every date by itself."""

import io
import json

import numpy as np
import PIL.Image
import pytest
import rasterio
from tests.fixtures.real import opened
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.web.app import Settings, mount_services

SIZE = 64


class Served:
    """One collection `c` of a folder, ingested and served."""

    def __init__(self, folder, section, *sources):
        self.folder = folder
        path = folder / "config.yml"
        path.write_text(
            f"catalog: {{path: catalog.sqlite}}\ncollections: {{c: {{{section}}}}}\n"
            "layers: [{name: c, collection: c}]\n"
        )
        self.config = load_config(path, environment={})
        self.report = self.ingest(*sources)
        self.engine = build_engine(self.config)
        self.client = mount_services(self.engine, Settings()).test_client()

    def ingest(self, *sources, **options):
        section = self.config.collections["c"]
        profile = effective(load_profile(section.profile), section)
        catalog = open_catalog(self.config.catalog.path, writable=True)
        named = [str(self.folder / source) for source in sources] or section.source
        report = ingest(named, "c", section, profile, catalog, open_library(), jobs=2, **options)
        catalog.close()
        return report

    @property
    def items(self):
        return {item.id: item for item in self.engine.catalog.search("c")}

    def values(self, band="", time="", version="2.0.1"):
        """Every stored value that a GetCoverage gives, each once."""
        keys = {"service": "WCS", "version": version, "request": "GetCoverage", "coverageid": "c", "units": "DN"}
        keys |= {"rangesubset": band} if band else {}
        answer = self.client.get("/wcs", query_string=keys | ({"time": time} if time else {}))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        values, valid, _ = opened(answer.get_data())
        return [sorted(set(plane[there].tolist())) for plane, there in zip(values, valid, strict=True)]

    def is_drawn(self, time):
        """Whether a map of the middle of the archive shows something."""
        box = next(iter(self.items.values())).bbox
        keys = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "c", "styles": "", "crs": "CRS:84"}
        keys |= {"format": "image/png", "transparent": "true", "width": 32, "height": 32, "time": time}
        answer = self.client.get(
            "/wms", query_string=keys | {"bbox": f"{box.min_x},{box.min_y},{box.max_x},{box.max_y}"}
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.content_type == "image/png", answer.get_data(as_text=True)
        picture = PIL.Image.open(io.BytesIO(answer.get_data())).convert("RGBA")
        return bool(np.asarray(picture)[:, :, 3].any())

    def times(self):
        """The time dimension of WMS 1.3.0."""
        text = self.client.get("/wms?service=WMS&request=GetCapabilities").get_data(as_text=True)
        start = text.index('<Dimension name="time"')
        return text[text.index(">", start) + 1 : text.index("</Dimension>", start)]


@pytest.fixture
def serve(tmp_path):
    made = []

    def run(section, *sources):
        made.append(Served(tmp_path, section, *sources))
        return made[-1]

    yield run
    for served in made:
        served.engine.close()


@pytest.fixture
def put(tmp_path):
    """Write a raster of one value."""

    def run(path, value, **keys):
        return write_tiff(tmp_path / path, np.full((SIZE, SIZE), value, keys.pop("dtype", "f4")), **keys)

    return run


def put_jp2(path, value, *, pixel):
    path.parent.mkdir(parents=True, exist_ok=True)
    size = round(3840 / pixel)
    place = rasterio.Affine(pixel, 0, 500000.0, 0, -pixel, 5400000.0)
    keys = {"driver": "JP2OpenJPEG", "width": size, "height": size, "count": 1, "dtype": "uint16", "QUALITY": 100}
    with rasterio.open(path, "w", crs="EPSG:32631", transform=place, REVERSIBLE=True, **keys) as file:
        file.write(np.full((1, size, size), value, "u2"))


# Series of one band, and bands of one scene


def test_a_folder_of_dated_files_is_one_band_of_many_dates(serve, put):
    for day in ("20200101", "20200102", "20200103"):
        put(f"ts/ndvi_{day}.tif", float(day[-1]))
    served = serve("profile: generic, source: ts")
    assert (served.report.new, served.report.failed, served.report.doubts) == (3, (), ())
    assert [list(item.assets) for item in served.items.values()] == [["ndvi"]] * 3
    assert served.times() == "2020-01-01,2020-01-02,2020-01-03"
    for day in (1, 2, 3):
        assert served.values("ndvi", f"2020-01-0{day}") == [[day]]
        assert served.is_drawn(f"2020-01-0{day}")


def test_a_year_and_a_month_are_published_as_such_and_found_by_every_day_of_theirs(serve, put):
    put("lc/cover_2021.tif", 21)
    put("lc/cover_2022.tif", 22)
    put("lc/cover_202303.tif", 3)
    put("lc/cover_20230415.tif", 15)
    served = serve("profile: generic, source: lc")
    assert served.times() == "2021,2022,2023-03,2023-04-15"
    for time, value in (
        ("2021", 21),
        ("2022", 22),
        ("2022-06-15", 22),
        ("2022-12-31", 22),
        ("2022-02", 22),
        ("2023-03-31", 3),
        ("2023-04-15", 15),
        ("2021-01-01/2021-06-30", 21),
    ):
        assert served.values(time=time) == [[value]]
        assert served.is_drawn(time)


def test_a_range_is_found_by_every_day_of_it(serve, put):
    put("ts/ndvi_20220101_20220131.tif", 1)
    put("ts/ndvi_20220201_20220228.tif", 2)
    served = serve("profile: generic, source: ts")
    assert served.times() == "2022-01,2022-02"
    assert [served.values(time=day) for day in ("2022-01-31", "2022-02-01")] == [[[1]], [[2]]]


def test_the_whole_year_is_a_coverage_of_its_own_beside_days_in_it(serve, put):
    put("lc/cover_2022.tif", 22)
    put("lc/cover_20220615.tif", 15)
    served = serve("profile: generic, source: lc")
    assert served.times() == "2022,2022-06-15"
    assert served.values(time="2022") == [[22]]
    for coverage, value in (("c.2022", 22), ("c.20220615", 15)):
        keys = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageid": coverage, "units": "DN"}
        answer = served.client.get("/wcs", query_string=keys)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert sorted(set(opened(answer.get_data())[0].ravel().tolist())) == [value]


def test_files_of_one_acquisition_are_one_scene(serve, put):
    for number in (10, 20, 30, 40, 60, 70):
        put(f"one/LC08_L1TP_198023_20220101_20220105_02_T1_B{number}.tif", number)
    served = serve("profile: generic, source: one")
    (item,) = served.items.values()
    assert list(item.assets) == ["B10", "B20", "B30", "B40", "B60", "B70"]
    assert served.values(time="2022-01-01") == [[10], [20], [30], [40], [60], [70]]


def test_a_pattern_without_a_band_names_one_band(serve, put):
    for day in (1, 2):
        put(f"ts/station-{day}_x_2020010{day}.tif", day)
    served = serve("profile: generic, source: ts, pattern: '(?P<date>[0-9]{8})'")
    assert len({band for item in served.items.values() for band in item.assets}) == 1
    assert [served.values(time=f"2020-01-0{day}") for day in (1, 2)] == [[[1]], [[2]]]


def test_names_that_do_not_tell_are_settled_by_their_ground_and_told(serve, put):
    put("soil/clay.tif", 1)
    put("soil/sand.tif", 2)
    served = serve("profile: generic, source: soil")
    (item,) = served.items.values()
    assert set(item.assets) == {"clay", "sand"}
    ((scene, text),) = served.report.doubts
    assert scene == item.id
    assert "taken as the bands clay, sand of one scene" in text
    assert "pattern: '(?P<id>[^/]+)$'" in text


def test_what_a_doubt_says_to_write_does_as_it_says(serve, put):
    put("soil/clay.tif", 1)
    put("soil/sand.tif", 2)
    served = serve("profile: generic, source: soil, pattern: '(?P<id>[^/]+)$'")
    assert len(served.items) == 2
    assert served.report.doubts == ()


def test_numbers_on_one_ground_are_bands_and_told(serve, put):
    for number in (1, 2, 10):
        put(f"etm/ETM_20000101_{number}.tif", number)
    served = serve("profile: generic, source: etm")
    (item,) = served.items.values()
    assert (item.id, list(item.assets)) == ("ETM_20000101", ["b1", "b2", "b10"])
    assert served.values(time="2000-01-01") == [[1], [2], [10]]
    assert "taken as the bands 1, 2, 10 of one scene" in served.report.doubts[0][1]


def test_files_on_different_ground_are_scenes_of_one_band(serve, put):
    put("cities/berlin.tif", 1)
    put("cities/paris.tif", 2, x=510000.0)
    served = serve("profile: generic, source: cities")
    assert {tuple(item.assets) for item in served.items.values()} == {("b1",)}
    assert served.values() == [[1, 2]]
    assert "(?P<band>berlin|paris)" in served.report.doubts[0][1]


# Products


SAFE = "S2B_MSIL2A_20230520T104629_N0509_R051_T30UYV_20230520T170000.SAFE"
GRANULE = f"{SAFE}/GRANULE/L2A_T30UYV_A032345_20230520T105355"


@pytest.fixture
def safe(tmp_path):
    """An archive with one SAFE folder: every band at several pixel sizes, its value tells which."""
    for folder, pixel, bands in (("R10m", 10, "B04 TCI"), ("R20m", 20, "B04 B11 SCL"), ("R60m", 60, "B01 B04 B11 SCL")):
        for band in bands.split():
            value = 7 if band == "SCL" else 1000 + pixel
            name = f"T30UYV_20230520T104629_{band}_{pixel}m.jp2"
            put_jp2(tmp_path / "archive" / GRANULE / "IMG_DATA" / folder / name, value, pixel=pixel)
    put_jp2(tmp_path / "archive" / GRANULE / "QI_DATA" / "MSK_DETFOO_B04.jp2", 3, pixel=10)
    return tmp_path / "archive"


@pytest.mark.parametrize("source", ["archive", f"archive/{SAFE}", f"archive/{GRANULE}/IMG_DATA"])
def test_a_safe_folder_is_one_scene_with_each_band_from_its_finest_file(serve, safe, source):
    served = serve("profile: sentinel-2-l2a", source)
    assert (served.report.new, served.report.failed) == (1, ())
    (item,) = served.items.values()
    assert item.id == SAFE.removesuffix(".SAFE")
    assert {band: asset.grid.resolution[0] for band, asset in item.assets.items()} == {
        "B04": 10,
        "B11": 20,
        "SCL": 20,
        "B01": 60,
    }
    assert served.values("B04") == [[1010]]
    assert served.values("SCL") == [[7]]
    # Its name tells the processing baseline, and so the offset.
    assert item.assets["B04"].field.offset == -0.1


def test_what_is_no_band_is_left_out_in_one_line(serve, safe):
    served = serve("profile: sentinel-2-l2a", "archive")
    assert served.report.left_out == (
        "2 files, no band of profile sentinel-2-l2a: T30UYV_20230520T104629_TCI_10m.jp2, MSK_DETFOO_B04.jp2",
    )


LANDSAT = "LC08_L2SP_001062_20201031_20201106_02_T2"


def test_a_landsat_folder_leaves_out_what_its_profile_does_not_name(serve, put):
    for number, band in enumerate(("SR_B4", "ST_B10", "QA_PIXEL", "ST_QA", "ST_ATRAN", "ST_CDIST"), start=1):
        put(f"usgs/{LANDSAT}/{LANDSAT}_{band}.TIF", number, dtype="u2")
    served = serve("profile: landsat-c2-l2, source: usgs")
    assert (served.report.new, served.report.failed) == (1, ())
    assert served.values("QA_PIXEL", "2020-10-31") == [[3]]
    assert served.report.left_out[0].startswith("3 files, no band of profile landsat-c2-l2: ")


def test_maja_gives_its_slope_corrected_reflectance_without_an_offset(serve, put):
    name = "SENTINEL2A_20220601-105855-464_L2A_T31TCJ_C_V3-0"
    for value, kind in ((500, "SRE"), (400, "FRE")):
        put(f"theia/{name}/{name}_{kind}_B4.tif", value, dtype="i2")
    served = serve("profile: sentinel-2-l2a, source: theia")
    (item,) = served.items.values()
    assert (item.id, served.values("B04", "2022-06-01")) == (name, [[400]])
    # What MAJA writes where there is nothing, though its files do not say so.
    assert item.assets["B04"].field.nodata == -10000
    assert (item.assets["B04"].field.scale, item.assets["B04"].field.offset) == (0.0001, 0.0)


# Ids


def test_files_of_one_name_are_told_apart_by_their_folders(serve, put):
    put("dem/N45/dem.tif", 1)
    put("dem/N46/dem.tif", 2, x=510000.0)
    served = serve("profile: dem, source: dem")
    assert (set(served.items), served.report.failed) == ({"N45_dem", "N46_dem"}, ())
    assert served.values() == [[1, 2]]


def test_a_part_of_the_archive_gives_the_same_ids_as_the_whole(serve, put):
    for month in ("01", "02"):
        put(f"a/2021/{month}/31UDS/B04.tif", int(month), dtype="u2")
    served = serve("profile: sentinel-2-l2a, source: a")
    ids = set(served.items)
    assert ids == {"2021_01_31UDS", "2021_02_31UDS"}
    report = served.ingest("a/2021/02")
    assert (report.unchanged, report.new, set(served.items)) == (1, 0, ids)
    assert [served.values("B04", f"2021-{month}") for month in ("01", "02")] == [[[1]], [[2]]]


def test_two_sources_with_files_of_one_name_are_two_scenes(serve, put):
    put("north/dem.tif", 1)
    put("south/dem.tif", 2, x=510000.0)
    served = serve("profile: dem, source: [north, south]")
    assert (len(served.items), served.report.failed, served.values()) == (2, (), [[1, 2]])


def test_a_file_that_two_sources_reach_is_one_scene(serve, put):
    put("a/b/dem_2020.tif", 1)
    served = serve("profile: dem, source: [a, a/b, 'a/*/*.tif']")
    assert (served.report.found, len(served.items)) == (1, 1)


def test_bands_that_globs_name_apart_are_one_scene(serve, put):
    put("a/20200101/B04.tif", 4, dtype="u2")
    put("a/20200101/B08.tif", 8, dtype="u2")
    served = serve("profile: sentinel-2-l2a, source: ['a/*/B04.tif', 'a/*/B08.tif']")
    assert served.values("B04,B08", "2020-01-01") == [[4], [8]]


# Broken files


def test_broken_files_leave_the_good_one_alone_and_are_told(serve, put, tmp_path):
    good = put("mixed/good.tif", 5)
    (tmp_path / "mixed/cut.tif").write_bytes(good.read_bytes()[:3000])
    (tmp_path / "mixed/empty.tif").touch()
    (tmp_path / "mixed/page.tif").write_text("<!DOCTYPE html><title>404</title>")
    (tmp_path / "mixed/gone.tif").symlink_to(tmp_path / "nowhere.tif")
    served = serve("profile: generic, source: mixed")
    assert (served.report.new, served.values(), served.report.doubts) == (1, [[5]], ())
    told = [text for _, text in served.report.failed]
    assert len(told) == 4
    for name in ("cut", "empty", "page", "gone"):
        assert sum(str(tmp_path / f"mixed/{name}.tif") in text for text in told) == 1


def test_a_scene_with_a_broken_file_is_served_without_it_until_it_is_mended(serve, put, tmp_path):
    for band in ("B02", "B03", "B04"):
        put(f"s2/20200101/{band}.tif", int(band[1:]), dtype="u2")
    broken = tmp_path / "s2/20200101/B03.tif"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:1000])
    served = serve("profile: sentinel-2-l2a, source: s2")
    assert served.values("B02,B04") == [[2], [4]]
    ((scene, text),) = served.report.failed
    assert (scene, str(broken) in text) == ("20200101", True)
    again = served.ingest()
    assert (again.unchanged, again.updated, again.failed) == (1, 0, served.report.failed)
    broken.write_bytes(whole)
    mended = served.ingest()
    assert (mended.updated, mended.failed, served.values("B03")) == (1, (), [[3]])


# What is no raster


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.nc", b"CDF\x01", "netCDF file; GeoTIFFs, JPEG 2000 files and STAC documents are read; gdal_translate"),
        ("a.nc", b"\x89HDF\r\n\x1a\n", "HDF file"),
        ("a.hdf", b"\x0e\x03\x13\x01", "HDF file"),
        ("a.zip", b"PK\x03\x04", "unpack it"),
        ("a.tar.gz", b"\x1f\x8b\x08", "unpack it"),
        ("a.vrt", b"<VRTDataset>", "gdal_translate -of COG a.vrt a.tif"),
        ("a.grib2", b"GRIB", "GRIB file"),
        ("a.png", b"\x89PNG", "gdal_translate -of COG a.png a.tif"),
        ("notes.txt", b"hello", "is no raster"),
        ("a.dat", b"", "is empty"),
    ],
)
def test_a_file_that_is_no_raster_is_told_with_what_to_do(serve, put, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    put("good/dem.tif", 1)
    served = serve("profile: dem", name, "good")
    ((_, text),) = served.report.failed
    assert str(tmp_path / name) in text
    assert words in text
    assert len(served.items) == 1


def test_a_geotiff_by_another_name_is_read(serve, put, tmp_path):
    put("dem.tif", 3).rename(tmp_path / "dem.dat")
    served = serve("profile: dem", "dem.dat")
    assert served.values() == [[3]]


def test_a_folder_without_scenes_is_told(serve, tmp_path):
    (tmp_path / "climate").mkdir()
    for name in ("a.nc", "b.nc"):
        (tmp_path / "climate" / name).write_bytes(b"CDF\x01")
    (tmp_path / "empty").mkdir()
    served = serve("profile: generic, source: [climate, empty]")
    climate, empty = (text for _, text in served.report.failed)
    assert "climate holds no scene, but 2 netCDF files; " in climate
    assert "gdalinfo a.nc" in climate
    assert empty.endswith("empty holds no scene; GeoTIFFs, JPEG 2000 files and STAC documents are read")


def test_a_zarr_store_is_told_as_one(serve, tmp_path):
    store = tmp_path / "cube.zarr"
    (store / "ndvi").mkdir(parents=True)
    (store / ".zgroup").write_text("{}")
    (store / "ndvi" / "0.0.0").write_bytes(b"x")
    served = serve("profile: generic, source: cube.zarr")
    ((_, text),) = served.report.failed
    assert "cube.zarr holds no scene, but a Zarr store (cube.zarr)" in text


def test_a_glob_that_fits_no_raster_is_told(serve, put, tmp_path):
    put("a/dem.tif", 1)
    (tmp_path / "a/notes.txt").write_text("hello")
    served = serve("profile: dem", "a/*.txt")
    ((_, text),) = served.report.failed
    assert "holds no scene" in text


def test_containers_beside_scenes_are_left_out_in_words(serve, put, tmp_path):
    put("a/dem_2020.tif", 1)
    (tmp_path / "a/more.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "a/readme.txt").write_text("hello")
    served = serve("profile: dem, source: a")
    assert served.report.failed == ()
    assert served.report.left_out == ("1 file, zip is not read (unpack it and name the folder): more.zip",)


# STAC items of one folder


def write_item(path, scene, hrefs, day="2022-01-01"):
    path.parent.mkdir(parents=True, exist_ok=True)
    assets = {band: {"href": href, "type": "image/tiff", "roles": ["data"]} for band, href in hrefs.items()}
    item = {"type": "Feature", "stac_version": "1.0.0", "id": scene, "geometry": None, "links": [], "assets": assets}
    path.write_text(json.dumps(item | {"properties": {"datetime": f"{day}T10:00:00Z", path.stem: True}}))


def test_two_items_do_not_take_one_file(serve, put, tmp_path):
    put("m/B04.tif", 4, dtype="u2")
    for day in ("20220101", "20220102"):
        write_item(tmp_path / f"m/{day}.json", f"S2_{day}", {"B04": f"https://example.com/S2_{day}/B04.tif"})
    served = serve("profile: sentinel-2-l2a, source: m")
    assert served.items == {}
    told = dict(served.report.failed)
    assert set(told) == {"S2_20220101", "S2_20220102"}
    assert "2 items here have a B04.tif (S2_20220101, S2_20220102), and there is one" in told["S2_20220102"]
    assert "put each into a folder of that name beside the items, such as S2_20220102/B04.tif" in told["S2_20220102"]


@pytest.mark.parametrize("inside", ["{scene}/", "tiles/{scene}/", ""])
def test_each_item_takes_the_file_whose_folder_agrees(serve, put, tmp_path, inside):
    for number, day in enumerate(("20220101", "20220102"), start=1):
        scene = f"S2_{day}"
        folder = "" if inside else f"{scene}/"
        put(f"m/{folder}{inside.format(scene=scene)}B04.tif", number, dtype="u2")
        href = f"s3://bucket/tiles/{scene}/B04.tif"
        write_item(tmp_path / f"m/{folder}{scene}.json", scene, {"B04": href}, day=f"2022-01-0{number}")
    served = serve("profile: sentinel-2-l2a, source: m")
    assert served.report.failed == ()
    assert [served.values("B04", f"2022-01-0{number}") for number in (1, 2)] == [[[1]], [[2]]]


def test_a_mirror_of_some_bands_is_served_and_the_others_are_told(serve, put, tmp_path):
    put("m/B04.tif", 4, dtype="u2")
    hrefs = {band: f"https://example.com/S2/{band}.tif" for band in ("B04", "B08")}
    write_item(tmp_path / "m/item.json", "S2", hrefs)
    served = serve("profile: sentinel-2-l2a, source: m")
    assert served.values("B04") == [[4]]
    ((scene, text),) = served.report.failed
    assert (scene, text.startswith("asset B08: https://example.com/S2/B08.tif lies on remote storage")) == ("S2", True)


USGS = "https://landsatlook.usgs.gov/data/collection02"


def test_two_documents_of_one_scene_are_one(serve, put, tmp_path):
    for number, band in enumerate(("SR_B4", "ST_B10", "QA_PIXEL"), start=1):
        put(f"usgs/{LANDSAT}_{band}.TIF", number, dtype="u2")
    parts = {"SR": ("SR_B4", "QA_PIXEL"), "ST": ("ST_B10", "QA_PIXEL")}
    for part, bands in parts.items():
        hrefs = {band: f"{USGS}/{LANDSAT}/{LANDSAT}_{band}.TIF" for band in bands}
        write_item(tmp_path / f"usgs/{LANDSAT}_{part}_stac.json", LANDSAT, hrefs)
    served = serve("profile: landsat-c2-l2, source: usgs")
    assert (served.report.found, served.report.new, served.report.failed) == (1, 1, ())
    assert served.values("SR_B4,ST_B10,QA_PIXEL", "2022-01-01") == [[1], [2], [3]]
    (item,) = served.items.values()
    assert {f"{LANDSAT}_SR_stac", f"{LANDSAT}_ST_stac"} <= set(item.properties)
    again = served.ingest()
    assert (again.unchanged, again.updated) == (1, 0)


@pytest.mark.parametrize(("other", "day"), [("other.tif", "2022-01-01"), ("B04.tif", "2022-02-02")])
def test_documents_that_contradict_each_other_are_not_joined(serve, put, tmp_path, other, day):
    put("m/B04.tif", 4, dtype="u2")
    put("m/other.tif", 5, dtype="u2")
    write_item(tmp_path / "m/a.json", "S2", {"B04": "./B04.tif"})
    write_item(tmp_path / "m/b.json", "S2", {"B04": f"./{other}", "B08": "./other.tif"}, day=day)
    served = serve("profile: sentinel-2-l2a, source: m")
    assert served.values("B04") == [[4]]
    ((_, text),) = served.report.failed
    assert text.startswith(f"its id is taken by another scene of this run, from {tmp_path / 'm/a.json'}")


def test_a_document_without_a_band_of_the_profile_takes_nothing_from_the_other(serve, put, tmp_path):
    put("m/B04.tif", 4, dtype="u2")
    write_item(tmp_path / "m/a.json", "S2", {"B04": "./B04.tif"})
    write_item(tmp_path / "m/b.json", "S2", {"snow": "./B04.tif"})
    served = serve("profile: sentinel-2-l2a, source: m")
    assert (served.values("B04"), served.report.failed) == ([[4]], ())


def test_files_that_no_document_names_are_left_out_in_words(serve, put, tmp_path):
    put("m/B04.tif", 4, dtype="u2")
    put("m/B08.tif", 8, dtype="u2")
    write_item(tmp_path / "m/item.json", "S2", {"B04": "./B04.tif"})
    served = serve("profile: sentinel-2-l2a, source: m")
    assert [list(item.assets) for item in served.items.values()] == [["B04"]]
    assert served.report.left_out == ("1 file, no band by the STAC documents beside: B08.tif",)


def test_an_archive_behind_a_link_is_the_same(serve, put, tmp_path):
    put("real/B04.tif", 4, dtype="u2")
    write_item(tmp_path / "real/item.json", "S2", {"B04": "https://example.com/S2/B04.tif"})
    (tmp_path / "m").symlink_to(tmp_path / "real")
    served = serve("profile: sentinel-2-l2a, source: m")
    assert (served.values("B04"), served.report.left_out) == ([[4]], ())


def test_a_broken_document_does_not_take_its_folder_along(serve, put, tmp_path):
    put("m/20220101/B04.tif", 4, dtype="u2")
    (tmp_path / "m/20220101/job.json").write_text("{")
    served = serve("profile: sentinel-2-l2a, source: m")
    ((_, text),) = served.report.failed
    assert "job.json cannot be read" in text
    assert served.values("B04", "2022-01-01") == [[4]]


def test_a_pattern_that_fits_nothing_is_a_failure(serve, put):
    put("m/a.tif", 4)
    served = serve("profile: generic, source: m, pattern: '(?P<date>[0-9]{8})'")
    assert served.report.failed == (("a.tif", "not as the pattern says"),)
