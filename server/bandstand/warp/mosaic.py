"""Many scenes folded into one raster, best first; done as soon as no pixel is missing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.raster import Raster
from bandstand.warp.radiometry import express


class Mosaic:
    """Takes each pixel from the first scene that has all its bands there."""

    def __init__(self, grid: Grid, fields: tuple[Field, ...]) -> None:
        """Start empty.

        Args:
            grid: The target.
            fields: What the stored numbers of the result mean, one a band; see `radiometry.common_field`.
        """
        self._grid = grid
        self._fields = fields
        self._bands: list[NDArray[Any]] = []
        self._filled: NDArray[np.bool_] | None = None
        self._full = False
        self._first = -1
        # Made when a second scene gives something: a single one is told by its mask.
        self._sources: NDArray[np.int16] | None = None

    def feed(
        self,
        bands: Sequence[tuple[NDArray[Any], NDArray[np.bool_]]],
        fields: Sequence[Field],
        source: int,
    ) -> None:
        """Lay a scene under what is there already.

        Args:
            bands: (height, width) stored values and their mask (True is valid), one pair a band. The first
                scene's arrays may be kept as they are; they are never written to.
            fields: What this scene's numbers mean, one a band; converted to the mosaic's where they differ.
            source: A number to know the scene by in `sources`, 0 or more.
        """
        if self._full:
            return
        valid = _all_valid([mask for _, mask in bands])
        if self._filled is None:
            self._bands = [
                express(values, field, target)
                for (values, _), field, target in zip(bands, fields, self._fields, strict=True)
            ]
            self._filled = valid
            self._first = source
            self._full = bool(valid.all())
            return
        take = valid & ~self._filled
        if not take.any():
            return
        if self._sources is None:
            # Until now all this was the first scene's, to be written by nobody.
            self._bands = [np.array(values) for values in self._bands]
            self._filled = self._filled.copy()
            self._sources = self._by_first(self._filled)
        for i, ((values, _), field) in enumerate(zip(bands, fields, strict=True)):
            new = express(values, field, self._fields[i])
            kind = np.result_type(self._bands[i], new)
            if kind != self._bands[i].dtype:
                self._bands[i] = self._bands[i].astype(kind)
            np.copyto(self._bands[i], new, where=take)
        self._filled |= take
        self._sources[take] = source
        self._full = bool(self._filled.all())

    @property
    def full(self) -> bool:
        """Whether every pixel is valid, so that further scenes change nothing."""
        return self._full

    @property
    def sources(self) -> NDArray[np.int16]:
        """(height, width): the scene each pixel came from, -1 where there is none."""
        if self._sources is not None:
            return self._sources
        return np.full(self._grid.shape, -1, np.int16) if self._filled is None else self._by_first(self._filled)

    def _by_first(self, filled: NDArray[np.bool_]) -> NDArray[np.int16]:
        return np.where(filled, np.int16(self._first), np.int16(-1))

    def raster(self) -> Raster:
        """What was gathered; one dtype for all bands, wide enough for each, and fields that say so.

        `valid` is (1, height, width). Zeros, all invalid, when nothing was fed.
        """
        if self._filled is None:
            kind = np.result_type(*(np.dtype(field.dtype) for field in self._fields))
            values = np.zeros((len(self._fields), *self._grid.shape), kind)
            return Raster(values, np.zeros((1, *self._grid.shape), np.bool_), self._fields, self._grid)
        values = self._bands[0][np.newaxis] if len(self._bands) == 1 else np.stack(self._bands)
        name = values.dtype.name
        fields = tuple(field if field.dtype == name else replace(field, dtype=name) for field in self._fields)
        return Raster(values, self._filled[np.newaxis], fields, self._grid)


def _all_valid(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Where all bands are valid; the mask itself when they share one."""
    valid = masks[0]
    for mask in masks[1:]:
        if mask is not masks[0]:
            valid = valid & mask
    return valid


__all__ = ["Mosaic"]
