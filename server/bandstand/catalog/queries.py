"""Questions of place and time in SQL."""

import json
import math
from datetime import timedelta

from bandstand.catalog.packing import microseconds
from bandstand.catalog.writing import FOREVER
from bandstand.model.grid import BBox
from bandstand.model.time import COMPOSITE, Starts, TimeSpan

_SEARCH = """
SELECT i.rid, i.revision FROM box r CROSS JOIN item i ON i.rid = r.id >> 1
WHERE r.minc <= :cid AND r.maxc >= :cid
"""
# The R*Tree keeps 32-bit floats rounded outwards; the item's own columns decide. CROSS JOIN keeps the tree first.
_PLACE = """
AND r.minx <= :east AND r.maxx >= :west AND r.miny <= :north AND r.maxy >= :south
AND i.south < :north AND i.north > :south
AND ((i.west < :east AND i.east > :west) OR (i.west2 < :east AND i.east2 > :west))
"""
_SPANS = """
AND (i.t0 IS NULL OR EXISTS (
    SELECT 1 FROM json_each(:spans) s WHERE i.t0 BETWEEN json_extract(s.value, '$[0]') AND json_extract(s.value, '$[1]')
    AND (COALESCE(i.t1, i.t0) - i.t0 < json_extract(s.value, '$[3]') OR i.t1 >= json_extract(s.value, '$[2]'))
))
"""


def parts(bbox: BBox | None) -> tuple[BBox | None, ...]:
    """A box in parts that do not cross the antimeridian."""
    if bbox is None:
        return (None,)
    if bbox.width >= 360.0:
        return (BBox(-180.0, bbox.min_y, 180.0, bbox.max_y),)
    # Longitudes are counted on over the antimeridian as often as one likes. Latitudes are left alone: a box beyond a
    # pole meets nothing there anyway.
    turns = range(math.floor((bbox.min_x + 180.0) / 360.0), math.ceil((bbox.max_x + 180.0) / 360.0))
    return tuple(BBox(bbox.min_x - 360.0 * k, bbox.min_y, bbox.max_x - 360.0 * k, bbox.max_y) for k in turns)


def query(
    cid: int,
    bbox: BBox | None,
    times: tuple[TimeSpan, ...],
    ids: tuple[str, ...],
    max_cloud_cover: float | None,
    limit: int | None,
) -> tuple[str, dict[str, object]]:
    """The statement that finds row and revision of scenes, and its values; see `Catalog.search`."""
    statement, values = _SEARCH, {"cid": cid}  # type: tuple[str, dict[str, object]]
    if bbox is not None:
        statement += _PLACE
        values |= {"west": bbox.min_x, "east": bbox.max_x, "south": bbox.min_y, "north": bbox.max_y}
    if times:
        lows = [-FOREVER if span.start is None else microseconds(span.start) for span in times]
        highs = [FOREVER if span.end is None else microseconds(span.end) for span in times]
        values |= {"after": min(lows) / 1e6, "before": max(highs) / 1e6}
        statement += " AND r.mint <= :before AND r.maxt >= :after"
        if len(times) == 1 and not isinstance(times[0], Starts):
            values |= {"low": lows[0], "high": highs[0]}
            statement += " AND (i.t0 IS NULL OR i.t0 BETWEEN :low AND :high)"
        else:
            values["spans"] = json.dumps([_limits(*span) for span in zip(times, lows, highs, strict=True)])
            statement += _SPANS
    if ids:
        values["ids"] = json.dumps(ids)
        statement += " AND i.id IN (SELECT value FROM json_each(:ids))"
    if max_cloud_cover is not None:
        values["cloud"] = max_cloud_cover
        statement += " AND (i.cloud IS NULL OR i.cloud <= :cloud)"
    if limit is not None:
        # Twice as many: a scene over the antimeridian has two rows.
        values["limit"] = 2 * limit
        statement += " ORDER BY +i.t0 DESC, i.id LIMIT :limit"
    return statement, values


def _limits(span: TimeSpan, low: float, high: float) -> tuple[float, float, float, float]:
    """Earliest and latest start, the earliest end, and how long a scene lasts that must reach it; microseconds."""
    until = span.until if isinstance(span, Starts) else None
    if until is None:
        return low, high, -FOREVER, 0
    return low, high, microseconds(until), COMPOSITE // timedelta(microseconds=1)
