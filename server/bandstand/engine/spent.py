"""What the parts of one question cost together, and what was decided for the client on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bandstand.engine.answer import losses, notes, span
from bandstand.engine.plan import Plan, SceneRead
from bandstand.engine.run import Account
from bandstand.errors import TooLarge
from bandstand.model.combine import Fold, Formula, climb
from bandstand.model.grid import Grid
from bandstand.model.limits import Limits

_OFTEN = 5
"""So many times the scenes of a coverage are read, since a series at a point reads each of them for one pixel; and so
many times its pixels are computed on the way to what is summed up, at the steps that are condensed."""
_MANY = 100
"""So many times the operations of an expression are compiled, for as many steps of loops."""


@dataclass(slots=True)
class Spent:
    """The sum over all that a question computes: it has the limits of one coverage, and five times its scenes."""

    limits: Limits
    scenes: int = 0
    """Read, each as often as it is; what finds none counts as one."""
    pixels: int = 0
    """Of all results, times their outputs."""
    read_bytes: int = 0
    """Decoded, at most."""
    operations: int = 0
    """Of all formulas."""
    turns: int = 0
    """Pixels of all steps that are condensed to results."""
    notes: dict[str, None] = field(default_factory=dict)
    """Warnings, in their order."""
    used: dict[str, SceneRead] = field(default_factory=dict)
    """Scenes that gave pixels, by id."""

    def charge(self, plan: Plan) -> None:
        """Count a plan in, before it runs.

        Raises:
            TooLarge: All of them together are above a limit.
        """
        grid = plan.request.grid
        self.scenes += max(1, plan.cost.items)
        self.pixels += grid.width * grid.height * plan.request.outputs
        self.read_bytes += plan.cost.read_bytes
        most = _OFTEN * self.limits.coverage_max_items
        self._check("scenes", self.scenes, f"{_OFTEN} times limits.coverage_max_items", most)
        self._check("values", self.pixels, "limits.coverage_max_px", self.limits.coverage_max_px)
        self._check("bytes to read", self.read_bytes, "limits.read_max_bytes", self.limits.read_max_bytes)
        self.notes |= dict.fromkeys(text for _, text in notes(plan))

    def compiles(self, formulas: Sequence[Formula], grid: Grid) -> None:
        """Count formulas in, before they are compiled.

        Raises:
            TooLarge: They and those before have too many operations, or too many steps for so many pixels.
        """
        folds = {id(part): len(part.steps) for f in formulas for part in climb(f) if isinstance(part, Fold)}
        self.turns += grid.width * grid.height * sum(folds.values())
        most = _OFTEN * self.limits.coverage_max_px
        self._check("values of single steps", self.turns, f"{_OFTEN} times limits.coverage_max_px", most)
        self.operations += sum(formula.size for formula in formulas)
        most = _MANY * self.limits.expression_max_operations
        self._check("operations", self.operations, f"{_MANY} times limits.expression_max_operations", most)

    def _check(self, what: str, sum_: int, key: str, most: int) -> None:
        if sum_ > most:
            raise TooLarge(
                f"All that this computes comes to {sum_:,} {what} together, the limit is {most:,} ({key}). "
                "Ask for fewer results, a smaller area, coarser pixels or a shorter time.",
                locator="query",
            )

    def took(self, plan: Plan, account: Account) -> None:
        """Remember the scenes that gave pixels, and those that could not."""
        self.used |= account.used
        self.notes |= dict.fromkeys(losses(plan, account))

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What an answer without pixels of its own says of those it was made of: `Warning` and `X-Source-*`."""
        found = [("Warning", text) for text in self.notes]
        if self.used:
            found.append(("X-Source-Items", str(len(self.used))))
        time = span(list(self.used.values()))
        return (*found, ("X-Source-Time", time)) if time else tuple(found)
