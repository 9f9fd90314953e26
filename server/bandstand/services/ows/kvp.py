"""Typed readers of key-value parameters: text becomes a value once, or an error that says how to mend it."""

import math
from collections.abc import Sequence

from bandstand.errors import InvalidParameter, MissingParameter, TooLarge, UnsupportedCrs, UnsupportedFormat, shorten
from bandstand.errors import suggest as near
from bandstand.model.crs import Crs, parse_crs
from bandstand.model.exchange import Arguments
from bandstand.model.grid import BBox
from bandstand.model.style import Rgba

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_HEX = frozenset("0123456789abcdef")
_LONGEST_NUMBER = 100
"""Characters; clients print at most 17 digits."""
_MEDIA_ALIASES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "webp": "image/webp",
    "image/png8": "image/png; mode=8bit",
    "image/geotiff": "image/tiff",
    "geotiff": "image/tiff",
    "gtiff": "image/tiff",
    "json": "application/json",
    "application/geojson": "application/geo+json",
}


def required(args: Arguments, *keys: str, hint: str = "") -> str:
    """The value of a mandatory key (or of one of its other spellings).

    Raises:
        MissingParameter: It is absent or empty; locator is the first spelling.
    """
    value = args.get(*keys)
    if not value:
        raise missing(keys[0], hint)
    return value


def missing(key: str, hint: str = "") -> MissingParameter:
    """The error for a mandatory key that is absent; `hint` says what to give."""
    return MissingParameter(f"{key} is missing{f'; give {hint}' if hint else ''}.", locator=key)


def integer(text: str, key: str) -> int:
    """A whole number; `256.0` is read as 256.

    Raises:
        InvalidParameter: It is no whole number of a sensible size.
    """
    if text.isdecimal() and text.isascii() and len(text) < 16:
        return int(text)
    try:
        value = number(text, key)
    except InvalidParameter:
        value = math.nan
    if not value.is_integer() or abs(value) > 1e15:
        raise InvalidParameter(f'{key} "{shorten(text)}" is no whole number; give one such as 256.', locator=key)
    return int(value)


