"""Makes calls: spells out abbreviations, computes what is constant, and says what is wrong with arguments."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from bandstand.compute.expression.functions import TABLE, Function
from bandstand.compute.expression.library import NUMPY
from bandstand.compute.expression.tree import Call, Node, Number, Numbers

_GROWING = frozenset({"+", "-", "*", "**", "exp", "undb", "sum", "mean", "std", "hypot"})
"""Calls whose infinity is an overflow, and not a division by zero or the logarithm of zero."""


def apply(name: str, *arguments: Node) -> Node:
    """The call of a function on arguments that were checked; a number where all of them are.

    Raises:
        OverflowError: A constant leaves the range of float64.
    """
    function = TABLE[name]
    if function.rewrite is not None:
        rewritten: Node = function.rewrite(apply, *arguments)
        return rewritten
    if name == "where" and isinstance(arguments[0], Number):
        return _choose(arguments[0].value, arguments[1], arguments[2])
    numbers = [a.value for a in arguments if isinstance(a, Number)]
    lists = [a.values for a in arguments if isinstance(a, Numbers)]
    if len(numbers) + len(lists) < len(arguments):
        return Call(name, arguments)
    return Number(_compute(function, numbers, lists))


def _choose(condition: float, then: Node, otherwise: Node) -> Node:
    if math.isnan(condition):
        return Number(math.nan)
    return then if condition else otherwise


def _compute(function: Function, numbers: Sequence[float], lists: Sequence[Sequence[float]]) -> float:
    undefined = any(map(math.isnan, numbers))
    if function.name in {"isvalid", "isnan"}:
        return float(undefined == (function.name == "isnan"))
    if undefined or (function.name == "**" and numbers[0] == 0.0 and numbers[1] < 0.0):
        return math.nan
    take = np.bool_ if function.logical else np.float64
    with np.errstate(all="ignore"):
        value = float(function.compute(NUMPY, *map(take, numbers), *lists))
    if math.isinf(value) and function.name in _GROWING:
        raise OverflowError(function.name)
    return value if math.isfinite(value) else math.nan


def complain(function: Function, arguments: Sequence[Node]) -> str | None:
    """What is wrong with the arguments of a function; None when nothing is."""
    if not function.least <= len(arguments) <= function.most:
        takes = str(function.least) if function.least == function.most else f"{function.least} to {function.most}"
        noun = "argument" if takes == "1" else "arguments"
        return f"{function.name}() takes {takes} {noun}, got {len(arguments)}"
    if function.name == "bit" and not (isinstance(arguments[1], Number) and arguments[1].value in range(53)):
        return "bit() takes the number of the bit, an integer from 0 to 52, as its second argument"
    return _complain_of_lists(function, [a.values for a in arguments if isinstance(a, Numbers)])


def _complain_of_lists(function: Function, lists: Sequence[Sequence[float]]) -> str | None:
    if not lists:
        return None
    first, second = lists
    more = 1 if function.name == "classify" else 0
    if len(second) != len(first) + more or len(first) < 2 - more:
        return f"{function.name}() got lists of {len(first)} and {len(second)} numbers"
    if any(map(math.isnan, first)) or any(a >= b for a, b in itertools.pairwise(first)):
        return f"the first list of {function.name}() must rise"
    return None
