"""Every operator and function of the language: how it is written, what it computes, how it treats the undefined."""
# ruff: noqa: RUF001 - meanings are read by people, who write a minus as −

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bandstand.compute.expression.library import Library, Value
from bandstand.compute.expression.tree import Node

Reaches = Sequence[float]
"""For each argument, the decimal logarithm of the largest absolute value it can have."""

ANY_REACH = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One operator or function, on float64 values."""

    name: str
    usage: str
    """`nd(a, b)`"""
    meaning: str
    """Half a sentence, or the formula."""
    compute: Callable[..., Value]
    """(library, values…) -> value."""
    least: int
    """Fewest arguments."""
    most: int
    """Most arguments."""
    lists: int = 0
    """So many of the last arguments are lists of numbers."""
    predicate: bool = False
    """Whether it says yes or no (bool); everything else gives float64."""
    logical: bool = False
    """Whether it takes its arguments as yes or no (not 0 or 0)."""
    makes_undefined: bool = False
    """Whether finite arguments can give infinity or NaN; both mean nodata."""
    hides_undefined: bool = False
    """Whether an infinite or NaN argument can give a finite result, so that it has to be looked for before."""
    reach: Callable[[Reaches], float] = lambda reaches: max(reaches, default=0.0)
    """The decimal logarithm of the largest absolute result."""
    rewrite: Callable[..., Node] | None = None
    """For a mere abbreviation: the same in simpler calls; (call, nodes…) -> node."""


def _mean(lib: Library, *values: Value) -> Value:
    return _sum(lib, *values) / lib.number(len(values))


def _sum(_lib: Library, *values: Value) -> Value:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def _std(lib: Library, *values: Value) -> Value:
    mean = _mean(lib, *values)
    squares = [(value - mean) * (value - mean) for value in values]
    return lib.sqrt(_mean(lib, *squares))


def _least(lib: Library, *values: Value) -> Value:
    least = values[0]
    for value in values[1:]:
        least = lib.minimum(least, value)
    return least


def _greatest(lib: Library, *values: Value) -> Value:
    greatest = values[0]
    for value in values[1:]:
        greatest = lib.maximum(greatest, value)
    return greatest


def _modulo(lib: Library, a: Value, b: Value) -> Value:
    # numexpr's own % rounds a/b and can be wrong by a whole b; C's fmod is exact but has the dividend's sign.
    rest, zero = lib.fmod(a, b), lib.number(0.0)
    wrong = ((rest < zero) & (b > zero)) | ((rest > zero) & (b < zero))
    return lib.where(wrong, rest + b, rest)


def _floor_divide(lib: Library, a: Value, b: Value) -> Value:
    # a - a mod b is a multiple of b up to rounding: the nearest whole number is the quotient.
    return lib.floor((a - _modulo(lib, a, b)) / b + lib.number(0.5))


def _bit(lib: Library, x: Value, n: Value) -> Value:
    # float64 holds every integer up to 2**53, and floor makes negative numbers two's complement.
    two = lib.number(2.0)
    shifted = lib.floor(lib.floor(x) / two**n)
    return shifted - two * lib.floor(shifted / two) > lib.number(0.5)


def _interpolate(lib: Library, x: Value, xs: Sequence[float], ys: Sequence[float]) -> Value:
    result = lib.number(ys[-1])
    points = list(zip(xs, ys, strict=True))
    for (x0, y0), (x1, y1) in reversed(list(itertools.pairwise(points))):
        slope = lib.number((y1 - y0) / (x1 - x0))
        result = lib.where(x < lib.number(x1), lib.number(y0) + (x - lib.number(x0)) * slope, result)
    return lib.where(x <= lib.number(xs[0]), lib.number(ys[0]), result)


def _classify(lib: Library, x: Value, breaks: Sequence[float], classes: Sequence[float]) -> Value:
    result = lib.number(classes[-1])
    for upper, value in reversed(list(zip(breaks, classes, strict=False))):
        result = lib.where(x < lib.number(upper), lib.number(value), result)
    return result


def _power(lib: Library, a: Value, b: Value) -> Value:
    exponent = lib.constant(b)
    if exponent is None or not (exponent.is_integer() and 1 <= abs(exponent) <= 8):
        return a**b
    product = a
    for _ in range(int(abs(exponent)) - 1):
        product = product * a
    return product if exponent > 0 else lib.number(1.0) / product


def _wider(reaches: Reaches) -> float:
    return max(reaches) + math.log10(len(reaches)) if reaches else 0.0


def _product(reaches: Reaches) -> float:
    return sum(reaches)


def _any(_reaches: Reaches) -> float:
    return ANY_REACH


def _at_most(power: float) -> Callable[[Reaches], float]:
    return lambda _reaches: power


def _rounded(reaches: Reaches) -> float:
    return max(*reaches, 0.0) + 0.31


_MANY = 64
"""Most arguments of a function that takes any number."""

_OPERATORS = (
    Function(name="+", usage="a + b", meaning="sum",
             compute=lambda _, a, b: a + b, least=2, most=2, reach=_wider),
    Function(name="-", usage="a - b", meaning="difference",
             compute=lambda _, a, b: a - b, least=2, most=2, reach=_wider),
    Function(name="*", usage="a * b", meaning="product",
             compute=lambda _, a, b: a * b, least=2, most=2, reach=_product),
    Function(
        name="/", usage="a / b", meaning="quotient; nodata where b is 0", compute=lambda _, a, b: a / b,
        least=2, most=2, makes_undefined=True, hides_undefined=True, reach=_any,
    ),
    Function(
        name="//", usage="a // b", meaning="quotient rounded down", compute=_floor_divide,
        least=2, most=2, makes_undefined=True, hides_undefined=True, reach=_any,
    ),
    Function(
        name="%", usage="a % b", meaning="rest of a // b, with the sign of b", compute=_modulo,
        least=2, most=2, makes_undefined=True, hides_undefined=True, reach=lambda reaches: reaches[1],
    ),
    Function(
        name="**", usage="a ** b", meaning="a to the power of b, also written a ^ b", compute=_power,
        least=2, most=2, makes_undefined=True, hides_undefined=True, reach=_any,
    ),
    Function(name="neg", usage="-a", meaning="a with the other sign", compute=lambda _, a: -a, least=1, most=1),
    *(
        Function(
            name=name, usage=f"a {name} b", meaning="1 where true, else 0", compute=compute, least=2, most=2,
            predicate=True, hides_undefined=True,
        )
        for name, compute in (
            ("<", lambda _, a, b: a < b), ("<=", lambda _, a, b: a <= b), (">", lambda _, a, b: a > b),
            (">=", lambda _, a, b: a >= b), ("==", lambda _, a, b: a == b), ("!=", lambda _, a, b: a != b),
        )
    ),
    Function(
        name="and", usage="a and b", meaning="1 where both are true (not 0), also written a & b",
        compute=lambda _, a, b: a & b, least=2, most=2, predicate=True, logical=True, hides_undefined=True,
    ),
    Function(
        name="or", usage="a or b", meaning="1 where one is true, also written a | b",
        compute=lambda _, a, b: a | b, least=2, most=2, predicate=True, logical=True, hides_undefined=True,
    ),
    Function(
        name="not", usage="not a", meaning="1 where a is 0, also written !a",
        compute=lambda _, a: ~a, least=1, most=1, predicate=True, logical=True, hides_undefined=True,
    ),
)  # fmt: skip

_FUNCTIONS = (
    Function(
        name="nd", usage="nd(a, b)", meaning="(a − b)/(a + b)", compute=lambda _, a, b: (a - b) / (a + b),
        least=2, most=2, rewrite=lambda call, a, b: call("/", call("-", a, b), call("+", a, b)),
    ),
    Function(name="abs", usage="abs(x)", meaning="absolute value", compute=lambda lib, x: lib.abs(x), least=1, most=1),
    Function(
        name="sqrt", usage="sqrt(x)", meaning="square root; nodata where x < 0", compute=lambda lib, x: lib.sqrt(x),
        least=1, most=1, makes_undefined=True, reach=lambda reaches: max(reaches[0], 0.0),
    ),
    Function(
        name="exp", usage="exp(x)", meaning="e to the power of x", compute=lambda lib, x: lib.exp(x),
        least=1, most=1, makes_undefined=True, hides_undefined=True, reach=_any,
    ),
    *(
        Function(
            name=name, usage=f"{name}(x)", meaning=f"{meaning}; nodata where x ≤ 0", compute=compute,
            least=1, most=1, makes_undefined=True, reach=_at_most(3.1),
        )
        for name, meaning, compute in (
            ("log", "natural logarithm", lambda lib, x: lib.log(x)),
            ("log10", "decimal logarithm", lambda lib, x: lib.log10(x)),
            ("log2", "binary logarithm", lambda lib, x: lib.log2(x)),
        )
    ),
    *(
        Function(name=name, usage=f"{name}(x)", meaning=f"{meaning}, radians", compute=compute, least=1, most=1,
                 reach=_at_most(0.0))
        for name, meaning, compute in (
            ("sin", "sine", lambda lib, x: lib.sin(x)),
            ("cos", "cosine", lambda lib, x: lib.cos(x)),
        )
    ),
    Function(name="tan", usage="tan(x)", meaning="tangent, radians", compute=lambda lib, x: lib.tan(x),
             least=1, most=1, reach=_at_most(20.0)),
    *(
        Function(name=name, usage=f"{name}(x)", meaning=f"{meaning}; nodata outside −1 to 1", compute=compute,
                 least=1, most=1, makes_undefined=True, reach=_at_most(0.5))
        for name, meaning, compute in (
            ("asin", "arc sine", lambda lib, x: lib.arcsin(x)),
            ("acos", "arc cosine", lambda lib, x: lib.arccos(x)),
        )
    ),
    Function(name="atan", usage="atan(x)", meaning="arc tangent", compute=lambda lib, x: lib.arctan(x),
             least=1, most=1, hides_undefined=True, reach=_at_most(0.5)),
    Function(name="atan2", usage="atan2(y, x)", meaning="angle of the point (x, y)",
             compute=lambda lib, y, x: lib.arctan2(y, x), least=2, most=2, hides_undefined=True, reach=_at_most(0.5)),
    *(
        Function(name=name, usage=f"{name}(x)", meaning=meaning, compute=compute, least=1, most=1, reach=_rounded)
        for name, meaning, compute in (
            ("floor", "rounded down", lambda lib, x: lib.floor(x)),
            ("ceil", "rounded up", lambda lib, x: lib.ceil(x)),
            ("round", "rounded to the nearest integer, halves to the even one", lambda lib, x: lib.round(x)),
        )
    ),
    Function(name="sign", usage="sign(x)", meaning="−1, 0 or 1", compute=lambda lib, x: lib.sign(x),
             least=1, most=1, hides_undefined=True, reach=_at_most(0.0)),
    Function(name="min", usage="min(a, b, …)", meaning="least argument", compute=_least, least=1, most=_MANY,
             hides_undefined=True),
    Function(name="max", usage="max(a, b, …)", meaning="greatest argument", compute=_greatest, least=1, most=_MANY,
             hides_undefined=True),
    Function(name="mean", usage="mean(a, b, …)", meaning="mean of the arguments", compute=_mean, least=1, most=_MANY,
             reach=_wider),
    Function(name="sum", usage="sum(a, b, …)", meaning="sum of the arguments", compute=_sum, least=1, most=_MANY,
             reach=_wider),
    Function(name="std", usage="std(a, b, …)", meaning="standard deviation of the arguments, divided by their number",
             compute=_std, least=1, most=_MANY, reach=lambda reaches: 2 * max(_wider(reaches), 0.0) + 1),
    Function(
        name="clip", usage="clip(x, a, b)", meaning="x, but at least a and at most b",
        compute=lambda lib, x, a, b: lib.minimum(lib.maximum(x, a), b), least=3, most=3, hides_undefined=True,
    ),
    Function(
        name="where", usage="where(c, a, b)", meaning="a where c is true (not 0), else b; also written c ? a : b",
        compute=lambda lib, c, a, b: lib.where(c, a, b), least=3, most=3,
    ),
    Function(
        name="isnan", usage="isnan(x)", meaning="1 where x is nodata, else 0; itself never nodata",
        compute=lambda _, x: x, least=1, most=1, predicate=True,
    ),
    Function(
        name="isvalid", usage="isvalid(x)", meaning="1 where x has a value, else 0; itself never nodata",
        compute=lambda _, x: x, least=1, most=1, predicate=True,
    ),
    Function(
        name="scale", usage="scale(x, a, b)", meaning="(x − a)/(b − a): 0 at a, 1 at b, going on beyond",
        compute=lambda _, x, a, b: (x - a) / (b - a), least=3, most=3,
        rewrite=lambda call, x, a, b: call("/", call("-", x, a), call("-", b, a)),
    ),
    Function(name="db", usage="db(x)", meaning="decibel, 10·log10(x); nodata where x ≤ 0",
             compute=lambda lib, x: lib.number(10.0) * lib.log10(x), least=1, most=1, makes_undefined=True,
             reach=_at_most(4.0)),
    Function(name="undb", usage="undb(x)", meaning="10**(x/10)",
             compute=lambda lib, x: lib.number(10.0) ** (x / lib.number(10.0)), least=1, most=1,
             makes_undefined=True, hides_undefined=True, reach=_any),
    Function(name="hypot", usage="hypot(a, b)", meaning="√(a² + b²)", compute=lambda lib, a, b: lib.hypot(a, b),
             least=2, most=2, reach=_wider),
    Function(
        name="interp", usage="interp(x, [x0, x1, …], [y0, y1, …])",
        meaning="linear between the points, the end values beyond them", compute=_interpolate,
        least=3, most=3, lists=2, hides_undefined=True, reach=_any,
    ),
    Function(
        name="classify", usage="classify(x, [b1, b2, …], [v0, v1, v2, …])",
        meaning="v0 where x < b1, v1 where b1 ≤ x < b2, and so on; one value more than breaks", compute=_classify,
        least=3, most=3, lists=2, hides_undefined=True, reach=_any,
    ),
    Function(name="bit", usage="bit(x, n)", meaning="bit n of the integer x, counted from 0", compute=_bit,
             least=2, most=2, predicate=True, hides_undefined=True),
)  # fmt: skip

OPERATORS = {function.name: function for function in _OPERATORS}
FUNCTIONS = {function.name: function for function in _FUNCTIONS}
TABLE = OPERATORS | FUNCTIONS
