"""How large a cell is in another CRS."""

import numpy as np
from numpy.typing import NDArray

from bandstand.errors import InvalidSubset
from bandstand.model.crs import Crs, period, poles, transformer
from bandstand.model.grid import Grid

Box = tuple[float, float, float, float]
"""min x, min y, max x, max y; unlike a `BBox` it may be a line or a point."""
Places = tuple[NDArray[np.float64], NDArray[np.float64]]
"""x and y of many."""


_SIDE = 8
"""Nodes a side of a box whose middle alone does not tell the size of a pixel."""


def pixel_size(native: Grid, crs: Crs, around: Box) -> tuple[float, float]:
    """The sides of a pixel in another CRS that is as long on the ground as a native one, in the middle of a box.

    Where meridians run together inside the box, which leaves them no length, it is the median of the box.

    Raises:
        InvalidSubset: The place cannot be expressed in one of the systems.
    """
    if crs == native.crs:
        return native.resolution
    nodes = np.array([0.5])
    if native.crs.geographic and any(_holds(around, x, y) for _, x, y in poles(crs)):
        nodes = (np.arange(_SIDE) + 0.5) / _SIDE
    x, y = np.meshgrid(around[0] + nodes * (around[2] - around[0]), around[1] + nodes * (around[3] - around[1]))
    # Some metres to either side: long against rounding, short against the bend of projections.
    step = 16.0 / crs.metres_per_unit
    along_x = _distance(crs, native.crs, (x - step, y), (x + step, y)) / (2 * step)
    along_y = _distance(crs, native.crs, (x, y - step), (x, y + step)) / (2 * step)
    good = np.isfinite(along_x) & np.isfinite(along_y) & (along_x > 0) & (along_y > 0)
    if not good.any():
        raise InvalidSubset(f"The pixel size cannot be expressed in {crs.short}.", locator="OUTPUTCRS")
    width, height = native.resolution
    return width / float(np.median(along_x[good])), height / float(np.median(along_y[good]))


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] < x < box[2] and box[1] < y < box[3]


def _distance(source: Crs, target: Crs, start: Places, end: Places) -> NDArray[np.float64]:
    """From places to others, in units of another system; over the antimeridian the short way."""
    way = transformer(source, target)
    (x0, y0), (x1, y1) = way.transform(*start), way.transform(*end)
    with np.errstate(invalid="ignore"):
        across = x1 - x0
        if turn := period(target):
            across = np.remainder(across + turn / 2, turn) - turn / 2
        found: NDArray[np.float64] = np.hypot(across, y1 - y0)
    return found
