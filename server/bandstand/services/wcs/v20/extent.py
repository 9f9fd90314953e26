"""From subsets, CRSs and scaling to the grid of the answer."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bandstand.cis.coverage import axis_labels
from bandstand.errors import InvalidSubset
from bandstand.model.crs import Crs, period
from bandstand.model.grid import Affine, BBox, Grid, project_bbox
from bandstand.services.wcs.ground import Box, pixel_size
from bandstand.services.wcs.v20.scaling import Scaling
from bandstand.services.wcs.v20.subset import Bound, Subset, interval, means_degrees

_HAIR_PX = 1e-4
"""Clients round the borders of cells (GDAL sends 17 digits): so far outside still counts as on the border."""
_MOST_PX = 1e9
"""Longer sides are refused here already: no file has them, and their numbers would overflow later."""

Lattice = Callable[[Crs], Grid | None]
"""The coverage's cells in a CRS that its scenes are stored in; None for any other CRS."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a GetCoverage says of space."""

    subsets: tuple[Subset, ...]
    """Along x and y only."""
    subsetting_crs: Crs
    output_crs: Crs
    scaling: Scaling


def answer_grid(native: Grid, wanted: Wanted, lattice: Lattice) -> Grid:
    """The grid of the answer.

    In a CRS of the scenes it is a part of their own lattice: the cells that the trim touches, never shifted (the
    low and the high bound are included, OGC 09-110r4, 8.4.2.3), so that pixels leave as they are stored. In any
    other CRS the pixels keep their size on the ground and start at the upper left corner of the trimmed area, or have
    the size that makes a wanted number of them fill that area.

    Args:
        native: The coverage's domain.
        wanted: What is asked.
        lattice: Knows the domain in every CRS of the scenes, the native one among them.

    Raises:
        InvalidSubset: The subset lies outside the coverage.
    """
    asked, slices = _asked_box(_whole(native, wanted.subsetting_crs, lattice), native, wanted)
    cells = lattice(wanted.output_crs)
    grid = _filled(native, asked, slices, wanted) if cells is None else _on_lattice(cells, asked, slices, wanted)
    if wanted.scaling.wanted:
        width, height = wanted.scaling.size(grid.width, grid.height)
        return Grid.from_bbox(grid.crs, grid.bbox, width, height)
    return grid


def _whole(native: Grid, crs: Crs, lattice: Lattice) -> BBox:
    """The coverage's box in the subsetting CRS."""
    cells = lattice(crs)
    whole = cells.bbox if cells is not None else project_bbox(native.bbox, native.crs, crs)
    if whole is None:
        raise InvalidSubset(f"The coverage cannot be expressed in {crs.short}.", locator="SUBSETTINGCRS")
    return whole


def _asked_box(whole: BBox, native: Grid, wanted: Wanted) -> tuple[Box, frozenset[str]]:
    """The asked box in the subsetting CRS, cut to the coverage, and the axes along which it is a slice."""
    low = {"x": whole.min_x, "y": whole.min_y}
    high = {"x": whole.max_x, "y": whole.max_y}
    slack = {"x": whole.width / native.width * _HAIR_PX, "y": whole.height / native.height * _HAIR_PX}
    turn = period(wanted.subsetting_crs)
    for subset in wanted.subsets:
        kind = subset.kind
        first, last = interval(subset)
        if kind == "x" and turn:
            low[kind], high[kind] = _turned((low[kind], high[kind]), first, last, turn, slack[kind])
        first = low[kind] if first is None else first
        last = high[kind] if last is None else last
        if first > high[kind] + slack[kind] or last < low[kind] - slack[kind]:
            raise InvalidSubset(_outside(subset, low[kind], high[kind], wanted.subsetting_crs), locator=subset.axis)
        low[kind], high[kind] = (min(max(v, low[kind]), high[kind]) for v in (first, last))
    slices = frozenset(subset.kind for subset in wanted.subsets if subset.is_slice)
    return (low["x"], low["y"], high["x"], high["y"]), slices


def _turned(whole: tuple[float, float], first: Bound, last: Bound, turn: float, slack: float) -> tuple[float, float]:
    """The extent of the coverage along x, counted by the whole turns that bring it under an interval.

    The same meridians have many numbers: 350 is -10. A coverage around the world begins where the interval does.
    """
    low, high = whole
    bounded = first is not None and last is not None
    start, end = low if first is None else first, high if last is None else last
    if bounded and high - low >= turn - slack and end - start <= turn + slack:
        return start, end
    moved = _shift(whole, (start, end), turn, slack)
    return low + moved, high + moved


def _shift(whole: tuple[float, float], asked: tuple[float, float], turn: float, slack: float) -> float:
    """The fewest whole turns, as a length, that make an interval meet another; 0 where none do."""
    fewest = math.ceil((asked[0] - whole[1] - slack) / turn)
    most = math.floor((asked[1] - whole[0] + slack) / turn)
    return turn * min(max(0, fewest), most) if fewest <= most else 0.0


