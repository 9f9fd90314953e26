"""Requests of every service, spoiled in many ways at once, and what is held against their answers."""

import http.client
import random
import socket
import time
from dataclasses import dataclass
from urllib.parse import quote

import imagecodecs
from lxml import etree
from tests.fuzz import documents
from tests.fuzz.grammar import malformed
from tests.fuzz.protocols import PROTOCOLS
from tests.fuzz.test_queries import damaged
from tests.fuzz.test_requests import LEAKS
from tests.fuzz.test_tiles import XYZ
from tests.fuzz.test_wire import REQUESTS

METHODS = ("GET",) * 12 + ("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")
HEADERS = (
    "Accept: */*;q=x", "Accept: image/nothing", "Accept-Encoding: gzip;q=0, br", 'If-None-Match: "', "Range: bytes=9-1",
    "If-Modified-Since: yesterday", "Host: a", "X-Forwarded-For: ' OR 1", "Forwarded: for=;;;", "Cookie: =;=;",
    "Expect: 100-continue", "Authorization: Basic !!!", "Accept-Language: " + "x" * 3000, "Origin: null", "TE: x",
)  # fmt: skip
SOAP = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>%s</s:Body></s:Envelope>'
URLS = [case.url for protocol in (*PROTOCOLS, XYZ) for case in malformed(protocol)]
BODIES = [
    case.body
    for wanted, codes in (
        (documents.WCS20, documents.WCS20_CODES),
        (documents.WCS11, documents.WCS11_CODES),
        (documents.WCS10, documents.WCS10_CODES),
    )
    for case in documents.spoiled(wanted, codes)
]
PARSER = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False, huge_tree=True)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it goes over the wire."""

    kind: str
    method: str
    text: bytes


def request(seed: str) -> Sent:
    """The request of a seed."""
    chance = random.Random(seed)
    kind = chance.choices(("keys", "queries", "documents", "SOAP", "wire"), (60, 8, 14, 6, 12))[0]
    if kind == "wire":
        return Sent(kind, "GET", flipped(chance.choice(list(REQUESTS.values())), chance))
    if kind == "keys":
        return Sent(kind, *_with_head(chance, chance.choice(METHODS), _crossed(chance)))
    if kind == "queries":
        query = f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=ProcessCoverages&QUERY={quote(damaged(chance.random()))}"
        return Sent(kind, *_with_head(chance, "GET", query))
    body = chance.choice(BODIES)
    if chance.random() < 0.3:
        body = flipped(body, chance)
    return Sent(kind, *_with_head(chance, "POST", "/wcs", SOAP % body if kind == "SOAP" else body))


def flipped(text: bytes, chance: random.Random) -> bytes:
    """The text with some bytes changed, dropped, doubled, or cut off."""
    changed = bytearray(text)
    for _ in range(chance.randint(1, 6)):
        if not changed:
            break
        at = chance.randrange(min(len(changed), 4000))
        match chance.randrange(4):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                del changed[at]
            case 2:
                changed[at:at] = changed[at : at + chance.randint(1, 40)]
            case _:
                changed[at:at] = bytes([chance.randrange(256)])
    return bytes(changed[: chance.randrange(len(changed) + 1)] if chance.random() < 0.1 else changed)


def _crossed(chance: random.Random) -> str:
    """A malformed address, with keys of others put into it."""
    path, _, query = chance.choice(URLS).partition("?")
    keys = query.split("&") if query else []
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        others = chance.choice(URLS).partition("?")[2].split("&")
        keys.insert(chance.randint(0, len(keys)), chance.choice(others))
        if chance.random() < 0.3:
            keys.pop(chance.randrange(len(keys)))
    return f"{path}?{'&'.join(keys)}"


def _with_head(chance: random.Random, method: str, url: str, body: bytes = b"") -> tuple[str, bytes]:
    lines = [f"{method} {url} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    # A second Host makes it no HTTP (RFC 9112, 3.2), which is answered as well.
    lines += chance.sample(HEADERS, chance.choice((0, 0, 1, 3)))
    if body:
        lines += [f"Content-Length: {len(body)}", f"Content-Type: {chance.choice(('text/xml', 'text/xml', 'x'))}"]
    return method, "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def complaint(port: int, sent: Sent, deadline_s: float) -> str:
    """What is wrong with the answer to a request; empty when it is as it should be."""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=deadline_s + 1) as connection:
        answer = http.client.HTTPResponse(connection, method=sent.method)
        try:
            try:
                connection.sendall(sent.text)
                connection.shutdown(socket.SHUT_WR)
            except ConnectionError:
                pass  # A refusal to read on is an answer when one can be read.
            answer.begin()
            body = answer.read()
        except TimeoutError:
            return "nothing within the deadline"
        except (http.client.HTTPException, ConnectionError) as error:
            # What is no HTTP may be closed upon (RFC 9112, 9.3); a lost connection counts for all others.
            return "" if sent.kind == "wire" else f"no answer: {type(error).__name__}"
        finally:
            answer.close()
    if time.monotonic() - begin > deadline_s + 1:
        return "later than the deadline"
    return _unsound(answer, body, sent)


def _unsound(answer: http.client.HTTPResponse, body: bytes, sent: Sent) -> str:
    if answer.status == 503 and not answer.getheader("Retry-After"):
        return "503 without Retry-After"
    # 501 and 505 are said to methods and versions that are none (RFC 9110, 15.6).
    if answer.status >= 500 and answer.status not in {501, 503, 505}:
        return f"status {answer.status}"
    if body and answer.getheader("Content-Encoding") == "br":
        body = imagecodecs.brotli_decode(body)
    if any(leak.encode() in body for leak in LEAKS):
        return "a leak"
    media = answer.getheader("Content-Type", "")
    if body and sent.method != "HEAD" and media.partition(";")[0].endswith("xml"):
        try:
            etree.fromstring(body, PARSER)
        except etree.XMLSyntaxError as error:
            return f"ill-formed XML: {error}"
    return ""
