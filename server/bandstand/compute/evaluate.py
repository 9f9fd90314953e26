"""Runs a graph: operands come as they are needed and go when nobody needs them any more."""

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bandstand.compute.graph import FoldStage, Graph, Slot, Stage
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.raster import Raster
from bandstand.model.turn import checkpoint

Fetch = Callable[[int], Raster]
"""The raster of an operand: the bands that the graph reads of it, stored numbers."""

_Plane = tuple[NDArray[np.generic], NDArray[np.bool_], Field]
_NEUTRAL = {"+": 0.0, "mean": 0.0, "*": 1.0, "min": np.inf, "max": -np.inf, "and": 1.0, "or": 0.0}
_JOIN = {
    "+": np.add, "mean": np.add, "*": np.multiply, "min": np.minimum, "max": np.maximum, "and": np.logical_and,
    "or": np.logical_or,
}  # fmt: skip


def evaluate(graph: Graph, fetch: Fetch, grid: Grid) -> Raster:
    """Compute a graph on one grid.

    Args:
        graph: What to compute.
        fetch: Reads an operand on this grid; asked once for each, and only when a stage needs it.
        grid: Of all operands.

    Returns:
        The outputs of the final stage, as that program gives them.
    """
    return _Run(graph, fetch, grid).result()


class _Run:
    def __init__(self, graph: Graph, fetch: Fetch, grid: Grid) -> None:
        self._graph = graph
        self._fetch = fetch
        self._grid = grid
        self._rasters: dict[int, Raster] = {}
        self._folded: list[_Plane] = []
        stages = [*(step for fold in graph.folds for step in fold.steps), graph.final]
        self._uses: Counter[int] = Counter()
        for stage in stages:
            self._uses.update(self._operands(stage))

    def result(self) -> Raster:
        for number, fold in enumerate(self._graph.folds):
            self._folded.append((*self._fold(fold), self._graph.fields[f"fold.{number}"]))
        return self._run(self._graph.final)

    def _operands(self, stage: Stage) -> set[int]:
        return {slot.operand for slot in map(self._slot, stage.program.inputs) if slot.operand >= 0}

    def _slot(self, name: str) -> Slot:
        return self._graph.slots[name]

    def _run(self, stage: Stage) -> Raster:
        checkpoint()
        planes = [self._plane(name) for name in stage.program.inputs]
        dtype = np.result_type(*(values.dtype for values, _, _ in planes))
        values = np.empty((len(planes), *self._grid.shape), dtype)
        valid = np.empty(values.shape, np.bool_)
        for i, (numbers, mask, _) in enumerate(planes):
            values[i] = numbers
            valid[i] = mask
        for number in self._operands(stage):
            self._uses[number] -= 1
            if not self._uses[number]:
                del self._rasters[number]
        return stage.program(Raster(values, valid, tuple(field for _, _, field in planes), self._grid))

    def _plane(self, name: str) -> _Plane:
        slot = self._slot(name)
        if slot.fold >= 0:
            return self._folded[slot.fold]
        raster = self._rasters.get(slot.operand)
        if raster is None:
            raster = self._rasters[slot.operand] = self._fetch(slot.operand)
        place = self._graph.bands[slot.operand].index(slot.band)
        mask = raster.valid[place if len(raster.valid) > 1 else 0]
        return raster.values[place], mask, raster.fields[place]

    def _fold(self, fold: FoldStage) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The values (y, x) and where at least one step is defined."""
        total = np.full(self._grid.shape, _NEUTRAL[fold.operation])
        count = np.zeros(self._grid.shape, np.int32)
        join = _JOIN[fold.operation]
        for step in fold.steps:
            made = self._run(step)
            mask = made.valid[0]
            values = made.values[0] != 0 if fold.operation in {"and", "or"} else made.values[0]
            join(total, values, out=total, where=mask, casting="unsafe")
            count += mask
        if fold.operation == "mean":
            np.divide(total, count, out=total, where=count > 0)
        return total, (count > 0) & np.isfinite(total)
