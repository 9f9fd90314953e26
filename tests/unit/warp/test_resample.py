"""The kernels against plain float64 arithmetic, pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.model.crs import WEB_MERCATOR, WGS84, parse_crs, transformer
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.warp.footprint import source_window
from bandstand.warp.resample import ALIAS, margin, resample
from bandstand.warp.transform import control_grid

ZONE = parse_crs("EPSG:32631")
DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
METHODS = ["nearest", "bilinear", "cubic", "average", "mode"]


def source(rows, cols, dtype="uint16", seed=0):
    """Random samples, one in eight masked, and their grid."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 100, (rows, cols)).astype(dtype)
    return values, rng.random((rows, cols)) > 0.125, Grid(ZONE, Affine(10, 0, 500000, 0, -10, 5400000), cols, rows)


def target(at, col, row, scale, width, height):
    """A grid in the source's CRS: its corner at a sample position, its pixels `scale` samples wide."""
    x, y = at.transform(col, row)
    return Grid(at.crs, Affine(10.0 * scale, 0.0, x, 0.0, -10.0 * scale, y), width, height)


def run(values, valid, at, grid, method, **more):
    return resample(values, valid, at, control_grid(grid, at.crs), grid, method, **more)


def positions(at, grid):
    """Exact sample positions of all pixel centres."""
    c, r = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    t, inverse = grid.transform, at.transform.inverse
    x, y = t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f
    if grid.crs != at.crs:
        x, y = transformer(grid.crs, at.crs).transform(x, y)
    return inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f


def picked(at, grid):
    """Row and column under each centre, and whether they exist."""
    u, v = positions(at, grid)
    col, row = np.floor(u + 1e-6).astype(int), np.floor(v + 1e-6).astype(int)
    return (
        np.clip(row, 0, at.height - 1),
        np.clip(col, 0, at.width - 1),
        ((row >= 0) & (col >= 0) & (row < at.height) & (col < at.width)),
    )


def keys(f):
    """Catmull-Rom weights from its piecewise definition."""

    def one(t):
        t = abs(t)
        return 1.5 * t**3 - 2.5 * t**2 + 1 if t < 1 else -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0

    return [one(f - k) for k in (-1, 0, 1, 2)]


def plain(values, valid, u, v, weigh, first):
    """Weighted mean of the samples around (u, v), invalid ones dropped; None when one was."""
    i, j = math.floor(v - 0.5), math.floor(u - 0.5)
    wy, wx = weigh(v - 0.5 - i), weigh(u - 0.5 - j)
    total = weight = 0.0
    missing = False
    for di, a in enumerate(wy):
        for dj, b in enumerate(wx):
            row, col = i + di + first, j + dj + first
            if 0 <= row < values.shape[0] and 0 <= col < values.shape[1] and valid[row, col]:
                total += a * b * float(values[row, col])
                weight += a * b
            else:
                missing = True
    return total / weight, missing


def box(values, valid, u, v, half_x, half_y):
    """Area-weighted valid samples of a box: (value, weight) pairs."""
    found = []
    for row in range(max(math.floor(v - half_y), 0), min(math.ceil(v + half_y), values.shape[0])):
        for col in range(max(math.floor(u - half_x), 0), min(math.ceil(u + half_x), values.shape[1])):
            w = (min(u + half_x, col + 1) - max(u - half_x, col)) * (min(v + half_y, row + 1) - max(v - half_y, row))
            if valid[row, col] and w > 1e-9:
                found.append((float(values[row, col]), w))
    return found


SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))
PLACES = st.tuples(st.floats(-20, 40), st.floats(-20, 40), st.floats(0.2, 2.4))


