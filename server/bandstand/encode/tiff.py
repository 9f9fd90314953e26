"""The frame of a TIFF: one directory in front of its pixels, classic or big (TIFF 6.0; BigTIFF)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BYTE, ASCII, SHORT, LONG, DOUBLE, LONG8 = 1, 2, 3, 4, 12, 16
_NUMPY = {BYTE: "u1", SHORT: "<u2", LONG: "<u4", DOUBLE: "<f8", LONG8: "<u8"}
_CLASSIC_LIMIT = 4_000_000_000
"""Above this many bytes, offsets take eight bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Tag:
    """One entry of the directory."""

    code: int
    kind: int
    """`SHORT`, `LONG`, `DOUBLE`, …"""
    body: NDArray[Any] | Sequence[int] | bytes
    """Numbers, or the bytes of a text with its closing zero."""

    @property
    def count(self) -> int:
        """Numbers or bytes."""
        return len(self.body)

    def packed(self) -> bytes:
        """The little-endian bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return np.asarray(self.body).astype(_NUMPY[self.kind]).tobytes()


def text(code: int, value: str) -> Tag:
    """A tag of text; UTF-8, which readers take for granted where ASCII does not do."""
    return Tag(code, ASCII, value.replace("\0", "").encode() + b"\0")


def frame(tags: list[Tag], counts: NDArray[np.int64], codes: tuple[int, int], order: NDArray[np.intp]) -> bytes:
    """The header and directory that stand before the pixels.

    Args:
        tags: All but offsets and byte counts of the chunks.
        counts: Bytes of each chunk (strip or tile).
        codes: Tag numbers of offsets and byte counts.
        order: Numbers of the chunks as they follow each other in the file, without gaps.

    Returns:
        Bytes after which the first chunk begins.
    """
    payload = int(counts.sum())
    roughly = payload + sum(len(tag.packed()) + 32 for tag in tags) + 16 * len(counts) + 1024
    big = roughly > _CLASSIC_LIMIT
    kind = LONG8 if big else LONG
    placed = np.zeros(len(counts), np.uint64)
    # The directory's size does not depend on the offsets: lay it out once to know where pixels begin.
    start = len(_layout([*tags, Tag(codes[0], kind, placed), Tag(codes[1], kind, counts)], big=big))
    placed[order] = start + np.concatenate([[0], np.cumsum(counts[order])[:-1]])
    return _layout([*tags, Tag(codes[0], kind, placed), Tag(codes[1], kind, counts)], big=big)


def _layout(tags: list[Tag], *, big: bool) -> bytes:
    tags = sorted(tags, key=lambda tag: tag.code)
    room = 8 if big else 4
    if big:
        header = b"II" + struct.pack("<HHHQ", 43, 8, 0, 16) + struct.pack("<Q", len(tags))
        after = len(header) + 20 * len(tags) + 8
    else:
        header = b"II" + struct.pack("<HI", 42, 8) + struct.pack("<H", len(tags))
        after = len(header) + 12 * len(tags) + 4
    entries, bodies = [], []
    for tag in tags:
        body = tag.packed()
        value = body.ljust(room, b"\0")
        if len(body) > room:
            body += b"\0" * (-len(body) % 8)
            value = struct.pack("<Q" if big else "<I", after)
            bodies.append(body)
            after += len(body)
        entries.append(struct.pack("<HHQ" if big else "<HHI", tag.code, tag.kind, tag.count) + value)
    joined = b"".join([header, *entries, bytes(room), *bodies])
    # Pixels begin on a multiple of 16, so that readers may map them.
    return joined + b"\0" * (-len(joined) % 16)
