"""Rows of the embedded catalogue: what one item becomes, and what is left when it goes."""

import math
import sqlite3
import time
from typing import NamedTuple

from bandstand.catalog.base import Stored
from bandstand.catalog.packing import boxes, kind_of, microseconds, pack
from bandstand.model.item import Item

FOREVER = 1e30
"""Seconds or microseconds beyond any time, for scenes without one."""


def write_item(connection: sqlite3.Connection, item: Item, loose: set[int]) -> Stored:
    """Write one item; files that it no longer has go to `loose`."""
    connection.execute("INSERT OR IGNORE INTO collection (name) VALUES (?)", (item.collection,))
    (cid,) = connection.execute("SELECT cid FROM collection WHERE name = ?", (item.collection,)).fetchone()
    body = pack(item)
    old = find_row(connection, cid, item.id)
    _write_files(connection, item)
    if old is not None and old.body == body:
        return Stored(unchanged=1)
    # Searched by where the pixels are: a footprint may be coarser, or wrong.
    longitudes, (south, north) = boxes(item.reach or item.footprint)
    second = longitudes[1] if len(longitudes) > 1 else (None, None)
    start, end = (None if moment is None else microseconds(moment) for moment in (item.time.start, item.time.end))
    when = (start, end, kind_of(item), item.cloud_cover)
    # One that is withdrawn stays so.
    owner = -cid if old is not None and old.withdrawn else cid
    row = (owner, item.id, count_up(connection, cid), *when, *longitudes[0], south, north, *second, *_finest(item))
    marks = ",".join("?" * 16)
    rid = connection.execute(
        "INSERT OR REPLACE INTO item (rid, cid, id, revision, t0, t1, kind, cloud, west, east, south, north, "  # noqa: S608 - question marks and names only
        f"west2, east2, crs, resolution_m, body) VALUES (?,{marks})",
        (old.rid if old else None, *row, body),
    ).lastrowid
    if rid is None:  # pragma: no cover - an insert always has one
        raise sqlite3.DatabaseError("the item got no row")
    loose |= delete_parts(connection, rid)
    if owner > 0:
        write_boxes(connection, rid)
    hrefs = {asset.href for asset in item.assets.values()}
    connection.executemany(
        "INSERT INTO item_file SELECT ?, fid FROM file WHERE href = ?", [(rid, href) for href in sorted(hrefs)]
    )
    return Stored(updated=1) if old else Stored(new=1)


class Row(NamedTuple):
    """What is known of one item."""

    rid: int
    withdrawn: bool
    body: str


def find_row(connection: sqlite3.Connection, cid: int, item: str) -> Row | None:
    """The row of an item, withdrawn or not."""
    found = connection.execute(
        "SELECT rid, cid < 0, body FROM item WHERE cid IN (?1, -?1) AND id = ?2", (cid, item)
    ).fetchone()
    return Row(found[0], bool(found[1]), found[2]) if found else None


def count_up(connection: sqlite3.Connection, cid: int) -> int:
    """The next revision of a collection: by the clock, so that no two histories of one file count alike."""
    (revision,) = connection.execute(
        "UPDATE collection SET revision = MAX(revision + 1, ?) WHERE cid = ? RETURNING revision",
        (time.time_ns() // 1000, cid),
    ).fetchone()
    return int(revision)


def write_boxes(connection: sqlite3.Connection, rid: int) -> None:
    """Let an item be found where it lies, and when; two boxes over the antimeridian."""
    cid, start, south, north, *sides = connection.execute(
        "SELECT cid, t0, south, north, west, east, west2, east2 FROM item WHERE rid = ?", (rid,)
    ).fetchone()
    low, high = (-FOREVER, FOREVER) if start is None else (start / 1e6, start / 1e6)
    for number, (west, east) in enumerate((sides[:2], sides[2:])):
        if west is not None:
            connection.execute(
                "INSERT INTO box VALUES (?,?,?,?,?,?,?,?,?)",
                (2 * rid + number, west, east, south, north, low, high, cid, cid),
            )


def forget_box(connection: sqlite3.Connection, rid: int) -> None:
    """Let an item be found nowhere."""
    connection.execute("DELETE FROM box WHERE id IN (?, ?)", (2 * rid, 2 * rid + 1))


def foresee_item(connection: sqlite3.Connection, cid: int, item: Item) -> Stored:
    """What writing an item would make of it."""
    old = find_row(connection, cid, item.id)
    if old is None:
        return Stored(new=1)
    return Stored(unchanged=1) if old.body == pack(item) else Stored(updated=1)


def _write_files(connection: sqlite3.Connection, item: Item) -> None:
    for href, asset in {a.href: a for a in item.assets.values()}.items():
        connection.execute(
            "INSERT INTO file (href, version, idx) VALUES (?,?,?) ON CONFLICT (href) DO UPDATE SET "
            "version = excluded.version, idx = excluded.idx WHERE version <> excluded.version OR idx IS NULL",
            (href, asset.version, asset.index),
        )


def delete_parts(connection: sqlite3.Connection, rid: int) -> set[int]:
    """Forget where an item lies and which files it has; says which these were."""
    forget_box(connection, rid)
    files = {fid for (fid,) in connection.execute("SELECT fid FROM item_file WHERE rid = ?", (rid,))}
    connection.execute("DELETE FROM item_file WHERE rid = ?", (rid,))
    return files


def forget_files(connection: sqlite3.Connection, files: set[int]) -> None:
    """Forget those of the files that no item has any more."""
    connection.executemany(
        "DELETE FROM file WHERE fid = ?1 AND NOT EXISTS (SELECT 1 FROM item_file WHERE fid = ?1)",
        [(fid,) for fid in files],
    )


def _finest(item: Item) -> tuple[str, float]:
    best = ("", math.inf)
    for asset in item.assets.values():
        size = min(asset.grid.resolution) * asset.grid.crs.metres_per_unit
        if size < best[1]:
            best = (asset.grid.crs.key, size)
    return best if best[0] else ("OGC:CRS84", 10.0)


_CHANGE = "CREATE TABLE IF NOT EXISTS change (only INTEGER PRIMARY KEY CHECK (only = 1), ms INTEGER NOT NULL)"


def note_change(connection: sqlite3.Connection) -> None:
    """Keep the moment of a change, in milliseconds since 1970, always later than that of the change before."""
    connection.execute(_CHANGE)
    connection.execute(
        "INSERT INTO change VALUES (1, ?) ON CONFLICT DO UPDATE SET ms = MAX(ms + 1, excluded.ms)",
        (time.time_ns() // 1_000_000,),
    )


def last_change(connection: sqlite3.Connection) -> int:
    """The moment of the last change; 0 in a file that nobody has written to since changes are noted."""
    known = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'change'").fetchone()[0]
    row = connection.execute("SELECT ms FROM change").fetchone() if known else None
    return int(row[0]) if row else 0