def _outside(subset: Subset, low: float, high: float, crs: Crs) -> str:
    label = dict(zip("xy", axis_labels(crs), strict=True))[subset.kind]
    bounds = subset.low if subset.high is None else f"{subset.low},{subset.high}"
    text = (
        f"SUBSET {subset.axis}({bounds}) lies outside the coverage, which reaches from {low:.10g} to {high:.10g} "
        f"along {label} in {crs.short}."
    )
    if means_degrees(subset.axis) and not crs.geographic:
        text += " For degrees add SUBSETTINGCRS=http://www.opengis.net/def/crs/EPSG/0/4326."
    return text


def _on_lattice(cells: Grid, asked: Box, slices: frozenset[str], wanted: Wanted) -> Grid:
    if wanted.subsetting_crs == cells.crs:
        return _snap(_facing(cells, asked[0], asked[2]), asked, slices)
    # A line or point becomes a sliver, so that it has a box around it in the other CRS.
    box = _thickened(asked, *(side * 1e-3 for side in pixel_size(cells, wanted.subsetting_crs, asked)))
    projected = project_bbox(box, wanted.subsetting_crs, cells.crs)
    cells = cells if projected is None else _facing(cells, projected.min_x, projected.max_x)
    shared = projected and projected.intersection(cells.bbox)
    if shared is None:
        raise InvalidSubset("The subset lies outside the coverage.", locator="SUBSET")
    return _snap(cells, (shared.min_x, shared.min_y, shared.max_x, shared.max_y), frozenset())


def _facing(cells: Grid, left: float, right: float) -> Grid:
    """The same cells, their longitudes counted so that they lie under an interval; around the world, begun with it."""
    turn = period(cells.crs)
    box = cells.bbox
    hair = cells.resolution[0] * _HAIR_PX
    if not turn or (box.min_x - hair <= left and right <= box.max_x + hair):
        return cells
    if cells.is_round:
        first, _ = cells.transform.inverse(left, box.max_y)
        return Grid(cells.crs, cells.transform.shifted(math.floor(first + _HAIR_PX), 0), cells.width, cells.height)
    moved = _shift((box.min_x, box.max_x), (left, right), turn, hair)
    t = cells.transform
    return Grid(cells.crs, Affine(t.a, t.b, t.c + moved, t.d, t.e, t.f), cells.width, cells.height)


def _snap(cells: Grid, asked: Box, slices: frozenset[str]) -> Grid:
    """The cells that the box touches."""
    to_pixel = cells.transform.inverse
    left, bottom = to_pixel(asked[0], asked[1])
    right, top = to_pixel(asked[2], asked[3])
    col, width = _touched(left, right, cells.width, one="x" in slices)
    row, height = _touched(top, bottom, cells.height, one="y" in slices)
    return cells.crop(col, row, width, height)


def _touched(first: float, last: float, count: int, *, one: bool) -> tuple[int, int]:
    """First cell and number of cells that an interval of pixel positions touches."""
    start = min(max(math.floor(first + _HAIR_PX), 0), count - 1)
    if one:
        return start, 1
    stop = min(max(math.ceil(last - _HAIR_PX), start + 1), count)
    return start, stop - start


def _filled(native: Grid, asked: Box, slices: frozenset[str], wanted: Wanted) -> Grid:
    """A grid in a CRS that no scene is stored in."""
    crs = wanted.output_crs
    if wanted.subsetting_crs == native.crs:
        box = _snap(_facing(native, asked[0], asked[2]), asked, slices).bbox
    else:
        box = _thickened(asked, *pixel_size(native, wanted.subsetting_crs, asked))
    projected = project_bbox(box, wanted.subsetting_crs, crs)
    if projected is None:
        raise InvalidSubset(f"The subset cannot be expressed in {crs.short}.", locator="OUTPUTCRS")
    scaling = wanted.scaling
    if scaling.width and scaling.height:
        # Whole pixels of the size on the ground would reach beyond the box, and their edge would be scaled with them.
        return Grid.from_bbox(crs, projected, scaling.width, scaling.height)
    corners = (projected.min_x, projected.min_y, projected.max_x, projected.max_y)
    size_x, size_y = pixel_size(native, crs, corners)
    width, height = projected.width / size_x, projected.height / size_y
    if max(width, height) > _MOST_PX:
        raise InvalidSubset(f"The subset is too large to be expressed in {crs.short}.", locator="OUTPUTCRS")
    transform = Affine(size_x, 0.0, projected.min_x, 0.0, -size_y, projected.max_y)
    return Grid(crs, transform, max(1, math.ceil(width - _HAIR_PX)), max(1, math.ceil(height - _HAIR_PX)))


def _thickened(asked: Box, size_x: float, size_y: float) -> BBox:
    """The box, at least so large."""
    min_x, min_y, max_x, max_y = asked
    return BBox(min_x, min_y, max(max_x, min_x + size_x), max(max_y, min_y + size_y))
