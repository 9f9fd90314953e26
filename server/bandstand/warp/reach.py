"""Which part of a target a scene can reach, told from few positions: many small scenes are warped there alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.model.crs import CRS84
from bandstand.model.grid import BBox, Grid
from bandstand.warp.positions import centres, jit
from bandstand.warp.transform import control_grid

_BLOCK_PX = 8
_MOST = 64
"""Blocks a side; those of large pictures have more pixels."""
_ANY = 1e300
"""A step beyond everything, and still a number."""

PixelWindow = tuple[int, int, int, int]
"""(col, row, width, height) of a grid."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """A target in equal blocks: the longitudes and latitudes of their middles, and how far apart these are."""

    lon: NDArray[np.float64]
    """(rows, cols), degrees; not finite where the projection has no answer."""
    lat: NDArray[np.float64]
    """Likewise."""
    spread_lon: NDArray[np.float64]
    """(rows, cols), degrees: how far it is to the next block along a row and along a column, together."""
    spread_lat: NDArray[np.float64]
    """Likewise."""
    shape: tuple[int, int]
    """(height, width) of the target."""


def blocks(grid: Grid) -> Blocks:
    """Divide a target."""
    control = control_grid(grid, CRS84)
    rows, cols = (min(-(-side // _BLOCK_PX), _MOST) for side in grid.shape)
    if control.dense:
        at_row = ((np.arange(rows) + 0.5) * (grid.height / rows)).astype(np.intp)
        at_col = ((np.arange(cols) + 0.5) * (grid.width / cols)).astype(np.intp)
        lon, lat = control.x[np.ix_(at_row, at_col)], control.y[np.ix_(at_row, at_col)]
    else:
        lon, lat = centres(control.x, control.y, rows, cols)
    return Blocks(lon, lat, _spread(lon), _spread(lat), grid.shape)


def reach(target: Blocks, box: BBox) -> PixelWindow | None:
    """The part of a target that a scene can lie on, a block too large rather than a pixel too small.

    Args:
        target: Divided by `blocks`.
        box: Around all pixels of the scene, longitude and latitude.

    Returns:
        None when the scene does not touch the target.
    """
    sides = (box.min_x, box.min_y, box.max_x, box.max_y)
    first_row, first_col, end_row, end_col = _touched(
        target.lon, target.lat, target.spread_lon, target.spread_lat, sides
    )
    if first_row >= end_row:
        return None
    (rows, cols), (height, width) = target.lon.shape, target.shape
    left, top = first_col * width // cols, first_row * height // rows
    right, bottom = -(-end_col * width // cols), -(-end_row * height // rows)
    return left, top, right - left, bottom - top


def _spread(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """The greatest step to a neighbour along the row and along the column, summed; any where there is none."""
    known = np.where(np.isfinite(degrees), degrees, np.nan)
    total = np.zeros(degrees.shape)
    for axis in (0, 1):
        if degrees.shape[axis] < 2:
            return np.full(degrees.shape, _ANY)
        steps = np.diff(known, axis=axis)
        # A step around the world is none; latitudes never go so far.
        steps = np.abs(steps - 360.0 * np.round(steps / 360.0))
        steps[np.isnan(steps)] = _ANY
        ends = np.zeros((1, degrees.shape[1])) if axis == 0 else np.zeros((degrees.shape[0], 1))
        total += np.maximum(np.concatenate([ends, steps], axis), np.concatenate([steps, ends], axis))
    return total


@jit
def _touched(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    spread_lon: NDArray[np.float64],
    spread_lat: NDArray[np.float64],
    sides: tuple[float, float, float, float],
) -> tuple[int, int, int, int]:
    """First row, first column, end row, end column of the blocks whose middle is within a block of the box."""
    west, south, east, north = sides
    middle, half = (west + east) / 2.0, (east - west) / 2.0
    rows, cols = lon.shape
    first_row, first_col, end_row, end_col = rows, cols, 0, 0
    for i in range(rows):
        for j in range(cols):
            if not south - spread_lat[i, j] <= lat[i, j] <= north + spread_lat[i, j]:
                continue
            away = lon[i, j] - middle
            # A middle without a position may be that of a block on the rim, which its neighbours speak for.
            if abs(away - 360.0 * np.round(away / 360.0)) <= half + spread_lon[i, j]:
                first_row, end_row = min(first_row, i), max(end_row, i + 1)
                first_col, end_col = min(first_col, j), max(end_col, j + 1)
    return first_row, first_col, end_row, end_col


__all__ = ["Blocks", "PixelWindow", "blocks", "reach"]
