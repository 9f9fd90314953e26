"""Paints a raster in a style: finds the painter by the style's kind."""

from functools import lru_cache
from typing import cast

from bandstand.errors import InvalidParameter, suggest
from bandstand.model.raster import Image, Raster
from bandstand.model.style import Style
from bandstand.plugins import members
from bandstand.render import painters as family
from bandstand.render.painters.base import Painter


def paint(raster: Raster, style: Style) -> Image:
    """Paint a raster that has exactly the channels of the style, in order.

    Returns:
        (y, x, 4) RGBA or palette indices; undefined pixels have the style's `nodata` colour.

    Raises:
        InvalidParameter: Locator `style`: no such kind, or the number of channels does not fit it.
    """
    return painter(style.kind).paint(raster, style)


def painter(kind: str) -> Painter:
    """The painter of a kind of style.

    Raises:
        InvalidParameter: Locator `style`: there is none.
    """
    known = _painters()
    if kind not in known:
        raise InvalidParameter(
            f'"{kind}" is no kind of style; expected {", ".join(known)}.{suggest(kind, known)}', locator="style"
        )
    return known[kind]


def kinds() -> tuple[str, ...]:
    """The kinds of style that can be painted."""
    return tuple(_painters())


@lru_cache(maxsize=1)
def _painters() -> dict[str, Painter]:
    found = cast("list[Painter]", members(family, "PAINTER", group="bandstand.painters"))
    return {member.kind: member for member in found}
