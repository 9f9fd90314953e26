"""Content codings (RFC 9110, 8.4): documents go out compressed to whoever takes that, pictures as they are."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b

import imagecodecs

from bandstand.model.exchange import Response, holds_tag

_LEAST_BYTES = 1000
"""Of a document that is worth it: shorter ones go in one packet anyway."""
_LEVEL, _STREAM_LEVEL = 6, 1
"""Of gzip: for documents, and for coverages that are written as text, which may have any size."""
_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    # The fastest first: all of them make a tenth or less of a capabilities document.
    "zstd": lambda body: bytes(imagecodecs.zstd_encode(body, level=3)),
    "br": lambda body: bytes(imagecodecs.brotli_encode(body, level=5)),
    # Nothing but the body goes into it: the same document has the same bytes.
    "gzip": lambda body: gzip.compress(body, _LEVEL, mtime=0),
}
_STREAMED = ("gzip",)
_DOCUMENT = re.compile(r"text/.*|.*[/+.](xml|json|javascript|gml)|.*_xml")
_TAG = re.compile(r'"([^"]+)-(zstd|br|gzip)"')


def encoded(answer: Response, accept: str, if_none_match: str) -> Response:
    """The answer in the coding that the client likes best.

    Args:
        answer: Any; only documents are touched.
        accept: `Accept-Encoding`.
        if_none_match: Of the request: an answer without a body has the tag of the representation that is kept.

    Returns:
        A document has `Vary`, and a tag of its own in every coding (RFC 9110, 8.8.3.3).
    """
    if not _DOCUMENT.fullmatch(answer.media_type.partition(";")[0].strip().casefold()):
        return answer
    body = answer.body
    whole = isinstance(body, bytes)
    if isinstance(body, bytes) and len(body) < _LEAST_BYTES and answer.status != 304:
        return answer
    headers = (*answer.headers, ("Vary", "Accept-Encoding"))
    coding = preferred(accept, tuple(_ENCODERS) if whole else _STREAMED)
    tag = f"{answer.etag}-{coding}" if answer.etag else ""
    if answer.status == 304:
        return replace(answer, headers=headers, etag=tag if coding and holds_tag(if_none_match, tag) else answer.etag)
    if not coding:
        return replace(answer, headers=headers)
    headers = (*headers, ("Content-Encoding", coding))
    if isinstance(body, bytes):
        return replace(answer, headers=headers, etag=tag, body=_ENCODERS[coding](body))
    return replace(answer, headers=headers, etag=tag, body=_streamed(body), length=None)


def preferred(accept: str, offered: Iterable[str]) -> str:
    """The coding of `Accept-Encoding` (RFC 9110, 12.5.3) with the highest weight, ours first among equals.

    Returns:
        Empty for none: nothing is accepted, or the plain bytes are preferred.
    """
    weights: dict[str, float] = {}
    for part in accept.casefold().split(","):
        name, _, parameters = part.strip().partition(";")
        weights[name.strip()] = _weight(parameters)
    best, most = "", 0.0
    for name in offered:
        weight = weights.get(name, weights.get("*", 0.0))
        if weight > most:
            best, most = name, weight
    return best if most >= weights.get("identity", 0.0) else ""


def _weight(parameters: str) -> float:
    match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters)
    if match is None:
        return 0.0 if parameters.strip() else 1.0
    return float(match[1])


def plain_tags(if_none_match: str) -> str:
    """The tags of a request, those of plain representations beside the encoded ones: the engine knows these alone."""
    return _TAG.sub(r'"\1-\2", "\1"', if_none_match) if if_none_match else ""


def tagged(answer: Response) -> Response:
    """The answer with a tag of its bytes, where it is whole, may be kept, and has none."""
    if answer.etag or answer.status != 200 or not isinstance(answer.body, bytes):
        return answer
    keep = next((value for key, value in answer.headers if key == "Cache-Control"), "no-store")
    if "no-store" in keep:
        return answer
    digest = blake2b(answer.body, digest_size=12)
    digest.update(answer.media_type.encode())
    return replace(answer, etag=digest.hexdigest())


def _streamed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """A body in parts as gzip, packed while it is sent."""
    packer = zlib.compressobj(_STREAM_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for part in parts:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()
