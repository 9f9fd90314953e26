"""Coverages to numbers: condensers over all pixels, and values at a point (OGC 08-068r3, 7.1.31)."""

import math
from collections.abc import Callable, Sequence

from bandstand.engine.engine import Engine
from bandstand.model.combine import Result, Summary
from bandstand.services.wcs.v20.wcps.values import Cover, Ground

_REDUCE: dict[str, Callable[[Summary], float | bool]] = {
    "avg": lambda s: s.total / s.defined if s.defined else math.nan,
    "add": lambda s: s.total if s.defined else math.nan,
    "sum": lambda s: s.total if s.defined else math.nan,
    "min": lambda s: s.least if s.defined else math.nan,
    "max": lambda s: s.greatest if s.defined else math.nan,
    "count": lambda s: float(s.true),
    "some": lambda s: s.true > 0,
    "all": lambda s: s.true == s.defined,
}


def reduce_cover(name: str, cover: Cover, ground: Ground, engine: Engine, deadline: float) -> list[float | bool]:
    """Condense each field of a coverage over all its pixels and times; undefined pixels are left out.

    Args:
        name: `avg`, `add`, `sum`, `min`, `max`, `count`, `some` or `all`.
        cover: What is condensed.
        ground: Its grid.
        engine: Computes it.
        deadline: On the monotonic clock, seconds.

    Returns:
        A number a field; NaN where nothing is defined.
    """
    steps = _summaries(cover, ground, engine, deadline)
    return [_REDUCE[name](_joined([step[place] for step in steps])) for place in range(len(cover.bands))]


def point_values(cover: Cover, engine: Engine, deadline: float) -> list[list[float]]:
    """The values of a coverage of one pixel: for each time those of all fields, NaN for undefined ones."""
    if cover.ground is None:
        raise TypeError("a record of constants lies nowhere")
    steps = _summaries(cover, cover.ground, engine, deadline)
    return [[summary.total if summary.defined else math.nan for summary in step] for step in steps]


def _summaries(cover: Cover, ground: Ground, engine: Engine, deadline: float) -> list[tuple[Summary, ...]]:
    made = []
    for step in range(cover.count):
        formulas = [band.steps[step if len(band.steps) > 1 else 0] for band in cover.bands]
        results = [Result(f"v{i}", formula) for i, formula in enumerate(formulas)]
        made.append(engine.process.summarise(results, ground.grid, deadline=deadline))
    return made


def _joined(summaries: Sequence[Summary]) -> Summary:
    return Summary(
        cells=sum(s.cells for s in summaries),
        defined=sum(s.defined for s in summaries),
        total=math.fsum(s.total for s in summaries),
        least=min(s.least for s in summaries),
        greatest=max(s.greatest for s in summaries),
        true=sum(s.true for s in summaries),
    )
