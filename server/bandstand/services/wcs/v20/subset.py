"""SUBSET texts: trims and slices along axes (OGC 09-147r3, 8.1; axis names of OGC 09-110r4)."""

import math
import re
from dataclasses import dataclass

from bandstand.errors import InvalidAxis, InvalidParameter, InvalidSubset, shorten
from bandstand.model.exchange import Arguments

SUBSET_KEY = re.compile(r"subset\d*")
"""SUBSET, and the numbered keys that GDAL sends for further axes; in lower case."""
_AXIS = re.compile(r"[\w.-]{1,64}")
_LONGEST = 1000
_X = frozenset({"x", "e", "easting", "long", "lon", "longitude", "i", "w", "westing"})
_Y = frozenset({"y", "n", "northing", "lat", "latitude", "j", "s", "southing"})
_TIME = frozenset({"time", "t", "ansi", "date", "phenomenontime", "begin"})

Bound = float | None
"""A coordinate; None where the text has `*`."""


@dataclass(frozen=True, slots=True)
class Subset:
    """One SUBSET: `low` and `high` as sent; a slice has no `high`."""

    axis: str
    """As sent."""
    kind: str
    """`x`, `y` or `time`."""
    low: str
    high: str | None
    crs: str = ""

    @property
    def is_slice(self) -> bool:
        """A single position instead of an interval."""
        return self.high is None


def means_degrees(name: str) -> bool:
    """Whether an axis was called by a name of longitude or latitude."""
    return name.casefold().startswith(("lon", "lat"))


def read_subsets(args: Arguments) -> tuple[Subset, ...]:
    """Every SUBSET of a request; numbered keys (`SUBSET0`) count as well, since GDAL sends them.

    Raises:
        InvalidAxis: An axis is unknown, or named twice.
        InvalidParameter: A text has not the form `axis(low,high)` or `axis(point)`.
    """
    texts = [text for key in args.keys() if SUBSET_KEY.fullmatch(key) for text in args.all(key)]  # noqa: SIM118
    found: dict[str, Subset] = {}
    for text in texts:
        subset = _read(text)
        if subset.kind in found:
            raise InvalidAxis(
                f'SUBSET names the axis "{subset.axis}" twice ("{shorten(text)}"); give each axis once.',
                locator=subset.axis,
            )
        found[subset.kind] = subset
    return tuple(found.values())


def axis_kind(name: str) -> str:
    """Which axis a label means: `x`, `y` or `time`.

    Raises:
        InvalidAxis: None of ours.
    """
    folded = name.casefold()
    for kind, names in (("x", _X), ("y", _Y), ("time", _TIME)):
        if folded in names:
            return kind
    raise InvalidAxis(
        f'There is no axis "{shorten(name)}". The axes are E and N (or Long and Lat, x and y), and time.', locator=name
    )


def _read(text: str) -> Subset:
    # By hand, since a pattern with this much optional space takes its time over hostile texts.
    head, opened, rest = text.strip().partition("(")
    name, comma, crs = (part.strip() for part in head.partition(","))
    if not (opened and rest.endswith(")") and _AXIS.fullmatch(name) and len(text) <= _LONGEST) or (comma and not crs):
        raise InvalidParameter(
            f'SUBSET "{shorten(text)}" cannot be read; expected axis(low,high) or axis(point), '
            "such as E(380000,390000).",
            locator="SUBSET",
        )
    kind = axis_kind(name)
    parts = _split(rest[:-1])
    if not 1 <= len(parts) <= 2 or not all(parts) or any(c in part for part in parts for c in '()"'):
        raise InvalidSubset(
            f'SUBSET "{shorten(text)}" cannot be read; expected {name}(low,high) or {name}(point), * for an open end.',
            locator=name,
        )
    return Subset(name, kind, parts[0], parts[1] if len(parts) == 2 else None, crs)


def _split(inside: str) -> list[str]:
    """Split at the comma, and take the quotes off."""
    return [_unquoted(part.strip()) for part in inside.split(",")]


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if quoted else text


def interval(subset: Subset) -> tuple[Bound, Bound]:
    """The bounds of a spatial subset as numbers, low and high alike for a slice.

    Raises:
        InvalidSubset: Not numbers, or reversed.
    """
    low = _bound(subset.low, subset)
    high = low if subset.high is None else _bound(subset.high, subset)
    if subset.is_slice and low is None:
        raise InvalidSubset(f'A slice needs a number, got "{subset.axis}(*)".', locator=subset.axis)
    if low is not None and high is not None and low > high:
        raise InvalidSubset(
            f"SUBSET {subset.axis}({subset.low},{subset.high}): the low bound lies above the high one.",
            locator=subset.axis,
        )
    return low, high


def _bound(text: str, subset: Subset) -> Bound:
    if text == "*":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not text.isascii() or "_" in text:
        raise InvalidSubset(
            f'SUBSET {subset.axis}: "{shorten(text)}" is no number; give numbers or * such as {subset.axis}(380000,*).',
            locator=subset.axis,
        )
    return value


def time_of(subset: Subset) -> str:
    """The temporal subset as an ISO 8601 text: an instant, or an interval with `..` for open ends.

    Raises:
        InvalidSubset: A slice at `*`.
    """
    low = ".." if subset.low == "*" else subset.low
    if subset.high is None:
        if low == "..":
            raise InvalidSubset("A slice in time needs a time, got time(*).", locator=subset.axis)
        return low
    high = ".." if subset.high == "*" else subset.high
    if low == high == "..":
        return ""
    return low if low == high else f"{low}/{high}"
