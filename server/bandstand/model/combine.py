"""Formulas over several coverages and times on one grid: what a processing language is translated to."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bandstand.model.ask import Ask


@dataclass(frozen=True, slots=True)
class Operand:
    """A coverage at one time, as it is read onto the grid of the question."""

    layer: str
    """The published layer."""
    ask: Ask = field(default_factory=lambda: Ask(data=True))
    """Its time and resampling."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A number; NaN is nodata."""

    value: float
    size: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """One output of an operand, in physical units."""

    operand: Operand
    name: str
    size: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """An operator or a function of the expression language on its arguments."""

    name: str
    arguments: "tuple[Formula, ...]"
    size: int = field(init=False)
    """Operations in it, with repeated parts counted each time."""

    def __post_init__(self) -> None:
        """Count once."""
        object.__setattr__(self, "size", 1 + sum(a.size for a in self.arguments))


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Many formulas condensed to one, pixel by pixel; a step that is undefined in a pixel is left out there.

    Undefined is what no step defines. Unlike the arguments of a function the steps are computed one after another,
    so that there may be hundreds.
    """

    operation: str
    """`+`, `*`, `min`, `max`, `mean`, `and`, `or`."""
    steps: "tuple[Formula, ...]"
    size: int = field(init=False)
    """Operations of the largest step, and one."""

    def __post_init__(self) -> None:
        """Count once."""
        object.__setattr__(self, "size", 1 + max((step.size for step in self.steps), default=0))


Formula = Constant | Pick | Apply | Fold
OPERATIONS = ("+", "*", "min", "max", "mean", "and", "or")
"""What a fold can do."""


@dataclass(frozen=True, slots=True)
class Result:
    """One band of the answer."""

    name: str
    formula: Formula
    dtype: str = ""
    """numpy's name of the type it is stored in; empty: float32, or uint8 where it says yes or no."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One band over all pixels of a grid."""

    cells: int
    """Pixels of the grid."""
    defined: int
    """Pixels that have a value; the rest of the numbers is about these."""
    total: float
    least: float
    """Infinity where nothing is defined."""
    greatest: float
    """Minus infinity where nothing is defined."""
    true: int
    """Pixels whose value is not 0."""


def parts(formula: Formula) -> tuple[Formula, ...]:
    """What a formula is made of directly."""
    match formula:
        case Apply(arguments=below) | Fold(steps=below):
            return below
        case _:
            return ()


def climb(formula: Formula) -> Iterator[Formula]:
    """Every distinct part, children before their parents; no recursion, since sums may be hundreds of terms long."""
    done: set[int] = set()
    waiting = [formula]
    while waiting:
        current = waiting[-1]
        below = [part for part in parts(current) if id(part) not in done]
        if below and id(current) not in done:
            waiting.extend(reversed(below))
            continue
        waiting.pop()
        if id(current) not in done:
            done.add(id(current))
            yield current


def operands(formula: Formula) -> tuple[Operand, ...]:
    """The operands that a formula reads, in the order of the formula."""
    return tuple(dict.fromkeys(part.operand for part in climb(formula) if isinstance(part, Pick)))
