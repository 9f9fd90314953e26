"""The time dimension of a layer as capabilities publish it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from bandstand.model.ask import TimeAxis
from bandstand.model.layer import TimeResolution
from bandstand.model.time import Duration, TimeSpan, parse_time

MAX_LISTED = 1000
"""Times that are listed one by one; of more, those that follow one another evenly are told as `start/end/period`."""
_LEAST = 10
"""So many even times at least make a range in a long list: fewer are easier to choose from one by one."""
_TICK = timedelta(microseconds=1)
_WITHIN: dict[TimeResolution, str] = {
    "instant": "PT1S",
    "solar-day": "P1D",
    "day": "P1D",
    "month": "P1M",
    "year": "P1Y",
}
"""Steps of the times within a scene that lasts: each of them finds it."""


def published_series(axis: TimeAxis, resolution: TimeResolution) -> str:
    """The extent of a time dimension (06-042, C.2): evenly spaced instants as `start/end/period`, else a list.

    Days, months and years stay a list while it is short: clients offer lists to choose from.
    """
    if resolution == "instant" and len(axis.values) > 2 and not axis.ends:
        whole = _runs(axis.values, len(axis.values))
        if len(whole) == 1:
            return whole[0]
    return ",".join(published_times(axis, resolution))


def published_times(axis: TimeAxis, resolution: TimeResolution) -> tuple[str, ...]:
    """Every time by itself or, in a long list, as a step of a `start/end/period`; every step exists, and no other.

    What lasts longer is a `start/end/period` by itself.
    """
    if axis.ends:
        return _ranges(axis, resolution)
    if len(axis.values) <= MAX_LISTED:
        return axis.values
    return _runs(axis.values, _LEAST)


@lru_cache(maxsize=64)
def _ranges(axis: TimeAxis, resolution: TimeResolution) -> tuple[str, ...]:
    """What lasts as `start/end/period`; where that are too many, those that follow or overlap one another as one."""
    pairs = [*zip(axis.values, axis.ends, strict=True)]
    if len(pairs) > MAX_LISTED:
        pairs = _united(pairs)
    return tuple(start if start == end else f"{start}/{end}/{_WITHIN[resolution]}" for start, end in pairs)


def _united(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    found = pairs[:1]
    for start, end in pairs[1:]:
        first, last = found[-1]
        before, after = _span(last).end, _span(start).start
        if before is not None and after is not None and after - before <= _TICK:
            found[-1] = (first, max(last, end))
        else:
            found.append((start, end))
    return found


def _span(label: str) -> TimeSpan:
    return parse_time(label).members[0].span


@lru_cache(maxsize=256)
def _runs(values: tuple[str, ...], least: int) -> tuple[str, ...]:
    """The times with runs of at least so many even ones as `start/end/period`."""
    # Years and months are known by their first day.
    moments = [datetime.fromisoformat(value if "T" in value else f"{value}-01-01"[:10]) for value in values]
    found: list[str] = []
    start = 0
    while start < len(values):
        count, period = max((_even(moments, start, period), period) for period in _periods(moments, start))
        if count >= least:
            found.append(f"{values[start]}/{values[start + count - 1]}/{_spelled(period)}")
        else:
            # Its last time may be the first of another run.
            count = max(1, count - 1)
            found += values[start : start + count]
        start += count
    return tuple(found)


def _periods(moments: Sequence[datetime], start: int) -> Iterator[Duration]:
    """The steps that lead from a time to the one after it: an exact one, and one in whole months."""
    first, second = moments[start], moments[min(start + 1, len(moments) - 1)]
    yield Duration(exact=second - first)
    months = (second.year - first.year) * 12 + second.month - first.month
    if months and Duration(months=months).after(first) == second:
        yield Duration(months=months)


def _even(moments: Sequence[datetime], start: int, period: Duration) -> int:
    """How many times from here on follow one another in this step."""
    count = 1
    try:
        while start + count < len(moments) and period.times(count).after(moments[start]) == moments[start + count]:
            count += 1
    except OverflowError:
        pass
    return count


def _spelled(period: Duration) -> str:
    """An ISO 8601 duration: `P1Y`, `P3M`, `P10D`, `PT1H30M`, `PT0.5S`."""
    years, months = divmod(period.months, 12)
    minutes, seconds = divmod(period.exact.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    micro = period.exact.microseconds
    fraction = f"{micro / 1e6:.6f}".rstrip("0")[1:] if micro else ""
    date = ((years, "Y"), (months, "M"), (period.exact.days, "D"))
    clock = ((hours, "H"), (minutes, "M"), (f"{seconds}{fraction}" if seconds or fraction else 0, "S"))
    day, time = ("".join(f"{count}{unit}" for count, unit in parts if count) for parts in (date, clock))
    return f"P{day}{f'T{time}' if time else ''}"
