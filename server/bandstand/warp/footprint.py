"""Which overview level and which window of it a target grid needs."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bandstand.model.crs import Crs, period, transformer
from bandstand.model.grid import Affine, Grid
from bandstand.warp.positions import jit, to_samples
from bandstand.warp.transform import ControlGrid, same_place

_TOLERANCE = 1e-6
_MOST_TURNS = 9
"""Worlds side by side in one picture; a box of a map may be as wide as it likes."""


def level_grid(full: Grid, size: tuple[int, int]) -> Grid:
    """The grid of an overview of this (width, height): scaled by true sizes, as 10980 / 1372 is not 8."""
    width, height = size
    return Grid(full.crs, full.transform.scaled(full.width / width, full.height / height), width, height)


def choose_level(full: Grid, levels: Sequence[tuple[int, int]], grid: Grid) -> int:
    """The coarsest level that is not coarser than the output along either axis.

    Decided at the centre of the scene, never of the tile, so that every tile and the picture around them
    read the same level; equal sizes within 1e-6 count as not coarser.

    Args:
        full: The scene's grid at full resolution.
        levels: (width, height) of each level, full resolution among them, in any order.
        grid: The target; only its CRS and pixel size matter.

    Returns:
        An index into `levels`; that of the finest where all are coarser or the scene cannot be placed.
    """
    return _choose(full, tuple(levels), grid.crs, _rounded(grid.transform))


def level_scale(level: Grid, grid: Grid) -> float:
    """Samples of a level to one target pixel along the axis where they are most, at the centre of the scene.

    Args:
        level: The whole level's grid, not a window's, so that all tiles agree.
        grid: The target; only its CRS and pixel size matter.

    Returns:
        Above 1 when the warp reduces; 1.0 where the scene cannot be placed in the target's CRS.
    """
    return _scale(level, grid.crs, _rounded(grid.transform))


@lru_cache(maxsize=4096)
def _choose(full: Grid, levels: tuple[tuple[int, int], ...], crs: Crs, pixel: tuple[float, ...]) -> int:
    finest = max(range(len(levels)), key=lambda i: levels[i][0] * levels[i][1])
    sides = _sides(full, crs, pixel)
    if sides is None:
        return finest
    best, area = finest, levels[finest][0] * levels[finest][1]
    for i, (width, height) in enumerate(levels):
        along_x, along_y = sides[0] * full.width / width, sides[1] * full.height / height
        if max(along_x, along_y) <= 1.0 + _TOLERANCE and width * height < area:
            best, area = i, width * height
    return best


@lru_cache(maxsize=4096)
def _scale(level: Grid, crs: Crs, pixel: tuple[float, ...]) -> float:
    sides = _sides(level, crs, pixel)
    return 1.0 if sides is None else 1.0 / min(sides)


def _rounded(t: Affine) -> tuple[float, ...]:
    """The pixel's vectors to nine digits: tiles of one zoom differ in the last bits and must not differ here."""
    return tuple(float(f"{v:.9g}") for v in (t.a, t.b, t.d, t.e))


def _sides(source: Grid, crs: Crs, pixel: tuple[float, ...]) -> tuple[float, float] | None:
    """Lengths of a source pixel's two sides, in target pixels, at the middle of the source."""
    col, row = source.width / 2, source.height / 2
    points = [source.transform(col + c, row + r) for c, r in ((-0.5, 0), (0.5, 0), (0, -0.5), (0, 0.5))]
    x, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    if not same_place(source.crs, crs):
        x, y = transformer(source.crs, crs).transform(x, y)
        if turn := period(crs):
            x = x[0] + np.remainder(x - x[0] + turn / 2, turn) - turn / 2
    a, b, d, e = pixel
    det = a * e - b * d
    found = []
    for i in (0, 2):
        dx, dy = float(x[i + 1] - x[i]), float(y[i + 1] - y[i])
        found.append(math.hypot((e * dx - b * dy) / det, (a * dy - d * dx) / det))
    if not all(math.isfinite(side) and side > 0.0 for side in found):
        return None
    return found[0], found[1]


