"""Colours, edges, ranges and colour ramps, from the text that people write to the nouns."""

import csv
import math
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from bandstand.errors import InvalidParameter, shorten, suggest
from bandstand.model.style import ColourMap, Edge, Rgba
from bandstand.share import shipped

_HEX = re.compile(r"^(?:#|0x)?(?P<digits>[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$", re.IGNORECASE)
_MOST_STOPS = 256
_TRANSPARENT: Rgba = (0, 0, 0, 0)


def parse_colour(text: str, *, locator: str = "colormap") -> Rgba:
    """Read `#rgb`, `#rrggbb`, `#rrggbbaa` (the mark may be missing or `0x`), a CSS name or `transparent`.

    Raises:
        InvalidParameter: It is none of these.
    """
    found = _colour(text)
    if found is None:
        raise InvalidParameter(
            f'Colour "{shorten(text)}" is not known; expected #rrggbb, #rrggbbaa, a CSS colour name or '
            f"transparent.{suggest(text, ImageColor.colormap)}",
            locator=locator,
        )
    return found


def _colour(text: str) -> Rgba | None:
    name = text.strip().lower()
    if name == "transparent":
        return _TRANSPARENT
    if name in ImageColor.colormap:
        return _rgba(ImageColor.getcolor(name, "RGBA"))
    match = _HEX.match(name)
    if match is None:
        return None
    digits = match["digits"]
    if len(digits) <= 4:
        digits = "".join(2 * digit for digit in digits)
    return _rgba(bytes.fromhex(digits if len(digits) == 8 else digits + "ff"))


def _rgba(parts: bytes | int | tuple[int, ...]) -> Rgba:
    red, green, blue, alpha = parts  # type: ignore[misc]
    return red, green, blue, alpha


def parse_edge(text: str, *, locator: str = "below") -> Edge:
    """Read what lies outside a range: `extend`, `transparent` or a colour.

    Raises:
        InvalidParameter: It is none of these.
    """
    name = text.strip().lower()
    if name == "extend":
        return "extend"
    if name == "transparent":
        return "transparent"
    if _colour(name) is None:
        raise InvalidParameter(
            f'"{shorten(text)}" is no edge colour; expected extend, transparent, #rrggbb or a CSS colour name.'
            f"{suggest(text, ['extend', 'transparent', *ImageColor.colormap])}",
            locator=locator,
        )
    return parse_colour(name, locator=locator)


def parse_range(text: str) -> tuple[tuple[float, float], ...]:
    """Read `low,high`, or one such pair a channel separated by semicolons; physical units.

    Raises:
        InvalidParameter: Locator `range`: not two finite numbers, or not rising.
    """
    pairs = text.strip().split(";")
    if len(pairs) > 4:
        raise InvalidParameter(
            f"RANGE has {len(pairs)} pairs; expected one for all channels or one for each of up to four.",
            locator="range",
        )
    return tuple(_pair(pair) for pair in pairs)


def _pair(text: str) -> tuple[float, float]:
    parts = text.split(",")
    numbers = [_number(part) for part in parts]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        raise InvalidParameter(
            f'RANGE "{shorten(text)}" cannot be read; expected two numbers such as -0.2,0.9 '
            "(a pair for each channel: 0,0.3;0,0.3;0,0.25).",
            locator="range",
        )
    low, high = numbers[0], numbers[1]
    if not low < high or not math.isfinite(high - low):
        raise InvalidParameter(
            f'RANGE "{shorten(text)}" does not rise; the first number must lie below the second. '
            "To turn a ramp round, add _r to its name.",
            locator="range",
        )
    return low, high


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def parse_colormap(text: str) -> tuple[ColourMap, tuple[float, float] | None]:
    """Read a ramp: a name (`viridis`, `rdylgn_r`), a list of colours, or `value:colour` stops.

    Returns:
        The colour map and, for stops, the range of their values.

    Raises:
        InvalidParameter: Locator `colormap`, with the nearest names.
    """
    given = text.strip()
    if ":" in given:
        return _from_stops(given)
    if "," in given:
        parts = given.split(",")
        _check_count(len(parts), given)
        colours = [parse_colour(part) for part in parts]
        return from_colours(given, colours), None
    return named_ramp(given, ramp_folder()), None


def _check_count(count: int, text: str) -> None:
    if not 2 <= count <= _MOST_STOPS:
        raise InvalidParameter(
            f'COLORMAP "{shorten(text)}" has {count} colours; expected 2 to {_MOST_STOPS}.', locator="colormap"
        )


