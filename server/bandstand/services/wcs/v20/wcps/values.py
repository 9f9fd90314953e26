"""What an expression of a query means: numbers, texts, times, domains, and coverages that are not computed yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from bandstand.model.combine import Constant, Formula
from bandstand.model.crs import Crs
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer


class Literal(float):
    """A number as it stands in the query, with its type."""

    __slots__ = ("type",)

    def __new__(cls, value: float, type_: str) -> Self:
        """Keep both."""
        made = super().__new__(cls, value)
        made.type = type_
        return made

    type: str


@dataclass(frozen=True, slots=True)
class Instant:
    """A step of a loop over time."""

    label: str
    """The time as published."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The extent of one axis."""

    kind: str
    """`x`, `y` or `time`."""
    low: float | str
    high: float | str
    resolution: float = 1.0
    """Length of a cell; of a time axis meaningless."""
    index: bool = False
    """Cells counted from 0, not coordinates."""
    labels: tuple[str, ...] = ()
    """The steps of a time axis."""


@dataclass(frozen=True, slots=True)
class Domains:
    """The extents of all axes, each with its label."""

    axes: tuple[tuple[str, Interval], ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """The grid that a coverage lies on."""

    layer: Layer
    """Whose cells they are."""
    grid: Grid
    sliced: frozenset[str] = frozenset()
    """Axes that are none any more: `x`, `y`."""
    trimmed: bool = False
    """A part of the whole coverage."""
    resampled: bool = False
    """By scale or crsTransform."""
    id: str = ""
    """Identifier of the coverage where that is not the layer's name: a dataset or a mosaic."""
    lattice: Callable[[Crs], Grid | None] | None = field(default=None, compare=False)
    """Its cells in other CRSs where they are not those of the layer."""

    @property
    def is_point(self) -> bool:
        """Whether neither axis is left."""
        return len(self.sliced) == 2


@dataclass(frozen=True, slots=True)
class Band:
    """One field of a coverage."""

    name: str
    steps: tuple[Formula, ...]
    """One a time of the coverage; one alone where it has no times."""
    type: str = ""
    """numpy's name of the type it would be stored in; `bool` for yes and no, empty for numbers as they come."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A coverage, or a record of constants: formulas on a grid."""

    bands: tuple[Band, ...]
    ground: Ground | None = None
    """None for constants, which lie anywhere."""
    times: tuple[str, ...] | None = None
    """The steps of its time axis after a trim."""
    pending: bool = False
    """Its time was not chosen: it stands for the default time unless it is sliced or trimmed yet."""

    @property
    def count(self) -> int:
        """How many steps in time."""
        return 1 if self.times is None else len(self.times)


Value = float | bool | str | Instant | Interval | Domains | Cover


def lift(value: float | Cover) -> Cover:
    """A number as a record with one nameless constant; coverages as they are."""
    if isinstance(value, Cover):
        return value
    kind = "bool" if isinstance(value, bool) else value.type if isinstance(value, Literal) else ""
    return Cover((Band("", (Constant(float(value)),), kind),))
