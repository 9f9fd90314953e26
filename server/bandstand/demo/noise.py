"""Noise that is a pure function of position: the same point has the same value in every tile."""

import math

import numpy as np
from numba import njit

_TURN = (0.8, 0.6)  # octaves are rotated against each other, or the lattice would show
_ANGLES = (np.arange(64) + 0.5) * (2.0 * np.pi / 64.0)
_COSINES, _SINES = np.cos(_ANGLES), np.sin(_ANGLES)


@njit(cache=True)
def lattice(ix: int, iy: int, seed: int) -> int:
    """Mix two lattice coordinates and a seed into 32 unpredictable bits."""
    mixed = (ix * 374761393 + iy * 668265263 + seed * 362437) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 13)) * 1274126177) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 739982445) & 0xFFFFFFFF
    return mixed ^ (mixed >> 16)


@njit(cache=True)
def chance(ix: int, iy: int, seed: int) -> float:
    """A number in [0, 1) that belongs to one lattice point."""
    return lattice(ix, iy, seed) / 4294967296.0


@njit(cache=True)
def _slope(ix: int, iy: int, seed: int) -> tuple[float, float]:
    way = lattice(ix, iy, seed) >> 26
    return _COSINES[way], _SINES[way]


@njit(cache=True)
def gradient_noise(x: float, y: float, seed: int) -> tuple[float, float, float]:
    """Perlin noise about [-0.7, 0.7] with its two derivatives, one lattice cell per unit of x and y."""
    ix, iy = math.floor(x), math.floor(y)
    fx, fy = x - ix, y - iy
    ax, ay = _slope(ix, iy, seed)
    bx, by = _slope(ix + 1, iy, seed)
    cx, cy = _slope(ix, iy + 1, seed)
    dx, dy = _slope(ix + 1, iy + 1, seed)
    va = ax * fx + ay * fy
    vb = bx * (fx - 1.0) + by * fy
    vc = cx * fx + cy * (fy - 1.0)
    vd = dx * (fx - 1.0) + dy * (fy - 1.0)
    ux = fx * fx * fx * (fx * (fx * 6.0 - 15.0) + 10.0)
    uy = fy * fy * fy * (fy * (fy * 6.0 - 15.0) + 10.0)
    wx = 30.0 * fx * fx * (fx * (fx - 2.0) + 1.0)
    wy = 30.0 * fy * fy * (fy * (fy - 2.0) + 1.0)
    twist = va - vb - vc + vd
    value = va + ux * (vb - va) + uy * (vc - va) + ux * uy * twist
    gx = ax + ux * (bx - ax) + uy * (cx - ax) + ux * uy * (ax - bx - cx + dx) + wx * (uy * twist + vb - va)
    gy = ay + ux * (by - ay) + uy * (cy - ay) + ux * uy * (ay - by - cy + dy) + wy * (ux * twist + vc - va)
    return value, gx, gy


@njit(cache=True)
def fbm(x: float, y: float, octaves: int, seed: int) -> float:
    """Fractal noise about [-1, 1]: each octave twice as fine and half as strong."""
    total, weight = 0.0, 1.0
    for octave in range(octaves):
        total += weight * gradient_noise(x, y, seed + 101 * octave)[0]
        x, y = 2.03 * (_TURN[0] * x - _TURN[1] * y), 2.03 * (_TURN[1] * x + _TURN[0] * y)
        weight *= 0.5
    return total * 1.1


@njit(cache=True)
def eroded(x: float, y: float, octaves: int, seed: int) -> float:
    """Fractal relief about [-1, 1] that stays smooth on slopes, as ground does where water took the detail away."""
    total, weight, sx, sy = 0.0, 1.0, 0.0, 0.0
    for octave in range(octaves):
        value, gx, gy = gradient_noise(x, y, seed + 101 * octave)
        sx += gx * weight
        sy += gy * weight
        total += weight * value / (1.0 + 0.9 * (sx * sx + sy * sy))
        x, y = 2.0 * (_TURN[0] * x - _TURN[1] * y), 2.0 * (_TURN[1] * x + _TURN[0] * y)
        weight *= 0.55
    return total * 1.3


@njit(cache=True)
def ramp(value: float, low: float, high: float) -> float:
    """Smoothstep: 0 below `low`, 1 above `high`, no kink between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
