"""How land is divided: blocks of Voronoi cells, each cut into strips and plots in its own direction."""

import math

from numba import njit

from bandstand.demo.noise import chance, fbm, lattice


@njit(cache=True)
def parcel_at(x: float, y: float, size: float, grain: float, seed: int) -> tuple[int, float, float, float]:
    """Find the parcel of a point.

    Args:
        x: Metres east.
        y: Metres north.
        size: Mean width of a block in metres.
        grain: Factor on the size of the parcels within their block.
        seed: Which division of the land.

    Returns:
        An identity of 31 bits, the distance in metres to the parcel's nearest edge, and the point's coordinates
        along and across the rows of its block.
    """
    block, bx, by, rim = _block_at(x, y, size, seed)
    lean = 2.6 * fbm(bx / (size * 7.0), by / (size * 7.0), 2, seed + 1) + 0.9 * (chance(block, 1, seed) - 0.5)
    cosine, sine = math.cos(lean), math.sin(lean)
    u = (x - bx) * cosine + (y - by) * sine
    v = (y - by) * cosine - (x - bx) * sine
    long = size * grain * (0.24 + 0.34 * chance(block, 2, seed))
    wide = size * grain * (0.10 + 0.13 * chance(block, 3, seed))
    row = math.floor(v / wide)
    shift = chance(row, block, seed + 2) * long
    col = math.floor((u + shift) / long)
    plot = lattice(col, row, seed + block % 1048576)
    low, left = v - row * wide, u + shift - col * long
    edge = min(rim, low, wide - low, left, long - left)
    luck = chance(plot, 4, seed)
    if luck < 0.22:  # a plot split lengthwise
        cut = wide * (0.35 + luck)
        edge = min(edge, abs(low - cut))
        plot += 1 if low < cut else 2
    elif luck < 0.45:  # or across
        cut = long * (0.1 + luck)
        edge = min(edge, abs(left - cut))
        plot += 3 if left < cut else 4
    return lattice(plot, block, seed) & 0x7FFFFFFF, edge, u, v


@njit(cache=True)
def _block_at(x: float, y: float, size: float, seed: int) -> tuple[int, float, float, float]:
    """The Voronoi cell of a point: its identity, its centre, and the distance to its border in metres."""
    col, row = math.floor(x / size), math.floor(y / size)
    first, fx, fy, block = 1.0e18, 0.0, 0.0, 0
    for j in range(row - 1, row + 2):
        for i in range(col - 1, col + 2):
            px = (i + 0.1 + 0.8 * chance(i, j, seed + 3)) * size
            py = (j + 0.1 + 0.8 * chance(i, j, seed + 4)) * size
            away = (px - x) ** 2 + (py - y) ** 2
            if away < first:
                first, fx, fy, block = away, px, py, lattice(i, j, seed + 5)
    rim = 1.0e9
    for j in range(row - 1, row + 2):
        for i in range(col - 1, col + 2):
            px = (i + 0.1 + 0.8 * chance(i, j, seed + 3)) * size
            py = (j + 0.1 + 0.8 * chance(i, j, seed + 4)) * size
            apart = math.hypot(px - fx, py - fy)
            if apart > 1.0:
                away = (px - x) ** 2 + (py - y) ** 2
                rim = min(rim, (away - first) / (2.0 * apart))
    return block, fx, fy, rim
