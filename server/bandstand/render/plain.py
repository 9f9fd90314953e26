"""Numbers as a picture, each as the byte it is: what an encoding to PNG or JPEG means where no style is asked."""

import numpy as np
from numpy.typing import NDArray

from bandstand.errors import InvalidParameter
from bandstand.model.raster import Image, Raster

_GREYS = np.stack([*[np.arange(256, dtype=np.uint8)] * 3, np.full(256, 255, np.uint8)], axis=1)
_STRIP = 1 << 15
"""Values converted at once, so that the float64 between stays in the processor's cache."""
CHANNELS = (1, 3, 4)
"""Grey; red, green and blue; the same with alpha."""


def plain_image(raster: Raster) -> Image:
    """A picture whose bytes are the physical values, cut to 0 to 255 and without their fraction.

    Args:
        raster: One band (grey), three (red, green, blue) or four (and alpha, 255 is opaque).

    Returns:
        Undefined pixels are transparent black.

    Raises:
        InvalidParameter: Another number of bands; locator `format`.
    """
    count = len(raster.values)
    if count not in CHANNELS:
        raise InvalidParameter(
            f"A picture is made of 1, 3 or 4 bands, here are {count}; choose among them.", locator="format"
        )
    valid: NDArray[np.bool_] = np.asarray(raster.valid.all(axis=0))
    if count == 1 and valid.all():
        return Image(_bytes(raster, 0, valid), _GREYS, opaque=True)
    pixels = np.empty((*valid.shape, 4), np.uint8)
    for channel in range(3):
        pixels[..., channel] = _bytes(raster, channel if count > 1 else 0, valid)
    pixels[..., 3] = _bytes(raster, 3, valid) if count == 4 else np.where(valid, np.uint8(255), np.uint8(0))
    return Image(pixels, opaque=bool((pixels[..., 3] == 255).all()))


def _bytes(raster: Raster, band: int, valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    values, field = raster.values[band], raster.fields[band]
    if values.dtype == np.uint8 and field.plain:
        return np.where(valid, values, np.uint8(0))
    out = np.zeros(values.shape, np.uint8)
    rows = max(1, _STRIP // max(1, values.shape[1]))
    for top in range(0, len(values), rows):
        here = slice(top, top + rows)
        physical = values[here] * np.float64(field.scale)
        # A hair, since 0.1 * 10 may be a little less than 1.
        physical += field.offset + 1e-6
        np.clip(physical, 0.0, 255.0, out=physical)
        # The cast cuts the fraction off; what lies under the mask may be anything.
        np.copyto(out[here], physical, where=valid[here], casting="unsafe")
    return out
