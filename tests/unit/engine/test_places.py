"""Scenes in systems that do not count degrees from Greenwich, over the antimeridian, and nowhere at all."""

import json
from dataclasses import astuple
from datetime import UTC, datetime

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from rasterio.warp import Resampling, reproject
from shapely.geometry import shape
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.footprints import footprint, outline
from bandstand.engine.groups import label_of, published_label
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.model.crs import CRS84, crs_from_wkt, parse_crs, period, transformer
from bandstand.model.grid import Affine, BBox, Grid, lonlat_bbox

ROTATED = (
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +datum=WGS84 "
    "+to_meter=0.0174532925199433 +no_defs"
)
SYSTEMS = {
    # Upper left corner and size of a pixel, in units of the system.
    "Rome": ("EPSG:4806", -2.0, 44.0, 0.05),
    "Paris, in grads": ("EPSG:4807", 0.5, 52.0, 0.05),
    "Madrid": ("EPSG:4903", 0.5, 42.0, 0.05),
    "Jakarta over the antimeridian": ("EPSG:4813", 72.0, 3.0, 0.05),
    "rotated poles": (ROTATED, -1.5, 1.5, 0.05),
}
CONFIG = """
collections: {c: {profile: generic, source: c}}
layers: [{name: c, collection: c, time: {resolution: solar-day}}]
"""


def system(text):
    return parse_crs(text) if text.startswith("EPSG:") else crs_from_wkt(text)


def smooth(rows, cols):
    r, c = np.mgrid[:rows, :cols]
    return (1000 + 300 * np.sin(r / 9) + 300 * np.cos(c / 7)).astype("float32")


@pytest.mark.parametrize("name", SYSTEMS)
def test_longitudes_are_counted_from_greenwich_whatever_the_file_counts(tmp_path, name):
    crs, x, y, size = SYSTEMS[name]
    values = smooth(64, 96)
    path = write_tiff(
        tmp_path / "c/a_20200101.tif", values, x=x, y=y, pixel=size, crs=rasterio.crs.CRS.from_user_input(crs)
    )
    archive = open_archive(tmp_path, CONFIG)
    try:
        native = Grid(system(crs), Affine(size, 0, x, 0, -size, y), 96, 64)
        box = lonlat_bbox(native.bbox, native.crs)
        # The middle of the picture, and one pixel of it as a map would ask.
        middle_x, middle_y = transformer(native.crs, CRS84).transform(x + 48 * size, y - 32 * size)
        assert box.min_x < middle_x + 360 * round((box.centre[0] - middle_x) / 360) < box.max_x
        pixel = 0.045
        grid = Grid.from_bbox(
            CRS84,
            BBox(middle_x - 20 * pixel, middle_y - 12 * pixel, middle_x + 20 * pixel, middle_y + 12 * pixel),
            40,
            24,
        )
        got = archive.coverage("c", grid, resampling="bilinear")
    finally:
        archive.engine.close()
    expected = np.full((24, 40), np.nan, "float32")
    with rasterio.open(path) as file:
        reproject(
            rasterio.band(file, 1), expected, dst_crs="OGC:CRS84", dst_nodata=np.nan, resampling=Resampling.bilinear,
            dst_transform=rasterio.Affine(pixel, 0, grid.transform.c, 0, -pixel, grid.transform.f), tolerance=0,
        )  # fmt: skip
    assert np.isfinite(expected).all()
    assert got.valid.all()
    # GDAL may choose another shift of the datum: a tenth of a pixel, where a pixel is up to 50.
    np.testing.assert_allclose(got.values[0], expected, atol=12.0)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("seed", range(4))
def test_every_pixel_lies_in_the_footprint(name, seed):
    rng = np.random.default_rng(seed)
    crs, x, y, size = SYSTEMS[name]
    size *= rng.choice([0.1, 1.0, 4.0, 12.0])
    grid = Grid(system(crs), Affine(size, 0, x, 0, -size, y), 60, 40)
    lon, lat = transformer(grid.crs, CRS84).transform(
        x + size * rng.uniform(0.5, 59.5, 200), y - size * rng.uniform(0.5, 39.5, 200)
    )
    _, reach, _ = footprint(None, [grid])
    covered = shape(json.loads(reach)).buffer(1e-9)
    assert shapely.contains_xy(covered, lon, lat).all()


