"""One meaning for the stored numbers of scenes that were scaled differently."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.field import Field

_MOST_STEPS = 2**53


def common_field(fields: Sequence[Field]) -> Field:
    """The field that all these can be expressed in with the least loss.

    Fields alike stay as they are. Integers of one scale whose offsets differ by whole steps keep scale and
    type and take the least offset, so that the shift is upwards; otherwise physical float64. Classes are
    never converted.

    Args:
        fields: The same band in several scenes, at least one.
    """
    first = fields[0]
    dtype = np.result_type(*(np.dtype(field.dtype) for field in fields)).name
    alike = all((field.scale, field.offset) == (first.scale, first.offset) for field in fields)
    if alike or any(field.categorical for field in fields):
        return first if dtype == first.dtype else replace(first, dtype=dtype)
    least = min(fields, key=lambda field: field.offset)
    if np.dtype(dtype).kind in "iu" and all(_steps(field, least) is not None for field in fields):
        return least if dtype == least.dtype else replace(least, dtype=dtype)
    return replace(first, dtype="float64", scale=1.0, offset=0.0, nodata=None)


def express(values: NDArray[Any], field: Field, target: Field) -> NDArray[Any]:
    """Stored numbers of `field` as stored numbers of `target`.

    Args:
        values: Any shape; the stored dtype, or float64 where they were interpolated.
        field: What they mean.
        target: What they shall mean.

    Returns:
        `values` itself when the meaning is the same; integers shifted by whole steps, saturating at the ends
        of their type; else float64.
    """
    if field.categorical or target.categorical or (field.scale, field.offset) == (target.scale, target.offset):
        return values
    steps = _steps(field, target)
    if steps is not None and values.dtype.kind in "iu":
        kind = np.dtype(target.dtype) if np.dtype(target.dtype).kind in "iu" else values.dtype
        limits = np.iinfo(kind)
        moved = values.astype(np.int64)
        moved += steps
        return np.clip(moved, limits.min, limits.max, out=moved).astype(kind)
    if steps is not None:
        return values + float(steps)
    return (values.astype(np.float64) * field.scale + (field.offset - target.offset)) / target.scale


def _steps(field: Field, target: Field) -> int | None:
    """Whole steps from one's numbers to the other's, None when there are none."""
    if not math.isclose(field.scale, target.scale, rel_tol=1e-12):
        return None
    steps = (field.offset - target.offset) / target.scale
    # More than can be added to integers of 64 bits, or told from their neighbours, are none.
    return round(steps) if abs(steps) < _MOST_STEPS and abs(steps - round(steps)) < 1e-6 else None


__all__ = ["common_field", "express"]
