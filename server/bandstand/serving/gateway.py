"""Requests through a WSGI application (PEP 3333), and its answers onto the wire."""

import io
import re
import sys
import time
from collections.abc import Callable, Generator, Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from bandstand.observe.note import NOTE, Note
from bandstand.serving.connection import Connection
from bandstand.serving.request import Asked

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_FIELD = re.compile(r"[\w!#$%&'*+.^`|~-]+: [\t\x20-\x7e\xa0-\xff]*", re.ASCII)
_REASONS = {status.value: status.phrase for status in HTTPStatus}


def environ_of(asked: Asked, connection: Connection, server: tuple[str, int], note: Note) -> dict[str, Any]:
    """The environment of a request; the application fills the note."""
    path, _, query = asked.target.partition(b"?")
    headers = asked.headers
    if not path.startswith(b"/"):
        path, host = _absolute(path)
        if host:
            headers = [*((n, v) for n, v in headers if n.lower() != b"host"), (b"Host", host)]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": asked.target.decode("latin-1"),
        "REQUEST_URI": asked.target.decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{asked.version}",
        "REMOTE_ADDR": connection.peer[0],
        "REMOTE_PORT": str(connection.peer[1]),
        NOTE: note,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(asked.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        key = name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            environ[key] = text
        elif "_" in name.decode("latin-1"):
            # Indistinguishable from the same name with hyphens, which a proxy may have vouched for.
            continue
        else:
            key = f"HTTP_{key}"
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def _absolute(target: bytes) -> tuple[bytes, bytes]:
    """Path and host of a target in absolute form (RFC 9112, 3.2.2); `*` and others are paths that nothing has."""
    scheme, mark, rest = target.partition(b"://")
    if not mark or scheme.lower() not in {b"http", b"https"}:
        return b"/" + target, b""
    host, slash, path = rest.partition(b"/")
    return slash + path or b"/", host


def failure(status: int, text: str, *headers: tuple[str, str], keep: bool = False) -> bytes:
    """An answer of the server itself, where no service can give one."""
    body = f"{status}: {text}\n".encode(errors="replace")
    fields = (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *headers,
        ("Date", _date()),
        *(() if keep else (("Connection", "close"),)),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\n{head}\r\n".encode() + body


class Answer:
    """An answer of the application, as it goes out."""

    def __init__(self, asked: Asked) -> None:
        """Begin without anything."""
        self._asked = asked
        self._head = b""
        self._chunked = False
        self._bare = False
        self.status = 0
        self.begun = False
        """Whether a byte of it has left."""
        self.keep = asked.keep

    def start(self, status: str, headers: list[tuple[str, str]], _exc: object = None) -> Callable[[bytes], None]:
        """What WSGI calls `start_response`."""
        code = int(status[:3])
        self.status = code
        lines = [f"HTTP/1.1 {code} {_REASONS.get(code, 'Unknown')}"]
        names = set()
        for name, value in headers:
            if not _FIELD.fullmatch(f"{name}: {value}"):
                raise ValueError(f"no header field: {name!r}: {value[:200]!r}")
            lines.append(f"{name}: {value}")
            names.add(name.lower())
        self._bare = self._asked.method == "HEAD" or code in {204, 304} or code < 200
        if "content-length" not in names and not self._bare:
            self._chunked = self._asked.version == "1.1"
            self.keep = self.keep and self._chunked
            if self._chunked:
                lines.append("Transfer-Encoding: chunked")
        lines.append(f"Date: {_date()}")
        if not self.keep:
            lines.append("Connection: close")
        elif self._asked.version == "1.0":
            lines.append("Connection: keep-alive")
        self._head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return _no_write

    def parts(self, chunks: Iterable[bytes]) -> Generator[tuple[bytes, ...]]:
        """What to send, in pieces; closes the chunks at the end, or when it is closed."""
        try:
            for chunk in chunks:
                if self._bare or not chunk:
                    continue
                head, self._head = self._head, b""
                self.begun = True
                yield (head, b"%x\r\n" % len(chunk), chunk, b"\r\n") if self._chunked else (head, chunk)
            head, self._head = self._head, b""
            self.begun = True
            if head or self._chunked:
                yield (head, b"0\r\n\r\n") if self._chunked else (head,)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("answers are iterated")


_last_date = (0, "")


def _date() -> str:
    global _last_date  # noqa: PLW0603 - formatted once a second
    now = int(time.time())
    if _last_date[0] != now:
        _last_date = (now, formatdate(now, usegmt=True))
    return _last_date[1]
