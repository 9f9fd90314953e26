"""Tables of the embedded catalogue, and how a file gets them."""

import secrets
import sqlite3
import time
from contextlib import suppress

from bandstand.catalog.packing import end_of_body, kind_of_body
from bandstand.errors import CatalogUnavailable

VERSION = 2

_TABLES = """
CREATE TABLE collection (cid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL DEFAULT 0);
CREATE TABLE item (
    rid INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: readers keep items by it
    cid INTEGER NOT NULL REFERENCES collection, -- negative while it is withdrawn: no question meets it
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    t0 INTEGER, -- microseconds since 1970; NULL: without a time
    t1 INTEGER, -- its end, likewise
    kind TEXT NOT NULL, -- digest of its bands and their classes
    cloud REAL, -- percent; NULL: not said
    west REAL NOT NULL, east REAL NOT NULL, south REAL NOT NULL, north REAL NOT NULL,
    west2 REAL, east2 REAL, -- the part beyond the antimeridian
    crs TEXT NOT NULL,
    resolution_m REAL NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (cid, id)
);
CREATE INDEX item_kind ON item (cid, kind, t0);
CREATE VIRTUAL TABLE box USING rtree (id, minx, maxx, miny, maxy, mint, maxt, minc, maxc);
CREATE TABLE file (fid INTEGER PRIMARY KEY, href TEXT NOT NULL UNIQUE, version TEXT NOT NULL, idx BLOB);
CREATE TABLE item_file (
    rid INTEGER NOT NULL, fid INTEGER NOT NULL, PRIMARY KEY (rid, fid)
) WITHOUT ROWID;
CREATE INDEX item_file_fid ON item_file (fid);
"""


def prepare(connection: sqlite3.Connection, name: str, *, patience_s: float) -> None:
    """Give a new file its tables and bring those of an old one up to date; two processes may do so at once.

    Raises:
        CatalogUnavailable: The file belongs to another version of Bandstand, or to something else.
    """
    if version_of(connection, name) == VERSION:
        return
    _switch_to_wal(connection, patience_s)
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = version_of(connection, name)
        if found == 1:
            _upgrade(connection)
        elif found != VERSION:
            for statement in _TABLES.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            # Any number but 0, which the files of before have: it tells this file from all that come in its place.
            connection.execute(f"PRAGMA application_id = {1 + secrets.randbelow(2**31 - 1)}")
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo what was begun; SQLite has done so by itself after some errors, and the first one is to be told."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _upgrade(connection: sqlite3.Connection) -> None:
    """From version 1, which knew neither the ends nor the kinds of scenes."""
    connection.execute("ALTER TABLE item ADD COLUMN t1 INTEGER")
    connection.execute("ALTER TABLE item ADD COLUMN kind TEXT NOT NULL DEFAULT ''")
    connection.create_function("end_of", 1, end_of_body, deterministic=True)
    connection.create_function("kind_of", 1, kind_of_body, deterministic=True)
    connection.execute("UPDATE item SET t1 = end_of(body), kind = kind_of(body)")
    connection.execute("CREATE INDEX item_kind ON item (cid, kind, t0)")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _switch_to_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    # This one statement does not wait for other processes by itself.
    until = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def version_of(connection: sqlite3.Connection, name: str) -> int:
    """Version of the tables; 0: none yet.

    Raises:
        CatalogUnavailable: Of another version of Bandstand, or of something else.
    """
    # In this order: another process may make the tables, and their version with them, in between.
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found in {1, VERSION}:
        return int(found)
    if found == 0 and tables == 0:
        return 0
    what = f"has tables of version {found}" if found else "is a database of something else"
    raise CatalogUnavailable(
        f"The catalogue {name} {what}, this Bandstand reads version {VERSION}; "
        "name another file under catalog.path and ingest again.",
        locator="catalog.path",
    )
