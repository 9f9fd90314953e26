"""One resolver of time for every service: groups of scenes, and those that a TIME value means (WMS 1.3.0, annex D)."""

import bisect
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from bandstand.engine.recurrence import recurring
from bandstand.errors import BandstandError, InvalidTime
from bandstand.model.ask import TimeAxis
from bandstand.model.item import Item
from bandstand.model.layer import TimeResolution, TimeRules
from bandstand.model.time import Duration, Moment, TimeMember, TimeQuery, TimeSpan, isoformat, parse_time

NEVER = TimeSpan.instant(datetime(1, 1, 1, tzinfo=UTC))
"""A span in which nothing was acquired; unlike no span at all, which means any time."""

_RANKS = {"year": 0, "month": 1, "week": 1, "day": 2, "hour": 3, "minute": 4, "second": 5, "fraction": 6}
_LAYER_RANKS = {"year": 0, "month": 1, "day": 2, "solar-day": 2, "instant": 5}
_TICK = timedelta(microseconds=1)
_STEP = timedelta(days=31)
"""The longest step of a time slider: a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a TIME value means for one layer."""

    spans: tuple[TimeSpan, ...]
    """Scenes that start within one of these; empty means any time, and only that."""
    notes: tuple[str, ...] = ()
    """Texts of `Warning` headers: a default or a nearest value was used."""
    label: str = ""
    """The time drawn, as published: `2023-06-14`, `2023-06-04/2023-06-14`; empty when nothing is, or any time."""
    blank: bool = False
    """Nothing was acquired then: an empty picture, not an error."""
    instant: datetime | None = None
    """The middle of what was asked, for the order `nearestTime`."""


@dataclass(frozen=True, slots=True)
class Group:
    """The scenes behind one published time."""

    label: str
    period: TimeSpan
    """What the label stands for."""
    runs: tuple[tuple[int, int], ...]
    """First and last positions among all moments, of every run without a moment of another group."""


