"""Where the scenes of a collection lie together, in any published coordinate reference system."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bandstand.catalog.base import Catalog
from bandstand.model.crs import CRS84, Crs, period, transformer
from bandstand.model.grid import BBox, Grid, lonlat_bbox, project_bbox
from bandstand.model.item import Item

_WORLD = BBox(-180.0, -90.0, 180.0, 90.0)
_MARGIN_DEGREES = 5.0
"""Data commonly reaches over the edge of its zone by a little."""
_STEEP = 80.0
"""Latitude of an area's edge beyond which nothing is added to it."""
_WALK = 5000
"""Collections of fewer scenes are told from their grids; of larger ones the catalogue knows the ground only."""
_CELLS = 8
"""Scenes of one system are taken together in so many cells a side: a hundred thousand cost no more than some."""
_SIDE = 17
"""Nodes a side of such a box."""

Place = tuple[Crs, BBox]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a collection covers."""

    lonlat: BBox
    """Around all of it, within 180 degrees to either side."""
    places: tuple[Place, ...] = ()
    """Boxes that hold all scenes, each in the scenes' own system; none where only `lonlat` is known."""

    @classmethod
    def of(cls, items: Iterable[Item], lonlat: BBox) -> "Whereabouts":
        """From the grids of scenes."""
        distinct = dict.fromkeys(_places(asset.grid for item in items for asset in item.assets.values()))
        by_crs: dict[Crs, list[BBox]] = defaultdict(list)
        for crs, box in distinct:
            by_crs[crs].append(box)
        return cls(lonlat, tuple((crs, box) for crs, boxes in by_crs.items() for box in _together(boxes)))

    def box(self, crs: Crs) -> BBox | None:
        """The box in a CRS, x first; None where nothing lies in the area that the CRS is made for.

        What is stored in the CRS itself counts as it is; of the rest only the area of use does, since projections run
        wild outside.
        """
        if crs.geographic or period(crs) or not self.places:
            return _of_lonlat(self.lonlat, crs)
        area, wide = _area(crs), _area(crs, _MARGIN_DEGREES)
        if area is not None and not any(_lies_in(place, crs, area) for place in self.places):
            return None
        found = [box for place in self.places for box in _expressed(*place, crs, wide)]
        return united(found) if found else None

    @property
    def span(self) -> tuple[float, float]:
        """West and east of all scenes, the east beyond 180 degrees where they lie around the antimeridian."""
        arcs = [arc for place in self.places if (arc := _arc(*place)) is not None]
        if self.lonlat.width < 360.0 or not arcs:
            return self.lonlat.min_x, self.lonlat.max_x
        return _shortest(arcs)


def whereabouts(catalog: Catalog, collection: str) -> Whereabouts:
    """Of all scenes of a collection; of the whole world while it has none."""
    extent = catalog.extent(collection)
    if extent is None:
        return Whereabouts(_WORLD)
    items = catalog.search(collection, limit=_WALK)
    if len(items) < _WALK:
        return Whereabouts.of(items, extent.lonlat)
    # Too many to look at each.
    return Whereabouts(extent.lonlat, tuple((CRS84, part) for part in extent.parts))


def united(boxes: Sequence[BBox]) -> BBox:
    """The box around all of them, which lie in one CRS; around the world where there is none."""
    whole = boxes[0] if boxes else _WORLD
    for box in boxes[1:]:
        whole = whole.union(box)
    return whole


def _places(grids: Iterable[Grid]) -> Iterable[Place]:
    for grid in grids:
        yield grid.crs, grid.bbox


def _together(boxes: list[BBox]) -> list[BBox]:
    """Fewer boxes around the same, where there are many."""
    if len(boxes) <= _CELLS:
        return boxes
    whole = united(boxes)
    cells: dict[tuple[int, int], list[BBox]] = defaultdict(list)
    for box in boxes:
        x, y = box.centre
        col, row = (x - whole.min_x) / whole.width * _CELLS, (y - whole.min_y) / whole.height * _CELLS
        cells[math.floor(col), math.floor(row)].append(box)
    return [united(cell) for cell in cells.values()]


