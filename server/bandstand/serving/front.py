"""The front of a worker: one thread that accepts, reads and sends for all connections, and computes nothing."""

import contextlib
import logging
import select
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from bandstand.serving.bounds import Bounds
from bandstand.serving.connection import GONE, READ, WRITE, Connection
from bandstand.serving.gateway import failure
from bandstand.serving.ledger import Entry, Ledger
from bandstand.serving.parser import Refused
from bandstand.serving.request import Asked, Store

logger = logging.getLogger("bandstand.serving")

_TICK_S = 0.5
_LINGER_S = 2.0
_FRESH_S = 1.0
_AT_ONCE = 64
_INTERIM = b"HTTP/1.1 102 Processing\r\n\r\n"


class Front:
    """Everything that waits for the network."""

    def __init__(self, listener: socket.socket, bounds: Bounds, ledger: Ledger) -> None:
        """Take a listening socket that does not block, and where answers are told."""
        self.bounds = bounds
        self.ledger = ledger
        self.store = Store(bounds.bodies_max_bytes)
        self.asked: Callable[[Connection, Asked], None] = lambda _c, _a: None
        """Takes each request that was read whole."""
        self.drained: Callable[[Connection], None] = lambda _c: None
        """Takes each connection whose client has room again."""
        self.tick: Callable[[float], None] = lambda _now: None
        """Called twice a second."""
        self.closed: Callable[[], None] = lambda: None
        """Called once, when nothing more is accepted."""
        self._listener = listener
        self._poll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._peers: Counter[str] = Counter()
        self._lost: deque[Connection] = deque()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._accepting = False
        self.accepted = 0
        """Connections so far."""
        self._stopping = threading.Event()
        self._poll.register(self._wake_out.fileno(), select.EPOLLIN)

    @property
    def stopping(self) -> bool:
        """Whether no connection is used again."""
        return self._stopping.is_set()

    def __len__(self) -> int:
        return len(self._connections)

    # What connections and lanes ask for, from any thread.

    def ask(self, connection: Connection, asked: Asked) -> None:
        """Hand a request on."""
        self.asked(connection, asked)

    def resume(self, connection: Connection) -> None:
        """Tell that a client has taken enough for the answer to go on."""
        self.drained(connection)

    def watch(self, connection: Connection, events: int) -> None:
        """Change what is told of a connection."""
        with contextlib.suppress(OSError, ValueError):
            self._poll.modify(connection.socket.fileno(), events)

    def forget(self, connection: Connection) -> None:
        """Close a connection, soon: its descriptor belongs to the thread that polls."""
        self._lost.append(connection)
        self.wake()

    def wake(self) -> None:
        """Make the front look up."""
        with contextlib.suppress(OSError):
            self._wake_in.send(b"\0")

    def stop(self) -> None:
        """Accept nothing more, and end once every answer is sent."""
        self._stopping.set()
        self.wake()

    # The loop.

    def run(self, grace_s: float) -> None:
        """Serve until stopped, and then until all is answered, at most so long."""
        self._accept_more(yes=True)
        due, until = time.monotonic() + _TICK_S, float("inf")
        while True:
            for descriptor, events in self._poll.poll(_TICK_S):
                self._happened(descriptor, events)
            self._close_lost()
            now = time.monotonic()
            if now >= due:
                due = now + _TICK_S
                self._sweep(now)
                self.tick(now)
            if self._stopping.is_set():
                if until == float("inf"):
                    until = now + grace_s
                    self._accept_more(yes=False)
                    self.closed()
                self._end_idle()
                if not self._connections or now > until:
                    return

    def _happened(self, descriptor: int, events: int) -> None:
        connection = self._connections.get(descriptor)
        if connection is None:
            if descriptor == self._listener.fileno():
                self._accept()
            else:
                with contextlib.suppress(OSError):
                    self._wake_out.recv(4096)
            return
        try:
            if events & GONE:
                connection.lose()
                return
            if events & READ:
                connection.read()
            if events & WRITE and not connection.gone:
                connection.drain()
        except Refused as error:
            self.refuse(connection, error)
        except Exception:
            # One connection must not end all others.
            logger.exception("connection")
            connection.reset()

    # Opening and closing.

    def _accept_more(self, *, yes: bool) -> None:
        if yes != self._accepting:
            self._accepting = yes
            if yes:
                self._poll.register(self._listener.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE)
            else:
                self._poll.unregister(self._listener.fileno())

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                # No descriptors left, say: those that are useless go first.
                logger.warning("accept: %s", error)
                self._make_room(None)
                self._close_lost()
                return
            self.accepted += 1
            sock.setblocking(False)
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = (address[0], address[1]) if isinstance(address, tuple) else ("local", 0)
            connection = Connection(self, sock, peer)
            self._connections[sock.fileno()] = connection
            self._peers[peer[0]] += 1
            self._poll.register(sock.fileno(), READ)
            if self._peers[peer[0]] > self.bounds.peer_connections:
                self._make_room(peer[0])
            if len(self._connections) > self.bounds.connections:
                self._make_room(None)

    def _make_room(self, peer: str | None) -> None:
        """Close the least useful connection, the oldest of its kind."""
        crowd = [c for c in self._connections.values() if not c.gone and (peer is None or c.peer[0] == peer)]
        worst = min(crowd[:-1], key=_worth, default=None)
        if worst is not None:
            worst.reset()

    def _close_lost(self) -> None:
        while self._lost:
            connection = self._lost.popleft()
            descriptor = connection.socket.fileno()
            if self._connections.get(descriptor) is not connection:
                continue
            del self._connections[descriptor]
            # An answer that waited for its client is given up.
            self.drained(connection)
            self._peers[connection.peer[0]] -= 1
            if not self._peers[connection.peer[0]]:
                del self._peers[connection.peer[0]]
            with contextlib.suppress(OSError):
                self._poll.unregister(descriptor)
            connection.close()

    def _end_idle(self) -> None:
        """Close what is between two requests; one that was opened a moment ago has its first on the way."""
        fresh = time.monotonic() - _FRESH_S
        for connection in list(self._connections.values()):
            if not connection.busy and not connection.waits and (connection.served or connection.since < fresh):
                # What has come since the last look is answered still.
                self._happened(connection.socket.fileno(), READ)
                if not connection.busy and connection.parser.asked is None:
                    connection.lose()
        self._close_lost()

    def half_closed(self, connection: Connection) -> None:
        """A client sends nothing more; it may wait for its answer, or be gone."""
        connection.half = True
        connection.mute()
        if connection.ended or not connection.busy:
            connection.lose()

    def refuse(self, connection: Connection, error: Refused) -> None:
        """Answer what cannot be read, and close."""
        if connection.closing:
            return
        connection.closing = True
        if connection.busy:
            # The answer before it comes first, and is the last.
            connection.half = True
            return
        entry = Entry(connection.parser.unread(), connection.peer[0])
        entry.note.service, entry.status, entry.start = "front", error.status, connection.given
        connection.give(failure(error.status, error.text, ("X-Request-Id", entry.note.request_id)))
        connection.settle(entry)
        connection.end()

    # Deadlines.

    def _sweep(self, now: float) -> None:
        for connection in list(self._connections.values()):
            if connection.gone:
                continue
            try:
                self._judge(connection, now)
            except Refused as error:
                self.refuse(connection, error)
        self._close_lost()

    def _judge(self, connection: Connection, now: float) -> None:
        """End a connection whose client is too slow, whatever it is at."""
        bounds, age = self.bounds, now - connection.since
        if connection.waits:
            if self._is_stalled(connection, now):
                connection.reset()
        elif connection.ended:
            if age > _LINGER_S:
                connection.lose()
        elif connection.busy:
            self._probe(connection)
        elif connection.parser.asked is not None:
            self._judge_asking(connection, connection.parser.asked, now)
        elif age > (bounds.idle_s if connection.served else bounds.head_s):
            connection.lose()

    @staticmethod
    def _probe(connection: Connection) -> None:
        """Find out about a client that closed its side: one who is gone refuses an interim answer (RFC 9110, 15.2)."""
        job = connection.job
        if connection.half and not connection.probed and job is not None and job.interim:
            connection.probed = True
            connection.give(_INTERIM)

    def _judge_asking(self, connection: Connection, asked: Asked, now: float) -> None:
        bounds = self.bounds
        if not connection.parser.head_done:
            if now - asked.started > bounds.head_s:
                raise Refused(408, f"The head of the request did not come within {bounds.head_s:g} s.")
        elif self._is_stalled(connection, now):
            raise Refused(
                408, f"The body came slower than {bounds.least_rate:g} bytes a second over {bounds.stall_s:g} s."
            )

    def _is_stalled(self, connection: Connection, now: float) -> bool:
        """Whether less went over the wire in the last stretch than the least rate."""
        age = now - connection.since
        if age < self.bounds.stall_s:
            return False
        moved, connection.since, connection.moved = connection.moved, now, 0
        return moved < self.bounds.least_rate * age


def _worth(connection: Connection) -> tuple[int, float]:
    """The least useful first."""
    if connection.ended:
        rank = 0
    elif connection.busy:
        rank = 4 if not connection.waits else 3
    elif connection.parser.asked is not None:
        rank = 2
    else:
        rank = 1
    return rank, connection.since
