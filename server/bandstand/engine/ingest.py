"""Files and STAC items into the catalogue: every header read once, every decision written down."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Literal

from bandstand.catalog.base import Catalog, Stored
from bandstand.config.profiles import Profile
from bandstand.config.schema import Archive
from bandstand.config.schema import Collection as CollectionSection
from bandstand.engine.assemble import Assembly, Failed, Foreign, Headers, Outcome, Unchanged
from bandstand.engine.candidates import Candidate, LeftOut
from bandstand.engine.losses import find_losses
from bandstand.engine.sources import find
from bandstand.errors import BandstandError, printable
from bandstand.model.item import Item
from bandstand.model.time import isoformat
from bandstand.read.apart import apart
from bandstand.read.base import FileReport
from bandstand.read.library import Library

Prune = Literal["no", "some", "all"]
_COMMIT_EVERY = 50
_MOST_NAMED = 3
_NOON = 12
"""The hour of a bare day."""
_DECIMALS = 5
"""Of degrees: a metre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What became of the scenes that the sources offered."""

    found: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    """(scene, reason) of those left out."""
    doubts: tuple[tuple[str, str], ...] = ()
    """(scene, what was understood of names that do not tell, and how to say it)."""
    warnings: tuple[tuple[str, str], ...] = ()
    """(scene, what will make it slow or was guessed)."""
    left_out: tuple[str, ...] = ()
    """Files that are no scenes and no failures, a line a reason."""
    understood: tuple[str, ...] = ()
    """With `dry_run`: a line a scene that would be written, on how its files were understood."""
    lost: tuple[str, ...] = ()
    """Scenes below the sources that have lost all their files, and are still in the catalogue."""
    pruned: tuple[str, ...] = ()
    """Scenes that were taken out for that; with `dry_run` those that would be."""
    spared: tuple[tuple[str, int], ...] = ()
    """(source, number of scenes) where every scene has lost its files, as if a volume were not mounted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is."""

    done: int
    found: int
    """So far: sources are searched while files are read."""
    scene: str


def ingest(
    sources: Sequence[str],
    name: str,
    section: CollectionSection,
    profile: Profile,
    catalog: Catalog,
    library: Headers,
    *,
    roots: Iterable[Path] = (),
    jobs: int = 4,
    replace_all: bool = False,
    dry_run: bool = False,
    prune: Prune = "no",
    progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """Register every scene of the sources; safe to break off at any moment, and to run again.

    Args:
        sources: Folders, globs, GeoTIFFs, STAC items, item collections, collections and catalogues.
        name: Of the collection.
        section: Its part of the configuration.
        profile: As `profiles.effective` made it.
        catalog: Where the scenes go, opened for writing; with `dry_run` for reading.
        library: Reads the header of each file.
        roots: Folders besides the sources in which the files may lie that documents name.
        jobs: Scenes read side by side.
        replace_all: Read also what has not changed since the last time.
        dry_run: Read everything, write nothing.
        prune: Take out scenes below the sources that have lost all their files: none, those of sources that have others
            left, or all.
        progress: Told after each scene.

    Raises:
        CatalogUnavailable: The catalogue cannot be written; what was committed before stays.
    """
    sources = tuple(sources)
    assembly = Assembly(name, section, profile, catalog, library, replace_all)
    tally = _Tally(names_are_read=not profile.bands and not section.pattern)
    found = find(sources, profile, pattern=section.pattern, homes=section.source, roots=roots, look=_look(library))
    candidates = _once(found, tally)
    waiting: list[Item] = []
    with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="ingest") as pool:
        for candidate, outcome in _side_by_side(pool, assembly, candidates, 4 * max(1, jobs)):
            tally.done += 1
            item = tally.count(candidate, outcome)
            if item is not None and dry_run:
                tally.understood.append(_line(item))
                tally.stored += catalog.foresee(item)
            elif item is not None:
                waiting.append(item)
            if len(waiting) >= _COMMIT_EVERY:
                tally.stored += catalog.upsert(waiting)
                waiting = []
            if progress is not None:
                progress(Progress(tally.done, tally.found, printable(candidate.id)))
    if waiting:
        tally.stored += catalog.upsert(waiting)
    tally.settle()
    losses = find_losses(sources, name, catalog, tally.seen)
    pruned = [item for item in losses.lost if prune == "all" or (prune == "some" and item not in losses.bare_ids)]
    if pruned and not dry_run:
        catalog.remove(name, pruned)
    taken = set(pruned)
    return IngestReport(
        found=tally.found,
        new=tally.stored.new,
        updated=tally.stored.updated,
        unchanged=tally.stored.unchanged,
        failed=tuple(tally.failed),
        left_out=tuple(tally.told()),
        doubts=tuple(tally.doubts),
        warnings=tuple(tally.warnings),
        understood=tuple(tally.understood),
        lost=tuple(printable(item) for item in losses.lost if item not in taken),
        pruned=tuple(map(printable, pruned)),
        spared=losses.bare if prune == "some" else (),
    )


@dataclass
class _Tally:
    found: int = 0
    seen: set[str] = field(default_factory=set)
    """Scenes whose files are there."""
    done: int = 0
    stored: Stored = field(default_factory=Stored)
    failed: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)

    aside: dict[str, list[str]] = field(default_factory=dict)
    """Files left out, by reason."""
    foreign: list[tuple[str, LeftOut]] = field(default_factory=list)
    """Scenes in which no file holds a band."""

    doubts: list[tuple[str, str]] = field(default_factory=list)
    """(scene, what was understood of names that do not tell)."""
    names_are_read: bool = False
    """Whether names alone tell bands and times: neither a profile does, nor a pattern."""
    places: dict[object, str] = field(default_factory=dict)
    """Scenes by time, bands and ground."""

    def count(self, candidate: Candidate, outcome: Outcome) -> Item | None:
        """Note an outcome; hands back the item that is to be written."""
        name = printable(candidate.id)
        if isinstance(outcome, Failed):
            self.failed.extend((name, printable(reason)) for reason in outcome.reasons)
            return None
        if isinstance(outcome, Foreign):
            self.foreign.append((name, outcome.left_out))
            return None
        self.seen.add(candidate.id)
        self.failed.extend((name, printable(fault)) for fault in outcome.faults)
        if isinstance(outcome, Unchanged):
            self.stored += Stored(unchanged=1)
            return None
        if outcome.left_out is not None:
            self.leave(outcome.left_out)
        item = self._beside(candidate, outcome.item)
        doubt = item.properties.get("bandstand:doubt")
        if doubt:
            self.doubts.append((name, printable(str(doubt))))
        self.warnings.extend((name, printable(text)) for text in outcome.warnings)
        radiometry = item.properties["bandstand:radiometry"]
        for decision in radiometry["decisions"] if isinstance(radiometry, dict) else ():
            if not decision["certain"]:
                self.warnings.append((name, f"offset {decision['offset']:g} is a guess: {decision['because']}"))
        return item

    def _beside(self, candidate: Candidate, item: Item) -> Item:
        """A scene, with the doubt that it covers another of the same time, bands and ground: names may tell more."""
        time = item.time
        # Alike to the second are two makings of one scene; what a document says needs no names.
        is_told = time.start is not None and time.start == time.end and time.start.hour != _NOON
        if is_told or candidate.properties or not self.names_are_read or item.properties.get("bandstand:doubt"):
            return item
        corners = tuple(round(side, _DECIMALS) for side in astuple(item.bbox))
        other = self.places.setdefault((time, tuple(item.assets), corners), item.id)
        if other == item.id:
            return item
        doubt = (
            f"{other} and {item.id} have the same bands on the same ground and tell no different times, so that maps "
            "show one of them alone. If their paths tell times, say how, such as pattern: "
            "'(?P<year>\\d{4})_(?P<month>\\d+)'; if they tell bands, name these by its group (?P<band>…)"
        )
        return replace(item, properties={**item.properties, "bandstand:doubt": doubt})

    def leave(self, left_out: LeftOut) -> None:
        """Note files that are no scenes and no failures."""
        self.aside.setdefault(left_out.because, []).extend(left_out.files)

    def settle(self) -> None:
        """Decide at the end on scenes without a band: left out beside scenes that have some, else failures."""
        for name, left_out in self.foreign:
            if self.done > len(self.failed) + len(self.foreign):
                self.leave(left_out)
            else:
                files = _some(left_out.files)
                self.failed.append((name, f"{left_out.because} in {files}"))
        if self.aside and not self.done:
            self.failed.extend((_some(files), because) for because, files in self.aside.items())

    def told(self) -> Iterator[str]:
        """What was left out, a line a reason."""
        for because, files in self.aside.items():
            count = "1 file" if len(files) == 1 else f"{len(files)} files"
            yield printable(f"{count}, {because}: {_some(files)}")


def _some(files: Sequence[str]) -> str:
    names = [Path(file).name for file in files[:_MOST_NAMED]]
    return ", ".join(names) + (", …" if len(files) > _MOST_NAMED else "")


def _once(found: Iterable[Candidate | LeftOut], tally: _Tally) -> Iterator[Candidate]:
    """Every scene under an id of its own; what is left out is noted."""
    seen: dict[str, tuple[str, int]] = {}
    """Source, and a digest of its entries, by id."""
    for candidate in found:
        if isinstance(candidate, LeftOut):
            tally.leave(candidate)
            continue
        mark = candidate.source, hash(candidate.entries)
        other = seen.get(candidate.id)
        if other is not None and candidate.entries and other[1] == mark[1]:
            continue
        tally.found += 1
        if other is None or not candidate.entries:
            seen.setdefault(candidate.id, mark)
            yield candidate
        elif candidate.long_id and candidate.long_id not in seen:
            seen[candidate.long_id] = mark
            yield replace(candidate, id=candidate.long_id)
        else:
            problem = f"its id is taken by another scene of this run, from {other[0]}"
            advice = "; documents of one scene lie in one folder" if other[0] != candidate.source else ""
            yield replace(candidate, entries=(), problem=problem + advice)


def _look(library: Headers) -> Callable[[Path], FileReport | None]:
    def look(path: Path) -> FileReport | None:
        try:
            return library.describe(str(path))
        except BandstandError:
            # It is told when the scene is made.
            return None

    return look


def _side_by_side(
    pool: ThreadPoolExecutor, assembly: Assembly, candidates: Iterable[Candidate], ahead: int
) -> Iterator[tuple[Candidate, Outcome]]:
    """Outcomes in the order of the candidates, a bounded number of them in work."""
    queue: deque[tuple[Candidate, Future[Outcome]]] = deque()
    try:
        for candidate in candidates:
            queue.append((candidate, pool.submit(assembly.outcome, candidate)))
            if len(queue) >= ahead:
                first, future = queue.popleft()
                yield first, future.result()
        while queue:
            first, future = queue.popleft()
            yield first, future.result()
    finally:
        for _, future in queue:
            future.cancel()


def _line(item: Item) -> str:
    start = isoformat(item.time.start) if item.time.start else "without a time"
    finest = min((asset.grid for asset in item.assets.values()), key=lambda g: min(g.resolution))
    return f"{printable(item.id)}  {start}  {finest.crs.short}  {' '.join(item.assets)}"


def readers(archive: Archive, *, jobs: int) -> AbstractContextManager[Headers]:
    """Processes that read headers, each for one file at a time."""
    return apart(
        timeout_s=archive.file_timeout_s,
        memory_bytes=archive.file_memory_bytes,
        children=max(1, min(jobs, os.cpu_count() or 1)),
    )


def library() -> Headers:
    """The reader of headers, for whoever starts an ingest from outside of the engine."""
    return Library()
