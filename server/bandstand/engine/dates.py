"""The times that names of files and folders tell: of a second, a day, a month, a year, or from one to another."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bandstand.model.time import Duration, TimeSpan

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TICK = timedelta(microseconds=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Counts of seconds that say less are numbers like others."""
_SPELLED = (
    r"(?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_UNIT = r"(?![_\- ]?(?:px|pix|pixels?|[cdk]?m|dpi|ppi|x\d)(?![a-z]))"
"""What makes a number a size."""
_TO = re.compile(r"[_.-]?to[_.-]?|[_.-]{1,2}", re.IGNORECASE)
_PROCESSED = re.compile(
    r"(?<![a-z0-9])(?:L[COETM]\d\d_[a-z0-9]{2,4}_\d{6}|m_\d{7}_[ns][ew]_\d\d_\w{1,3})_$", re.IGNORECASE
)
"""The names of Landsat and NAIP go on with the day of processing."""
_NO_YEAR = re.compile(
    r"(?:\dx|1:|(?:epsg|crs|srid)[_:.-]?"
    r"|(?<![a-z])(?:v|(?:ver|version|rev|wgs|etrs|gda|jgd|cgcs|sirgas|nzgd)[ _.-]?|nad[ _.-]?(?:1983[ _.-])?))$",
    re.IGNORECASE,
)
"""What makes the number behind it none of a year: a size, a scale, a code, an edition, a datum."""
_SINCE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_]$")
_COUNTED = re.compile(r"(?:(?:year|month|day|doy)[=_-]?|[ymd]=)?(\d{1,4})", re.IGNORECASE)


class _Unclear(Exception):
    """A name holds a date that can be read in two ways."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A time and the characters of a name that tell it."""

    span: TimeSpan
    """A bare day is its noon, UTC: so it stays the same day over every meridian. Months, years and ranges are whole."""
    start: int
    end: int
    is_day: bool = False


def date_in(text: str) -> Dated | None:
    """The finest time that a name holds, the first of several equally fine; None where there is none.

    Years that are still to come, sizes (`2000px`, `2000x2000`), versions (`v2020`) and codes of coordinate systems
    (`EPSG2056`) are no years. A day that could as well be a month (`01-02-2022`) is no date.
    """
    try:
        for spelling, make in _SPELLINGS:
            for match in spelling.finditer(text):
                found = _made(make, match)
                if found is not None:
                    return _stretched(found, text, spelling, make)
    except _Unclear:
        return None
    return None


def time_in(text: str) -> TimeSpan | None:
    """The time that a name holds, as `date_in` finds it."""
    found = date_in(text)
    return found.span if found else None


def time_of(names: Sequence[str]) -> TimeSpan | None:
    """The time that a path tells.

    Args:
        names: Of the folders, outermost first, and of the file without its ending.

    Returns:
        What the innermost name tells that tells one. Folders may count up a date together: `2021/01/31`,
        `year=2021/month=01`, `2021/031`; that counts where it is finer and agrees.
    """
    best = next(filter(None, map(time_in, reversed(names))), None)
    for found, _ in _counted(names):
        if best is None or (found != best and _within(found, best)):
            best = found
    return best


def is_date(name: str) -> bool:
    """Whether a name is nothing but a date."""
    found = date_in(name)
    return found is not None and (found.start, found.end) == (0, len(name))


def counted(names: Sequence[str]) -> range:
    """Positions of the folders that count up a date together; empty where there are none."""
    return next((where for _, where in _counted(names)), range(0))


def _within(inner: TimeSpan, outer: TimeSpan) -> bool:
    if inner.start is None or inner.end is None or outer.start is None or outer.end is None:
        return False
    return outer.start <= inner.start and inner.end <= outer.end


def _counted(names: Sequence[str]) -> Iterator[tuple[TimeSpan, range]]:
    for at in range(len(names) - 1):
        matches = [_COUNTED.fullmatch(name) for name in names[at : at + 3]]
        for count in (3, 2):
            parts = [match[1] for match in matches[:count] if match is not None]
            found = _counted_up(parts) if len(parts) == count else None
            if found is not None:
                yield found, range(at, at + count)
                break


def _counted_up(parts: Sequence[str]) -> TimeSpan | None:
    if len(parts[0]) != 4 or not _is_past(int(parts[0])) or any(len(part) > 3 for part in parts[1:]):
        return None
    if len(parts[1]) == 3:
        return time_in(f"{parts[0]}-{parts[1]}") if len(parts) == 2 else None
    return (
        None if any(len(p) > 2 for p in parts[1:]) else time_in("-".join((parts[0], *(p.zfill(2) for p in parts[1:]))))
    )


# Spellings: each match becomes first and last day, or a moment; None where the numbers are none of a calendar


