"""PackBits run lengths."""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class PackBits:
    """TIFF 6.0, section 9."""

    name = "packbits"
    compressions = frozenset({32773})
    predicts = False
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[np.uint8]) -> int:  # noqa: ARG002 - the seam
        """Expand into `out`."""
        return len(imagecodecs.packbits_decode(raw, out=out))


CODEC = PackBits()
