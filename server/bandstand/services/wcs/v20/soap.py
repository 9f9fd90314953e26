"""The SOAP binding (OGC 09-149r1): requests out of their envelope, answers and faults into one."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from xml.sax.saxutils import quoteattr

from lxml import etree

from bandstand.model.exchange import Call, Response
from bandstand.services.wcs.v20.xmlrequest import InvalidEncodingSyntax

SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACES = (SOAP_12, SOAP_11)
_MEDIA_TYPES = {SOAP_12: "application/soap+xml", SOAP_11: "text/xml"}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_CLOSED = b"</soap:Body></soap:Envelope>\n"
_PROLOGUE = re.compile(rb"^\s*<\?xml[^>]*\?>\s*")
_PROLOGUE_MOST = 256
"""Bytes that a prologue may have."""
_PIECE = 3 * 65_536
"""Bytes that are put into base64 at once: three become four."""
_LATER = re.compile(rb"\r\n\r\n(.*?)(\r\n--)", re.DOTALL)


def unwrapped(root: etree._Element) -> etree._Element:
    """The request in an envelope.

    Raises:
        InvalidEncodingSyntax: There is no body with one request in it.
    """
    space = etree.QName(root).namespace or ""
    body = root.find(f"{{{space}}}Body")
    requests = [child for child in body if isinstance(child.tag, str)] if body is not None else []
    if etree.QName(root).localname != "Envelope" or len(requests) != 1:
        raise InvalidEncodingSyntax("The SOAP message has no Body with one request in it.", locator="body")
    return requests[0]


def spoken(call: Call) -> str:
    """Namespace of the envelope that a call came in; empty for none. Works on what cannot be parsed, too."""
    start = call.body[:4096]
    return next((space for space in NAMESPACES if space.encode() in start), "")


def wrapped(answer: Response, space: str) -> Response:
    """An answer in an envelope of the version that was asked in.

    A document goes into the Body as it is. A coverage whose numbers lie in a file beside it is a message with
    attachments (requirements 5 and 6): the envelope holds the description and the other parts follow. Any other
    file, such as the answer to a query, stands in the Body in base64.
    """
    if answer.status == 304:
        return answer
    if answer.media_type.startswith("multipart/related"):
        return _with_attachments(answer, space)
    if not is_document(answer.media_type):
        return _inline(answer, space)
    return _framed(answer, space, *_plain(answer))


def is_document(media_type: str) -> bool:
    """Whether such an answer fits into the Body of an envelope as it is."""
    return media_type.partition(";")[0].rstrip().endswith("xml")


def fault(report: Response, space: str, *, sender: bool) -> Response:
    """An exception report as a fault: the report stands in its detail."""
    report_text = _without_prologue(_whole(report))
    if space == SOAP_12:
        code = "Sender" if sender else "Receiver"
        inner = (
            (
                f"<soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code>"
                '<soap:Reason><soap:Text xml:lang="en">The request failed.</soap:Text></soap:Reason>'
                "<soap:Detail>"
            ).encode()
            + report_text
            + b"</soap:Detail>"
        )
    else:
        code = "Client" if sender else "Server"
        inner = (
            (f"<faultcode>soap:{code}</faultcode><faultstring>The request failed.</faultstring><detail>").encode()
            + report_text
            + b"</detail>"
        )
    body = _enveloped(b"<soap:Fault>" + inner + b"</soap:Fault>", space)
    return replace(report, media_type=_MEDIA_TYPES[space], body=body, length=None)


def _whole(answer: Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)


def _without_prologue(document: bytes) -> bytes:
    return _PROLOGUE.sub(b"", document)


def _enveloped(document: bytes, space: str) -> bytes:
    return _opened(space) + _without_prologue(document) + _CLOSED


def _opened(space: str) -> bytes:
    return _DECLARATION + f'<soap:Envelope xmlns:soap="{space}"><soap:Body>'.encode()


def _framed(answer: Response, space: str, parts: Iterable[bytes], length: int | None) -> Response:
    """The answer with an envelope around these parts of its body, which are made while they are sent."""
    start = _opened(space)
    whole = None if length is None else len(start) + length + len(_CLOSED)
    return replace(answer, media_type=_MEDIA_TYPES[space], body=chain([start], parts, [_CLOSED]), length=whole)


def _parts_of(answer: Response) -> tuple[Iterator[bytes], int | None]:
    """The body in parts, and its length where that is known."""
    if isinstance(answer.body, bytes):
        return iter((answer.body,)), len(answer.body)
    return iter(answer.body), answer.length


def _plain(answer: Response) -> tuple[Iterator[bytes], int | None]:
    """A document in parts without its prologue."""
    parts, length = _parts_of(answer)
    start = b""
    for part in parts:
        start += part
        if len(start) >= _PROLOGUE_MOST:
            break
    rest = _without_prologue(start)
    return chain([rest], parts), None if length is None else length + len(rest) - len(start)


def _with_attachments(answer: Response, space: str) -> Response:
    """The first part of a multipart answer becomes the envelope; the others stay."""
    parts, _ = _parts_of(answer)
    first = next(parts)
    match = _LATER.search(first)
    if match is None:
        raise TypeError("a multipart answer begins with its first part")
    media_type = _MEDIA_TYPES[space]
    head = first[: match.start(1)].replace(b"application/gml+xml", media_type.encode(), 1)
    start = head + _enveloped(match[1], space) + first[match.end(1) :]
    length = None if answer.length is None else answer.length + len(start) - len(first)
    return replace(
        answer,
        media_type=answer.media_type.replace("application/gml+xml", media_type, 1),
        body=chain([start], parts),
        length=length,
    )


def _inline(answer: Response, space: str) -> Response:
    """A file in base64, with its media type (W3C, Describing Media Content of Binary Data in XML)."""
    start = (
        b'<proc:result xmlns:proc="http://www.opengis.net/wcs/processing/2.0" '
        b'xmlns:mime="http://www.w3.org/2005/05/xmlmime" mime:contentType='
        + quoteattr(answer.media_type).encode()
        + b">"
    )
    end = b"</proc:result>"
    parts, length = _parts_of(answer)
    whole = None if length is None else len(start) + 4 * ((length + 2) // 3) + len(end)
    return _framed(answer, space, chain([start], _in_base64(parts), [end]), whole)


def _in_base64(parts: Iterable[bytes]) -> Iterator[bytes]:
    """A file in base64, a piece at a time."""
    rest = b""
    for part in parts:
        for start in range(0, len(part), _PIECE):
            piece = rest + part[start : start + _PIECE]
            end = len(piece) - len(piece) % 3
            rest = piece[end:]
            yield base64.b64encode(piece[:end])
    yield base64.b64encode(rest)