_Found = tuple[datetime, datetime | None]
"""A moment; or the first day and the day after the last one."""
_Make = Callable[[re.Match[str]], _Found | None]


def _made(make: _Make, match: re.Match[str]) -> Dated | None:
    try:
        found = make(match)
    except (ValueError, OverflowError):
        return None
    if found is None:
        return None
    start, after = found
    if after is None:
        return Dated(TimeSpan.instant(start), match.start(), match.end())
    if after - start == timedelta(days=1):
        return Dated(TimeSpan.instant(start + timedelta(hours=12)), match.start(), match.end(), is_day=True)
    return Dated(TimeSpan(start, after - _TICK), match.start(), match.end())


def _stretched(found: Dated, text: str, spelling: re.Pattern[str], make: _Make) -> Dated:
    """From one time to another of the same spelling right behind it."""
    gap = _TO.match(text, found.end)
    match = spelling.match(text, gap.end()) if gap else None
    last = _made(make, match) if match else None
    start, end = found.span.start, last.span.end if last else None
    if last is None or start is None or end is None or end <= start or _PROCESSED.search(text[: found.start]):
        return found
    if found.is_day:
        start, end = start - timedelta(hours=12), end + timedelta(hours=12) - _TICK
    elif found.span.start == found.span.end and end - start < timedelta(days=1):
        # Start and end of one overpass.
        return Dated(found.span, found.start, last.end)
    return Dated(TimeSpan(start, end), found.start, last.end)


def _moment(match: re.Match[str]) -> _Found | None:
    year, month, day, hour, minute, second = match.group("y", "m", "d", "h", "i", "s")
    return datetime(int(year), int(month), int(day), int(hour), int(minute or 0), int(second or 0), tzinfo=UTC), None


def _ordinal_moment(match: re.Match[str]) -> _Found | None:
    found = _ordinal(match)
    if found is None:
        return None
    hour, minute, second = (int(match[name]) for name in "his")
    return found[0].replace(hour=hour, minute=minute, second=second), None


def _day(match: re.Match[str]) -> _Found | None:
    year, month, day = (int(match[name]) for name in "ymd")
    return _days(date(year, month, day), 1) if 1900 <= year <= 2100 else None


def _turned_day(match: re.Match[str]) -> _Found | None:
    first, second, year = (int(match[name]) for name in "abc")
    if match["sep"] != "." and max(first, second) <= 12 and first != second:
        raise _Unclear
    if match["sep"] != "." and second > 12:
        first, second = second, first
    return _days(date(year, second, first), 1)


def _ordinal(match: re.Match[str]) -> _Found | None:
    year, number = int(match["y"]), int(match["n"])
    day = date(year, 1, 1) + timedelta(days=number - 1)
    return _days(day, 1) if number and day.year == year and _is_past(year) else None


def _week(match: re.Match[str]) -> _Found | None:
    day = match.groupdict().get("d")
    return _days(date.fromisocalendar(int(match["y"]), int(match["w"]), int(day or 1)), 1 if day else 7)


def _short_moment(match: re.Match[str]) -> _Found | None:
    year, month = 2000 + int(match["y"]), _MONTHS.index(match["mon"][:3].casefold()) + 1
    day, hour, minute, second = (int(match[name]) for name in "dhis")
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC), None


def _epoch(match: re.Match[str]) -> _Found | None:
    found = datetime.fromtimestamp(int(match["e"][:10]), UTC)
    return (found, None) if _EPOCH <= found <= datetime.now(UTC) else None


def _spelled(match: re.Match[str]) -> _Found | None:
    year, month, day = int(match["y"]), _MONTHS.index(match["mon"][:3].casefold()) + 1, match["d"]
    return _days(date(year, month, int(day)), 1) if day else _months(year, month, 1)


def _month(match: re.Match[str]) -> _Found | None:
    year = int(match["y"])
    since = _SINCE.search(match.string, 0, match.start())
    if since is not None and int(since[1]) < year:
        # 1991-2020_01: of many years, and which of their months.
        return None
    return _months(year, int(match["m"]), 1) if _is_past(year) else None


def _quarter(match: re.Match[str]) -> _Found | None:
    return _months(int(match["y"]), 3 * int(match["q"]) - 2, 3)


def _year(match: re.Match[str]) -> _Found | None:
    year = int(match["y"])
    if _NO_YEAR.search(match.string, 0, match.start()):
        return None
    return _months(year, 1, 12) if _is_past(year) else None


def _is_past(year: int) -> bool:
    """Whether a year has begun: 2048 and 2056 are sizes and codes as long as they have not."""
    return 1900 <= year <= datetime.now(UTC).year


def _days(first: date, count: int) -> _Found:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return start, start + timedelta(days=count)


def _months(year: int, month: int, count: int) -> _Found:
    start = datetime(year, month, 1, tzinfo=UTC)
    return start, Duration(months=count).after(start)


