"""One resolver of time for every service: the scenes that a TIME value means (WMS 1.3.0, annex D)."""

import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from bandstand.engine.groups import Group, Groups, groups, is_whole, published_label
from bandstand.engine.recurrence import recurring
from bandstand.errors import BandstandError, InvalidTime
from bandstand.model.ask import TimeAxis
from bandstand.model.layer import TimeResolution, TimeRules
from bandstand.model.request import Older
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
    older: Older | None = None
    """The times before, where the request left it to the layer which one is drawn; None: it named a time."""


def axis(moments: Sequence[Moment], rules: TimeRules) -> TimeAxis:
    """The times of a layer as published, and its default among them."""
    found = groups(moments, rules.resolution)
    if not found.all:
        return TimeAxis(values=(), default="")
    chosen = _default(found, rules)
    ends = tuple(_last_label(group, rules.resolution) for group in found.all) if found.lasting else ()
    default = found.labels[-1 if chosen is None else chosen]
    return TimeAxis(values=found.labels, default=default, ends=ends if ends != found.labels else ())


def _last_label(group: Group, resolution: TimeResolution) -> str:
    """The last published time that a group lasts for: a month that ends at midnight ends with the day before."""
    if resolution == "instant":
        return isoformat(group.reach)
    if group.reach == group.period.end or is_whole(group.label, resolution):
        return group.label
    return published_label(Moment(group.reach - _TICK, 0.0), resolution)


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
    chosen: dict[int, datetime | None] = {}
    """Positions, and the first moment asked of each."""
    notes: list[str] = []
    missing: list[TimeMember] = []
    singles = 0
    for member in query.members:
        picked = _pick(member, found, rules)
        singles += picked is None
        if picked is not None:
            for position in picked:
                chosen[position] = _earlier(chosen, position, member)
            continue
        near = _instead(member, found, rules, nearest=nearest, picture=picture)
        if near is None:
            missing.append(member)
        else:
            chosen[near] = None
            notes.append(f"99 Nearest value used: time={found.labels[near]} ISO8601")
    if missing and not chosen and singles == len(query.members) and rules.missing != "blank":
        raise InvalidTime(_nothing(missing[0], found, rules, layer, nearest=nearest), locator="time")
    if not chosen:
        return Resolved(spans=(NEVER,), blank=True)
    return Resolved(
        spans=found.spans(chosen, chosen),
        notes=tuple(notes),
        label=_range(found, chosen),
        instant=_middle(query, found, set(chosen)),
        # A word that stands for the newest time names none.
        older=_older(found, max(chosen)) if [m.kind for m in query.members] == ["latest"] else None,
    )


def _earlier(chosen: Mapping[int, datetime | None], position: int, member: TimeMember) -> datetime | None:
    """The first moment that this member and those before ask of a group; None: any."""
    start = member.span.start if member.kind != "latest" else None
    if position not in chosen:
        return start
    known = chosen[position]
    return None if known is None or start is None else min(known, start)


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
        # None is older than the first; those that are shown anyway lie below one another.
        older = Older(found.labels[0], found.moments[0].start, found.resolution)
        return Resolved(spans=(), notes=(f"99 Default value used: time={label} ISO8601",), older=older)
    label = found.labels[chosen]
    return Resolved(
        spans=found.spans([chosen]),
        notes=(f"99 Default value used: time={label} ISO8601",),
        label=label,
        instant=found.all[chosen].period.start,
        older=_older(found, chosen),
    )


def _older(found: Groups, position: int) -> Older | None:
    """The groups before one; None where it is the first."""
    if position == 0:
        return None
    last = found.moments[found.all[position - 1].runs[-1][1]].start
    return Older(found.labels[position], last, found.resolution)


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
        # A whole year is published as the year: so it is asked for.
        named = found.get(member.text)
        return found.within(member.span) if named is None else [named]
    named = _single(member, found)
    return found.joined([] if named is None else [named], member.span) or None


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
    return found.get(published_label(Moment(member.span.start, 0.0), found.resolution))


def _interval(member: TimeMember, found: Groups) -> Sequence[int]:
    span = member.span
    if member.to_present:
        start, end = span.start, found.end
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


def _series(period: Duration, span: TimeSpan, positions: Sequence[int], found: Groups) -> Sequence[int]:
    start = span.start or found.all[positions[0]].period.start
    last = max(found.all[position].reach for position in positions)
    if start is None:
        return positions
    if span.end is not None:
        last = min(last, span.end)
    stretches = {position: _stretch(found.all[position], found.resolution) for position in positions}
    # Composites may overlap one another and what else there is: each is looked at by itself.
    alone = [p for p in positions if p in found.composite and [*recurring(period, start, [stretches.pop(p)], last)]]
    hits = [*stretches]
    return sorted((*alone, *(hits[at] for at in recurring(period, start, [*stretches.values()], last))))


def _stretch(group: Group, resolution: TimeResolution) -> tuple[datetime, datetime]:
    """First and last moments whose label is the group's."""
    first, last = group.period.start, group.reach
    if first is None:
        raise TypeError("the period of a group has a start")
    if resolution == "instant":
        # Times are published in milliseconds.
        first = first.replace(microsecond=first.microsecond // 1000 * 1000)
        last = max(last, first + timedelta(microseconds=999))
    return first, last


# Nearest, and what to say of nothing


def _instead(member: TimeMember, found: Groups, rules: TimeRules, *, nearest: bool | None, picture: bool) -> int | None:
    """What is given for a single time at which nothing was acquired."""
    near = _nearest(member, found, rules, nearest=nearest)
    if near is None and picture and nearest is None and rules.missing != "blank":
        return _within_step(member, found)
    return near


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
            group = found.all[position]
            begin = group.period.start
            if begin is not None and begin < start and position in found.composite:
                near.append((position, group.reach - start))
            elif begin is not None:
                near.append((position, begin - start))
    return near


def _nothing(member: TimeMember, found: Groups, rules: TimeRules, layer: str, *, nearest: bool | None) -> str:
    who = f'Layer "{layer}" has no image' if layer else "There is no image"
    around = _neighbours(member, found)
    near = [f"{found.labels[p]} ({_distance(gap)})" for p, gap in around]
    what = {"instant": "times", "month": "months", "year": "years"}.get(rules.resolution, "dates")
    text = f"{who} for {member.text}.\nNearest {what}: {', '.join(near)}."
    if around and _nearest(member, found, rules, nearest=True) is None:
        reach = f"{rules.tolerance_days:g} day{'' if rules.tolerance_days == 1 else 's'}"
        return f"{text} NEAREST reaches {reach} here, and none is as near; ask for one of them."
    # Where the nearest one is taken unless told otherwise, the request has told otherwise.
    wish = "Leave NEAREST out" if nearest is False and rules.missing == "nearest" else "Use NEAREST=true"
    return f"{text} {wish} to accept the nearest one."


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
