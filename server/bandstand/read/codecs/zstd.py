"""Zstandard."""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class Zstd:
    """libtiff's number for it is 50000."""

    name = "zstd"
    compressions = frozenset({50000})
    predicts = True
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:  # noqa: ARG002 - the seam
        """Decompress into `out`."""
        return len(imagecodecs.zstd_decode(raw, out=out.data))


CODEC = Zstd()
