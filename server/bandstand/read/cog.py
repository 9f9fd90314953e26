"""One window of one tiled TIFF: which blocks it needs, and how they are put together."""

import itertools
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandstand.caching.memory import MemoryCache
from bandstand.errors import InvalidSubset, SourceUnavailable, shorten
from bandstand.read.base import Codec, Level, Store, Window
from bandstand.read.blocks import EMPTY, FULL, Block, CorruptBlock, Decoder, Plane, join
from bandstand.read.header import BlockTable, Header
from bandstand.read.workers import Workers

_NUMBERS = itertools.count()


class _Sheet:
    """One level of the image or of its mask: where its blocks stand, and how they decode."""

    __slots__ = (
        "absent",
        "across",
        "block_height",
        "block_width",
        "counts",
        "decoder",
        "first",
        "offsets",
        "per_plane",
        "table",
    )

    def __init__(self, table: BlockTable, decoder: Decoder, first: int, absent: Plane) -> None:
        self.table = table
        self.decoder = decoder
        self.first = first
        self.absent = absent
        self.across = table.across
        self.block_width = table.form.width
        self.block_height = table.form.height
        self.per_plane = table.across * table.down
        # A memoryview gives plain integers, faster than numpy does and without holding each as an object.
        self.offsets = table.offsets.data
        self.counts = table.counts.data

    def inside(self, number: int) -> tuple[int, int]:
        """Rows and columns of a block that belong to the image."""
        down, across = divmod(number % self.per_plane, self.across)
        return (
            min(self.block_height, self.table.height - down * self.block_height),
            min(self.block_width, self.table.width - across * self.block_width),
        )


class _Want(NamedTuple):
    """One block that a window needs, and which of its planes."""

    sheet: _Sheet
    number: int
    plane: int
    is_alpha: bool


class _Box(NamedTuple):
    """A window in pixels of its level."""

    col: int
    row: int
    width: int
    height: int


