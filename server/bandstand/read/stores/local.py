"""Files of this machine, by pread on pooled descriptors."""

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from bandstand.errors import SourceUnavailable, shorten

_LOOK_EVERY_S = 1.0
"""How long a file is taken to be as it was when it was looked at."""
_MOST_LOOKED = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _File:
    """A descriptor with its readers counted, so that none is closed while somebody reads from it."""

    __slots__ = ("descriptor", "readers", "retired", "size")

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size
        self.readers = 0
        self.retired = False


class LocalStore:
    """Absolute and relative paths; keeps the files used last open."""

    name = "local"

    def __init__(self, *, most: int = 512) -> None:
        """Keep up to `most` files open between reads."""
        self._most = most
        self._lock = threading.Lock()
        self._files: OrderedDict[tuple[str, str], _File] = OrderedDict()
        # When each file was last looked at. Unlocked: to look once too often does no harm.
        self._looked: dict[tuple[str, str], float] = {}

    def __del__(self) -> None:
        self.close()

    def takes(self, href: str) -> bool:
        """Whether it is a path, not a URL."""
        return "://" not in href

    def read(self, href: str, ranges: Sequence[tuple[int, int]], *, version: str = "") -> list[bytes]:
        """Fetch ranges of bytes, shorter than asked where the file ends.

        Raises:
            SourceUnavailable: No such file, not readable, or of another size than `version` says.
        """
        file = self._take(href, version)
        try:
            return [_pread(file.descriptor, offset, length) for offset, length in ranges]
        except OSError as error:
            raise SourceUnavailable(f'"{_name(href)}" cannot be read: {_reason(error)}.') from error
        finally:
            self._give_back(file)

    def watch(self, href: str, version: str) -> None:
        """Make sure that the name still stands for the version; asks the disk at most once a second for each file.

        Raises:
            SourceUnavailable: No such file any more, or it has changed.
        """
        key = (href, version)
        now = monotonic()
        looked = self._looked.get(key)
        if looked is not None and now - looked < _LOOK_EVERY_S:
            return
        if len(self._looked) > _MOST_LOOKED:
            self._looked.clear()
        self._looked[key] = now
        try:
            found = _stat(href)
            if not _is_as_known(found, version):
                raise _changed(href, found, version)
        except SourceUnavailable:
            self._looked.pop(key, None)
            raise

    def version(self, href: str) -> str:
        """Size and time of the last change: `size-mtime_ns`."""
        found = _stat(href)
        return f"{found.st_size}-{found.st_mtime_ns}"

    def size(self, href: str) -> int:
        """Length of the file in bytes."""
        return _stat(href).st_size

    def beside(self, href: str, suffixes: Sequence[str]) -> bool:
        """Whether there is a file of the same name plus one of these suffixes."""
        return any(Path(href + suffix).exists() for suffix in suffixes)

    def gdal(self, href: str) -> str:
        """The path itself."""
        return href

    def close(self) -> None:
        """Close every file as soon as its last reader is done."""
        with self._lock:
            files = list(self._files.values())
            self._files.clear()
            for file in files:
                _retire(file)

    def _take(self, href: str, version: str) -> _File:
        key = (href, version)
        with self._lock:
            file = self._files.get(key)
            if file is not None and _is_there(os.fstat(file.descriptor), version):
                self._files.move_to_end(key)
                file.readers += 1
                return file
            if file is not None:
                _retire(self._files.pop(key))
        fresh = _open(href, version)
        with self._lock:
            # Without a version nothing says that the file stays what it is: such a descriptor is used once.
            file = self._files.get(key) if version else None
            if file is not None:
                os.close(fresh.descriptor)
            else:
                file = fresh
                if version:
                    self._files[key] = file
                else:
                    file.retired = True
            file.readers += 1
            while len(self._files) > self._most:
                _, old = self._files.popitem(last=False)
                _retire(old)
        return file

    def _give_back(self, file: _File) -> None:
        with self._lock:
            file.readers -= 1
            if file.retired and file.readers == 0:
                os.close(file.descriptor)


def _retire(file: _File) -> None:
    file.retired = True
    if file.readers == 0:
        os.close(file.descriptor)


def _open(href: str, version: str) -> _File:
    try:
        # A pipe in place of a file must not hold the server up.
        descriptor = os.open(href, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise SourceUnavailable(f'"{_name(href)}" cannot be opened: {_reason(error)}.') from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise SourceUnavailable(f'"{_name(href)}" is not a file.')
    if not _is_as_known(found, version):
        os.close(descriptor)
        raise _changed(href, found, version)
    return _File(descriptor, found.st_size)


def _changed(href: str, found: os.stat_result, version: str) -> SourceUnavailable:
    size, _, modified = version.partition("-")
    if size.isdecimal() and int(size) != found.st_size:
        what = f"{size} bytes then, {found.st_size} now"
    else:
        what = f"written {_moment(int(modified))} then, {_moment(found.st_mtime_ns)} now"
    return SourceUnavailable(f'"{_name(href)}" has changed since it was ingested ({what}); ingest it again.')


def _moment(modified_ns: int) -> str:
    try:
        moment = _EPOCH + timedelta(microseconds=modified_ns // 1000)
    except OverflowError:
        return "at no time that can be told"
    # Milliseconds tell apart what one second may hold.
    return moment.isoformat(timespec="milliseconds" if modified_ns % 10**9 else "seconds").replace("+00:00", "Z")


def _is_there(found: os.stat_result, version: str) -> bool:
    """Whether an open file is as known and still has a name: one that was replaced or taken away has none."""
    return found.st_nlink > 0 and _is_as_known(found, version)


def _is_as_known(found: os.stat_result, version: str) -> bool:
    """Whether size and modification time are those of a version; parts that it does not tell are not asked."""
    size, _, modified = version.partition("-")
    return (not size.isdecimal() or int(size) == found.st_size) and (
        not modified.isdecimal() or int(modified) == found.st_mtime_ns
    )


def _pread(descriptor: int, offset: int, length: int) -> bytes:
    data = os.pread(descriptor, length, offset)
    if len(data) == length or not data:
        return data
    parts = [data]
    got = len(data)
    # A single pread gives at most 2 GiB, and less when a signal interrupts it.
    while got < length and (data := os.pread(descriptor, length - got, offset + got)):
        parts.append(data)
        got += len(data)
    return b"".join(parts)


def _stat(href: str) -> os.stat_result:
    try:
        found = Path(href).stat()
    except (OSError, ValueError) as error:
        raise SourceUnavailable(f'"{_name(href)}" cannot be opened: {_reason(error)}.') from error
    if not stat.S_ISREG(found.st_mode):
        raise SourceUnavailable(f'"{_name(href)}" is not a file.')
    return found


def _name(href: str) -> str:
    return shorten(href.rsplit("/", 1)[-1])


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return "the name is no path"


STORE = LocalStore
