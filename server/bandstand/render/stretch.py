"""The one rule by which a stored number finds its place in a range, and the tables made by it.

Every path, looked up or computed, follows it in float64, so that the bytes do not depend on the type:

    position = clip((stored * scale + offset - low) / (high - low), 0, 1)
    rgb:  byte   = CURVE[rint(position * 4095)], CURVE = rint(255 * (i / 4095) ** (1 / gamma))
    ramp: colour = rint(position * (colours - 1))
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.field import Field
from bandstand.model.style import Style

STEPS = 4095
"""Positions that a stretch tells apart, less one."""

Range = tuple[float, float]


def is_tabled(dtype: np.dtype[Any]) -> bool:
    """Whether a table of all values of this type is worth having."""
    return dtype.kind in "iu" and dtype.itemsize <= 2


def all_values(dtype: str) -> NDArray[Any]:
    """Every value of an 8 or 16-bit integer type, in the order of their bits read as unsigned."""
    kind = np.dtype(dtype)
    unsigned = np.dtype(f"u{kind.itemsize}")
    return np.arange(1 << (8 * kind.itemsize), dtype=np.uint32).astype(unsigned).view(kind)


def positions(values: NDArray[Any], scale: float, offset: float, low: float, high: float) -> NDArray[np.float64]:
    """The places of stored values in a range, not clipped: 0 at `low`, 1 at `high`."""
    place: NDArray[np.float64] = (values.astype(np.float64) * scale + offset - low) / (high - low)
    return place


@lru_cache(maxsize=64)
def curve(gamma: float) -> NDArray[np.uint8]:
    """The byte (4096,) at each step of a stretch with this gamma."""
    steps = np.arange(STEPS + 1, dtype=np.float64) / STEPS
    return np.rint(255.0 * steps ** (1.0 / gamma)).astype(np.uint8)


@lru_cache(maxsize=128)
def byte_table(dtype: str, scale: float, offset: float, low: float, high: float, gamma: float) -> NDArray[np.uint8]:
    """The byte of every value of an 8 or 16-bit type, indexed by its bits read as unsigned."""
    place = np.clip(positions(all_values(dtype), scale, offset, low, high), 0.0, 1.0)
    return curve(gamma)[np.rint(place * STEPS).astype(np.intp)]


def default_range(field: Field, dtype: np.dtype[Any]) -> Range:
    """0 to 1 for floats, else all the values the type can have, in physical units."""
    if dtype.kind not in "iu":
        return 0.0, 1.0
    info = np.iinfo(dtype)
    ends = sorted(float(end) * field.scale + field.offset for end in (info.min, info.max))
    return ends[0], ends[1]


def range_of(style: Style, channel: int, field: Field, dtype: np.dtype[Any]) -> Range:
    """The range of one channel: the style's own, its only one, or the default."""
    if not style.ranges:
        return default_range(field, dtype)
    return style.ranges[channel] if channel < len(style.ranges) else style.ranges[-1]


def flat_unsigned(values: NDArray[Any]) -> NDArray[Any]:
    """The bits (n,) of 8 or 16-bit integers read as unsigned; a view where the memory allows."""
    flat = np.ascontiguousarray(values).reshape(-1)
    return flat.astype(flat.dtype.newbyteorder("="), copy=False).view(f"u{flat.dtype.itemsize}")


def flat_native(values: NDArray[Any]) -> NDArray[Any]:
    """The numbers (n,) in a type that the kernels know: float32, float64 or 64-bit integers."""
    flat = np.ascontiguousarray(values).reshape(-1)
    if flat.dtype.kind == "f":
        return flat.astype(np.float64 if flat.dtype.itemsize > 4 else np.float32, copy=False)
    return flat.astype(np.float64, copy=False)