def source_window(
    control: ControlGrid,
    grid: Grid,  # noqa: ARG001 - stands beside its control grid in every call of this room
    level: Grid,
    margin: int,
) -> tuple[int, int, int, int] | None:
    """The part of a level that the target needs.

    Args:
        control: The target's place in the level's CRS.
        grid: The target.
        level: The level's whole grid. A level in degrees or web Mercator is also tried a turn to either side.
        margin: Samples to add all around, from `resample.margin`.

    Returns:
        (col, row, width, height) inside the level; None when the target does not touch it. Of a level around the
        whole world the columns go on beyond its last one with its first; where all are needed, they begin with
        `margin` (at most all) of the last ones, at a negative column, and end with as many of the first.
    """
    inverse = level.transform.inverse
    affine = (inverse.a, inverse.b, inverse.c, inverse.d, inverse.e, inverse.f)
    low_x, high_x, low_y, high_y = _extent(control.x, control.y, control.dense, affine)
    if control.dense:
        # Centres alone are known, perhaps of a single pixel: half a sample gives them an area.
        low_x, high_x, low_y, high_y = low_x - 0.5, high_x + 0.5, low_y - 0.5, high_y + 0.5
    if not (low_x <= high_x and low_y <= high_y):
        return None
    parts = []
    for turn in turns(low_x, high_x, level):
        step_x, step_y = inverse.a * turn, inverse.d * turn
        left, right = max(low_x + step_x, 0.0), min(high_x + step_x, float(level.width))
        top, bottom = max(low_y + step_y, 0.0), min(high_y + step_y, float(level.height))
        if left < right and top < bottom:
            parts.append((left, top, right, bottom))
    if not parts:
        return None
    first_row = max(math.floor(min(p[1] for p in parts)) - margin, 0)
    end_row = min(math.ceil(max(p[3] for p in parts)) + margin, level.height)
    if level.is_round:
        first_col, width = _around(low_x, high_x, margin, level.width)
    else:
        first_col = max(math.floor(min(p[0] for p in parts)) - margin, 0)
        width = min(math.ceil(max(p[2] for p in parts)) + margin, level.width) - first_col
    return first_col, first_row, width, end_row - first_row


def _around(low: float, high: float, margin: int, columns: int) -> tuple[int, int]:
    """First column and number of columns of a level that goes around the world."""
    first = math.floor(low) - margin
    width = math.ceil(high) + margin - first
    if width >= columns:
        spare = min(margin, columns)
        return -spare, columns + 2 * spare
    return first % columns, width


def window_grid(level: Grid, window: tuple[int, int, int, int]) -> Grid:
    """The grid of a window of a level, which may go on around the world."""
    col, row, width, height = window
    return Grid(level.crs, level.transform.shifted(col, row), width, height)


def turns(low_col: float, high_col: float, at: Grid) -> list[float]:
    """Shifts of x, in CRS units, that bring columns low to high of `at` onto it: whole turns, most often just 0."""
    inverse = at.transform.inverse
    samples = abs(inverse.a) * period(at.crs)
    if samples <= 0.0:
        return [0.0]
    first = math.ceil((-high_col) / samples - 1e-9)
    last = math.floor((at.width - low_col) / samples + 1e-9)
    unit = period(at.crs) * math.copysign(1.0, inverse.a)
    return [k * unit for k in range(first, min(last + 1, first + _MOST_TURNS))]


@jit
def _extent(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dense: bool,
    affine: tuple[float, float, float, float, float, float],
) -> tuple[float, float, float, float]:
    """Least and greatest sample position of the target, edges and the bulge between nodes included."""
    px, py = to_samples(x, y, affine)
    rows, cols = px.shape
    low_x, high_x, low_y, high_y = np.inf, -np.inf, np.inf, -np.inf
    bulge_x, bulge_y = 0.0, 0.0
    for i in range(rows):
        for j in range(cols):
            u, v = px[i, j], py[i, j]
            if np.isfinite(u) and np.isfinite(v):
                low_x, high_x = min(low_x, u), max(high_x, u)
                low_y, high_y = min(low_y, v), max(high_y, v)
            if not dense and 0 < i < rows - 1:
                bulge_x = max(bulge_x, abs(px[i - 1, j] - 2.0 * u + px[i + 1, j]))
                bulge_y = max(bulge_y, abs(py[i - 1, j] - 2.0 * v + py[i + 1, j]))
            if not dense and 0 < j < cols - 1:
                bulge_x = max(bulge_x, abs(px[i, j - 1] - 2.0 * u + px[i, j + 1]))
                bulge_y = max(bulge_y, abs(py[i, j - 1] - 2.0 * v + py[i, j + 1]))
    # A curve leaves its chord by an eighth of its second difference; twice that covers its changing.
    return low_x - bulge_x / 4.0, high_x + bulge_x / 4.0, low_y - bulge_y / 4.0, high_y + bulge_y / 4.0


__all__ = ["choose_level", "level_grid", "level_scale", "source_window", "turns", "window_grid"]