# Upper left corner, pixel, columns and rows: edges that do not tell which pole they enclose, or lie off the Earth.
ROUND = {
    "a hemisphere and the corners beyond": ("EPSG:6931", -9e6, 9e6, 180e3, 100, 100),
    "interrupted": ("+proj=igh +ellps=WGS84", -20037508.34, 8683259.7, 200375.0834, 200, 86),
    "a corner off the Earth": ("+proj=sinu +R=6371007.181", -5559752.598333, 8895604.157333, 9266.25433, 120, 120),
    "a sector of a disc": ("+proj=geos +h=35786023 +lon_0=-75 +sweep=x", -5434894.9, 5434894.9, 54348.9, 80, 60),
    "a cone around its apex": ("+proj=lcc +lat_1=50 +lat_0=50 +lon_0=-107 +R=6371200", -4.6e6, 8.3e6, 1.3e5, 81, 110),
    "a pole beside the middle": ("EPSG:3031", -700e3, 4300e3, 50e3, 100, 100),
    "half a cell beyond the world": ("EPSG:4087", -20137508.34, 10118754.17, 200375.0834, 201, 101),
}


@pytest.mark.parametrize("name", ROUND)
@pytest.mark.parametrize("south_up", [False, True])
def test_every_place_inside_an_edge_that_does_not_tell_lies_in_the_footprint(name, south_up):
    crs, x, y, size, width, height = ROUND[name]
    rng = np.random.default_rng(1)
    place = Affine(size, 0, x, 0, size, y - height * size) if south_up else Affine(size, 0, x, 0, -size, y)
    grid = Grid(crs_from_wkt(crs), place, width, height)
    lon, lat = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True).transform(
        x + size * rng.uniform(0.5, width - 0.5, 4000), y - size * rng.uniform(0.5, height - 0.5, 4000)
    )
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90)
    assert good.sum() > 100
    text, reach, box = footprint(None, [grid])
    for told in (shape(json.loads(text)), shape(json.loads(reach)), shapely.box(*astuple(box))):
        assert shapely.contains_xy(told.buffer(1e-6), lon[good], lat[good]).all()


def test_a_box_around_a_pole_that_crosses_the_equator_reaches_its_own_pole():
    crs = crs_from_wkt("EPSG:6931")
    *_, box = footprint(None, [Grid(crs, Affine(160e3, 0, -8e6, 0, -160e3, 8e6), 100, 100)])
    for found in (box, lonlat_bbox(BBox(-8e6, -8e6, 8e6, 8e6), crs)):
        assert found.max_y == 90
        # That of the corners.
        assert -40 < found.min_y < -30


@pytest.mark.parametrize("crs", ["EPSG:4806", "EPSG:4807", ROTATED])
def test_a_grid_around_the_world_is_found_everywhere(crs):
    crs = system(crs)
    turn = period(crs)
    assert outline(Grid(crs, Affine(turn / 36, 0, -turn / 2, 0, -turn / 36, turn / 4), 36, 18)).bounds == (
        -180, -90, 180, 90,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "turn", "metres"), [(4326, 360.0, 111319.49), (4807, 400.0, 100187.54), (4806, 360.0, 111319.49)]
)
def test_angles_have_the_length_of_their_unit(code, turn, metres):
    crs = parse_crs(f"EPSG:{code}")
    assert (period(crs), crs.metres_per_unit) == (turn, pytest.approx(metres, abs=0.01))


# Nowhere


