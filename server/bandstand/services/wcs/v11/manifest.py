"""A coverage with its manifest in one answer: multipart/related (OGC 07-067r5, 10.3.11; RFC 2387)."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from bandstand.model.exchange import Call, Response
from bandstand.model.fields import content_id, disposition, name_in
from bandstand.model.layer import Layer
from bandstand.services.ows.xml import templates
from bandstand.services.wcs.v11.tongue import Tongue

_TEMPLATES = templates("bandstand.services.wcs.v11")
_DISPOSITION = "Content-Disposition"


def unwrapped(call: Call, tongue: Tongue) -> Call:
    """The call with the tags that it holds as those of the files themselves, so that these need not be made again."""
    tags = call.headers.get("if-none-match", "")
    if not tags:
        return call
    return replace(call, headers={**call.headers, "if-none-match": tags.replace(f'{_mark(tongue)}"', '"')})


def _mark(tongue: Tongue) -> str:
    """What tells the tag of an answer from that of the file in it."""
    return f"-{tongue.version}"


def wrapped(answer: Response, layer: Layer, tongue: Tongue) -> Response:
    """Put the file of an answer behind a `Coverages` document that refers to it; the same file gives the same bytes.

    Args:
        answer: A file, or 304, which stays as it is.
        layer: The coverage that the file is of.
        tongue: The version that is spoken.
    """
    tag = f"{answer.etag}{_mark(tongue)}" if answer.etag else ""
    if answer.status != 200:
        return replace(answer, etag=tag)
    name = name_in(dict(answer.headers).get(_DISPOSITION, "")) or f"{layer.name}.tif"
    manifest = (
        _TEMPLATES.get_template("coverages.xml.j2").render(tongue=tongue, layer=layer, name=content_id(name)).encode()
    )
    boundary = f"bandstand-{hashlib.blake2b(manifest + answer.etag.encode(), digest_size=12).hexdigest()}"
    before = b"".join(
        (
            _head(boundary, "text/xml", "manifest"),
            manifest,
            b"\r\n",
            _head(boundary, answer.media_type, name, f"{_DISPOSITION}: {disposition('attachment', name)}"),
        )
    )
    # One character behind the last boundary: QGIS 3 takes any other end for one part more.
    after = f"\r\n--{boundary}--\n".encode()
    length = len(answer.body) if isinstance(answer.body, bytes) else answer.length
    parts: Iterable[bytes] = (answer.body,) if isinstance(answer.body, bytes) else answer.body
    return replace(
        answer,
        media_type=f'multipart/related; boundary="{boundary}"; type="text/xml"; start="<manifest>"',
        body=chain((before,), parts, (after,)),
        length=None if length is None else len(before) + length + len(after),
        headers=tuple(pair for pair in answer.headers if pair[0] != _DISPOSITION),
        etag=tag,
    )


def _head(boundary: str, media_type: str, identifier: str, *more: str) -> bytes:
    lines = (
        f"--{boundary}",
        f"Content-Type: {media_type}",
        f"Content-ID: <{content_id(identifier)}>",
        f"Content-Transfer-Encoding: {'8bit' if identifier == 'manifest' else 'binary'}",
        *more,
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()
