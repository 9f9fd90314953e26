"""A scene's part of a target holds every pixel that the scene gives, and little more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.engine.footprints import footprint
from bandstand.model.crs import CRS84, parse_crs, transformer
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.warp.reach import blocks, reach
from bandstand.warp.resample import resample
from bandstand.warp.transform import control_grid

WORLD = Grid.from_bbox(CRS84, BBox(-180, -90, 180, 90), 512, 256)
TARGETS = {
    "Europe in web Mercator": Grid.from_bbox(parse_crs("EPSG:3857"), BBox(-2e6, 4e6, 5e6, 1.1e7), 256, 256),
    "Europe in equal areas": Grid.from_bbox(parse_crs("EPSG:3035"), BBox(1e6, 5e5, 8e6, 7.5e6), 300, 200),
    "the world": WORLD,
    "the Pacific": Grid.from_bbox(CRS84, BBox(90, -80, 290, 80), 320, 256),
    "the Arctic": Grid.from_bbox(parse_crs("EPSG:3413"), BBox(-4e6, -4e6, 4e6, 4e6), 256, 256),
    "a globe": Grid.from_bbox(parse_crs("EPSG:3857"), BBox(-2.1e7, -2.1e7, 2.1e7, 2.1e7), 256, 256),
    "a strip": Grid.from_bbox(parse_crs("EPSG:32631"), BBox(0, 4e6, 1e6, 4.01e6), 400, 4),
}


def scene_at(system, lon, lat, km, turned):
    crs = parse_crs(system)
    x, y = transformer(CRS84, crs).transform(lon, lat)
    pixel = km * 1000.0 / 64 / crs.metres_per_unit
    cos, sin = np.cos(turned) * pixel, np.sin(turned) * pixel
    return Grid(crs, Affine(cos, sin, x, sin, -cos, y), 64, 64)


def box_of(scene):
    """As ingest tells it."""
    return footprint(None, [scene])[2]


def given_pixels(scene, target):
    """Where the whole target gets something of the scene."""
    control = control_grid(target, scene.crs)
    return resample(np.ones((64, 64), "u1"), None, scene, control, target, "nearest")[1]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(sorted(TARGETS)),
    st.sampled_from(["EPSG:32631", "EPSG:32601", "EPSG:4326", "EPSG:3413", "EPSG:3035", "EPSG:3857"]),
    st.floats(-180, 180),
    st.floats(-80, 84),
    st.sampled_from([10.0, 110.0, 2000.0]),
    st.sampled_from([0.0, 0.4]),
)
def test_no_pixel_of_a_scene_lies_outside(name, system, lon, lat, km, turned):
    if system.startswith("EPSG:326"):
        lon = (3 if system.endswith("31") else -177) + lon / 60
        # A zone ends at the pole.
        lat = lat / 2 if km > 1000 else lat
    if system in {"EPSG:3035", "EPSG:3413"}:
        lat = abs(lat) / 3 + 55
        lon = lon / 9 if system == "EPSG:3035" else lon
    scene, target = scene_at(system, lon, lat, km, turned), TARGETS[name]
    touched = given_pixels(scene, target)
    window = reach(blocks(target), box_of(scene))
    if window is not None:
        col, row, width, height = window
        assert 0 <= col < col + width <= target.width
        assert 0 <= row < row + height <= target.height
        touched[row : row + height, col : col + width] = False
    assert not touched.any()


def test_a_scene_does_not_show_a_second_time_where_its_projection_is_lost():
    """PROJ has numbers for UTM a quarter of the world away, which belong to other places."""
    scene, target = scene_at("EPSG:32631", 3.0, 18.0, 2000.0, 0.4), TARGETS["a globe"]
    _, cols = np.nonzero(given_pixels(scene, target))
    assert cols.min() > 128


@pytest.mark.parametrize("name", ["Europe in web Mercator", "Europe in equal areas", "the world", "a globe"])
def test_a_small_scene_reaches_a_small_part(name):
    window = reach(blocks(TARGETS[name]), box_of(scene_at("EPSG:32631", 3, 50, 110, 0)))
    assert window is not None
    assert window[2] * window[3] <= 40 * 40


def test_a_scene_elsewhere_reaches_nothing():
    box = box_of(scene_at("EPSG:32655", 147, -35, 110, 0))
    assert reach(blocks(TARGETS["Europe in web Mercator"]), box) is None


def test_over_the_antimeridian_both_names_of_a_meridian_are_one():
    target = blocks(TARGETS["the Pacific"])
    west, east = reach(target, BBox(-179, -10, -169, 0)), reach(target, BBox(181, -10, 191, 0))
    assert west == east
    assert west is not None
    assert west[2] <= 40
