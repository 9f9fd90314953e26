"""multipart/related: a coverage's description and the file with its numbers in one answer (GMLCOV 1.0, RFC 2387)."""

import hashlib
from collections.abc import Iterator
from itertools import chain

from bandstand.encode.base import Format, Parts
from bandstand.encode.gml import Gml, beside
from bandstand.model.fields import content_id, disposition
from bandstand.model.raster import Raster
from bandstand.model.request import Output

MEDIA_TYPE = "multipart/related"
_ROLES = {"image/tiff": "http://www.opengis.net/spec/GMLCOV_geotiff-coverages/1.0/conf/geotiff-coverage"}

Heads = list[tuple[str, bytes | None]]
"""Headers of each part with its body; None for the last, which follows."""


def related(raster: Raster, output: Output, body: bytes | Parts, format_: Format, name: str) -> tuple[str, Parts]:
    """Put a coverage's file behind its description.

    Args:
        raster: What was encoded.
        output: Its `name` is the coverage's id.
        body: The file.
        format_: Of the file; a GML document is its own description and stands alone.
        name: Of the file.

    Returns:
        The media type with its boundary, and the body. The same coverage gives the same bytes.
    """
    whole: Iterator[bytes] = iter((body,)) if isinstance(body, bytes) else iter(body.parts)
    length = len(body) if isinstance(body, bytes) else body.length
    if format_.media_type == Gml.media_type:
        heads: Heads = [(_head(Gml.media_type, output.name, name), None)]
    else:
        role = _ROLES.get(format_.media_type, "")
        described = beside(output, raster, f"cid:{content_id(name)}", format_.media_type, role)
        heads = [(_head(Gml.media_type, output.name, ""), described), (_head(format_.media_type, name, name), None)]
    return _assembled(heads, whole, length, output.name)


def _assembled(heads: Heads, whole: Iterator[bytes], length: int, start: str) -> tuple[str, Parts]:
    seed = b"".join(text.encode() + (inline or b"") for text, inline in heads)
    boundary = f"bandstand-{hashlib.blake2b(seed, digest_size=12).hexdigest()}"
    before = b"".join(
        f"--{boundary}\r\n{text}\r\n".encode() + (inline + b"\r\n" if inline is not None else b"")
        for text, inline in heads
    )
    after = f"\r\n--{boundary}--\r\n".encode()
    media_type = f'{MEDIA_TYPE}; boundary="{boundary}"; type="{Gml.media_type}"; start="<{content_id(start)}>"'
    return media_type, Parts(chain([before], whole, [after]), len(before) + length + len(after))


def _head(media_type: str, identifier: str, name: str) -> str:
    """The headers of one part, each with its line end."""
    lines = [f"Content-Type: {media_type}", f"Content-ID: <{content_id(identifier)}>"]
    if media_type != Gml.media_type:
        lines += ["Content-Description: coverage data", "Content-Transfer-Encoding: binary"]
    if name:
        lines.append(f"Content-Disposition: {disposition('inline', name)}")
    return "".join(f"{line}\r\n" for line in lines)
