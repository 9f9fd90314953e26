"""Errors in WMS words: one table of codes, one of parameter names, and the report as XML, picture or JSON."""

import json
from collections.abc import Mapping

from bandstand.errors import (
    BandstandError,
    InvalidPoint,
    InvalidTime,
    MissingParameter,
    NotQueryable,
    UnknownLayer,
    UnknownOperation,
    UnknownStyle,
    UnsupportedCrs,
    UnsupportedFormat,
)
from bandstand.model.exchange import Response
from bandstand.services.ows.report import fault_headers, parameter, problem_members, wording
from bandstand.services.ows.versions import CurrentUpdateSequence, InvalidUpdateSequence
from bandstand.services.ows.xml import templates
from bandstand.services.wms.parse import Version

_TEMPLATES = templates("bandstand.services.wms")

# 06-042, table E.1
CODES: Mapping[type[BandstandError], str] = {
    UnsupportedFormat: "InvalidFormat",
    UnsupportedCrs: "InvalidCRS",
    UnknownLayer: "LayerNotDefined",
    UnknownStyle: "StyleNotDefined",
    NotQueryable: "LayerNotQueryable",
    InvalidPoint: "InvalidPoint",
    CurrentUpdateSequence: "CurrentUpdateSequence",
    InvalidUpdateSequence: "InvalidUpdateSequence",
    InvalidTime: "InvalidDimensionValue",
    UnknownOperation: "OperationNotSupported",
}
MEDIA_TYPES: Mapping[Version, str] = {"1.3.0": "text/xml", "1.1.1": "application/vnd.ogc.se_xml"}
_NAMES: Mapping[str, str] = {
    "above": "ABOVE",
    "bands": "BANDS",
    "bbox": "BBOX",
    "below": "BELOW",
    "collection": "LAYERS",
    "colormap": "COLORMAP",
    "crs": "CRS",
    "expr": "EXPR",
    "format": "FORMAT",
    "gamma": "GAMMA",
    "grid": "BBOX",
    "grid.crs": "CRS",
    "ids": "ITEMS",
    "items": "ITEMS",
    "layer": "LAYERS",
    "limits": "",
    "nodata_color": "NODATA_COLOR",
    "output.media_type": "FORMAT",
    "range": "RANGE",
    "size": "WIDTH",
    "style": "STYLES",
    "time": "TIME",
}


def code(error: BandstandError, version: Version) -> str:
    """The exception code; empty where the standard has none for it."""
    if isinstance(error, MissingParameter) and error.locator in {"time", "TIME"}:
        return "MissingDimensionValue"
    found = wording(error, CODES)
    return "InvalidSRS" if found == "InvalidCRS" and version == "1.1.1" else found


def name(error: BandstandError, version: Version) -> str:
    """The parameter at fault, as this version spells it; empty when there is none."""
    found = parameter(error, _NAMES)
    return "SRS" if found == "CRS" and version == "1.1.1" else found


def xml_report(error: BandstandError, version: Version) -> Response:
    """A `ServiceExceptionReport` (06-042, annex E.2; 01-068r3, annex A.3)."""
    body = _TEMPLATES.get_template(f"exception_{version.replace('.', '_')}.xml.j2").render(
        code=code(error, version), locator=name(error, version), message=error.message
    )
    return Response(
        status=error.http_status, media_type=MEDIA_TYPES[version], body=body.encode(), headers=fault_headers(error)
    )


def json_report(error: BandstandError, version: Version) -> Response:
    """The same as JSON, for `EXCEPTIONS=application/json`."""
    members = problem_members(error, name=name(error, version), code=code(error, version))
    body = json.dumps(members, ensure_ascii=False).encode("utf-8", "replace")
    return Response(status=error.http_status, media_type="application/json", body=body, headers=fault_headers(error))
