"""Errors to exception reports of WCS 1.1.x (OGC 07-067r5, tables 10, 20 and 30)."""

from bandstand import errors
from bandstand.errors import BandstandError
from bandstand.model.exchange import Response
from bandstand.services.ows.report import fault_headers, parameter, wording
from bandstand.services.ows.versions import InvalidUpdateSequence
from bandstand.services.ows.xml import templates
from bandstand.services.wcs.v11.tongue import Tongue

CODES: dict[type[BandstandError], str] = {
    errors.MissingParameter: "MissingParameterValue",
    errors.BadRequest: "InvalidParameterValue",
    errors.NotFound: "InvalidParameterValue",
    errors.TooLarge: "NoApplicableCode",
    errors.UnsupportedVersion: "VersionNegotiationFailed",
    InvalidUpdateSequence: "InvalidUpdateSequence",
}
NAMES = {
    "layer": "identifier",
    "time": "TimeSequence",
    "expr": "EXPR",
    "ids": "ITEMS",
    "bands": "RangeSubset",
    "format": "format",
    "size": "BoundingBox",
    "bbox": "BoundingBox",
    "grid": "BoundingBox",
    "OUTPUTCRS": "GridBaseCRS",
}
_TEMPLATES = templates("bandstand.services.wcs.v11")


def fault(error: BandstandError, tongue: Tongue) -> Response:
    """Word an error; clients of these versions know refusals of any kind by 400 at most."""
    status = 400 if error.http_status == 404 else error.http_status
    body = _TEMPLATES.get_template("report.xml.j2").render(
        tongue=tongue,
        code=wording(error, CODES, default="NoApplicableCode"),
        locator=parameter(error, NAMES),
        message=error.message,
    )
    return Response(status=status, media_type="text/xml", body=body.encode(), headers=fault_headers(error))
