"""Boxes of layers in other systems hold their data, and little more, also across the antimeridian and at the poles."""

import io
import json
import math

import numpy as np
import pytest
from lxml import etree
from PIL import Image
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.engine.whereabouts import Whereabouts, whereabouts
from bandstand.model.crs import CRS84, WEB_MERCATOR, parse_crs, transformer
from bandstand.model.grid import Affine, BBox, Grid, project_bbox
from bandstand.services.wmts.xyz import fitting_zoom
from bandstand.web.app import Settings, mount_services

NS = {"w": "http://www.opengis.net/wms", "t": "http://www.opengis.net/wmts/1.0", "o": "http://www.opengis.net/ows/1.1"}
UTM1 = parse_crs("EPSG:32601")
ALEUTIANS = BBox(177.5, 51.0, 182.5, 53.0)
"""Degrees, counted on over the antimeridian."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A layer of one file in degrees over the Aleutians, and one of two UTM scenes beside the antimeridian."""
    folder = tmp_path_factory.mktemp("dateline")
    write_tiff(
        folder / "degrees/a_20200101.tif", np.full((40, 100), 9, "uint8"), x=177.5, y=53, pixel=0.05, crs="EPSG:4326",
        name="v",
    )  # fmt: skip
    for code, x in ((32660, 600_000), (32601, 300_000)):
        write_tiff(
            folder / f"zones/z{code}_20200101.tif", np.full((100, 100), 9, "uint8"), x=x, y=5_800_000, pixel=1000,
            crs=f"EPSG:{code}", name="v",
        )  # fmt: skip
    made = open_archive(
        folder,
        "crs: ['EPSG:3857', 'EPSG:4326', 'CRS:84', 'EPSG:32601', 'EPSG:32660', 'EPSG:3035', 'EPSG:3413', 'EPSG:3338']\n"
        "collections: {degrees: {profile: generic, source: degrees}, zones: {profile: generic, source: zones}}\n"
        "layers: [{name: degrees, collection: degrees}, {name: zones, collection: zones}]\n"
        "tile_matrix_sets: {UTM1: {crs: 'EPSG:32601', origin: [0, 10000000], "
        "resolutions: [2560, 1280, 640, 320], extent: [0, 0, 1000000, 10000000]}}\n",
    )
    yield made.engine, mount_services(made.engine, Settings()).test_client()
    made.engine.close()


def around(lonlat, crs, count=300):
    """The box around a box of longitude and latitude in a system, from many points."""
    lon, lat = np.meshgrid(
        np.linspace(lonlat.min_x, lonlat.max_x, count), np.linspace(lonlat.min_y, lonlat.max_y, count)
    )
    x, y = transformer(CRS84, crs).transform(lon, lat)
    return BBox(x.min(), y.min(), x.max(), y.max())


def holds(box, other, slack):
    """Whether a box holds another and is no more than that much larger on any side."""
    gaps = (other.min_x - box.min_x, other.min_y - box.min_y, box.max_x - other.max_x, box.max_y - other.max_y)
    return all(-1e-6 <= gap <= slack for gap in gaps)


@pytest.mark.parametrize("code", [32601, 32660, 3338])
def test_a_layer_over_the_antimeridian_is_boxed_by_its_data(served, code):
    engine, _ = served
    box = engine.box(engine.layer("degrees", "wms"), parse_crs(f"EPSG:{code}"))
    assert holds(box, around(ALEUTIANS, parse_crs(f"EPSG:{code}")), 3000)


def test_a_map_s_bounding_box_is_that_of_the_data(served):
    _, client = served
    root = etree.fromstring(client.get("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities").data)
    (layer,) = (one for one in root.iterfind(".//w:Layer", NS) if one.findtext("w:Name", namespaces=NS) == "degrees")
    boxes = {one.get("CRS"): [float(one.get(k)) for k in ("minx", "miny", "maxx", "maxy")] for one in
             layer.iterfind("w:BoundingBox", NS)}  # fmt: skip
    assert "EPSG:3035" not in boxes
    assert holds(BBox(*boxes["EPSG:32601"]), around(ALEUTIANS, UTM1), 3000)
    west, east = (float(layer.findtext(f".//w:{side}BoundLongitude", namespaces=NS)) for side in ("west", "east"))
    assert west <= -177.5
    assert east >= 177.5


def test_tiles_that_have_data_are_within_the_limits(served):
    _, client = served
    tile = (
        "/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER=degrees&STYLE=default&FORMAT=image/png"
        "&TILEMATRIXSET=UTM1&TILEMATRIX=3&TILEROW=51&TILECOL="
    )
    drawn = {}
    for col in range(1, 6):
        answer = client.get(f"{tile}{col}")
        assert answer.status_code == 200, answer.text
        drawn[col] = bool((np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))[..., 3] > 0).any())
    assert drawn == dict.fromkeys(range(1, 6), True)
    assert [client.get(f"{tile}{col}").status_code for col in (0, 6)] == [400, 400]


def test_scenes_in_the_system_itself_are_boxed_exactly(served):
    engine, _ = served
    box = engine.box(engine.layer("zones", "wms"), UTM1)
    own = BBox(300_000, 5_700_000, 400_000, 5_800_000)
    other = project_bbox(BBox(600_000, 5_700_000, 700_000, 5_800_000), parse_crs("EPSG:32660"), UTM1, points=200)
    assert holds(box, own.union(other), 100)


def test_the_middle_of_a_layer_over_the_antimeridian_lies_in_it(served):
    _, client = served
    found = json.loads(client.get("/xyz/degrees/tilejson.json").data)
    assert found["bounds"][0] == -180
    assert found["bounds"][2] == 180
    assert abs(found["center"][0]) == pytest.approx(180)
    # Two tiles are 5.6 degrees at zoom 7, but no deeper than its pixels.
    assert found["center"][2] == found["maxzoom"] == 5


