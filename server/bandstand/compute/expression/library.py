"""Two arithmetics behind one face: numexpr's nodes for pixels, numpy's float64 for constants."""

from typing import Any, Protocol

import numexpr.expressions
import numpy as np

Value = Any
"""A numexpr node, a float64 or a bool: whatever the library at hand computes with; all have operators."""

_SHARED = [
    "where",
    "fmod",
    "maximum",
    "minimum",
    "isfinite",
    "sign",
    "floor",
    "ceil",
    "round",
    "sqrt",
    "exp",
    "log",
    "log10",
    "log2",
    "hypot",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "arctan2",
    "abs",
]


class Library(Protocol):
    """What the functions are written in, so that each formula stands in one place."""

    def number(self, value: float) -> Value:
        """A float64 constant."""
        ...

    def constant(self, value: Value) -> float | None:
        """The number behind a value, where it is a constant worth a shortcut."""
        ...

    def __getattr__(self, name: str) -> Any:
        """One of numpy's functions: `where`, `sqrt`, `arctan2`, …."""
        ...


class NumexprLibrary:
    """Builds the nodes that numexpr compiles; no text of a user ever reaches it."""

    def __init__(self) -> None:
        for name in _SHARED:
            setattr(self, name, numexpr.expressions.functions[name])

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def number(self, value: float) -> Value:
        """A constant node."""
        return numexpr.expressions.ConstantNode(np.float64(value))

    def constant(self, value: Value) -> float | None:
        """The number of a constant node."""
        return float(value.value) if isinstance(value, numexpr.expressions.ConstantNode) else None

    def band(self, name: str) -> Value:
        """An array that is converted to float64, a chunk at a time."""
        return numexpr.expressions.VariableNode(name, "double")

    def mask(self, name: str) -> Value:
        """An array of bool."""
        return numexpr.expressions.VariableNode(name, "bool")


class NumpyLibrary:
    """Folds constants in float64; IEEE rules, no warnings (run it under `errstate`)."""

    def __init__(self) -> None:
        for name in _SHARED:
            setattr(self, name, getattr(np, name))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def number(self, value: float) -> Value:
        """A float64."""
        return np.float64(value)

    def constant(self, value: Value) -> float | None:
        """Every value is one."""
        return float(value)


NUMEXPR = NumexprLibrary()
NUMPY = NumpyLibrary()
