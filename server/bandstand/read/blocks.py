"""Compressed bytes of one block to planes of samples with their validity."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import Codec
from bandstand.read.header import BlockTable
from bandstand.read.predictor import separate, undo_differences, undo_float
from bandstand.read.validity import find_invalid


class CorruptBlock(Exception):
    """The bytes of a block do not decode to what its header promises."""


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane of one block; an empty one holds nothing at all."""

    values: NDArray[Any] | None
    """(block height, block width), native; None in masks and where the whole plane is invalid."""
    valid: NDArray[np.bool_] | None
    """True = valid; None: all of it, unless `empty`."""
    empty: bool = False
    """Whether no pixel of it is valid."""


EMPTY = Plane(None, None, empty=True)
FULL = Plane(None, None)


@dataclass(frozen=True, slots=True)
class Block:
    """A decoded block: all interleaved planes together, without alpha."""

    planes: tuple[Plane, ...]
    nbytes: int
    """Memory it holds."""


class Decoder:
    """Decodes the blocks of one level."""

    def __init__(
        self,
        table: BlockTable,
        codecs: Mapping[int, Codec],
        *,
        mask: bool,
        keep: int,
        alpha: bool,
        nodata: float | None,
    ) -> None:
        """Fix all that the blocks have in common.

        Args:
            table: The level.
            codecs: By TIFF compression.
            mask: Whether the level is a mask: samples become validity.
            keep: Interleaved samples that are handed out; those behind are alpha.
            alpha: Whether the interleaved sample behind those decides validity.
            nodata: Stored value that is invalid; None where something else decides.
        """
        self._table = table
        self._codec = codecs[table.compression]
        self._mask = mask
        self._keep = keep
        self._alpha = alpha
        self._nodata = nodata
        self._predictor = table.predictor if self._codec.predicts else 1
        file_type = np.dtype(table.form.dtype)
        self._native = file_type.newbyteorder("=")
        self._unsigned = np.dtype(f"u{file_type.itemsize}")
        swapped = file_type.itemsize > 1 and file_type != self._native
        self._swap = swapped and not self._codec.native and self._predictor != 3
        form = table.form
        self._coded = form if table.bits != 1 else dataclasses.replace(form, width=-(-form.width // 8), dtype="|u1")

    def decode(self, raw: bytes, height: int, width: int, *, alpha_plane: bool = False) -> Block:
        """Decode one block.

        Args:
            raw: As it stands in the file.
            height: Rows that belong to the image.
            width: Columns that belong to the image.
            alpha_plane: Whether these are the samples of a separate alpha plane.

        Raises:
            CorruptBlock: With the reason.
        """
        samples = self._samples(raw)
        if self._mask or alpha_plane:
            return _as_mask(samples[0] != 0, height, width)
        if not self._alpha:
            return _gather([self._plane(s, height, width) for s in samples[: self._keep]])
        opaque = _as_mask(samples[self._keep] != 0, height, width).planes[0]
        return _gather([self._under(s, opaque, height, width) for s in samples[: self._keep]])

    def _plane(self, values: NDArray[Any], height: int, width: int) -> Plane:
        valid = find_invalid(values, height, width, self._nodata)
        if isinstance(valid, bool):
            return Plane(values, None) if valid else EMPTY
        return Plane(values, valid)

    def _under(self, values: NDArray[Any], opaque: Plane, height: int, width: int) -> Plane:
        plane = self._plane(values, height, width)
        if opaque.empty or plane.empty:
            return EMPTY
        return Plane(plane.values, join(plane.valid, opaque.valid))

    def _samples(self, raw: bytes) -> NDArray[Any]:
        """All planes (samples, height, width), contiguous and native."""
        form = self._table.form
        out = np.empty(self._coded.nbytes, np.uint8)
        try:
            filled = self._codec.decode(raw, self._coded, out)
        except (RuntimeError, ValueError, TypeError, OverflowError) as error:
            raise CorruptBlock(f"{self._codec.name} data is corrupt") from error
        if filled != out.nbytes:
            raise CorruptBlock(f"it decodes to {filled} bytes where {out.nbytes} belong")
        if self._table.bits == 1:
            bits = np.unpackbits(out.reshape(form.height, -1), axis=1)
            return np.ascontiguousarray(bits[None, :, : form.width])
        values = self._unpredicted(out)
        if form.samples == 1:
            planes = values.reshape(1, form.height, form.width)
        else:
            planes = np.empty((form.samples, form.height, form.width), values.dtype)
            separate(
                values.view(self._unsigned).reshape(-1, form.samples),
                planes.view(self._unsigned).reshape(form.samples, -1),
            )
        # float16 has no kernels, and GDAL hands it out as float32 as well.
        return planes.astype(np.float32) if planes.dtype == np.float16 else planes

    def _unpredicted(self, out: NDArray[np.uint8]) -> NDArray[Any]:
        form = self._table.form
        values = out.view(self._native)
        if self._swap:
            values.byteswap(inplace=True)
        if self._predictor == 2:
            undo_differences(values.view(self._unsigned).reshape(form.height, -1), form.samples)
        elif self._predictor == 3:
            if self._native.kind != "f":
                raise CorruptBlock("predictor 3 is for floats only")
            values = undo_float(values.reshape(form.height, form.width, form.samples))
        return values


def join(first: NDArray[np.bool_] | None, second: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """What both call valid; None is all."""
    if first is None:
        return second
    return first if second is None else first & second


def _as_mask(valid: NDArray[np.bool_], height: int, width: int) -> Block:
    inside = valid[:height, :width]
    if inside.all():
        return Block((FULL,), 0)
    if not inside.any():
        return Block((EMPTY,), 0)
    return Block((Plane(None, valid),), valid.nbytes)


def _gather(planes: list[Plane]) -> Block:
    if all(p.empty for p in planes):
        return Block(tuple(planes), 0)
    # Planes of one block are views on one buffer: an empty one is only given back when all are.
    held = sum(p.values.nbytes + (p.valid.nbytes if p.valid is not None else 0) for p in planes if p.values is not None)
    return Block(tuple(planes), held)
