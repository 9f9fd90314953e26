"""When: spans of UTC time, closed at both ends."""

import calendar
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

from bandstand.errors import InvalidTime, shorten


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


@dataclass(frozen=True, slots=True)
class Starts(TimeSpan):
    """The scenes that start within; of those that last, only the ones that reach a moment."""

    until: datetime | None = None
    """Composites end then or later; None: whenever they end."""


COMPOSITE = timedelta(hours=12)
"""No overpass lasts so long: a scene that does is made of many, and its days are those of UTC."""


def isoformat(moment: datetime) -> str:
    """ISO 8601 in UTC with a `Z`, milliseconds only where there are some."""
    utc = moment.astimezone(UTC)
    # strftime leaves out the zeros before early years.
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds" if utc.microsecond else "seconds") + "Z"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When a scene was taken, and over which meridian: what solar days are made of."""

    start: datetime
    """Aware, UTC."""
    lon: float
    """Longitude of the scene's centre, degrees."""
    end: datetime | None = field(default=None, compare=False)
    """The last moment of a scene that has a range of time; None: it is an instant."""

    @property
    def lasts(self) -> bool:
        """Whether it is a composite of some time."""
        return self.end is not None and self.end - self.start >= COMPOSITE


def calendar_name(start: datetime, end: datetime) -> str:
    """`2022` or `2022-03` where a stretch is this very year or month, to its last microsecond; else empty."""
    if end.microsecond != 999999:
        return ""
    for name in (start.isoformat()[:4], start.isoformat()[:7]):
        if _single(name)[0] == TimeSpan(start, end):
            return name
    return ""


def from_microseconds(count: int) -> datetime:
    """The moment so many microseconds after the start of 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=count)


Precision = Literal["year", "month", "week", "day", "hour", "minute", "second", "fraction"]


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A calendar duration (ISO 8601): months keep their name, the rest is exact."""

    months: int = 0
    exact: timedelta = timedelta(0)

    def after(self, moment: datetime) -> datetime:
        """The moment so much later; the 31st becomes the last day of a shorter month.

        Raises:
            OverflowError: Beyond the years 1 to 9999.
        """
        return self._shift(moment, 1)

    def before(self, moment: datetime) -> datetime:
        """The moment so much earlier.

        Raises:
            OverflowError: Beyond the years 1 to 9999.
        """
        return self._shift(moment, -1)

    def times(self, count: int) -> "Duration":
        """So many of them, so that a monthly series does not drift from the 31st to the 28th."""
        return Duration(self.months * count, self.exact * count)

    def _shift(self, moment: datetime, sign: int) -> datetime:
        month = moment.year * 12 + moment.month - 1 + sign * self.months
        year, month = divmod(month, 12)
        if not 1 <= year <= 9999:
            raise OverflowError("beyond the years 1 to 9999")
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day) + sign * self.exact


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMember:
    """One member of a TIME list."""

    text: str
    kind: Literal["single", "interval", "latest", "default"] = "single"
    span: TimeSpan = TimeSpan(None, None)
    """As far as it is known without the data: a day reaches to its last microsecond."""
    precision: Precision = "day"
    """Of a single time."""
    back: Duration | None = None
    """Interval that starts so much before its end."""
    to_present: bool = False
    """Interval that ends with the newest data."""
    period: Duration | None = None
    """Only the times of this series."""


@dataclass(frozen=True, slots=True)
class TimeQuery:
    """What a TIME parameter asks, before anything is known of the data."""

    members: tuple[TimeMember, ...]