@pytest.mark.parametrize("method", METHODS)
@given(shape=SHAPES, place=PLACES, size=SHAPES, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_a_pixel_is_valid_exactly_when_the_sample_under_its_centre_is(method, shape, place, size, seed):
    values, valid, at = source(*shape, seed=seed)
    grid = target(at, *place, *size)
    row, col, exists = picked(at, grid)
    _, ok = run(values, valid, at, grid, method)
    np.testing.assert_array_equal(ok, exists & valid[row, col])


@pytest.mark.parametrize("dtype", DTYPES)
@given(shape=SHAPES, place=PLACES, size=SHAPES, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=10)
def test_nearest_is_the_sample_under_the_centre(dtype, shape, place, size, seed):
    values, valid, at = source(*shape, dtype, seed)
    grid = target(at, *place, *size)
    row, col, _ = picked(at, grid)
    out, ok = run(values, valid, at, grid, "nearest")
    assert out.dtype == values.dtype
    np.testing.assert_array_equal(out[ok], values[row, col][ok])


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("masked", [True, False])
@given(shape=SHAPES, place=PLACES, size=SHAPES, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=15)
def test_bilinear_is_the_renormalised_mean_of_four(dtype, masked, shape, place, size, seed):
    values, valid, at = source(*shape, dtype, seed)
    valid |= not masked
    grid = target(at, *place, *size)
    out, ok = run(values, valid, at, grid, "bilinear", scale=1.0)
    u, v = positions(at, grid)
    for r, c in zip(*np.nonzero(ok), strict=True):
        want, _ = plain(values, valid, u[r, c], v[r, c], lambda f: (1 - f, f), 0)
        assert out[r, c] == pytest.approx(want, abs=1e-4)


@pytest.mark.parametrize("masked", [True, False])
@given(shape=SHAPES, place=PLACES, size=SHAPES, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=15)
def test_cubic_is_catmull_rom_or_bilinear_at_a_mask(masked, shape, place, size, seed):
    values, valid, at = source(*shape, seed=seed)
    valid |= not masked
    grid = target(at, *place, *size)
    out, ok = run(values, valid, at, grid, "cubic", scale=1.0)
    u, v = positions(at, grid)
    for r, c in zip(*np.nonzero(ok), strict=True):
        if max(abs(part - 0.5 - round(part - 0.5)) < 1e-6 for part in (u[r, c], v[r, c])):
            # On the centre of a sample the last bit decides which sixteen are looked at, and so whether one is missing.
            continue
        want, missing = plain(values, valid, u[r, c], v[r, c], keys, -1)
        if missing:
            want, _ = plain(values, valid, u[r, c], v[r, c], lambda f: (1 - f, f), 0)
        assert out[r, c] == pytest.approx(want, abs=1e-3)


@given(shape=SHAPES, place=st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(0.3, 9)), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_average_is_the_mean_by_covered_area(shape, place, seed):
    values, valid, at = source(*shape, seed=seed)
    grid = target(at, *place, 8, 8)
    out, ok = run(values, valid, at, grid, "average")
    u, v = positions(at, grid)
    for r, c in zip(*np.nonzero(ok), strict=True):
        parts = box(values, valid, u[r, c], v[r, c], place[2] / 2, place[2] / 2)
        assert out[r, c] == pytest.approx(sum(x * w for x, w in parts) / sum(w for _, w in parts), abs=1e-3)


@given(shape=SHAPES, place=st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(1.1, 9)), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_mode_covers_no_less_than_any_other_class(shape, place, seed):
    values, valid, at = source(*shape, "uint8", seed)
    values %= 5
    grid = target(at, *place, 8, 8)
    out, ok = run(values, valid, at, grid, "mode")
    u, v = positions(at, grid)
    for r, c in zip(*np.nonzero(ok), strict=True):
        area = dict.fromkeys(range(5), 0.0)
        for x, w in box(values, valid, u[r, c], v[r, c], place[2] / 2, place[2] / 2):
            area[int(x)] += w
        assert area[int(out[r, c])] >= max(area.values()) - 1e-4


def test_mode_of_many_classes_finds_the_one_that_repeats():
    values = np.arange(400, dtype=np.uint16).reshape(20, 20)
    values[3, :7] = 77
    at = source(20, 20)[2]
    out, _ = run(values, None, at, target(at, 0, 0, 20.0, 1, 1), "mode")
    assert out[0, 0] == 77


def test_whole_blocks_average_to_their_means():
    values, _, at = source(40, 40)
    out, _ = run(values, None, at, target(at, 0, 0, 4.0, 10, 10), "average")
    np.testing.assert_allclose(out, values.reshape(10, 4, 10, 4).mean((1, 3)), rtol=1e-12)


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
def test_where_samples_would_be_skipped_the_average_is_taken(method):
    values, valid, at = source(60, 60)
    grid = target(at, 0, 0, ALIAS + 0.5, 20, 20)
    np.testing.assert_array_equal(run(values, valid, at, grid, method)[0], run(values, valid, at, grid, "average")[0])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("col", "row"), [(0, 0), (3, 5), (-4, 2), (15, -3), (50, 50)])
