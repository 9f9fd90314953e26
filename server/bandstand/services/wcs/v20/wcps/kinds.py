"""Types of results: which one holds several."""

from collections.abc import Sequence
from dataclasses import replace

from bandstand.services.wcs.v20.wcps.values import Cover, Literal, Value

_WHOLE = {
    "bool": (0, 1), "uint8": (0, 2**8 - 1), "int8": (-(2**7), 2**7 - 1), "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1), "int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1),
}  # fmt: skip
"""Whole types, smallest first, and their ends."""
_EXACT = 2**24
"""Whole numbers up to here are the same in float32."""


def widest(types: set[str]) -> str:
    """The smallest type that holds all of some; empty where one of them is open."""
    if "" in types:
        return ""
    ends = [_WHOLE[one] for one in types if one in _WHOLE]
    low, high = min((e[0] for e in ends), default=0), max((e[1] for e in ends), default=0)
    if types <= set(_WHOLE):
        return next((one for one, (a, b) in _WHOLE.items() if a <= low and high <= b), "float64")
    return "float64" if "float64" in types or max(-low, high) > _EXACT else "float32"


def typed_alike(made: Cover, branches: Sequence[Value]) -> Cover:
    """A choice among some branches in the type that holds all of them."""
    kind = widest({one for branch in branches for one in _types(branch)})
    return replace(made, bands=tuple(replace(band, type=kind) for band in made.bands)) if kind else made


def _types(value: Value) -> set[str]:
    if isinstance(value, Cover):
        return {band.type for band in value.bands}
    if isinstance(value, bool):
        return {"bool"}
    return {value.type} if isinstance(value, Literal) else {""}
