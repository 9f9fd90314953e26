"""The block index as bytes: what ingest stores, so that no request reads a header."""

import json
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.errors import SourceUnavailable
from bandstand.read.base import BlockForm, Foreign, Level
from bandstand.read.header import BlockTable, Header, fault, handed_out

_MAGIC = b"BSIX\x01"
# 8 million blocks of 16 bytes and a few JPEG tables.
_MAX_BYTES = 160_000_000
_MAX_LEVELS = 64
_INTS = ["width", "height", "compression", "predictor", "bits", "planes"]


def pack(content: Header | Foreign) -> bytes:
    """Pack a header, or the description of a file that GDAL reads."""
    tables: list[BlockTable] = []
    if isinstance(content, Header):
        tables = [*content.levels, *(m for m in content.masks if m is not None)]
        meta: dict[str, Any] = {
            "kind": "own",
            "dtype": content.dtype,
            "planes": content.planes,
            "alpha": content.alpha,
            # Text, for JSON has no NaN and readers of it no 64-bit integers.
            "nodata": None if content.nodata is None else repr(content.nodata),
            "levels": [_describe(t) for t in content.levels],
            "masks": [_describe(m) for m in content.masks if m is not None],
        }
    else:
        meta = {
            "kind": "gdal",
            "dtype": content.dtype,
            "planes": content.planes,
            "complex": content.is_complex,
            "fitted": content.is_fitted,
            "levels": [[level.width, level.height] for level in content.levels],
        }
    head = json.dumps(meta, separators=(",", ":")).encode()
    body = b"".join(_pack_numbers(t.offsets, t.counts) for t in tables)
    return _MAGIC + zlib.compress(struct.pack("<I", len(head)) + head + body, 9)


def unpack(index: bytes, name: str) -> Header | Foreign:
    """Read a packed index back.

    Args:
        index: As `pack` made it, or anything else.
        name: Of the file, for the message.

    Raises:
        SourceUnavailable: It is no index of this version.
    """
    try:
        return _unpack(index)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, struct.error, zlib.error) as error:
        raise SourceUnavailable(f'The stored block index of "{name}" cannot be read; ingest the file again.') from error


def _unpack(index: bytes) -> Header | Foreign:
    if index[: len(_MAGIC)] != _MAGIC:
        raise ValueError("another magic")
    inflater = zlib.decompressobj()
    data = inflater.decompress(index[len(_MAGIC) :], _MAX_BYTES)
    if not inflater.eof:
        raise ValueError("cut off or too long")
    (length,) = struct.unpack_from("<I", data)
    meta = json.loads(data[4 : 4 + length])
    dtype = _dtype(meta["dtype"])
    planes = _integer(meta["planes"])
    if meta["kind"] == "gdal":
        sizes = tuple(Level(_integer(w), _integer(h)) for w, h in meta["levels"])
        if not sizes or min(planes, *(min(s.width, s.height) for s in sizes)) < 1:
            raise ValueError("no pixels")
        is_complex, is_fitted = meta["complex"] is True, meta.get("fitted") is True
        return Foreign(dtype=dtype, planes=planes, levels=sizes, is_complex=is_complex, is_fitted=is_fitted)
    place = 4 + length
    levels, place = _tables(meta["levels"], data, place)
    masks, place = _tables(meta["masks"], data, place)
    if place != len(data) or not levels or (masks and len(masks) != len(levels)):
        raise ValueError("of another length")
    alpha = meta["alpha"] is True
    shapes = {(t.planes, t.planar) for t in levels}
    if meta["kind"] != "own" or {p for p, _ in shapes} != {planes + alpha} or planes < 1:
        raise ValueError("of contradictory planes")
    if any(t.bits == 1 or handed_out(t.form.dtype) != dtype for t in levels):
        raise ValueError("of contradictory types")
    if any((m.width, m.height, m.planes) != (t.width, t.height, 1) for t, m in zip(levels, masks, strict=False)):
        raise ValueError("of contradictory masks")
    return Header(
        dtype=dtype,
        planes=planes,
        alpha=alpha,
        nodata=_number(meta["nodata"]),
        levels=tuple(levels),
        masks=tuple(masks) if masks else (None,) * len(levels),
    )


def _describe(table: BlockTable) -> dict[str, Any]:
    form = table.form
    return {
        **{key: getattr(table, key) for key in _INTS},
        "planar": table.planar,
        "block": [form.width, form.height, form.samples, form.photometric, form.lerc],
        "type": form.dtype,
        "tables": form.tables.hex(),
        "alpha": form.alpha,
    }


def _tables(described: list[dict[str, Any]], data: bytes, place: int) -> tuple[list[BlockTable], int]:
    if len(described) > _MAX_LEVELS:
        raise ValueError("too many levels")
    found = []
    for meta in described:
        width, height, samples, photometric, lerc = map(_integer, meta["block"])
        form = BlockForm(
            width=width,
            height=height,
            samples=samples,
            dtype=_dtype(meta["type"]),
            photometric=photometric,
            tables=bytes.fromhex(meta["tables"]),
            lerc=lerc,
            alpha=meta["alpha"] is True,
        )
        offsets, counts, place = _unpack_numbers(data, place)
        numbers = {key: _integer(meta[key]) for key in _INTS}
        table = BlockTable(form=form, planar=meta["planar"] is True, offsets=offsets, counts=counts, **numbers)
        if samples != (1 if table.planar else table.planes) or table.bits not in (1, 8, 16, 32, 64):
            raise ValueError("of contradictory samples")
        if reason := fault(table):
            raise ValueError(reason)
        found.append(table)
    return found, place


def _pack_numbers(offsets: NDArray[np.int64], counts: NDArray[np.int64]) -> bytes:
    """Gaps between blocks and their sizes, bytes of one weight together: blocks mostly follow one another."""
    gaps = offsets.copy()
    gaps[1:] -= offsets[:-1] + counts[:-1]
    planes = np.stack([gaps, counts]).astype("<i8").view(np.uint8).reshape(2, -1, 8)
    return struct.pack("<I", len(offsets)) + planes.transpose(0, 2, 1).tobytes()


def _unpack_numbers(data: bytes, place: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    (count,) = struct.unpack_from("<I", data, place)
    end = place + 4 + 16 * count
    if end > len(data):
        raise ValueError("cut off")
    planes = np.frombuffer(data, np.uint8, 16 * count, place + 4).reshape(2, 8, count).transpose(0, 2, 1)
    gaps, counts = np.ascontiguousarray(planes).view("<i8").reshape(2, count).astype(np.int64)
    steps = gaps.copy()
    steps[1:] += counts[:-1]
    return np.cumsum(steps), counts, end


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no integer")
    return value


def _dtype(value: object) -> str:
    if not isinstance(value, str) or np.dtype(value).kind not in "iuf" or np.dtype(value).itemsize > 8:
        raise TypeError("no number type")
    return value


def _number(value: object) -> float | int | None:
    if value is None:
        return None
    text = str(value)
    return int(text) if text.lstrip("-").isdecimal() else float(text)
