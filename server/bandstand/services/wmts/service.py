"""WMTS: routes of KVP and REST, dispatch, reports."""

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.base import Route
from bandstand.services.ows.info import feature_info, with_warnings
from bandstand.services.ows.kept import read_kept
from bandstand.services.ows.versions import accept_versions, refuse_higher_sequence
from bandstand.services.wmts.describe import capabilities
from bandstand.services.wmts.faults import report
from bandstand.services.wmts.parse import (
    SECTIONS,
    InfoQuery,
    kvp_address,
    kvp_pixel,
    path_address,
    read_info,
    read_operation,
    read_sections,
    read_tile,
    split_extension,
)
from bandstand.services.wmts.tiles import EXTENSIONS, INFO_EXTENSIONS, TileQuery

_METADATA = "/wmts/1.0.0/WMTSCapabilities.xml"
_TILE = "/wmts/1.0.0/{layer}/{style}/{set}/{matrix}/{row}/{tail}"
_TIMED_TILE = "/wmts/1.0.0/{layer}/{style}/{time}/{set}/{matrix}/{row}/{tail}"
_INFO = "/wmts/1.0.0/{layer}/{style}/{set}/{matrix}/{row}/{col}/{j}/{tail}"
_TIMED_INFO = "/wmts/1.0.0/{layer}/{style}/{time}/{set}/{matrix}/{row}/{col}/{j}/{tail}"
_XML = frozenset({"*/*", "application/*", "application/xml", "text/*", "text/xml", "text/html"})


class Wmts:
    """The Web Map Tile Service."""

    name = "wmts"
    routes = (
        Route("/wmts"),
        Route("/wmts/"),
        Route(_METADATA, methods=("GET",)),
        Route(_TILE, methods=("GET",)),
        Route(_TIMED_TILE, methods=("GET",)),
        Route(_INFO, methods=("GET",)),
        Route(_TIMED_INFO, methods=("GET",)),
    )

    def answer(self, call: Call, engine: Engine) -> Response:
        """Answer any operation in either encoding, or raise a `BandstandError`."""
        args = Arguments(call)
        if call.variables:
            return self._rest(call, args, engine)
        if call.path == _METADATA:
            if not _takes_xml(call.headers.get("accept", "")):
                return Response(status=406, body=b"This document is application/xml.\n")
            return capabilities(engine, call.base_url, frozenset(SECTIONS), read_kept(call, args))
        operation = read_operation(args)
        if operation == "GetCapabilities":
            return self._capabilities(call, args, engine)
        address = kvp_address(args)
        if operation == "GetTile":
            return _draw(read_tile(address, args, engine), call, engine)
        i, j, media_type = kvp_pixel(args)
        return _inform(read_info(address, (i, j), media_type, args, engine), call, engine)

    def fault(self, call: Call, error: BandstandError) -> Response:
        """An OWS 1.1 exception report."""
        return report(error, rest=bool(call.variables))

    def _capabilities(self, call: Call, args: Arguments, engine: Engine) -> Response:
        accept_versions(args.get("acceptversions"), ("1.0.0",))
        sections = read_sections(args)
        known = args.get("updatesequence")
        refuse_higher_sequence(known, str(engine.sequence()))
        return capabilities(engine, call.base_url, sections, read_kept(call, args), known_sequence=known)

    def _rest(self, call: Call, args: Arguments, engine: Engine) -> Response:
        variables = call.variables
        tail = variables["tail"]
        if "j" in variables:
            i, media_type = split_extension(tail, INFO_EXTENSIONS)
            address = path_address(variables, args, variables["col"])
            return _inform(read_info(address, (i, variables["j"]), media_type, args, engine), call, engine)
        col, media_type = split_extension(tail, EXTENSIONS)
        return _draw(read_tile(path_address(variables, args, col, media_type), args, engine), call, engine)


def _draw(query: TileQuery, call: Call, engine: Engine) -> Response:
    response = engine.run(query.request, if_none_match=call.headers.get("if-none-match", ""))
    return with_warnings(response, query.warnings)


def _inform(query: InfoQuery, call: Call, engine: Engine) -> Response:
    answer = feature_info(engine.sample(query.request), query.media_type, call.base_url)
    return with_warnings(answer, query.warnings)


def _takes_xml(accept: str) -> bool:
    ranges = {part.partition(";")[0].strip().casefold() for part in accept.split(",")} - {""}
    return not ranges or bool(ranges & _XML)


WMTS = Wmts()
