"""The three operations that every version of WCS has, and the answer to the third."""

from collections.abc import Sequence
from dataclasses import replace

from bandstand.engine.engine import Engine
from bandstand.errors import MissingParameter, UnknownOperation, shorten, suggest
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.request import Request
from bandstand.services.ows.kvp import listed, refuse_many

OPERATIONS = ("GetCapabilities", "DescribeCoverage", "GetCoverage")
MOST_DESCRIBED = 200
"""Identifiers in one request for descriptions, those that repeat included."""


def read_ids(text: str, key: str) -> tuple[str, ...]:
    """The identifiers to be described, each once, in the order given.

    Raises:
        TooLarge: There are too many.
    """
    refuse_many(text, key, most=MOST_DESCRIBED, what="coverages")
    return tuple(dict.fromkeys(filter(None, listed(text))))


def read_operation(args: Arguments, offered: Sequence[str] = OPERATIONS) -> str:
    """The operation of a request, in the standard's spelling.

    Raises:
        MissingParameter: There is none; locator `REQUEST`.
        UnknownOperation: It is not offered; locator `REQUEST`.
    """
    asked = args.get("REQUEST")
    if not asked:
        raise MissingParameter(f"REQUEST is missing; give one of {', '.join(offered)}.", locator="REQUEST")
    known = next((name for name in offered if name.casefold() == asked.casefold()), None)
    if known is None:
        raise UnknownOperation(
            f'REQUEST "{shorten(asked)}" is not offered; offered: {", ".join(offered)}.{suggest(asked, offered)}',
            locator="REQUEST",
        )
    return known


def deliver(call: Call, request: Request, warnings: Sequence[str], engine: Engine) -> Response:
    """Run a request for a coverage; `warnings` become headers besides those of the engine."""
    answer = engine.run(request, if_none_match=call.headers.get("if-none-match", ""))
    if not warnings:
        return answer
    return replace(answer, headers=(*answer.headers, *(("Warning", text) for text in warnings)))
