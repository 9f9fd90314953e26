"""Average and mode: what a whole output pixel covers, not only its centre."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.warp.kernels import Affine6
from bandstand.warp.positions import TIE, jit, starts, to_samples, trace

_EVERYWHERE = (1 << 30, 1 << 30)


@jit
def _slope(before: float, here: float, after: float, place: int, last: int) -> float:
    """Change to the next node, to the second order also at both ends (where all three lie to one side)."""
    if last == 1:
        return after - before
    if place == 0:
        return 0.5 * (4.0 * here - 3.0 * before - after)
    if place == last:
        return 0.5 * (3.0 * after - 4.0 * here + before)
    return 0.5 * (after - before)


@jit
def _halves(
    px: NDArray[np.float64], py: NDArray[np.float64], dense: bool, height: int, width: int, limit: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At each node, half the sides of the box that stands for an output pixel there, in samples.

    A side is the root of the squares of the pixel's two vectors along it: exact without rotation, and of the
    right area under one. Next to a jump or a place unknown (`dense` alone) the box is `limit` samples at most.
    """
    rows, cols = px.shape
    across = 1.0 if dense else (cols - 1) / width
    down = 1.0 if dense else (rows - 1) / height
    half_x, half_y = np.empty((rows, cols)), np.empty((rows, cols))
    for i in range(rows):
        mid_i = min(max(i, 1), max(rows - 2, 0))
        low_i, high_i = max(mid_i - 1, 0), min(mid_i + 1, rows - 1)
        for j in range(cols):
            mid_j = min(max(j, 1), max(cols - 2, 0))
            low_j, high_j = max(mid_j - 1, 0), min(mid_j + 1, cols - 1)
            xc = across * _slope(px[i, low_j], px[i, mid_j], px[i, high_j], j, cols - 1)
            yc = across * _slope(py[i, low_j], py[i, mid_j], py[i, high_j], j, cols - 1)
            xr = down * _slope(px[low_i, j], px[mid_i, j], px[high_i, j], i, rows - 1)
            yr = down * _slope(py[low_i, j], py[mid_i, j], py[high_i, j], i, rows - 1)
            half_x[i, j] = 0.5 * np.sqrt(xc * xc + xr * xr)
            half_y[i, j] = 0.5 * np.sqrt(yc * yc + yr * yr)
            if dense:
                half_x[i, j] = np.fmin(half_x[i, j], limit)
                half_y[i, j] = np.fmin(half_y[i, j], limit)
    return half_x, half_y


