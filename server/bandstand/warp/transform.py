"""Pixel to pixel between two grids: few transformed nodes, a curve between them, and a checked error bound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.model.crs import CRS84, WGS84, Crs, period, transformer
from bandstand.model.grid import Grid
from bandstand.warp.positions import centres, jit

_FEW = 64
"""Pictures of no more pixels are transformed pixel by pixel: it costs no more than the nodes."""
_THIN = 3
"""Pixels a side below which a picture cannot tell the size of its pixels to the second order."""
_COARSE = 3
"""Cells a side that are tried first; four nodes carry one cubic."""
_MOST = 48
"""Cells a side after which what is still too curved is transformed pixel by pixel."""
_GUARD = 2.0
"""Between the places checked a cubic may miss by more than there."""
_GAIN = 8.0
"""Nodes twice as dense as those checked err 16 times less; half of that is promised."""
_ELSEWHERE = 1.0
"""Degrees: no two answers of PROJ for one place differ by so much."""
_FLOOR_PX = 1e-6
"""Nothing better is promised across two systems: coordinates of 1e7 m carry 1e-9 m."""


@dataclass(frozen=True, slots=True)
class ControlGrid:
    """Where a target grid lies in a source CRS: nodes, and cubics between them.

    One serves all scenes and overview levels of that CRS. Same CRS: two by two corner nodes, linear, exact.
    Otherwise at least three by three cells with four-point (cubic) interpolation, or, where the picture is too
    curved for that (poles, jumps, the whole world), `dense` with one node a pixel centre.
    """

    x: NDArray[np.float64]
    """(rows + 1, cols + 1) source x of nodes spaced uniformly from edge to edge; (height, width) when `dense`."""
    y: NDArray[np.float64]
    """The same for y. Not finite where the projection has no answer; such pixels are invalid."""
    exact: bool
    """Whether nothing is lost (same CRS)."""
    error_px: float
    """No pixel centre is further from its exact place, in target pixels."""
    dense: bool = False
    """One node a pixel centre instead of a control grid."""
    around: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """x and y of a `dense` picture one or two pixels thin, with one pixel more all around: alone it does not tell
    how large its pixels are."""


def control_grid(grid: Grid, crs: Crs, *, max_error_px: float = 2e-5) -> ControlGrid:
    """Place the pixels of `grid` in `crs`.

    Args:
        grid: The target.
        crs: That of the source.
        max_error_px: Bound to keep, in target pixels; what cannot keep it with a curve is transformed exactly.
    """
    if same_place(grid.crs, crs):
        x, y = _lattice(grid, 1, 1)
        return ControlGrid(x, y, exact=True, error_px=0.0)
    if grid.width * grid.height <= _FEW:
        return _all_by_pixel(grid, crs)
    turn = period(crs)
    cells = _COARSE
    while True:
        x, y = _project(grid, crs, *_lattice(grid, 2 * cells, 2 * cells))
        if turn:
            _unroll(x, turn)
        errors = _misses(x, y, grid.width, grid.height)
        worst = float(errors.max())
        if worst * _GUARD <= max_error_px:
            thin = (np.ascontiguousarray(x[::2, ::2]), np.ascontiguousarray(y[::2, ::2]))
            return ControlGrid(*thin, exact=False, error_px=max(worst * _GUARD, _FLOOR_PX))
        worst /= _GAIN
        if worst <= max_error_px:
            return ControlGrid(x, y, exact=False, error_px=max(worst, _FLOOR_PX))
        if cells >= _MOST or (2 * cells + 1) ** 2 * 4 > grid.width * grid.height:
            return _by_pixel(grid, crs, x, y, errors, max_error_px)
        cells *= 2


def same_place(one: Crs, other: Crs) -> bool:
    """Whether coordinates are the same numbers, x first: EPSG:4326 and CRS84 differ in axis order alone."""
    return one == other or (one in _DEGREES and other in _DEGREES)


_DEGREES = (WGS84, CRS84)


def _lattice(grid: Grid, rows: int, cols: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    t = grid.transform
    c = np.arange(cols + 1) * (grid.width / cols)
    r = (np.arange(rows + 1) * (grid.height / rows))[:, None]
    return t.a * c + (t.b * r + t.c), t.d * c + (t.e * r + t.f)


def _pixel_centres(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    t = grid.transform
    c = np.arange(grid.width) + 0.5
    r = (np.arange(grid.height) + 0.5)[:, None]
    return t.a * c + (t.b * r + t.c), t.d * c + (t.e * r + t.f)


def _project(
    grid: Grid, crs: Crs, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = transformer(grid.crs, crs).transform(x, y, inplace=True)
    return np.ascontiguousarray(found[0]), np.ascontiguousarray(found[1])


def _project_each(
    grid: Grid, crs: Crs, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions of pixel centres, NaN where the projection has no answer that can be believed."""
    px, py = _project(grid, crs, np.array(x), np.array(y))
    elsewhere = _is_elsewhere(grid, crs, x, y, px, py)
    px[elsewhere], py[elsewhere] = np.nan, np.nan
    return px, py


