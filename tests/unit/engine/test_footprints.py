"""Where a scene is found: wherever it has pixels, whatever its metadata say of its outline."""

import json

import numpy as np
import pyproj
import pytest
import shapely
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.packing import boxes
from bandstand.engine.footprints import footprint, outline
from bandstand.engine.scenes import within
from bandstand.model.crs import parse_crs
from bandstand.model.grid import Affine, Grid

SIDE = 1100
"""Pixels of 100 m over the middle of the zone, where northern and southern edges bend most."""
LEFT, TOP = 445000.0, 5700000.0
CONFIG = """
collections: {s2: {profile: sentinel-2-l2a, source: s2}}
layers: [{name: s2, collection: s2, style: grey}]
"""


def corners(grow=0.0):
    """The geometry that a provider makes of the four corners, `grow` degrees smaller on each side."""
    transform = pyproj.Transformer.from_crs(32631, 4326, always_xy=True)
    right, bottom = LEFT + SIDE * 100, TOP - SIDE * 100
    ring = [transform.transform(x, y) for x, y in ((LEFT, TOP), (LEFT, bottom), (right, bottom), (right, TOP))]
    west, north = ring[0]
    ring = [(x + (grow if x < west + 0.3 else -grow), y + (-grow if y > north - 0.3 else grow)) for x, y in ring]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


@pytest.fixture(params=[0.0, 0.01], ids=["four corners", "rounded"])
def scene(archive, tmp_path, request):
    write_tiff(tmp_path / "s2" / "B04.tif", np.full((SIDE, SIDE), 2000, np.uint16), x=LEFT, y=TOP, pixel=100, nodata=0)
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2A_31UDS_20220601_0_L2A",
        "properties": {"datetime": "2022-06-01T10:00:00Z"},
        "geometry": corners(request.param),
        "links": [],
        "assets": {"B04": {"href": "./B04.tif", "type": "image/tiff; application=geotiff"}},
    }
    (tmp_path / "s2" / "item.json").write_text(json.dumps(item))
    return archive(CONFIG)


