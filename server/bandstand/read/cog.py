"""One window of one tiled TIFF: which blocks it needs, and how they are put together."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandstand.caching.memory import MemoryCache
from bandstand.errors import InvalidSubset, SourceUnavailable, shorten
from bandstand.read.base import OWN, Codec, Level, Own, Store, Window
from bandstand.read.blocks import EMPTY, FULL, Block, CorruptBlock, Decoder, Plane, join
from bandstand.read.header import Header, replacement, same_nodata
from bandstand.read.sheet import Box, Sheet, Want, cover, pieces, within
from bandstand.read.workers import Workers

_NUMBERS = itertools.count()


class CogSource:
    """A tiled TIFF, read block by block through a shared cache."""

    def __init__(
        self,
        href: str,
        version: str,
        header: Header,
        *,
        nodata: float | Own | None = OWN,
        store: Store,
        codecs: Mapping[int, Codec],
        cache: MemoryCache[Block],
        workers: Workers,
    ) -> None:
        """Open nothing: the header tells all, and bytes are fetched when a window asks for them."""
        self.href = href
        self.dtype = header.dtype
        self.planes = header.planes
        self.levels = tuple(Level(t.width, t.height) for t in header.levels)
        self._version = version
        self._name = shorten(href.rsplit("/", 1)[-1])
        self._store = store
        self._cache = cache
        self._workers = workers
        self._number = next(_NUMBERS)
        self._type = np.dtype(header.dtype)
        self._fill = 0 if header.nodata is None else header.nodata
        self._sheets: list[Sheet] = []
        self._masks: list[Sheet | None] = []
        # GDAL's order (GTiffRasterBand::GetMaskBand): a mask first, then nodata, then alpha.
        masked = header.masks[0] is not None
        replaced, meant = replacement(nodata, header.nodata, header.dtype)
        if masked and not replaced:
            meant = None
        alpha = header.alpha and not masked and (replaced or meant is None)
        self._alpha_plane: int | None = None
        first = 0
        for table, mask in zip(header.levels, header.masks, strict=True):
            mixed = table.form.samples > 1
            keep = header.planes if mixed else 1
            if alpha and not mixed:
                self._alpha_plane = header.planes
            decoder = Decoder(table, codecs, mask=False, keep=keep, alpha=alpha and mixed, nodata=meant)
            # Blocks that the file leaves out hold its nodata, else zeros: in alpha too.
            gone = same_nodata(meant, self._fill) or math.isnan(self._fill) or (alpha and mixed)
            zeros = np.broadcast_to(
                np.full(table.form.width, self._fill, self._type), (table.form.height, table.form.width)
            )
            self._sheets.append(Sheet(table, decoder, first, EMPTY if gone else Plane(zeros, None)))
            first += len(table.offsets)
            if mask is None:
                self._masks.append(None)
                continue
            decoder = Decoder(mask, codecs, mask=True, keep=1, alpha=False, nodata=None)
            self._masks.append(Sheet(mask, decoder, first, EMPTY))
            first += len(mask.offsets)

    def read(self, plane: int, level: int, col: int, row: int, width: int, height: int) -> Window:
        """The samples of one window of one level; see `Source.read`."""
        reading = self.plan(plane, level, col, row, width, height)
        (window,) = read_together([reading], self._cache, self._workers)
        return window

    def plan(self, plane: int, level: int, col: int, row: int, width: int, height: int) -> "Reading":
        """Which blocks a window needs, for `read_together`; nothing is read.

        Raises:
            InvalidSubset: There is no such plane or level, or the window leaves it.
            SourceUnavailable: The file is gone or was changed, though its blocks may still be cached.
        """
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
        self._store.watch(self.href, self._version)
        box = Box(col, row, width, height)
        split = sheet.table.planar
        wants = cover(sheet, box, plane - 1 if split else 0, 0 if split else plane - 1, is_alpha=False)
        data_count = len(wants)
        masks = self._masks[level]
        if masks is not None:
            wants += cover(masks, box, 0, 0, is_alpha=False)
        elif self._alpha_plane is not None:
            masks = sheet
            wants += cover(sheet, box, self._alpha_plane, 0, is_alpha=True)
        return Reading(self, sheet, masks, box, wants, data_count)

    def key(self, want: Want) -> tuple[int, int]:
        """Under which a block is cached."""
        return self._number, want.sheet.first + want.number

    def absent(self, want: Want) -> Plane:
        """What stands in for a block that the file leaves out."""
        if want.is_alpha:
            return FULL if self._fill else EMPTY
        return want.sheet.absent

    def finish(self, reading: "Reading", planes: list[Plane]) -> Window:
        """Put a window together from its planes, in the order of `Reading.wants`."""
        values, valid = self._assemble(reading.sheet, reading.box, planes[: reading.data_count])
        if reading.masks is not None:
            valid = join(valid, _validity(reading.masks, reading.box, planes[reading.data_count :]))
        return Window(values, valid)

    def fetch(self, wants: Sequence[Want]) -> list[Callable[[], Block | BaseException]]:
        """Read the bytes of blocks, all in one go; each of the jobs returned decodes one."""
        ranges = [(w.sheet.offsets[w.number], w.sheet.counts[w.number]) for w in wants]
        raws = self._store.read(self.href, ranges, version=self._version)
        return [partial(self._decode, want, raw) for want, raw in zip(wants, raws, strict=True)]

    def _decode(self, want: Want, raw: bytes) -> Block | BaseException:
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

    def _assemble(self, sheet: Sheet, box: Box, planes: list[Plane]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        if len(planes) == 1 and not planes[0].empty:
            only = planes[0]
            assert only.values is not None  # noqa: S101 - not empty
            part = within(sheet, box)
            return only.values[part], None if only.valid is None else only.valid[part]
        values = np.empty((box.height, box.width), self._type)
        doubtful = any(p.empty or p.valid is not None for p in planes)
        valid = np.ones((box.height, box.width), np.bool_) if doubtful else None
        for plane, (there, here) in zip(planes, pieces(sheet, box), strict=True):
            if plane.values is None:
                values[there] = self._fill
            else:
                values[there] = plane.values[here]
            if valid is not None and plane.empty:
                valid[there] = False
            elif valid is not None and plane.valid is not None:
                valid[there] = plane.valid[here]
        return values, valid


class Reading(NamedTuple):
    """A window of a file, and the blocks it needs."""

    source: CogSource
    sheet: Sheet
    masks: Sheet | None
    box: Box
    wants: list[Want]
    """Those of the samples, then those of the mask."""
    data_count: int


def read_together(readings: Sequence[Reading], cache: MemoryCache[Block], workers: Workers) -> list[Window]:
    """Windows of one file or several; the blocks that are missing are decoded side by side, whichever file has them.

    Raises:
        SourceUnavailable: A block is missing, cut off or corrupt.
    """
    homes: dict[tuple[int, int], tuple[CogSource, Want]] = {}
    for reading in readings:
        for want in reading.wants:
            if _present(want):
                homes.setdefault(reading.source.key(want), (reading.source, want))
    keys = list(homes)
    blocks = cache.get_many(keys, lambda missing: _load([homes[keys[i]] for i in missing], workers)) if keys else []
    found = dict(zip(keys, blocks, strict=True))
    return [
        reading.source.finish(
            reading,
            [
                found[reading.source.key(w)].planes[w.plane] if _present(w) else reading.source.absent(w)
                for w in reading.wants
            ],
        )
        for reading in readings
    ]


def _present(want: Want) -> bool:
    """Whether the file holds this block: sparse files leave some out."""
    return bool(want.sheet.counts[want.number] and want.sheet.offsets[want.number])


def _load(wanted: list[tuple[CogSource, Want]], workers: Workers) -> list[Block | BaseException]:
    places: dict[int, list[int]] = {}
    for place, (source, _) in enumerate(wanted):
        places.setdefault(id(source), []).append(place)
    jobs: dict[int, Callable[[], Block | BaseException]] = {}
    for mine in places.values():
        source = wanted[mine[0]][0]
        try:
            fetched = source.fetch([wanted[place][1] for place in mine])
        except SourceUnavailable as error:
            # Told for these blocks alone: whoever waits for those of another file gets them.
            fetched = [partial(_same, error)] * len(mine)
        jobs.update(zip(mine, fetched, strict=True))
    if len(wanted) == 1:
        return [jobs[0]()]
    return workers.run([jobs[place] for place in range(len(wanted))])


def _same(error: SourceUnavailable) -> BaseException:
    return error


def _validity(sheet: Sheet, box: Box, planes: list[Plane]) -> NDArray[np.bool_] | None:
    """The mask's say about a window; None when all of it is valid."""
    if all(p is FULL or (p.valid is None and not p.empty) for p in planes):
        return None
    valid = np.ones((box.height, box.width), np.bool_)
    for plane, (there, here) in zip(planes, pieces(sheet, box), strict=True):
        if plane.empty:
            valid[there] = False
        elif plane.valid is not None:
            valid[there] = plane.valid[here]
    return valid
