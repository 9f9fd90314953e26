"""The time dimension of a layer as capabilities publish it."""

from bandstand.model.ask import TimeAxis
from bandstand.model.layer import TimeResolution

MAX_LISTED = 500
"""Times that are listed one by one; more are told as a range with a period."""
_PERIODS: dict[TimeResolution, str] = {
    "instant": "P1D",
    "solar-day": "P1D",
    "day": "P1D",
    "month": "P1M",
    "year": "P1Y",
}


def published_times(axis: TimeAxis, resolution: TimeResolution) -> tuple[str, ...]:
    """Every time by itself, or one `start/end/period` where the list would be too long; each is accepted back."""
    if len(axis.values) <= MAX_LISTED:
        return axis.values
    return (f"{axis.values[0]}/{axis.values[-1]}/{_PERIODS[resolution]}",)
