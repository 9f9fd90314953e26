"""Domains of coverages: trimmed, sliced, extended, scaled, transformed. Pixels are read on the last of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bandstand.cis.coverage import axis_labels
from bandstand.engine.engine import Engine
from bandstand.errors import InvalidSubset
from bandstand.model.crs import Crs
from bandstand.model.grid import BBox, Grid
from bandstand.services.wcs.coverages import cells
from bandstand.services.wcs.v20.extent import Lattice, Wanted, answer_grid
from bandstand.services.wcs.v20.scaling import Scaling
from bandstand.services.wcs.v20.subset import Subset
from bandstand.services.wcs.v20.wcps.values import Ground

MOST_PX = 10**9
"""Longer sides are refused: their numbers would overflow later."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A trim or slice along x or y."""

    axis: str
    """As written."""
    kind: str
    """`x` or `y`."""
    low: float | None
    """None for `*`."""
    high: float | None
    is_slice: bool
    crs: Crs | None = None
    """None: the coverage's own."""
    index: bool = False
    """Cells counted from 0, rows from the north; both ends included."""


def cut(ground: Ground, cuts: Sequence[Cut]) -> Ground:
    """The part of a coverage's grid that trims and slices leave: the cells that they touch.

    Raises:
        InvalidSubset: They lie outside, or are reversed.
    """
    grid = ground.grid
    by_index = [c for c in cuts if c.index]
    if by_index:
        grid = _cut_by_index(grid, by_index)
    for crs in dict.fromkeys(c.crs or grid.crs for c in cuts if not c.index):
        subsets = tuple(_subset(c) for c in cuts if not c.index and (c.crs or grid.crs) == crs)
        grid = answer_grid(grid, Wanted(subsets, crs, grid.crs, Scaling()), _only(grid))
    sliced = ground.sliced | {c.kind for c in cuts if c.is_slice}
    if len(sliced) == 2 and grid.width * grid.height > 1:
        # A position in another CRS: the sliver around it may touch two cells.
        grid = grid.crop(grid.width // 2, grid.height // 2, 1, 1)
    return replace(ground, grid=grid, sliced=frozenset(sliced), trimmed=True)


def _subset(one: Cut) -> Subset:
    low = "*" if one.low is None else repr(one.low)
    high = "*" if one.high is None else repr(one.high)
    return Subset(one.axis, one.kind, low, None if one.is_slice else high)


def _only(grid: Grid) -> Lattice:
    """The lattice of a part: its own cells, in no other CRS."""
    return lambda crs: grid if crs == grid.crs else None


def _cut_by_index(grid: Grid, cuts: Sequence[Cut]) -> Grid:
    window = {"x": (0, grid.width - 1), "y": (0, grid.height - 1)}
    for one in cuts:
        first, last = window[one.kind]
        low = first if one.low is None else one.low
        high = last if one.high is None else one.high
        if not (float(low).is_integer() and float(high).is_integer()):
            raise InvalidSubset(f"Cells of {one.axis} are counted in whole numbers.", locator=one.axis)
        if not first <= low <= high <= last:
            raise InvalidSubset(
                f"Cells {low:g} to {high:g} of {one.axis} do not lie within {first} to {last}.", locator=one.axis
            )
        window[one.kind] = int(low), int(high)
    (left, right), (top, bottom) = window["x"], window["y"]
    return grid.crop(left, top, right - left + 1, bottom - top + 1)


def extended(ground: Ground, bounds: Mapping[str, tuple[float, float]]) -> Ground:
    """A grid that reaches to other bounds, in whole cells of the coverage; new cells are undefined.

    Args:
        ground: Of a whole coverage.
        bounds: Low and high along `x` and `y`, in its CRS; an axis that is not named stays.
    """
    grid, box = ground.grid, ground.grid.bbox
    low_x, high_x = bounds.get("x", (box.min_x, box.max_x))
    low_y, high_y = bounds.get("y", (box.min_y, box.max_y))
    to_pixel = grid.transform.inverse
    (left, bottom), (right, top) = to_pixel(low_x, low_y), to_pixel(high_x, high_y)
    hair = 1e-4
    first, last = math.floor(left + hair), math.ceil(right - hair)
    upper, lower = math.floor(top + hair), math.ceil(bottom - hair)
    if max(last - first, lower - upper) > MOST_PX:
        raise InvalidSubset(f"The domain is longer than {MOST_PX:,} cells.", locator="extend")
    shifted = grid.transform.shifted(first, upper)
    made = Grid(grid.crs, shifted, max(1, last - first), max(1, lower - upper))
    return replace(ground, grid=made, trimmed=True)


def scaled(ground: Ground, width: int, height: int) -> Ground:
    """The same area in another number of cells."""
    grid = ground.grid
    return replace(ground, grid=Grid.from_bbox(grid.crs, grid.bbox, width, height), resampled=True)


def transformed(
    ground: Ground, crs: Crs, engine: Engine, resolution: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]
) -> Ground:
    """The grid of a coverage in another CRS: cells of its scenes where they are stored in it, else as large ones.

    Args:
        ground: Where it lies.
        crs: Where it shall.
        engine: Knows the cells.
        resolution: Length of a cell along `x` and `y`, where that is asked.
        bounds: Low and high along `x` and `y` in the new CRS, where that is asked.

    Raises:
        InvalidSubset: It cannot be expressed there.
    """
    grid = ground.grid

    def lattice(wanted: Crs) -> Grid | None:
        if wanted == grid.crs:
            return grid
        return cells(engine, ground.layer, wanted) if ground.lattice is None else ground.lattice(wanted)

    made = answer_grid(grid, Wanted((), grid.crs, crs, Scaling()), lattice)
    if resolution or bounds:
        made = _respaced(made, resolution, bounds)
    return replace(ground, grid=made, resampled=True, trimmed=True)


def _respaced(grid: Grid, resolution: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]) -> Grid:
    box = grid.bbox
    size_x, size_y = resolution.get("x", grid.resolution[0]), resolution.get("y", grid.resolution[1])
    low_x, high_x = bounds.get("x", (box.min_x, box.max_x))
    low_y, high_y = bounds.get("y", (box.min_y, box.max_y))
    across, down = (high_x - low_x) / size_x, (high_y - low_y) / size_y
    if not max(across, down) <= MOST_PX:
        raise InvalidSubset(f"The domain is longer than {MOST_PX:,} cells.", locator="crsTransform")
    # The last cell may reach beyond, so that cells keep the size that was asked.
    width, height = max(1, math.ceil(across - 1e-6)), max(1, math.ceil(down - 1e-6))
    whole = BBox(low_x, high_y - height * size_y, low_x + width * size_x, high_y)
    return Grid.from_bbox(grid.crs, whole, width, height)


def labels(grid: Grid) -> dict[str, str]:
    """The labels of x and y, in the order of the CRS."""
    x, y = axis_labels(grid.crs)
    return {"y": y, "x": x} if grid.crs.north_first else {"x": x, "y": y}
