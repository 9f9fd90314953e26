"""The control grid keeps the error bound that it states, wherever on Earth."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bandstand.model.crs import CRS84, WEB_MERCATOR, WGS84, parse_crs, period, transformer
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.warp.positions import centres
from bandstand.warp.transform import control_grid

BOUND_PX = 0.02
PLACES = {
    # target, source, longitude and latitude about which both make sense
    "mercator to UTM north": ("EPSG:3857", "EPSG:32631", (-1.0, 7.0), (0.0, 75.0)),
    "mercator to UTM south": ("EPSG:3857", "EPSG:32721", (-61.0, -53.0), (-75.0, 0.0)),
    "degrees to UTM": ("EPSG:4326", "EPSG:32631", (-1.0, 7.0), (0.0, 80.0)),
    "CRS84 to UTM": ("CRS:84", "EPSG:32633", (11.0, 19.0), (0.0, 80.0)),
    "UTM to its neighbour": ("EPSG:32632", "EPSG:32631", (4.0, 9.0), (0.0, 80.0)),
    "mercator to degrees": ("EPSG:3857", "EPSG:4326", (-179.0, 179.0), (-80.0, 80.0)),
    "degrees to mercator": ("EPSG:4326", "EPSG:3857", (-179.0, 179.0), (-80.0, 80.0)),
    "European equal area to UTM": ("EPSG:3035", "EPSG:32633", (10.0, 20.0), (38.0, 68.0)),
    "Swiss to UTM": ("EPSG:2056", "EPSG:32632", (6.0, 10.5), (45.9, 47.8)),
    "polar to UTM": ("EPSG:3413", "EPSG:32624", (-42.0, -36.0), (62.0, 83.0)),
    "polar to degrees": ("EPSG:3413", "EPSG:4326", (-180.0, 180.0), (65.0, 90.0)),
    "mercator to UTM over the antimeridian": ("EPSG:3857", "EPSG:32601", (178.0, 180.0), (-60.0, 70.0)),
    "mercator to degrees over the antimeridian": ("EPSG:3857", "EPSG:4326", (178.0, 180.0), (-80.0, 80.0)),
}


def exact(grid, crs):
    """Every pixel centre transformed, in float64."""
    c, r = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    t = grid.transform
    return transformer(grid.crs, crs).transform(t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f)


def miss_px(grid, crs, control):
    """Distance from the exact place, in target pixels, by the exact places' own local scale."""
    x, y = exact(grid, crs)
    if control.dense:
        cx, cy = control.x, control.y
    else:
        cx, cy = centres(control.x, control.y, grid.height, grid.width)
    dx, dy = cx - x, cy - y
    if turn := period(crs):
        dx = dx - turn * np.round(dx / turn)
        x = np.unwrap(np.unwrap(x, period=turn, axis=0), period=turn, axis=1)
    xr, xc = np.gradient(x)
    yr, yc = np.gradient(y)
    det = xc * yr - xr * yc
    return np.hypot((yr * dx - xr * dy) / det, (xc * dy - yc * dx) / det), np.isfinite(x) & np.isfinite(y)


def grid_at(target, lon, lat, pixel_m, width, height):
    crs = parse_crs(target)
    x, y = transformer(CRS84, crs).transform(lon, lat)
    side = pixel_m / crs.metres_per_unit
    return Grid(crs, Affine(side, 0.0, x - side * width / 2, 0.0, -side, y + side * height / 2), width, height)


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_pixel_is_further_from_its_exact_place_than_stated(place, data):
    target, source, lons, lats = PLACES[place]
    grid = grid_at(
        target,
        data.draw(st.floats(*lons)),
        data.draw(st.floats(*lats)),
        10.0 ** data.draw(st.floats(0.0, 3.3)),
        data.draw(st.integers(9, 300)),
        data.draw(st.integers(9, 300)),
    )
    crs = parse_crs(source)
    control = control_grid(grid, crs)
    miss, known = miss_px(grid, crs, control)
    # Where the reference's own scale is singular (a pole, the edge of a projection) there is nothing to divide by.
    known &= np.isfinite(miss)
    if control.dense:
        good = np.isfinite(exact(grid, crs)[0])
        assert (np.isfinite(control.x) == good).mean() > 0.999
    assert (miss[known] <= control.error_px).mean() >= (0.999 if control.dense else 1.0)
    assert control.error_px <= BOUND_PX


