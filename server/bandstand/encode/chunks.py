"""Cuts pixels into the strips or tiles of a TIFF and compresses them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numba
import numpy as np
from numpy.typing import NDArray

from bandstand.model.turn import checkpoint

NONE, LZW, DEFLATE, PACKBITS, ZSTD = 1, 5, 8, 32773, 50000
"""Values of the tag Compression."""
_STRIP_BYTES = 128 * 1024


def _deflate(data: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.deflate_encode(data, 4))  # type: ignore[arg-type] # any buffer will do


def _zstd(data: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.zstd_encode(data, 3))  # type: ignore[arg-type] # any buffer will do


def _lzw(data: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.lzw_encode(data))  # type: ignore[arg-type] # any buffer will do


def _packbits(data: NDArray[Any]) -> bytes:
    # Each row is packed by itself (TIFF 6.0, section 9).
    return b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in data)


_CODECS: dict[int, Callable[[NDArray[Any]], bytes]] = {
    DEFLATE: _deflate,
    ZSTD: _zstd,
    LZW: _lzw,
    PACKBITS: _packbits,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the pixels of a file are cut and packed."""

    compression: int
    predictor: int
    """1 none, 2 horizontal differences, 3 floating point."""
    planar: bool
    """Each band by itself; else the samples of a pixel side by side."""
    tile: tuple[int, int] | None
    """(width, height) of a tile; None for strips."""
    rows: int
    """Rows of a strip."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What is written: numbers with their mask, and the number that stands for nothing."""

    values: NDArray[Any]
    """(band, y, x) little-endian."""
    valid: NDArray[np.bool_]
    """(1, y, x) or (band, y, x), True is valid; (0, y, x) when all is valid."""
    nodata: float

    def rows(self, start: int, stop: int) -> "Samples":
        """Some of the rows, a view."""
        return Samples(self.values[:, start:stop], self.valid[:, start:stop], self.nodata)

    def copy(self) -> "Samples":
        """The same in memory of its own."""
        return Samples(self.values.copy(), self.valid.copy(), self.nodata)

    def cut(self, bands: slice, rows: slice, columns: slice) -> NDArray[Any]:
        """A part (band, y, x) with nodata in its invalid pixels; a view where nothing is to be changed."""
        part = self.values[bands, rows, columns]
        if not len(self.valid):
            return part
        mask = self.valid[bands if len(self.valid) > 1 else slice(None), rows, columns]
        return part if mask.all() else _masked(part, mask, self.nodata)


def _masked(part: NDArray[Any], mask: NDArray[np.bool_], nodata: float) -> NDArray[Any]:
    """A copy of a part with nodata in its invalid pixels."""
    bits = f"u{part.itemsize}"
    filled = np.empty(part.shape, part.dtype)
    nothing = np.asarray(nodata).astype(part.dtype).view(bits)[()]
    for i, band in enumerate(part):
        valid = np.ascontiguousarray(mask[i if len(mask) > 1 else 0]).reshape(-1)
        _select(np.ascontiguousarray(band).view(bits).reshape(-1), valid, nothing, filled[i].view(bits).reshape(-1))
    return filled


@numba.njit(cache=True, nogil=True)
def _select(bits: NDArray[np.uint32], valid: NDArray[np.bool_], nothing: Any, out: NDArray[np.uint32]) -> None:
    for i in range(bits.size):
        out[i] = bits[i] if valid[i] else nothing


def strip_rows(width: int, height: int, pixel_bytes: int) -> int:
    """Rows of a strip of about 128 kB."""
    return max(1, min(height, _STRIP_BYTES // max(1, width * pixel_bytes)))


def plain_counts(layout: Layout, shape: tuple[int, int, int], itemsize: int) -> NDArray[np.int64]:
    """Bytes of each uncompressed strip, of the first band first."""
    bands, height, width = shape
    row_bytes = width * itemsize * (1 if layout.planar else bands)
    starts = np.arange(0, height, layout.rows)
    rows = np.minimum(layout.rows, height - starts)
    return np.tile(rows * row_bytes, bands if layout.planar else 1).astype(np.int64)


def file_order(layout: Layout, bands: int, height: int, width: int) -> NDArray[np.intp]:
    """Numbers of the chunks as they are made: all bands of a row of chunks before the next row."""
    across, down = layout.tile or (width, layout.rows)
    rows, columns = -(-height // down), -(-width // across)
    groups = bands if layout.planar else 1
    return np.arange(groups * rows * columns).reshape(groups, rows, columns).swapaxes(0, 1).reshape(-1)


def chunks(samples: Samples, layout: Layout) -> Iterator[bytes]:
    """Every strip or tile of some rows in the order of the file; tiles at the edge are filled with nodata."""
    bands, height, width = samples.values.shape
    groups = [slice(b, b + 1) for b in range(bands)] if layout.planar else [slice(0, bands)]
    across, down = layout.tile or (width, layout.rows)
    for row in range(0, height, down):
        checkpoint()
        for group in groups:
            for column in range(0, width, across):
                part = samples.cut(group, slice(row, row + down), slice(column, column + across))
                if layout.tile is not None:
                    part = _fill(part, across, down, samples.nodata)
                yield _pack(np.ascontiguousarray(part.transpose(1, 2, 0)), layout)


def aligned(pieces: Iterable[Samples], layout: Layout) -> Iterator[Samples]:
    """The same rows in pieces that begin where chunks do."""
    down = layout.rows if layout.tile is None else layout.tile[1]
    rest: Samples | None = None
    for piece in pieces:
        fresh = piece
        if rest is not None:
            missing = down - rest.values.shape[1]
            rest = _joined(rest, fresh.rows(0, missing))
            fresh = fresh.rows(missing, fresh.values.shape[1])
            if rest.values.shape[1] < down:
                continue
            yield rest
        height = fresh.values.shape[1]
        full = height - height % down
        if full:
            yield fresh.rows(0, full)
        # A copy: the piece itself goes.
        rest = fresh.rows(full, height).copy() if full < height else None
    if rest is not None:
        yield rest


def _joined(above: Samples, below: Samples) -> Samples:
    bands = max(len(above.valid), len(below.valid))
    masks = [np.broadcast_to(s.valid, (bands, *s.values.shape[1:])) for s in (above, below)]
    values = np.concatenate([above.values, below.values], axis=1)
    return Samples(values, np.concatenate(masks, axis=1), above.nodata)


def _fill(part: NDArray[Any], across: int, down: int, nodata: float) -> NDArray[Any]:
    bands, height, width = part.shape
    if (height, width) == (down, across):
        return part
    whole = np.full((bands, down, across), nodata, part.dtype)
    whole[:, :height, :width] = part
    return whole


def _pack(part: NDArray[Any], layout: Layout) -> bytes:
    """One chunk (y, x, sample) as its bytes in the file."""
    if layout.predictor == 2:
        # Differences wrap around within the type (TIFF 6.0, section 14).
        whole = part.view(f"<u{part.itemsize}")
        part = whole.copy()
        part[:, 1:] -= whole[:, :-1]
    elif layout.predictor == 3:
        part = imagecodecs.floatpred_encode(part, axis=-2)
    codec = _CODECS.get(layout.compression)
    return codec(part) if codec else part.tobytes()
