"""`bandstand catalog`: what is in the catalogue, what leaves it, and whether it is sound."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from bandstand.catalog.keeping import Entry
from bandstand.catalog.packing import pack
from bandstand.catalog.sqlite import SqliteCatalog, open_catalog
from bandstand.cli.console import (
    EXIT_PARTIAL,
    Command,
    config_option,
    fail,
    find_config,
    json_option,
    open_config,
    put,
    put_json,
)
from bandstand.config.schema import Config
from bandstand.engine.verify import verify as verify_files
from bandstand.errors import InvalidTime, printable, shorten, suggest
from bandstand.model.time import TimeMember, TimeSpan, isoformat, parse_time


def collection_option(command: Command) -> Command:
    """`-C/--collection`, the same for every command of the group."""
    return click.option("-C", "--collection", "name", help="Collection; needed where it is in doubt.")(command)


@click.group("catalog")
def catalog() -> None:
    """Look into the catalogue, take scenes out or hide them, and verify it.

    A running server follows every change within a second.

    \b
    bandstand catalog ls -C s2_l2a --time 2023-06
    bandstand catalog withdraw S2B_31TCJ_20210131_0_L2A
    bandstand catalog verify
    """  # noqa: D301 - click wants its mark


@catalog.command("ls")
@collection_option
@click.option("--time", "time", help="Only scenes that start then: 2023, 2023-06-14, 2023-06-01/2023-06-30.")
@click.option("--withdrawn", is_flag=True, help="Only scenes that are withdrawn.")
@json_option
@config_option
def ls(name: str | None, time: str | None, withdrawn: bool, as_json: bool, config_path: Path | None) -> None:
    """List scenes: id, time, number of files; newest first."""
    config = open_config(find_config(config_path))
    times = _spans(time) if time else ()
    found: dict[str, list[Entry]] = {}
    with closing(open_catalog(config.catalog.path)) as opened:
        for collection in _collections(config, opened, name):
            listed = opened.listing(collection, times=times)
            found[collection] = [entry for entry in listed if entry.withdrawn or not withdrawn]
    if as_json:
        put_json({collection: [_spelled(entry) for entry in entries] for collection, entries in found.items()})
        return
    for collection, entries in found.items():
        for entry in entries:
            start = isoformat(entry.start) if entry.start else "without a time"
            mark = "  withdrawn" if entry.withdrawn else ""
            put(f"{collection}  {printable(entry.id)}  {start}  {_count(entry.files, 'file')}{mark}")


@catalog.command("show")
@click.argument("item", metavar="ID")
@collection_option
@json_option
@config_option
def show(item: str, name: str | None, as_json: bool, config_path: Path | None) -> None:
    """Show one scene: its time, place, files and how they were understood."""
    config = open_config(find_config(config_path))
    with closing(open_catalog(config.catalog.path)) as opened:
        ((collection, _),) = _owners(config, opened, name, (item,)).items()
        found = opened.get(collection, item, withdrawn=True)
        hidden = opened.get(collection, item) is None
    if found is None:
        fail(f'"{printable(item)}" has just left the catalogue')
    start, end = found.time.start, found.time.end
    files = {asset.href: None for asset in found.assets.values()}
    if as_json:
        put_json({"collection": collection, "withdrawn": hidden, "files": list(files), "item": json.loads(pack(found))})
        return
    put(f"{printable(found.id)}  {collection}{'  withdrawn' if hidden else ''}")
    put(f"    time    {_when(start, end)}")
    put(f"    bbox    {found.bbox.min_x:.5f} {found.bbox.min_y:.5f} {found.bbox.max_x:.5f} {found.bbox.max_y:.5f}")
    for band, asset in found.assets.items():
        field = asset.field
        put(f"    {band}  {field.dtype}  scale {field.scale:g} offset {field.offset:g}  {printable(asset.href)}")


@catalog.command("rm")
@click.argument("items", metavar="ID...", nargs=-1, required=True)
@collection_option
@click.option("--dry-run", is_flag=True, help="Say what would be taken out, and write nothing.")
@json_option
@config_option
def rm(items: tuple[str, ...], name: str | None, dry_run: bool, as_json: bool, config_path: Path | None) -> None:
    """Take scenes out of the catalogue; their files stay, and another ingest of these brings them back."""
    _change(items, name, config_path, SqliteCatalog.remove, ("removed", as_json, dry_run))


@catalog.command("withdraw")
@click.argument("items", metavar="ID...", nargs=-1, required=True)
@collection_option
@click.option("--dry-run", is_flag=True, help="Say what would be hidden, and write nothing.")
@json_option
@config_option
def withdraw(items: tuple[str, ...], name: str | None, dry_run: bool, as_json: bool, config_path: Path | None) -> None:
    """Hide scenes from every service until they are restored; an ingest does not bring them back."""
    _change(items, name, config_path, SqliteCatalog.withdraw, ("withdrawn", as_json, dry_run))


@catalog.command("restore")
@click.argument("items", metavar="ID...", nargs=-1, required=True)
@collection_option
@click.option("--dry-run", is_flag=True, help="Say what would be shown, and write nothing.")
@json_option
@config_option
def restore(items: tuple[str, ...], name: str | None, dry_run: bool, as_json: bool, config_path: Path | None) -> None:
    """Show scenes again that were withdrawn."""
    _change(items, name, config_path, SqliteCatalog.restore, ("restored", as_json, dry_run))


@catalog.command("verify")
@collection_option
@json_option
@config_option
def verify(name: str | None, as_json: bool, config_path: Path | None) -> int:
    """Check the catalogue, and that the files of its scenes are there and as they were ingested.

    Exit code 3 where something is wrong.
    """
    config = open_config(find_config(config_path))
    with closing(open_catalog(config.catalog.path)) as opened:
        faults = opened.faults()
        names = _collections(config, opened, name)
        found = {n: [asdict(fault) for fault in verify_files(opened.files(n))] for n in names} if not faults else {}
    if as_json:
        put_json({"catalog": list(faults), "files": found})
    else:
        for line in faults:
            put(f"catalog  {printable(line)}")
        for collection, wrong in found.items():
            for fault in wrong:
                told = (collection, fault["item"], fault["problem"], fault["href"])
                put("  ".join(printable(str(part)) for part in told))
        bad = sum(map(len, found.values()))
        put(f"{_count(len(faults), 'fault')} in the catalogue, {_count(bad, 'file')} not as ingested")
    return EXIT_PARTIAL if faults or any(found.values()) else 0


@catalog.command("stats")
@json_option
@config_option
def stats(as_json: bool, config_path: Path | None) -> None:
    """Count what there is of each collection."""
    config = open_config(find_config(config_path))
    path = config.catalog.path
    with closing(open_catalog(path)) as opened:
        rows = opened.holdings()
        size = path.stat().st_size
    if as_json:
        listed = [{**asdict(row), "start": _told(row.start), "end": _told(row.end)} for row in rows]
        put_json({"bytes": size, "collections": {row["name"]: row for row in listed}})
        return
    for row in rows:
        hidden = f" and {row.withdrawn} withdrawn" if row.withdrawn else ""
        put(
            f"{row.name}  {_count(row.items, 'scene')}{hidden}  {_count(row.files, 'file')}  "
            f"{row.index_bytes:,} bytes of indices  {_when(row.start, row.end)}"
        )
    put(f"{_count(sum(row.items for row in rows), 'scene')} in {size:,} bytes")


def _change(
    items: Sequence[str],
    name: str | None,
    config_path: Path | None,
    change: Callable[[SqliteCatalog, str, Sequence[str]], int],
    telling: tuple[str, bool, bool],
) -> None:
    """Change scenes; all of them are known, or nothing is done.

    Args:
        items: Their ids.
        name: The collection, where it was said.
        config_path: Likewise.
        change: What is done to those of a collection.
        telling: What they are then; whether that is told as JSON; whether nothing is written.
    """
    done, as_json, dry_run = telling
    config = open_config(find_config(config_path))
    with closing(open_catalog(config.catalog.path)) as reader:
        owners = _owners(config, reader, name, items)
    counts: dict[str, int] = {}
    if not dry_run:
        with closing(open_catalog(config.catalog.path, writable=True)) as writer:
            counts = {collection: change(writer, collection, ids) for collection, ids in owners.items()}
    if as_json:
        put_json({"dry_run": dry_run, "items": owners, done: counts})
        return
    for collection, ids in owners.items():
        if dry_run:
            for item in ids:
                put(f"would be {done}  {collection}  {printable(item)}")
            continue
        same = len(ids) - counts[collection]
        put(f"{done}  {collection}  {_count(counts[collection], 'scene')}" + (f", {same} already" if same else ""))


def _collections(config: Config, opened: SqliteCatalog, name: str | None) -> list[str]:
    """The collections that are meant: those of the catalogue count, also where the configuration has them no more."""
    known = list(dict.fromkeys((*config.collections, *(row.name for row in opened.holdings()))))
    if name is None:
        return known
    if name not in known:
        near = suggest(name, known) or f" There are: {', '.join(known) or 'none'}."
        raise click.BadParameter(f'unknown collection "{shorten(name)}".{near}', param_hint="--collection")
    return [name]


def _owners(config: Config, opened: SqliteCatalog, name: str | None, items: Sequence[str]) -> dict[str, list[str]]:
    """The ids by their collection."""
    names = _collections(config, opened, name)
    owners: dict[str, list[str]] = {}
    for item in dict.fromkeys(items):
        having = [n for n in names if opened.get(n, item, withdrawn=True) is not None]
        if not having:
            known = [entry.id for n in names for entry in opened.listing(n)[:1000]]
            fail(f'there is no scene "{printable(shorten(item))}".{suggest(item, known)} Nothing was done')
        if len(having) > 1:
            fail(f'"{printable(item)}" is a scene of {", ".join(having)}; name one with --collection. Nothing was done')
        owners.setdefault(having[0], []).append(item)
    return owners


def _spans(text: str) -> tuple[TimeSpan, ...]:
    spans = []
    try:
        members = parse_time(text).members
    except InvalidTime as error:
        raise click.BadParameter(error.message, param_hint="--time") from error
    for member in members:
        if member.kind not in {"single", "interval"} or member.to_present or member.period or not any(_ends(member)):
            raise click.BadParameter(
                f'"{shorten(member.text)}" is no time or interval such as 2023-06-14 or 2023-06-01/2023-06-30',
                param_hint="--time",
            )
        spans.append(member.span)
    return tuple(spans)


def _ends(member: TimeMember) -> tuple[datetime | None, datetime | None]:
    return member.span.start, member.span.end


def _spelled(entry: Entry) -> dict[str, object]:
    return {**asdict(entry), "start": _told(entry.start), "end": _told(entry.end)}


def _told(moment: datetime | None) -> str | None:
    return isoformat(moment) if moment else None


def _when(start: datetime | None, end: datetime | None) -> str:
    if start is None:
        return "without a time"
    return isoformat(start) if end in {None, start} else f"{isoformat(start)} to {_told(end)}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


COMMAND = catalog
