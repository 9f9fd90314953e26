"""`bandstand ingest`: register scenes."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from bandstand.cli.console import (
    EXIT_FAILURE,
    EXIT_PARTIAL,
    config_option,
    find_config,
    json_option,
    open_config,
    put,
    put_json,
    say,
)
from bandstand.cli.register import register, shown
from bandstand.config.schema import Config
from bandstand.engine.ingest import IngestReport
from bandstand.errors import suggest

_MOST_WARNINGS = 10


@click.command("ingest")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("-C", "--collection", "name", help="Collection they belong to; needed when there are several.")
@click.option("-j", "--jobs", default=4, show_default=True, type=click.IntRange(1, 256), help="Scenes read at a time.")
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing; print how each file was understood.")
@click.option("--replace", "replace_all", is_flag=True, help="Read also what has not changed.")
@click.option("--prune", is_flag=True, help="Take out scenes below the sources whose files are all gone.")
@click.option("--prune-all", is_flag=True, help="The same, even where nothing below a source is left.")
@json_option
@config_option
def command(
    sources: tuple[str, ...],
    name: str | None,
    jobs: int,
    dry_run: bool,
    replace_all: bool,
    prune: bool,
    prune_all: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Register scenes from folders, globs, GeoTIFFs, STAC items, collections and catalogues.

    Without SOURCE the sources of the configuration are read. Scenes that are known and unchanged are left alone,
    so an ingest that was broken off goes on where it stopped; a running server sees new scenes at once.

    \b
    bandstand ingest ./archive --collection s2_l2a
    bandstand ingest 'scenes/*/item.json' -C s2_l2a --dry-run
    bandstand ingest --prune                what was deleted leaves the catalogue
    """  # noqa: D301 - click wants its mark
    config = open_config(find_config(config_path))
    reports = {}
    for collection, given in _tasks(config, name, sources):
        report, seconds = register(
            config,
            collection,
            given,
            jobs=jobs,
            replace_all=replace_all,
            dry_run=dry_run,
            prune="all" if prune_all else "some" if prune else "no",
        )
        reports[collection] = report
        if not as_json:
            _tell(" ".join(shown(source) for source in given), report, seconds, dry_run=dry_run)
    if as_json:
        put_json({collection: asdict(report) for collection, report in reports.items()})
    if any(report.spared for report in reports.values()):
        return EXIT_FAILURE
    if any(report.failed for report in reports.values()):
        return EXIT_PARTIAL
    return 0


def _tasks(config: Config, name: str | None, sources: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """(collection, sources) to be read."""
    known = config.collections
    if name is not None and name not in known:
        near = suggest(name, known) or f" Known: {', '.join(known) or 'none'}."
        raise click.BadParameter(f'unknown collection "{name}".{near}', param_hint="--collection")
    if sources:
        if name is None and len(known) != 1:
            raise click.UsageError(f"name one of the collections with --collection: {', '.join(known)}")
        return [(name or next(iter(known)), sources)]
    chosen = [name] if name else list(known)
    tasks = [(collection, known[collection].source) for collection in chosen if known[collection].source]
    if not tasks:
        raise click.UsageError("nothing to read: name a SOURCE, or a source in the configuration")
    return tasks


def _tell(source: str, report: IngestReport, seconds: float, *, dry_run: bool) -> None:
    for line in report.understood:
        put(line)
    put(
        f"{source}   found {report.found}   new {report.new}   "
        f"updated {report.updated}   unchanged {report.unchanged}   failed {len(report.failed)}   {seconds:.1f} s"
        + ("   (dry run: nothing was written)" if dry_run else "")
    )
    for scene, reason in report.failed:
        put(f"failed  {scene}   {reason}")
    for line in report.left_out:
        put(f"left out  {line}")
    _tell_losses(report, dry_run=dry_run)
    for scene, text in report.doubts[:1]:
        others = f" (and {len(report.doubts) - 1} scenes more)" if len(report.doubts) > 1 else ""
        say(f"doubt  {scene}{others}   {text}")
    for scene, text in report.warnings[:_MOST_WARNINGS]:
        say(f"warning  {scene}   {text}")
    if len(report.warnings) > _MOST_WARNINGS:
        say(f"warning  and {len(report.warnings) - _MOST_WARNINGS} more")
    sys.stdout.flush()


def _tell_losses(report: IngestReport, *, dry_run: bool) -> None:
    for item in report.pruned if dry_run else ():
        put(f"would prune  {item}")
    if report.pruned and not dry_run:
        put(f"pruned  {_scenes(len(report.pruned))} whose files are gone")
    for source, count in report.spared:
        put(
            f"not pruned  {shown(source)}: all {_scenes(count)} below it have lost their files, as if a volume were "
            "not mounted; --prune-all takes them out"
        )
    left = len(report.lost) - sum(count for _, count in report.spared)
    if left > 0:
        put(f"lost  {_scenes(left)} below it {'has' if left == 1 else 'have'} lost all files; --prune takes them out")


def _scenes(count: int) -> str:
    return "1 scene" if count == 1 else f"{count} scenes"


COMMAND = command
