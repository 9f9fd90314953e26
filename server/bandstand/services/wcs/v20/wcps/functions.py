"""Every function of the language: how it is called; and those that are known, but not offered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """How a function is called."""

    usage: str
    least: int = 1
    most: int = 1
    braces: bool = False
    """Whether it takes lists in braces."""


_UNARY = (
    "abs", "sqrt", "exp", "ln", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan",
    "round", "floor", "ceil",
)  # fmt: skip
REDUCERS = ("avg", "add", "sum", "min", "max", "count", "some", "all")
"""Functions that make a number of a coverage."""

FUNCTIONS: dict[str, Function] = {
    **{name: Function(usage=f"{name}(x)") for name in _UNARY},
    "arctan2": Function(usage="arctan2(y, x)", least=2, most=2),
    "pow": Function(usage="pow(x, exponent)", least=2, most=2),
    "mod": Function(usage="mod(a, b)", least=2, most=2),
    "bit": Function(usage="bit(x, number of the bit)", least=2, most=2),
    "not": Function(usage="not(x)"),
    **{name: Function(usage=f"{name}(coverage)") for name in REDUCERS if name not in {"min", "max"}},
    "min": Function(usage="min(coverage), or min(a, b, …) pixel by pixel", most=32),
    "max": Function(usage="max(coverage), or max(a, b, …) pixel by pixel", most=32),
    "scale": Function(
        usage="scale(coverage, {E(0:99), N(0:99)}) or scale(coverage, factor)", least=2, most=3, braces=True
    ),
    "extend": Function(usage="extend(coverage, {E(low:high), N(low:high)})", least=2, most=2, braces=True),
    "crstransform": Function(
        usage='crsTransform(coverage, "EPSG:3857", {bilinear})', least=2, most=5, braces=True
    ),
    "domain": Function(usage="domain(coverage), domain(coverage, axis) or domain(coverage, axis, crs)", most=3),
    "imagecrsdomain": Function(usage="imageCrsDomain(coverage) or imageCrsDomain(coverage, axis)", most=2),
    "imagecrs": Function(usage="imageCrs(coverage)"),
    "crsset": Function(usage="crsSet(coverage)"),
    "identifier": Function(usage="identifier(coverage)"),
    "nullset": Function(usage="nullSet(coverage)"),
    "cellcount": Function(usage="cellCount(coverage)"),
}  # fmt: skip

NOT_OFFERED: dict[str, str] = {
    "clip": "Trim with [E(low:high), N(low:high)].",
    "decode": "Coverages of this server alone are processed.",
    "store": "Answers are sent at once.",
    "describe": "Ask DescribeCoverage.",
    "describecoverage": "Ask DescribeCoverage.",
    "interpolationdefault": "It is nearest; scale and crsTransform take another.",
    "interpolationset": "There are nearest, bilinear, cubic, average and mode.",
    "trim": "Write [E(low:high)] behind the coverage.",
    "slice": "Write [E(position)] behind the coverage.",
    "re": "There are no complex numbers here.",
    "im": "There are no complex numbers here.",
    "flip": "Rows run from north to south.",
    "sort": "Pick times by slicing.",
    "polygonize": "Answers are grids.",
    "stddev": "Compute it: sqrt(avg(x * x) - avg(x) * avg(x)).",
    "var": "Compute it: avg(x * x) - avg(x) * avg(x).",
}
"""Function to what to do instead."""

TYPES = {
    "boolean": "bool", "char": "int8", "unsigned char": "uint8", "short": "int16", "unsigned short": "uint16",
    "int": "int32", "unsigned int": "uint32", "long": "int32", "unsigned long": "uint32", "float": "float32",
    "double": "float64",
}  # fmt: skip
"""Names of types (OGC 08-068r3, table 2) and numpy's."""
