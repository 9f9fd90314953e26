"""Undo TIFF predictors 2 and 3, and take interleaved samples apart."""

import sys
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_UNSIGNED = ("uint8", "uint16", "uint32", "uint64")


@njit(
    [f"void({u}[:, ::1], int64)" for u in _UNSIGNED],
    nogil=True,
    cache=True,
    error_model="numpy",
)
def undo_differences(rows: NDArray[Any], samples: int) -> None:
    """Sum up each row in place, samples apart; unsigned integers wrap as TIFF's predictor 2 wants it.

    Args:
        rows: (height, width × samples), native byte order.
        samples: Interleaved samples a pixel.
    """
    height, length = rows.shape
    if samples == 1:
        for y in range(height):
            total = rows[y, 0]
            for x in range(1, length):
                total = total + rows[y, x]
                rows[y, x] = total
    else:
        for y in range(height):
            for x in range(samples, length):
                rows[y, x] = rows[y, x] + rows[y, x - samples]


@njit(
    [f"void({u}[:, ::1], {u}[:, ::1])" for u in _UNSIGNED],
    nogil=True,
    cache=True,
    error_model="numpy",
)
def separate(pixels: NDArray[Any], planes: NDArray[Any]) -> None:
    """Copy interleaved samples into planes.

    Args:
        pixels: (pixels, samples).
        planes: (samples, pixels), written.
    """
    count, samples = pixels.shape
    # In strips that stay in the nearest cache while every sample of them is picked up.
    for start in range(0, count, 2048):
        stop = min(start + 2048, count)
        for s in range(samples):
            for i in range(start, stop):
                planes[s, i] = pixels[i, s]


@njit("void(uint8[:, ::1], uint8[:, :, ::1])", nogil=True, cache=True, error_model="numpy")
def _weave(rows: NDArray[Any], numbers: NDArray[Any]) -> None:
    """Put the bytes of each number together: rows hold them by falling significance."""
    height, count, size = numbers.shape
    for y in range(height):
        for b in range(size):
            for i in range(count):
                numbers[y, i, b] = rows[y, b * count + i]


def undo_float(values: NDArray[Any]) -> NDArray[Any]:
    """Undo predictor 3 (TIFF Technical Note 3).

    Args:
        values: (height, width, samples) of a float type, contiguous, holding the predicted bytes; spent afterwards.

    Returns:
        A new array of the same shape and type in native byte order, whatever the file's is.
    """
    height, width, samples = values.shape
    size = values.dtype.itemsize
    rows = values.reshape(height, width * samples).view(np.uint8)
    undo_differences(rows, samples)
    numbers = np.empty((height, width * samples, size), np.uint8)
    _weave(rows, numbers)
    big = numbers.reshape(height, -1).view(values.dtype.newbyteorder(">"))
    if sys.byteorder == "little":
        return big.byteswap(inplace=True).view(values.dtype).reshape(values.shape)
    return big.reshape(values.shape)
