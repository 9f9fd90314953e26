"""JPEG: small pictures without transparency."""

import numpy as np
import simplejpeg

from bandstand.encode.base import PictureFormat, whole_number
from bandstand.encode.flatten import flatten
from bandstand.model.grid import Grid
from bandstand.model.raster import Image
from bandstand.model.request import Output


class Jpeg(PictureFormat):
    """Option: `quality`, 1 to 100; what is transparent takes the background."""

    media_type = "image/jpeg"
    aliases = ("jpeg", "jpg", "image/jpg")
    extension = "jpg"
    rank = 20

    def picture(self, image: Image, output: Output, grid: Grid | None) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Encode a picture with colours at half resolution, as photographs bear it.

        Raises:
            InvalidParameter: Locator `quality`.
        """
        quality = whole_number(output, "quality", 1, 100, 85)
        if image.opaque and image.palette is None:
            # Four bytes a pixel as they are: leaving out the fourth would cost more than the encoding.
            pixels, order = np.ascontiguousarray(image.pixels), "RGBX"
        else:
            pixels, order = flatten(image, output.background), "RGB"
        return bytes(simplejpeg.encode_jpeg(pixels, quality=quality, colorspace=order, colorsubsampling="420"))


FORMAT = Jpeg()