def test_on_its_own_grid_a_raster_is_itself(method, dtype, col, row):
    values, valid, at = source(30, 25, dtype)
    grid = target(at, col, row, 1.0, 12, 9)
    out, ok = run(values, valid, at, grid, method)
    r, c, exists = picked(at, grid)
    np.testing.assert_array_equal(ok, exists & valid[r, c])
    np.testing.assert_array_equal(out[ok], values[r, c][ok])
    assert out.dtype == values.dtype


@pytest.mark.parametrize("method", METHODS)
def test_a_raster_off_by_a_little_is_not_taken_for_itself(method):
    values, valid, at = source(30, 25)
    out, _ = run(values, valid, at, target(at, 3.4, 3.4, 1.0, 12, 9), method)
    assert out.dtype == (values.dtype if method in ("nearest", "mode") else np.float64)


@pytest.mark.parametrize("method", METHODS)
def test_nan_is_invalid_whatever_the_mask_says(method):
    values, _, at = source(30, 30, "float32")
    values[10:12, 10:20] = np.nan
    out, ok = run(values, np.ones((30, 30), bool), at, target(at, 0.3, 0.3, 1.1, 24, 24), method)
    row, col, exists = picked(at, target(at, 0.3, 0.3, 1.1, 24, 24))
    np.testing.assert_array_equal(ok, exists & ~np.isnan(values[row, col]))
    assert np.isfinite(out).all()


@pytest.mark.parametrize("method", METHODS)
def test_how_the_samples_lie_in_memory_makes_no_difference(method):
    values, valid, at = source(30, 30)
    grid = target(at, 0.3, 0.3, 1.1, 24, 24)
    want = run(values, valid, at, grid, method)
    wide = np.zeros((30, 60), np.uint16)
    wide[:, ::2] = values
    frozen = values.copy()
    frozen.flags.writeable = False
    for other in (wide[:, ::2], np.asfortranarray(values), frozen, values.astype(">u2")):
        got = run(other, np.asfortranarray(valid), at, grid, method)
        np.testing.assert_array_equal(got[0], want[0])


@pytest.mark.parametrize("method", METHODS)
def test_a_target_beside_the_raster_is_all_invalid_zeros(method):
    values, valid, at = source(30, 30)
    out, ok = run(values, valid, at, target(at, 100.3, 5.3, 1.1, 24, 24), method)
    assert not ok.any()
    assert not out.any()


@pytest.mark.parametrize("method", METHODS)
def test_rotated_sources_are_sampled_where_they_lie(method):
    values, valid, _ = source(40, 40, "float64")
    values += np.add.outer(np.arange(40.0), np.arange(40.0)) * 1e3
    at = Grid(ZONE, Affine(8.0, 6.0, 500000.0, 6.0, -8.0, 5400000.0), 40, 40)
    grid = Grid(ZONE, Affine(11.0, 0.0, 500020.0, 0.0, -11.0, 5400100.0), 40, 40)
    out, ok = run(values, valid, at, grid, method)
    row, col, exists = picked(at, grid)
    np.testing.assert_array_equal(ok, exists & valid[row, col])
    assert ok.any()
    assert np.abs(out[ok] - values[row, col][ok]).max() < 3e3


@pytest.mark.parametrize("method", ["nearest", "bilinear", "average"])
def test_half_a_pixel_off_would_be_noticed(method):
    values, valid, at = source(60, 60)
    grid = target(at, 5.2, 5.2, 0.9, 40, 40)
    moved = Grid(at.crs, at.transform.shifted(0.5, 0.0), 60, 60)
    assert (run(values, valid, at, grid, method)[0] != run(values, valid, moved, grid, method)[0]).mean() > 0.2


