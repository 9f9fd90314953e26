"""Plan to raster, whatever a request is made of: one layer's program, or a computation over several layers."""

from collections.abc import Iterator
from typing import cast

from bandstand.compute.evaluate import evaluate
from bandstand.compute.graph import Graph
from bandstand.engine.kinds import of_type
from bandstand.engine.plan import Plan
from bandstand.engine.run import STRIP_PX, Account, begun, compose, layer_strips
from bandstand.engine.run import strip_rows as layer_rows
from bandstand.model.grid import Grid
from bandstand.model.raster import Raster, Strips
from bandstand.read.library import Library

_AT_ONCE = 4
"""So many operands are taken to lie in memory together: the others come when those have gone."""


def merged(plan: Plan, library: Library, account: Account) -> Raster:
    """The numbers of a coverage: all bands of the answer on the whole grid.

    Raises:
        SourceUnavailable: A scene cannot be read and the account is not tolerant.
    """
    return strips(plan, library, account).whole()


def strips(plan: Plan, library: Library, account: Account) -> Strips:
    """The same from north to south in pieces that fit into memory, each made when it is taken."""
    grid = plan.request.grid
    if plan.request.combine is None:
        (layer,) = plan.layers
        return layer_strips(layer, grid, library, account)
    found = begun(_pieces(plan, library, account), grid)
    return Strips(found.fields, grid, found.dtype, (of_type(part, found.dtype) for part in found.parts))


def strip_rows(plan: Plan) -> int:
    """Rows of such a piece."""
    if plan.request.combine is None:
        return min(layer_rows(layer, plan.request.grid) for layer in plan.layers)
    at_once = min(len(plan.layers), _AT_ONCE)
    # What was condensed lies there until the end.
    at_once += len(cast("Graph", plan.request.combine).folds)
    return max(1, STRIP_PX // (plan.request.grid.width * at_once))


def _pieces(plan: Plan, library: Library, account: Account) -> Iterator[Raster]:
    grid, rows = plan.request.grid, strip_rows(plan)
    for start in range(0, grid.height, rows):
        part = grid if rows >= grid.height else grid.crop(0, start, grid.width, min(rows, grid.height - start))
        yield _piece(plan, part, library, account)


def _piece(plan: Plan, grid: Grid, library: Library, account: Account) -> Raster:
    def fetch(number: int) -> Raster:
        account.check()
        return compose(plan.layers[number], grid, library, account).raster()

    # The engine makes no other kind of combination; the model only knows that there are some.
    return evaluate(cast("Graph", plan.request.combine), fetch, grid)
