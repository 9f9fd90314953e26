"""Headers read by processes of their own: what a file does to its reader is done to that file alone.

A file that is new may crash the libraries that read it, or hold them for ever. Here children read it, with a deadline,
a limit of memory and a bare environment; one that is lost is replaced, and what it read is told as a fault of the file.
"""

import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from bandstand.errors import SourceUnavailable
from bandstand.read.base import FileReport
from bandstand.read.child import NO_MEMORY
from bandstand.read.door import name_of, other_drivers
from bandstand.read.glance import Glance

_KEPT = ("LANG", "LC_ALL", "TZ", "TMPDIR", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""Of the environment: what finds libraries and their tables. Nothing in it is secret."""
_READY_S = 60.0
_OF_ARRAYS = frozenset({"_reconstruct", "_frombuffer", "scalar", "ndarray", "dtype"})


class Apart:
    """Describes files as `Library` does, in other processes; safe to share between threads."""

    def __init__(self, *, timeout_s: float, memory_bytes: int, children: int) -> None:
        """Start nothing yet.

        Args:
            timeout_s: Time that one file may take.
            memory_bytes: Address space of one child.
            children: Most of them at a time.
        """
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._free = threading.BoundedSemaphore(children)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []

    def describe(self, href: str) -> FileReport:
        """What a file says of itself; see `Library.describe`.

        Raises:
            SourceUnavailable: It is missing, cut off, broken or no raster, or its reader was lost.
        """
        report: FileReport = self._ask("describe", href, href)
        return report

    def glance(self, report: FileReport, plane: int, *, nodata: float | None) -> Glance | None:
        """A thin sample of one plane; see `Library.glance`.

        Raises:
            SourceUnavailable: It is corrupt there, or its reader was lost.
        """
        found: Glance | None = self._ask("glance", report.href, report, plane, nodata)
        return found

    def close(self) -> None:
        """End the children."""
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            child.end()

    def _ask(self, what: str, href: str, *given: object) -> Any:
        with self._free:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            child = child or _Child(self._memory_bytes)
            try:
                answer = child.ask((what, *given), self._timeout_s)
            except _Lost as lost:
                child.end()
                raise SourceUnavailable(f'"{name_of(href)}" cannot be read: {lost}.') from lost
            except BaseException:
                child.end()
                raise
            with self._lock:
                self._idle.append(child)
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def apart(*, timeout_s: float, memory_bytes: int, children: int) -> Iterator[Apart]:
    """Readers of headers for as long as the block lasts."""
    readers = Apart(timeout_s=timeout_s, memory_bytes=memory_bytes, children=children)
    try:
        yield readers
    finally:
        readers.close()


class _Lost(Exception):
    """What became of a child, as the end of a sentence."""


class _Child:
    """One process, and the socket to it."""

    def __init__(self, memory_bytes: int) -> None:
        ours, theirs = socket.socketpair()
        environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
        environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "GDAL_SKIP": other_drivers()}
        environment |= {"PROJ_NETWORK": "OFF", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with theirs:
            # A session of its own: an interrupt from the keyboard is for the parent, whose end they notice.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no text of others
                [sys.executable, "-s", "-m", "bandstand.read.child", str(theirs.fileno()), str(memory_bytes)],
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._pipe = Connection(ours.detach())
        self._is_ready = False

    def ask(self, question: tuple[object, ...], timeout_s: float) -> Any:
        """Its answer: a value, or the exception that was raised.

        Raises:
            _Lost: There is none.
        """
        try:
            if not self._is_ready:
                self._hear(_READY_S)
                self._is_ready = True
            self._pipe.send(question)
            return self._hear(timeout_s)
        except (EOFError, OSError) as error:
            raise _Lost(f"its reader {self._fate()}") from error
        except pickle.UnpicklingError as error:
            raise _Lost("its reader answered nonsense") from error

    def end(self) -> None:
        """Kill it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def _hear(self, timeout_s: float) -> Any:
        if not self._pipe.poll(timeout_s):
            raise _Lost(f"its reader was still at it after {timeout_s:g} s")
        return _Plain(io.BytesIO(self._pipe.recv_bytes())).load()

    def _fate(self) -> str:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return "fell silent"
        if code == NO_MEMORY:
            return "needed more memory than archive: file_memory_bytes"
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


class _Plain(pickle.Unpickler):
    """Values and errors of ours alone: a child that reads hostile files is not believed."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".", maxsplit=1)[0] == "numpy" and name in _OF_ARRAYS:
            return super().find_class(module, name)
        found = super().find_class(module, name) if "." not in name and _is_known(module) else None
        is_ours = isinstance(found, type) and (module != "builtins" or issubclass(found, Exception))
        if not is_ours:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return found


def _is_known(module: str) -> bool:
    return (
        module == "builtins"
        or module in {"bandstand.errors", "bandstand.read.base", "bandstand.read.glance"}
        or (module.startswith("bandstand.model."))
    )
