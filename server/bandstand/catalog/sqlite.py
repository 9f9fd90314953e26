"""The embedded catalogue: one SQLite file, an R*Tree over place and time, readers that never wait for a writer."""

import json
import math
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from bandstand.catalog.base import Stored
from bandstand.catalog.memory import Kept, Revised
from bandstand.catalog.packing import microseconds, middle, unpack
from bandstand.catalog.schema import prepare
from bandstand.catalog.writing import (
    FOREVER,
    delete_parts,
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
from bandstand.model.time import COMPOSITE, Moment, Starts, TimeSpan, from_microseconds

_BATCH = 200
_SHORT = 64
"""Answers of up to so many scenes are remembered: those of tiles, again and again for other expressions."""
_SEARCH = """
SELECT i.rid, i.revision FROM box r CROSS JOIN item i ON i.rid = r.id >> 1
WHERE r.minc <= :cid AND r.maxc >= :cid
"""
# The R*Tree keeps 32-bit floats rounded outwards; the item's own columns decide. CROSS JOIN keeps the tree first.
_PLACE = """
AND r.minx <= :east AND r.maxx >= :west AND r.miny <= :north AND r.maxy >= :south
AND i.south < :north AND i.north > :south
AND ((i.west < :east AND i.east > :west) OR (i.west2 < :east AND i.east2 > :west))
"""
_SPANS = """
AND (i.t0 IS NULL OR EXISTS (
    SELECT 1 FROM json_each(:spans) s WHERE i.t0 BETWEEN json_extract(s.value, '$[0]') AND json_extract(s.value, '$[1]')
    AND (COALESCE(i.t1, i.t0) - i.t0 < json_extract(s.value, '$[3]') OR i.t1 >= json_extract(s.value, '$[2]'))
))
"""
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
        """Open or make the file.

        Raises:
            CatalogUnavailable: It cannot be opened, or belongs to something else.
        """
        self.path = path
        self._writable = writable
        self._busy_s = busy_timeout_s
        self._local = threading.local()
        self._items = Kept(cache_bytes)
        self._answers: Revised[tuple[Item, ...]] = Revised(512)
        self._moments: Revised[tuple[Moment, ...]] = Revised(64)
        self._extents: Revised[Extent | None] = Revised(256)
        self._ready = False
        with self._reading() as connection:
            prepare(connection, str(path), patience_s=busy_timeout_s)
            connection.execute(f"PRAGMA query_only = {int(not writable)}")
        self._ready = True

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
            if kept is not None or cid < 0:
                return kept or ()
            found: dict[int, tuple[int, int]] = {}
            for part in _parts(bbox):
                statement, values = _query(cid, part, times, ids, max_cloud_cover, limit)
                found.update({row[0]: row for row in connection.execute(statement, values)})
            items = self._load(connection, collection, list(found.values()))
        answer = tuple(_newest_first(items)[:limit])
        return self._answers.put(question, revision, answer) if len(answer) <= _SHORT else answer

    def get(self, collection: str, item: str) -> Item | None:
        """See `Catalog.get`."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT rid, i.revision FROM item i JOIN collection c USING (cid) WHERE c.name = ? AND i.id = ?",
                (collection, item),
            ).fetchone()
            return self._load(connection, collection, [row])[0] if row else None

    def boxes(
        self, collection: str, *, times: tuple[TimeSpan, ...] = ()
    ) -> tuple[tuple[float, float, float, float], ...]:
        """See `Catalog.boxes`."""
        with self._reading() as connection:
            cid, _ = self._state(connection, collection)
            statement, values = _query(cid, None, times, (), None, None)
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
            for part in _parts(bbox):
                statement, values = _query(cid, part, (), (), None, None)
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
        found: str | None = getattr(self._local, "identity", None)
        if found is None:
            with self._reading() as connection:
                found = self._local.identity = str(connection.execute("PRAGMA application_id").fetchone()[0])
        return found

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
        loose: set[int] = set()
        with self._writing() as connection:
            cid, _ = self._state(connection, collection)
            removed = 0
            for item in ids:
                row = connection.execute("SELECT rid FROM item WHERE cid = ? AND id = ?", (cid, item)).fetchone()
                if row is not None:
                    connection.execute("DELETE FROM item WHERE rid = ?", row)
                    loose |= delete_parts(connection, row[0])
                    removed += 1
            if removed:
                connection.execute("UPDATE collection SET revision = revision + 1 WHERE cid = ?", (cid,))
                forget_files(connection, loose)
        return removed

    def close(self) -> None:
        """See `Catalog.close`."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            self._local.connection = self._local.identity = None
            connection.close()

    # The file

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection()
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if not self._writable:
            raise CatalogUnavailable(
                f"The catalogue {self.path.name} was opened for reading only.", locator="catalog.path"
            )
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            before = connection.total_changes
            try:
                yield connection
                if connection.total_changes > before:
                    note_change(connection)
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            address = f"file:{quote(str(self.path.absolute()))}"
            try:
                found = _connect(f"{address}?mode=rwc", self._busy_s)
            except sqlite3.OperationalError:
                found = _connect(f"{address}?mode=ro", self._busy_s)
            if self._ready and not self._writable:
                found.execute("PRAGMA query_only = ON")
            self._local.connection = found
        return found

    def _unavailable(self, error: Exception) -> CatalogUnavailable:
        locked = "locked" in str(error) or "busy" in str(error)
        told = error.strerror or "it cannot be read" if isinstance(error, OSError) else str(error)
        reason = f"stayed locked for {self._busy_s:g} s" if locked else f"cannot be used: {told}"
        # The message goes to clients: they need not know where it lies.
        return CatalogUnavailable(f"The catalogue {self.path.name} {reason}.", locator="catalog.path")

    def _cid(self, connection: sqlite3.Connection, collection: str) -> int | None:
        row = connection.execute("SELECT cid FROM collection WHERE name = ?", (collection,)).fetchone()
        return row[0] if row else None

    def _state(self, connection: sqlite3.Connection, collection: str) -> tuple[int, int]:
        row = connection.execute("SELECT cid, revision FROM collection WHERE name = ?", (collection,)).fetchone()
        return row or (-1, 0)

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


def _connect(address: str, busy_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=busy_s, isolation_level=None, cached_statements=256)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA mmap_size = 268435456")
    return connection


def _parts(bbox: BBox | None) -> tuple[BBox | None, ...]:
    if bbox is None:
        return (None,)
    if bbox.width >= 360.0:
        return (BBox(-180.0, bbox.min_y, 180.0, bbox.max_y),)
    # Longitudes are counted on over the antimeridian as often as one likes. Latitudes are left alone: a box beyond a
    # pole meets nothing there anyway.
    turns = range(math.floor((bbox.min_x + 180.0) / 360.0), math.ceil((bbox.max_x + 180.0) / 360.0))
    return tuple(BBox(bbox.min_x - 360.0 * k, bbox.min_y, bbox.max_x - 360.0 * k, bbox.max_y) for k in turns)


def _query(
    cid: int,
    bbox: BBox | None,
    times: tuple[TimeSpan, ...],
    ids: tuple[str, ...],
    max_cloud_cover: float | None,
    limit: int | None,
) -> tuple[str, dict[str, object]]:
    statement, values = _SEARCH, {"cid": cid}  # type: tuple[str, dict[str, object]]
    if bbox is not None:
        statement += _PLACE
        values |= {"west": bbox.min_x, "east": bbox.max_x, "south": bbox.min_y, "north": bbox.max_y}
    if times:
        lows = [-FOREVER if span.start is None else microseconds(span.start) for span in times]
        highs = [FOREVER if span.end is None else microseconds(span.end) for span in times]
        values |= {"after": min(lows) / 1e6, "before": max(highs) / 1e6}
        statement += " AND r.mint <= :before AND r.maxt >= :after"
        if len(times) == 1 and not isinstance(times[0], Starts):
            values |= {"low": lows[0], "high": highs[0]}
            statement += " AND (i.t0 IS NULL OR i.t0 BETWEEN :low AND :high)"
        else:
            values["spans"] = json.dumps([_limits(*span) for span in zip(times, lows, highs, strict=True)])
            statement += _SPANS
    if ids:
        values["ids"] = json.dumps(ids)
        statement += " AND i.id IN (SELECT value FROM json_each(:ids))"
    if max_cloud_cover is not None:
        values["cloud"] = max_cloud_cover
        statement += " AND (i.cloud IS NULL OR i.cloud <= :cloud)"
    if limit is not None:
        # Twice as many: a scene over the antimeridian has two rows.
        values["limit"] = 2 * limit
        statement += " ORDER BY +i.t0 DESC, i.id LIMIT :limit"
    return statement, values


def _limits(span: TimeSpan, low: float, high: float) -> tuple[float, float, float, float]:
    """Earliest and latest start, the earliest end, and how long a scene lasts that must reach it; microseconds."""
    until = span.until if isinstance(span, Starts) else None
    if until is None:
        return low, high, -FOREVER, 0
    return low, high, microseconds(until), COMPOSITE // timedelta(microseconds=1)


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


def open_catalog(path: Path, *, writable: bool = False) -> SqliteCatalog:
    """Open the catalogue file, making an empty one where there is none.

    Raises:
        CatalogUnavailable: It cannot be opened, or belongs to something else.
    """
    return SqliteCatalog(path, writable=writable)


CATALOG = open_catalog
