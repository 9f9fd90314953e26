"""Pictures for formats that know no transparency."""

import numba
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
    """The picture (y, x, 3) over a background colour, C-contiguous; alpha is rounded to the nearest step."""
    colours = np.ascontiguousarray(image.pixels if image.palette is None else image.palette)
    blended = np.empty((*colours.shape[:-1], 3), np.uint8)
    _blend(colours.reshape(-1, 4), *background[:3], blended.reshape(-1, 3))
    return blended if image.palette is None else np.take(blended, image.pixels, axis=0)


@numba.njit(cache=True, nogil=True)
def _blend(colours: NDArray[np.uint8], red: int, green: int, blue: int, out: NDArray[np.uint8]) -> None:
    under = (np.uint32(red), np.uint32(green), np.uint32(blue))
    for i in range(colours.shape[0]):
        alpha = np.uint32(colours[i, 3])
        for c in range(3):
            mixed = colours[i, c] * alpha + under[c] * (np.uint32(255) - alpha)
            out[i, c] = (mixed + np.uint32(127)) // np.uint32(255)
