"""Operators and functions of the language in those of the expression language, which computes them."""

import math
from collections.abc import Callable

from bandstand.model.combine import Apply, Constant, Formula

Build = Callable[..., Formula]
PREDICATES = frozenset({"<", "<=", ">", ">=", "==", "!=", "and", "or", "not", "isnan", "isvalid", "bit"})
"""What says yes or no."""
_RANGES = {
    "int8": (-128.0, 127.0), "uint8": (0.0, 255.0), "int16": (-32768.0, 32767.0), "uint16": (0.0, 65535.0),
    "int32": (-2147483648.0, 2147483647.0), "uint32": (0.0, 4294967295.0),
}  # fmt: skip


def _call(name: str) -> Build:
    return lambda *arguments: Apply(name, arguments)


def _xor(a: Formula, b: Formula) -> Formula:
    zero = Constant(0.0)
    return Apply("!=", (Apply("!=", (a, zero)), Apply("!=", (b, zero))))


def _overlay(a: Formula, b: Formula) -> Formula:
    return Apply("where", (Apply("isvalid", (a,)), a, b))


def _half(sign: str) -> Build:
    """Of sinh and cosh."""

    def build(x: Formula) -> Formula:
        both = Apply("exp", (x,)), Apply("exp", (Apply("neg", (x,)),))
        return Apply("/", (Apply(sign, both), Constant(2.0)))

    return build


def _tanh(x: Formula) -> Formula:
    # Beyond 20 it is 1 in float64, where the exponential would grow without need.
    inside = Apply("clip", (x, Constant(-20.0), Constant(20.0)))
    power = Apply("exp", (Apply("*", (Constant(2.0), inside)),))
    return Apply("/", (Apply("-", (power, Constant(1.0))), Apply("+", (power, Constant(1.0)))))


BINARY: dict[str, tuple[Build, str]] = {
    "+": (_call("+"), ""),
    "-": (_call("-"), ""),
    "*": (_call("*"), ""),
    "/": (_call("/"), ""),
    "mod": (_call("%"), ""),
    "pow": (_call("**"), ""),
    "arctan2": (_call("atan2"), ""),
    "=": (_call("=="), "bool"),
    **{sign: (_call(sign), "bool") for sign in ("!=", "<", "<=", ">", ">=", "and", "or")},
    "xor": (_xor, "bool"),
    "bit": (_call("bit"), "bool"),
    "overlay": (_overlay, ""),
}
"""Operator or function of two to what is built and the type of the result."""

UNARY: dict[str, tuple[Build, str]] = {
    "-": (_call("neg"), ""),
    "+": (lambda x: x, ""),
    "not": (_call("not"), "bool"),
    "is null": (_call("isnan"), "bool"),
    "is not null": (_call("isvalid"), "bool"),
    **{name: (_call(name), "") for name in ("abs", "sqrt", "exp", "sin", "cos", "tan", "round", "floor", "ceil")},
    "ln": (_call("log"), ""),
    "log": (_call("log10"), ""),
    "arcsin": (_call("asin"), ""),
    "arccos": (_call("acos"), ""),
    "arctan": (_call("atan"), ""),
    "sinh": (_half("-"), ""),
    "cosh": (_half("+"), ""),
    "tanh": (_tanh, ""),
}
"""The same of one."""


def extreme(name: str) -> Build:
    """`min` or `max` of many."""
    return _call(name)


def choose(condition: Formula, then: Formula, otherwise: Formula) -> Formula:
    """One of two."""
    return Apply("where", (condition, then, otherwise))


def masked(condition: Formula, value: Formula) -> Formula:
    """The value where the condition holds, else nothing."""
    return Apply("where", (condition, value, Constant(math.nan)))


def cast(type_: str) -> Build:
    """A cast to a numpy type: the fraction is cut off, and what lies outside the type becomes its end."""
    if type_ == "bool":
        return lambda x: Apply("!=", (x, Constant(0.0)))
    if type_ not in _RANGES:
        return lambda x: x
    low, high = _RANGES[type_]

    def build(x: Formula) -> Formula:
        zero = Constant(0.0)
        whole = Apply("where", (Apply("<", (x, zero)), Apply("ceil", (x,)), Apply("floor", (x,))))
        return Apply("clip", (whole, Constant(low), Constant(high)))

    return build


def is_predicate(formula: Formula) -> bool:
    """Whether a formula gives yes or no."""
    return isinstance(formula, Apply) and formula.name in PREDICATES
