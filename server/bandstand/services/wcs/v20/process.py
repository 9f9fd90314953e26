"""ProcessCoverages: a query of the processing language in, what it answers out (OGC 08-059r4)."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bandstand.engine.engine import Engine
from bandstand.errors import (
    InvalidParameter,
    InvalidProgram,
    MissingParameter,
    TooLarge,
    UnsupportedCrs,
)
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.request import Request
from bandstand.model.turn import current_turn
from bandstand.services.ows.foreign import refuse_foreign
from bandstand.services.ows.kvp import required
from bandstand.services.ows.spellings import SPELLINGS
from bandstand.services.wcs.v20.wcps import QuerySemantics, QuerySyntax
from bandstand.services.wcs.v20.wcps.answers import Answer, Answers, Words, answers
from bandstand.services.wcs.v20.wcps.parse import FORM, check_length

_PARAMETER = re.compile(r"\$(\d{1,3})(?!\w)")
_CACHE = (("Cache-Control", "no-cache"),)
_TIME = "X-Source-Time"
STANDARD = frozenset({"service", "request", "version", "query", "extraparameter", "format", "mediatype"})


def process(call: Call, args: Arguments, engine: Engine) -> Response:
    """Answer a query: alone where it answers once, as `multipart/mixed` where it answers several times.

    Raises:
        InvalidParameter: A key that a query does not go with.
        MissingParameter: No QUERY, or an extra parameter that the query names.
        QuerySyntax, QuerySemantics: Something is wrong with the query.
        TooLarge: It asks for more than one coverage may; locator `query`.
    """
    _refuse_strangers(args)
    text = required(args, "QUERY", hint=f"a query such as {FORM}")
    text = with_parameters(text, args, engine.limits.expression_max_length)
    try:
        return _all(text, call, engine)
    except QuerySyntax:
        raise
    except (InvalidProgram, UnsupportedCrs) as error:
        raise QuerySemantics(error.message, locator="query") from error
    except TooLarge as error:
        # Whatever the size of an answer hangs on, here it is the query.
        raise TooLarge(error.message, locator="query") from error


def _refuse_strangers(args: Arguments) -> None:
    """Refuse keys that would change the answer of any other operation: a query says all of it itself.

    Raises:
        InvalidParameter: Locator is the key.
    """
    for key in args.keys():  # noqa: SIM118 - Arguments is no mapping
        if key in STANDARD:
            continue
        if (key in SPELLINGS or key == "time") and args.all(key):
            raise InvalidParameter(
                f"{key.upper()} goes with GetCoverage; say within QUERY what it asks for.", locator=key.upper()
            )
        refuse_foreign(key, args.all(key), "query", own=STANDARD)


def _all(text: str, call: Call, engine: Engine) -> Response:
    found = answers(text, engine)
    if len(found.items) == 1:
        etag = call.headers.get("if-none-match", "")
        return _with_notes(_answered(found.items[0], engine, if_none_match=etag), found)
    if not found.items:
        return Response(media_type="text/plain", body=b"", headers=_CACHE)
    for item in found.items:
        if isinstance(item, Request):
            # Before the first of them is computed.
            found.spent.charge(engine.plan(item))
    return _with_notes(mixed([_answered(item, engine) for item in found.items]), found)


def with_parameters(text: str, args: Arguments, most: int) -> str:
    """The query with `$1`, `$2`, … replaced by the parameters of these names (OGC 08-059r4, 6.5.1).

    XML requests have them in their order, without names.

    Args:
        text: As it was sent.
        args: Holds the parameters.
        most: Characters that a query may have; no longer one is put together.

    Raises:
        MissingParameter: There is none of a number.
        QuerySyntax: Too long, before or after.
    """
    check_length(text, len(text), most)
    listed = args.all("EXTRAPARAMETER")
    length = len(text)

    def replaced(match: re.Match[str]) -> str:
        nonlocal length
        place = int(match[1])
        value = args.get(match[1]) or (listed[place - 1] if 0 < place <= len(listed) else "")
        if not value:
            raise MissingParameter(
                f"The query names the parameter {match[0]}; give it as {match[1]}=value.", locator=match[1]
            )
        length += len(value) - len(match[0])
        check_length(text, length, most)
        return value

    return _PARAMETER.sub(replaced, text)


def _answered(item: Answer, engine: Engine, *, if_none_match: str = "") -> Response:
    if isinstance(item, Words):
        return Response(media_type=item.media_type, body=item.text.encode(), headers=_CACHE)
    current_turn(engine.limits.timeout_s).check()
    return engine.run(item, if_none_match=if_none_match)


def _with_notes(answer: Response, found: Answers) -> Response:
    """The answer with the notes on whatever its numbers and conditions were made of.

    Where it has pixels, it has told their time already; of the conditions it tells the warnings then.
    """
    timed = any(key == _TIME for key, _ in answer.headers)
    more = [
        pair for pair in found.spent.headers() if pair not in answer.headers and (pair[0] == "Warning" or not timed)
    ]
    return replace(answer, headers=(*answer.headers, *more))


def mixed(responses: Sequence[Response]) -> Response:
    """Several answers as one, in their order (RFC 2046, 5.1.3); each body is made while it is sent.

    Nothing but what was asked and what it is tagged with goes into the boundary, so that the same query gives the
    same bytes.
    """
    digest = hashlib.blake2b(digest_size=12)
    for response in responses:
        text = response.body if isinstance(response.body, bytes) else b""
        digest.update(f"{response.media_type} {response.etag} {len(text)} ".encode() + text)
    boundary = f"bandstand-{digest.hexdigest()}"
    heads = [_head(response, boundary) for response in responses]
    end = f"--{boundary}--\r\n".encode()
    lengths = [len(r.body) if isinstance(r.body, bytes) else r.length for r in responses]
    known = [length for length in lengths if length is not None]
    frame = sum(len(head) + 2 for head in heads) + len(end)
    warnings = dict.fromkeys(value for r in responses for key, value in r.headers if key == "Warning")
    span = _span([value for r in responses for key, value in r.headers if key == _TIME])
    return Response(
        media_type=f'multipart/mixed; boundary="{boundary}"',
        body=_parts(responses, heads, end),
        length=frame + sum(known) if len(known) == len(lengths) else None,
        headers=(*_CACHE, *(("Warning", text) for text in warnings), *([(_TIME, span)] if span else [])),
    )


def _head(response: Response, boundary: str) -> bytes:
    lines = [f"Content-Type: {response.media_type}"]
    lines += [f"{key}: {value}" for key, value in response.headers if key == "Content-Disposition"]
    return "\r\n".join([f"--{boundary}", *lines, "", ""]).encode()


def _parts(responses: Sequence[Response], heads: Sequence[bytes], end: bytes) -> Iterator[bytes]:
    for response, head in zip(responses, heads, strict=True):
        yield head
        if isinstance(response.body, bytes):
            yield response.body
        else:
            yield from response.body
        yield b"\r\n"
    yield end


def _span(texts: Sequence[str]) -> str:
    """From the first of some times and spans of time to the last."""
    ends = sorted((end for text in texts for end in text.split("/")), key=datetime.fromisoformat)
    return "/".join(dict.fromkeys((ends[0], ends[-1]))) if ends else ""
