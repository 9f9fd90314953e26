"""Errors to WCS 2.0 exception reports: code, locator, status (OGC 09-110r4, tables 14, 18, 20, and the extensions)."""

from bandstand import errors
from bandstand.errors import BandstandError
from bandstand.model.exchange import Call, Response
from bandstand.services.ows.report import ows_report, parameter, wording
from bandstand.services.wcs.v20.parse import OutputCrsNotSupported, SubsettingCrsNotSupported
from bandstand.services.wcs.v20.scaling import InvalidExtent, InvalidScaleFactor, ScaleAxisUndefined

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
    errors.TooLarge: "NoApplicableCode",
    errors.UnknownOperation: "OperationNotSupported",
    errors.UnsupportedVersion: "VersionNegotiationFailed",
}
NAMES = {
    "layer": "coverageId",
    "time": "time",
    "expr": "EXPR",
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


def fault(call: Call, error: BandstandError) -> Response:  # noqa: ARG001 - every service's fault takes the call
    """Word an error as an OWS 2.0 exception report."""
    status = 404 if isinstance(error, errors.InvalidTime) else error.http_status
    return ows_report(
        error,
        code=wording(error, CODES, default="NoApplicableCode"),
        locator=parameter(error, NAMES),
        status=status,
        ows="2.0",
        version="2.0.1",
        # Clients in the field know reports by this type alone.
        media_type="text/xml",
    )
