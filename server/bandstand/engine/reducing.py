"""Coverages to single numbers: counts, sums and extremes over all pixels that are defined."""

import math
from dataclasses import dataclass

import numpy as np

from bandstand.engine.merge import strips
from bandstand.engine.plan import Plan
from bandstand.engine.run import Account
from bandstand.model.combine import Summary
from bandstand.read.library import Library


@dataclass(slots=True)
class _Tally:
    cells: int = 0
    defined: int = 0
    total: float = 0.0
    least: float = math.inf
    greatest: float = -math.inf
    true: int = 0


def summarise(plan: Plan, library: Library, account: Account) -> tuple[Summary, ...]:
    """The summaries of all outputs of a plan, computed in float64, a strip at a time."""
    tallies = [_Tally() for _ in range(plan.request.outputs)]
    for strip in strips(plan, library, account).parts:
        valid = np.broadcast_to(strip.valid, strip.values.shape)
        for tally, values, mask, field in zip(tallies, strip.values, valid, strip.fields, strict=True):
            tally.cells += values.size
            numbers = values[mask].astype(np.float64)
            if not field.plain and not field.categorical:
                numbers = numbers * field.scale + field.offset
            if numbers.size:
                tally.defined += numbers.size
                with np.errstate(over="ignore", invalid="ignore"):
                    tally.total += float(numbers.sum())
                tally.least = min(tally.least, float(numbers.min()))
                tally.greatest = max(tally.greatest, float(numbers.max()))
                tally.true += int(np.count_nonzero(numbers))
    return tuple(Summary(t.cells, t.defined, t.total, t.least, t.greatest, t.true) for t in tallies)