class Groups:
    """The published times of a layer, oldest first."""

    def __init__(self, moments: Sequence[Moment], resolution: TimeResolution) -> None:
        """Group moments, which come oldest first."""
        self.moments = moments
        self.resolution = resolution
        runs: dict[str, list[tuple[int, int]]] = {}
        before = ""
        for position, moment in enumerate(moments):
            label = _label(moment, resolution)
            if label == before:
                runs[label][-1] = (runs[label][-1][0], position)
            else:
                runs.setdefault(label, []).append((position, position))
            before = label
        self.all = tuple(
            Group(label, _period(label, resolution, moments[found[0][0]]), tuple(found))
            for label, found in sorted(runs.items())
        )

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels of all groups, which sort as their times do."""
        return tuple(group.label for group in self.all)

    def get(self, label: str) -> int | None:
        """Position of the group of this label."""
        at = bisect.bisect_left(self.labels, label)
        return at if at < len(self.labels) and self.labels[at] == label else None

    def within(self, span: TimeSpan) -> range:
        """Positions of the groups whose period meets a span."""
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
            return self.get(_label(self.moments[at], self.resolution))
        return None

    def spans(self, chosen: Iterable[int]) -> tuple[TimeSpan, ...]:
        """The fewest spans that hold every scene of the chosen groups and none of another."""
        runs = sorted(run for position in set(chosen) for run in self.all[position].runs)
        joined: list[tuple[int, int]] = []
        for first, last in runs:
            if joined and joined[-1][1] + 1 == first:
                joined[-1] = (joined[-1][0], last)
            else:
                joined.append((first, last))
        return tuple(TimeSpan(self.moments[first].start, self.moments[last].start) for first, last in joined)


_KEPT: OrderedDict[tuple[int, str], Groups] = OrderedDict()
_LOCK = threading.Lock()


def groups(moments: Sequence[Moment], resolution: TimeResolution) -> Groups:
    """The groups of a layer; remembered while the catalogue hands out the same moments."""
    key = (id(moments), resolution)
    with _LOCK:
        found = _KEPT.get(key)
        # The groups hold their moments, so that an id in use is never another sequence's.
        if found is not None and found.moments is moments:
            _KEPT.move_to_end(key)
            return found
    found = Groups(moments, resolution)
    with _LOCK:
        _KEPT[key] = found
        while len(_KEPT) > 64:
            _KEPT.popitem(last=False)
    return found


def axis(moments: Sequence[Moment], rules: TimeRules) -> TimeAxis:
    """The times of a layer as published, and its default among them."""
    found = groups(moments, rules.resolution)
    if not found.all:
        return TimeAxis(values=(), default="")
    chosen = _default(found, rules)
    return TimeAxis(values=found.labels, default=found.labels[-1 if chosen is None else chosen])


def resolve(
    query: TimeQuery | None,
    moments: Sequence[Moment],
    rules: TimeRules,
    *,
    nearest: bool | None = None,
    picture: bool = False,
    layer: str = "",
) -> Resolved:
    """Say which scenes a TIME value means.

    Args:
        query: None: the layer's default.
        moments: Of all scenes of the layer, oldest first.
        nearest: Accept the nearest time within the layer's tolerance; None: as the layer says.
        picture: Something is drawn: midnight may be the first instant of a step of a time slider.
        layer: Its name, for messages.

    Raises:
        InvalidTime: Nothing was acquired at the one time asked for; locator `time`.
    """
    found = groups(moments, rules.resolution)
    if not found.all:
        return Resolved(spans=())
    if query is None or not query.members:
        return _by_default(found, rules)
    if len(query.members) == 1 and query.members[0].kind == "default":
        return replace(_by_default(found, rules), notes=())
    chosen: set[int] = set()
    notes: list[str] = []
    missing: list[TimeMember] = []
    singles = 0
    for member in query.members:
        picked = _pick(member, found, rules)
        singles += picked is None
        if picked is not None:
            chosen.update(picked)
            continue
        near = _nearest(member, found, rules, nearest=nearest)
        if near is None and picture and nearest is None and rules.missing != "blank":
            near = _within_step(member, found)
        if near is None:
            missing.append(member)
        else:
            chosen.add(near)
            notes.append(f"99 Nearest value used: time={found.labels[near]} ISO8601")
    if missing and not chosen and singles == len(query.members) and rules.missing != "blank":
        raise InvalidTime(_nothing(missing[0], found, rules, layer), locator="time")
    if not chosen:
        return Resolved(spans=(NEVER,), blank=True)
    return Resolved(
        spans=found.spans(chosen),
        notes=tuple(notes),
        label=_range(found, chosen),
        instant=_middle(query, found, chosen),
    )


# Groups


def label_of(item: Item, resolution: TimeResolution) -> str:
    """The published time that a scene belongs to; empty for a scene without a time."""
    if item.time.start is None:
        return ""
    return _label(Moment(item.time.start, item.bbox.centre[0]), resolution)


def _label(moment: Moment, resolution: TimeResolution) -> str:
    if resolution == "instant":
        return isoformat(moment.start)
    if resolution == "solar-day":
        # Local solar time: an overpass is never cut in two at midnight UTC.
        return (moment.start + timedelta(hours=moment.lon / 15.0)).strftime("%Y-%m-%d")
    return moment.start.strftime({"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[resolution])


def _period(label: str, resolution: TimeResolution, first: Moment) -> TimeSpan:
    if resolution == "instant":
        return TimeSpan(first.start, first.start)
    return parse_time(label).members[0].span


def _default(found: Groups, rules: TimeRules) -> int | None:
    """Position of the default group; None: all of them."""
    if rules.default == "all":
        return None
    if rules.default == "earliest":
        return 0
    if rules.default != "latest":
        try:
            picked = _pick(parse_time(rules.default).members[0], found, rules)
        except BandstandError:
            picked = None
        if picked:
            return max(picked)
    return len(found.all) - 1


def _by_default(found: Groups, rules: TimeRules) -> Resolved:
    chosen = _default(found, rules)
    if chosen is None:
        label = _range(found, range(len(found.all)))
        return Resolved(spans=(), notes=(f"99 Default value used: time={label} ISO8601",))
    label = found.labels[chosen]
    return Resolved(
        spans=found.spans([chosen]),
        notes=(f"99 Default value used: time={label} ISO8601",),
        label=label,
        instant=found.all[chosen].period.start,
    )


# Members


def _pick(member: TimeMember, found: Groups, rules: TimeRules) -> Sequence[int] | None:
    """Positions of the groups a member means; None for a single time at which nothing was acquired."""
    if member.kind == "latest":
        return [len(found.all) - 1]
    if member.kind == "default":
        chosen = _default(found, rules)
        return range(len(found.all)) if chosen is None else [chosen]
    if member.kind == "interval":
        return _interval(member, found)
    if is_coarser(member, rules):
        return found.within(member.span)
    named = _single(member, found)
    return None if named is None else [named]


def is_coarser(member: TimeMember, rules: TimeRules) -> bool:
    """Whether a single time is longer than what one published time stands for."""
    return _RANKS[member.precision] < _LAYER_RANKS[rules.resolution] or member.precision == "week"


def _single(member: TimeMember, found: Groups) -> int | None:
    if member.precision in {"second", "fraction", "minute"}:
        # The very second of a scene means its group, also where the solar day is not the day in UTC.
        exact = found.at(member.span)
        if exact is not None:
            return exact
    if found.resolution == "instant" or member.span.start is None:
        return None
    return found.get(_label(Moment(member.span.start, 0.0), found.resolution))


def _interval(member: TimeMember, found: Groups) -> Sequence[int]:
    span = member.span
    if member.to_present:
        end = found.all[-1].period.end
        if end is not None:
            start = span.start
            if member.back is not None:
                start = _back(member.back, end)
            if start is not None and start > end:
                return []
            span = TimeSpan(start, end)
    positions = found.within(span)
    if member.period is None or not positions:
        return positions
    return _series(member.period, span, positions, found)


def _back(duration: Duration, end: datetime) -> datetime | None:
    try:
        return duration.before(end + _TICK)
    except OverflowError:
        return None


def _series(period: Duration, span: TimeSpan, positions: range, found: Groups) -> Sequence[int]:
    start = span.start or found.all[positions[0]].period.start
    last = found.all[positions[-1]].period.end
    if start is None or last is None:
        return positions
    stretches = [_stretch(found.all[position], found.resolution) for position in positions]
    return [positions[at] for at in recurring(period, start, stretches, last)]


def _stretch(group: Group, resolution: TimeResolution) -> tuple[datetime, datetime]:
    """First and last moments whose label is the group's."""
    first, last = group.period.start, group.period.end
    if first is None or last is None:
        raise TypeError("the period of a group has two ends")
    if resolution == "instant":
        # Times are published in milliseconds.
        first = first.replace(microsecond=first.microsecond // 1000 * 1000)
        last = first + timedelta(microseconds=999)
    return first, last


# Nearest, and what to say of nothing


def _nearest(member: TimeMember, found: Groups, rules: TimeRules, *, nearest: bool | None) -> int | None:
    if not (rules.missing == "nearest" if nearest is None else nearest):
        return None
    ranked = [(abs(gap), gap, position) for position, gap in _neighbours(member, found)]
    # Of two that are equally near the newer one, as everywhere.
    ranked.sort(key=lambda r: (r[0], -r[1]))
    if ranked and ranked[0][0] <= timedelta(days=rules.tolerance_days):
        return ranked[0][2]
    return None


def _within_step(member: TimeMember, found: Groups) -> int | None:
    """The first group within a step of a time slider that begins at this instant; None where it is no such instant.

    Sliders that go by weeks or months send the first instant of a step alone, which says midnight and not how long
    the step is: no longer than a month.
    """
    start = member.span.start
    if start is None or found.resolution == "instant" or _RANKS[member.precision] <= _RANKS["day"]:
        return None
    if (start.hour, start.minute, start.second, start.microsecond) != (0, 0, 0, 0):
        return None
    after = bisect.bisect_left(found.all, start, key=lambda g: g.period.start or start)
    if after < len(found.all):
        first = found.all[after].period.start
        if first is not None and first - start < _STEP:
            return after
    return None


def _neighbours(member: TimeMember, found: Groups) -> list[tuple[int, timedelta]]:
    """The groups before and after a single time, with their distance: negative before."""
    start = member.span.start
    if start is None:
        return []
    if found.resolution in {"day", "solar-day"}:
        start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    after = bisect.bisect_right(found.all, start, key=lambda g: g.period.start or start)
    near = []
    for position in (after - 1, after):
        if 0 <= position < len(found.all):
            period = found.all[position].period.start
            if period is not None:
                near.append((position, period - start))
    return near


def _nothing(member: TimeMember, found: Groups, rules: TimeRules, layer: str) -> str:
    who = f'Layer "{layer}" has no image' if layer else "There is no image"
    near = [f"{found.labels[p]} ({_distance(gap)})" for p, gap in _neighbours(member, found)]
    what = {"instant": "times", "month": "months", "year": "years"}.get(rules.resolution, "dates")
    text = f"{who} for {member.text}.\nNearest {what}: {', '.join(near)}."
    return f"{text} Use NEAREST=true to accept the nearest one."


def _distance(gap: timedelta) -> str:
    size = abs(gap)
    side: Literal["before", "after"] = "before" if gap < timedelta(0) else "after"
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count = int(size.total_seconds() // length)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} {side}"
    return f"less than a second {side}"


def _range(found: Groups, chosen: Iterable[int]) -> str:
    positions = sorted(chosen)
    first, last = found.labels[positions[0]], found.labels[positions[-1]]
    return first if first == last else f"{first}/{last}"


def _middle(query: TimeQuery, found: Groups, chosen: set[int]) -> datetime | None:
    span = query.members[0].span
    start = span.start or found.all[min(chosen)].period.start
    end = span.end or found.all[max(chosen)].period.end
    return start + (end - start) / 2 if start and end else start or end
