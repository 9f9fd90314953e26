"""PackBits run lengths."""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class PackBits:
    """TIFF 6.0, section 9."""

    name = "packbits"
    compressions = frozenset({32773})
    predicts = False
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:  # noqa: ARG002 - the seam
        """Expand into `out`."""
        return len(imagecodecs.packbits_decode(raw, out=out.data))


CODEC = PackBits()