def _compile(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\d)(?:{text})(?!\d)", re.IGNORECASE | re.ASCII)


_DATE = r"(?P<y>\d{4})(?P<sep>[-_. ]?)(?P<m>\d\d)(?P=sep)(?P<d>\d\d)"
_YMD = r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)"
_CLOCK = r"(?P<h>\d\d)(?P<i>\d\d)(?P<s>\d\d)"
_HMS = r"(?P<h>\d\d)(?P<t>[:_-]?)(?P<i>\d\d)(?P=t)(?P<s>\d\d)"

_SPELLINGS: tuple[tuple[re.Pattern[str], _Make], ...] = (
    # Sentinel-2 products of the first years begin with the day of their making; V says when they were valid.
    (_compile(rf"(?<=_V){_DATE}T{_HMS}"), _moment),
    # The start of a scan of GOES; ASTER begins with the month; Maxar: 20JAN31103021.
    (re.compile(rf"(?<=_s)(?P<y>\d{{4}})(?P<n>\d{{3}}){_CLOCK}\d?(?!\d)"), _ordinal_moment),
    (re.compile(rf"(?<=AST_\w{{3}}_00\d)(?P<m>\d\d)(?P<d>\d\d)(?P<y>\d{{4}}){_CLOCK}(?!\d)"), _moment),
    (_compile(rf"(?<![a-z])(?P<y>\d\d){_SPELLED}(?P<d>\d\d){_CLOCK}"), _short_moment),
    (_compile(rf"{_DATE}(?:[T_ -]|_t|-S){_HMS}"), _moment),
    # What stands behind a c is the time of making; SPOT and Pleiades count tenths of seconds.
    (_compile(rf"(?<![_.]c){_YMD}(?P<h>\d\d)(?:(?P<i>\d\d)(?:(?P<s>\d\d)\d{{0,3}})?)?"), _moment),
    (_compile(rf"(?P<y>\d{{4}})(?P<n>\d{{3}})T{_CLOCK}"), _ordinal_moment),
    (_compile(rf"{_DATE}T(?P<h>\d\d)(?::?(?P<i>\d\d))?(?P<s>(?!))?"), _moment),
    # Of four digits behind a date those are a time that a clock of five minutes shows.
    (_compile(rf"{_DATE}[_ -](?P<h>[01]\d|2[0-3])(?P<i>[0-5][05])(?P<s>(?!))?"), _moment),
    (_compile(_DATE), _day),
    (_compile(r"(?P<y>(?:19|20)\d\d)-(?P<m>\d\d?)-(?P<d>\d\d?)"), _day),
    (_compile(r"(?P<a>\d\d)(?P<sep>[.-])(?P<b>\d\d)(?P=sep)(?P<c>(?:19|20)\d\d)"), _turned_day),
    (_compile(rf"(?<![a-z])(?:(?P<d>\d\d?)[-_. ]?)?{_SPELLED}[-_. ]?(?P<y>(?:19|20)\d\d)"), _spelled),
    (_compile(rf"(?P<y>(?:19|20)\d\d)[-_. ]?{_SPELLED}(?![a-z])(?:[-_. ]?(?P<d>\d\d?))?"), _spelled),
    (re.compile(r"(?<=L[COETM]\d{7})(?P<y>\d{4})(?P<n>\d{3})(?=[A-Z]{3}\d\d)", re.IGNORECASE), _ordinal),
    (_compile(r"(?P<y>\d{4})-?(?P<n>\d{3})"), _ordinal),
    (_compile(r"(?P<y>(?:19|20)\d\d)[-_. ]?W(?:(?:ee)?k[-_]?)?(?P<w>\d\d?)(?:-(?P<d>[1-7]))?(?![-_]?[ns]\d)"), _week),
    (_compile(r"(?<![a-z])(?:week|wk|cw|kw)[-_ ]?(?P<y>(?:19|20)\d\d)[-_](?P<w>\d\d)"), _week),
    (_compile(rf"(?P<y>\d{{4}})(?P<m>\d\d){_UNIT}"), _month),
    (_compile(r"(?P<y>\d{4})[-_.](?P<m>\d\d)(?![a-z])"), _month),
    (_compile(r"(?P<y>(?:19|20)\d\d)[-_]?Q(?P<q>[1-4])"), _quarter),
    (_compile(r"(?<![a-z])Q(?P<q>[1-4])[-_ ]?(?P<y>(?:19|20)\d\d)"), _quarter),
    (_compile(rf"(?P<y>\d{{4}})(?![a-z]){_UNIT}"), _year),
    (_compile(r"(?<![a-z.])(?P<e>\d{10}|\d{13})(?![a-z])"), _epoch),
)
"""Finest first."""
