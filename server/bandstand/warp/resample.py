"""Samples of a window onto the target grid: nearest, bilinear, cubic, average, mode, all aware of masks."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.grid import Grid
from bandstand.model.selection import Resampling
from bandstand.warp import areas, kernels
from bandstand.warp.footprint import level_grid, turns
from bandstand.warp.positions import jit, to_samples
from bandstand.warp.transform import ControlGrid, same_place

ALIAS = 2.5
"""Samples to a pixel beyond which bilinear and cubic would skip samples, and the average is taken instead.

Levels a factor of two apart leave less than 2 at the scene's centre; the rest is room for its edges."""


def resample(
    values: NDArray[Any],
    valid: NDArray[np.bool_] | None,
    at: Grid,
    control: ControlGrid,
    grid: Grid,
    method: Resampling,
    *,
    scale: float | None = None,
    spare: int = 0,
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Bring one band onto the target grid.

    A pixel is valid when the sample that holds its centre is; weights of invalid samples are dropped and
    the rest renormalised. NaN is invalid whatever `valid` says.

    Args:
        values: (rows, cols) stored samples of a window.
        valid: The same shape, True is valid; None when all are.
        at: The grid of exactly these samples.
        control: The target's place in `at.crs`.
        grid: The target.
        method: How; the interpolating ones turn into `average` beyond `ALIAS` samples to a pixel.
        scale: Samples to a pixel, from `footprint.level_scale`, so that every tile of a scene takes the same
            kernel; measured at the middle of the target when absent.
        spare: Columns at either end that repeat those at the other, of samples around the whole world: neighbours
            for the pixels at the seam, which take no pixel themselves.

    Returns:
        (height, width) values, in the samples' dtype for nearest and mode, else float64; and their mask, True
        is valid. Where target and samples coincide the samples themselves, whatever the method: possibly a
        view on `values` and `valid`, to be written by nobody.
    """
    values = _native(values)
    mask = _mask(values, valid)
    if control.exact and same_place(at.crs, grid.crs):
        same = _coincide(values, mask, at, grid)
        if same is not None:
            return same
    inverse = at.transform.inverse
    matrix = (inverse.a, inverse.b, inverse.c, inverse.d, inverse.e, inverse.f)
    if scale is None:
        known = control.around or (control.x, control.y)
        scale = _scale(*known, control.dense, matrix, grid.height, grid.width)
    kernel = _route(method, scale)
    frozen = _frozen(values)
    frozen_mask = _NO_MASK if mask is None else _frozen(mask)
    out = np.empty(grid.shape, values.dtype if kernel in ("nearest", "mode") else np.float64)
    ok = np.empty(grid.shape, np.bool_)
    low, high = _columns(control.x, control.y, matrix)
    shifts = turns(low, high, at) if low <= high else []
    if not shifts:
        out[:] = 0
        ok[:] = False
    around = control.around or (_NO_NODES, _NO_NODES)
    limit = 2.0 * max(scale, 1.0)
    for number, shift in enumerate(shifts):
        a, b, c, d, e, f = matrix
        moved = (a, b, c + a * shift, d, e, f + d * shift)
        nodes = (control.x, control.y, control.dense, moved)
        common = (frozen, frozen_mask, mask is not None, *nodes, (spare, at.width - spare), number == 0)
        if kernel == "nearest":
            kernels.nearest(*common, out, ok)
        elif kernel == "bilinear":
            kernels.bilinear(*common, out, ok)
        elif kernel == "cubic":
            kernels.cubic(*common, out, ok)
        elif kernel == "average":
            areas.average(*common, around, limit, out, ok)
        else:
            areas.mode(*common, around, limit, out, ok)
    return out, ok


def covered(scene: Grid, control: ControlGrid, grid: Grid) -> NDArray[np.bool_]:
    """Which pixels of a target have their centre on a scene, as `resample` has it of a scene without a mask.

    Args:
        scene: Its whole grid, at any resolution.
        control: The target's place in the scene's CRS.
        grid: The target.
    """
    return resample(_ONE, None, level_grid(scene, (1, 1)), control, grid, "nearest", scale=1.0)[1]


def margin(method: Resampling, scale: float) -> int:
    """Samples that a method reads around the target's edge, at this many samples to a pixel."""
    kernel = _route(method, scale)
    if kernel in ("average", "mode"):
        return math.ceil(scale) + 1
    return {"nearest": 1, "bilinear": 2, "cubic": 3}[kernel]


_ONE = np.ones((1, 1), np.uint8)
_NO_MASK = np.ones((1, 1), np.bool_)
_NO_MASK.flags.writeable = False
_NO_NODES = np.empty((0, 0))


def _route(method: Resampling, scale: float) -> Resampling:
    """The kernel that does it without aliasing."""
    if method == "mode":
        return "mode" if scale > 1.0 + 1e-6 else "nearest"
    return "average" if method in ("bilinear", "cubic") and scale > ALIAS else method


def _native(values: NDArray[Any]) -> NDArray[Any]:
    """Contiguous samples of a type the kernels know."""
    if values.dtype == np.bool_:
        values = values.view(np.uint8)
    elif values.dtype == np.float16:
        values = values.astype(np.float32)
    elif not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    return values


def _mask(values: NDArray[Any], valid: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """The mask, or None when nothing is masked; NaN is."""
    if values.dtype.kind == "f":
        known = values == values  # noqa: PLR0124 - NaN differs from itself
        valid = known if valid is None else known & valid
    return None if valid is None or valid.all() else valid


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A contiguous read-only view: one compiled kernel then serves arrays that may be written and others."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _coincide(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, at: Grid, grid: Grid
) -> tuple[NDArray[Any], NDArray[np.bool_]] | None:
    """The samples themselves when target pixels and samples are the same squares (within 1e-6 px), else None.

    Whole turns of the world may lie between the two, another one for each part of the target.
    """
    inverse, t = at.transform.inverse, grid.transform
    corners = [inverse(*t(col, row)) for col, row in ((0, 0), (grid.width, grid.height), (grid.width, 0))]
    columns = [col for col, _ in corners]
    parts: list[tuple[tuple[slice, slice], tuple[slice, slice]]] = []
    for turn in turns(min(columns), max(columns), at):
        (col, row), *others = ((c + inverse.a * turn, r + inverse.d * turn) for c, r in corners)
        left, top = round(col), round(row)
        c0, c1 = max(left, 0), min(left + grid.width, at.width)
        r0, r1 = max(top, 0), min(top + grid.height, at.height)
        (end_col, end_row), (side_col, side_row) = others
        misses = (
            col - left, row - top, end_col - left - grid.width, end_row - top - grid.height,
            side_col - left - grid.width, side_row - top,
        )  # fmt: skip
        if max(map(abs, misses)) > 1e-6:
            return None
        if c0 >= c1 or r0 >= r1:
            continue
        at_source = (slice(r0, r1), slice(c0, c1))
        if (r1 - r0, c1 - c0) == grid.shape:
            return values[at_source], np.ones(grid.shape, np.bool_) if mask is None else mask[at_source]
        parts.append((at_source, (slice(r0 - top, r1 - top), slice(c0 - left, c1 - left))))
    out, ok = np.zeros(grid.shape, values.dtype), np.zeros(grid.shape, np.bool_)
    for at_source, at_target in parts:
        known = True if mask is None else mask[at_source]
        np.copyto(out[at_target], values[at_source], where=known)
        ok[at_target] |= known
    return out, ok


@jit
def _scale(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dense: bool,
    affine: kernels.Affine6,
    height: int,
    width: int,
) -> float:
    """Samples to a pixel in the middle, along the axis where they are most; 1 where it cannot be told."""
    px, py = to_samples(x, y, affine)
    rows, cols = px.shape
    i, j = (rows - 1) // 2, (cols - 1) // 2
    ni, nj = min(i + 1, rows - 1), min(j + 1, cols - 1)
    across = 1.0 if dense else (cols - 1) / width
    down = 1.0 if dense else (rows - 1) / height
    xc, yc = (px[i, nj] - px[i, j]) * across, (py[i, nj] - py[i, j]) * across
    xr, yr = (px[ni, j] - px[i, j]) * down, (py[ni, j] - py[i, j]) * down
    found = max(np.sqrt(xc * xc + xr * xr), np.sqrt(yc * yc + yr * yr))
    return found if 0.0 < found < np.inf else 1.0


@jit
def _columns(x: NDArray[np.float64], y: NDArray[np.float64], affine: kernels.Affine6) -> tuple[float, float]:
    """Least and greatest column of the nodes, half a sample wider; reversed when none is known."""
    low, high = np.inf, -np.inf
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            u = affine[0] * x[i, j] + affine[1] * y[i, j] + affine[2]
            if np.isfinite(u):
                low, high = min(low, u - 0.5), max(high, u + 0.5)
    return low, high


__all__ = ["ALIAS", "covered", "margin", "resample"]