@jit
def _boxes(
    px: NDArray[np.float64],
    py: NDArray[np.float64],
    around: tuple[NDArray[np.float64], NDArray[np.float64]],
    dense: bool,
    affine: Affine6,
    height: int,
    width: int,
    limit: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`_halves`, told by the pixels around the picture where it is too thin to tell by itself."""
    around_x, around_y = around
    if around_x.size == 0:
        return _halves(px, py, dense, height, width, limit)
    qx, qy = to_samples(around_x, around_y, affine)
    hx, hy = _halves(qx, qy, True, height, width, limit)
    return hx[1:-1, 1:-1].copy(), hy[1:-1, 1:-1].copy()


@jit
def _span(centre: float, half: float, size: int) -> tuple[float, float, int, int]:
    """Both ends of the box along one axis, and the samples it touches (a millionth of one is no touch)."""
    half = max(half, 1e-3)
    low, high = centre - half, centre + half
    first = max(math.floor(low + TIE), 0)
    end = min(math.ceil(high - TIE), size)
    return low, high, first, end


@jit
def average(  # noqa: PLR0917 - compiled: no keywords
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    masked: bool,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dense: bool,
    affine: Affine6,
    own: tuple[int, int],
    fresh: bool,
    around: tuple[NDArray[np.float64], NDArray[np.float64]],
    limit: float,
    out: NDArray[np.float64],
    ok: NDArray[np.bool_],
) -> None:
    """Mean of the valid samples under each pixel, by covered area; arguments as for `kernels.nearest`.

    A pixel is valid when the sample at its centre is. `around` is that of the `ControlGrid`, empty where
    it has none. `limit` bounds the box next to jumps, in samples.
    """
    height, width = out.shape
    rows, cols = values.shape
    px, py = to_samples(x, y, affine)
    hx, hy = _boxes(px, py, around, dense, affine, height, width, limit)
    begins = starts(px.shape[1], width)
    line_x, line_y = np.empty(px.shape[1]), np.empty(px.shape[1])
    xs, ys, bx, by = np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    shape = (height, width)
    for r in range(height):
        first, end, _ = trace(px, py, dense, r + 0.5, shape, (rows, cols), 0.0, begins, line_x, line_y, xs, ys)
        trace(hx, hy, dense, r + 0.5, shape, _EVERYWHERE, 0.0, begins, line_x, line_y, bx, by)
        for c in range(width):
            u, v = xs[c] + TIE, ys[c] + TIE
            good = first <= c < end and u >= own[0] and v >= 0.0 and u < own[1] and v < rows
            if good and masked:
                good = valid[np.int32(v), np.int32(u)]
            if not good:
                if fresh:
                    out[r, c] = 0.0
                    ok[r, c] = False
                continue
            left, right, j0, j1 = _span(xs[c], bx[c], cols)
            top, bottom, i0, i1 = _span(ys[c], by[c], rows)
            total = 0.0
            weight = 0.0
            for i in range(i0, i1):
                wy = min(bottom, i + 1.0) - max(top, float(i))
                for j in range(j0, j1):
                    if not masked or valid[i, j]:
                        w = wy * (min(right, j + 1.0) - max(left, float(j)))
                        total += w * values[i, j]
                        weight += w
            out[r, c] = total / weight if weight > 0.0 else float(values[np.int32(v), np.int32(u)])
            ok[r, c] = True


@jit
def mode(  # noqa: C901, PLR0912, PLR0917 - one pass, its cases side by side; compiled: no keywords
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    masked: bool,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dense: bool,
    affine: Affine6,
    own: tuple[int, int],
    fresh: bool,
    around: tuple[NDArray[np.float64], NDArray[np.float64]],
    limit: float,
    out: NDArray[Any],
    ok: NDArray[np.bool_],
) -> None:
    """The class that covers most of each pixel; of equals that at the centre, else the smaller one.

    Arguments as for `average`; `out` has the samples' dtype. A pixel is valid when the sample at its centre is.
    """
    height, width = out.shape
    rows, cols = values.shape
    px, py = to_samples(x, y, affine)
    hx, hy = _boxes(px, py, around, dense, affine, height, width, limit)
    begins = starts(px.shape[1], width)
    line_x, line_y = np.empty(px.shape[1]), np.empty(px.shape[1])
    xs, ys, bx, by = np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    shape = (height, width)
    seen = np.empty(64, values.dtype)
    covered = np.empty(64)
    for r in range(height):
        first, end, _ = trace(px, py, dense, r + 0.5, shape, (rows, cols), 0.0, begins, line_x, line_y, xs, ys)
        trace(hx, hy, dense, r + 0.5, shape, _EVERYWHERE, 0.0, begins, line_x, line_y, bx, by)
        for c in range(width):
            u, v = xs[c] + TIE, ys[c] + TIE
            good = first <= c < end and u >= own[0] and v >= 0.0 and u < own[1] and v < rows
            if good and masked:
                good = valid[np.int32(v), np.int32(u)]
            if not good:
                if fresh:
                    out[r, c] = 0
                    ok[r, c] = False
                continue
            left, right, j0, j1 = _span(xs[c], bx[c], cols)
            top, bottom, i0, i1 = _span(ys[c], by[c], rows)
            centre = values[np.int32(v), np.int32(u)]
            seen[0] = centre
            covered[0] = 1e-9
            known = 1
            for i in range(i0, i1):
                wy = min(bottom, i + 1.0) - max(top, float(i))
                for j in range(j0, j1):
                    if masked and not valid[i, j]:
                        continue
                    w = wy * (min(right, j + 1.0) - max(left, float(j)))
                    k = 0
                    while k < known and seen[k] != values[i, j]:
                        k += 1
                    if k == known:
                        if known == seen.shape[0]:
                            seen = np.append(seen, seen)
                            covered = np.append(covered, covered)
                        seen[k] = values[i, j]
                        covered[k] = 0.0
                        known += 1
                    covered[k] += w
            best = 0
            for k in range(1, known):
                more = covered[k] - covered[best]
                if more > 1e-7 or (more > -1e-7 and best > 0 and seen[k] < seen[best]):
                    best = k
            out[r, c] = seen[best]
            ok[r, c] = True


__all__ = ["average", "mode"]
