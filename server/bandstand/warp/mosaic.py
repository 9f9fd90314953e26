"""Many scenes folded into one raster, best first, each band by itself; done as soon as no pixel is missing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.raster import Raster
from bandstand.warp.radiometry import express
from bandstand.warp.reach import PixelWindow

Warped = tuple[NDArray[Any], NDArray[np.bool_]]
"""A band of a scene on the target grid: (height, width) stored values and their mask, True is valid."""


class Mosaic:
    """Takes each pixel of a band from the first scene that has it there.

    Bands are filled each by itself, so that a band never depends on which others are asked with it; or `together`:
    then a pixel takes all of them from the first scene that has all, as a picture of several channels wants it.
    """

    def __init__(self, grid: Grid, fields: tuple[Field, ...], *, together: bool = False) -> None:
        """Start empty.

        Args:
            grid: The target.
            fields: What the stored numbers of the result mean, one a band; see `radiometry.common_field`.
            together: Whether the bands of a pixel come from one scene.
        """
        self._grid = grid
        self._fields = fields
        places = range(len(fields))
        self._parts = [_Part(grid, fields)] if together else [_Part(grid, fields[i : i + 1]) for i in places]

    @property
    def wanted(self) -> tuple[bool, ...]:
        """For each band whether a pixel of it is missing, so that a further scene may give it."""
        return tuple(not part.full for part in self._parts for _ in part.fields)

    @property
    def full(self) -> bool:
        """Whether every pixel is valid, so that further scenes change nothing."""
        return all(part.full for part in self._parts)

    @property
    def givers(self) -> tuple[tuple[int, ...], ...]:
        """For each band the numbers of the scenes that gave it at least one pixel, best first."""
        return tuple(tuple(part.givers) for part in self._parts for _ in part.fields)

    def missing(self, window: PixelWindow | None, open_: NDArray[np.bool_] | None = None) -> bool:
        """Whether a pixel in a part of the target is missing in any band.

        Args:
            window: The part; None: all of it.
            open_: (height, width) of the part: pixels that are looked at alone.
        """
        at = rows_and_columns(window)
        return any(part.missing(at, open_) for part in self._parts)

    def feed(
        self,
        bands: Sequence[Warped | None],
        fields: Sequence[Field],
        source: int,
        window: PixelWindow | None = None,
    ) -> None:
        """Lay a scene under what is there already.

        Args:
            bands: One a band, None where the scene lacks it or it is not `wanted`. The first scene's arrays may be
                kept as they are; they are never written to.
            fields: What this scene's numbers mean, one a band; converted to the mosaic's where they differ.
            source: A number to know the scene by in `givers`.
            window: The part of the target that the bands are of; None: all of it.
        """
        place = 0
        for part in self._parts:
            end = place + len(part.fields)
            given = [band for band in bands[place:end] if band is not None]
            if len(given) == end - place and not part.full:
                part.feed(given, fields[place:end], source, None if window is None else rows_and_columns(window))
            place = end

    def raster(self) -> Raster:
        """What was gathered; one dtype for all bands, wide enough for each, and fields that say so.

        `valid` is (1, height, width) where the bands share it, else (band, height, width). Zeros, all invalid,
        when nothing was fed.
        """
        planes = [plane for part in self._parts for plane in part.planes()]
        values = planes[0][np.newaxis] if len(planes) == 1 else np.stack(planes)
        name = values.dtype.name
        fields = tuple(field if field.dtype == name else replace(field, dtype=name) for field in self._fields)
        return Raster(values, self._valid(), fields, self._grid)

    def _valid(self) -> NDArray[np.bool_]:
        first, *rest = [part.filled for part in self._parts]
        alike = all(part.full for part in self._parts) or not any(part.givers for part in self._parts)
        if alike or all(mask is first for mask in rest):
            return first[np.newaxis]
        return np.stack([first, *rest])


class _Part:
    """Bands that are filled together."""

    def __init__(self, grid: Grid, fields: tuple[Field, ...]) -> None:
        self.fields = fields
        self.full = False
        self._grid = grid
        self._bands: list[NDArray[Any]] = []
        self._filled: NDArray[np.bool_] | None = None
        self._missing = grid.width * grid.height
        self.givers: list[int] = []
        # A single scene's arrays are laid here as they are, to be written by nobody.
        self._own = False

    def feed(
        self, bands: Sequence[Warped], fields: Sequence[Field], source: int, window: tuple[slice, slice] | None
    ) -> None:
        valid = _all_valid([mask for _, mask in bands])
        if self._filled is None and window is not None:
            # Nothing yet, in arrays of its own.
            self._bands = [np.zeros(self._grid.shape, field.dtype) for field in self.fields]
            self._filled = np.zeros(self._grid.shape, np.bool_)
            self._own = True
        if self._filled is None:
            self._bands = [
                express(values, field, target)
                for (values, _), field, target in zip(bands, fields, self.fields, strict=True)
            ]
            self._filled = valid
            self._count(valid, source)
            return
        at = window or _WHOLE
        take = valid & ~self._filled[at]
        if not take.any():
            return
        if not self._own:
            self._bands = [np.array(values) for values in self._bands]
            self._filled = self._filled.copy()
            self._own = True
        for i, ((values, _), field) in enumerate(zip(bands, fields, strict=True)):
            new = express(values, field, self.fields[i])
            kind = np.result_type(self._bands[i], new)
            if kind != self._bands[i].dtype:
                self._bands[i] = self._bands[i].astype(kind)
            np.copyto(self._bands[i][at], new, where=take)
        self._filled[at] |= take
        self._count(take, source)

    def _count(self, taken: NDArray[np.bool_], source: int) -> None:
        count = int(np.count_nonzero(taken))
        if count:
            self.givers.append(source)
        self._missing -= count
        self.full = self._missing == 0

    def missing(self, at: tuple[slice, slice], open_: NDArray[np.bool_] | None) -> bool:
        if self.full:
            return False
        if open_ is None:
            return self._filled is None or not self._filled[at].all()
        return bool((open_ if self._filled is None else open_ & ~self._filled[at]).any())

    @property
    def filled(self) -> NDArray[np.bool_]:
        return np.zeros(self._grid.shape, np.bool_) if self._filled is None else self._filled

    def planes(self) -> list[NDArray[Any]]:
        if self._filled is None:
            return [np.zeros(self._grid.shape, field.dtype) for field in self.fields]
        return self._bands


_WHOLE = (slice(None), slice(None))


def rows_and_columns(window: PixelWindow | None) -> tuple[slice, slice]:
    """Rows and columns of a (col, row, width, height); all where it is None."""
    if window is None:
        return _WHOLE
    col, row, width, height = window
    return slice(row, row + height), slice(col, col + width)


def _all_valid(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Where all bands are valid; the mask itself when they share one."""
    valid = masks[0]
    for mask in masks[1:]:
        if mask is not masks[0]:
            valid = valid & mask
    return valid


__all__ = ["Mosaic", "Warped", "rows_and_columns"]
