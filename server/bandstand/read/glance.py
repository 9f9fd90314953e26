"""A thin sample of a band, for its statistics: the smallest overview that tells enough, or windows over the file."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import Level, Window

_ENOUGH = 1 << 16
"""Pixels of a level that tell how its numbers are spread."""
_MOST = 1 << 20
"""Pixels above which a level is looked at through windows only."""
_SIDE = 256
_WINDOWS = 4
"""So many windows in each direction."""


class Glance(NamedTuple):
    """Some of a band's numbers."""

    values: NDArray[Any]
    """(n,) stored numbers that are valid and finite, in no order that means anything."""
    share: float
    """How much of what was looked at they are, 0 to 1."""


def level_for(levels: tuple[Level, ...]) -> int:
    """The coarsest level that still has enough pixels; the finest where none has."""
    return max((n for n, level in enumerate(levels) if level.width * level.height >= _ENOUGH), default=0)


def is_large(level: Level) -> bool:
    """Whether only windows of it are looked at."""
    return level.width * level.height > _MOST


def windows_of(level: Level) -> Iterator[tuple[int, int, int, int]]:
    """Column, row, width and height of what to look at: everything, or windows evenly spread."""
    if not is_large(level):
        yield 0, 0, level.width, level.height
        return
    width, height = min(_SIDE, level.width), min(_MOST // _WINDOWS**2 // min(_SIDE, level.width), level.height)
    for row in _starts(level.height, height):
        for col in _starts(level.width, width):
            yield col, row, width, height


def _starts(whole: int, part: int) -> list[int]:
    count = min(_WINDOWS, -(-whole // part))
    return sorted({round(n * (whole - part) / max(1, count - 1)) for n in range(count)})


def glance(windows: list[Window]) -> Glance:
    """What windows of one plane hold."""
    kept, seen = [], 0
    for window in windows:
        values = window.values
        valid = np.ones(values.shape, np.bool_) if window.valid is None else window.valid
        if values.dtype.kind == "f":
            valid = valid & np.isfinite(values)
        kept.append(values[valid])
        seen += values.size
    found = np.concatenate(kept)
    return Glance(found, found.size / seen)
