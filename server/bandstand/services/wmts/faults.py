"""Errors in WMTS words: one table of codes, one of parameter names, and the statuses of KVP and REST."""

from collections.abc import Mapping

from bandstand.errors import (
    BadRequest,
    BandstandError,
    InvalidPoint,
    MissingParameter,
    NotFound,
    NotQueryable,
    TileOutOfRange,
    TooLarge,
    UnknownPath,
    UnsupportedVersion,
)
from bandstand.model.exchange import Response
from bandstand.services.ows.report import ows_report, parameter, wording
from bandstand.services.ows.versions import InvalidUpdateSequence

# 07-057r7, tables 9, 19, 23 and 27
CODES: Mapping[type[BandstandError], str] = {
    MissingParameter: "MissingParameterValue",
    BadRequest: "InvalidParameterValue",
    NotFound: "InvalidParameterValue",
    UnknownPath: "NoApplicableCode",
    TileOutOfRange: "TileOutOfRange",
    # Table 27 has PointIJOutOfRange; the compliance suite takes TileOutOfRange alone, with I or J as locator.
    InvalidPoint: "TileOutOfRange",
    NotQueryable: "OperationNotSupported",
    UnsupportedVersion: "VersionNegotiationFailed",
    TooLarge: "InvalidParameterValue",
    InvalidUpdateSequence: "InvalidUpdateSequence",
}
_NAMES: Mapping[str, str] = {
    "above": "ABOVE",
    "bands": "BANDS",
    "below": "BELOW",
    "collection": "Layer",
    "colormap": "COLORMAP",
    "expr": "EXPR",
    "format": "Format",
    "gamma": "GAMMA",
    "ids": "ITEMS",
    "items": "ITEMS",
    "layer": "Layer",
    "nodata_color": "NODATA_COLOR",
    "output.media_type": "Format",
    "range": "RANGE",
    "size": "TileMatrix",
    "style": "Style",
    "tile.col": "TileCol",
    "tile.row": "TileRow",
    "time": "Time",
}


def report(error: BandstandError, *, rest: bool) -> Response:
    """An OWS 1.1 exception report (07-057r7, 6.1); REST keeps the statuses of HTTP, KVP those of table 23."""
    code = wording(error, CODES, default="NoApplicableCode")
    locator = "" if isinstance(error, InvalidUpdateSequence) else parameter(error, _NAMES)
    status = error.http_status
    if isinstance(error, NotQueryable):
        status = 501
    elif status == 404 and not rest:
        status = 400
    return ows_report(error, code=code, locator=locator, status=status, ows="1.1", version="1.0.0")
