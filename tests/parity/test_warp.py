"""The warp against GDAL's warper, against an exact transform, and against itself on a larger picture."""

import math

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT

from bandstand.model.crs import WEB_MERCATOR, parse_crs, transformer
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.warp.footprint import choose_level, level_grid, level_scale, source_window
from bandstand.warp.resample import margin, resample
from bandstand.warp.transform import control_grid

ZONE = parse_crs("EPSG:32631")
SIDE = 2196
FULL = Grid(ZONE, Affine(10.0, 0.0, 600000.0, 0.0, -10.0, 5400000.0), SIDE, SIDE)
SIZES = [(SIDE, SIDE), (1098, 1098), (549, 549), (275, 275), (138, 138), (69, 69)]
ZOOMS = [8, 9, 10, 11, 12, 13, 14]


def smooth(height, width):
    """A landscape: waves of several lengths, 1000 to 9000, with some noise."""
    r, c = np.mgrid[:height, :width]
    noise = np.random.default_rng(5).normal(0, 30, (height, width))
    waves = np.sin(c / 17) * 1500 + np.cos(r / 23) * 1500 + np.sin((r + c) / 71) * 800
    return (5000 + waves + noise).astype(np.uint16)


@pytest.fixture(scope="module")
def levels():
    """Values and mask of each level; the swath ends along a slanted line."""
    made = []
    for width, height in SIZES:
        r, c = np.mgrid[:height, :width]
        made.append((smooth(height, width), c / width + 0.2 * r / height > 0.15))
    return made


def tile(zoom, tiles=1, col=0, row=0):
    """Web tiles over the scene's middle as one picture, or from (col, row) tiles further on."""
    x, y = transformer(ZONE, WEB_MERCATOR).transform(*FULL.transform(SIDE / 2, SIDE / 2))
    side = 2 * math.pi * 6378137 / 2**zoom
    left = math.floor(x / side) + col
    top = math.ceil(y / side) - row
    return Grid.from_bbox(
        WEB_MERCATOR,
        BBox(left * side, (top - tiles) * side, (left + tiles) * side, top * side),
        256 * tiles,
        256 * tiles,
    )


def ours(levels, grid, method):
    """The picture as the engine makes it: level, window, warp."""
    chosen = choose_level(FULL, SIZES, grid)
    scene = level_grid(FULL, SIZES[chosen])
    scale = level_scale(scene, grid)
    control = control_grid(grid, ZONE)
    window = source_window(control, grid, scene, margin(method, scale))
    if window is None:
        return np.zeros(grid.shape), np.zeros(grid.shape, bool), scene, chosen
    col, row, width, height = window
    cut = (slice(row, row + height), slice(col, col + width))
    values, valid = levels[chosen]
    out, ok = resample(values[cut], valid[cut], scene.crop(*window), control, grid, method, scale=scale)
    return out, ok, scene, chosen


def affine(t):
    return rasterio.Affine(t.a, t.b, t.c, t.d, t.e, t.f)


def gdal(values, valid, scene, grid, method):
    """The same by GDAL, at the same level, its approximation and its kernel widening turned off."""
    with MemoryFile() as file:
        with file.open(
            driver="GTiff", width=scene.width, height=scene.height, count=1, dtype="float64", nodata=0,
            crs="EPSG:32631", transform=affine(scene.transform),
        ) as made:  # fmt: skip
            made.write(np.where(valid, values, 0).astype(np.float64), 1)
        # WarpedVRT takes XSCALE and YSCALE; reproject() of rasterio 1.4 drops them without a word.
        with file.open() as scene_file, WarpedVRT(
            scene_file, crs="EPSG:3857", transform=affine(grid.transform), width=grid.width, height=grid.height,
            resampling=Resampling[method], tolerance=0.001, nodata=0, XSCALE=1, YSCALE=1,
        ) as warped:  # fmt: skip
            out = warped.read(1)
    return out, out != 0


def exact_positions(scene, grid):
    c, r = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    t, inverse = grid.transform, scene.transform.inverse
    x, y = transformer(WEB_MERCATOR, ZONE).transform(t.a * c + t.c, t.e * r + t.f)
    return inverse.a * x + inverse.c, inverse.e * y + inverse.f


