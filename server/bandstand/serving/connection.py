"""One connection: what it asks, and what it still has to be given.

The front reads; the thread that computes writes what the socket takes at once and leaves the rest to the front. So a
connection is held by no thread, however slow its client is.
"""

import contextlib
import select
import socket
import struct
import threading
import time
from collections import deque
from typing import Any, Protocol

from bandstand.serving.bounds import Bounds
from bandstand.serving.ledger import Entry, Ledger
from bandstand.serving.parser import Parser
from bandstand.serving.request import Asked, Store

_CHUNK = 262_144
_PIPELINE = 16
READ, WRITE = select.EPOLLIN | select.EPOLLRDHUP, select.EPOLLOUT
GONE = select.EPOLLHUP | select.EPOLLERR


class Owner(Protocol):
    """Who polls for all connections."""

    bounds: Bounds
    store: Store
    """Where bodies are counted."""
    ledger: Ledger
    """Where answers are told."""

    def ask(self, connection: "Connection", asked: Asked) -> None:
        """Hand a request on."""

    def resume(self, connection: "Connection") -> None:
        """Tell that a client has taken enough for the answer to go on."""

    def watch(self, connection: "Connection", events: int) -> None:
        """Change what is told of a connection."""

    def forget(self, connection: "Connection") -> None:
        """Close a connection, soon."""

    def half_closed(self, connection: "Connection") -> None:
        """A client sends nothing more."""


class Connection:
    """A socket, its parser, and the bytes of an answer that its client has not taken yet.

    Attributes:
        busy: Whether a request is being answered.
        job: What those who answer it keep about it.
        probed: Whether it was asked if its client, which closed its side, still listens.
        served: Requests answered so far.
        gone: Whether the client can no longer be reached.
        closing: Whether nothing more is read from it.
        given: Bytes of answers so far.
        sent: Those of them that the socket took.
    """

    __slots__ = (
        "_closed", "_front", "_lock", "_out", "_out_bytes", "_untold", "_waiting", "_watched", "busy", "closing",
        "ended", "given", "gone", "half", "job", "moved", "parser", "peer", "probed", "sent", "served", "since",
        "socket",
    )  # fmt: skip

    def __init__(self, front: Owner, sock: socket.socket, peer: tuple[str, int]) -> None:
        """Take an accepted socket that does not block."""
        self._front = front
        self.socket = sock
        self.peer = peer
        self.parser = Parser(front.bounds, front.store, self._ready)
        self.job: Any = None
        self.probed = self.busy = self.gone = self.closing = self.half = self.ended = False
        self.served = self.given = self.sent = 0
        self.since = time.monotonic()
        """Start of the stretch that is judged: of waiting for a head, for a part of a body, for the client to take."""
        self.moved = 0
        """Bytes since then."""
        self._waiting: deque[Asked] = deque()
        self._out: deque[memoryview] = deque()
        self._out_bytes = 0
        self._untold: deque[Entry] = deque()
        self._closed = False
        self._lock = threading.Lock()
        self._watched = READ

    # Reading, by the front alone.

    def read(self) -> None:
        """Take what has come."""
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self.lose()
            return
        if not data:
            self._front.half_closed(self)
            return
        if self.closing:
            return
        was = self.parser.asked
        self.parser.feed(data)
        if self.parser.asked is not was:
            self.since, self.moved = time.monotonic(), 0
        self.moved += len(data)
        if self.parser.continues:
            self.give(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(self._waiting) >= _PIPELINE:
            self.mute()

    def _ready(self, asked: Asked) -> None:
        with self._lock:
            if self.busy:
                self._waiting.append(asked)
                return
            self.busy = True
        self._front.ask(self, asked)

    def next(self) -> None:
        """Go on with the connection after an answer; by the thread that gave it."""
        self.served += 1
        with self._lock:
            self.job = None
            if not self.waits:
                self.since, self.moved = time.monotonic(), 0
            asked = self._waiting.popleft() if self._waiting else None
            self.busy = asked is not None
            if not self.half and len(self._waiting) < _PIPELINE:
                self._watch(self._watched | READ)
        if asked is not None:
            self._front.ask(self, asked)
        elif self.half:
            self.end()

    def mute(self) -> None:
        """Read nothing more for now."""
        with self._lock:
            self._watch(self._watched & ~READ)

    # Writing, by whoever answers.

    def left(self) -> bool:
        """Whether the client is gone, for those who compute for it."""
        return self.gone

    @property
    def full(self) -> bool:
        """Whether so much waits for the client that no more shall be made."""
        return self._out_bytes > self._front.bounds.buffer_bytes

    @property
    def waits(self) -> bool:
        """Whether the client has something to take."""
        return self._out_bytes > 0

    def give(self, *parts: bytes) -> None:
        """Send what the socket takes, and keep the rest."""
        with self._lock:
            if self.gone:
                return
            if not self._out:
                self.since, self.moved = time.monotonic(), 0
            for part in parts:
                if part:
                    self._out.append(memoryview(part))
                    self._out_bytes += len(part)
                    self.given += len(part)
            self._flush()
            if self._out:
                self._watch(self._watched | WRITE)

    def drain(self) -> None:
        """Send more of what was kept; by the front, when the socket takes it."""
        with self._lock:
            self._flush()
            if not self._out:
                self._watch(self._watched & ~WRITE)
            empty = not self._out
        self._tell()
        if self.gone:
            return
        if empty and self.ended:
            self.linger()
        elif not self.full:
            self._front.resume(self)

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self.socket.sendmsg(list(self._out)[:16])
                self._out_bytes -= sent
                self.moved += sent
                self.sent += sent
                while sent and sent >= len(self._out[0]):
                    sent -= len(self._out.popleft())
                if sent:
                    self._out[0] = self._out[0][sent:]
        except BlockingIOError:
            pass
        except OSError:
            self.lose()

    # Telling.

    def settle(self, entry: Entry) -> None:
        """An answer was given whole, or is given up: it is told once the client has taken it, or can no more."""
        entry.end = self.given
        with self._lock:
            self._untold.append(entry)
        self._tell()

    def _tell(self) -> None:
        while self._untold:
            with self._lock:
                if not self._untold or not (self._closed or self.sent >= self._untold[0].end):
                    return
                entry = self._untold.popleft()
            self._front.ledger.tell(entry, self.sent)

    # Ending.

    def end(self) -> None:
        """Nothing more is answered: close once everything is sent."""
        self.ended = self.closing = True
        if not self.waits:
            self.linger()

    def linger(self) -> None:
        """Say that nothing follows, and read on for a moment, so that the client sees the answer (RFC 9112, 9.6)."""
        self.since = time.monotonic()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        if self.half:
            self.lose()

    def lose(self) -> None:
        """The client is gone, or shall be."""
        self.gone = self.closing = True
        self._front.forget(self)

    def reset(self) -> None:
        """Break the connection off, so that what it holds is free at once."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.lose()

    def close(self) -> None:
        """Let go of the socket and of what was not sent; by the front, which polls no more for it."""
        with self._lock:
            self._out.clear()
            self._out_bytes = 0
            self._closed = True
            self.socket.close()
        self._tell()
        self.parser.forget()
        for asked in self._waiting:
            asked.release()

    def _watch(self, events: int) -> None:
        """Ask to be told of these events; with the lock."""
        if events != self._watched and not self.gone:
            self._watched = events
            self._front.watch(self, events)
