"""Errors to service exception reports of WCS 1.0.0 (OGC 03-065r6, A.1)."""

from bandstand import errors
from bandstand.errors import BandstandError
from bandstand.model.exchange import Response
from bandstand.services.ows.report import fault_headers, parameter, wording
from bandstand.services.ows.versions import CurrentUpdateSequence, InvalidUpdateSequence
from bandstand.services.ows.xml import templates

MEDIA_TYPE = "application/vnd.ogc.se_xml"
CODES: dict[type[BandstandError], str] = {
    errors.MissingParameter: "MissingParameterValue",
    errors.BadRequest: "InvalidParameterValue",
    errors.UnsupportedFormat: "InvalidFormat",
    errors.UnknownLayer: "CoverageNotDefined",
    errors.NotFound: "InvalidParameterValue",
    errors.UnsupportedVersion: "InvalidParameterValue",
    CurrentUpdateSequence: "CurrentUpdateSequence",
    InvalidUpdateSequence: "InvalidUpdateSequence",
}
NAMES = {
    "layer": "COVERAGE",
    "time": "TIME",
    "expr": "EXPR",
    "ids": "ITEMS",
    "bands": "BANDS",
    "format": "FORMAT",
    "size": "WIDTH",
    "bbox": "BBOX",
    "grid": "BBOX",
    "OUTPUTCRS": "RESPONSE_CRS",
}
_TEMPLATES = templates("bandstand.services.wcs.v10")


def fault(error: BandstandError) -> Response:
    """Word an error; clients of this version know refusals of any kind by 400 at most."""
    status = 400 if error.http_status == 404 else error.http_status
    body = _TEMPLATES.get_template("report.xml.j2").render(
        code=wording(error, CODES), locator=parameter(error, NAMES), message=error.message
    )
    return Response(status=status, media_type=MEDIA_TYPE, body=body.encode(), headers=fault_headers(error))
