"""The file of the embedded catalogue: connections to it, one a thread, and a look at what lies in its place.

Files go away under a running server: a volume is unmounted, a backup is put in their place, a disk is full. Once a
second at most a process looks whether its file is still that one; it goes on with what it has open where the place
holds nothing better, and takes another file as soon as that can be read.
"""

import errno
import logging
import os
import sqlite3
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from bandstand.catalog.schema import VERSION, prepare, version_of
from bandstand.errors import CatalogUnavailable

logger = logging.getLogger("bandstand.catalog")
_LOOK_S = 0.9
"""Between two looks: what happened is known within a second."""
_PATIENCE_S = 1.0
"""Readers wait so long for a lock; a request has better things to do."""
_BESIDE = ("-wal", "-shm")
_FULL = {errno.ENOSPC, errno.EDQUOT}


class _Seen(NamedTuple):
    """What tells one file from another, and a file from itself after a change."""

    device: int
    inode: int
    size: int
    changed_ns: int
    journal: int
    """Size of its journal beside it."""


class CatalogFile:
    """Connections to the file of a catalogue, one a thread; safe to share between threads."""

    def __init__(self, path: Path, *, writable: bool, busy_timeout_s: float) -> None:
        """Open nothing yet.

        Args:
            path: Of the file; a writer makes it, with its folder, where there is none at the first use.
            writable: Whether this is a writer. Readers never make a file.
            busy_timeout_s: How long a writer waits for another one.
        """
        self.path = path
        self.identity = ""
        """A number that the file got when it was made."""
        self._writable = writable
        self._busy_s = busy_timeout_s if writable else min(busy_timeout_s, _PATIENCE_S)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._next_look = 0.0
        self._generation = 0
        """Grows whenever the file has to be opened again."""
        self._seen: _Seen | None = None
        self._trouble: CatalogUnavailable | None = None
        self._opened: set[sqlite3.Connection] = set()
        self._spare: sqlite3.Connection | None = None
        """For threads that have none while there is nothing to open."""
        self._beside: dict[str, tuple[int, int]] = {}
        """Device and inode of the journal and its index, as they belong to the file that is open."""
        self._is_still = False
        """Whether nothing but the file itself can be read: it lies where nobody may write."""

    def connection(self) -> sqlite3.Connection:
        """This thread's connection to the file that lies there; to the last one that could be read where none does.

        Raises:
            CatalogUnavailable: There is none, and was none.
        """
        if time.monotonic() >= self._next_look:
            self._look()
        local = self._local
        if getattr(local, "generation", 0) != self._generation and self._trouble is None:
            self._renew()
        found: sqlite3.Connection | None = getattr(local, "connection", None) or self._spare
        if found is None:
            # A new one each time: it takes down the way it was raised.
            raise self._told(self._trouble.message) if self._trouble else self.told(FileNotFoundError())
        return found

    def trouble(self) -> CatalogUnavailable | None:
        """What is wrong with what lies there now, though answers may still come of what was opened before."""
        if time.monotonic() >= self._next_look:
            self._look()
        return self._trouble

    def close(self) -> None:
        """Let go of the file; a writer leaves nothing in the journal, so that the file is all there is."""
        with self._lock:
            everyone, self._opened = self._opened, set()
            self._local = threading.local()
            self._spare, self._seen, self._next_look = None, None, 0.0
            self._generation += 1
        for number, connection in enumerate(everyone):
            if self._writable and number == 0:
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA busy_timeout = 1000")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()

    def told(self, error: Exception) -> CatalogUnavailable:
        """An error of the store in words for whoever asked: they need not know where it lies."""
        if isinstance(error, CatalogUnavailable):
            return error
        return self._told(f"The catalogue {self.path.name} {self._reason(error)}.")

    @staticmethod
    def _told(message: str) -> CatalogUnavailable:
        return CatalogUnavailable(message, locator="catalog.path")

    def _reason(self, error: Exception) -> str:
        text = str(error)
        if isinstance(error, FileNotFoundError):
            return "is not there; `bandstand ingest` makes it"
        if "locked" in text or "busy" in text:
            return f"stayed locked for {self._busy_s:g} s"
        if (
            "is full" in text
            or getattr(error, "errno", None) in _FULL
            or ("I/O" in text and _is_full(self.path.parent))
        ):
            return "cannot be written: the disk is full. What was written before stays; make room and run it again"
        is_shut = self._writable and "unable to open" in text and not os.access(self.path.parent, os.W_OK)
        if "readonly" in text or is_shut:
            return "cannot be written: the file or its folder is read-only"
        told = error.strerror or "it cannot be read" if isinstance(error, OSError) else text
        return f"cannot be used: {told.rstrip('.')}"

    # The look

    def _look(self) -> None:
        """See what lies there; another thread that finds somebody looking goes on with what it has."""
        if not self._lock.acquire(blocking=self._spare is None):
            return
        try:
            if time.monotonic() < self._next_look:
                return
            try:
                self._take(self._state())
            except (sqlite3.Error, OSError, CatalogUnavailable) as error:
                self._note(self.told(error))
            else:
                self._note(None)
            self._next_look = time.monotonic() + _LOOK_S
        finally:
            self._lock.release()

    def _note(self, trouble: CatalogUnavailable | None) -> None:
        before, self._trouble = self._trouble, trouble
        if self._spare is None:
            # Whoever opens it first is told anyway.
            return
        if trouble is not None and (before is None or before.message != trouble.message):
            logger.error("%s", trouble.message)
        elif trouble is None and before is not None:
            logger.warning("The catalogue %s can be read again.", self.path.name)

    def _state(self) -> _Seen | None:
        """None where a writer is to make the file."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            if self._writable and self._seen is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                return None
            raise
        if not stat.S_ISREG(found.st_mode):
            raise self._told(f"The catalogue {self.path.name} is no file.")
        return _Seen(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, self._journal())

    def _journal(self) -> int:
        try:
            return self._with("-wal").stat().st_size
        except OSError:
            return 0

    def _with(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _inode(self, suffix: str) -> tuple[int, int] | None:
        try:
            found = self._with(suffix).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _take(self, now: _Seen | None) -> None:
        """Take what lies there for the catalogue; nothing changes where it is none."""
        known = self._seen
        # The journal of a file that others write to is theirs to look at, but a still one has none.
        alike = known is not None and now is not None and known[:4] == now[:4] and not (self._is_still and now.journal)
        if alike and self._trouble is None and self._spare is not None:
            # The version of its tables may have changed in the journal.
            self._check_tables(self._spare)
            return
        own_number = self._peek(now) if now is not None else "0"
        if known is None or now is None or known[:2] != now[:2]:
            self._part(is_new=now is None)
        fresh = self._open()
        try:
            self._check_tables(fresh)
            identity = self._identify(fresh, own_number)
        except BaseException:
            fresh.close()
            raise
        old, self._spare, self._seen = self._spare, fresh, now or self._state()
        self._beside = {suffix: found for suffix in _BESIDE if (found := self._inode(suffix))}
        self._opened.add(fresh)
        self.identity = identity
        self._generation += 1
        if old is not None and self._trouble is None:
            # In trouble it was lent to other threads.
            self._close(old)

    def _part(self, *, is_new: bool) -> None:
        """Part another file from the journal of the one before, which SQLite would take for its own by its name.

        What others have open stays with them.
        """
        journal = self._journal()
        if is_new and journal:
            raise self._told(
                f"The catalogue {self.path.name} is not there, but the journal of one is: put both in one place again, "
                f"or remove {self.path.name}-wal."
            )
        for suffix in () if journal else _BESIDE:
            if is_new or self._inode(suffix) == self._beside.get(suffix, ()):
                with suppress(OSError):
                    self._with(suffix).unlink()

    def _identify(self, fresh: sqlite3.Connection, own_number: str) -> str:
        """The number of the file; refuses one whose journal is that of another."""
        identity = str(fresh.execute("PRAGMA application_id").fetchone()[0])
        if own_number not in {"0", identity}:
            raise self._told(
                f"The catalogue {self.path.name} was written over while it was in use, and its journal is that of "
                "another; move a file into its place instead of copying onto it."
            )
        return identity

    def _peek(self, now: _Seen) -> str:
        """The number in the bare file; refuses one that is cut off, which SQLite finds out in the midst of an answer.

        It is opened by SQLite without its journal: to close it in any other way would drop all locks on it.
        """
        bare = sqlite3.connect(f"{_address(self.path)}?immutable=1", uri=True, isolation_level=None)
        try:
            bare.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            (pages,) = bare.execute("PRAGMA page_count").fetchone()
            (number,) = bare.execute("PRAGMA application_id").fetchone()
        except sqlite3.DatabaseError as error:
            known = self._seen
            has_shrunk = known is not None and known[:2] == now[:2] and now.size < known.size
            # What the file lacks may be in the journal: half of it is brought in, or the disk was full then.
            if has_shrunk or not now.journal or "malformed" not in str(error):
                raise
            return "0"
        finally:
            bare.close()
        if pages == 0 and not self._writable:
            raise self._told(f"The catalogue {self.path.name} is empty; `bandstand ingest` fills it.")
        return str(number)

    def _check_tables(self, fresh: sqlite3.Connection) -> None:
        """Give a new file its tables, and bring those of an old one up to date: readers do so too where they may."""
        found = version_of(fresh, self.path.name)
        if found == VERSION:
            return
        if self._writable:
            prepare(fresh, self.path.name, patience_s=self._busy_s)
            return
        if found == 0:
            raise self._told(f"The catalogue {self.path.name} is empty; `bandstand ingest` fills it.")
        writer = _connect(f"{_address(self.path)}?mode=rw", self._busy_s)
        try:
            prepare(writer, self.path.name, patience_s=self._busy_s)
        finally:
            writer.close()

    # Opening

    def _renew(self) -> None:
        """A connection of this thread to the present file; none where it is gone by now."""
        local = self._local
        old = getattr(local, "connection", None)
        generation = self._generation
        try:
            fresh = self._open()
        except (sqlite3.Error, OSError, CatalogUnavailable):
            # The file went since the last look: the one that is open is as good.
            self._next_look = 0.0
            return
        self._opened.add(fresh)
        local.connection, local.generation = fresh, generation
        if old is not None:
            self._close(old)

    def _close(self, connection: sqlite3.Connection) -> None:
        self._opened.discard(connection)
        connection.close()

    def _open(self) -> sqlite3.Connection:
        address = _address(self.path)
        if self._writable:
            # Once there is a file, another one is not made behind the back of those who read it.
            return _connect(f"{address}?mode={'rwc' if self._seen is None else 'rw'}", self._busy_s)
        try:
            connection = _connect(f"{address}?mode=ro", self._busy_s)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise
            return self._open_still(error)
        self._is_still = False
        return connection

    def _open_still(self, error: sqlite3.OperationalError) -> sqlite3.Connection:
        """Where nothing can be written no journal can be shared; the file alone will do if there is none."""
        if self._journal():
            raise self._told(
                f"The catalogue {self.path.name} lies where nobody may write, and a part of it is in the journal "
                "beside it, which cannot be read there; copy it again after the ingest has ended."
            ) from error
        connection = _connect(f"{_address(self.path)}?immutable=1", self._busy_s)
        self._is_still = True
        return connection


def _address(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"


def _connect(address: str, busy_s: float) -> sqlite3.Connection:
    # Not mapped into memory: a file that is cut off would end the process.
    connection = sqlite3.connect(
        address, uri=True, timeout=busy_s, isolation_level=None, cached_statements=256, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16000")
        # It opens the file and its journal, or cannot.
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _is_full(folder: Path) -> bool:
    try:
        return os.statvfs(folder).f_bavail == 0
    except OSError:
        return False
