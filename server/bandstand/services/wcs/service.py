"""One address for every version of WCS: the version is chosen here, the rest is the dialect's."""

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, InvalidParameter, MissingParameter, shorten
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.base import Route
from bandstand.services.ows.xml import parse_xml
from bandstand.services.wcs import v10, v11, v20
from bandstand.services.wcs.negotiate import Dialect, by_document, choose, likely

DIALECTS: tuple[Dialect, ...] = (v20.DIALECT, v11.DIALECT, v10.DIALECT)
"""Newest first."""


class Wcs:
    """Web Coverage Service."""

    name = "wcs"
    routes = (Route("/wcs"),)

    def answer(self, call: Call, engine: Engine) -> Response:
        """Find the version that is spoken, and answer in it."""
        spoken = _as_keys(call, engine)
        args = Arguments(spoken)
        service = args.get("SERVICE")
        if not service:
            raise MissingParameter("SERVICE is missing; give SERVICE=WCS.", locator="SERVICE")
        # The value is case-sensitive (OGC 09-147r3, requirement 11).
        if service != "WCS":
            raise InvalidParameter(f'SERVICE "{shorten(service)}" is not answered here; give WCS.', locator="SERVICE")
        dialect, version = choose(args, DIALECTS)
        return dialect.answer(spoken, args, version, engine)

    def fault(self, call: Call, error: BandstandError) -> Response:
        """Word an error as the version that was spoken has it."""
        dialect, version = _spoken(call)
        return dialect.fault(call, error, version)


def _as_keys(call: Call, engine: Engine) -> Call:
    """An XML request as keys."""
    if not call.body:
        return call
    root = parse_xml(call.body, max_bytes=engine.limits.body_max_bytes)
    return by_document(root, DIALECTS).from_xml(root, call)


def _spoken(call: Call) -> tuple[Dialect, str]:
    if call.body:
        for dialect in DIALECTS:
            # What cannot be parsed is searched: the report should still have the form that the client reads.
            # Whole, with its closing quote: that of 1.0 is the beginning of the others.
            head = call.body[:4096]
            if any(f"{uri}{quote}".encode() in head for uri in dialect.namespaces for quote in "\"'"):
                # By its attribute, else by a namespace that ends in it.
                marks = ('version="{}"', '/{}"', "/{}'")
                named = (v for mark in marks for v in dialect.versions if mark.format(v).encode() in head)
                return dialect, next(named, dialect.versions[0])
    return likely(Arguments(call), DIALECTS)


SERVICE = Wcs()
