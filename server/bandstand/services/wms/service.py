"""WMS: routes, dispatch, and errors in the form the client asked for."""

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, InvalidParameter, shorten
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.limits import Limits
from bandstand.services.base import Route
from bandstand.services.ows import kvp
from bandstand.services.ows.info import feature_info, feature_info_schema, with_warnings
from bandstand.services.ows.kept import read_kept
from bandstand.services.ows.resolution import read_sizes
from bandstand.services.ows.versions import refuse_known_sequence
from bandstand.services.wms import faults
from bandstand.services.wms.describe import capabilities, described_layers
from bandstand.services.wms.metadata import metadata_record
from bandstand.services.wms.parse import (
    Version,
    read_described,
    read_ground,
    read_info,
    read_legend,
    read_map,
    read_operation,
    read_record,
    read_version,
)
from bandstand.services.wms.picture import can_draw, error_picture

_REPORTS = {
    "xml": "xml",
    "text/xml": "xml",
    "application/vnd.ogc.se_xml": "xml",
    "inimage": "inimage",
    "application/vnd.ogc.se_inimage": "inimage",
    "blank": "blank",
    "application/vnd.ogc.se_blank": "blank",
    "json": "json",
    "application/json": "json",
}


class Wms:
    """The Web Map Service in its two living versions."""

    name = "wms"
    routes = (Route("/wms"), Route("/wms/"))

    def answer(self, call: Call, engine: Engine) -> Response:
        """Answer any operation, or raise a `BandstandError`."""
        args = Arguments(call)
        operation = read_operation(args)
        version = read_version(args, operation)
        if operation == "GetCapabilities":
            refuse_known_sequence(args.get("updatesequence"), str(engine.sequence()))
            return capabilities(engine, version, call.base_url, read_kept(call, args))
        _check_exceptions(args)
        if operation == "GetMap":
            query = read_map(args, version, engine)
            response = engine.run(query.request, if_none_match=call.headers.get("if-none-match", ""))
            return with_warnings(response, query.warnings)
        if operation == "GetFeatureInfo":
            info = read_info(args, version, engine)
            samples = engine.sample(info.request, count=info.count)
            return with_warnings(feature_info(samples, info.media_type, call.base_url), info.warnings)
        if operation == "GetLegendGraphic":
            legend = read_legend(args, engine)
            drawn = engine.legend(
                *legend.styled,
                media_type=legend.media_type,
                width=legend.width,
                height=legend.height,
                scale=legend.scale,
                letters=legend.letters,
                ground=legend.ground,
            )
            return with_warnings(drawn, legend.warnings)
        return _document(operation, version, call, engine)

    def fault(self, call: Call, error: BandstandError) -> Response:
        """Report an error as EXCEPTIONS asks: XML, JSON, the text in a picture, or a blank picture."""
        args = _first_values(call)
        version = _version(args)
        form = _REPORTS.get(args.get("exceptions").casefold(), "xml")
        if form == "json":
            return faults.json_report(error, version)
        if form in {"inimage", "blank"} and args.get("request").casefold() in {"getmap", "map"}:
            picture = _picture(args, error.message if form == "inimage" else "", call.limits)
            if picture is not None:
                return picture
        return faults.xml_report(error, version)


def _document(operation: str, version: Version, call: Call, engine: Engine) -> Response:
    """What is told of layers besides capabilities."""
    args = Arguments(call)
    if operation == "GetFeatureInfoSchema":
        return feature_info_schema(engine.layers)
    if operation == "GetMetadata":
        return metadata_record(*read_record(args, engine), engine, call.base_url, read_kept(call, args))
    return described_layers(read_described(args, engine), version, call.base_url, read_kept(call, args))


def _check_exceptions(args: Arguments) -> None:
    text = args.get("exceptions")
    if text and text.casefold() not in _REPORTS:
        raise InvalidParameter(
            f'EXCEPTIONS "{shorten(text)}" is not offered; offered: XML, INIMAGE, BLANK, application/json.',
            locator="EXCEPTIONS",
        )


def _first_values(call: Call) -> Arguments:
    """The parameters without the conflicts that may be what is reported."""
    seen: dict[str, tuple[str, str]] = {}
    for key, value in call.args:
        if value.strip():
            seen.setdefault(key.casefold(), (key, value))
    return Arguments(Call(method=call.method, path=call.path, args=tuple(seen.values())))


def _version(args: Arguments) -> Version:
    operation = args.get("request")
    try:
        return read_version(args, "GetCapabilities" if "getcap" in operation.casefold() else operation)
    except BandstandError:
        # SRS is what 1.1.1 alone calls it: who sends it reads reports of 1.1.1.
        return "1.1.1" if "srs" in args and "crs" not in args else "1.3.0"


def _picture(args: Arguments, text: str, limits: Limits) -> Response | None:
    """The error as the picture that was asked for; None when the request does not say which picture."""
    try:
        width = kvp.size(args.get("width"), "WIDTH", limit=limits.map_max_width_px, limit_name="MaxWidth")
        height = kvp.size(args.get("height"), "HEIGHT", limit=limits.map_max_height_px, limit_name="MaxHeight")
        transparent, background = read_ground(args)
        scale, _ = read_sizes(args)
    except BandstandError:
        return None
    media_type = args.get("format")
    if not can_draw(media_type):
        return None
    body = error_picture(
        text,
        media_type=media_type,
        width=width,
        height=height,
        transparent=transparent,
        background=background,
        scale=scale,
    )
    return Response(media_type=media_type, body=body, headers=(("Cache-Control", "no-store"),))


SERVICE = Wms()
