"""Which samples of a decoded block mean something: nodata and NaN, counted and marked once."""

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
# GDAL calls two floats equal when they differ by less than two single precision epsilons of their sum, in double
# precision as well (GDALNoDataMaskBand): writers round nodata differently in the tag and in the samples.
_TOLERANCE = 2.0 * float(np.finfo(np.float32).eps)


@njit(
    [f"int64({u}[:, ::1], int64, int64, {u})" for u in _UNSIGNED],
    nogil=True,
    cache=True,
    error_model="numpy",
)
def count_equal(block: NDArray[Any], height: int, width: int, value: Any) -> int:
    """How many of the first `height` rows and `width` columns equal a value."""
    found = 0
    for y in range(height):
        row = 0
        for x in range(width):
            row += block[y, x] == value
        found += row
    return found


@njit(
    [
        "int64(float32[:, ::1], int64, int64, float32, float32)",
        "int64(float64[:, ::1], int64, int64, float64, float64)",
    ],
    nogil=True,
    cache=True,
    error_model="numpy",
)
def count_undefined(block: NDArray[Any], height: int, width: int, nodata: float, tolerance: float) -> int:
    """How many of the first `height` rows and `width` columns are NaN or nodata (a NaN `nodata` matches NaN only)."""
    found = 0
    for y in range(height):
        for x in range(width):
            v = block[y, x]
            if v != v or v == nodata or abs(v - nodata) < tolerance * abs(v + nodata):  # noqa: PLR0124 - NaN
                found += 1
    return found


def find_invalid(block: NDArray[Any], height: int, width: int, nodata: float | None) -> NDArray[np.bool_] | bool:
    """Where a block is valid.

    Args:
        block: (block height, block width), contiguous, native.
        height: Rows that belong to the image; what lies below is padding.
        width: Columns that belong to the image.
        nodata: The value that means nothing was measured, representable in the block's type.

    Returns:
        True when all of it is valid, False when nothing is, else the mask (True = valid) of the whole block.
    """
    if block.dtype.kind == "f":
        tolerance = block.dtype.type(_TOLERANCE)
        value = block.dtype.type(math.nan if nodata is None else nodata)
        count = count_undefined(block, height, width, value, tolerance)
    elif nodata is None:
        return True
    else:
        value = block.dtype.type(nodata)
        unsigned = np.dtype(f"u{block.dtype.itemsize}")
        count = count_equal(block.view(unsigned), height, width, value.view(unsigned))
    if count == 0:
        return True
    if count == height * width:
        return False
    if block.dtype.kind != "f":
        differs: NDArray[np.bool_] = block != value
        return differs
    valid: NDArray[np.bool_] = ~np.isnan(block)
    if not math.isnan(value):
        with np.errstate(over="ignore", invalid="ignore"):
            valid &= (block != value) & ~(np.abs(block - value) < tolerance * np.abs(block + value))
    return valid
