"""How large a cell is in another CRS."""

import math

from bandstand.errors import InvalidSubset
from bandstand.model.crs import Crs, transformer
from bandstand.model.grid import Grid

Box = tuple[float, float, float, float]
"""min x, min y, max x, max y; unlike a `BBox` it may be a line or a point."""


def pixel_size(native: Grid, crs: Crs, around: Box) -> tuple[float, float]:
    """The sides of a pixel in another CRS that is as long on the ground as a native one, in the middle of a box.

    Raises:
        InvalidSubset: The place cannot be expressed in one of the systems.
    """
    if crs == native.crs:
        return native.resolution
    x, y = (around[0] + around[2]) / 2, (around[1] + around[3]) / 2
    # Some metres to either side: long against rounding, short against the bend of projections.
    step = 16.0 / crs.metres_per_unit
    xs, ys = [x - step, x + step, x, x], [y, y, y - step, y + step]
    there_x, there_y = transformer(crs, native.crs).transform(xs, ys)
    along_x = math.hypot(there_x[1] - there_x[0], there_y[1] - there_y[0]) / (2 * step)
    along_y = math.hypot(there_x[3] - there_x[2], there_y[3] - there_y[2]) / (2 * step)
    if not (math.isfinite(along_x) and math.isfinite(along_y) and along_x > 0 and along_y > 0):
        raise InvalidSubset(f"The pixel size cannot be expressed in {crs.short}.", locator="OUTPUTCRS")
    width, height = native.resolution
    return width / along_x, height / along_y
