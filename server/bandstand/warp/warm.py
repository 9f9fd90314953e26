"""Compile the kernels that most requests need, so that no reader waits for them."""

import numpy as np

from bandstand.model.crs import WEB_MERCATOR, parse_crs
from bandstand.model.grid import Affine, Grid
from bandstand.model.selection import Resampling
from bandstand.warp.footprint import source_window
from bandstand.warp.resample import resample
from bandstand.warp.transform import control_grid

_COMMON: tuple[tuple[str, Resampling], ...] = (
    ("uint8", "nearest"),
    ("uint16", "nearest"),
    ("float32", "nearest"),
    ("uint8", "bilinear"),
    ("uint16", "bilinear"),
    ("float32", "bilinear"),
    ("uint16", "average"),
    ("float32", "average"),
    ("uint8", "mode"),
)


def warm() -> None:
    """Compile (or load from numba's cache on disk) the control grid and the common kernels.

    Some twenty seconds the first time on a machine, a fraction of a second afterwards.
    """
    zone = parse_crs("EPSG:32631")
    grid = Grid(WEB_MERCATOR, Affine(10.0, 0.0, 333000.0, 0.0, -10.0, 6600000.0), 12, 12)
    control = control_grid(grid, zone)
    at = Grid(zone, Affine(10.0, 0.0, 400000.0, 0.0, -10.0, 5700000.0), 8, 8)
    source_window(control, grid, at, 1)
    for dtype, method in _COMMON:
        scale = 2.0 if method == "mode" else 1.0
        resample(np.ones((8, 8), dtype), None, at, control, grid, method, scale=scale)


__all__ = ["warm"]
