"""Plan to raster, whatever a request is made of: one layer's program, or a computation over several layers."""

from collections.abc import Iterator
from typing import cast

import numpy as np

from bandstand.compute.evaluate import evaluate
from bandstand.compute.graph import Graph
from bandstand.engine.plan import Plan
from bandstand.engine.run import STRIP_PX, Account, compose, compute
from bandstand.model.grid import Grid
from bandstand.model.raster import Raster
from bandstand.read.library import Library

_AT_ONCE = 4
"""So many operands are taken to lie in memory together: the others come when those have gone."""


def merged(plan: Plan, library: Library, account: Account) -> Raster:
    """The numbers of a coverage: all bands of the answer on the whole grid.

    Raises:
        SourceUnavailable: A scene cannot be read and the account is not tolerant.
    """
    if plan.request.combine is None:
        (layer,) = plan.layers
        return compute(layer, plan.request.grid, library, account)
    whole: Raster | None = None
    for start, strip in strips(plan, library, account):
        if strip.grid == plan.request.grid:
            return strip
        if whole is None:
            whole = _blank_like(strip, plan.request.grid)
        whole.values[:, start : start + strip.grid.height] = strip.values
        whole.valid[:, start : start + strip.grid.height] = strip.valid
    if whole is None:
        raise ValueError("a grid without rows")
    return whole


def strips(plan: Plan, library: Library, account: Account) -> Iterator[tuple[int, Raster]]:
    """The same from north to south in pieces that fit into memory, each with the row it starts at."""
    grid = plan.request.grid
    rows = strip_rows(plan)
    for start in range(0, grid.height, rows):
        part = grid if rows >= grid.height else grid.crop(0, start, grid.width, min(rows, grid.height - start))
        yield start, _piece(plan, part, library, account)


def strip_rows(plan: Plan) -> int:
    """Rows of such a piece."""
    at_once = min(len(plan.layers), _AT_ONCE)
    if plan.request.combine is not None:
        # What was condensed lies there until the end.
        at_once += len(cast("Graph", plan.request.combine).folds)
    return max(1, STRIP_PX // (plan.request.grid.width * at_once))


def _piece(plan: Plan, grid: Grid, library: Library, account: Account) -> Raster:
    def fetch(number: int) -> Raster:
        account.check()
        return compose(plan.layers[number], grid, library, account).raster()

    if plan.request.combine is None:
        return plan.layers[0].layer.program(fetch(0))
    # The engine makes no other kind of combination; the model only knows that there are some.
    return evaluate(cast("Graph", plan.request.combine), fetch, grid)


def _blank_like(strip: Raster, grid: Grid) -> Raster:
    values = np.empty((strip.values.shape[0], *grid.shape), strip.values.dtype)
    valid = np.empty((strip.values.shape[0], *grid.shape), np.bool_)
    return Raster(values, valid, strip.fields, grid)
