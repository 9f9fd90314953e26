"""The plain choice of bands, as they are stored or in physical units."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.field import Field
from bandstand.model.raster import Raster


@dataclass(frozen=True, slots=True)
class Bands:
    """A program that computes nothing: the bands of the collection by their names.

    With `stored` the numbers stay as they are, with the fields that explain them. Otherwise they are physical:
    float32 as soon as one of the bands has a scale or an offset and is no band of classes; else untouched.
    """

    names: tuple[str, ...]
    stored: bool

    @property
    def inputs(self) -> tuple[str, ...]:
        """The bands."""
        return self.names

    @property
    def outputs(self) -> tuple[str, ...]:
        """The same."""
        return self.names

    @property
    def passed(self) -> tuple[str, ...]:
        """The same."""
        return self.names

    @property
    def fingerprint(self) -> str:
        """Equal for equal choices, in every process."""
        text = f"bands/1:{self.stored}:{self.names!r}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @property
    def source(self) -> str:
        """The names, separated by commas."""
        return ",".join(self.names)

    def describe(self, fields: Sequence[Field]) -> tuple[Field, ...]:
        """The fields as they are, or in physical units."""
        if self.stored or not any(map(_scaled, fields)):
            return tuple(fields)
        return tuple(map(physical_field, fields))

    def __call__(self, raster: Raster) -> Raster:
        """Convert where that is asked; a new raster on the same mask, or the same raster."""
        if self.stored or not any(map(_scaled, raster.fields)):
            return raster
        values = np.empty(raster.values.shape, np.float32)
        for band, field, out in zip(raster.values, raster.fields, values, strict=True):
            to_physical(band, field, out)
        return Raster(values, raster.valid, self.describe(raster.fields), raster.grid)


def _scaled(field: Field) -> bool:
    return not (field.plain or field.categorical)


def physical_field(field: Field) -> Field:
    """The field of a band that was converted to physical float32."""
    return replace(field, dtype="float32", nodata=math.nan, scale=1.0, offset=0.0)


_STRIP = 1 << 15
"""Values converted at once, so that the float64 between stays in the processor's cache."""


def to_physical(band: NDArray[Any], field: Field, out: NDArray[np.float32]) -> None:
    """Write stored × scale + offset into `out`, computed in float64; both (y, x), any dtype to float32."""
    if not _scaled(field):
        out[...] = band
        return
    rows = max(1, _STRIP // max(1, band.shape[1]))
    with np.errstate(over="ignore"):  # undefined pixels may hold anything
        for top in range(0, band.shape[0], rows):
            strip = band[top : top + rows] * np.float64(field.scale)
            strip += field.offset
            out[top : top + rows] = strip
