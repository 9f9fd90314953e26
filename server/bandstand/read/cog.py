"""One window of one tiled TIFF: which blocks it needs, and how they are put together."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from bandstand.caching.memory import MemoryCache
from bandstand.errors import InvalidSubset, SourceUnavailable, shorten
from bandstand.model.turn import checkpoint
from bandstand.read.base import OWN, Codec, Level, Own, Store, Window
from bandstand.read.blocks import EMPTY, FULL, Block, CorruptBlock, Decoder, Plane, join
from bandstand.read.canvas import Canvas, Slices
from bandstand.read.header import Header, replacement, same_nodata
from bandstand.read.sheet import Box, Sheet, Want, cover, pieces, within
from bandstand.read.workers import Workers

_NUMBERS = itertools.count()
GROUP_BYTES = 64_000_000
"""Blocks that are decoded at a time, bytes with their masks."""


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

    def blank(self, box: Box) -> Canvas:
        """What the samples of a window of several blocks are put into."""
        return Canvas((box.height, box.width), self._type, self._fill)

    def held_bytes(self, level: int, width: int, height: int) -> int:
        """Memory that decoding a window of this size takes at a time, at most, besides the window itself."""
        sheet = self._sheets[level]
        across = min(width // sheet.block_width + 2, sheet.across)
        down = min(height // sheet.block_height + 2, sheet.per_plane // sheet.across)
        return sheet.block_bytes + min(across * down * sheet.block_bytes, GROUP_BYTES)

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


class Reading(NamedTuple):
    """A window of a file, and the blocks it needs."""

    source: CogSource
    sheet: Sheet
    masks: Sheet | None
    box: Box
    wants: list[Want]
    """Those of the samples, then those of the mask."""
    data_count: int


class _Draft:
    """A window that is being put together, block by block."""

    __slots__ = ("_mask", "_mask_places", "_places", "_samples", "_view", "reading")

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._view: Window | None = None
        self._samples: Canvas | None = None
        self._mask: Canvas | None = None
        self._places: list[tuple[Slices, Slices]] = []
        self._mask_places: list[tuple[Slices, Slices]] = []

    def put(self, number: int, plane: Plane) -> None:
        """Take the part of a block; `number` as in `Reading.wants`."""
        reading = self.reading
        if number >= reading.data_count:
            self._put_mask(number - reading.data_count, plane)
        elif reading.data_count == 1 and plane.values is not None:
            part = within(reading.sheet, reading.box)
            self._view = Window(plane.values[part], None if plane.valid is None else plane.valid[part])
        else:
            if self._samples is None:
                self._samples = reading.source.blank(reading.box)
                self._places = pieces(reading.sheet, reading.box)
            self._samples.put(plane, *self._places[number])

    def _put_mask(self, number: int, plane: Plane) -> None:
        reading = self.reading
        if plane is FULL or reading.masks is None:
            return
        if self._mask is None:
            self._mask = Canvas((reading.box.height, reading.box.width), None, 0)
            self._mask_places = pieces(reading.masks, reading.box)
        self._mask.put(plane, *self._mask_places[number])

    def window(self) -> Window:
        """What was put together."""
        if self._view is not None:
            values, valid = self._view.values, self._view.valid
        else:
            assert self._samples is not None  # noqa: S101 - every window needs a block
            assert self._samples.values is not None  # noqa: S101 - it has a type
            values, valid = self._samples.values, self._samples.valid
        return Window(values, valid if self._mask is None else join(valid, self._mask.valid))


class _Home(NamedTuple):
    """Where a block comes from, and where parts of it go."""

    source: CogSource
    want: Want
    uses: list[tuple[_Draft, int]]


Homes = dict[tuple[int, int], _Home]


def read_together(readings: Sequence[Reading], cache: MemoryCache[Block], workers: Workers) -> list[Window]:
    """Windows of one file or several; the blocks that are missing are decoded side by side, whichever file has them.

    No more blocks than `GROUP_BYTES` hold (at least one) are in hands at a time, besides those that the cache keeps.

    Raises:
        SourceUnavailable: A block is missing, cut off or corrupt.
        DeadlineExceeded: The time of the request is over.
    """
    drafts = [_Draft(reading) for reading in readings]
    homes: Homes = {}
    for draft in drafts:
        source = draft.reading.source
        for number, want in enumerate(draft.reading.wants):
            if _present(want):
                homes.setdefault(source.key(want), _Home(source, want, [])).uses.append((draft, number))
            else:
                draft.put(number, source.absent(want))
    for group in _groups(homes):
        _read(group, homes, cache, workers)
    return [draft.window() for draft in drafts]


def _groups(homes: Homes) -> Iterator[list[tuple[int, int]]]:
    """The keys of blocks that are decoded at a time."""
    group: list[tuple[int, int]] = []
    held = 0
    for key, home in homes.items():
        size = home.want.sheet.block_bytes + home.want.sheet.counts[home.want.number]
        if group and held + size > GROUP_BYTES:
            yield group
            checkpoint()
            group, held = [], 0
        group.append(key)
        held += size
    if group:
        yield group


def _read(keys: list[tuple[int, int]], homes: Homes, cache: MemoryCache[Block], workers: Workers) -> None:
    """Decode blocks, put their parts where they belong, and let go of them."""
    blocks = cache.get_many(keys, lambda missing: _load([homes[keys[i]] for i in missing], workers))
    for key, block in zip(keys, blocks, strict=True):
        for draft, number in homes[key].uses:
            draft.put(number, block.planes[draft.reading.wants[number].plane])


def _present(want: Want) -> bool:
    """Whether the file holds this block: sparse files leave some out."""
    return bool(want.sheet.counts[want.number] and want.sheet.offsets[want.number])


def _load(wanted: list[_Home], workers: Workers) -> list[Block | BaseException]:
    places: dict[int, list[int]] = {}
    for place, home in enumerate(wanted):
        places.setdefault(id(home.source), []).append(place)
    jobs: dict[int, Callable[[], Block | BaseException]] = {}
    for mine in places.values():
        source = wanted[mine[0]].source
        try:
            fetched = source.fetch([wanted[place].want for place in mine])
        except SourceUnavailable as error:
            # Told for these blocks alone: whoever waits for those of another file gets them.
            fetched = [partial(_same, error)] * len(mine)
        jobs.update(zip(mine, fetched, strict=True))
    if len(wanted) == 1:
        return [jobs[0]()]
    return workers.run([jobs[place] for place in range(len(wanted))])


def _same(error: SourceUnavailable) -> BaseException:
    return error