@pytest.mark.parametrize(
    ("crs", "box", "codes"),
    [
        ("EPSG:32633", BBox(300000, 5000000, 700000, 5600000), (3035, 32632, 32634, 3413)),
        ("EPSG:3031", BBox(-500000, -500000, 500000, 500000), (3976, 6932)),
        ("EPSG:32760", BBox(600000, 7000000, 900000, 8100000), (32701, 2193)),
        ("EPSG:4326", BBox(0, -90, 360, 90), (3035, 32601, 2193, 2154)),
        ("EPSG:4326", BBox(170, -50, 190, -30), (2193, 32701)),
        ("EPSG:4807", BBox(-2, 48, 6, 54), (2154, 32631)),
    ],
)
def test_data_in_the_area_of_a_system_are_within_the_box(crs, box, codes):
    source = parse_crs(crs)
    found = Whereabouts(BBox(-180, -90, 180, 90), ((source, box),))
    x, y = (
        v.ravel() for v in np.meshgrid(np.linspace(box.min_x, box.max_x, 361), np.linspace(box.min_y, box.max_y, 181))
    )
    lon, lat = transformer(source, CRS84).transform(x, y)
    for code in codes:
        target = parse_crs(f"EPSG:{code}")
        area = target.proj.area_of_use
        width = (area.east - area.west) % 360 or 360
        inside = ((lon - area.west) % 360 <= width) & (lat >= area.south) & (lat <= area.north)
        there_x, there_y = transformer(CRS84, target).transform(lon[inside], lat[inside])
        whole = found.box(target)
        if not inside.any():
            assert whole is None
            continue
        assert whole is not None
        hair = 1e-6 * max(whole.width, whole.height)
        assert whole.min_x - hair <= there_x.min()
        assert whole.max_x + hair >= there_x.max()
        assert whole.min_y - hair <= there_y.min()
        assert whole.max_y + hair >= there_y.max()


def test_many_scenes_are_taken_together_without_losing_one():
    rng = np.random.default_rng(5)
    crs, target = parse_crs("EPSG:32632"), parse_crs("EPSG:3035")

    class Scene:
        def __init__(self):
            x, y = rng.uniform(2e5, 7e5), rng.uniform(4.5e6, 6.5e6)
            self.assets = {"v": type("A", (), {"grid": Grid(crs, Affine(10, 0, x, 0, -10, y), 1000, 1000)})()}

    scenes = [Scene() for _ in range(800)]
    found = Whereabouts.of(scenes, BBox(0, 30, 20, 60))
    assert len(found.places) <= 64
    boxes = [project_bbox(s.assets["v"].grid.bbox, crs, target) for s in scenes]
    whole = found.box(target)
    assert whole.min_x <= min(b.min_x for b in boxes)
    assert whole.max_y >= max(b.max_y for b in boxes)


def test_a_catalogue_of_many_scenes_knows_their_ground(served, monkeypatch):
    engine, _ = served
    monkeypatch.setattr("bandstand.engine.whereabouts._WALK", 1)
    box = whereabouts(engine.catalog, "degrees").box(UTM1)
    assert holds(box, around(ALEUTIANS, UTM1), 3000)


@pytest.mark.parametrize(
    ("lonlat", "zoom"),
    [
        (BBox(-0.01, 51.0, 0.01, 51.01), 15), (BBox(10.0, 51.0, 10.02, 51.01), 15), (BBox(-180, -85, 180, 85), 1),
        (BBox(-5, 45, 5, 47), 6), (BBox(100, -1, 110, 1), 6), (BBox(-0.5, -20, 0.5, 20), 4),
    ],
)  # fmt: skip
def test_a_layer_is_shown_at_the_zoom_at_which_it_fits_wherever_it_lies(lonlat, zoom):
    assert fitting_zoom(lonlat.min_x, lonlat.min_y, lonlat.max_x, lonlat.max_y) == zoom


def test_a_box_holds_every_corner_of_the_layer():
    lonlat, utm = BBox(2.0, 43.0, 4.0, 45.0), parse_crs("EPSG:32631")
    box = Whereabouts(lonlat).box(utm)
    for x, y in ((2.0, 43.0), (4.0, 43.0), (2.0, 45.0), (4.0, 45.0), (3.0, 45.0)):
        spot = project_bbox(BBox(x - 1e-9, y - 1e-9, x + 1e-9, y + 1e-9), CRS84, utm)
        assert spot is not None
        assert box is not None
        assert box.intersection(spot) is not None


def test_a_layer_of_another_continent_has_no_box_in_a_national_grid():
    assert Whereabouts(BBox(2.0, 43.0, 4.0, 45.0)).box(parse_crs("EPSG:2193")) is None


def test_the_world_has_a_finite_box_in_web_mercator():
    box = Whereabouts(BBox(-180.0, -90.0, 180.0, 90.0)).box(WEB_MERCATOR)
    assert box is not None
    assert all(map(math.isfinite, (box.min_x, box.min_y, box.max_x, box.max_y)))
    assert box.max_y == pytest.approx(20048966.1)


@pytest.mark.parametrize(("code", "pole"), [(3031, -90), (3413, 90), (32661, 90)])
def test_the_box_in_degrees_around_a_pole_beside_the_middle_reaches_it(code, pole):
    crs = parse_crs(f"EPSG:{code}")
    (x,), (y,) = transformer(CRS84, crs).transform([0.0], [float(pole)])
    found = project_bbox(BBox(x - 730_000, y - 4_100_000, x + 4_300_000, y + 690_000), crs, CRS84)
    assert (found.min_x, found.max_x) == (-180, 180)
    assert pole in (found.min_y, found.max_y)
