"""What the tags of a coverage tell, read back by formats that have a place for it."""

from collections.abc import Mapping
from datetime import datetime

from bandstand.model.time import TimeSpan

START, END = "SOURCE_TIME_START", "SOURCE_TIME_END"
"""First and last acquisition, as `isoformat` writes them."""


def acquired(tags: Mapping[str, str]) -> TimeSpan | None:
    """When the scenes were taken; None where no tag tells it."""
    start, end = tags.get(START), tags.get(END)
    if not start or not end:
        return None
    return TimeSpan(datetime.fromisoformat(start), datetime.fromisoformat(end))
