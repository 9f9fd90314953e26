"""Baseline JPEG blocks, with the tables that all blocks of an image share."""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from bandstand.read.base import BlockForm

_YCBCR = 6


class Jpeg:
    """TIFF Technical Note 2; the photometric tag, not the JPEG's markers, says what the components are."""

    name = "jpeg"
    compressions = frozenset({7})
    predicts = False
    native = True

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:
        """Decode into `out`; YCbCr becomes RGB, all else stays as it is."""
        shape = (form.height, form.width, form.samples) if form.samples > 1 else (form.height, form.width)
        target = out.view(form.dtype).reshape(shape)
        tables = form.tables or None
        if form.samples == 3:
            stored = "YCBCR" if form.photometric == _YCBCR else "RGB"
            imagecodecs.jpeg8_decode(raw, tables=tables, colorspace=stored, outcolorspace="RGB", out=target)
        elif form.samples == 1:
            imagecodecs.jpeg8_decode(raw, tables=tables, colorspace="GRAYSCALE", outcolorspace="GRAYSCALE", out=target)
        else:
            imagecodecs.jpeg8_decode(raw, tables=tables, colorspace="UNKNOWN", outcolorspace="UNKNOWN", out=target)
        return target.nbytes


CODEC = Jpeg()
