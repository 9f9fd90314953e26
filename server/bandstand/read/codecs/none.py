"""Uncompressed blocks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class Plain:
    """The bytes as they stand."""

    name = "none"
    compressions = frozenset({1})
    predicts = False
    native = False

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:
        """Copy the bytes; what stands behind the block is ignored."""
        size = min(len(raw), form.nbytes)
        out[:size] = np.frombuffer(raw, np.uint8, size)
        return size


CODEC = Plain()
