"""Every file that is open: headers, descriptors and decoded blocks, shared by all threads."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bandstand.caching.memory import CacheStats, MemoryCache
from bandstand.caching.recent import Recent
from bandstand.errors import SourceUnavailable
from bandstand.model.turn import checkpoint
from bandstand.plugins import members
from bandstand.read import codecs as codec_folder
from bandstand.read import stores as store_folder
from bandstand.read.base import OWN, Codec, FileReport, Foreign, Own, Source, Store, Window
from bandstand.read.blocks import Block
from bandstand.read.cog import CogSource, Reading, read_together
from bandstand.read.door import name_of
from bandstand.read.gdal import Facts, GdalSource, Handles, examine
from bandstand.read.glance import Glance, glance, is_large, level_for, windows_of
from bandstand.read.header import Header, Unfit, block_ends, read_header, same_nodata
from bandstand.read.index import pack, unpack
from bandstand.read.tags import NotTiff, TiffFile
from bandstand.read.workers import Workers

# Above this side a picture without overviews is read at full resolution for every small map.
_SMALL = 1024
_LARGE_BLOCK = 1024 * 1024
_SIDECARS = (".ovr", ".msk")


class Piece(NamedTuple):
    """A window of a file that is wanted; see `Source.read`."""

    source: Source
    plane: int
    level: int
    window: tuple[int, int, int, int]
    """Column, row, width, height; before the first and beyond the last column of a level around the whole world
    stand those of the other end."""


class Library:
    """Opens files by name, each once, and keeps what it read of them within bounds."""

    def __init__(self, *, block_bytes: int = 256_000_000, headers: int = 4096, threads: int = 2) -> None:
        """Open nothing yet.

        Args:
            block_bytes: Limit of the decoded blocks kept, over all files.
            headers: How many files are known at once.
            threads: How many blocks are decoded side by side while the machine is idle.
        """
        self._sources: Recent[tuple[str, str, object], Source] = Recent(headers)
        self._stores: tuple[Store, ...] = tuple(
            kind() for kind in members(store_folder, "STORE", group="bandstand.stores") if callable(kind)
        )
        known = [c for c in members(codec_folder, "CODEC", group="bandstand.codecs") if isinstance(c, Codec)]
        self._codecs = {number: codec for codec in known for number in codec.compressions}
        self._cache: MemoryCache[Block] = MemoryCache(block_bytes)
        self._workers = Workers(threads)
        self._handles = Handles()

    def open(
        self, href: str, *, version: str = "", index: bytes | None = None, nodata: float | Own | None = OWN
    ) -> Source:
        """Open a file.

        Args:
            href: Path or URL.
            version: As `describe` reported it; a file that has changed since is refused. Empty: as it is now.
            index: As `describe` reported it; then nothing is read here. None: the header is read, once a version.
            nodata: What the catalogue calls nodata, in place of what the file does; None: no number is.

        Raises:
            SourceUnavailable: It is missing, cut off, broken, changed, or no raster.
        """
        store = self._store(href)
        version = version or store.version(href)
        # NaN equals nothing, itself included, and would be opened again and again.
        key = (href, version, "nan" if nodata != nodata else nodata)  # noqa: PLR0124 - NaN
        found = self._sources.get(key)
        if found is not None:
            return found
        content = unpack(index, name_of(href)) if index else self._inspect(store, href, version)
        fresh: Source
        if isinstance(content, Header) and not self._decodes(content):
            raise SourceUnavailable(
                f'"{name_of(href)}" is compressed in a way that has no codec here; ingest it again.'
            )
        if isinstance(content, Foreign):
            fresh = GdalSource(href, version, content, nodata=nodata, store=store, handles=self._handles)
        else:
            fresh = CogSource(
                href,
                version,
                content,
                nodata=nodata,
                store=store,
                codecs=self._codecs,
                cache=self._cache,
                workers=self._workers,
            )
        # Whoever came first stays: its blocks may be cached already.
        return self._sources.keep(key, fresh)

    def read(self, wanted: Sequence[Piece]) -> list[Window]:
        """Windows of several files: what is missing of them is fetched and decoded side by side.

        Raises:
            SourceUnavailable: One of the files cannot be read.
        """
        parts = [_parts(piece) for piece in wanted]
        readings: list[Reading | None] = []
        for source, plane, level, window in (part for of_one in parts for part in of_one):
            readings.append(source.plan(plane, level, *window) if isinstance(source, CogSource) else None)
        together = iter(read_together([r for r in readings if r is not None], self._cache, self._workers))
        planned = iter(readings)
        return [
            _joined(
                [
                    _alone(part) if reading is None else next(together)
                    for part, reading in zip(of_one, planned, strict=False)
                ]
            )
            for of_one in parts
        ]

    def describe(self, href: str) -> FileReport:
        """Find out all that ingest wants to know, from the headers alone.

        Raises:
            SourceUnavailable: The file is missing, cut off, broken, or no raster.
        """
        store = self._store(href)
        version = store.version(href)
        warnings: list[str] = []
        header: Header | None = None
        try:
            header = self._header(store, href, version, whole=True)
        except Unfit as unfit:
            warnings.append(f"It is read through GDAL, which is slower: {unfit.reason}.")
        except NotTiff:
            warnings.append("It is no TIFF and is read through GDAL, which is slower.")
        facts = examine(store, href)
        nodata = _exact(header, facts)
        if facts.fitted:
            header, warnings = None, [facts.fitted]
        if header is not None and (reason := _disagreement(header, facts)):
            warnings.append(f"It is read through GDAL, which is slower: {reason}.")
            header = None
        levels = facts.content.levels
        return FileReport(
            href=href,
            version=version,
            index=pack(facts.content if header is None else header),
            grid=facts.grid,
            crs=facts.crs,
            transform=facts.transform,
            size=facts.size,
            unplaced=facts.unplaced,
            planes=facts.content.planes,
            dtype=facts.content.dtype,
            nodata=nodata,
            descriptions=facts.descriptions,
            scales=facts.scales,
            offsets=facts.offsets,
            units=facts.units,
            colormap=facts.colormap,
            tiled=facts.block[0] < levels[0].width or header is not None,
            overviews=tuple(round(levels[0].width / level.width) for level in levels[1:]),
            block=facts.block,
            compression=facts.compression,
            interleave=facts.interleave,
            mask=facts.mask,
            own=header is not None,
            warnings=(*warnings, *facts.left, *_remarks(facts)),
            tags=facts.tags,
            statistics=facts.statistics,
            colours=facts.colours,
        )

    def glance(self, report: FileReport, plane: int, *, nodata: float | None) -> Glance | None:
        """A thin sample of one plane, from a small overview or from windows spread over the file.

        Args:
            report: As `describe` made it.
            plane: One-based.
            nodata: As for `open`.

        Returns:
            None where all levels are so large that the file's own statistics tell more than windows would.

        Raises:
            SourceUnavailable: It is corrupt there.
        """
        source = self.open(report.href, version=report.version, index=report.index, nodata=nodata)
        level = level_for(source.levels)
        if is_large(source.levels[level]) and report.statistics and report.statistics[plane - 1]:
            return None
        return glance(self.read([Piece(source, plane, level, window) for window in windows_of(source.levels[level])]))

    def probe(self, href: str, version: str) -> None:
        """Make sure that a file can be opened, and is the one that was read.

        Raises:
            SourceUnavailable: It is missing, out of reach, or has changed.
        """
        store = self._store(href)
        # One that was moved away is still open.
        store.watch(href, version)
        store.read(href, [(0, 1)], version=version)

    def stats(self) -> CacheStats:
        """What the cache of decoded blocks has seen and holds."""
        return self._cache.stats()

    def close(self) -> None:
        """Let go of files, blocks and threads."""
        self._sources.clear()
        self._cache.clear()
        self._workers.close()
        self._handles = Handles()
        for store in self._stores:
            store.close()

    def _decodes(self, header: Header) -> bool:
        return all(t.compression in self._codecs for t in (*header.levels, *header.masks) if t is not None)

    def _store(self, href: str) -> Store:
        for store in self._stores:
            if store.takes(href):
                return store
        raise SourceUnavailable(
            f'"{name_of(href)}" cannot be opened: no store reads {href.partition("://")[0]}:// addresses; '
            f"there are {', '.join(s.name for s in self._stores)}."
        )

    def _inspect(self, store: Store, href: str, version: str) -> Header | Foreign:
        if not store.beside(href, _SIDECARS):
            try:
                return self._header(store, href, version, whole=False)
            except (Unfit, NotTiff):
                pass
        return examine(store, href).content

    def _header(self, store: Store, href: str, version: str, *, whole: bool) -> Header:
        size = store.size(href)
        tiff = TiffFile(name_of(href), size, lambda at, length: store.read(href, [(at, length)], version=version)[0])
        if whole:
            end = block_ends(tiff)
            if end > size:
                raise SourceUnavailable(
                    f'"{name_of(href)}" is cut off: its blocks reach to byte {end}, the file ends at {size}.'
                )
        return read_header(tiff, frozenset(self._codecs))


def _disagreement(header: Header, facts: Facts) -> str:
    """Where our reading of a header and GDAL's differ; then GDAL, who sees files beside the file too, shall read it."""
    content = facts.content
    if (header.planes, header.dtype) != (content.planes, content.dtype):
        return "its bands are of another kind than they seem"
    # GDAL lists an overview of a single pixel that is as large as the image; nothing is lost without it.
    theirs = list(dict.fromkeys((v.width, v.height) for v in content.levels))
    if [(t.width, t.height) for t in header.levels] != theirs:
        return "its overviews stand beside it"
    kinds = {"mask": header.masks[0] is not None, "nodata": header.nodata is not None, "alpha": header.alpha}
    ours = next((kind for kind, there in kinds.items() if there), "none")
    agreed = ours != "nodata" or same_nodata(header.nodata, _exact(header, facts)[0])
    if ours != facts.mask or not agreed:
        return "its mask or nodata value stands beside it"
    return ""


