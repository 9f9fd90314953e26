"""The level and the window: never too coarse, never too small, the same for every tile."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.model.crs import WEB_MERCATOR, WGS84, parse_crs, transformer
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.warp.footprint import choose_level, level_grid, level_scale, source_window
from bandstand.warp.transform import control_grid

ZONE = parse_crs("EPSG:32631")
FULL = Grid(ZONE, Affine(10.0, 0.0, 499980.0, 0.0, -10.0, 5500020.0), 10980, 10980)
LEVELS = [(10980, 10980), (5490, 5490), (2745, 2745), (1373, 1373), (687, 687), (344, 344)]
EARTH = 2 * math.pi * 6378137


def tile(zoom, dx=0, dy=0, size=256):
    """The web tile over the middle of the scene, or a neighbour of it."""
    x, y = transformer(ZONE, WEB_MERCATOR).transform(554880.0, 5445120.0)
    side = EARTH / 2**zoom
    col, row = math.floor(x / side) + dx, math.floor(y / side) + dy
    return Grid.from_bbox(WEB_MERCATOR, BBox(col * side, row * side, (col + 1) * side, (row + 1) * side), size, size)


def test_a_level_covers_exactly_what_the_scene_covers():
    level = level_grid(FULL, (1373, 1373))
    assert level.transform(1373, 1373) == pytest.approx(FULL.transform(10980, 10980), abs=1e-6)


@pytest.mark.parametrize(("pixel", "level"), [(5, 0), (10, 0), (19.99, 0), (20, 1), (39.9, 1), (40, 2), (1e4, 5)])
def test_in_its_own_crs_the_coarsest_level_not_coarser_is_taken(pixel, level):
    grid = Grid(ZONE, Affine(pixel, 0.0, 500000.0, 0.0, -pixel, 5450000.0), 256, 256)
    assert choose_level(FULL, LEVELS, grid) == level


def test_levels_may_come_in_any_order():
    grid = Grid(ZONE, Affine(20.0, 0.0, 500000.0, 0.0, -20.0, 5450000.0), 256, 256)
    assert choose_level(FULL, LEVELS[::-1], grid) == 4


def test_the_axis_along_which_the_output_is_finer_decides():
    grid = Grid(ZONE, Affine(10.0, 0.0, 500000.0, 0.0, -80.0, 5450000.0), 256, 256)
    assert choose_level(FULL, LEVELS, grid) == 0


@given(zoom=st.integers(4, 16), dx=st.integers(-40, 40), dy=st.integers(-40, 40))
@settings(deadline=None)
def test_all_tiles_of_a_zoom_choose_alike(zoom, dx, dy):
    assert choose_level(FULL, LEVELS, tile(zoom, dx, dy)) == choose_level(FULL, LEVELS, tile(zoom))


@pytest.mark.parametrize("zoom", range(6, 18))
def test_the_level_taken_is_between_one_and_two_samples_a_pixel_or_the_last(zoom):
    grid = tile(zoom)
    chosen = choose_level(FULL, LEVELS, grid)
    scale = level_scale(level_grid(FULL, LEVELS[chosen]), grid)
    assert scale < 2.001 or chosen == len(LEVELS) - 1
    assert scale > 0.999 or chosen == 0


def test_a_scene_that_cannot_be_placed_takes_its_finest_level():
    far = Grid(WEB_MERCATOR, Affine(10.0, 0.0, 0.0, 0.0, -10.0, 1e12), 10, 10)
    grid = Grid(ZONE, Affine(1000.0, 0.0, 500000.0, 0.0, -1000.0, 5450000.0), 256, 256)
    assert choose_level(far, [(10, 10), (5, 5)], grid) == 0


@given(
    zoom=st.integers(7, 15),
    dx=st.integers(-4, 4),
    dy=st.integers(-4, 4),
    level=st.sampled_from(LEVELS),
    margin=st.integers(1, 4),
)
@settings(deadline=None, max_examples=60)
def test_the_window_holds_every_sample_under_a_pixel_centre(zoom, dx, dy, level, margin):
    grid, scene = tile(zoom, dx, dy, 64), level_grid(FULL, level)
    window = source_window(control_grid(grid, ZONE), grid, scene, margin)
    c, r = np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5)
    t, inverse = grid.transform, scene.transform.inverse
    x, y = transformer(WEB_MERCATOR, ZONE).transform(t.a * c + t.c, t.e * r + t.f)
    col, row = np.floor(inverse.a * x + inverse.c), np.floor(inverse.e * y + inverse.f)
    touches = (col >= 0) & (row >= 0) & (col < scene.width) & (row < scene.height)
    if window is None:
        assert not touches.any()
        return
    left, top, width, height = window
    assert left >= 0
    assert top >= 0
    assert left + width <= scene.width
    assert top + height <= scene.height
    if touches.any():
        assert left <= max(col[touches].min() - margin, 0)
        assert top <= max(row[touches].min() - margin, 0)
        assert left + width >= min(col[touches].max() + 1 + margin, scene.width)
        assert top + height >= min(row[touches].max() + 1 + margin, scene.height)


def test_the_window_is_no_larger_than_it_needs_be():
    grid = Grid(ZONE, Affine(10.0, 0.0, 510000.0, 0.0, -10.0, 5450000.0), 100, 50)
    assert source_window(control_grid(grid, ZONE), grid, FULL, 2) == (1000, 5000, 104, 54)


def test_a_target_beside_the_scene_needs_nothing():
    grid = Grid(ZONE, Affine(10.0, 0.0, 610000.0, 0.0, -10.0, 5450000.0), 100, 50)
    assert source_window(control_grid(grid, ZONE), grid, FULL, 2) is None


@pytest.mark.parametrize("left", [-181.0, 179.0, 539.0])
def test_longitudes_a_turn_away_find_the_raster(left):
    raster = Grid(WGS84, Affine(0.01, 0.0, 179.0, 0.0, -0.01, 10.0), 200, 100)
    grid = Grid.from_bbox(WGS84, BBox(left, 9.0, left + 2.0, 10.0), 200, 100)
    assert source_window(control_grid(grid, WGS84), grid, raster, 0) == (0, 0, 200, 100)


def test_a_mercator_map_over_the_antimeridian_finds_both_sides():
    x = EARTH / 2
    grid = Grid.from_bbox(WEB_MERCATOR, BBox(x - 1e5, 0.0, x + 1e5, 1e5), 100, 50)
    control = control_grid(grid, WGS84)
    for west in (-180.0, 179.0):
        raster = Grid(WGS84, Affine(0.01, 0.0, west, 0.0, -0.01, 1.0), 100, 100)
        col, _, width, _ = source_window(control, grid, raster, 0)
        assert (col == 0) if west < 0 else (col + width == 100)
        assert width in (90, 91)
