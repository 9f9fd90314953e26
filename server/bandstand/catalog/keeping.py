"""Keeping the catalogue: what there is, what leaves it, what is hidden for a while, and whether it is sound."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bandstand.catalog.packing import microseconds
from bandstand.catalog.writing import FOREVER, count_up, delete_parts, find_row, forget_box, forget_files, write_boxes
from bandstand.model.time import TimeSpan, from_microseconds

_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One scene in short."""

    id: str
    start: datetime | None
    end: datetime | None
    bbox: tuple[float, float, float, float]
    """West, south, east, north; west is greater than east over the antimeridian."""
    files: int
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a scene."""

    item: str
    href: str
    version: str
    """As it was read; see `Asset.version`."""
    withdrawn: bool
    """Whether its scene is."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What there is of one collection."""

    name: str
    items: int
    """Those that are withdrawn are not counted in."""
    withdrawn: int
    files: int
    index_bytes: int
    """Of the block indices that are kept with the files."""
    start: datetime | None
    end: datetime | None


def remove_items(connection: sqlite3.Connection, cid: int, ids: Iterable[str]) -> int:
    """Forget scenes, withdrawn ones too; says how many there were."""
    loose: set[int] = set()
    removed = 0
    for item in ids:
        row = find_row(connection, cid, item)
        if row is not None:
            connection.execute("DELETE FROM item WHERE rid = ?", (row.rid,))
            loose |= delete_parts(connection, row.rid)
            removed += 1
    if removed:
        count_up(connection, cid)
        forget_files(connection, loose)
    return removed


def turn_items(connection: sqlite3.Connection, cid: int, ids: Iterable[str], *, withdrawn: bool) -> int:
    """Hide scenes, or show them again; says how many were the other way before."""
    turned = 0
    for item in ids:
        row = find_row(connection, cid, item)
        if row is None or row.withdrawn == withdrawn:
            continue
        owner = -cid if withdrawn else cid
        connection.execute(
            "UPDATE item SET cid = ?, revision = ? WHERE rid = ?", (owner, count_up(connection, cid), row.rid)
        )
        forget_box(connection, row.rid)
        if not withdrawn:
            write_boxes(connection, row.rid)
        turned += 1
    return turned


def listing(connection: sqlite3.Connection, cid: int, times: tuple[TimeSpan, ...]) -> tuple[Entry, ...]:
    """Every scene of a collection in short, withdrawn ones too, newest first; with `times` those that start then."""
    spans = [
        (-FOREVER if span.start is None else microseconds(span.start), microseconds(span.end) if span.end else FOREVER)
        for span in times
    ]
    rows = connection.execute(
        "SELECT id, t0, t1, west, south, COALESCE(east2, east), north, "
        "(SELECT COUNT(*) FROM item_file x WHERE x.rid = i.rid), cid < 0 "
        "FROM item i WHERE cid IN (:cid, -:cid) AND (:spans = '[]' OR EXISTS (SELECT 1 FROM json_each(:spans) s "
        "WHERE t0 BETWEEN json_extract(s.value, '$[0]') AND json_extract(s.value, '$[1]'))) "
        "ORDER BY t0 IS NULL, t0 DESC, id",
        {"cid": cid, "spans": json.dumps(spans)},
    )
    return tuple(
        Entry(item, _moment(start), _moment(end), (west, south, east, north), count, bool(withdrawn))
        for item, start, end, west, south, east, north, count, withdrawn in rows
    )


def files(connection: sqlite3.Connection, cid: int) -> tuple[KeptFile, ...]:
    """Every file of every scene of a collection, by scene."""
    rows = connection.execute(
        "SELECT i.id, f.href, f.version, i.cid < 0 FROM item i JOIN item_file USING (rid) JOIN file f USING (fid) "
        "WHERE i.cid IN (?1, -?1) ORDER BY i.id, f.href",
        (cid,),
    )
    return tuple(KeptFile(item, href, version, bool(withdrawn)) for item, href, version, withdrawn in rows)


def below(connection: sqlite3.Connection, cid: int, root: str, *, documents: bool) -> tuple[str, ...]:
    """Ids of the scenes with a file at a path or below it; with `documents` also of those told from there."""
    inside = "({0} = :root OR ({0} >= :root || '/' AND {0} < :root || '0'))"
    chosen = f"SELECT x.rid FROM file f JOIN item_file x USING (fid) WHERE {inside.format('f.href')}"  # noqa: S608 - names only
    if documents:
        told = inside.format("json_extract(body, '$.properties.\"bandstand:source\"')")
        chosen += f" UNION SELECT rid FROM item WHERE cid IN (:cid, -:cid) AND {told}"  # noqa: S608 - names only
    rows = connection.execute(
        f"SELECT id FROM item WHERE cid IN (:cid, -:cid) AND rid IN ({chosen}) ORDER BY id",  # noqa: S608 - names only
        {"cid": cid, "root": root.rstrip("/")},
    )
    return tuple(item for (item,) in rows)


def holdings(connection: sqlite3.Connection) -> tuple[Holding, ...]:
    """What there is of each collection, by name."""
    rows = connection.execute(
        "SELECT c.name, c.cid, COUNT(CASE WHEN i.cid > 0 THEN 1 END), COUNT(CASE WHEN i.cid < 0 THEN 1 END), "
        "MIN(i.t0), MAX(COALESCE(i.t1, i.t0)) FROM collection c LEFT JOIN item i ON i.cid IN (c.cid, -c.cid) "
        "GROUP BY c.cid ORDER BY c.name"
    ).fetchall()
    return tuple(
        Holding(name, shown, hidden, *_sizes(connection, cid), *map(_moment, span))
        for name, cid, shown, hidden, *span in rows
    )


def _sizes(connection: sqlite3.Connection, cid: int) -> tuple[int, int]:
    """Number of files, and bytes of their block indices."""
    count, size = connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(LENGTH(idx)), 0) FROM file WHERE fid IN "
        "(SELECT fid FROM item JOIN item_file USING (rid) WHERE cid IN (?1, -?1))",
        (cid,),
    ).fetchone()
    return int(count), int(size)


def faults(connection: sqlite3.Connection) -> tuple[str, ...]:
    """What is wrong with the file: SQLite's own check, and rows that should belong to one another and do not."""
    told = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MOST_FAULTS})") if row[0] != "ok"]
    if told:
        return tuple(told)
    questions = {
        "is found nowhere": "SELECT id FROM item WHERE cid > 0 AND NOT EXISTS (SELECT 1 FROM box WHERE id = 2 * rid)",
        "has no file": "SELECT id FROM item WHERE NOT EXISTS (SELECT 1 FROM item_file x WHERE x.rid = item.rid)",
        "is of no collection": "SELECT id FROM item WHERE ABS(cid) NOT IN (SELECT cid FROM collection)",
        "is found, and not there": "SELECT id >> 1 FROM box WHERE id >> 1 NOT IN (SELECT rid FROM item)",
    }
    return tuple(
        f"scene {row[0]} {what}"
        for what, question in questions.items()
        for row in connection.execute(f"{question} LIMIT {_MOST_FAULTS}")
    )


def _moment(count: int | None) -> datetime | None:
    return None if count is None else from_microseconds(count)
