"""Lays pictures over one another and over a background."""

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from bandstand.model.raster import Image
from bandstand.model.style import Rgba


def stack(images: Sequence[tuple[Image, float]], *, transparent: bool, background: Rgba) -> Image:
    """Lay pictures over one another, bottom first, each with its opacity (0 to 1).

    Args:
        images: All of one size, at least one.
        transparent: Keep what is undefined transparent; else it takes the background, which counts as opaque.
        background: Colour under everything when not `transparent`.

    Returns:
        Straight alpha. A single picture keeps its palette, and its very pixels where nothing is to be changed.
    """
    under = None if transparent else (*background[:3], 255)
    if len(images) == 1:
        return _single(*images[0], under)
    height, width = images[0][0].shape
    canvas = np.zeros((height, width, 4), np.uint8)
    if under is not None:
        canvas[:] = under
    for image, opacity in images:
        if image.opaque and opacity >= 1.0:
            canvas[:] = image.rgba()
        else:
            _over(canvas.reshape(-1, 4), np.ascontiguousarray(image.rgba()).reshape(-1, 4), min(max(opacity, 0.0), 1.0))
    opaque = under is not None or any(image.opaque and opacity >= 1.0 for image, opacity in images)
    return Image(canvas, opaque=opaque)


def _single(image: Image, opacity: float, under: Rgba | None) -> Image:
    if opacity >= 1.0 and (image.opaque or under is None):
        return image
    colours = image.pixels if image.palette is None else image.palette
    canvas = np.zeros(colours.shape, np.uint8)
    if under is not None:
        canvas[:] = under
    _over(canvas.reshape(-1, 4), np.ascontiguousarray(colours).reshape(-1, 4), min(max(opacity, 0.0), 1.0))
    if image.palette is None:
        return Image(canvas, opaque=under is not None)
    return Image(image.pixels, canvas, opaque=under is not None)


@numba.njit(cache=True, nogil=True)
def _over(below: NDArray[np.uint8], above: NDArray[np.uint8], opacity: float) -> None:
    """Source-over with straight alpha (Porter and Duff), rounded once at the end; changes `below`."""
    for i in range(below.shape[0]):
        alpha = above[i, 3] * opacity
        if alpha >= 255.0:
            for c in range(4):
                below[i, c] = above[i, c]
        elif alpha > 0.0:
            share = below[i, 3] * (255.0 - alpha) / 255.0
            total = alpha + share
            for c in range(3):
                below[i, c] = np.uint8(np.rint((above[i, c] * alpha + below[i, c] * share) / total))
            below[i, 3] = np.uint8(np.rint(total))
