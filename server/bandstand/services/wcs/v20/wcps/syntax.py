"""The tree of a query: what was written and where, nothing of what it means."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Any piece of a query."""

    start: int
    """Zero-based place of its first character."""
    end: int
    """One past its last."""


@dataclass(frozen=True, slots=True, eq=False)
class Number(Part):
    """A number."""

    value: float
    type: str = ""
    """numpy's name of the type its suffix names, or the smallest that holds a whole number; empty for a fraction."""


@dataclass(frozen=True, slots=True, eq=False)
class Text(Part):
    """A quoted text."""

    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Truth(Part):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class Star(Part):
    """`*`, the end of an axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Variable(Part):
    """The name of a coverage iterator, an alias, or an iterator over times; with its `$` where it has one."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Part):
    """`-`, `+`, `not`, `is null`, `is not null`."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Part):
    """An operator between two."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Cast(Part):
    """`(unsigned char) x`."""

    type: str
    operand: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Choose(Part):
    """`x.name` or `x.0`."""

    of: "Expression"
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Axis(Part):
    """One member of a subset or a list of axes: `E(1:2)`, `Lat:"EPSG:4326"(3)`, `E:"EPSG:3857"`, `E:0.5`."""

    name: str
    crs: "Expression | None"
    """What stands after the colon."""
    low: "Expression | None"
    """None where nothing stands in parentheses."""
    high: "Expression | None"
    """None for a slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Subset(Part):
    """`x[…]`."""

    of: "Expression"
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Braces(Part):
    """The list in braces of scale, extend and crsTransform."""

    members: "tuple[Axis | Expression, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Call(Part):
    """A function on its arguments; `name` in lower case."""

    name: str
    arguments: "tuple[Expression | Braces, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Switch(Part):
    """The first case that holds."""

    cases: "tuple[tuple[Expression, Expression], ...]"
    default: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Record(Part):
    """`{red: …; green: …}`."""

    fields: "tuple[tuple[str, Expression], ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Iterator(Part):
    """`$t ansi("2023":"2024")`."""

    variable: str
    axis: str
    low: "Expression"
    high: "Expression | None"


@dataclass(frozen=True, slots=True, eq=False)
class Condense(Part):
    """`condense + over … where … using …`."""

    operator: str
    iterators: tuple[Iterator, ...]
    where: "Expression | None"
    using: "Expression"


Expression = (
    Number
    | Text
    | Truth
    | Star
    | Variable
    | Unary
    | Binary
    | Cast
    | Choose
    | Subset
    | Call
    | Switch
    | Record
    | Condense
)


@dataclass(frozen=True, slots=True, eq=False)
class Encode(Part):
    """`encode(x, "format", "options")`."""

    of: Expression
    format: str
    options: str


@dataclass(frozen=True, slots=True, eq=False)
class For(Part):
    """`$c in (a, b)`."""

    variable: str
    coverages: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Let(Part):
    """`$x := …`."""

    variable: str
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Query(Part):
    """The whole."""

    loops: tuple[For, ...]
    lets: tuple[Let, ...]
    where: Expression | None
    answer: Encode | Expression
