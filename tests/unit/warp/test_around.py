"""Grids around the whole world: every pixel is found whatever turns lie between, and the seam is no border."""

import math

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine.conftest import write_tiff

from bandstand.engine.ingest import library as open_library
from bandstand.model.crs import CRS84, WEB_MERCATOR, WGS84, parse_crs
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.read.library import Library, Piece
from bandstand.warp.footprint import level_scale, source_window, window_grid
from bandstand.warp.resample import margin, resample
from bandstand.warp.transform import control_grid

ZONE = parse_crs("EPSG:32631")
GIRTH = 2 * math.pi * 6378137.0
METHODS = ["nearest", "bilinear", "cubic", "average", "mode"]


def drawn(values, valid, whole, grid, method):
    """What the window that a target needs gives, columns counted on around the world."""
    control = control_grid(grid, whole.crs)
    scale = level_scale(whole, grid)
    window = source_window(control, grid, whole, margin(method, scale))
    if window is None:
        return np.zeros(grid.shape, values.dtype), np.zeros(grid.shape, bool)
    col, row, width, height = window
    columns = np.arange(col, col + width) % whole.width
    part, part_valid = values[row : row + height, columns], valid[row : row + height, columns]
    spare = max(0, -col)
    return resample(part, part_valid, window_grid(whole, window), control, grid, method, scale=scale, spare=spare)


def world(columns, rows, west, seed, crs=WGS84):
    """Random samples around the world, one in eight masked, and their grid."""
    rng = np.random.default_rng(seed)
    size = (GIRTH if crs == WEB_MERCATOR else 360.0) / columns
    values, valid = rng.integers(1, 100, (rows, columns)).astype("float32"), rng.random((rows, columns)) > 0.125
    return values, valid, Grid(crs, Affine(size, 0, west, 0, -size, rows * size / 2), columns, rows)


@settings(max_examples=120, deadline=None)
@given(
    columns=st.sampled_from([8, 36, 72, 180, 360]),
    start=st.integers(-800, 800),
    width=st.integers(1, 900),
    west=st.sampled_from([0.0, -180.0, -0.5, 40.0]),
    method=st.sampled_from(METHODS),
    crs=st.sampled_from([WGS84, CRS84]),
)
def test_where_grids_coincide_every_pixel_is_the_sample_a_turn_away(columns, start, width, west, method, crs):
    values, valid, whole = world(columns, 4, west, columns)
    grid = Grid(crs, whole.transform.shifted(start, 1), min(width, 3 * columns), 2)
    got, ok = drawn(values, valid, whole, grid, method)
    at = np.arange(start, start + grid.width) % columns
    np.testing.assert_array_equal(ok, valid[1:3, at])
    np.testing.assert_array_equal(got[ok], values[1:3, at][ok])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("crs", [WGS84, WEB_MERCATOR])
@pytest.mark.parametrize("scale", [0.37, 0.8, 1.9, 3.3])
@settings(max_examples=6, deadline=None)
@given(start=st.integers(-60, 60), seed=st.integers(0, 9))
def test_the_seam_is_no_border(method, crs, scale, start, seed):
    values, valid, whole = world(24, 10, 0.0, seed, crs)
    size = whole.transform.a
    # Never at the centre of a sample, where a last bit may choose other neighbours.
    start += 0.2137
    grid = Grid(crs, Affine(size * scale, 0, start * size, 0, -size * scale, 3.1 * size), int(30 / scale), 5)
    # Eight worlds side by side, so that no seam is near, in a system that knows no turns.
    flat = Grid(ZONE, grid.transform, grid.width, grid.height)
    wide = Grid(ZONE, whole.transform.shifted(-96, 0), 24 * 8, 10)
    control, side = control_grid(flat, ZONE), level_scale(whole, grid)
    expected, known = resample(np.tile(values, 8), np.tile(valid, 8), wide, control, flat, method, scale=side)
    got, ok = drawn(values, valid, whole, grid, method)
    np.testing.assert_array_equal(ok, known)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("method", ["nearest", "bilinear", "cubic"])
def test_a_picture_in_another_system_has_no_line_at_the_seam(method):
    columns = 360
    lon = (np.arange(columns) + 0.5) * (2 * math.pi / columns)
    values = np.repeat((100 + 50 * np.cos(lon))[None], 120, 0).astype("float32")
    whole = Grid(WGS84, Affine(1, 0, 0, 0, -1, 60), columns, 120)
    grid = Grid.from_bbox(WEB_MERCATOR, BBox(-3e5, -3e5, 3e5, 3e5), 61, 61)
    got, ok = drawn(values, np.ones(values.shape, bool), whole, grid, method)
    assert ok.all()
    x = (np.arange(61) + 0.5 - 30.5) * (6e5 / 61)
    right = 100 + 50 * np.cos(x / 6378137.0)
    np.testing.assert_allclose(got, np.repeat(right[None], 61, 0), atol=0.03)


def test_a_part_of_the_world_has_no_seam():
    grid = Grid(WGS84, Affine(1, 0, 350, 0, -1, 10), 10, 20)
    target = Grid(WGS84, Affine(1, 0, -3, 0, -1, 10), 6, 20)
    assert source_window(control_grid(target, WGS84), target, grid, 2) == (5, 0, 5, 20)


@pytest.mark.parametrize(("col", "width"), [(-3, 70), (60, 10), (0, 64), (-130, 200), (63, 1)])
@pytest.mark.parametrize("nodata", [None, 7])
def test_a_window_over_the_seam_is_read_in_order(tmp_path, col, width, nodata):
    values = np.arange(64 * 80, dtype=np.uint16).reshape(80, 64) % 251
    path = write_tiff(tmp_path / "a.tif", values, x=0, y=90, pixel=5.625, crs="EPSG:4326", nodata=nodata)
    library = Library()
    report = open_library().describe(str(path))
    source = library.open(str(path), version=report.version, index=report.index)
    (got,) = library.read([Piece(source, 1, 0, (col, 5, width, 60))])
    right = values[5:65, np.arange(col, col + width) % 64]
    np.testing.assert_array_equal(got.values, right)
    with rasterio.open(path) as file:
        mask = file.read_masks(1)[5:65, np.arange(col, col + width) % 64] != 0
    np.testing.assert_array_equal(np.ones(right.shape, bool) if got.valid is None else got.valid, mask)


def test_degrees_of_another_datum_turn_alike():
    values, valid, whole = world(36, 6, 0.0, 3, parse_crs("EPSG:4258"))
    grid = Grid(WGS84, Affine(10, 0, -180, 0, -10, 20), 36, 4)
    got, ok = drawn(values, valid, whole, grid, "nearest")
    at = np.arange(-18, 18) % 36
    np.testing.assert_array_equal(ok, valid[1:5, at])
    np.testing.assert_array_equal(got[ok], values[1:5, at][ok])
