"""One collection's sources into the catalogue, with progress: what `ingest`, `serve` and `demo` have in common."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bandstand.catalog.sqlite import SqliteCatalog, open_catalog
from bandstand.cli.console import Ticker, say
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Config
from bandstand.engine.ingest import IngestReport, Progress, Prune, ingest, readers
from bandstand.errors import CatalogUnavailable


@contextmanager
def looked_at(path: Path, *, writable: bool = False) -> Iterator[SqliteCatalog]:
    """The catalogue for as long as the block lasts; to read where there is none yet, an empty one that lies nowhere.

    Raises:
        CatalogUnavailable: It cannot be read.
    """
    with TemporaryDirectory() as nowhere:
        is_missing = not path.exists() and not writable
        catalog = open_catalog(Path(nowhere) / path.name if is_missing else path, writable=writable or is_missing)
        try:
            yield catalog
        finally:
            catalog.close()


def register(
    config: Config,
    collection: str,
    sources: tuple[str, ...],
    *,
    jobs: int,
    replace_all: bool = False,
    dry_run: bool = False,
    prune: Prune = "no",
) -> tuple[IngestReport, float]:
    """Ingest and tell how far it is.

    Returns:
        The report, and how long it took in seconds.
    """
    section = config.collections[collection]
    profile = effective(load_profile(section.profile), section)
    ticker = Ticker()
    begun = time.monotonic()

    def tell(progress: Progress) -> None:
        ticker.tick(progress.done, f"{collection}  {progress.done} of {progress.found}  {progress.scene}")

    try:
        with (
            looked_at(config.catalog.path, writable=not dry_run) as catalog,
            readers(config.archive, jobs=jobs) as library,
        ):
            report = ingest(
                sources,
                collection,
                section,
                profile,
                catalog,
                library,
                roots=config.archive.roots,
                jobs=jobs,
                replace_all=replace_all,
                dry_run=dry_run,
                prune=prune,
                progress=tell,
            )
    finally:
        ticker.clear()
    return report, time.monotonic() - begun


def register_missing(config: Config, *, jobs: int) -> None:
    """Ingest the configured sources of every collection that has no scene yet."""
    wanted = {name: section.source for name, section in config.collections.items() if section.source}
    try:
        # Only what is missing is written: the catalogue may lie where nobody may write.
        with looked_at(config.catalog.path) as catalog:
            empty = [name for name in wanted if not catalog.count(name)]
        for name in empty:
            _register(config, name, jobs=jobs)
    except CatalogUnavailable as error:
        say(f"ingest   {error.message}")


def _register(config: Config, name: str, *, jobs: int) -> None:
    report, seconds = register(config, name, config.collections[name].source, jobs=jobs)
    say(f"ingest   {name}: {report.new} of {report.found} scenes, {seconds:.1f} s")
    for scene, reason in report.failed[:5]:
        say(f"         failed  {scene}   {reason}")
    if len(report.failed) > 5:
        say(f"         and {len(report.failed) - 5} more; `bandstand ingest -C {name}` lists them")


def shown(source: str) -> str:
    """A source as people typed it, more or less."""
    try:
        return str(Path(source).relative_to(Path.cwd()))
    except ValueError:
        return source
