"""The embedded catalogue: one SQLite file, an R*Tree over place and time, readers that never wait for a writer."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bandstand.caching.recent import Recent
from bandstand.catalog.base import Stored
from bandstand.catalog.file import CatalogFile
from bandstand.catalog.keeping import (
    Entry,
    Holding,
    KeptFile,
    below,
    faults,
    files,
    holdings,
    listing,
    remove_items,
    turn_items,
)
from bandstand.catalog.memory import Revised
from bandstand.catalog.packing import microseconds, middle, unpack
from bandstand.catalog.queries import parts, query
from bandstand.catalog.schema import roll_back
from bandstand.catalog.writing import (
    foresee_item,
    forget_files,
    last_change,
    note_change,
    write_item,
)
from bandstand.errors import CatalogUnavailable
from bandstand.model.grid import BBox
from bandstand.model.item import Item
from bandstand.model.layer import Extent
from bandstand.model.time import Moment, TimeSpan, from_microseconds

_BATCH = 200
_SHORT = 64
"""Answers of up to so many scenes are remembered: those of tiles, again and again for other expressions."""
_KINDS = """
SELECT i.rid, i.revision FROM item i WHERE i.rid IN (
    SELECT (SELECT n.rid FROM item n WHERE n.cid = :cid AND n.kind = k.kind ORDER BY n.t0 DESC, n.id LIMIT 1)
    FROM (SELECT DISTINCT kind FROM item WHERE cid = :cid) k
)
"""

# Scenes whose south-western corners lie in one field of ten degrees are taken together.
_PARTS = """
SELECT MIN(west), MIN(south), MAX(east), MAX(north) FROM (
    SELECT west, east, south, north FROM item WHERE cid = :cid
    UNION ALL SELECT west2, east2, south, north FROM item WHERE cid = :cid AND west2 IS NOT NULL
) GROUP BY CAST((west + 180.0) / 10 AS INTEGER), CAST((south + 90.0) / 10 AS INTEGER)
"""


class SqliteCatalog:
    """A catalogue in one file; one connection a thread."""

    def __init__(
        self, path: Path, *, writable: bool, busy_timeout_s: float = 15.0, cache_bytes: int = 192_000_000
    ) -> None:
        """Open nothing yet: a server starts without its catalogue, and finds it when it comes.

        Args:
            path: Of the file; a writer makes it at the first use where there is none.
            writable: Whether this is a writer.
            busy_timeout_s: How long a writer waits for another one.
            cache_bytes: About so much of the scenes is kept.
        """
        self.path = path
        self._file = CatalogFile(path, writable=writable, busy_timeout_s=busy_timeout_s)
        self._writable = writable
        self._identity = ""
        """Of the file that what is kept comes from."""
        self._base = 0
        """What its revisions are counted from."""
        self._items: Recent[tuple[int, int], Item] = Recent(cache_bytes)
        """By row and revision, weighed in bytes."""
        self._answers: Revised[tuple[Item, ...]] = Revised(512)
        self._moments: Revised[tuple[Moment, ...]] = Revised(64)
        self._extents: Revised[Extent | None] = Revised(256)

    # Reading

    def search(
        self,
        collection: str,
        *,
        bbox: BBox | None = None,
        times: tuple[TimeSpan, ...] = (),
        ids: tuple[str, ...] = (),
        max_cloud_cover: float | None = None,
        limit: int | None = None,
    ) -> tuple[Item, ...]:
        """See `Catalog.search`."""
        question = (collection, bbox, times, ids, max_cloud_cover, limit)
        with self._reading() as connection:
            cid, revision = self._state(connection, collection)
            kept = self._answers.get(question, revision)
            if kept is not None or not cid:
                return kept or ()
            found: dict[int, tuple[int, int]] = {}
            for part in parts(bbox):
                statement, values = query(cid, part, times, ids, max_cloud_cover, limit)
                found.update({row[0]: row for row in connection.execute(statement, values)})
            items = self._load(connection, collection, list(found.values()))
        answer = tuple(_newest_first(items)[:limit])
        return self._answers.put(question, revision, answer) if len(answer) <= _SHORT else answer

    def get(self, collection: str, item: str, *, withdrawn: bool = False) -> Item | None:
        """See `Catalog.get`."""
        if not _is_text(item):
            return None
        with self._reading() as connection:
            cid, _ = self._state(connection, collection)
            row = connection.execute(
                "SELECT rid, revision FROM item WHERE cid IN (?, ?) AND id = ?", (cid, -cid if withdrawn else cid, item)
            ).fetchone()
            return self._load(connection, collection, [row])[0] if row else None

    def boxes(
        self, collection: str, *, times: tuple[TimeSpan, ...] = ()
    ) -> tuple[tuple[float, float, float, float], ...]:
        """See `Catalog.boxes`."""
        with self._reading() as connection:
            cid, _ = self._state(connection, collection)
            statement, values = query(cid, None, times, (), None, None)
            rows = connection.execute(
                "SELECT west, south, east, north, west2, east2 FROM item WHERE rid IN "  # noqa: S608 - question marks and names only
                f"(SELECT rid FROM ({statement}))",
                values,
            ).fetchall()
        second = [(west2, south, east2, north) for _, south, _, north, west2, east2 in rows if west2 is not None]
        return (*(row[:4] for row in rows), *second)

    def moments(self, collection: str, bbox: BBox | None = None) -> tuple[Moment, ...]:
        """See `Catalog.moments`."""
        with self._reading() as connection:
            cid, revision = self._state(connection, collection)
            kept = self._moments.get((collection, bbox), revision)
            if kept is not None:
                return kept
            found: dict[int, Moment] = {}
            for part in parts(bbox):
                statement, values = query(cid, part, (), (), None, None)
                rows = connection.execute(
                    "SELECT rid, t0, t1, west, east, east2 FROM item WHERE t0 IS NOT NULL AND rid IN "  # noqa: S608 - question marks and names only
                    f"(SELECT rid FROM ({statement}))",
                    values,
                )
                for rid, t0, t1, west, east, east2 in rows:
                    end = None if t1 is None or t1 == t0 else from_microseconds(t1)
                    longitudes = ((west, east),) if east2 is None else ((west, east), (-180.0, east2))
                    found[rid] = Moment(from_microseconds(t0), middle(longitudes), end)
            return self._moments.put((collection, bbox), revision, tuple(sorted(found.values())))

    def kinds(self, collection: str) -> tuple[Item, ...]:
        """See `Catalog.kinds`."""
        with self._reading() as connection:
            cid, _ = self._state(connection, collection)
            items = self._load(connection, collection, connection.execute(_KINDS, {"cid": cid}).fetchall())
        return tuple(_newest_first(items))

    def properties(self, collection: str, key: str) -> tuple[object, ...]:
        """See `Catalog.properties`."""
        with self._reading() as connection:
            found = connection.execute(
                "SELECT json_quote(json_extract(body, :path)) FROM item WHERE cid = :cid ORDER BY rid",
                {"cid": self._cid(connection, collection), "path": f'$.properties."{key}"'},
            )
            return tuple(json.loads(text) for (text,) in found if text != "null")

    def extent(self, collection: str) -> Extent | None:
        """See `Catalog.extent`."""
        with self._reading() as connection:
            cid, revision = self._state(connection, collection)
            kept = self._extents.get(collection, revision)
            if kept is not None:
                return kept
            return self._extents.put(collection, revision, _extent(connection, cid))

    def count(self, collection: str) -> int:
        """See `Catalog.count`."""
        with self._reading() as connection:
            cid = self._cid(connection, collection)
            return int(connection.execute("SELECT COUNT(*) FROM item WHERE cid = ?", (cid,)).fetchone()[0])

    @property
    def identity(self) -> str:
        """See `Catalog.identity`; a number that the file got when it was made."""
        with self._reading():
            return self._file.identity

    def trouble(self) -> str:
        """See `Catalog.trouble`."""
        found = self._file.trouble()
        return found.message if found else ""

    def revision(self, collection: str) -> int:
        """See `Catalog.revision`; reads one row of the newest committed state."""
        with self._reading() as connection:
            return self._state(connection, collection)[1]

    def changed_ms(self) -> int:
        """See `Catalog.changed_ms`; kept in a row, since the file's own time moves for other reasons too."""
        with self._reading() as connection:
            return last_change(connection)

    def foresee(self, item: Item) -> Stored:
        """See `Catalog.foresee`."""
        with self._reading() as connection:
            cid, _ = self._state(connection, item.collection)
            return foresee_item(connection, cid, item)

    # Writing

    def upsert(self, items: Iterable[Item]) -> Stored:
        """See `Catalog.upsert`."""
        loose: set[int] = set()
        with self._writing() as connection:
            stored = Stored()
            for item in items:
                stored += write_item(connection, item, loose)
            forget_files(connection, loose)
        return stored

    def remove(self, collection: str, ids: Iterable[str]) -> int:
        """See `Catalog.remove`."""
        with self._writing() as connection:
            return remove_items(connection, self._state(connection, collection)[0], ids)

    def withdraw(self, collection: str, ids: Iterable[str]) -> int:
        """See `Catalog.withdraw`."""
        with self._writing() as connection:
            return turn_items(connection, self._state(connection, collection)[0], ids, withdrawn=True)

    def restore(self, collection: str, ids: Iterable[str]) -> int:
        """See `Catalog.restore`."""
        with self._writing() as connection:
            return turn_items(connection, self._state(connection, collection)[0], ids, withdrawn=False)

    # Keeping

    def listing(self, collection: str, *, times: tuple[TimeSpan, ...] = ()) -> tuple[Entry, ...]:
        """Every scene in short, withdrawn ones too, newest first; with `times` those that start then."""
        with self._reading() as connection:
            return listing(connection, self._state(connection, collection)[0], times)

    def files(self, collection: str) -> tuple[KeptFile, ...]:
        """Every file of every scene, withdrawn ones too, with the version that was read."""
        with self._reading() as connection:
            return files(connection, self._state(connection, collection)[0])

    def below(self, collection: str, root: str, *, documents: bool = False) -> tuple[str, ...]:
        """See `Catalog.below`."""
        if not _is_text(root):
            return ()
        with self._reading() as connection:
            return below(connection, self._state(connection, collection)[0], root, documents=documents)

    def holdings(self) -> tuple[Holding, ...]:
        """What there is of each collection."""
        with self._reading() as connection:
            return holdings(connection)

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the file itself, a line a fault; reads all of it."""
        with self._reading() as connection:
            return faults(connection)

    def close(self) -> None:
        """See `Catalog.close`."""
        self._file.close()

    # The file

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._file.connection()
            if self._file.identity != self._identity:
                # Rows of another file have the same numbers.
                self._identity = self._file.identity
                self._base = int(self._identity) << 60
                for kept in (self._items, self._answers, self._moments, self._extents):
                    kept.clear()
            yield connection
        except (sqlite3.Error, OSError) as error:
            raise self._file.told(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if not self._writable:
            raise CatalogUnavailable(
                f"The catalogue {self.path.name} was opened for reading only.", locator="catalog.path"
            )
        with self._reading() as connection:
            lost = self._file.trouble()
            if lost is not None:
                # What is open is no file that anybody will find again.
                raise lost
            connection.execute("BEGIN IMMEDIATE")
            before = connection.total_changes
            try:
                yield connection
                if connection.total_changes > before:
                    note_change(connection)
                connection.execute("COMMIT")
            except BaseException:
                roll_back(connection)
                raise

    def _cid(self, connection: sqlite3.Connection, collection: str) -> int | None:
        row = connection.execute("SELECT cid FROM collection WHERE name = ?", (collection,)).fetchone()
        return row[0] if row else None

    def _state(self, connection: sqlite3.Connection, collection: str) -> tuple[int, int]:
        row = connection.execute("SELECT cid, revision FROM collection WHERE name = ?", (collection,)).fetchone()
        # Revisions of two files differ, whatever was written to them.
        return (row[0], self._base + row[1]) if row else (0, 0)

    def _load(self, connection: sqlite3.Connection, collection: str, rows: Sequence[tuple[int, int]]) -> list[Item]:
        kept = {key: self._items.get(key) for key in rows}
        missing = [key for key, item in kept.items() if item is None]
        for at in range(0, len(missing), _BATCH):
            kept.update(self._fetch(connection, collection, missing[at : at + _BATCH]))
        return [item for item in kept.values() if item is not None]

    def _fetch(
        self, connection: sqlite3.Connection, collection: str, keys: list[tuple[int, int]]
    ) -> dict[tuple[int, int], Item]:
        marks = ",".join("?" * len(keys))
        rids = [rid for rid, _ in keys]
        indices: dict[int, dict[str, tuple[str, bytes]]] = {rid: {} for rid in rids}
        sizes: dict[int, int] = dict.fromkeys(rids, 0)
        for rid, href, version, index in connection.execute(
            "SELECT x.rid, f.href, f.version, f.idx FROM item_file x JOIN file f USING (fid) "  # noqa: S608 - question marks and names only
            f"WHERE x.rid IN ({marks}) AND f.idx IS NOT NULL",
            rids,
        ):
            indices[rid][href] = (version, index)
            sizes[rid] += len(index)
        found: dict[int, Item] = {}
        for rid, revision, body in connection.execute(
            f"SELECT rid, revision, body FROM item WHERE rid IN ({marks})",  # noqa: S608 - question marks and names only
            rids,
        ):
            item = unpack(body, collection=collection, revision=revision, indices=indices[rid])
            self._items.put((rid, revision), item, sizes[rid] + 4 * len(body))
            found[rid] = item
        # One replaced between the two reads comes in its newer state, one removed not at all.
        return {key: found[key[0]] for key in keys if key[0] in found}


def _newest_first(items: Iterable[Item]) -> list[Item]:
    settled = sorted(items, key=lambda i: i.id)
    settled.sort(key=lambda i: (i.time.start is not None, i.time.start and microseconds(i.time.start)), reverse=True)
    return settled


def _extent(connection: sqlite3.Connection, cid: int) -> Extent | None:
    west, south, east, north, crossing, finest = connection.execute(
        "SELECT MIN(west), MIN(south), MAX(east), MAX(north), MAX(west2 IS NOT NULL), MIN(resolution_m) "
        "FROM item WHERE cid = ?",
        (cid,),
    ).fetchone()
    if west is None:
        return None
    if crossing:
        west, east = -180.0, 180.0
    parts = tuple(BBox(*row) for row in connection.execute(_PARTS, {"cid": cid}) if row[0] < row[2] and row[1] < row[3])
    systems = connection.execute(
        "SELECT crs FROM item WHERE cid = ? GROUP BY crs ORDER BY COUNT(*) DESC, crs", (cid,)
    ).fetchall()
    box, crs = BBox(west, south, east, north), tuple(row[0] for row in systems)
    return Extent(lonlat=box, parts=parts, crs=crs, resolution_m=finest)


def _is_text(name: str) -> bool:
    """Whether a name can be in the catalogue: names from command lines and folders may be no UTF-8."""
    return name.encode(errors="replace").decode() == name


def open_catalog(path: Path, *, writable: bool = False) -> SqliteCatalog:
    """Open the catalogue file; a writer makes an empty one where there is none.

    Raises:
        CatalogUnavailable: It cannot be opened, or belongs to something else; a reader does not find it.
    """
    catalog = SqliteCatalog(path, writable=writable)
    catalog.changed_ms()
    return catalog
