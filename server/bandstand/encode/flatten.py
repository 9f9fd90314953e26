"""Pictures for formats that know no transparency."""

import numpy as np
from numpy.typing import NDArray

from bandstand.model.raster import Image
from bandstand.model.style import Rgba


def is_opaque(image: Image) -> bool:
    """Whether no pixel of a picture is transparent; looks when it is not known."""
    if image.opaque:
        return True
    if image.palette is None:
        return bool((image.pixels[..., 3] == 255).all())
    solid = image.palette[:, 3] == 255
    return bool(solid.all() or solid[image.pixels].all())


def flatten(image: Image, background: Rgba) -> NDArray[np.uint8]:
    """The picture (y, x, 3) over a background colour, C-contiguous."""
    if image.palette is not None:
        return blend(image.palette, background)[image.pixels]
    if image.opaque:
        return np.ascontiguousarray(image.pixels[..., :3])
    return blend(image.pixels, background)


def blend(colours: NDArray[np.uint8], background: Rgba) -> NDArray[np.uint8]:
    """RGBA colours (…, 4) over a background, as (…, 3), rounded to the nearest."""
    alpha = colours[..., 3:].astype(np.uint32)
    under = np.array(background[:3], np.uint32)
    mixed = colours[..., :3] * alpha + under * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)
