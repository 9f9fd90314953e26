"""The datasets and mosaics of a series that lie at some place and time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import shapely

from bandstand.engine.engine import Engine
from bandstand.engine.groups import Group, Groups, groups
from bandstand.engine.scenes import by_time, shape_of
from bandstand.model.grid import BBox
from bandstand.model.item import Item
from bandstand.model.layer import Layer
from bandstand.model.time import TimeSpan
from bandstand.services.wcs.v20.eo.portions import Portion, mosaic_id, mosaic_of

MOST = 2000
"""Scenes of one series that are looked at; a smaller area or time shows those behind."""
_LONGEST = timedelta(days=2)
"""Overpasses begin so long before the end of their day anywhere, at most; how long composites last is known."""
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
ANY = TimeSpan(None, None)
"""Any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The area and time that coverages have to meet, or to lie in."""

    area: BBox | None = None
    """Longitude and latitude."""
    span: TimeSpan = ANY
    """The time."""
    contains: bool = False
    """They have to lie inside whole."""

    def takes(self, items: tuple[Item, ...]) -> bool:
        """Whether a coverage of these scenes is meant: a box holds or meets them as it does their union."""
        if self.contains:
            return all(self.is_at(item) and self.is_in(item.time) for item in items)
        return any(self.is_at(item) for item in items) and self.is_in(_period(items))

    def is_at(self, item: Item) -> bool:
        """Whether the ground of a scene meets the area, or lies in it."""
        if self.area is None:
            return True
        box = shapely.box(self.area.min_x, self.area.min_y, self.area.max_x, self.area.max_y)
        return bool((shapely.covers if self.contains else shapely.intersects)(box, shape_of(item)))

    def is_in(self, time: TimeSpan) -> bool:
        """Whether a time meets the asked one, or lies in it."""
        if self.span == ANY:
            return True
        if not self.contains:
            return self.span.intersects(time)
        early = self.span.start is None or (time.start is not None and time.start >= self.span.start)
        end = time.end or time.start
        return early and (self.span.end is None or (end is not None and end <= self.span.end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """What of a series lies somewhere."""

    scenes: tuple[Item, ...]
    """Newest first."""
    mosaics: tuple[tuple[str, Callable[[], Portion]], ...]
    """Identifiers of the mosaics of more than one scene, and what makes them: few of them are shown."""
    cut: bool
    """More scenes had to be looked at than are."""


def find_members(layer: Layer, where: Where, engine: Engine) -> Members:
    """The scenes and mosaics of a layer that are meant.

    A mosaic is one with all its scenes, not with those alone that are met; whether it is meant is told by the scenes
    that are found and by how many there are of its time, so that the others need not be read.
    """
    times = groups(engine.catalog.moments(layer.collection), layer.time.resolution)
    found = engine.catalog.search(layer.collection, bbox=where.area, times=_starts(where, times), limit=MOST + 1)
    near = tuple(item for item in found[:MOST] if where.is_at(item))
    mosaics = tuple(
        (mosaic_id(layer, label), partial(mosaic_of, layer, label, engine))
        for label, items in by_time(layer, near).items()
        if _is_meant(times, label, items, where)
    )
    scenes = tuple(item for item in near if where.is_in(item.time))
    return Members(scenes=scenes, mosaics=mosaics, cut=len(found) > MOST)


def _is_meant(times: Groups, label: str, here: tuple[Item, ...], where: Where) -> bool:
    """Whether the mosaic of a time is, of whose scenes these lie in the area."""
    position = times.get(label)
    if position is None:
        return False
    group = times.all[position]
    count = sum(last - first + 1 for first, last in group.runs)
    if count < 2:
        return False
    if where.contains:
        return sum(where.is_in(item.time) for item in here) == count
    period = _period(here)
    starts = _first_and_last(times, group)
    whole = TimeSpan(min(filter(None, (period.start, starts.start))), max(filter(None, (period.end, starts.end))))
    return where.is_in(whole)


def _first_and_last(times: Groups, group: Group) -> TimeSpan:
    return TimeSpan(times.moments[group.runs[0][0]].start, times.moments[group.runs[-1][1]].start)


def _period(items: tuple[Item, ...]) -> TimeSpan:
    """From the start of the first scene to the end of the last; open where one has no time."""
    starts = [item.time.start for item in items]
    ends = [item.time.end or item.time.start for item in items]
    return TimeSpan(
        None if None in starts else min(filter(None, starts)), None if None in ends else max(filter(None, ends))
    )


def _starts(where: Where, times: Groups) -> tuple[TimeSpan, ...]:
    """When scenes may start that reach into the span, or whose mosaic does."""
    span = where.span
    if span == ANY:
        return ()
    early = span.start is None or span.start - _BEGINNING < _LONGEST
    return (
        TimeSpan(None if early or span.start is None else span.start - _LONGEST, span.end),
        *times.spans(times.within(span)),
    )
