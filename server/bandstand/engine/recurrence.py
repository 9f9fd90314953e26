"""Series of times without counting their steps: which stretches of time a step falls into."""

import bisect
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bandstand.model.time import Duration

_TICK = timedelta(microseconds=1)
_MOST_MONTHS = 12 * 9999


def recurring(
    period: Duration, start: datetime, stretches: Sequence[tuple[datetime, datetime]], last: datetime
) -> Iterator[int]:
    """Positions of the stretches that hold one of start, start + period, start + 2 periods and so on.

    Costs as much as there are stretches, however short the period is; a period of months also as much as it has
    steps among them.

    Args:
        period: Longer than nothing.
        start: The first step.
        stretches: First and last moments, oldest first, apart from one another.
        last: No step lies beyond it.
    """
    if not stretches or start > last:
        return
    if not period.months:
        # A period that leads beyond the end in one step may also lead beyond the calendar.
        exact = min(period.exact, last - start + _TICK)
        for position, (first, end) in enumerate(stretches):
            step = max(0, -((start - first) // exact))
            if step * exact <= min(end, last) - start:
                yield position
        return
    step = bisect.bisect_left(range(_MOST_MONTHS), True, key=lambda n: _reaches(period, n, start, stretches[0][0]))
    position = 0
    while (moment := _moment(period, step, start)) is not None and moment <= last:
        while position < len(stretches) and stretches[position][1] < moment:
            position += 1
        if position == len(stretches):
            return
        if stretches[position][0] <= moment:
            yield position
            position += 1
        step += 1


def _reaches(period: Duration, step: int, start: datetime, moment: datetime) -> bool:
    found = _moment(period, step, start)
    return found is None or found >= moment


def _moment(period: Duration, step: int, start: datetime) -> datetime | None:
    """The step; None beyond the year 9999."""
    try:
        return period.times(step).after(start)
    except OverflowError:
        return None
