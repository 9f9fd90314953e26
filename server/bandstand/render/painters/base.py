"""What a painter is."""

from typing import Protocol

from bandstand.model.field import Field
from bandstand.model.raster import Image, Raster
from bandstand.model.style import Style
from bandstand.render.key import Key


class Painter(Protocol):
    """Paints one kind of style."""

    kind: str
    """`ramp`, `rgb`, `classes`, …: `Style.kind`."""

    def paint(self, raster: Raster, style: Style) -> Image:
        """Paint the bands of a raster, which are exactly the channels, in order.

        Raises:
            InvalidParameter: Locator `style`: the number of channels does not fit.
        """
        ...

    def key(self, style: Style, fields: tuple[Field, ...]) -> Key:
        """What the legend says when these fields are painted."""
        ...
