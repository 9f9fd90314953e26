"""The tree of an expression: numbers, bands, the data mask, and calls on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A constant; NaN is nodata."""

    value: float
    size: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A band of the collection, by its own name."""

    name: str
    size: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DataMask:
    """1 where every band that the expression reads is valid, else 0; itself always valid."""

    size: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A list of constants, as `interp` and `classify` take them."""

    values: tuple[float, ...]

    @property
    def size(self) -> int:
        """Each break costs an operation."""
        return len(self.values)

    @property
    def depth(self) -> int:
        """A list has no depth."""
        return 0


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """An operator or a function on its arguments; `name` is a key of the function table."""

    name: str
    arguments: "tuple[Node, ...]"
    size: int = field(init=False)
    """Operations in it, with repeated parts counted each time."""
    depth: int = field(init=False)
    """Longest way down."""

    def __post_init__(self) -> None:
        """Count once, so that nobody has to walk a tree before it is known to be small."""
        object.__setattr__(self, "size", 1 + sum(a.size for a in self.arguments))
        object.__setattr__(self, "depth", 1 + max((a.depth for a in self.arguments), default=0))


Node = Number | Band | DataMask | Numbers | Call


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its name and what is computed."""

    name: str
    node: Node


def walk(node: Node) -> Iterator[Node]:
    """Every distinct node, parents first, in the order of the text."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, Call):
            waiting.extend(reversed(current.arguments))


def climb(node: Node) -> Iterator[Node]:
    """Every distinct node, children before their parents; no recursion, as a sum may be hundreds of levels deep."""
    done: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting[-1]
        below = [a for a in current.arguments if id(a) not in done] if isinstance(current, Call) else []
        if below and id(current) not in done:
            waiting.extend(reversed(below))
            continue
        waiting.pop()
        if id(current) not in done:
            done.add(id(current))
            yield current


def spell(node: Node) -> str:
    """The tree as text, equal for equal trees and only for them."""
    spelled: dict[int, str] = {}
    for current in climb(node):
        match current:
            case Number(value=value):
                text = repr(value)
            case Band(name=name):
                text = repr(name)
            case DataMask():
                text = "dataMask"
            case Numbers(values=values):
                text = repr(values)
            case Call(name=name, arguments=arguments):
                text = f"{name}({','.join(spelled[id(a)] for a in arguments)})"
        spelled[id(current)] = text
    return spelled[id(node)]