def off_edges(ok, pixels=3):
    """Where no mask edge lies within some pixels."""
    inner = ok.copy()
    for dy in range(-pixels, pixels + 1):
        for dx in range(-pixels, pixels + 1):
            inner &= np.roll(ok, (dy, dx), (0, 1))
    inner[:pixels] = inner[-pixels:] = False
    inner[:, :pixels] = inner[:, -pixels:] = False
    return inner


@pytest.mark.parametrize("zoom", ZOOMS)
def test_nearest_equals_an_exact_transform(levels, zoom):
    grid = tile(zoom)
    out, ok, scene, chosen = ours(levels, grid, "nearest")
    values, valid = levels[chosen]
    u, v = exact_positions(scene, grid)
    col, row = np.floor(u).astype(int), np.floor(v).astype(int)
    exists = (col >= 0) & (row >= 0) & (col < scene.width) & (row < scene.height)
    col, row = col.clip(0, scene.width - 1), row.clip(0, scene.height - 1)
    want_ok = exists & valid[row, col]
    differs = (ok != want_ok) | (ok & (out != values[row, col]))
    assert differs.mean() <= 1e-4
    border = np.minimum(np.abs(u - np.round(u)), np.abs(v - np.round(v)))
    bound = 2.0 * control_grid(grid, ZONE).error_px * level_scale(scene, grid) + 2e-6
    assert (border[differs] <= bound).all()


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
@pytest.mark.parametrize("zoom", [9, 10, 11, 12, 13, 14])
def test_interpolation_is_within_one_of_gdal(levels, zoom, method):
    grid = tile(zoom)
    out, ok, scene, chosen = ours(levels, grid, method)
    want, _ = gdal(*levels[chosen], scene, grid, method)
    inner = off_edges(ok)
    assert inner.sum() > 500
    assert (np.abs(out - want)[inner] <= 1.0).mean() >= 0.999


@pytest.mark.parametrize("zoom", [10, 12, 13, 14])
def test_masks_are_those_of_gdals_nearest(levels, zoom):
    # Three tiles west of the middle lies the swath's slanted edge.
    grid = tile(zoom, tiles=2, col=-(2 ** max(zoom - 11, 0)))
    _, ok, scene, chosen = ours(levels, grid, "bilinear")
    _, want = gdal(*levels[chosen], scene, grid, "nearest")
    assert ok.any()
    assert (ok != want).mean() <= 2e-4


@pytest.mark.parametrize("zoom", [11, 14])
def test_half_a_pixel_off_would_be_noticed(levels, zoom):
    grid = tile(zoom)
    moved = Grid(grid.crs, grid.transform.shifted(0.5, 0.0), grid.width, grid.height)
    out, ok, scene, chosen = ours(levels, moved, "bilinear")
    want, _ = gdal(*levels[chosen], scene, grid, "bilinear")
    assert (np.abs(out - want)[off_edges(ok)] <= 1.0).mean() < 0.9


@pytest.mark.parametrize("method", ["nearest", "bilinear", "cubic", "average"])
@pytest.mark.parametrize("zoom", [7, 9, 11, 12, 13, 14])
def test_a_tile_is_the_crop_of_the_large_picture(levels, zoom, method):
    large, large_ok, _, _ = ours(levels, tile(zoom, tiles=4, col=-1, row=-1), method)
    wrong = total = 0
    for row in range(4):
        for col in range(4):
            out, ok, _, _ = ours(levels, tile(zoom, col=col - 1, row=row - 1), method)
            cut = (slice(256 * row, 256 * row + 256), slice(256 * col, 256 * col + 256))
            wrong += ((np.abs(out - large[cut]) > 0.5) | (ok != large_ok[cut])).sum()
            total += max(ok.sum(), 1)
    assert wrong / total <= 1e-4


def test_the_scenes_own_grid_gives_what_gdal_reads(levels):
    values, valid = levels[3]
    scene = level_grid(FULL, SIZES[3])
    grid = scene.crop(20, 30, 64, 48)
    out, _ = resample(values, valid, scene, control_grid(grid, ZONE), grid, "cubic")
    with MemoryFile() as file:
        with file.open(
            driver="GTiff", width=275, height=275, count=1, dtype="uint16", crs="EPSG:32631",
            transform=affine(scene.transform),
        ) as made:  # fmt: skip
            made.write(values, 1)
        with file.open() as back:
            want = back.read(1, window=rasterio.windows.Window(20, 30, 64, 48))
    np.testing.assert_array_equal(out, want)