def _area(crs: Crs, margin: float = 0.0) -> BBox | None:
    """An area of use in degrees, its east beyond 180 where it lies across the antimeridian, so many degrees wider."""
    area = crs.proj.area_of_use
    if area is None:
        return None
    east = area.east + (360.0 if area.east <= area.west else 0.0)
    # Near the poles projections end where their areas do.
    south = area.south - (margin if area.south > -_STEEP else 0.0)
    north = area.north + (margin if area.north < _STEEP else 0.0)
    return BBox(area.west - margin, south, east + margin, north)


def _turned(box: BBox) -> Iterator[BBox]:
    for turn in (-360.0, 0.0, 360.0):
        yield BBox(box.min_x + turn, box.min_y, box.max_x + turn, box.max_y)


def _lies_in(place: Place, crs: Crs, area: BBox) -> bool:
    """Whether scenes are stored in a system or lie in its area."""
    ground = _arc(*place)
    return place[0] == crs or (ground is not None and any(ground.intersects(part) for part in _turned(area)))


def _expressed(source: Crs, box: BBox, crs: Crs, area: BBox | None) -> list[BBox]:
    """A box of scenes in another system, as far as it lies in an area: in pieces where that is met twice."""
    if source == crs:
        return [box]
    ground = _arc(source, box)
    if area is None or ground is None:
        whole = project_bbox(box, source, crs)
        return [] if whole is None else [whole]
    parts = [part for turned in _turned(area) if (part := ground.intersection(turned)) is not None]
    found = [_bent(box, source, crs) if part == ground else _bent(part, CRS84, crs) for part in parts]
    return [one for one in found if one is not None]


@lru_cache(maxsize=4096)
def _arc(crs: Crs, box: BBox) -> BBox | None:
    """The same box in longitude and latitude, counted on across the antimeridian."""
    return lonlat_bbox(box, crs)


def _shortest(arcs: Sequence[BBox]) -> tuple[float, float]:
    """West and east of the shortest stretch of the circle that holds all arcs."""
    spans = sorted((arc.min_x % 360.0, arc.min_x % 360.0 + arc.width) for arc in arcs)
    covered = max(end for _, end in spans) - 360.0
    widest, west = 0.0, -180.0
    for start, end in spans:
        if start - covered > widest:
            widest, west = start - covered, start
        covered = max(covered, end)
    west = (west + 180.0) % 360.0 - 180.0
    return west, west + 360.0 - widest


def _bent(box: BBox, source: Crs, crs: Crs) -> BBox | None:
    """The box around the projected edges of a box, with room for their bends between the nodes."""
    t = np.linspace(0.0, 1.0, _SIDE)
    zero, one = np.zeros_like(t), np.ones_like(t)
    along, up = np.stack([t, one, t, zero]), np.stack([zero, t, one, t])
    x, y = transformer(source, crs).transform(box.min_x + along * box.width, box.min_y + up * box.height)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return project_bbox(box, source, crs)
    # An eighth of the second difference is the middle of a bend; twice that is room for what is not even.
    more_x, more_y = (float(np.abs(np.diff(side, n=2, axis=1)).max()) / 4.0 for side in (x, y))
    low = (float(x.min()) - more_x, float(y.min()) - more_y)
    return BBox(*low, float(x.max()) + more_x, float(y.max()) + more_y)


def _of_lonlat(lonlat: BBox, crs: Crs) -> BBox | None:
    """The box in a CRS of which longitude and latitude alone are known."""
    if crs.lonlat:
        return lonlat
    area = crs.proj.area_of_use
    clipped: BBox | None = lonlat
    # An area that crosses the antimeridian is written with west above east: nothing is clipped then.
    if area is not None and area.west < area.east and area.south < area.north:
        allowed = BBox(area.west, area.south, area.east, area.north)
        if not lonlat.intersects(allowed):
            return None
        wide = BBox(area.west - _MARGIN_DEGREES, area.south, area.east + _MARGIN_DEGREES, area.north)
        clipped = lonlat.intersection(wide.intersection(_WORLD) or allowed)
    return clipped and project_bbox(clipped, CRS84, crs)