def taken(tmp_path, values, **place):
    """What became of one file."""
    write_tiff(tmp_path / "c/a_20200101.tif", values, **place)
    (tmp_path / "config.yml").write_text(f"catalog: {{path: catalog.sqlite}}\n{CONFIG}")
    config = load_config(tmp_path / "config.yml", environment={})
    section = config.collections["c"]
    catalog = open_catalog(config.catalog.path, writable=True)
    try:
        return ingest(
            section.source, "c", section, effective(load_profile("generic"), section), catalog, open_library(), jobs=1
        )
    finally:
        catalog.close()


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"crs": "EPSG:4326", "x": 0, "y": 300, "pixel": 1}, ("y from 236 to 300", "EPSG:4326")),
        ({"crs": "EPSG:4326", "x": 500000, "y": 5000000, "pixel": 10}, ("x from 500000 to 500640",)),
        ({"crs": "EPSG:4326", "x": 700, "y": 40, "pixel": 1}, ("x from 700 to 764",)),
        ({"crs": "EPSG:4326", "x": -180, "y": 60, "pixel": 6}, ("y from -324 to 60",)),
        ({"crs": "EPSG:4258", "x": 5, "y": -80, "pixel": 1}, ("y from -144 to -80",)),
        ({"crs": "EPSG:4807", "x": 0, "y": 130, "pixel": 1}, ("y from 66 to 130",)),
        ({"crs": "EPSG:32631", "x": 5e7, "y": 5e6, "pixel": 10}, ("x from 50000000",)),
        ({"crs": "EPSG:3857", "x": 1e9, "y": 1e6, "pixel": 10}, ("x from 1000000000",)),
        ({"crs": "EPSG:3857", "x": 0, "y": 1e9, "pixel": 10}, ("y from",)),
        ({"crs": "EPSG:3035", "x": 1e8, "y": 1e8, "pixel": 10}, ("x from 100000000",)),
    ],
)  # fmt: skip
def test_coordinates_off_the_globe_are_refused_with_their_numbers(tmp_path, place, told):
    report = taken(tmp_path, np.ones((64, 64), "uint8"), **place)
    assert report.new == 0
    ((_, reason),) = report.failed
    assert all(text in reason for text in told), reason


@pytest.mark.parametrize(
    "place",
    [
        {"x": -180.5, "y": 90.5, "pixel": 1.0, "shape": (181, 361)},
        {"x": 0, "y": 90, "pixel": 2.0, "shape": (90, 180)},
        {"x": -360, "y": 90, "pixel": 2.0, "shape": (90, 180)},
        {"x": 170, "y": 10, "pixel": 1.0, "shape": (20, 30)},
    ],
)
def test_grids_that_meet_the_poles_or_count_on_are_taken(tmp_path, place):
    report = taken(tmp_path, np.ones(place.pop("shape"), "uint8"), crs="EPSG:4326", **place)
    assert (report.new, report.failed) == (1, ())


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_corner_that_is_no_number_is_told(number):
    with pytest.raises(Exception, match="nowhere"):
        Grid(CRS84, Affine(1, 0, number, 0, -1, 0), 4, 4)


# Solar days


FIJI = Grid(parse_crs("EPSG:32760"), Affine(1000, 0, 700000, 0, -1000, 8_000_000), 130, 100)
WEST_OF_IT = Grid(parse_crs("EPSG:32760"), Affine(1000, 0, 600000, 0, -1000, 8_000_000), 100, 100)


@pytest.mark.parametrize("hour", [0, 3, 10, 11, 12, 13, 22])
def test_a_scene_over_the_antimeridian_has_the_day_of_its_neighbour(tmp_path, hour):
    for name, grid in (("one", FIJI), ("two", WEST_OF_IT)):
        write_tiff(
            tmp_path / f"c/{name}_20200610T{hour:02}3000.tif", np.ones(grid.shape, "uint8"), pixel=1000,
            x=grid.transform.c, y=grid.transform.f, crs="EPSG:32760", name="v",
        )  # fmt: skip
    archive = open_archive(tmp_path, CONFIG)
    try:
        layer = archive.engine.layer("c", "wms")
        moments = archive.engine.catalog.moments("c")
        items = archive.engine.catalog.search("c")
        days = {label_of(item, "solar-day") for item in items}
        assert days == {published_label(moment, "solar-day") for moment in moments}
        assert archive.engine.times(layer).values == tuple(days)
    finally:
        archive.engine.close()
    # Twelve hours ahead of Greenwich.
    assert days == {"2020-06-11" if hour >= 12 else "2020-06-10"}
    assert {moment.start for moment in moments} == {datetime(2020, 6, 10, hour, 30, tzinfo=UTC)}