def _is_elsewhere(
    grid: Grid,
    crs: Crs,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    px: NDArray[np.float64],
    py: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Where a projection answers with another place on Earth.

    Far from where it is meant for (a quarter of the world from the meridian of a UTM zone) PROJ gives numbers that
    belong to somewhere else: a scene would show a second time there.
    """
    if crs.geographic:
        return np.zeros(px.shape, np.bool_)
    x, y = np.broadcast_arrays(x, y)
    lon, lat = transformer(grid.crs, CRS84).transform(np.array(x), np.array(y))
    found_lon, found_lat = transformer(crs, CRS84).transform(px, py)
    with np.errstate(invalid="ignore"):
        away = np.abs(np.remainder(found_lon - lon + 180.0, 360.0) - 180.0) * np.cos(np.radians(lat))
        found: NDArray[np.bool_] = ~((away < _ELSEWHERE) & (np.abs(found_lat - lat) < _ELSEWHERE))
    return found


def _any_corner(nodes: NDArray[np.bool_], cells: tuple[int, ...]) -> NDArray[np.bool_]:
    """For each cell of the even nodes whether something holds at a node in or on it."""
    rows, cols = cells
    found = np.zeros((rows, cols), np.bool_)
    for i in range(3):
        for j in range(3):
            found |= nodes[i : i + 2 * rows - 1 : 2, j : j + 2 * cols - 1 : 2]
    return found


def _all_by_pixel(grid: Grid, crs: Crs) -> ControlGrid:
    """Every pixel transformed, and those around it where the picture is thin."""
    if min(grid.width, grid.height) >= _THIN:
        x, y = _project_each(grid, crs, *_pixel_centres(grid))
        return ControlGrid(x, y, exact=False, error_px=_FLOOR_PX, dense=True)
    wider = Grid(grid.crs, grid.transform.shifted(-1.0, -1.0), grid.width + 2, grid.height + 2)
    x, y = _project_each(grid, crs, *_pixel_centres(wider))
    inner = (np.ascontiguousarray(x[1:-1, 1:-1]), np.ascontiguousarray(y[1:-1, 1:-1]))
    return ControlGrid(*inner, exact=False, error_px=_FLOOR_PX, dense=True, around=(x, y))


def _by_pixel(
    grid: Grid,
    crs: Crs,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    errors: NDArray[np.float64],
    max_error_px: float,
) -> ControlGrid:
    """One position a pixel: from the curve where it was checked to be good, else transformed."""
    if min(grid.width, grid.height) < _THIN:
        return _all_by_pixel(grid, crs)
    px, py = centres(x, y, grid.height, grid.width)
    nodes = _is_elsewhere(grid, crs, *_lattice(grid, x.shape[1] - 1, x.shape[0] - 1), x, y)
    bad = ~(errors / _GAIN <= max_error_px) | _any_corner(nodes, errors.shape)
    rows = np.minimum(((np.arange(grid.height) + 0.5) * (bad.shape[0] / grid.height)).astype(np.intp), bad.shape[0] - 1)
    cols = np.minimum(((np.arange(grid.width) + 0.5) * (bad.shape[1] / grid.width)).astype(np.intp), bad.shape[1] - 1)
    at_row, at_col = np.nonzero(bad[rows[:, None], cols])
    exact_x, exact_y = _pixel_centres(grid)
    exact_x, exact_y = _project_each(grid, crs, exact_x[at_row, at_col], exact_y[at_row, at_col])
    px[at_row, at_col] = exact_x
    py[at_row, at_col] = exact_y
    return ControlGrid(px, py, exact=False, error_px=max(max_error_px, _FLOOR_PX), dense=True)


@jit
def _unroll(x: NDArray[np.float64], turn: float) -> None:
    """Take jumps of a whole turn out of neighbouring nodes, in place, so that no curve runs around the world."""
    rows, cols = x.shape
    for i in range(rows):
        if i > 0:
            x[i, 0] += turn * np.round((x[i - 1, 0] - x[i, 0]) / turn)
        for j in range(1, cols):
            x[i, j] += turn * np.round((x[i, j - 1] - x[i, j]) / turn)


@jit
def _cubic(nodes: NDArray[np.float64], i: int, j: int, along_row: bool, first: int, s: float) -> float:
    """Four-point interpolation through every second node of a row or column."""
    w0 = -(s - 1.0) * (s - 2.0) * (s - 3.0) / 6.0
    w1 = s * (s - 2.0) * (s - 3.0) / 2.0
    w2 = -s * (s - 1.0) * (s - 3.0) / 2.0
    w3 = s * (s - 1.0) * (s - 2.0) / 6.0
    k = 2 * first
    if along_row:
        return float(w0 * nodes[i, k] + w1 * nodes[i, k + 2] + w2 * nodes[i, k + 4] + w3 * nodes[i, k + 6])
    return float(w0 * nodes[k, j] + w1 * nodes[k + 2, j] + w2 * nodes[k + 4, j] + w3 * nodes[k + 6, j])


@jit
def _predict(nodes: NDArray[np.float64], i: int, j: int) -> float:
    """What the even nodes say about the node (i, j)."""
    cells_y, cells_x = (nodes.shape[0] - 1) // 2, (nodes.shape[1] - 1) // 2
    fx = min(max(j // 2 - 1, 0), cells_x - 3)
    fy = min(max(i // 2 - 1, 0), cells_y - 3)
    sx, sy = 0.5 * j - fx, 0.5 * i - fy
    if i % 2 == 0:
        return _cubic(nodes, i, 0, True, fx, sx)
    if j % 2 == 0:
        return _cubic(nodes, 0, j, False, fy, sy)
    w0 = -(sy - 1.0) * (sy - 2.0) * (sy - 3.0) / 6.0
    w1 = sy * (sy - 2.0) * (sy - 3.0) / 2.0
    w2 = -sy * (sy - 1.0) * (sy - 3.0) / 2.0
    w3 = sy * (sy - 1.0) * (sy - 2.0) / 6.0
    k = 2 * fy
    return float(
        w0 * _cubic(nodes, k, 0, True, fx, sx)
        + w1 * _cubic(nodes, k + 2, 0, True, fx, sx)
        + w2 * _cubic(nodes, k + 4, 0, True, fx, sx)
        + w3 * _cubic(nodes, k + 6, 0, True, fx, sx)
    )


@jit
def _miss(x: NDArray[np.float64], y: NDArray[np.float64], i: int, j: int, width: int, height: int) -> float:
    """How far the even nodes miss the node (i, j), in target pixels; infinite where nothing can be said."""
    rows, cols = x.shape
    ex = _predict(x, i, j) - x[i, j]
    ey = _predict(y, i, j) - y[i, j]
    j0, j1 = max(j - 1, 0), min(j + 1, cols - 1)
    i0, i1 = max(i - 1, 0), min(i + 1, rows - 1)
    across = (j1 - j0) * width / (cols - 1)
    down = (i1 - i0) * height / (rows - 1)
    xc, yc = (x[i, j1] - x[i, j0]) / across, (y[i, j1] - y[i, j0]) / across
    xr, yr = (x[i1, j] - x[i0, j]) / down, (y[i1, j] - y[i0, j]) / down
    det = xc * yr - xr * yc
    c = (yr * ex - xr * ey) / det
    r = (xc * ey - yc * ex) / det
    found = float(np.sqrt(c * c + r * r))
    return found if found >= 0.0 else np.inf


@jit
def _misses(x: NDArray[np.float64], y: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """The greatest miss at the centre and edge midpoints of each cell of the even nodes."""
    cells_y, cells_x = (x.shape[0] - 1) // 2, (x.shape[1] - 1) // 2
    worst = np.zeros((cells_y, cells_x))
    for i in range(x.shape[0]):
        for j in range(1 - i % 2, x.shape[1], 1 + (1 - i % 2)):
            found = _miss(x, y, i, j, width, height)
            for cy in range(max((i - 1) // 2, 0), min(i // 2, cells_y - 1) + 1):
                for cx in range(max((j - 1) // 2, 0), min(j // 2, cells_x - 1) + 1):
                    worst[cy, cx] = max(worst[cy, cx], found)
    return worst


__all__ = ["ControlGrid", "control_grid", "same_place"]
