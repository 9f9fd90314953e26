"""When: spans of UTC time, closed at both ends."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From `start` to `end`, both included, aware and in UTC; an instant has `start == end`."""

    start: datetime | None
    """None: open towards the past."""
    end: datetime | None
    """None: open towards the future."""

    def __post_init__(self) -> None:
        """Refuse naive times: every time in Bandstand is UTC."""
        for moment in (self.start, self.end):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a TimeSpan holds aware times")

    @classmethod
    def instant(cls, moment: datetime) -> "TimeSpan":
        """A single moment."""
        return cls(moment, moment)

    def intersects(self, other: "TimeSpan") -> bool:
        """Whether the two share a moment."""
        starts_late = self.start is not None and other.end is not None and self.start > other.end
        ends_early = self.end is not None and other.start is not None and self.end < other.start
        return not (starts_late or ends_early)


def isoformat(moment: datetime) -> str:
    """ISO 8601 in UTC with a `Z`, milliseconds only where there are some."""
    utc = moment.astimezone(UTC)
    text = utc.strftime("%Y-%m-%dT%H:%M:%S")
    if utc.microsecond:
        text += f".{utc.microsecond // 1000:03d}"
    return text + "Z"