@pytest.mark.parametrize("zoom", range(6, 19))
def test_web_tiles_need_few_nodes(zoom):
    side = 2 * math.pi * 6378137 / 2**zoom
    x, y = transformer(CRS84, WEB_MERCATOR).transform(3.7, 49.3)
    col, row = math.floor(x / side), math.floor(y / side)
    grid = Grid.from_bbox(WEB_MERCATOR, BBox(col * side, row * side, (col + 1) * side, (row + 1) * side), 256, 256)
    assert control_grid(grid, parse_crs("EPSG:32631")).x.size <= 169


def test_half_a_pixel_off_would_be_noticed():
    grid = grid_at("EPSG:3857", 3.0, 49.0, 10.0, 64, 64)
    crs = parse_crs("EPSG:32631")
    shifted = Grid(grid.crs, grid.transform.shifted(0.5, 0.0), 64, 64)
    miss, _ = miss_px(grid, crs, control_grid(shifted, crs))
    assert miss.min() > 0.4


def test_the_same_crs_is_exact_and_has_four_nodes():
    grid = grid_at("EPSG:32631", 3.0, 49.0, 10.0, 100, 50)
    control = control_grid(grid, grid.crs)
    assert (control.exact, control.error_px, control.x.shape) == (True, 0.0, (2, 2))


def test_degrees_north_first_and_east_first_are_the_same_numbers():
    assert control_grid(grid_at("CRS:84", 3.0, 49.0, 10.0, 100, 50), WGS84).exact


def test_nodes_do_not_jump_at_the_antimeridian():
    grid = grid_at("EPSG:3857", 179.999, 10.0, 100.0, 256, 256)
    control = control_grid(grid, WGS84)
    assert not control.dense
    assert np.abs(np.diff(control.x, axis=1)).max() < 1.0


def test_a_picture_over_the_pole_keeps_the_bound():
    grid = grid_at("EPSG:3413", 0.0, 90.0, 5000.0, 200, 200)
    control = control_grid(grid, WGS84)
    x, y = exact(grid, WGS84)
    turned = np.abs(control.x - x)
    back_x, back_y = transformer(WGS84, grid.crs).transform(control.x, control.y)
    there_x, there_y = transformer(WGS84, grid.crs).transform(x, y)
    assert control.dense
    assert np.hypot(back_x - there_x, back_y - there_y).max() / 5000.0 <= BOUND_PX
    assert (np.minimum(turned, np.abs(turned - 360.0)) < 0.1).mean() > 0.99


def test_what_the_projection_cannot_place_is_not_finite():
    world = Grid.from_bbox(WGS84, BBox(-180.0, -90.0, 180.0, 90.0), 256, 128)
    control = control_grid(world, parse_crs("EPSG:32631"))
    x, _ = exact(world, parse_crs("EPSG:32631"))
    assert not np.isfinite(x).all()
    assert not np.isfinite(control.x[~np.isfinite(x)]).any()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(height=st.integers(1, 20), width=st.integers(1, 20))
@example(1, 1)
def test_small_pictures_are_right_too(height, width):
    grid = grid_at("EPSG:3857", 3.0, 49.0, 1000.0, width, height)
    crs = parse_crs("EPSG:32631")
    control = control_grid(grid, crs)
    x, y = exact(grid, crs)
    cx, cy = (control.x, control.y) if control.dense else centres(control.x, control.y, grid.height, grid.width)
    assert np.hypot(cx - x, cy - y).max() <= 1000.0 * control.error_px
