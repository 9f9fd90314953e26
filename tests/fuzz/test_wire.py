"""What is no HTTP, or hardly, sent to a really running server: it closes or refuses, and goes on answering others."""

import contextlib
import socket
import time
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

PATIENCE_S = 10
LIMIT_S = 1.0
SOUND = {b"", b"200", b"204", b"400", b"404", b"405", b"411", b"413", b"414", b"431", b"501", b"505"}
GOOD = "/wms?SERVICE=WMS&REQUEST=GetCapabilities"
HEAD = b"Host: 127.0.0.1\r\nConnection: close\r\n"
XML = b'<GetCapabilities xmlns="http://www.opengis.net/wcs/2.0" service="WCS"/>'

REQUESTS = {
    "a line that is no request": b"hello\r\n\r\n",
    "an unknown method": b"BREW /wms HTTP/1.1\r\n" + HEAD + b"\r\n",
    "an unknown version": b"GET /wms HTTP/9.9\r\n" + HEAD + b"\r\n",
    "no host": b"GET /wms?REQUEST=x HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a host that is none": b"GET /wms?REQUEST=x HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n",
    "bytes above 127 in the address": b"GET /wms?LAYERS=\xff\xfe\x80 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "control characters in the address": b"GET /wms?LAYERS=\x01\x02 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a NUL in the address": b"GET /wms?LAYERS=\x00 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a half percent sign": b"GET /wms?LAYERS=% HTTP/1.1\r\n" + HEAD + b"\r\n",
    "an address of 60 kilobytes": b"GET /wms?LAYERS=" + b"x" * 60_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "an address of a megabyte": b"GET /wms?LAYERS=" + b"x" * 1_000_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a thousand headers": b"GET /wms HTTP/1.1\r\n" + HEAD + b"X-A: b\r\n" * 1000 + b"\r\n",
    "a header of a megabyte": b"GET /wms HTTP/1.1\r\n" + HEAD + b"X-A: " + b"b" * 1_000_000 + b"\r\n\r\n",
    "a path that climbs": b"GET /../../../../etc/passwd HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a path that climbs in percent": b"GET /static/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\n" + HEAD + b"\r\n",
    "an address of another server": b"GET http://127.0.0.1:1/x HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a body without a length": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Content-Type: text/xml\r\n\r\n" + XML,
    "a length that is no number": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Content-Length: many\r\n\r\n" + XML,
    "a negative length": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Content-Length: -5\r\n\r\n" + XML,
    "two lengths": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\nContent-Length: 71\r\n\r\n" + XML,
    "an announced gigabyte": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Content-Length: 1000000000\r\n\r\n" + XML,
    "a chunk that lies": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + XML,
    "chunks in pieces": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Content-Type: text/xml\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
    + b"".join(b"1\r\n" + XML[i : i + 1] + b"\r\n" for i in range(len(XML))) + b"0\r\n\r\n",
    "a length and chunks": b"POST /wcs HTTP/1.1\r\n" + HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
    "a range of nothing": b"GET /wms?REQUEST=x HTTP/1.1\r\n" + HEAD + b"Range: bytes=9-1\r\n\r\n",
    "an upgrade": b"GET /wms?REQUEST=x HTTP/1.1\r\n" + HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
}  # fmt: skip


def spoken(live, text):
    """What the server says to bytes until it closes, and the seconds that took."""
    address = urlsplit(live)
    said = b""
    begin = time.perf_counter()
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as connection:
        # Where it refuses to read on, that is an answer as well.
        with contextlib.suppress(ConnectionError):
            connection.sendall(text)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                said += part
    return said, time.perf_counter() - begin


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_hardly_http_is_refused_and_harms_nobody(live, name):
    said, took = spoken(live, REQUESTS[name])
    if took > LIMIT_S:
        took = min(took, spoken(live, REQUESTS[name])[1])
    status = said.partition(b" ")[2][:3]
    assert status in SOUND, said[:300]
    assert b"root:" not in said
    assert b"Traceback" not in said
    assert took < LIMIT_S
    with urlopen(live + GOOD, timeout=PATIENCE_S) as answer:
        assert answer.status == 200
