"""The end of every answer, once its last byte has left or nobody takes it any more: counted, and a line in the log."""

import logging
import time
from collections.abc import Callable
from typing import Any

from bandstand.observe.figures import Figures
from bandstand.observe.note import Note, redacted, request_id
from bandstand.serving.request import Asked

logger = logging.getLogger("bandstand.access")
_MOST_URL = 2000
_MOST_AGENT = 300

Client = Callable[[str, dict[str, str]], str]
"""The address of a client: of the peer's address and the header fields, names in lower case."""


class Entry:
    """One request, from its first byte to the last of its answer.

    Attributes:
        note: What the application tells of it.
        lane: Where it was answered.
        broken: Whether its answer was given up.
        refused: Whether there was no room for it.
        status: Of its answer; 0 where none was begun.
        start: Bytes that the connection had been given before the answer.
        end: The same behind it.
        waited: Seconds in lanes, before a thread took it and while its answer was to go on.
        worked: Seconds of threads.
    """

    __slots__ = (
        "_since", "asked", "broken", "end", "lane", "note", "peer", "received", "refused", "start", "status", "waited",
        "worked",
    )  # fmt: skip

    def __init__(self, asked: Asked, peer: str, lane: str = "") -> None:
        """Begin to wait, now."""
        self.asked = asked
        self.peer = peer
        self.lane = lane
        self.received = len(asked.body)
        self.note = Note(request_id(_field(asked, b"x-request-id")))
        self.refused = self.broken = False
        self.status = self.start = self.end = 0
        self.waited = self.worked = 0.0
        self._since = time.monotonic()

    def begin(self) -> None:
        """A thread takes it."""
        now = time.monotonic()
        self.waited += now - self._since
        self._since = now

    def pause(self) -> None:
        """The thread is done with it, for now or for good."""
        now = time.monotonic()
        self.worked += now - self._since
        self._since = now

    def wait(self) -> None:
        """It queues again; what has passed since was its client's time."""
        self._since = time.monotonic()


class Ledger:
    """Tells every answer."""

    def __init__(
        self, *, access: bool = True, client: Client = lambda peer, _: peer, figures: Figures | None = None
    ) -> None:
        """Write lines where `access` says so, and count in any case; `client` looks behind proxies."""
        self.figures = figures or Figures()
        self._access = access
        self._client = client

    def tell(self, entry: Entry, sent: int) -> None:
        """Write an entry down.

        Args:
            entry: Whose answer has ended.
            sent: Bytes that the connection has sent by now.
        """
        out = max(0, min(sent, entry.end) - entry.start)
        broken = entry.broken or sent < entry.end
        self._count(entry, out, broken=broken)
        if self._access and logger.isEnabledFor(logging.INFO):
            logger.info("request", extra=self._members(entry, out, broken=broken))

    def _count(self, entry: Entry, out: int, *, broken: bool) -> None:
        figures, service, operation = self.figures, entry.note.service or "other", entry.note.operation
        status = f"{entry.status // 100}xx" if entry.status else "none"
        figures.count("bandstand_requests_total", service, operation, status)
        figures.time("bandstand_request_seconds", service, operation, seconds=time.monotonic() - entry.asked.started)
        if entry.lane:
            figures.time("bandstand_wait_seconds", entry.lane, seconds=entry.waited)
        figures.count("bandstand_received_bytes_total", by=entry.received)
        figures.count("bandstand_sent_bytes_total", by=out)
        if broken:
            figures.count("bandstand_broken_total")
        if entry.refused:
            figures.count("bandstand_refused_total", entry.lane)

    def _members(self, entry: Entry, out: int, *, broken: bool) -> dict[str, Any]:
        asked, note = entry.asked, entry.note
        fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in asked.headers}
        return {
            "request_id": note.request_id,
            "peer": self._client(entry.peer, fields),
            "method": asked.method,
            "url": redacted(asked.target[:_MOST_URL].decode("latin-1")),
            "status": entry.status or None,
            "service": note.service,
            "operation": note.operation,
            "format": note.format,
            "bytes_in": entry.received,
            "bytes_out": out,
            "ms": _ms(time.monotonic() - asked.started),
            "wait_ms": _ms(entry.waited),
            "work_ms": _ms(entry.worked),
            "lane": entry.lane,
            "refused": entry.refused or None,
            "broken": broken or None,
            "user_agent": fields.get("user-agent", "")[:_MOST_AGENT],
        }


def _field(asked: Asked, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in asked.headers if key.lower() == name), "")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