@pytest.mark.parametrize("method", METHODS)
@given(zoom=st.integers(8, 15), seed=st.integers(0, 9))
@settings(deadline=None, max_examples=12)
def test_the_window_with_its_margin_is_as_good_as_the_whole(method, zoom, seed):
    at = Grid(ZONE, Affine(40.0, 0.0, 480000.0, 0.0, -40.0, 5400000.0), 400, 400)
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 5000, (400, 400)).astype(np.uint16)
    valid = rng.random((400, 400)) > 0.01
    x, y = transformer(ZONE, WEB_MERCATOR).transform(*at.transform(*rng.uniform(0, 400, 2)))
    pixel = 2 * math.pi * 6378137 / 2**zoom / 256
    grid = Grid(WEB_MERCATOR, Affine(pixel, 0.0, x, 0.0, -pixel, y), 70, 50)
    control = control_grid(grid, ZONE)
    whole = resample(values, valid, at, control, grid, method, scale=pixel / 60)
    window = source_window(control, grid, at, margin(method, pixel / 60))
    if window is None:
        assert not whole[1].any()
        return
    col, row, width, height = window
    cut = (slice(row, row + height), slice(col, col + width))
    part = resample(values[cut], valid[cut], at.crop(*window), control, grid, method, scale=pixel / 60)
    np.testing.assert_array_equal(part[1], whole[1])
    np.testing.assert_allclose(part[0], whole[0], atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_a_world_raster_is_whole_across_the_antimeridian(method):
    world = Grid(WGS84, Affine(1.0, 0.0, -180.0, 0.0, -1.0, 90.0), 360, 180)
    values = np.repeat(np.arange(360, dtype=np.uint16)[None], 180, 0)
    grid = Grid.from_bbox(WGS84, BBox(175.0, 0.0, 185.0, 4.0), 20, 8)
    out, ok = run(values, None, world, grid, method)
    assert ok.all()
    if method in ("nearest", "mode"):
        np.testing.assert_array_equal(out[0], [355, 355, 356, 356, 357, 357, 358, 358, 359, 359, *np.arange(10) // 2])


@pytest.mark.parametrize("method", METHODS)
def test_masks_survive_the_second_turn_of_the_world(method):
    world = Grid(WGS84, Affine(1.0, 0.0, -180.0, 0.0, -1.0, 90.0), 360, 180)
    rng = np.random.default_rng(1)
    values, valid = rng.integers(1, 99, (180, 360)).astype(np.uint8), rng.random((180, 360)) > 0.3
    grid = Grid.from_bbox(WGS84, BBox(100.0, -40.0, 260.0, 40.0), 160 * 2, 80 * 2)
    _, ok = run(values, valid, world, grid, method)
    want = np.roll(valid, -280, axis=1)[50:130, :160].repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(ok, want)


def test_a_polar_picture_shows_every_longitude():
    world = Grid(WGS84, Affine(1.0, 0.0, -180.0, 0.0, -1.0, 90.0), 360, 180)
    values = np.repeat(np.arange(360, dtype=np.float64)[None], 180, 0)
    polar = parse_crs("EPSG:3413")
    grid = Grid(polar, Affine(2e4, 0.0, -2e6, 0.0, -2e4, 2e6), 200, 200)
    out, ok = run(values, None, world, grid, "nearest")
    u, _ = positions(world, grid)
    assert ok.all()
    assert (out == np.floor(u)).mean() > 0.9999


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 9), (9, 1), (2, 5), (1, 90), (90, 1)])
@pytest.mark.parametrize("crs", [WEB_MERCATOR, WGS84], ids=["mercator", "degrees"])
def test_one_pixel_or_one_line_is_what_the_whole_picture_has_there(crs, width, height, method):
    values, valid, at = source(400, 400, seed=3)
    centre = transformer(ZONE, crs).transform(*at.transform(200, 200))
    pixel = 60.0 if crs == WEB_MERCATOR else 60.0 / 111_000
    x, y = centre[0] - 50 * pixel, centre[1] + 50 * pixel
    grid = Grid(crs, Affine(pixel, 0.0, x, 0.0, -pixel, y), 100, 100)
    whole, whole_ok = run(values, valid, at, grid, method, scale=6.0)
    for col, row in ((4, 5), (0, 0), (100 - width, 100 - height), (7, 3)):
        part, ok = run(values, valid, at, grid.crop(col, row, width, height), method, scale=6.0)
        there = (slice(row, row + height), slice(col, col + width))
        np.testing.assert_array_equal(ok, whole_ok[there])
        np.testing.assert_allclose(part[ok], whole[there][ok], atol=2e-3)


def test_the_scale_of_a_single_pixel_is_measured_too():
    values, valid, at = source(400, 400)
    x, y = transformer(ZONE, WEB_MERCATOR).transform(*at.transform(200, 200))
    grid = Grid(WEB_MERCATOR, Affine(90.0, 0.0, x, 0.0, -90.0, y), 1, 1)
    measured, told = (run(values, valid, at, grid, "bilinear", **more)[0] for more in ({}, {"scale": 6.0}))
    np.testing.assert_array_equal(measured, told)
