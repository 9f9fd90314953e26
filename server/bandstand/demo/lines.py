"""Rivers and roads: polylines with a width, and the exact distance of any point to the nearest of them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""Vertices (n, 3): x and y in metres, half width in metres."""

FAR = 1.0e9


class LineIndex(NamedTuple):
    """Segments sorted into square buckets, so that a point meets only those within reach."""

    x0: float
    y0: float
    size: float
    columns: int
    rows: int
    start: NDArray[np.int64]
    members: NDArray[np.int64]
    segments: NDArray[np.float64]


def index_lines(lines: Sequence[Line], bounds: tuple[float, float, float, float], *, reach: float) -> LineIndex:
    """Sort the segments of `lines` into buckets over `bounds` (left, bottom, right, top in metres).

    A clearance up to `reach` metres is exact; beyond it may be reported as `FAR`.
    """
    left, bottom, right, top = bounds
    size = max(reach, 200.0)
    columns, rows = math.ceil((right - left) / size), math.ceil((top - bottom) / size)
    segments = np.concatenate([np.hstack([line[:-1], line[1:]]) for line in lines])
    buckets: list[list[int]] = [[] for _ in range(columns * rows)]
    for number, (ax, ay, aw, bx, by, bw) in enumerate(segments):
        pad = reach + max(aw, bw)
        first_col = max(math.floor((min(ax, bx) - pad - left) / size), 0)
        last_col = min(math.floor((max(ax, bx) + pad - left) / size), columns - 1)
        first_row = max(math.floor((min(ay, by) - pad - bottom) / size), 0)
        last_row = min(math.floor((max(ay, by) + pad - bottom) / size), rows - 1)
        for row in range(first_row, last_row + 1):
            for col in range(first_col, last_col + 1):
                buckets[row * columns + col].append(number)
    start = np.cumsum([0, *(len(bucket) for bucket in buckets)]).astype(np.int64)
    members = np.array([number for bucket in buckets for number in bucket], dtype=np.int64)
    return LineIndex(left, bottom, size, columns, rows, start, members, segments)


@njit(cache=True)
def clearance(x: float, y: float, index: LineIndex) -> float:
    """Distance in metres from a point to the nearest bank (negative within a line), or `FAR`."""
    col = math.floor((x - index.x0) / index.size)
    row = math.floor((y - index.y0) / index.size)
    best = FAR
    if col < 0 or row < 0 or col >= index.columns or row >= index.rows:
        return best
    bucket = row * index.columns + col
    for place in range(index.start[bucket], index.start[bucket + 1]):
        segment = index.segments[index.members[place]]
        ex, ey = segment[3] - segment[0], segment[4] - segment[1]
        px, py = x - segment[0], y - segment[1]
        t = min(max((px * ex + py * ey) / (ex * ex + ey * ey + 1e-9), 0.0), 1.0)
        distance = math.hypot(px - t * ex, py - t * ey) - (segment[2] + t * (segment[5] - segment[2]))
        best = min(best, distance)
    return best
