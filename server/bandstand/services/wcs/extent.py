"""From subsets, CRSs and scaling to the grid of the answer."""

import math
from dataclasses import dataclass

from bandstand.errors import InvalidSubset
from bandstand.model.crs import Crs
from bandstand.model.grid import Affine, BBox, Grid, project_bbox
from bandstand.services.wcs.scaling import Scaling
from bandstand.services.wcs.subset import Subset, axis_labels, interval

_HAIR_PX = 1e-4
"""Clients round the borders of cells (GDAL sends 17 digits): so far outside still counts as on the border."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a GetCoverage says of space."""

    subsets: tuple[Subset, ...]
    """Along x and y only."""
    subsetting_crs: Crs
    output_crs: Crs
    scaling: Scaling


def answer_grid(native: Grid, wanted: Wanted) -> Grid:
    """The grid of the answer.

    Without a change of CRS it is a part of the native lattice: the cells that the trim touches, never shifted
    (the low and the high bound are included, OGC 09-110r4, 8.4.2.3). With one, the pixel size stays as on the
    ground and the grid starts at the upper left corner of the trimmed area.

    Raises:
        InvalidSubset: The subset lies outside the coverage.
    """
    asked = _asked_box(native, wanted)
    if wanted.subsetting_crs == native.crs:
        grid = _snap(native, asked, wanted.subsets)
        if wanted.output_crs != native.crs:
            grid = _reproject(grid, wanted.output_crs)
    else:
        grid = _foreign(native, asked, wanted)
    if wanted.scaling.wanted:
        width, height = wanted.scaling.size(grid.width, grid.height)
        return Grid.from_bbox(grid.crs, grid.bbox, width, height)
    return grid


def _asked_box(native: Grid, wanted: Wanted) -> tuple[float, float, float, float]:
    """The asked box (min x, min y, max x, max y) in the subsetting CRS, cut to the coverage."""
    whole = project_bbox(native.bbox, native.crs, wanted.subsetting_crs)
    if whole is None:
        raise InvalidSubset(
            f"The coverage cannot be expressed in {wanted.subsetting_crs.short}.", locator="SUBSETTINGCRS"
        )
    low = {"x": whole.min_x, "y": whole.min_y}
    high = {"x": whole.max_x, "y": whole.max_y}
    hair = {"x": whole.width, "y": whole.height}
    pixels = {"x": native.width, "y": native.height}
    for subset in wanted.subsets:
        kind = subset.kind
        first, last = interval(subset)
        slack = hair[kind] / pixels[kind] * _HAIR_PX
        first = low[kind] if first is None else first
        last = high[kind] if last is None else last
        if first > high[kind] + slack or last < low[kind] - slack or first > last:
            labels = dict(zip("xy", axis_labels(wanted.subsetting_crs), strict=True))
            raise InvalidSubset(
                f"SUBSET {subset.axis}({first:.10g},{last:.10g}) lies outside the coverage, which reaches from "
                f"{low[kind]:.10g} to {high[kind]:.10g} along {labels[kind]}.",
                locator=subset.axis,
            )
        low[kind], high[kind] = max(first, low[kind]), min(last, high[kind])
    return low["x"], low["y"], high["x"], high["y"]


def _snap(native: Grid, asked: tuple[float, float, float, float], subsets: tuple[Subset, ...]) -> Grid:
    to_pixel = native.transform.inverse
    left, bottom = to_pixel(asked[0], asked[1])
    right, top = to_pixel(asked[2], asked[3])
    sliced = {subset.kind for subset in subsets if subset.is_slice}
    col, width = _cells(left, right, native.width, one="x" in sliced)
    row, height = _cells(top, bottom, native.height, one="y" in sliced)
    return native.crop(col, row, width, height)


def _cells(first: float, last: float, count: int, *, one: bool) -> tuple[int, int]:
    """First cell and number of cells that an interval of pixel positions touches."""
    start = min(max(math.floor(first + _HAIR_PX), 0), count - 1)
    if one:
        return start, 1
    stop = min(max(math.ceil(last - _HAIR_PX), start + 1), count)
    return start, stop - start


def _foreign(native: Grid, asked: tuple[float, float, float, float], wanted: Wanted) -> Grid:
    """A trim in another CRS than the native one."""
    min_x, min_y, max_x, max_y = asked
    size_x, size_y = _ground_size(native, wanted.subsetting_crs, asked)
    box = BBox(min_x, min_y, max_x if max_x > min_x else min_x + size_x, max_y if max_y > min_y else min_y + size_y)
    if wanted.output_crs == native.crs:
        projected = project_bbox(box, wanted.subsetting_crs, native.crs)
        shared = projected.intersection(native.bbox) if projected else None
        if shared is None:
            raise InvalidSubset("The subset lies outside the coverage.", locator="SUBSET")
        return _snap(native, (shared.min_x, shared.min_y, shared.max_x, shared.max_y), ())
    if wanted.output_crs == wanted.subsetting_crs:
        return _fill(box, wanted.output_crs, size_x, size_y)
    projected = project_bbox(box, wanted.subsetting_crs, wanted.output_crs)
    if projected is None:
        raise InvalidSubset(f"The subset cannot be expressed in {wanted.output_crs.short}.", locator="OUTPUTCRS")
    corners = (projected.min_x, projected.min_y, projected.max_x, projected.max_y)
    return _fill(projected, wanted.output_crs, *_ground_size(native, wanted.output_crs, corners))


def _reproject(grid: Grid, crs: Crs) -> Grid:
    """A native part in another CRS: same area, about the same number of pixels on the ground."""
    box = project_bbox(grid.bbox, grid.crs, crs)
    if box is None:
        raise InvalidSubset(f"The subset cannot be expressed in {crs.short}.", locator="OUTPUTCRS")
    size = _ground_size(grid, crs, (box.min_x, box.min_y, box.max_x, box.max_y))
    return _fill(box, crs, *size)


def _ground_size(native: Grid, crs: Crs, around: tuple[float, float, float, float]) -> tuple[float, float]:
    """The native pixel's sides in units of another CRS, measured in the middle of a box there."""
    if crs == native.crs:
        return native.resolution
    x, y = (around[0] + around[2]) / 2, (around[1] + around[3]) / 2
    step_x, step_y = max((around[2] - around[0]) / 64, 1e-9), max((around[3] - around[1]) / 64, 1e-9)
    here = project_bbox(BBox(x - step_x / 2, y - step_y / 2, x + step_x / 2, y + step_y / 2), crs, native.crs, points=3)
    if here is None:
        raise InvalidSubset(f"The pixel size cannot be expressed in {crs.short}.", locator="OUTPUTCRS")
    width, height = native.resolution
    return step_x * width / here.width, step_y * height / here.height


def _fill(box: BBox, crs: Crs, size_x: float, size_y: float) -> Grid:
    """The grid from the upper left corner of a box that covers it with pixels of this size."""
    width = max(1, math.ceil(box.width / size_x - _HAIR_PX))
    height = max(1, math.ceil(box.height / size_y - _HAIR_PX))
    return Grid(crs, Affine(size_x, 0.0, box.min_x, 0.0, -size_y, box.max_y), width, height)
