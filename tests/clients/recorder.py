"""A proxy that writes down what a client sends, and the form in which that is kept as text.

A recording is a list of blocks, one a request:

    GET /wms?SERVICE=WMS&REQUEST=GetCapabilities
        200 text/xml

    POST /wcs
        Content-Type: text/xml
        | <GetCapabilities xmlns="…"/>
        200 text/xml

Lines that begin with `#` say which client it was. Host names are left out: they are the proxy's.
"""

import http.client
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

HOST = "host.invalid"
"""Stands in recordings for the address that the client was given."""
_HOPS = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "content-length"}
_TIMEOUT_S = 60
_FEW = 2
"""Requests alike that a recording keeps: tiles of a map differ in their place alone."""
_TELLING = ("layers", "layer", "coverage", "coverageid", "identifier", "crs", "srs", "tilematrixset", "time")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request of a client, and what it got."""

    method: str
    target: str
    """Path and query, as sent."""
    status: int = 200
    media_type: str = ""
    """Of the answer, without its parameters."""
    content_type: str = ""
    """Of the body."""
    body: str = ""

    @property
    def keys(self) -> dict[str, str]:
        """Parameters by name in lower case."""
        query = urlsplit(self.target).query
        form = self.body if self.content_type.startswith("application/x-www-form-urlencoded") else ""
        pairs = parse_qsl(f"{query}&{form}", keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}

    @property
    def operation(self) -> str:
        """The operation asked for; of an address without one, the address with what counts up taken out."""
        keys = self.keys
        if "request" in keys:
            return f"{keys.get('service', '').upper()} {keys['request'].lower()} {keys.get('version', '')}".strip()
        path = "/".join("*" if part[:1].isdecimal() else part for part in urlsplit(self.target).path.split("/"))
        return f"{self.method} {path}"

    @property
    def shape(self) -> tuple[str, frozenset[str]]:
        """Operation and names of parameters."""
        return self.operation, frozenset(self.keys)


class Recorder:
    """Runs the proxy in front of a server for as long as a block lasts: `with Recorder(live) as recorder`."""

    def __init__(self, server: str) -> None:
        self._server = urlsplit(server).netloc
        self._lock = threading.Lock()
        self.requests: list[Recorded] = []
        """In the order of their arrival."""

    def __enter__(self) -> Self:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = _TIMEOUT_S

            def do_GET(self):
                recorder._pass_on(self)

            do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - names of the library

            def log_message(self, *_):
                pass

        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._proxy.daemon_threads = True
        self._proxy.block_on_close = False
        self._thread = threading.Thread(target=self._proxy.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._proxy.shutdown()
        self._proxy.server_close()
        self._thread.join(timeout=10)

    @property
    def base(self) -> str:
        """Address for the client, without a slash at the end; capabilities name it too, since Host is passed on."""
        return f"http://127.0.0.1:{self._proxy.server_address[1]}"

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in _HOPS}
        connection = http.client.HTTPConnection(self._server, timeout=_TIMEOUT_S)
        try:
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            self._note(handler, body, answer)
            handler.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _HOPS:
                    handler.send_header(name, value)
            handler.send_header("Content-Length", answer.getheader("Content-Length", str(len(content))))
            handler.end_headers()
            handler.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            # A map that was moved on does not want its tiles any more.
            handler.close_connection = True
        finally:
            connection.close()

    def _note(self, handler: BaseHTTPRequestHandler, body: bytes, answer: http.client.HTTPResponse) -> None:
        own = f"127.0.0.1:{self._proxy.server_address[1]}"
        recorded = Recorded(
            handler.command,
            handler.path.replace(own, HOST),
            answer.status,
            answer.getheader("Content-Type", "").partition(";")[0],
            handler.headers.get("Content-Type", "") if body else "",
            body.decode("utf-8", "replace").replace(own, HOST),
        )
        with self._lock:
            self.requests.append(recorded)


def shapes(requests: Iterable[Recorded]) -> dict[str, set[str]]:
    """Names of all parameters that were sent, by operation."""
    found: dict[str, set[str]] = {}
    for request in requests:
        operation, names = request.shape
        found.setdefault(operation, set()).update(names)
    return found


def thinned(requests: Iterable[Recorded]) -> list[Recorded]:
    """All that are alike a few times, in an order that does not depend on which of two tiles came first."""
    kept: dict[object, set[Recorded]] = {}
    for request in requests:
        keys = request.keys
        alike = (request.shape, request.media_type, *(keys.get(name) for name in _TELLING))
        kept.setdefault(alike, set()).add(request)
    few = [sorted(same, key=lambda r: (r.target, r.body))[:_FEW] for same in kept.values()]
    return [request for same in few for request in same]


def written(requests: Iterable[Recorded], client: str) -> str:
    """A recording as text."""
    blocks = [f"# {client}\n"]
    for request in requests:
        lines = [f"{request.method} {request.target}"]
        if request.body:
            lines.append(f"    Content-Type: {request.content_type}")
            lines += [f"    | {line}" for line in request.body.splitlines()]
        lines.append(f"    {request.status} {request.media_type}".rstrip())
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def read(text: str) -> tuple[str, list[Recorded]]:
    """The client and the requests of a recording."""
    client, requests = "", []
    for block in text.split("\n\n"):
        head, *lines = block.strip("\n").splitlines()
        if head.startswith("#"):
            client = head.removeprefix("# ")
            continue
        method, _, target = head.partition(" ")
        status, _, media_type = lines[-1].strip().partition(" ")
        kind = next((line.strip().removeprefix("Content-Type: ") for line in lines if "Content-Type:" in line), "")
        body = "\n".join(line.removeprefix("    | ") for line in lines if line.startswith("    | "))
        requests.append(Recorded(method, target, int(status), media_type, kind, body))
    return client, requests
