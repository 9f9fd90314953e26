"""What stands for nothing in a file: numbers in a type that files know, and a nodata that no valid one holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.field import Field


def storable(values: NDArray[Any]) -> NDArray[Any]:
    """The values in a type that readers of files know, little-endian; a view where they are."""
    kind = values.dtype
    if kind.kind == "b":
        return values.view(np.uint8)
    if kind == np.float16:
        return values.astype("<f4")
    return values.astype(kind.newbyteorder("<"), copy=False)


def with_nodata(
    values: NDArray[Any], valid: NDArray[np.bool_], fields: Sequence[Field]
) -> tuple[NDArray[Any], float | None]:
    """The values and the number for invalid pixels, which no valid one holds; None where it would stand nowhere.

    Values are widened where their type has no number to spare.

    Args:
        values: Any shape, as `storable` gives them.
        valid: Broadcasts to `values`; True is valid.
        fields: Of everything in `values`, which shares one such number.
    """
    if values.dtype.kind == "f":
        return values, float("nan")
    info = np.iinfo(values.dtype)
    declared = list(dict.fromkeys(f.nodata for f in fields))
    fitting = [n for n in declared if n is not None and info.min <= n <= info.max and float(n).is_integer()]
    valid = np.broadcast_to(valid, values.shape)
    # Even the declared one may be held: where a mask decides in the file, or in another scene of the mosaic.
    if fitting and len(declared) == 1 and not holds(values, valid, fitting[0]):
        return values, fitting[0]
    if valid.all():
        return values, None
    usual = 0 if values.dtype.kind == "u" else int(info.min)
    for number in (*fitting, usual, int(info.max)):
        if not holds(values, valid, number):
            return values, number
    held = set(np.unique(values[valid]).tolist())
    free = next(n for n in range(info.max, info.max - len(held) - 1, -1) if n not in held)
    if free >= info.min:
        return values, int(free)
    wider = np.dtype(f"<{values.dtype.kind}{2 * values.dtype.itemsize}")
    return values.astype(wider), int(np.iinfo(wider).max)


def holds(values: NDArray[Any], valid: NDArray[np.bool_], number: float) -> bool:
    """Whether a valid value is this number."""
    return bool((valid & (values == number)).any())
