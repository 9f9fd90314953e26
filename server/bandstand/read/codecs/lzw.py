"""TIFF's LZW, most significant bit first."""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class Lzw:
    """Some writers run on behind the last sample; what does not fit is left out."""

    name = "lzw"
    compressions = frozenset({5})
    predicts = True
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[np.uint8]) -> int:  # noqa: ARG002 - the seam
        """Expand into `out`."""
        return len(imagecodecs.lzw_decode(raw, out=out))


CODEC = Lzw()
