"""How large letters and lines are drawn: dots an inch and sizes of letters, by the names that servers have for them."""

from collections.abc import Mapping

from bandstand.errors import InvalidParameter, shorten
from bandstand.model.exchange import Arguments
from bandstand.services.ows import kvp

SIZES = ("dpi", "map_resolution", "format_options", "legend_options")
"""The keys that are read, in lower case."""

_SCREEN_DPI = 96.0
"""Of the plain size: what desktop clients send for a screen."""
_LETTERS_PX = 12.0
_DPI = (24.0, 1200.0)
_FONT_SIZE = (4.0, 96.0)


def read_sizes(args: Arguments) -> tuple[float, float]:
    """How many times larger everything is drawn, and letters beside that.

    `LEGEND_OPTIONS=dpi:…;fontSize:…` decides, then `DPI`, `MAP_RESOLUTION` and `FORMAT_OPTIONS=dpi:…`; other options of
    the two lists are not looked at.

    Raises:
        InvalidParameter: A size is no number or beyond reason; locator is its key.
    """
    legend = _options(args.get("legend_options"))
    given = (
        ("LEGEND_OPTIONS", legend.get("dpi", "")),
        ("DPI", args.get("dpi")),
        ("MAP_RESOLUTION", args.get("map_resolution")),
        ("FORMAT_OPTIONS", _options(args.get("format_options")).get("dpi", "")),
    )
    dpi = next((_number(text, key, "dots an inch", _DPI) for key, text in given if text), _SCREEN_DPI)
    size = legend.get("fontsize", "")
    letters = _number(size, "LEGEND_OPTIONS", "a size of letters", _FONT_SIZE) if size else _LETTERS_PX
    return dpi / _SCREEN_DPI, letters / _LETTERS_PX


def _options(text: str) -> Mapping[str, str]:
    """`name:value` pairs with `;` between them."""
    pairs = (part.partition(":") for part in text.split(";"))
    return {name.strip().casefold(): value.strip() for name, _, value in pairs}


def _number(text: str, key: str, what: str, bounds: tuple[float, float]) -> float:
    value = kvp.number(text, key)
    if not bounds[0] <= value <= bounds[1]:
        raise InvalidParameter(f"{key} {shorten(text)} is no {what}; give {bounds[0]:g} to {bounds[1]:g}.", locator=key)
    return value
