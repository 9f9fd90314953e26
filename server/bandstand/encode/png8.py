"""PNG of at most 256 colours: smaller, with less of the picture."""

import numpy as np

from bandstand.encode.base import PictureFormat
from bandstand.encode.flatten import is_opaque
from bandstand.encode.palette import best_palette
from bandstand.encode.png import encode_png
from bandstand.model.grid import Grid
from bandstand.model.raster import Image
from bandstand.model.request import Output

_GLANCE = 4096
"""Pixels that are looked at before all of them are."""


class Png8(PictureFormat):
    """Pictures with a palette stay as they are, the others are brought down to 256 colours."""

    media_type = "image/png; mode=8bit"
    aliases = ("png8", "image/png8", "image/png;8bit")
    extension = "png"
    rank = 10

    def picture(self, image: Image, output: Output, grid: Grid | None) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Encode a picture; there are no options."""
        return encode_png(image if image.palette is not None else quantise(image))


def quantise(image: Image) -> Image:
    """A true-colour picture as one with a palette of up to 256 colours, the transparent one among them.

    Up to 256 colours stay exactly what they are.
    """
    words = np.ascontiguousarray(image.pixels).view(np.uint32)[..., 0]
    colours = np.unique(words.reshape(-1)[:_GLANCE])
    if len(colours) <= 256 and words.size > _GLANCE:
        colours = np.unique(words)
    if len(colours) <= 256:
        indices = np.searchsorted(colours, words).astype(np.uint8)
        return Image(indices, colours.view(np.uint8).reshape(-1, 4), opaque=image.opaque)
    opaque = is_opaque(image)
    palette, indices = best_palette(image.pixels, opaque=opaque)
    return Image(indices, palette, opaque=opaque)


FORMAT = Png8()
