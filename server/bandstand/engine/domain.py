"""The native grid of a collection: where its scenes are read without resampling."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from bandstand.catalog.base import Catalog
from bandstand.errors import UnknownLayer, UnsupportedCrs
from bandstand.model.crs import CRS84, Crs, parse_crs
from bandstand.model.grid import Affine, BBox, Grid, project_bbox
from bandstand.model.item import Item

_WALK = 5000
"""Collections of no more scenes get a domain that is tight; larger ones take it from the catalogue's extent."""


def native_grid(catalog: Catalog, collection: str, bands: Iterable[str], *, crs: Crs | None = None) -> Grid:
    """The grid over every scene: CRS of most scenes, cells of the finest band, aligned to the newest such scene.

    Args:
        bands: Only these bands count for the cell size.
        crs: Use this system instead of the most frequent one.

    Raises:
        UnknownLayer: The collection has no scene yet.
    """
    items = catalog.search(collection, limit=_WALK)
    if not items:
        raise UnknownLayer(f'Collection "{collection}" has no scene yet; ingest some first.', locator="layer")
    extent = catalog.extent(collection) if len(items) == _WALK else None
    return scenes_grid(items, bands, crs=crs, reach=None if extent is None else extent.lonlat)


def scenes_grid(
    items: Sequence[Item], bands: Iterable[str], *, crs: Crs | None = None, reach: BBox | None = None
) -> Grid:
    """The grid over some scenes, as `native_grid` makes it; in longitude and latitude it covers `reach` as well.

    Raises:
        UnknownLayer: None of the scenes has one of the bands.
        UnsupportedCrs: None of them can be expressed in the CRS.
    """
    wanted = set(bands)
    grids = [_finest(item, wanted) for item in items]
    known = [grid for grid in grids if grid is not None]
    if not known:
        raise UnknownLayer("None of the scenes has one of the bands.", locator="layer")
    native = crs or Counter(grid.crs for grid in known).most_common(1)[0][0]
    reference = next((grid for grid in known if grid.crs == native), None)
    boxes = [box for grid in known if (box := project_bbox(grid.bbox, grid.crs, native)) is not None]
    whole = reach and project_bbox(reach, CRS84, native)
    boxes += [whole] if whole is not None else []
    if not boxes:
        raise UnsupportedCrs(f"No scene can be expressed in {native.short}; choose another CRS.", locator="crs")
    box = boxes[0]
    for other in boxes[1:]:
        box = box.union(other)
    return _snap(box, native, reference, known)


def _finest(item: Item, bands: set[str]) -> Grid | None:
    grids = [asset.grid for name, asset in item.assets.items() if not bands or name in bands]
    if not grids:
        return None
    return min(grids, key=lambda g: (g.resolution[0] * g.crs.metres_per_unit, g.transform.c, -g.transform.f))


def _snap(box: BBox, crs: Crs, reference: Grid | None, known: list[Grid]) -> Grid:
    if reference is not None and reference.transform.b == reference.transform.d == 0.0:
        # South-up files have the same lattice: their origin is a corner of cells as well.
        size_x, size_y = reference.resolution
        origin_x, origin_y = reference.transform.c, reference.transform.f
    else:
        metres = min(min(g.resolution) * g.crs.metres_per_unit for g in known)
        size_x = size_y = metres / crs.metres_per_unit
        origin_x = origin_y = 0.0
    # A hair inwards: a border that lies on the lattice but for rounding must not add a row.
    hair = 1e-6
    first = math.floor((box.min_x - origin_x) / size_x + hair)
    last = math.ceil((box.max_x - origin_x) / size_x - hair)
    top = math.floor((origin_y - box.max_y) / size_y + hair)
    bottom = math.ceil((origin_y - box.min_y) / size_y - hair)
    transform = Affine(size_x, 0.0, origin_x + first * size_x, 0.0, -size_y, origin_y - top * size_y)
    return Grid(crs, transform, max(1, last - first), max(1, bottom - top))


def configured_crs(text: str) -> Crs | None:
    """The CRS that the configuration names for a coverage, None for an empty text."""
    return parse_crs(text) if text else None
