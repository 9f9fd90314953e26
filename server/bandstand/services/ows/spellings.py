"""Names of our own parameters here and on other servers, and what is said about those that are nearly right."""

from collections.abc import Mapping
from functools import lru_cache

from bandstand.model.fields import warning
from bandstand.services.ows.foreign import foreign_key, is_harmless

SPELLINGS: Mapping[str, str] = {
    "expr": "EXPR",
    "code": "EXPR",
    "expression": "EXPR",
    "bands": "BANDS",
    "dim_bands": "BANDS",
    "assets": "BANDS",
    "range": "RANGE",
    "colorscalerange": "RANGE",
    "rescale": "RANGE",
    "dim_range": "RANGE",
    "colormap": "COLORMAP",
    "colormap_name": "COLORMAP",
    "colorscheme": "COLORMAP",
    "gamma": "GAMMA",
    "below": "BELOW",
    "belowmincolor": "BELOW",
    "above": "ABOVE",
    "abovemaxcolor": "ABOVE",
    "nodata_color": "NODATA_COLOR",
    "resampling": "RESAMPLING",
    "interpolation": "RESAMPLING",
    "interpolations": "RESAMPLING",
    "upsampling": "RESAMPLING",
    "priority": "PRIORITY",
    "maxcc": "MAXCC",
    "items": "ITEMS",
    "nearest": "NEAREST",
    "units": "UNITS",
    "opacity": "OPACITY",
    "quality": "QUALITY",
}
"""Every key that is read, in lower case, and ours for it."""

OURS = frozenset(SPELLINGS.values())


@lru_cache(maxsize=1024)
def remark(key: str) -> tuple[str, ...]:
    """The `Warning` about a key (lower case) that nothing reads, if it looks like one of ours."""
    if len(key) < 4 or len(key) > 32 or not key.isascii() or is_harmless(key) or foreign_key(key):
        return ()
    for ours in dict.fromkeys(SPELLINGS.values()):
        if _distance(key.upper(), ours) <= 2:
            name = "".join(c if c.isalnum() or c in "_-." else "?" for c in key.upper())
            return (warning(f"unknown parameter {name}, did you mean {ours}?"),)
    return ()


def _distance(a: str, b: str) -> int:
    """How many letters to insert, delete, replace or swap with their neighbour; 3 where the lengths tell it already."""
    if abs(len(a) - len(b)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        next_row = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, next_row[j - 1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            next_row.append(cost)
        before, row = row, next_row
    return row[-1]
