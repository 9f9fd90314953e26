"""Errors worded for the wire: exception reports of OWS 1.1 and 2.0, problem documents, their headers."""

import json
from collections.abc import Mapping
from typing import Literal

from bandstand.errors import BandstandError, InvalidProgram, TileOutOfRange, Unavailable, UnknownPath
from bandstand.model.exchange import Response
from bandstand.services.ows.xml import templates

RETRY_AFTER_S = 10
_TEMPLATES = templates("bandstand.services.ows")
_SCHEMAS = {
    "1.1": "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd",
    "2.0": "http://schemas.opengis.net/ows/2.0/owsExceptionReport.xsd",
}


def wording(error: BandstandError, codes: Mapping[type[BandstandError], str], *, default: str = "") -> str:
    """The protocol's code of an error: that of its class, or of the nearest class above it."""
    for cls in type(error).__mro__:
        if cls in codes:
            return codes[cls]
    return default


def parameter(error: BandstandError, names: Mapping[str, str]) -> str:
    """The protocol's parameter that an error is about; empty when it is about none."""
    locator = error.locator or ""
    return names.get(locator, locator)


def fault_headers(error: BandstandError) -> tuple[tuple[str, str], ...]:
    """How long an error may be kept, and when to try again."""
    keep = "public, max-age=60" if isinstance(error, TileOutOfRange | UnknownPath) else "no-store"
    headers = (("Cache-Control", keep),)
    return (*headers, ("Retry-After", str(RETRY_AFTER_S))) if isinstance(error, Unavailable) else headers


def ows_report(
    error: BandstandError,
    *,
    code: str,
    locator: str = "",
    status: int,
    ows: Literal["1.1", "2.0"],
    version: str,
    media_type: str = "text/xml",
) -> Response:
    """An `ows:ExceptionReport` about one error.

    Args:
        error: Its message becomes the text.
        code: The exception code of the protocol.
        locator: The parameter at fault, if any.
        status: Of HTTP.
        ows: Which OWS Common the protocol builds on.
        version: Version of the report, that of the protocol.
        media_type: As the protocol wants it.
    """
    body = _TEMPLATES.get_template("exception_report.xml.j2").render(
        ows=ows, schema=_SCHEMAS[ows], version=version, code=code, locator=locator, message=error.message
    )
    return Response(status=status, media_type=media_type, body=body.encode(), headers=fault_headers(error))


def problem_members(error: BandstandError, *, name: str = "", code: str = "") -> dict[str, object]:
    """An error as the members of a problem document (RFC 9457) and ours: parameter, position, code."""
    members: dict[str, object] = {
        "type": f"urn:bandstand:error:{type(error).__name__}",
        "title": _title(type(error).__name__),
        "status": error.http_status,
        "detail": error.message,
    }
    if name:
        members["parameter"] = name
    if isinstance(error, InvalidProgram) and error.column:
        members["position"] = error.column
    if code:
        members["code"] = code
    return members


def problem(error: BandstandError, *, name: str = "", media_type: str = "application/problem+json") -> Response:
    """A problem document about one error; `name` is the parameter at fault."""
    body = json.dumps(problem_members(error, name=name), ensure_ascii=False).encode("utf-8", "replace")
    return Response(status=error.http_status, media_type=media_type, body=body, headers=fault_headers(error))


def _title(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words[:1].upper() + words[1:]
