"""The bones of a TIFF: byte order, the chain of directories, the values of tags."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandstand.errors import SourceUnavailable

# TIFF 6.0, section 2, and BigTIFF: number of a type -> numpy's kind and size.
_TYPES = {
    1: "u1",
    2: "S1",
    3: "u2",
    4: "u4",
    5: "u4",  # rational: two of them
    6: "i1",
    7: "u1",
    8: "i2",
    9: "i4",
    10: "i4",  # signed rational: two of them
    11: "f4",
    12: "f8",
    13: "u4",
    16: "u8",
    17: "i8",
    18: "u8",
}
_PAIRS = frozenset({5, 10})
_MAX_DIRECTORIES = 128
_MAX_ENTRIES = 4096
_MAX_VALUE_BYTES = 128_000_000
# One read of this length holds the directories and block tables of a large COG.
_FIRST = 32_768


class NotTiff(Exception):
    """The file does not begin as a TIFF does; some other reader may know it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of one directory and where its values stand."""

    tag: int
    kind: int
    count: int
    offset: int
    """In the file; unused when `inline` holds the values."""
    inline: bytes


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory, its entries by tag."""

    entries: Mapping[int, Entry]


class TiffFile:
    """Reads directories and values, and believes no number in the file."""

    def __init__(self, name: str, size: int, fetch: Callable[[int, int], bytes]) -> None:
        """Read the first bytes.

        Args:
            name: For messages.
            size: Length of the file.
            fetch: (offset, length) to bytes.

        Raises:
            NotTiff: It is none.
            SourceUnavailable: It is cut off within the first 16 bytes.
        """
        self._name = name
        self._size = size
        self._fetch = fetch
        self._head = fetch(0, min(_FIRST, size))
        self._page = (0, b"")
        head = self._head
        if head[:2] not in (b"II", b"MM") or len(head) < 4:
            raise NotTiff
        self.order: Literal["<", ">"] = "<" if head[:2] == b"II" else ">"
        magic = struct.unpack(self.order + "H", head[2:4])[0]
        if magic not in (42, 43):
            raise NotTiff
        self.big = magic == 43
        if self.big and self._at(4, 4) != struct.pack(self.order + "HH", 8, 0):
            raise self.broken("its BigTIFF header has offsets of another size than 8 bytes")

    def broken(self, reason: str) -> SourceUnavailable:
        """The error that says why this file cannot be read."""
        return SourceUnavailable(f'"{self._name}" is a broken TIFF: {reason}.')

    def directories(self) -> list[Directory]:
        """The chain of directories.

        Raises:
            SourceUnavailable: It runs in a circle, is too long, or points behind the end.
        """
        place = self._number(8, "Q") if self.big else self._number(4, "L")
        seen: set[int] = set()
        found: list[Directory] = []
        while place:
            if place in seen:
                raise self.broken("its chain of directories runs in a circle")
            if len(found) == _MAX_DIRECTORIES:
                raise self.broken(f"it has more than {_MAX_DIRECTORIES} directories")
            seen.add(place)
            directory, place = self._directory(place)
            found.append(directory)
        if not found:
            raise self.broken("it has no directory")
        return found

    def integers(self, directory: Directory, tag: int) -> NDArray[np.int64]:
        """All values of a tag as signed 64-bit integers; none when the tag is absent."""
        entry = directory.entries.get(tag)
        if entry is None:
            return np.empty(0, np.int64)
        values = self._values(entry)
        if values.dtype.kind not in "iu" or (values.size and int(values.max()) > np.iinfo(np.int64).max):
            raise self.broken(f"tag {tag} holds no sensible integers")
        return values.astype(np.int64)

    def integer(self, directory: Directory, tag: int, default: int) -> int:
        """The first value of a tag, or the default."""
        values = self.integers(directory, tag)
        return int(values[0]) if values.size else default

    def raw(self, directory: Directory, tag: int) -> bytes:
        """The bytes of a tag; empty when it is absent."""
        entry = directory.entries.get(tag)
        return b"" if entry is None else self._values(entry).tobytes()

    def text(self, directory: Directory, tag: int) -> str:
        """The text of a tag up to its final zero."""
        return self.raw(directory, tag).split(b"\0", 1)[0].decode("utf-8", "replace")

    def _directory(self, place: int) -> tuple[Directory, int]:
        count_size, entry_size, next_size = (8, 20, 8) if self.big else (2, 12, 4)
        count = self._number(place, "Q" if self.big else "H")
        if not 0 < count <= _MAX_ENTRIES:
            raise self.broken(f"a directory claims {count} entries")
        start = place + count_size
        block = self._at(start, count * entry_size + next_size)
        entries: dict[int, Entry] = {}
        form = self.order + ("HHQ" if self.big else "HHL")
        inline = 8 if self.big else 4
        for i in range(count):
            tag, kind, number = struct.unpack_from(form, block, i * entry_size)
            if kind not in _TYPES:
                continue  # a reader must skip types it does not know (TIFF 6.0, section 2)
            field = block[(i + 1) * entry_size - inline : (i + 1) * entry_size]
            length = number * _width(kind)
            if length > inline:
                entry = Entry(tag, kind, number, struct.unpack(self.order + ("Q" if self.big else "L"), field)[0], b"")
            else:
                entry = Entry(tag, kind, number, 0, field[:length])
            entries.setdefault(tag, entry)
        following = struct.unpack_from(self.order + ("Q" if self.big else "L"), block, count * entry_size)[0]
        return Directory(entries), following

    def _values(self, entry: Entry) -> NDArray[np.generic]:
        length = entry.count * _width(entry.kind)
        if length > _MAX_VALUE_BYTES:
            raise self.broken(f"tag {entry.tag} claims {entry.count} values")
        data = entry.inline if length == len(entry.inline) else self._at(entry.offset, length)
        dtype = np.dtype(_TYPES[entry.kind]).newbyteorder(self.order)
        return np.frombuffer(data, dtype)

    def _number(self, place: int, letter: str) -> int:
        form = self.order + letter
        return int(struct.unpack(form, self._at(place, struct.calcsize(form)))[0])

    def _at(self, place: int, length: int) -> bytes:
        end = place + length
        if end <= len(self._head):
            return self._head[place:end]
        if end > self._size:
            raise self.broken(f"it is cut off: byte {end} is needed, the file ends at {self._size}")
        if place <= len(self._head):
            # The header goes on behind the first read: fetch it and more, not tag by tag.
            more = max(end - len(self._head), _FIRST)
            self._head += self._fetch(len(self._head), min(more, self._size - len(self._head)))
            data = self._head[place:end]
        else:
            start, page = self._page
            if not start <= place <= end <= start + len(page):
                start, page = place, self._fetch(place, min(max(length, _FIRST), self._size - place))
                self._page = start, page
            data = page[place - start : end - start]
        if len(data) != length:
            raise self.broken(f"it is cut off at byte {place + len(data)}")
        return data


def _width(kind: int) -> int:
    return np.dtype(_TYPES[kind]).itemsize * (2 if kind in _PAIRS else 1)
