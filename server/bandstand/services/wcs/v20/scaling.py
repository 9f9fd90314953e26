"""SCALEFACTOR, SCALEAXES, SCALESIZE, SCALEEXTENT (OGC 12-039): how many pixels come out."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from bandstand.errors import InvalidAxis, InvalidParameter, InvalidScale, shorten
from bandstand.model.exchange import Arguments
from bandstand.services.wcs.v20.subset import axis_kind

_PART = re.compile(r"\s*(?:https?://[^\s(),]*/)?([\w.-]+)\s*\(([^()]*)\)\s*")
"""An axis, by its label or the URI that ends in it (`http://www.opengis.net/def/axis/OGC/1/i`), and its value."""
_KEYS = ("SCALEFACTOR", "SCALEAXES", "SCALESIZE", "SCALEEXTENT")
_SIDES = ("WIDTH", "HEIGHT")
_MOST = 1e9
_LONGEST = 1000


class InvalidScaleFactor(InvalidScale):
    """A factor or size that is no positive number."""


class InvalidExtent(InvalidScale):
    """A reversed or unreadable SCALEEXTENT."""


class ScaleAxisUndefined(InvalidAxis):
    """Scaling along an axis that the coverage lacks."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """What a request wants of the size of its answer; None along an axis leaves it."""

    factor_x: float | None = None
    factor_y: float | None = None
    width: int | None = None
    height: int | None = None

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Pixels along x and y, given those of the unscaled subset."""
        wide = self.width or max(1, math.floor(width * (self.factor_x or 1.0) + 1e-9))
        high = self.height or max(1, math.floor(height * (self.factor_y or 1.0) + 1e-9))
        return wide, high

    @property
    def wanted(self) -> bool:
        """Whether anything was asked."""
        return self != Scaling()


def read_scaling(args: Arguments) -> Scaling:
    """The scaling of a request; at most one of the four keys may be given (requirement 4).

    WIDTH and HEIGHT, which are no words of WCS 2.0, mean what they mean in maps: SCALESIZE.

    Raises:
        InvalidParameter: Two keys, or an unreadable text.
        InvalidScaleFactor: Zero, negative or no number.
        ScaleAxisUndefined: An unknown axis.
    """
    given = [key for key in _KEYS if key.casefold() in args.keys()]  # noqa: SIM118 - an empty one counts
    given += [key for key in _SIDES if args.all(key)]
    if len(given) > 1 and given != [*_SIDES]:
        raise InvalidParameter(f"{given[0]} and {given[1]} exclude each other; give one.", locator=given[1])
    if not given:
        return Scaling()
    if given[0] in _SIDES:
        wide, high = (args.get(key) for key in _SIDES)
        return Scaling(width=_size(wide, "WIDTH") if wide else None, height=_size(high, "HEIGHT") if high else None)
    (key,) = given
    texts = args.all(key)
    if len(texts) != 1:
        raise InvalidParameter(f"{key} needs exactly one value, got {len(texts)}.", locator=key)
    if key == "SCALEFACTOR":
        factor = _positive(texts[0], key)
        return Scaling(factor_x=factor, factor_y=factor)
    pairs = _pairs(texts[0], key)
    if key == "SCALEAXES":
        factors = {kind: _positive(text, key) for kind, text in pairs.items()}
        return Scaling(factor_x=factors.get("x"), factor_y=factors.get("y"))
    reader: Callable[[str, str], int] = _size if key == "SCALESIZE" else _extent
    sizes = {kind: reader(text, key) for kind, text in pairs.items()}
    return Scaling(width=sizes.get("x"), height=sizes.get("y"))


def _pairs(text: str, key: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PART.match(text, position) if len(text) <= _LONGEST else None
        if match is None:
            raise InvalidParameter(
                f'{key} "{shorten(text)}" cannot be read; expected axis(value), such as {key}=E(500),N(400).',
                locator=key,
            )
        kind = _kind(match[1])
        if kind in found:
            raise InvalidParameter(f'{key} names the axis "{match[1]}" twice.', locator=match[1])
        found[kind] = match[2].strip()
        position = match.end()
        if position < len(text):
            if text[position] != ",":
                raise InvalidParameter(f'{key} "{shorten(text)}": expected a comma between axes.', locator=key)
            position += 1
    if not found:
        raise InvalidParameter(f"{key} names no axis.", locator=key)
    return found


def _kind(name: str) -> str:
    try:
        kind = axis_kind(name)
    except InvalidAxis as error:
        raise ScaleAxisUndefined(error.message, locator=name) from error
    if kind == "time":
        raise ScaleAxisUndefined("The time axis cannot be scaled.", locator=name)
    return kind


def _positive(text: str, key: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 < value < _MOST) or "_" in text or not text.isascii():
        raise InvalidScaleFactor(
            f'{key} "{shorten(text)}" is no positive number below {_MOST:g}.', locator=text[:40] or key
        )
    return value


def _size(text: str, key: str) -> int:
    value = _positive(text, key)
    if not value.is_integer():
        raise InvalidScaleFactor(f'{key} "{shorten(text)}" is no whole number of pixels.', locator=text[:40])
    return int(value)


def _extent(text: str, key: str) -> int:
    parts = text.split(":")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        low = high = math.nan
    if not (low.is_integer() and high.is_integer()) or "_" in text:
        raise InvalidExtent(
            f'{key} "{shorten(text)}" cannot be read; expected low:high in whole pixels.', locator=text[:40] or key
        )
    if high < low or high - low >= _MOST:
        raise InvalidExtent(
            f'{key} "{shorten(text)}": the low end must not lie above the high one, nor {_MOST:g} pixels below it.',
            locator=text[:40],
        )
    return int(high - low) + 1