def _exact(header: Header | None, facts: Facts) -> tuple[float | int | None, ...]:
    """Nodata by plane: rasterio tells that of 64-bit integers as a float, and none where the float lies beyond."""
    if header is None or header.nodata is None or facts.mask != "nodata" or header.dtype not in {"int64", "uint64"}:
        return facts.nodata
    rounded = {header.nodata if told is None or told == float(header.nodata) else told for told in facts.nodata}
    return facts.nodata if rounded != {header.nodata} else (header.nodata,) * len(facts.nodata)


def _alone(part: Piece) -> Window:
    """A window that GDAL reads."""
    checkpoint()
    return part.source.read(part.plane, part.level, *part.window)


def _parts(piece: Piece) -> list[Piece]:
    """A window as windows within the level, from left to right."""
    columns = piece.source.levels[piece.level].width
    col, row, width, height = piece.window
    parts: list[Piece] = []
    end = col + width
    while col < end:
        start = col % columns
        count = min(end - col, columns - start)
        parts.append(piece._replace(window=(start, row, count, height)))
        col += count
    return parts


def _joined(parts: list[Window]) -> Window:
    """Windows beside each other as one."""
    if len(parts) == 1:
        return parts[0]
    values = np.concatenate([part.values for part in parts], axis=1)
    if all(part.valid is None for part in parts):
        return Window(values, None)
    masks = [np.ones(part.values.shape, np.bool_) if part.valid is None else part.valid for part in parts]
    return Window(values, np.concatenate(masks, axis=1))


def _remarks(facts: Facts) -> list[str]:
    levels = facts.content.levels
    width, height = facts.block
    remarks = []
    if max(levels[0].width, levels[0].height) > _SMALL and len(levels) == 1:
        remarks.append("It has no overviews: small maps of it read every pixel.")
    if width * height > _LARGE_BLOCK and max(levels[0].width, levels[0].height) > _SMALL:
        remarks.append(f"Its blocks are large ({width} x {height} pixels): every tile decodes a lot.")
    if facts.content.is_complex:
        remarks.append("Its complex samples are offered as two planes each: real and imaginary part.")
    return remarks