def parse_time(text: str) -> TimeQuery:
    """Read a TIME value: instants, days, months, years, intervals, durations, series, lists and key words.

    Raises:
        InvalidTime: It cannot be read; locator `time`.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MOST_MEMBERS:
        raise InvalidTime(f"TIME lists {len(parts)} members; at most {MOST_MEMBERS} are read.", locator="time")
    try:
        return TimeQuery(tuple(_member(part) for part in parts if part or len(parts) > 1))
    except (ValueError, OverflowError) as error:
        detail = f" ({error})" if str(error) else ""
        raise InvalidTime(
            f'Cannot read TIME "{shorten(text)}"{detail}; expected ISO 8601 such as 2023-06-14 or '
            "2023-06-01/2023-06-30.",
            locator="time",
        ) from error


MOST_MEMBERS = 500
_KEYWORDS: dict[str, Literal["latest", "default"]] = {
    "current": "latest",
    "latest": "latest",
    "now": "latest",
    "present": "latest",
    "default": "default",
}
_CALENDAR = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))?)?"
    r"(?:[T ](?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    # A plus sign that was not percent-encoded arrives as a space.
    r" ?(?P<zone>Z|[+\- ]\d{2}(?::?\d{2})?)?|Z)?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(\d{4})-(\d{3})")
_WEEK = re.compile(r"(\d{4})-?W(\d{2})(?:-?(\d))?", re.IGNORECASE)
_DURATION = re.compile(
    r"P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_TICK = timedelta(microseconds=1)


def _member(text: str) -> TimeMember:
    keyword = _KEYWORDS.get(text.casefold())
    if keyword:
        return TimeMember(text=text, kind=keyword)
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == 1:
        span, precision = _single(text)
        return TimeMember(text=text, span=span, precision=precision)
    if len(parts) > 3:
        raise ValueError("too many slashes")
    found = _interval(text, parts[0], parts[1])
    if len(parts) == 3 and parts[2] not in {"", "0"}:
        return replace(found, period=parse_duration(parts[2]))
    return found


def _interval(text: str, first: str, last: str) -> TimeMember:
    to_present = last.casefold() in _KEYWORDS
    back = None
    start = end = None
    if first.upper().startswith("P") and first.casefold() not in _KEYWORDS:
        back = parse_duration(first)
    elif first not in {"", ".."}:
        start = _single(first)[0].start
    if last.upper().startswith("P") and not to_present:
        if start is None:
            raise ValueError("a duration needs a time beside it")
        end = parse_duration(last).after(start) - _TICK
    elif last not in {"", ".."} and not to_present:
        end = _single(last)[0].end
    if back is not None:
        if end is None and not to_present:
            raise ValueError("a duration needs a time beside it")
        # P7D/2023-06-30 are seven days, the last one included.
        start = None if end is None else back.before(end + _TICK)
    if start and end and start > end:
        raise ValueError("the interval starts after its end")
    return TimeMember(text=text, kind="interval", span=TimeSpan(start, end), back=back, to_present=to_present)


def parse_duration(text: str) -> Duration:
    """Read an ISO 8601 duration such as `P1M`, `P10D`, `PT6H`.

    Raises:
        ValueError: It is none, or no time at all.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f'"{shorten(text, 30)}" is no duration such as P10D')
    years, months, weeks, days, hours, minutes = (int(n or 0) for n in match.groups()[:6])
    seconds = float((match[7] or "0").replace(",", "."))
    found = Duration(
        years * 12 + months,
        timedelta(days=days + 7 * weeks, hours=hours, minutes=minutes, seconds=seconds),
    )
    if found == Duration():
        raise ValueError("a duration of nothing")
    return found


def _single(text: str) -> tuple[TimeSpan, Precision]:
    if match := _ORDINAL.fullmatch(text):
        day = datetime(int(match[1]), 1, 1, tzinfo=UTC) + timedelta(days=int(match[2]) - 1)
        if int(match[2]) < 1 or day.year != int(match[1]):
            raise ValueError("the year has no such day")
        return TimeSpan(day, _end(day, _LENGTHS["day"])), "day"
    if match := _WEEK.fullmatch(text):
        monday = date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
        start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
        days = 1 if match[3] else 7
        return TimeSpan(start, _end(start, Duration(exact=timedelta(days=days)))), "day" if match[3] else "week"
    match = _CALENDAR.fullmatch(text)
    if match is None:
        raise ValueError
    return _calendar(match)


def _calendar(match: re.Match[str]) -> tuple[TimeSpan, Precision]:
    fraction = int((match["fraction"] or "").ljust(6, "0")[:6])
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    # ISO 8601: 24:00 is the start of the next day, and a leap second that of the next minute.
    midnight, leap = (hour, minute, second, fraction) == (24, 0, 0, 0), second == 60
    start = datetime(
        int(match["year"]),
        int(match["month"] or 1),
        int(match["day"] or 1),
        0 if midnight else hour,
        minute,
        0 if leap else second,
        fraction,
        tzinfo=_zone(match["zone"]),
    ).astimezone(UTC) + timedelta(days=midnight, minutes=leap)
    if match["hour"] and not match["day"]:
        raise ValueError("an hour needs a day")
    if match["fraction"]:
        digits = min(len(match["fraction"]), 6)
        return TimeSpan(start, _end(start, Duration(exact=timedelta(microseconds=10 ** (6 - digits))))), "fraction"
    precision: Precision = "year"
    for part in ("month", "day", "hour", "minute", "second"):
        if match[part]:
            precision = part
    return TimeSpan(start, _end(start, _LENGTHS[precision])), precision


def _end(start: datetime, length: Duration) -> datetime:
    """The last microsecond of a stretch; that of the calendar where it leads beyond: 9999-12-31 often means no end."""
    try:
        return length.after(start) - _TICK
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


_LENGTHS = {
    "year": Duration(months=12),
    "month": Duration(months=1),
    "day": Duration(exact=timedelta(days=1)),
    "hour": Duration(exact=timedelta(hours=1)),
    "minute": Duration(exact=timedelta(minutes=1)),
    "second": Duration(exact=timedelta(seconds=1)),
}


def _zone(text: str | None) -> timezone:
    if text is None or text in {"Z", "z"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if shift >= timedelta(days=1):
        raise ValueError("a zone is less than 24:00 away from UTC")
    return timezone(-shift if text[0] == "-" else shift)
