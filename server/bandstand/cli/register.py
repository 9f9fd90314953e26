"""One collection's sources into the catalogue, with progress: what `ingest`, `serve` and `demo` have in common."""

import time
from pathlib import Path

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.console import Ticker, say
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Config
from bandstand.engine.ingest import IngestReport, Progress, ingest
from bandstand.engine.ingest import library as open_library


def register(
    config: Config,
    collection: str,
    sources: tuple[str, ...],
    *,
    jobs: int,
    replace_all: bool = False,
    dry_run: bool = False,
) -> tuple[IngestReport, float]:
    """Ingest and tell how far it is.

    Returns:
        The report, and how long it took in seconds.
    """
    section = config.collections[collection]
    profile = effective(load_profile(section.profile), section)
    catalog = open_catalog(config.catalog.path, writable=not dry_run)
    ticker = Ticker()
    begun = time.monotonic()

    def tell(progress: Progress) -> None:
        ticker.tick(progress.done, f"{collection}  {progress.done} of {progress.found}  {progress.scene}")

    try:
        report = ingest(
            sources,
            collection,
            section,
            profile,
            catalog,
            open_library(),
            jobs=jobs,
            replace_all=replace_all,
            dry_run=dry_run,
            progress=tell,
        )
    finally:
        ticker.clear()
        catalog.close()
    return report, time.monotonic() - begun


def register_missing(config: Config, *, jobs: int) -> None:
    """Ingest the configured sources of every collection that has no scene yet."""
    catalog = open_catalog(config.catalog.path, writable=True)
    empty = [name for name, section in config.collections.items() if section.source and not catalog.count(name)]
    catalog.close()
    for name in empty:
        sources = config.collections[name].source
        report, seconds = register(config, name, sources, jobs=jobs)
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