@pytest.mark.parametrize("row", [0, 1, 2, SIDE - 1])
@pytest.mark.parametrize("col", [0, 1, SIDE // 2, SIDE - 2])
def test_a_tile_of_any_pixel_of_a_scene_holds_it(scene, col, row):
    grid = Grid(parse_crs("EPSG:32631"), Affine(100, 0, LEFT, 0, -100, TOP), SIDE, SIDE)
    # A hundredth of a pixel at its outermost corner.
    small = Grid(grid.crs, Affine(1, 0, LEFT + col * 100, 0, -1, TOP - row * 100 - (99 if row > 9 else 0)), 1, 1)
    for part in (grid.crop(col, row, 1, 1), small):
        assert scene.coverage("s2", part, bands=("B04",), units="stored", time="2022-06-01").valid.all()


def test_the_geometry_of_the_provider_is_kept(scene):
    (item,) = scene.engine.catalog.search("s2")
    assert json.loads(item.footprint)["coordinates"][0][0] != [0, 0]
    assert len(json.loads(item.footprint)["coordinates"][0]) == 5


BOW = [[-1.0, 48.0], [1.0, 50.0], [1.0, 48.0], [-1.0, 50.0], [-1.0, 48.0]]
SQUARE = [[-1.0, 50.0], [6.0, 50.0], [6.0, 53.0], [-1.0, 53.0], [-1.0, 50.0]]


@pytest.mark.parametrize(
    ("coordinates", "kept"),
    [
        ([SQUARE], True),
        ([SQUARE[:-1]], True),
        ([[[str(x), str(y)] for x, y in SQUARE]], True),
        ([[[*place, 7.5] for place in SQUARE]], True),
        ([[SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]], True),
        ([[SQUARE[0], SQUARE[2], SQUARE[0]]], False),
        ([[[float("nan"), 50.0], *SQUARE[1:]]], False),
        ([[SQUARE[0], SQUARE[2], SQUARE[2], SQUARE[0]]], False),
        ([], False),
    ],
)
def test_what_is_kept_of_a_geometry_can_be_read_and_has_an_area(coordinates, kept):
    grid = Grid(parse_crs("EPSG:32631"), Affine(100, 0, LEFT, 0, -100, TOP), SIDE, SIDE)
    text, _, _ = footprint({"type": "Polygon", "coordinates": coordinates}, [grid])
    found = shapely.from_geojson(text)
    assert shapely.make_valid(found).area > 0
    assert (found.bounds == (-1.0, 50.0, 6.0, 53.0)) == kept
    assert json.loads(text) == json.loads(shapely.to_geojson(found))


def test_a_footprint_that_misses_the_grid_is_its_outline():
    grid = Grid(parse_crs("EPSG:32631"), Affine(10, 0, 282000, 0, -10, 5466000), 96, 96)
    bow = shapely.from_geojson(footprint({"type": "Polygon", "coordinates": [BOW]}, [grid])[0])
    assert not shapely.make_valid(bow).intersects(outline(grid))
    assert within(shapely.make_valid(bow), grid).equals(outline(grid))


@pytest.mark.parametrize("kind", ["LineString", "MultiPoint"])
def test_a_geometry_without_an_area_is_not_believed(kind):
    grid = Grid(parse_crs("EPSG:32631"), Affine(100, 0, LEFT, 0, -100, TOP), SIDE, SIDE)
    assert footprint({"type": kind, "coordinates": SQUARE[:3]}, [grid]) == footprint(None, [grid])


def test_a_swath_over_half_of_a_tile_is_not_looked_for_in_the_other_half():
    grid = Grid(parse_crs("EPSG:32631"), Affine(100, 0, LEFT, 0, -100, TOP), SIDE, SIDE)
    ((west, east),), (south, north) = boxes(footprint(None, [grid])[1])
    middle = (west + east) / 2
    ring = [[west, south], [middle, south], [middle, north], [west, north], [west, south]]
    half = {"type": "Polygon", "coordinates": [ring]}
    ((left, right),), latitudes = boxes(footprint(half, [grid])[1])
    assert (left, latitudes) == (west, (south, north))
    assert middle < right < middle + 0.1 * (east - west)


@pytest.mark.parametrize(
    ("code", "left", "top", "pixel", "side"),
    [
        ("EPSG:32631", 445000, 5700000, 100, 1100),
        ("EPSG:32601", 300000, 5600000, 1000, 400),
        ("EPSG:3035", 2500000, 5500000, 5000, 800),
        ("EPSG:3413", -2000000, 2000000, 5000, 800),
        ("EPSG:4326", 170, 60, 0.1, 200),
    ],
)
def test_the_boxes_of_a_grid_hold_every_point_of_its_edge(code, left, top, pixel, side):
    crs = parse_crs(code)
    grid = Grid(crs, Affine(pixel, 0, left, 0, -pixel, top), side, side)
    _, reach, _ = footprint(None, [grid])
    longitudes, (south, north) = boxes(reach)
    along = np.linspace(0, side, 20_001)
    ends = (np.zeros_like(along), np.full_like(along, side))
    cols = np.concatenate([along, along, *ends])
    rows = np.concatenate([*ends, along, along])
    lon, lat = pyproj.Transformer.from_crs(code, "OGC:CRS84", always_xy=True).transform(
        left + cols * pixel, top - rows * pixel
    )
    lon = (lon + 180) % 360 - 180
    inside = np.zeros(lon.shape, bool)
    for west, east in longitudes:
        inside |= (lon >= west) & (lon <= east)
    assert inside.all()
    assert south <= lat.min()
    assert north >= lat.max()
    # And hardly more than that; a pole lies inside, not at the edge.
    assert north == 90 or north - south < (lat.max() - lat.min()) * 1.01