def _from_stops(text: str) -> tuple[ColourMap, tuple[float, float]]:
    parts = text.split(",")
    _check_count(len(parts), text)
    stops: list[tuple[float, Rgba]] = []
    for part in parts:
        value, mark, colour = part.partition(":")
        number = _number(value)
        if not mark or number is None:
            raise InvalidParameter(
                f'COLORMAP stop "{shorten(part)}" cannot be read; expected value:colour such as 0.5:#ffffbf.',
                locator="colormap",
            )
        stops.append((number, parse_colour(colour)))
    return from_values(text, stops)


def from_values(name: str, stops: list[tuple[float, Rgba]]) -> tuple[ColourMap, tuple[float, float]]:
    """A colour map from (value, colour) by rising value, and the range of the values.

    Raises:
        InvalidParameter: Locator `colormap`: the values fall, or are all the same.
    """
    values = [value for value, _ in stops]
    low, high = values[0], values[-1]
    if values != sorted(values) or not low < high or not math.isfinite(high - low):
        raise InvalidParameter(
            f'COLORMAP "{shorten(name)}": the values of the stops must rise from the first to the last.',
            locator="colormap",
        )
    placed = tuple(((value - low) / (high - low), colour) for value, colour in stops)
    return ColourMap(name, placed), (low, high)


def from_colours(name: str, colours: list[Rgba]) -> ColourMap:
    """A colour map of two or more evenly spaced colours."""
    last = len(colours) - 1
    return ColourMap(name, tuple((i / last, colour) for i, colour in enumerate(colours)))


def ramp_folder() -> Path:
    """Where the shipped ramps lie."""
    return shipped("styles") / "ramps"


def ramp_names() -> tuple[str, ...]:
    """Names of the shipped ramps, in alphabetical order; each may be followed by `_r`."""
    return _names(ramp_folder())


@lru_cache(maxsize=16)
def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.csv")))


def named_ramp(text: str, *folders: Path) -> ColourMap:
    """The ramp of this name from the first folder that has it; `_r` at its end turns it round.

    Raises:
        InvalidParameter: Locator `colormap`, with the nearest names.
    """
    name = text.strip().lower()
    for folder in folders:
        if name in _names(folder):
            return _read(folder / f"{name}.csv")
        base = name.removesuffix("_r")
        if base != name and base in _names(folder):
            return reverse(_read(folder / f"{base}.csv"), name)
    known = sorted({name for folder in folders for name in _names(folder)})
    near = suggest(name, [*known, *(f"{k}_r" for k in known)] if name.endswith("_r") else known)
    raise InvalidParameter(
        f'COLORMAP "{shorten(text)}" is not known.{near} Expected a ramp ({", ".join(known)}; _r turns one round), '
        "colours such as #440154,#21918c,#fde725, or stops such as 0:#a50026,0.5:#ffffbf,1:#006837.",
        locator="colormap",
    )


def reverse(ramp: ColourMap, name: str) -> ColourMap:
    """The same colours from the other end."""
    return ColourMap(name, tuple((1.0 - place, colour) for place, colour in reversed(ramp.stops)))


@lru_cache(maxsize=256)
def _read(path: Path) -> ColourMap:
    """A ramp file: a column `colour`, and `position` where the colours are not evenly spaced."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    colours = [parse_colour(row["colour"]) for row in rows]
    if rows and "position" in rows[0]:
        pairs = [(float(row["position"]), colour) for row, colour in zip(rows, colours, strict=True)]
        return from_values(path.stem, pairs)[0]
    return from_colours(path.stem, colours)


@lru_cache(maxsize=256)
def sample(ramp: ColourMap, count: int) -> NDArray[np.uint8]:
    """`count` colours (count, 4) RGBA evenly along a ramp, its two ends among them."""
    places = np.linspace(0.0, 1.0, count)
    at = np.array([place for place, _ in ramp.stops], dtype=np.float64)
    colours = np.array([colour for _, colour in ramp.stops], dtype=np.float64)
    right = np.clip(np.searchsorted(at, places, side="right"), 1, len(at) - 1)
    left = right - 1
    width = np.maximum(at[right] - at[left], 1e-300)
    part = np.clip((places - at[left]) / width, 0.0, 1.0)[:, None]
    return np.rint(colours[left] * (1.0 - part) + colours[right] * part).astype(np.uint8)
