"""A window that is put together from the parts of its blocks, one after another."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.read.blocks import FULL, Plane

Slices = tuple[slice, slice]


class Canvas:
    """Samples of a window with their validity, or the validity that a mask gives alone."""

    __slots__ = ("_fill", "_shape", "valid", "values")

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any] | None, fill: float) -> None:
        """Begin with samples that are still to be put; without a type there are none, as in masks."""
        self._shape = shape
        self._fill = fill
        self.values: NDArray[Any] | None = None if dtype is None else np.empty(shape, dtype)
        self.valid: NDArray[np.bool_] | None = None
        """None until something is invalid."""

    def put(self, plane: Plane, there: Slices, here: Slices) -> None:
        """Copy the part `here` of a plane to the place `there` of the window."""
        if self.values is not None:
            self.values[there] = self._fill if plane.values is None else plane.values[here]
        if plane is FULL or (plane.valid is None and not plane.empty):
            return
        if self.valid is None:
            self.valid = np.ones(self._shape, np.bool_)
        self.valid[there] = False if plane.valid is None else plane.valid[here]
