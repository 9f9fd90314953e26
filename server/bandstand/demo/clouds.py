"""Clouds over the ground plane: heaps with their shadows, and a veil of cirrus."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bandstand.demo.noise import fbm, gradient_noise, ramp

_HEIGHT_M = 1250.0


@njit(cache=True)
def heap_at(x: float, y: float, seed: int) -> float:
    """Opacity of the low clouds at a ground point, 0 to 1."""
    wx = x + 500.0 * fbm(x / 2400.0, y / 2400.0, 3, seed + 501)
    wy = y + 500.0 * fbm(x / 2400.0, y / 2400.0, 3, seed + 502)
    field = 0.75 * fbm(wx / 8000.0, wy / 8000.0, 2, seed + 503)
    puffs, weight, scale = 0.0, 0.55, 2300.0
    for octave in range(6):  # billows: rounded tops, sharp valleys between
        puffs += weight * (0.55 - 1.6 * abs(gradient_noise(wx / scale, wy / scale, seed + 510 + octave)[0]))
        weight, scale = weight * 0.58, scale * 0.49
    return ramp(field + puffs, 0.52, 0.88)


@njit(cache=True)
def veil_at(x: float, y: float, seed: int) -> float:
    """Opacity of the cirrus at a ground point, 0 to 1: long streaks."""
    u, v = 0.82 * x + 0.57 * y, 0.82 * y - 0.57 * x
    v += 800.0 * fbm(u / 9000.0, v / 5000.0, 3, seed + 521)
    streaks = fbm(u / 11000.0, v / 1500.0, 5, seed + 522) + 0.5 * fbm(u / 9000.0, v / 7000.0, 2, seed + 523)
    return ramp(streaks, 0.22, 0.85)


@njit(cache=True)
def _cast(points: NDArray[np.float64], dx: float, dy: float, seed: int, out: NDArray[np.float32]) -> None:
    for row in range(out.shape[1]):
        for col in range(out.shape[2]):
            x, y = points[0, row, col], points[1, row, col]
            out[0, row, col] = heap_at(x, y, seed)
            out[1, row, col] = heap_at(x + dx, y + dy, seed)
            out[2, row, col] = veil_at(x, y, seed)


def cast_clouds(points: NDArray[np.float64], azimuth: float, elevation: float, seed: int) -> NDArray[np.float32]:
    """Return heap, shadow and veil (3, y, x), each 0 to 1, over pixel centres `points` (2, y, x) in metres.

    A point's shadow is the cloud that stands between it and the sun; angles in radians.
    """
    away = _HEIGHT_M / math.tan(elevation)
    out = np.empty((3, *points.shape[1:]), np.float32)
    _cast(points, away * math.sin(azimuth), away * math.cos(azimuth), seed, out)
    return out
