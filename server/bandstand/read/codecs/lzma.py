"""LZMA2 in an xz container."""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class Lzma:
    """libtiff's number for it is 34925."""

    name = "lzma"
    compressions = frozenset({34925})
    predicts = True
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[np.uint8]) -> int:  # noqa: ARG002 - the seam
        """Decompress into `out`."""
        return len(imagecodecs.lzma_decode(raw, out=out))


CODEC = Lzma()
