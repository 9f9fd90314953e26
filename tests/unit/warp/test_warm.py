"""Compiling ahead leaves nothing to compile for the common requests."""

import numpy as np

from bandstand.model.crs import parse_crs
from bandstand.model.grid import Affine, Grid
from bandstand.warp import kernels
from bandstand.warp.resample import resample
from bandstand.warp.transform import control_grid
from bandstand.warp.warm import warm


def test_a_common_request_compiles_nothing_after_warming():
    warm()
    before = len(kernels.bilinear.signatures)
    at = Grid(parse_crs("EPSG:32631"), Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0), 20, 20)
    grid = Grid(at.crs, Affine(9.0, 0.0, 5.0, 0.0, -9.0, -5.0), 10, 10)
    frozen = np.ones((20, 20), np.uint16)
    frozen.flags.writeable = False
    resample(frozen, np.eye(20, dtype=bool), at, control_grid(grid, at.crs), grid, "bilinear")
    assert len(kernels.bilinear.signatures) == before
