"""Bytes become requests: HTTP/1.0 and 1.1 (RFC 9112) as llhttp reads them, bounded."""

import time
from collections.abc import Callable

import httptools

from bandstand.serving.bounds import Bounds
from bandstand.serving.request import Asked, Store

_LENGTH = b"content-length"
_EXPECT = b"expect"


class Refused(Exception):
    """A request that is not read to its end: the connection is answered and closed."""

    def __init__(self, status: int, text: str) -> None:
        """Take the HTTP status and a sentence for the client."""
        super().__init__(text)
        self.status = status
        self.text = text


class Parser:
    """The requests of one connection, one after another.

    Attributes:
        asked: The request that is being read; None between two.
        head_done: Whether its head is complete.
        received: Bytes of its body so far.
    """

    __slots__ = (
        "_bounds",
        "_heads",
        "_last",
        "_llhttp",
        "_ready",
        "_store",
        "_unread",
        "_url",
        "asked",
        "head_done",
        "received",
    )

    def __init__(self, bounds: Bounds, store: Store, ready: Callable[[Asked], None]) -> None:
        """Start before the first byte.

        Args:
            bounds: What is read at most.
            store: Counts the bodies of all connections.
            ready: Takes each request as soon as it is complete.
        """
        self._bounds = bounds
        self._store = store
        self._ready = ready
        self._llhttp = httptools.HttpRequestParser(self)
        self._url = b""
        self._heads = 0
        self._unread = 0
        self._last = False
        self.asked: Asked | None = None
        self.head_done = False
        self.received = 0

    def feed(self, data: bytes) -> None:
        """Take bytes as they come.

        Raises:
            Refused: They are no request that is read here.
        """
        rest = data
        while rest:
            rest = self._take(rest)
        if not self.head_done and self.asked is not None:
            # A field that does not end is told to nobody.
            self._unread += len(data)
            if self._unread > 2 * self._bounds.head_max_bytes:
                raise Refused(431, self._too_long())

    def _take(self, data: bytes) -> bytes:
        """Parse, and give back what has to be parsed anew."""
        try:
            self._llhttp.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # The other protocol is not taken up: the request was read, and the next one follows (RFC 9110, 7.8).
            self._llhttp = httptools.HttpRequestParser(self)
            return data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            if self._last:
                # Whatever comes behind the last request of a connection.
                return b""
            cause = error.__context__
            if isinstance(cause, Refused):
                raise cause from None
            if self._url == b"*":
                raise Refused(505, "This server speaks HTTP/1.1; HTTP/2 is for the proxy before it.") from None
            raise Refused(400, f"This is no HTTP/1.1 request: {error}.") from None
        return b""

    def forget(self) -> None:
        """Give up the request that is being read."""
        if self.asked is not None:
            self.asked.release()
            self.asked = None

    def unread(self) -> Asked:
        """The request that is being read, as far as it came."""
        asked = self.asked or Asked("", b"", "1.1", [], keep=False, started=time.monotonic())
        asked.target = asked.target or self._url
        return asked

    @property
    def continues(self) -> bool:
        """Whether the client waits for a word before it sends its body (RFC 9110, 10.1.1)."""
        asked = self.asked
        return (
            asked is not None
            and self.head_done
            and not self.received
            and asked.version == "1.1"
            and any(name.lower() == _EXPECT and value.lower() == b"100-continue" for name, value in asked.headers)
        )

    # What llhttp calls.

    def on_message_begin(self) -> None:
        """A first byte."""
        self._url, self._heads, self._unread, self.received, self.head_done = b"", 0, 0, 0, False
        self.asked = Asked("", b"", "1.1", [], keep=True, started=time.monotonic())

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._url += url
        self._bound_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field."""
        asked = self._current()
        asked.headers.append((name, value))
        self._heads += len(name) + len(value) + 4
        self._bound_head()

    def on_headers_complete(self) -> None:
        """The end of the head."""
        asked = self._current()
        asked.target = self._url
        asked.method = self._llhttp.get_method().decode("latin-1")
        asked.version = self._llhttp.get_http_version()
        asked.keep = self._llhttp.should_keep_alive()
        self.head_done = True
        for name, value in asked.headers:
            if name.lower() == _LENGTH and value.isdigit() and int(value) > self._bounds.body_max_bytes:
                raise self._too_much()

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self.received += len(data)
        if self.received > self._bounds.body_max_bytes:
            raise self._too_much()
        asked = self._current()
        if not asked.hold(self._store, len(data)):
            raise Refused(503, "The server holds as many requests as it can. Ask again in a moment.")
        asked.body += data

    def on_message_complete(self) -> None:
        """The end of the request."""
        asked, self.asked = self._current(), None
        self._last = not asked.keep
        self._ready(asked)

    def _current(self) -> Asked:
        if self.asked is None:
            raise Refused(400, "This is no HTTP/1.1 request.")
        return self.asked

    def _too_much(self) -> Refused:
        return Refused(413, f"The body is larger than {self._bounds.body_max_bytes} bytes (limits.body_max_bytes).")

    def _bound_head(self) -> None:
        if len(self._url) > self._bounds.head_max_bytes:
            raise Refused(414, f"The address is longer than {self._bounds.head_max_bytes} bytes.")
        if self._heads > self._bounds.head_max_bytes:
            raise Refused(431, self._too_long())

    def _too_long(self) -> str:
        return f"The header fields are longer than {self._bounds.head_max_bytes} bytes."
