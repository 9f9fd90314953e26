"""Nearest, bilinear and cubic: one pass over the output, a row of positions at a time.

All kernels write every output pixel when `fresh`, else only those they find valid (a second turn of the
world). Under an invalid pixel stands 0. `masked` says whether `valid` has to be looked at at all.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.warp.positions import TIE, jit, starts, to_samples, trace

Affine6 = tuple[float, float, float, float, float, float]


@jit
def _clear(out: NDArray[Any], ok: NDArray[np.bool_], row: int, begin: int, end: int) -> None:
    for c in range(begin, end):
        out[row, c] = 0
        ok[row, c] = False


@jit
def nearest(  # noqa: C901 - one pass, its cases side by side
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    masked: bool,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dense: bool,
    affine: Affine6,
    own: tuple[int, int],
    fresh: bool,
    out: NDArray[Any],
    ok: NDArray[np.bool_],
) -> None:
    """The sample that holds the pixel's centre.

    Args:
        values: (rows, cols) samples of the window, C-contiguous.
        valid: The same shape, True is valid; read only when `masked`.
        masked: Whether any sample is invalid.
        x: Nodes in CRS units, `y` likewise.
        dense: One node a pixel centre.
        affine: From CRS units to samples of the window.
        own: First and end column of the samples that take pixels; those beside them are neighbours only.
        fresh: Whether to write invalid pixels too.
        out: (height, width) of the samples' dtype.
        ok: (height, width), True is valid.
    """
    height, width = out.shape
    rows, cols = values.shape
    px, py = to_samples(x, y, affine)
    begins = starts(px.shape[1], width)
    line_x, line_y = np.empty(px.shape[1]), np.empty(px.shape[1])
    xs, ys = np.empty(width), np.empty(width)
    at = np.empty(width, np.int64)
    flat = values.reshape(rows * cols)
    flat_valid = valid.reshape(valid.size)
    for r in range(height):
        first, end, inside = trace(
            px, py, dense, r + 0.5, (height, width), (rows, cols), 0.0, begins, line_x, line_y, xs, ys
        )
        if fresh:
            _clear(out, ok, r, 0, first)
            _clear(out, ok, r, end, width)
        if inside and fresh:
            count = end - first
            u, v, row, row_ok = xs[first:end], ys[first:end], out[r, first:end], ok[r, first:end]
            for k in range(count):
                at[k] = np.int64(v[k] + TIE) * cols + np.int64(u[k] + TIE)
            for k in range(count):
                row[k] = flat[np.uint64(at[k])]
            if not masked:
                row_ok[:] = True
                continue
            for k in range(count):
                good = flat_valid[np.uint64(at[k])]
                row_ok[k] = good
                row[k] = row[k] if good else 0
            continue
        for c in range(first, end):
            u, v = xs[c] + TIE, ys[c] + TIE
            good = False
            if u >= own[0] and v >= 0.0 and u < own[1] and v < rows:
                n = np.uint64(np.int64(np.int32(v)) * cols + np.int32(u))
                good = not masked or flat_valid[n]
                if good:
                    out[r, c] = flat[n]
                    ok[r, c] = True
            if fresh and not good:
                out[r, c] = 0
                ok[r, c] = False


@jit
def _soft(values: NDArray[Any], valid: NDArray[np.bool_], masked: bool, u: float, v: float) -> float:
    """Bilinear at samples' centres (u, v), invalid and absent neighbours dropped and the rest renormalised."""
    rows, cols = values.shape
    i, j = np.int64(np.floor(v)), np.int64(np.floor(u))
    fy, fx = v - i, u - j
    total = 0.0
    weight = 0.0
    for di in range(2):
        wy = fy if di else 1.0 - fy
        for dj in range(2):
            w = wy * (fx if dj else 1.0 - fx)
            if 0 <= i + di < rows and 0 <= j + dj < cols and (not masked or valid[i + di, j + dj]):
                total += w * values[i + di, j + dj]
                weight += w
    return total / weight


@jit
def _holds(valid: NDArray[np.bool_], masked: bool, rows: int, own: tuple[int, int], x: float, y: float) -> bool:
    """Whether the nearest sample exists, takes pixels, and is valid."""
    u, v = x + TIE, y + TIE
    if not (u >= own[0] and v >= 0.0 and u < own[1] and v < rows):
        return False
    return not masked or bool(valid[np.int32(v), np.int32(u)])


