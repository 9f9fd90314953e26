"""LZMA2 in an xz container."""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class Lzma:
    """libtiff's number for it is 34925."""

    name = "lzma"
    compressions = frozenset({34925})
    predicts = True
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:  # noqa: ARG002 - the seam
        """Decompress into `out`."""
        return len(imagecodecs.lzma_decode(raw, out=out.data))


CODEC = Lzma()
