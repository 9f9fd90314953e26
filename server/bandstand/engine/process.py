"""What a processing language needs of the engine: formulas to requests and to single numbers, and steps in time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bandstand.caching.purse import Purse
from bandstand.catalog.base import Catalog
from bandstand.compute.graph import constant_of
from bandstand.engine.combining import Combiner
from bandstand.engine.peak import peak_bytes
from bandstand.engine.plan import Plan
from bandstand.engine.reducing import summarise
from bandstand.engine.run import Account
from bandstand.engine.spent import Spent
from bandstand.engine.standins import StandIns
from bandstand.engine.steps import steps
from bandstand.model.combine import Formula, Result, Summary
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.model.turn import current_turn
from bandstand.read.library import Library

_NUMBERS = Output(kind="coverage", media_type="image/tiff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Processing over the archive; safe to share between threads."""

    combiner: Combiner
    plan: Callable[[Request], Plan]
    catalog: Catalog
    library: Library
    purse: Purse
    stand_ins: StandIns

    def request(self, results: Sequence[Result], grid: Grid, output: Output, *, source: str = "") -> Request:
        """The request whose answer has these results as its bands; see `Combiner.request`.

        Raises:
            BandstandError: An operand has no scene at its time, or a formula cannot be compiled.
        """
        return self.combiner.request(results, grid, output, source)

    def series(self, steps: Sequence[Sequence[Result]], grid: Grid, output: Output, *, source: str = "") -> Request:
        """The request for one coverage at several times; see `Combiner.series`.

        Raises:
            BandstandError: There is no such time, or it cannot be computed.
        """
        return self.combiner.series(steps, grid, output, source)

    def summarise(self, results: Sequence[Result], grid: Grid, *, spent: Spent) -> tuple[Summary, ...]:
        """Each result over all pixels of the grid, in float64.

        Args:
            results: Formulas; their types do not matter.
            grid: Where.
            spent: What the question has cost so far; this is added to it.

        Raises:
            TooLarge: Above a limit, by itself or with all that was computed before; nothing was read of it.
            SourceUnavailable: A scene cannot be read.
            DeadlineExceeded: It took longer than its limit.
        """
        spent.compiles([result.formula for result in results], grid)
        computed = tuple(Result(result.name, result.formula, "float64") for result in results)
        plan = self.plan(self.request(computed, grid, _NUMBERS))
        spent.charge(plan)

        def summarised(plan: Plan) -> tuple[Summary, ...]:
            account = Account(current_turn(spent.limits.timeout_s), tolerant=False)
            with self.purse.take(peak_bytes(plan, kept=False), account.turn):
                found = summarise(plan, self.library, account)
            spent.took(plan, account)
            return found

        return self.stand_ins.carry_out(plan, summarised)

    def number(self, formula: Formula) -> float:
        """What a formula without coverages comes to; NaN where it is undefined.

        Raises:
            InvalidProgram: It grows too large for a number.
        """
        return constant_of(formula)

    def steps(self, layer: Layer, text: str = "") -> tuple[str, ...]:
        """The published times of a layer that an ISO 8601 text means, oldest first; all for an empty text.

        Raises:
            InvalidTime: The text cannot be read.
        """
        return steps(text, self.catalog.moments(layer.collection), layer.time)
