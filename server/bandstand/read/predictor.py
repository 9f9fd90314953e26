"""Undo TIFF predictors 2 and 3, and take interleaved samples apart."""

from typing import Any

import imagecodecs
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


def undo_float(values: NDArray[Any]) -> NDArray[Any]:
    """Undo predictor 3.

    Args:
        values: (height, width, samples) of a float type in native byte order, holding the predicted bytes.

    Returns:
        A new array of the same shape and type; whatever the file's byte order, the numbers are native.
    """
    height, width, samples = values.shape
    undone = imagecodecs.floatpred_decode(values.reshape(height, width * samples), axis=-1, dist=samples)
    return np.asarray(undone).reshape(height, width, samples)
