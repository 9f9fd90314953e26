"""Deflate in a zlib wrapper, through libdeflate."""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class Deflate:
    """Adobe's number (8) and the older one (32946) mean the same."""

    name = "deflate"
    compressions = frozenset({8, 32946})
    predicts = True
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:  # noqa: ARG002 - the seam
        """Inflate into `out`."""
        return len(imagecodecs.deflate_decode(raw, out=out.data))


CODEC = Deflate()
