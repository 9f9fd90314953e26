"""ProcessCoverages: a query of the processing language in, what it answers out (OGC 08-059r4)."""

import hashlib
import re
import time
from collections.abc import Iterator, Sequence

from bandstand.engine.engine import Engine
from bandstand.errors import DeadlineExceeded, InvalidProgram, MissingParameter, TooLarge, UnsupportedCrs
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.request import Request
from bandstand.services.ows.kvp import required
from bandstand.services.wcs.v20.wcps import QuerySemantics, QuerySyntax
from bandstand.services.wcs.v20.wcps.answers import Answer, Words, answers
from bandstand.services.wcs.v20.wcps.parse import FORM

_PARAMETER = re.compile(r"\$(\d{1,3})(?!\w)")
_CACHE = (("Cache-Control", "no-cache"),)


def process(call: Call, args: Arguments, engine: Engine) -> Response:
    """Answer a query: alone where it answers once, as `multipart/mixed` where it answers several times.

    Raises:
        MissingParameter: No QUERY, or an extra parameter that the query names.
        QuerySyntax, QuerySemantics: Something is wrong with the query.
    """
    text = with_parameters(required(args, "QUERY", hint=f"a query such as {FORM}"), args)
    try:
        return _all(text, call, engine)
    except QuerySyntax:
        raise
    except (InvalidProgram, UnsupportedCrs) as error:
        raise QuerySemantics(error.message, locator="query") from error


def _all(text: str, call: Call, engine: Engine) -> Response:
    found = answers(text, engine)
    if len(found.items) == 1:
        etag = call.headers.get("if-none-match", "")
        return _answered(found.items[0], engine, found.deadline, if_none_match=etag)
    if not found.items:
        return Response(media_type="text/plain", body=b"", headers=_CACHE)
    _check_all(found.items, engine)
    return mixed([_answered(item, engine, found.deadline) for item in found.items])


def _check_all(items: Sequence[Answer], engine: Engine) -> None:
    """Refuse several results that are too large together, since they leave as one body.

    Raises:
        TooLarge: With the limit.
    """
    values = sum(i.grid.width * i.grid.height * i.outputs for i in items if isinstance(i, Request))
    if values > engine.limits.coverage_max_px:
        raise TooLarge(
            f"The {len(items)} results have {values:,} values together, the limit is "
            f"{engine.limits.coverage_max_px:,} (limits.coverage_max_px). Ask for fewer, smaller or coarser ones.",
            locator="query",
        )


def with_parameters(text: str, args: Arguments) -> str:
    """The query with `$1`, `$2`, … replaced by the parameters of these names (OGC 08-059r4, 6.5.1).

    XML requests have them in their order, without names.

    Raises:
        MissingParameter: There is none of a number.
    """
    listed = args.all("EXTRAPARAMETER")

    def replaced(match: re.Match[str]) -> str:
        place = int(match[1])
        value = args.get(match[1]) or (listed[place - 1] if 0 < place <= len(listed) else "")
        if not value:
            raise MissingParameter(
                f"The query names the parameter {match[0]}; give it as {match[1]}=value.", locator=match[1]
            )
        return value

    return _PARAMETER.sub(replaced, text)


def _answered(item: Answer, engine: Engine, deadline: float, *, if_none_match: str = "") -> Response:
    if isinstance(item, Words):
        return Response(media_type=item.media_type, body=item.text.encode(), headers=_CACHE)
    if time.monotonic() > deadline:
        raise DeadlineExceeded("The query took longer than its time limit (limits.timeout_s). Ask a smaller area.")
    return engine.run(item, if_none_match=if_none_match, deadline=deadline)


def mixed(responses: Sequence[Response]) -> Response:
    """Several answers as one, in their order (RFC 2046, 5.1.3)."""
    bodies = [r.body if isinstance(r.body, bytes) else b"".join(r.body) for r in responses]
    digest = hashlib.blake2b(digest_size=12)
    for body in bodies:
        digest.update(body)
    boundary = f"bandstand-{digest.hexdigest()}"
    whole = b"".join(_parts(responses, bodies, boundary))
    warnings = dict.fromkeys(value for r in responses for key, value in r.headers if key == "Warning")
    return Response(
        media_type=f'multipart/mixed; boundary="{boundary}"',
        body=whole,
        headers=(*_CACHE, *(("Warning", text) for text in warnings)),
    )


def _parts(responses: Sequence[Response], bodies: Sequence[bytes], boundary: str) -> Iterator[bytes]:
    for response, body in zip(responses, bodies, strict=True):
        head = [f"Content-Type: {response.media_type}"]
        head += [f"{key}: {value}" for key, value in response.headers if key == "Content-Disposition"]
        yield "\r\n".join([f"--{boundary}", *head, "", ""]).encode()
        yield body
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
