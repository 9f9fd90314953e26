"""netCDF-4 in memory: the subset of HDF5 that netCDF readers take for their own (NetCDF User's Guide, appendix C)."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import h5py
import imagecodecs
import numpy as np
from numpy.typing import NDArray

from bandstand.encode.chunks import Samples
from bandstand.model.turn import checkpoint

Attribute = str | np.generic | NDArray[Any]
"""A text, a number, or several numbers."""

_CHUNK_SIDE = 512
"""Chunks are not longer than this, in pixels: a megabyte of float32, as much as readers decode at once."""
_LEVEL = 4
_LIBRARY = "v108"
"""The oldest form that holds long attributes, which every netCDF library of these days reads."""


class File:
    """A file that is written once, from its first variable to its last; like content gives like bytes."""

    def __init__(self) -> None:
        """Begin an empty file."""
        self._bytes = io.BytesIO()
        # Times of creation are left out, and the order of creation kept, which netCDF takes for the order of variables.
        self._file = h5py.File(self._bytes, "w", track_order=True, libver=(_LIBRARY, _LIBRARY))

    def attributes(self, attributes: Mapping[str, Attribute]) -> None:
        """Describe the file as a whole."""
        _describe(self._file, attributes)

    def size(self, name: str, length: int) -> None:
        """A dimension without coordinates."""
        scale = self._file.create_dataset(name, (length,), "<i4", **_PLAIN)
        scale.make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:>9d}")

    def coordinate(self, name: str, values: NDArray[Any], attributes: Mapping[str, Attribute]) -> None:
        """A dimension and the variable of the same name with its coordinates."""
        dataset = self._file.create_dataset(name, data=values, **_PLAIN)
        dataset.make_scale(name)
        _describe(dataset, attributes)

    def variable(
        self, name: str, values: NDArray[Any], attributes: Mapping[str, Attribute], dimensions: Sequence[str] = ()
    ) -> None:
        """A small variable; a scalar when it has no dimensions."""
        dataset = self._file.create_dataset(name, data=values, **_PLAIN)
        self._span(dataset, dimensions)
        _describe(dataset, attributes)

    def raster(
        self,
        name: str,
        slices: Sequence[Samples],
        attributes: Mapping[str, Attribute],
        dimensions: Sequence[str],
        *,
        packed: bool,
    ) -> None:
        """A variable (y, x), or (t, y, x) where there are three dimensions.

        Args:
            name: Of the variable.
            slices: One a time, each of one band; of one shape and type.
            attributes: Without `_FillValue`.
            dimensions: Names, the slowest first.
            packed: Deflated; else the numbers as they are.
        """
        _, height, width = slices[0].values.shape
        dtype = slices[0].values.dtype
        depth = (len(slices),) if len(dimensions) == 3 else ()
        chunk = _even(height), _even(width)
        filters = {"shuffle": dtype.itemsize > 1, "compression": "gzip", "compression_opts": _LEVEL} if packed else {}
        dataset = self._file.create_dataset(
            name,
            (*depth, height, width),
            dtype,
            chunks=(*(1 for _ in depth), *chunk),
            fillvalue=slices[0].nodata,
            **_PLAIN,
            **filters,
        )
        self._span(dataset, dimensions)
        _describe(dataset, attributes)
        for number, samples in enumerate(slices):
            for row in range(0, height, chunk[0]):
                checkpoint()
                for column in range(0, width, chunk[1]):
                    offset = (*(number for _ in depth), row, column)
                    dataset.id.write_direct_chunk(offset, _chunk(samples, row, column, chunk, packed=packed))

    def finish(self) -> bytes:
        """The whole file; nothing can be added any more."""
        self._file.close()
        return self._bytes.getvalue()

    def _span(self, dataset: Any, dimensions: Sequence[str]) -> None:
        for i, dimension in enumerate(dimensions):
            dataset.dims[i].attach_scale(self._file[dimension])


_PLAIN: dict[str, Any] = {"track_order": True, "track_times": False}


def _describe(of: Any, attributes: Mapping[str, Attribute]) -> None:
    for key, value in attributes.items():
        if isinstance(value, str):
            # Of fixed length, which is the text (NC_CHAR) that every reader knows; HDF5 has no empty one.
            content = value.replace("\0", "").encode() or b" "
            kind = h5py.string_dtype("utf-8", len(content))
            of.attrs.create(key, np.array(content, kind), dtype=kind)
        else:
            of.attrs.create(key, np.atleast_1d(value))


def _even(length: int) -> int:
    """The side of chunks that are as alike as can be, so that the last one has little to fill up."""
    count = -(-length // _CHUNK_SIDE)
    return -(-length // count)


def _chunk(samples: Samples, row: int, column: int, chunk: tuple[int, int], *, packed: bool) -> bytes:
    """One chunk as it lies in the file; what reaches beyond the raster is nodata."""
    height, width = chunk
    part = samples.cut(slice(0, 1), slice(row, row + height), slice(column, column + width))[0]
    if part.shape != chunk:
        whole = np.full(chunk, samples.nodata, part.dtype)
        whole[: part.shape[0], : part.shape[1]] = part
        part = whole
    part = np.ascontiguousarray(part)
    if not packed:
        return part.tobytes()
    if part.itemsize > 1:
        # HDF5's shuffle: all first bytes, all second bytes, …
        part = np.ascontiguousarray(part.reshape(-1).view(np.uint8).reshape(-1, part.itemsize).T)
    return bytes(imagecodecs.deflate_encode(part, _LEVEL))  # type: ignore[arg-type] # any buffer will do