def number(text: str, key: str) -> float:
    """A finite number: plain, scientific, with a sign, a leading point allowed.

    Raises:
        InvalidParameter: It is none, or not finite.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    # Python reads the digits of every script, underscores, and as many places as one likes: no standard has them.
    if not math.isfinite(value) or "_" in text or not text.isascii() or len(text) > _LONGEST_NUMBER:
        raise InvalidParameter(f'{key} "{shorten(text)}" is no finite number; give one such as 0.5.', locator=key)
    return value


def number_within(text: str, key: str, low: float, high: float) -> float:
    """A number between two bounds, both included.

    Raises:
        InvalidParameter: It is none, or lies outside.
    """
    value = number(text, key)
    if not low <= value <= high:
        raise InvalidParameter(f"{key} {value:g} is outside {low:g} to {high:g}.", locator=key)
    return value


def boolean(text: str, key: str, *, default: bool) -> bool:
    """A switch; an empty text is the default.

    Raises:
        InvalidParameter: It is neither true nor false.
    """
    if not text:
        return default
    folded = text.casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise InvalidParameter(f'{key} "{shorten(text)}" is no switch; give TRUE or FALSE.', locator=key)


def listed(text: str) -> tuple[str, ...]:
    """The members of a comma list, stripped; empty members stay."""
    return tuple(part.strip() for part in text.split(",")) if text else ()


def refuse_many(text: str, key: str, *, most: int, what: str) -> None:
    """Refuse a comma list that is too long, before any of its members is looked at.

    Args:
        text: As sent.
        key: The parameter's name.
        most: Members that are allowed, those that repeat included.
        what: They are: `coverages`.

    Raises:
        TooLarge: There are more; the message tells how many may be.
    """
    count = text.count(",") + 1
    if count > most:
        raise TooLarge(f"{key} names {count} {what}; give at most {most}.", locator=key)


def choice(text: str, key: str, known: dict[str, str]) -> str:
    """The value that a word stands for, without regard to case.

    Raises:
        InvalidParameter: The word is unknown; the known ones are named.
    """
    found = known.get(text.casefold())
    if found is None:
        accepted = ", ".join(dict.fromkeys(known.values()))
        raise InvalidParameter(
            f'{key} "{shorten(text)}" is unknown; accepted: {accepted}.{near(text, known.values())}', locator=key
        )
    return found


def bbox(text: str, key: str, crs: Crs, *, authority_order: bool) -> BBox:
    """Four numbers as a box, x first.

    Args:
        text: `min,min,max,max`, in the order of the CRS when `authority_order` holds, else x before y.
        key: The parameter's name, for messages.
        crs: Of the numbers.
        authority_order: Whether the first axis of the CRS comes first.

    Raises:
        InvalidParameter: Not four finite numbers, or empty, or reversed.
    """
    parts = text.split(",")
    if len(parts) != 4:
        order = "miny,minx,maxy,maxx" if authority_order and crs.north_first else "minx,miny,maxx,maxy"
        raise InvalidParameter(
            f'{key} "{shorten(text)}" has {len(parts)} value(s); give four numbers {order} in {crs.short}.',
            locator=key,
        )
    a, b, c, d = (number(part.strip(), key) for part in parts)
    if authority_order and crs.north_first:
        a, b, c, d = b, a, d, c
    try:
        return BBox(a, b, c, d)
    except InvalidParameter as error:
        raise InvalidParameter(f"{key}: {error.message}", locator=key) from error


def size(text: str, key: str, *, limit: int, limit_name: str) -> int:
    """A side of a picture in pixels.

    Raises:
        InvalidParameter: Not a whole number of at least 1.
        TooLarge: Above the limit, which the message names.
    """
    value = integer(text, key)
    if value < 1:
        raise InvalidParameter(f"{key} {value} is too small; give at least 1 pixel.", locator=key)
    if value > limit:
        raise TooLarge(
            f"{key} {value} exceeds the maximum {limit} ({limit_name}). Ask several smaller images or use WCS.",
            locator=key,
        )
    return value


def colour(text: str, key: str) -> Rgba:
    """An opaque colour: `0xRRGGBB`, `#RRGGBB` or `RRGGBB`.

    Raises:
        InvalidParameter: Any other spelling.
    """
    digits = text.casefold().removeprefix("0x").removeprefix("#")
    if len(digits) != 6 or not set(digits) <= _HEX:
        raise InvalidParameter(
            f'{key} "{shorten(text)}" is no colour; give hexadecimal red, green, blue such as 0xFFFFFF.', locator=key
        )
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16), 255


def media_type(text: str, offered: Sequence[str], key: str) -> str:
    """The offered media type that is meant, as it is published.

    Raises:
        UnsupportedFormat: It is not offered; the offered ones are named.
    """
    if text in offered:
        return text
    folded = ";".join(part.strip() for part in text.casefold().split(";"))
    # A plus that nobody escaped comes as a space: `application/geo json`.
    for spelled in (folded.replace(" ", ""), folded.replace(" ", "+")):
        meant = _MEDIA_ALIASES.get(spelled, spelled).replace(" ", "")
        for known in offered:
            if meant == known.casefold().replace(" ", ""):
                return known
    raise UnsupportedFormat(
        f'{key} "{shorten(text)}" is not offered; offered: {", ".join(offered)}.{near(text, offered)}', locator=key
    )


def crs(text: str, offered: Sequence[Crs], key: str) -> Crs:
    """One of the offered coordinate reference systems, in any spelling.

    Raises:
        UnsupportedCrs: It is unknown, or not offered; near choices are named.
    """
    found = parse_crs(text, locator=key)
    if found not in offered:
        code = found.epsg or 0
        ranked = sorted(offered, key=lambda c: abs((c.epsg or 10**7) - code))[:3]
        raise UnsupportedCrs(
            f'{key} "{shorten(text)}" is not offered. Nearest choices: {", ".join(c.short for c in ranked)} '
            f"({len(offered)} in capabilities).",
            locator=key,
        )
    return found


def time_text(text: str) -> str:
    """A time as it was meant: a `+` that the query turned into a space before a zone comes back."""
    if " " not in text:
        return text
    members = []
    for member in text.split(","):
        ends = []
        for end in member.strip().split("/"):
            clock, space, zone = end.strip().rpartition(" ")
            ends.append(f"{clock}+{zone}" if space and "T" in clock.upper() and zone[:2].isdecimal() else end.strip())
        members.append("/".join(ends))
    return ",".join(members)
