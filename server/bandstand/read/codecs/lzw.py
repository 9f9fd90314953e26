"""TIFF's LZW, most significant bit first."""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class Lzw:
    """Some writers run on behind the last sample; what does not fit is left out."""

    name = "lzw"
    compressions = frozenset({5})
    predicts = True
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:  # noqa: ARG002 - the seam
        """Expand into `out`."""
        return len(imagecodecs.lzw_decode(raw, out=out.data))


CODEC = Lzw()
