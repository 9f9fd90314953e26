"""Where a layer lies, in any published coordinate reference system."""

from collections.abc import Sequence
from functools import lru_cache

from bandstand.model.crs import CRS84, Crs
from bandstand.model.grid import BBox, project_bbox

_WORLD = BBox(-180.0, -90.0, 180.0, 90.0)
_MARGIN_DEGREES = 5.0
"""Data commonly reaches over the edge of its zone by a little."""


def united(boxes: Sequence[BBox]) -> BBox:
    """The box around all of them, which lie in one CRS; around the world where there is none."""
    whole = boxes[0] if boxes else _WORLD
    for box in boxes[1:]:
        whole = whole.union(box)
    return whole


@lru_cache(maxsize=4096)
def footprint(lonlat: BBox, crs: Crs) -> BBox | None:
    """The box of a layer in a CRS, x first.

    Args:
        lonlat: Longitude and latitude.
        crs: Wanted; only its area of use counts, projections run wild outside.

    Returns:
        None when the layer lies outside the area where the CRS is defined.
    """
    if crs.geographic:
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
