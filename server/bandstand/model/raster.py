"""Pixels in flight, with their mask and grid."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.time import TimeSpan


@dataclass(frozen=True, slots=True)
class Raster:
    """Numbers on a grid: stored values with the fields that explain them."""

    values: NDArray[Any]
    """(band, y, x); any dtype. What lies under an invalid pixel is undefined."""
    valid: NDArray[np.bool_]
    """(1, y, x) or (band, y, x); **True is valid**, the opposite of numpy's masked arrays."""
    fields: tuple[Field, ...]
    """One a band."""
    grid: Grid

    def band(self, name: str) -> NDArray[Any]:
        """The stored values (y, x) of one band, a view."""
        for i, known in enumerate(self.fields):
            if known.name == name:
                return self.values[i]  # type: ignore[no-any-return]
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Strips:
    """A raster that comes in pieces from north to south, each as wide as it is; fields and type are those of all."""

    fields: tuple[Field, ...]
    grid: Grid
    dtype: np.dtype[Any]
    parts: Iterator[Raster]
    """To be walked through once."""

    def whole(self) -> Raster:
        """All pieces together."""
        shape = (len(self.fields), *self.grid.shape)
        values: NDArray[Any] | None = None
        start = 0
        for part in self.parts:
            height = part.grid.height
            if height == self.grid.height:
                return part
            if values is None:
                # One mask a band even where this piece shares one: a later one may not.
                values, valid = np.empty(shape, self.dtype), np.empty(shape, np.bool_)
            values[:, start : start + height] = part.values
            valid[:, start : start + height] = part.valid
            start += height
        if values is None:
            raise ValueError("a grid without rows")
        return Raster(values, valid, self.fields, self.grid)


@dataclass(frozen=True, slots=True)
class Cube:
    """The same numbers at several times: fields and grid are those of every raster."""

    rasters: tuple[Raster, ...]
    """One a time, oldest first; at least one."""
    times: tuple[TimeSpan, ...]
    """From the first acquisition of each to its last; both ends are known."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: uint8 (y, x, 4) RGBA with straight alpha, or palette indices with their palette."""

    pixels: NDArray[np.uint8]
    """(y, x, 4) when `palette` is None, else (y, x) indices."""
    palette: NDArray[np.uint8] | None = None
    """(n ≤ 256, 4) RGBA; None for a true-colour picture."""
    opaque: bool = False
    """Known to have no transparent pixel."""

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def rgba(self) -> NDArray[np.uint8]:
        """The picture as (y, x, 4) uint8, whatever it was."""
        return self.pixels if self.palette is None else self.palette[self.pixels]
