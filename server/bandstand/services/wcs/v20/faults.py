"""Errors to WCS 2.0 exception reports: code, locator, status (OGC 09-110r4, tables 14, 18, 20, and the extensions)."""

from bandstand import errors
from bandstand.errors import BandstandError
from bandstand.model.exchange import Call, Response
from bandstand.services.ows.report import ows_report, parameter, wording
from bandstand.services.ows.versions import InvalidUpdateSequence
from bandstand.services.wcs.v20 import geotiff
from bandstand.services.wcs.v20.coveragesets import NoSuchDatasetSeriesOrCoverage
from bandstand.services.wcs.v20.parse import InvalidFieldSequence, OutputCrsNotSupported, SubsettingCrsNotSupported
from bandstand.services.wcs.v20.scaling import InvalidExtent, InvalidScaleFactor, ScaleAxisUndefined
from bandstand.services.wcs.v20.wcps import QuerySemantics, QuerySyntax
from bandstand.services.wcs.v20.xmlrequest import InvalidEncodingSyntax

_GEOTIFF = (
    geotiff.CompressionInvalid,
    geotiff.CompressionNotSupported,
    geotiff.JpegQualityInvalid,
    geotiff.PredictorInvalid,
    geotiff.InterleavingInvalid,
    geotiff.TilingInvalid,
)
CODES: dict[type[BandstandError], str] = {
    errors.MissingParameter: "MissingParameterValue",
    errors.InvalidParameter: "InvalidParameterValue",
    errors.BadRequest: "InvalidParameterValue",
    errors.InvalidTime: "InvalidSubsetting",
    errors.InvalidSubset: "InvalidSubsetting",
    errors.InvalidAxis: "InvalidAxisLabel",
    ScaleAxisUndefined: "ScaleAxisUndefined",
    InvalidScaleFactor: "InvalidScaleFactor",
    InvalidExtent: "InvalidExtent",
    SubsettingCrsNotSupported: "SubsettingCrs-NotSupported",
    OutputCrsNotSupported: "OutputCrs-NotSupported",
    errors.UnsupportedInterpolation: "InterpolationMethodNotSupported",
    errors.UnknownLayer: "NoSuchCoverage",
    errors.UnknownBand: "NoSuchField",
    NoSuchDatasetSeriesOrCoverage: "NoSuchDatasetSeriesOrCoverage",
    InvalidEncodingSyntax: "InvalidEncodingSyntax",
    InvalidFieldSequence: "InvalidFieldSequence",
    **{refusal: refusal.__name__ for refusal in _GEOTIFF},
    errors.TooLarge: "NoApplicableCode",
    errors.UnsupportedVersion: "VersionNegotiationFailed",
    InvalidUpdateSequence: "InvalidUpdateSequence",
    QuerySyntax: "SyntaxError",
    QuerySemantics: "SemanticError",
}
NAMES = {
    "layer": "coverageId",
    "time": "time",
    "expr": "EXPR",
    "ids": "ITEMS",
    "bands": "RANGESUBSET",
    "format": "FORMAT",
    "size": "SUBSET",
    "bbox": "SUBSET",
    "grid": "SUBSET",
    **{
        option: f"GEOTIFF:{option.upper()}"
        for option in ("compression", "predictor", "interleave", "tiling", "tilewidth", "tileheight")
    },
}

_BY_PLACE = {
    # No well-formed document (OGC 09-148r1, table 1).
    "body": ("InvalidEncodingSyntax", 400),
    # Whether a predictor suits the numbers is known when they are there (OGC 12-101).
    "predictor": ("PredictorInvalid", 404),
}
"""Where the place tells more than the error's class: code and status."""


def fault(call: Call, error: BandstandError) -> Response:  # noqa: ARG001 - every service's fault takes the call
    """Word an error as an OWS 2.0 exception report."""
    code = wording(error, CODES, default="NoApplicableCode")
    status = 404 if isinstance(error, errors.InvalidTime) else error.http_status
    if type(error) in {errors.BadRequest, errors.InvalidParameter}:
        code, status = _BY_PLACE.get(error.locator or "", (code, status))
    return ows_report(
        error,
        code=code,
        locator=parameter(error, NAMES),
        status=status,
        ows="2.0",
        version="2.0.1",
        # Clients in the field know reports by this type alone.
        media_type="text/xml",
    )