@jit
def _mend(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    at: NDArray[np.int64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    row: NDArray[np.float64],
    row_ok: NDArray[np.bool_],
) -> None:
    """Do a bilinear row again where one of its four samples, the first at `at`, is invalid."""
    rows, cols = values.shape
    flat = valid.reshape(rows * cols)
    for k in range(at.size):
        n = np.uint64(at[k])
        below = n + np.uint64(cols)
        if flat[n] and flat[n + np.uint64(1)] and flat[below] and flat[below + np.uint64(1)]:
            continue
        if _holds(valid, True, rows, (0, cols), u[k], v[k]):
            row[k] = _soft(values, valid, True, u[k] - 0.5, v[k] - 0.5)
        else:
            row[k] = 0.0
            row_ok[k] = False


@jit
def bilinear(  # noqa: C901 - one pass, its cases side by side
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    masked: bool,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dense: bool,
    affine: Affine6,
    own: tuple[int, int],
    fresh: bool,
    out: NDArray[np.float64],
    ok: NDArray[np.bool_],
) -> None:
    """Two by two samples around the pixel's centre; arguments as for `nearest`, `out` float64.

    A pixel is valid when its nearest sample is; invalid neighbours are dropped and the weights renormalised.
    """
    height, width = out.shape
    rows, cols = values.shape
    px, py = to_samples(x, y, affine)
    begins = starts(px.shape[1], width)
    line_x, line_y = np.empty(px.shape[1]), np.empty(px.shape[1])
    xs, ys = np.empty(width), np.empty(width)
    at = np.empty(width, np.int64)
    flat = values.reshape(rows * cols)
    fx, fy = np.empty(width), np.empty(width)
    a, b = np.empty(width, values.dtype), np.empty(width, values.dtype)
    p, q = np.empty(width, values.dtype), np.empty(width, values.dtype)
    for r in range(height):
        first, end, inside = trace(
            px, py, dense, r + 0.5, (height, width), (rows, cols), 0.5, begins, line_x, line_y, xs, ys
        )
        if fresh:
            _clear(out, ok, r, 0, first)
            _clear(out, ok, r, end, width)
        if inside and fresh:
            u, v, row = xs[first:end], ys[first:end], out[r, first:end]
            for k in range(end - first):
                i, j = np.int64(v[k] - 0.5), np.int64(u[k] - 0.5)
                fx[k], fy[k] = u[k] - (0.5 + j), v[k] - (0.5 + i)
                at[k] = i * cols + j
            # Loads apart from arithmetic: the second loop is then vectorised.
            for k in range(end - first):
                n = np.uint64(at[k])
                below = n + np.uint64(cols)
                a[k], b[k] = flat[n], flat[n + np.uint64(1)]
                p[k], q[k] = flat[below], flat[below + np.uint64(1)]
            for k in range(end - first):
                top = a[k] + fx[k] * (np.float64(b[k]) - np.float64(a[k]))
                low = p[k] + fx[k] * (np.float64(q[k]) - np.float64(p[k]))
                row[k] = top + fy[k] * (low - top)
            ok[r, first:end] = True
            if masked:
                _mend(values, valid, at[: end - first], u, v, row, ok[r, first:end])
            continue
        for c in range(first, end):
            if _holds(valid, masked, rows, own, xs[c], ys[c]):
                out[r, c] = _soft(values, valid, masked, xs[c] - 0.5, ys[c] - 0.5)
                ok[r, c] = True
            elif fresh:
                out[r, c] = 0.0
                ok[r, c] = False


@jit
def _weights(f: float) -> tuple[float, float, float, float]:
    """Catmull-Rom (a = -0.5) at a fraction f past the second of four samples."""
    g = 1.0 - f
    return (
        -0.5 * f * g * g,
        1.0 + f * f * (1.5 * f - 2.5),
        1.0 + g * g * (1.5 * g - 2.5),
        -0.5 * g * f * f,
    )


@jit
def _whole(valid: NDArray[np.bool_], masked: bool, rows: int, cols: int, i: int, j: int) -> bool:
    """Whether the four by four samples from (i, j) on all exist and are valid."""
    if i < 0 or j < 0 or i + 4 > rows or j + 4 > cols:
        return False
    if masked:
        for di in range(4):
            for dj in range(4):
                if not valid[i + di, j + dj]:
                    return False
    return True


@jit
def _sharp(values: NDArray[Any], u: float, v: float) -> float:
    """Cubic at samples' centres (u, v), all sixteen samples at hand."""
    i, j = np.int64(np.floor(v)), np.int64(np.floor(u))
    wx = _weights(u - j)
    wy = _weights(v - i)
    total = 0.0
    for di in range(4):
        row = i - 1 + di
        total += wy[di] * (
            wx[0] * values[row, j - 1]
            + wx[1] * values[row, j]
            + wx[2] * values[row, j + 1]
            + wx[3] * values[row, j + 2]
        )
    return total


@jit
def cubic(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    masked: bool,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dense: bool,
    affine: Affine6,
    own: tuple[int, int],
    fresh: bool,
    out: NDArray[np.float64],
    ok: NDArray[np.bool_],
) -> None:
    """Four by four samples around the pixel's centre; arguments as for `nearest`, `out` float64.

    A pixel is valid when its nearest sample is. Where one of the sixteen is invalid or absent the value is
    bilinear of those at hand: half a cubic, renormalised, overshoots without bound.
    """
    height, width = out.shape
    rows, cols = values.shape
    px, py = to_samples(x, y, affine)
    begins = starts(px.shape[1], width)
    line_x, line_y = np.empty(px.shape[1]), np.empty(px.shape[1])
    xs, ys = np.empty(width), np.empty(width)
    for r in range(height):
        first, end, inside = trace(
            px, py, dense, r + 0.5, (height, width), (rows, cols), 1.5, begins, line_x, line_y, xs, ys
        )
        if fresh:
            _clear(out, ok, r, 0, first)
            _clear(out, ok, r, end, width)
        if inside and not masked:
            for c in range(first, end):
                out[r, c] = _sharp(values, xs[c] - 0.5, ys[c] - 0.5)
                ok[r, c] = True
            continue
        for c in range(first, end):
            if _holds(valid, masked, rows, own, xs[c], ys[c]):
                u, v = xs[c] - 0.5, ys[c] - 0.5
                if _whole(valid, masked, rows, cols, math.floor(v) - 1, math.floor(u) - 1):
                    out[r, c] = _sharp(values, u, v)
                else:
                    out[r, c] = _soft(values, valid, masked, u, v)
                ok[r, c] = True
            elif fresh:
                out[r, c] = 0.0
                ok[r, c] = False


__all__ = ["Affine6", "bilinear", "cubic", "nearest"]