class CogSource:
    """A tiled TIFF, read block by block through a shared cache."""

    def __init__(
        self,
        href: str,
        version: str,
        header: Header,
        *,
        store: Store,
        codecs: Mapping[int, Codec],
        cache: MemoryCache[Block],
        workers: Workers,
    ) -> None:
        """Open nothing: the header tells all, and bytes are fetched when a window asks for them."""
        self.href = href
        self.dtype = header.dtype
        self.planes = header.planes
        self.knows_nodata = header.nodata is not None
        self.levels = tuple(Level(t.width, t.height) for t in header.levels)
        self._version = version
        self._name = shorten(href.rsplit("/", 1)[-1])
        self._store = store
        self._cache = cache
        self._workers = workers
        self._number = next(_NUMBERS)
        self._type = np.dtype(header.dtype)
        self._fill = 0 if header.nodata is None else header.nodata
        self._sheets: list[_Sheet] = []
        self._masks: list[_Sheet | None] = []
        # GDAL's order (GTiffRasterBand::GetMaskBand): a mask first, then nodata, then alpha.
        masked = header.masks[0] is not None
        nodata = None if masked else header.nodata
        alpha = header.alpha and not masked and nodata is None
        self._alpha_plane: int | None = None
        first = 0
        for table, mask in zip(header.levels, header.masks, strict=True):
            mixed = table.form.samples > 1
            keep = header.planes if mixed else 1
            if alpha and not mixed:
                self._alpha_plane = header.planes
            decoder = Decoder(table, codecs, mask=False, keep=keep, alpha=alpha and mixed, nodata=nodata)
            # Blocks that the file leaves out hold nodata, else zeros: in alpha too.
            gone = nodata is not None or (alpha and mixed)
            zeros = np.broadcast_to(
                np.full(table.form.width, self._fill, self._type), (table.form.height, table.form.width)
            )
            self._sheets.append(_Sheet(table, decoder, first, EMPTY if gone else Plane(zeros, None)))
            first += len(table.offsets)
            if mask is None:
                self._masks.append(None)
                continue
            decoder = Decoder(mask, codecs, mask=True, keep=1, alpha=False, nodata=None)
            self._masks.append(_Sheet(mask, decoder, first, EMPTY))
            first += len(mask.offsets)

    def read(self, plane: int, level: int, col: int, row: int, width: int, height: int) -> Window:
        """The samples of one window of one level; see `Source.read`."""
        if not (0 <= level < len(self._sheets) and 0 < plane <= self.planes):
            raise InvalidSubset(f"There is no plane {plane} or no level {level} here.", locator="window")
        sheet = self._sheets[level]
        if (
            col < 0
            or row < 0
            or width < 1
            or height < 1
            or col + width > sheet.table.width
            or row + height > sheet.table.height
        ):
            raise InvalidSubset(f"The window {width} x {height} at {col}, {row} leaves its level.", locator="window")
        box = _Box(col, row, width, height)
        split = sheet.table.planar
        wants = _cover(sheet, box, plane - 1 if split else 0, 0 if split else plane - 1, is_alpha=False)
        data_count = len(wants)
        masks = self._masks[level]
        if masks is not None:
            wants += _cover(masks, box, 0, 0, is_alpha=False)
        elif self._alpha_plane is not None:
            masks = sheet
            wants += _cover(sheet, box, self._alpha_plane, 0, is_alpha=True)
        planes = self._planes(wants)
        values, valid = self._assemble(sheet, box, planes[:data_count])
        if masks is not None:
            valid = join(valid, _validity(masks, box, planes[data_count:]))
        return Window(values, valid)

    def _planes(self, wants: list[_Want]) -> list[Plane]:
        """The planes asked for, from the cache or from the file."""
        number = self._number
        present = [w for w in wants if w.sheet.counts[w.number] and w.sheet.offsets[w.number]]
        keys = [(number, w.sheet.first + w.number) for w in present]
        blocks = self._cache.get_many(keys, lambda missing: self._load([present[i] for i in missing])) if keys else []
        if len(present) == len(wants):
            return [b.planes[w.plane] for b, w in zip(blocks, wants, strict=True)]
        found = iter(blocks)
        return [
            next(found).planes[w.plane] if w.sheet.counts[w.number] and w.sheet.offsets[w.number] else w.sheet.absent
            for w in wants
        ]

    def _load(self, wants: list[_Want]) -> list[Block | BaseException]:
        ranges = [(w.sheet.offsets[w.number], w.sheet.counts[w.number]) for w in wants]
        raws = self._store.read(self.href, ranges, version=self._version)
        if len(wants) == 1:
            return [self._decode(wants[0], raws[0])]
        return self._workers.run([partial(self._decode, w, raw) for w, raw in zip(wants, raws, strict=True)])

    def _decode(self, want: _Want, raw: bytes) -> Block | BaseException:
        sheet = want.sheet
        expected = sheet.counts[want.number]
        if len(raw) != expected:
            return SourceUnavailable(
                f'"{self._name}" is cut off: block {want.number} should end at byte '
                f"{sheet.offsets[want.number] + expected}, the file ends before."
            )
        height, width = sheet.inside(want.number)
        try:
            return sheet.decoder.decode(raw, height, width, alpha_plane=want.is_alpha)
        except CorruptBlock as error:
            corrupt = SourceUnavailable(f'"{self._name}" is corrupt in block {want.number}: {error}.')
            corrupt.__cause__ = error
            return corrupt

    def _assemble(self, sheet: _Sheet, box: _Box, planes: list[Plane]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        if len(planes) == 1 and not planes[0].empty:
            only = planes[0]
            assert only.values is not None  # noqa: S101 - not empty
            part = _within(sheet, box)
            return only.values[part], None if only.valid is None else only.valid[part]
        values = np.empty((box.height, box.width), self._type)
        doubtful = any(p.empty or p.valid is not None for p in planes)
        valid = np.ones((box.height, box.width), np.bool_) if doubtful else None
        for plane, (there, here) in zip(planes, _pieces(sheet, box), strict=True):
            if plane.values is None:
                values[there] = self._fill
            else:
                values[there] = plane.values[here]
            if valid is not None and plane.empty:
                valid[there] = False
            elif valid is not None and plane.valid is not None:
                valid[there] = plane.valid[here]
        return values, valid


def _cover(sheet: _Sheet, box: _Box, plane: int, sample: int, *, is_alpha: bool) -> list[_Want]:
    """The blocks under a window, row by row."""
    left, right = box.col // sheet.block_width, (box.col + box.width - 1) // sheet.block_width
    top, bottom = box.row // sheet.block_height, (box.row + box.height - 1) // sheet.block_height
    start = plane * sheet.per_plane
    return [
        _Want(sheet, start + down * sheet.across + across, sample, is_alpha)
        for down in range(top, bottom + 1)
        for across in range(left, right + 1)
    ]


def _within(sheet: _Sheet, box: _Box) -> tuple[slice, slice]:
    """Where a window that one block holds lies in it."""
    row, col = box.row % sheet.block_height, box.col % sheet.block_width
    return slice(row, row + box.height), slice(col, col + box.width)


def _pieces(sheet: _Sheet, box: _Box) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Where the part of each block goes in the window, and where it stands in the block; as `_cover` counts."""
    rows = _spans(box.row, box.height, sheet.block_height)
    cols = _spans(box.col, box.width, sheet.block_width)
    return [((down[0], across[0]), (down[1], across[1])) for down in rows for across in cols]


def _spans(start: int, length: int, block: int) -> list[tuple[slice, slice]]:
    spans = []
    stop = start + length
    place = start
    while place < stop:
        end = min(stop, (place // block + 1) * block)
        base = place // block * block
        spans.append((slice(place - start, end - start), slice(place - base, end - base)))
        place = end
    return spans


def _validity(sheet: _Sheet, box: _Box, planes: list[Plane]) -> NDArray[np.bool_] | None:
    """The mask's say about a window; None when all of it is valid."""
    if all(p is FULL or (p.valid is None and not p.empty) for p in planes):
        return None
    valid = np.ones((box.height, box.width), np.bool_)
    for plane, (there, here) in zip(planes, _pieces(sheet, box), strict=True):
        if plane.empty:
            valid[there] = False
        elif plane.valid is not None:
            valid[there] = plane.valid[here]
    return valid
