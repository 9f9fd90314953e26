"""The published times of a layer: groups of scenes, and those that a span of time meets."""

import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from bandstand.caching.recent import Recent
from bandstand.catalog.packing import meridian
from bandstand.model.item import Item
from bandstand.model.layer import TimeResolution
from bandstand.model.time import Moment, Starts, TimeSpan, calendar_name, isoformat, parse_time

_LENGTHS: dict[TimeResolution, int] = {"instant": 20, "solar-day": 10, "day": 10, "month": 7, "year": 4}
"""Characters of a label."""


@dataclass(frozen=True, slots=True)
class Group:
    """The scenes behind one published time."""

    label: str
    period: TimeSpan
    """What the label stands for."""
    reach: datetime
    """Its last moment: later than the period where it holds composites."""
    runs: tuple[tuple[int, int], ...]
    """First and last positions among all moments, of every run without a moment of another group."""


class Groups:
    """The published times of a layer, oldest first."""

    def __init__(self, moments: Sequence[Moment], resolution: TimeResolution) -> None:
        """Group moments, which come oldest first."""
        self.moments = moments
        self.resolution = resolution
        runs: dict[str, list[tuple[int, int]]] = {}
        ends: dict[str, datetime] = {}
        before = ""
        for position, moment in enumerate(moments):
            label = published_label(moment, resolution)
            if moment.end is not None and (moment.lasts or resolution == "instant"):
                ends[label] = max(moment.end, ends.get(label, moment.end))
            if label == before:
                runs[label][-1] = (runs[label][-1][0], position)
            else:
                runs.setdefault(label, []).append((position, position))
            before = label
        self.all = tuple(
            _group(label, _period(label, resolution, moments[found[0][0]]), tuple(found), ends.get(label))
            for label, found in sorted(runs.items())
        )
        self.composite = frozenset(position for position, group in enumerate(self.all) if group.label in ends)
        """Positions of the groups with scenes that have a range of time."""

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels of all groups, which sort as their times do."""
        return tuple(group.label for group in self.all)

    def get(self, label: str) -> int | None:
        """Position of the group of this label."""
        at = bisect.bisect_left(self.labels, label)
        return at if at < len(self.labels) and self.labels[at] == label else None

    @cached_property
    def lasting(self) -> tuple[int, ...]:
        """Positions of the groups that reach beyond the period of their label."""
        return tuple(p for p in sorted(self.composite) if self.all[p].reach != self.all[p].period.end)

    @cached_property
    def end(self) -> datetime:
        """The last moment of all groups."""
        return max(group.reach for group in self.all)

    def covering(self, span: TimeSpan) -> list[int]:
        """Positions of the groups that last beyond their period and meet a span."""
        return [
            p
            for p in self.lasting
            if (span.start is None or self.all[p].reach >= span.start)
            and (span.end is None or (self.all[p].period.start or span.end) <= span.end)
        ]

    def within(self, span: TimeSpan) -> Sequence[int]:
        """Positions of the groups that meet a span."""
        return self.joined(self._by_period(span), span)

    def joined(self, named: Sequence[int], span: TimeSpan) -> Sequence[int]:
        """Groups found by their label, and the composites that meet the span."""
        if not self.lasting:
            return named
        covering = self.covering(span)
        # One that ends the very moment another begins is not meant along with it.
        touching = {p for p in covering if self.all[p].reach == span.start}
        found = {*named, *covering}
        return sorted(found - touching or found)

    def _by_period(self, span: TimeSpan) -> range:
        low, high = 0, len(self.all)
        if span.start is not None:
            start = span.start
            low = bisect.bisect_left(self.all, start, key=lambda g: g.period.end or start)
        if span.end is not None:
            end = span.end
            high = bisect.bisect_right(self.all, end, key=lambda g: g.period.start or end)
        return range(low, max(low, high))

    def at(self, span: TimeSpan) -> int | None:
        """Position of the group that has a scene which starts within a short span."""
        if span.start is None or span.end is None:
            return None
        at = bisect.bisect_left(self.moments, span.start, key=lambda m: m.start)
        if at < len(self.moments) and self.moments[at].start <= span.end:
            return self.get(published_label(self.moments[at], self.resolution))
        return None

    def spans(self, chosen: Iterable[int], until: Mapping[int, datetime | None] | None = None) -> tuple[TimeSpan, ...]:
        """The fewest spans that hold every scene of the chosen groups and none of another.

        Args:
            until: By position: composites of the group that end before were not meant.
        """
        known = until or {}
        limits = {p: known.get(p) if p in self.composite else None for p in set(chosen)}
        runs = sorted((run, limit) for position, limit in limits.items() for run in self.all[position].runs)
        joined: list[tuple[int, int, datetime | None]] = []
        for (first, last), limit in runs:
            if joined and joined[-1][1:] == (first - 1, limit):
                joined[-1] = (joined[-1][0], last, limit)
            else:
                joined.append((first, last, limit))
        return tuple(self._span(*run) for run in joined)

    def _span(self, first: int, last: int, until: datetime | None) -> TimeSpan:
        start, end = self.moments[first].start, self.moments[last].start
        return TimeSpan(start, end) if until is None else Starts(start, end, until)


def _group(label: str, period: TimeSpan, runs: tuple[tuple[int, int], ...], end: datetime | None) -> Group:
    last = period.end or datetime.max.replace(tzinfo=UTC)
    return Group(label, period, last if end is None else max(last, end), runs)


_KEPT: Recent[tuple[int, str], Groups] = Recent(64)


def groups(moments: Sequence[Moment], resolution: TimeResolution) -> Groups:
    """The groups of a layer; remembered while the catalogue hands out the same moments."""
    key = (id(moments), resolution)
    found = _KEPT.get(key)
    # The groups hold their moments, so that an id in use is never another sequence's.
    if found is not None and found.moments is moments:
        return found
    return _KEPT.put(key, Groups(moments, resolution))


def label_of(item: Item, resolution: TimeResolution) -> str:
    """The published time that a scene belongs to; empty for a scene without a time."""
    if item.time.start is None:
        return ""
    return published_label(Moment(item.time.start, meridian(item), item.time.end), resolution)


def published_label(moment: Moment, resolution: TimeResolution) -> str:
    """The published time that a moment belongs to."""
    if resolution == "instant":
        return isoformat(moment.start)
    if moment.end is not None and moment.lasts:
        named = calendar_name(moment.start, moment.end)
        if named and len(named) < _LENGTHS[resolution]:
            return named
    if resolution == "solar-day" and not moment.lasts:
        # Local solar time: an overpass is never cut in two at midnight UTC.
        return _solar(moment).isoformat()[:10]
    # strftime leaves out the zeros before early years.
    return moment.start.isoformat()[: _LENGTHS[resolution]]


def _solar(moment: Moment) -> datetime:
    try:
        return moment.start + timedelta(hours=moment.lon / 15.0)
    except OverflowError:
        # The first and the last hours of the calendar.
        return moment.start


def _period(label: str, resolution: TimeResolution, first: Moment) -> TimeSpan:
    if resolution == "instant":
        return TimeSpan(first.start, first.start)
    if is_whole(label, resolution):
        # Like every composite it is known by its start; it lasts longer.
        label = published_label(replace(first, end=None, lon=0.0), resolution)
    return parse_time(label).members[0].span


def is_whole(label: str, resolution: TimeResolution) -> bool:
    """Whether a label is that of a whole year or month among shorter times."""
    return len(label) < _LENGTHS[resolution]
