"""Where the pixels of one output row lie in the source: control nodes in, sample positions out."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

# A pixel centre that falls on the border of two samples belongs to the right and lower one, whatever the last
# bits of the arithmetic say: without it an aligned tile and the picture around it could pick differently.
TIE = 1e-6

# No "nnan": masks rest on comparisons with NaN being false.
jit = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})


@jit
def to_samples(
    x: NDArray[np.float64], y: NDArray[np.float64], affine: tuple[float, float, float, float, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes in CRS units -> nodes in samples of the window, by the window's inverse affine."""
    a, b, c, d, e, f = affine
    rows, cols = x.shape
    px = np.empty((rows, cols))
    py = np.empty((rows, cols))
    for i in range(rows):
        for j in range(cols):
            px[i, j] = a * x[i, j] + b * y[i, j] + c
            py[i, j] = d * x[i, j] + e * y[i, j] + f
    return px, py


@jit
def starts(nodes: int, pixels: int) -> NDArray[np.int64]:
    """First pixel of each stretch of a row that one cubic (or line) describes; the row's width closes the last."""
    cells = nodes - 1
    stretches = max(cells - 2, 1)
    found = np.empty(stretches + 1, np.int64)
    found[0] = 0
    for k in range(1, stretches):
        # First centre at or beyond the cell's edge: the first and the last cubic serve two cells (all, if alone).
        found[k] = -((cells - 2 * (k + 1) * pixels) // (2 * cells))
    found[stretches] = pixels
    return found


@jit
def _blend(nodes: NDArray[np.float64], v: float, line: NDArray[np.float64]) -> None:
    """Nodes of the line at node row `v`: four-point Lagrange, or linear when there are but two rows."""
    rows, cols = nodes.shape
    if rows == 2:
        for j in range(cols):
            line[j] = nodes[0, j] + v * (nodes[1, j] - nodes[0, j])
        return
    first = min(max(int(v) - 1, 0), rows - 4)
    s = v - first
    for j in range(cols):
        p0 = nodes[first, j]
        d1 = nodes[first + 1, j] - p0
        e1 = nodes[first + 2, j] - nodes[first + 1, j]
        d2 = e1 - d1
        d3 = (nodes[first + 3, j] - nodes[first + 2, j]) - e1 - d2
        line[j] = p0 + s * (d1 + (s - 1.0) * (0.5 * d2 + (s - 2.0) * (d3 * (1.0 / 6.0))))


@jit
def _bounds(line: NDArray[np.float64], stretch: int) -> tuple[float, float]:
    """Least and greatest position that the pixels of a stretch can have; not finite when a node is not."""
    nodes = line.shape[0]
    if nodes == 2:
        return min(line[0], line[1]) - 1e-9, max(line[0], line[1]) + 1e-9
    p0, p1, p2, p3 = line[stretch], line[stretch + 1], line[stretch + 2], line[stretch + 3]
    d2 = p2 - 2.0 * p1 + p0
    d3 = p3 - 3.0 * (p2 - p1) - p0
    low, high = min(p1, p2), max(p1, p2)
    if stretch == 0:
        low, high = min(low, p0), max(high, p0)
    if stretch == nodes - 4:
        low, high = min(low, p3), max(high, p3)
    # A cubic leaves its chords by no more than an eighth of its greatest second derivative.
    bulge = 0.125 * (abs(d2) + 2.0 * abs(d3)) + 1e-9
    return low - bulge, high + bulge


@jit
def _follow(line: NDArray[np.float64], stretch: int, step: float, begin: int, out: NDArray[np.float64]) -> None:
    """Positions of the pixels of a stretch, which begins at pixel `begin`; `step` is nodes to a pixel."""
    p0 = line[stretch]
    d1 = line[stretch + 1] - p0
    h2, h3 = 0.0, 0.0
    if line.shape[0] > 2:
        e1 = line[stretch + 2] - line[stretch + 1]
        h2 = 0.5 * (e1 - d1)
        h3 = ((line[stretch + 3] - line[stretch + 2]) - e1 - (e1 - d1)) / 6.0
    start = (begin + 0.5) * step - stretch
    # From 0, here and in the kernels: an index that may be negative keeps numba's loops from being vectorised.
    for k in range(out.size):
        s = start + k * step
        out[k] = p0 + s * (d1 + (s - 1.0) * (h2 + (s - 2.0) * h3))


@jit
def trace(
    px: NDArray[np.float64],
    py: NDArray[np.float64],
    dense: bool,
    v: float,
    shape: tuple[int, int],
    size: tuple[int, int],
    reach: float,
    begins: NDArray[np.int64],
    line_x: NDArray[np.float64],
    line_y: NDArray[np.float64],
    xs: NDArray[np.float64],
    ys: NDArray[np.float64],
) -> tuple[int, int, bool]:
    """Positions along the output row at height `v` (row + 0.5 for centres), in samples of the window.

    Args:
        px: Nodes in samples; one a pixel centre when `dense`.
        dense: Whether there is one node a pixel.
        v: Height in output pixels.
        shape: Output (height, width).
        size: Window (height, width).
        reach: Samples that the kernel needs around a position; decides "inside" alone.
        begins: From `starts`, along the row.
        line_x: Scratch of one entry a node column; `line_y` likewise.
        xs: (width,) filled between the two columns given back, undefined elsewhere; `ys` likewise.

    Returns:
        First column and end column that may touch the window (equal when none does), and whether the kernel
        finds all its samples for each of them.
    """
    height, width = shape
    samples_y, samples_x = size
    low = reach
    high_x = samples_x - reach - 2.0 * TIE
    high_y = samples_y - reach - 2.0 * TIE
    if dense:
        row = int(v)
        inside = True
        for c in range(width):
            x = px[row, c]
            y = py[row, c]
            xs[c] = x
            ys[c] = y
            inside &= (x >= low) & (x < high_x) & (y >= low) & (y < high_y)
        return 0, width, inside
    nodes = line_x.shape[0]
    scaled = v * (px.shape[0] - 1) / height
    _blend(px, scaled, line_x)
    _blend(py, scaled, line_y)
    step = (nodes - 1) / width
    first, last = width, 0
    inside = True
    for k in range(begins.size - 1):
        begin, end = begins[k], begins[k + 1]
        if begin >= end:
            continue
        least_x, most_x = _bounds(line_x, k)
        least_y, most_y = _bounds(line_y, k)
        if most_x < 0.0 or most_y < 0.0 or least_x > samples_x or least_y > samples_y:
            # NaN fails every test, should this stretch lie between two that touch the window.
            xs[begin:end] = np.nan
            ys[begin:end] = np.nan
            continue
        _follow(line_x, k, step, begin, xs[begin:end])
        _follow(line_y, k, step, begin, ys[begin:end])
        inside &= (least_x >= low) & (most_x < high_x) & (least_y >= low) & (most_y < high_y)
        if first == width:
            first = begin
        elif last < begin:
            inside = False
        last = end
    if last <= first:
        return 0, 0, True
    return first, last, inside


@jit
def centres(
    x: NDArray[np.float64], y: NDArray[np.float64], height: int, width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interpolate the nodes at every pixel centre: two (height, width) arrays in the nodes' own units."""
    out_x = np.empty((height, width))
    out_y = np.empty((height, width))
    nodes = x.shape[1]
    line_x = np.empty(nodes)
    line_y = np.empty(nodes)
    begins = starts(nodes, width)
    for r in range(height):
        v = (r + 0.5) * (x.shape[0] - 1) / height
        _blend(x, v, line_x)
        _blend(y, v, line_y)
        for k in range(begins.size - 1):
            begin, end = begins[k], begins[k + 1]
            _follow(line_x, k, (nodes - 1) / width, begin, out_x[r, begin:end])
            _follow(line_y, k, (nodes - 1) / width, begin, out_y[r, begin:end])
    return out_x, out_y


__all__ = ["TIE", "centres", "jit", "starts", "to_samples", "trace"]
