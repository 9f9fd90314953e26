"""The time dimension of a layer as capabilities publish it."""

from datetime import datetime, timedelta
from itertools import pairwise

from bandstand.model.ask import TimeAxis
from bandstand.model.layer import TimeResolution

MAX_LISTED = 500
"""Times that are listed one by one; more are told as a range with a period."""
_PERIODS: dict[TimeResolution, str] = {
    # Any time between the two (06-042, table C.2): instants have no step, and a series of days would miss them.
    "instant": "0",
    "solar-day": "P1D",
    "day": "P1D",
    "month": "P1M",
    "year": "P1Y",
}


def published_series(axis: TimeAxis, resolution: TimeResolution) -> str:
    """The extent of a time dimension (06-042, C.2): evenly spaced instants as `start/end/period`, else a list.

    Days, months and years stay a list: what exists of them is seldom even, and clients offer lists to choose from.
    """
    if resolution == "instant" and len(axis.values) > 2:
        moments = [datetime.fromisoformat(value) for value in axis.values]
        steps = {later - earlier for earlier, later in pairwise(moments)}
        if len(steps) == 1:
            return f"{axis.values[0]}/{axis.values[-1]}/{_duration(steps.pop())}"
    return ",".join(published_times(axis, resolution))


def _duration(step: timedelta) -> str:
    """An exact ISO 8601 duration: `PT5S`, `PT1H30M`, `P10D`."""
    minutes, seconds = divmod(step.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{step.microseconds / 1e6:.6f}".rstrip("0")[1:] if step.microseconds else ""
    parts = ((hours, "H"), (minutes, "M"), (f"{seconds}{fraction}" if seconds or fraction else 0, "S"))
    clock = "".join(f"{count}{unit}" for count, unit in parts if count)
    return f"P{f'{step.days}D' if step.days else ''}{f'T{clock}' if clock else ''}"


def published_times(axis: TimeAxis, resolution: TimeResolution) -> tuple[str, ...]:
    """Every time by itself, or one `start/end/period` where the list would be too long; each is accepted back."""
    if len(axis.values) <= MAX_LISTED:
        return axis.values
    return (f"{axis.values[0]}/{axis.values[-1]}/{_PERIODS[resolution]}",)
