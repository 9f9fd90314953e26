"""Coverages to numbers: condensers over all pixels, and values at a point (OGC 08-068r3, 7.1.31)."""

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bandstand.engine.process import Process
from bandstand.engine.spent import Spent
from bandstand.model.combine import Apply, Constant, Fold, Formula, Operand, Pick, Result, Summary, climb
from bandstand.model.grid import Grid
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


@dataclass(slots=True)
class Reductions:
    """Makes the numbers of one query: what is asked twice is computed once, and all of it has one limit."""

    process: Process
    spent: Spent
    _operands: dict[Operand, int] = field(default_factory=dict)
    _known: dict[tuple[bytes, Grid], Summary] = field(default_factory=dict)

    def reduce(self, name: str, cover: Cover, ground: Ground) -> list[float | bool]:
        """Condense each field of a coverage over all its pixels and times; undefined pixels are left out.

        Args:
            name: `avg`, `add`, `sum`, `min`, `max`, `count`, `some` or `all`.
            cover: What is condensed.
            ground: Its grid.

        Returns:
            A number a field; NaN where nothing is defined.

        Raises:
            TooLarge: Above a limit, by itself or with all that the query reduced before.
        """
        steps = self._summaries(cover, ground)
        return [_REDUCE[name](_joined([step[place] for step in steps])) for place in range(len(cover.bands))]

    def point_values(self, cover: Cover) -> list[list[float]]:
        """The values of a coverage of one pixel: for each time those of all fields, NaN for undefined ones.

        Raises:
            TooLarge: As for `reduce`.
        """
        if cover.ground is None:
            raise TypeError("a record of constants lies nowhere")
        steps = self._summaries(cover, cover.ground)
        return [[summary.total if summary.defined else math.nan for summary in step] for step in steps]

    def _summaries(self, cover: Cover, ground: Ground) -> list[list[Summary]]:
        made = []
        for step in range(cover.count):
            formulas = [band.steps[step if len(band.steps) > 1 else 0] for band in cover.bands]
            made.append(self._of(formulas, ground.grid))
        return made

    def _of(self, formulas: Sequence[Formula], grid: Grid) -> list[Summary]:
        keys = [(self._signature(formula), grid) for formula in formulas]
        if any(key not in self._known for key in keys):
            results = [Result(f"v{i}", formula) for i, formula in enumerate(formulas)]
            found = self.process.summarise(results, grid, spent=self.spent)
            self._known |= zip(keys, found, strict=True)
        return [self._known[key] for key in keys]

    def _signature(self, formula: Formula) -> bytes:
        """The same for formulas that are built alike; they themselves are compared by identity."""
        numbers: dict[tuple[object, ...], int] = {}
        places: dict[int, int] = {}
        digest = hashlib.blake2b(digest_size=16)
        for part in climb(formula):
            match part:
                case Constant(value=value):
                    key: tuple[object, ...] = ("constant", repr(value))
                case Pick(operand=operand, name=name):
                    key = ("pick", self._operands.setdefault(operand, len(self._operands)), name)
                case Apply(name=name, arguments=arguments):
                    key = ("apply", name, *(places[id(argument)] for argument in arguments))
                case Fold(operation=operation, steps=steps):
                    key = ("fold", operation, *(places[id(step)] for step in steps))
            if key not in numbers:
                numbers[key] = len(numbers)
                digest.update(repr(key).encode())
            places[id(part)] = numbers[key]
        return digest.digest()


class Guesses(Reductions):
    """Computes nothing: every number is one. What a query answers with hangs on its form alone, mostly."""

    def reduce(self, name: str, cover: Cover, ground: Ground) -> list[float | bool]:  # noqa: ARG002 - as that of the base
        """A number a field."""
        return [True if name in {"some", "all"} else 1.0] * len(cover.bands)

    def point_values(self, cover: Cover) -> list[list[float]]:
        """Ones."""
        return [[1.0] * len(cover.bands)] * cover.count


def total(numbers: Iterable[float]) -> float:
    """The exact sum, rounded once; infinite, or NaN, where floats (IEEE 754) end."""
    known = list(numbers)
    try:
        return math.fsum(known)
    except (OverflowError, ValueError):
        return sum(known, 0.0)


def _joined(summaries: Sequence[Summary]) -> Summary:
    return Summary(
        cells=sum(s.cells for s in summaries),
        defined=sum(s.defined for s in summaries),
        total=total(s.total for s in summaries),
        least=min(s.least for s in summaries),
        greatest=max(s.greatest for s in summaries),
        true=sum(s.true for s in summaries),
    )
