"""Files and STAC items into the catalogue: every header read once, every decision written down."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from bandstand.catalog.base import Catalog, Stored
from bandstand.config.profiles import Profile
from bandstand.config.schema import Collection as CollectionSection
from bandstand.engine.assemble import Assembly, Failed, Headers, Made, Outcome
from bandstand.engine.candidates import Candidate
from bandstand.engine.sources import find
from bandstand.model.item import Item
from bandstand.model.time import isoformat
from bandstand.read.library import Library

_COMMIT_EVERY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What became of the scenes that the sources offered."""

    found: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    """(scene, reason) of those left out."""
    warnings: tuple[tuple[str, str], ...] = ()
    """(scene, what will make it slow or was guessed)."""
    understood: tuple[str, ...] = ()
    """With `dry_run`: a line a scene on how its files were understood."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is."""

    done: int
    found: int
    """So far: sources are searched while files are read."""
    scene: str


def ingest(
    sources: Iterable[str],
    name: str,
    section: CollectionSection,
    profile: Profile,
    catalog: Catalog,
    library: Headers,
    *,
    jobs: int = 4,
    replace_all: bool = False,
    dry_run: bool = False,
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
        jobs: Scenes read side by side.
        replace_all: Read also what has not changed since the last time.
        dry_run: Read everything, write nothing.
        progress: Told after each scene.

    Raises:
        CatalogUnavailable: The catalogue cannot be written; what was committed before stays.
    """
    assembly = Assembly(name, section, profile, catalog, library, replace_all)
    tally = _Tally()
    candidates = _once(find(sources, profile, pattern=section.pattern), tally)
    waiting: list[Item] = []
    with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="ingest") as pool:
        for candidate, outcome in _side_by_side(pool, assembly, candidates, 4 * max(1, jobs)):
            tally.done += 1
            item = tally.count(candidate, outcome)
            if item is not None and dry_run:
                tally.understood.append(_line(item))
            elif item is not None:
                waiting.append(item)
            if len(waiting) >= _COMMIT_EVERY:
                tally.stored += catalog.upsert(waiting)
                waiting = []
            if progress is not None:
                progress(Progress(tally.done, tally.found, _printable(candidate.id)))
    if waiting:
        tally.stored += catalog.upsert(waiting)
    return IngestReport(
        found=tally.found,
        new=tally.stored.new,
        updated=tally.stored.updated,
        unchanged=tally.stored.unchanged,
        failed=tuple(tally.failed),
        warnings=tuple(tally.warnings),
        understood=tuple(tally.understood),
    )


@dataclass
class _Tally:
    found: int = 0
    done: int = 0
    stored: Stored = field(default_factory=Stored)
    failed: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)

    def count(self, candidate: Candidate, outcome: Outcome) -> Item | None:
        """Note an outcome; hands back the item that is to be written."""
        if isinstance(outcome, Failed):
            self.failed.append((_printable(candidate.id), _printable(outcome.reason)))
            return None
        if not isinstance(outcome, Made):
            self.stored += Stored(unchanged=1)
            return None
        self.warnings.extend((candidate.id, text) for text in outcome.warnings)
        radiometry = outcome.item.properties["bandstand:radiometry"]
        for decision in radiometry["decisions"] if isinstance(radiometry, dict) else ():
            if not decision["certain"]:
                self.warnings.append((candidate.id, f"offset {decision['offset']:g} is a guess: {decision['because']}"))
        return outcome.item


def _printable(text: str) -> str:
    """Half a pair of surrogates, which JSON allows, can be written to no terminal."""
    return text.encode("utf-8", "backslashreplace").decode()


def _once(candidates: Iterable[Candidate], tally: _Tally) -> Iterator[Candidate]:
    seen: dict[str, str] = {}
    for candidate in candidates:
        tally.found += 1
        other = seen.setdefault(candidate.id, candidate.source)
        if other != candidate.source and not candidate.problem:
            yield replace(candidate, problem=f"its id is taken by another scene of this run, from {other}")
        else:
            yield candidate


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
    return f"{item.id}  {start}  {finest.crs.short}  {' '.join(item.assets)}"


def library() -> Headers:
    """The reader of headers, for whoever starts an ingest from outside of the engine."""
    return Library()
