"""GetCoverage of WCS 1.1.x on the wire to a `Request` (OGC 07-067r5, 10.2)."""

from dataclasses import replace

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, InvalidTime, UnknownBand, UnsupportedInterpolation, shorten
from bandstand.model.ask import Ask
from bandstand.model.exchange import Arguments
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.model.selection import Resampling
from bandstand.services.ows.kvp import boolean, required
from bandstand.services.ows.vendor import Wishes, read_resampling, read_wishes
from bandstand.services.wcs.coverages import chosen_fields, coverage_request, read_format
from bandstand.services.wcs.v11.fields import FieldSubset, read_fields
from bandstand.services.wcs.v11.space import answer_grid

FIELD = "contents"
"""The one field that every coverage has; its values are a vector of bands."""
AXIS = "bands"
"""The axis of that vector, whose keys are the names of the bands."""
METHODS = ("nearest", "linear", "cubic")
"""As published; the first is the default."""
STANDARD = frozenset(
    {
        "service",
        "request",
        "version",
        "identifier",
        "identifiers",
        "boundingbox",
        "timesequence",
        "time",
        "rangesubset",
        "gridbasecrs",
        "gridtype",
        "gridcs",
        "gridorigin",
        "gridoffsets",
        "format",
        "store",
        "acceptversions",
        "acceptformats",
        "sections",
        "updatesequence",
    }
)


def parse_coverage(args: Arguments, engine: Engine) -> tuple[Request, Layer, Wishes]:
    """Read a GetCoverage.

    Raises:
        UnknownLayer: Locator `layer`.
        InvalidParameter, MissingParameter, UnsupportedCrs, UnsupportedFormat, InvalidTime, UnknownBand, …
    """
    layer = engine.layer(required(args, "IDENTIFIER", hint="that of a coverage"), "wcs")
    wishes = read_wishes(args, STANDARD, "coverage", time=_time(args))
    if boolean(args.get("STORE"), "STORE", default=False):
        raise InvalidParameter(
            "STORE: coverages are not stored here; leave it out to get the coverage itself.", locator="STORE"
        )
    grid = answer_grid(args, layer, engine)
    media_type = read_format(required(args, "FORMAT", hint="image/tiff"), engine, "FORMAT")
    ask = wishes.ask
    if text := args.get("RANGESUBSET"):
        ask = _with_fields(ask, read_fields(text, AXIS), layer, engine)
    request = coverage_request(layer, ask, grid, Output(kind="coverage", media_type=media_type), engine)
    return request, layer, replace(wishes, ask=ask)


def _time(args: Arguments) -> str:
    """TIMESEQUENCE, or our TIME, which means the same."""
    text, ours = args.get("TIMESEQUENCE"), args.get("TIME")
    if text and ours and text != ours and args.all("TIME"):
        raise InvalidParameter("TIMESEQUENCE and TIME differ; give one.", locator="TIME")
    text = text or ours
    if any(not end.strip() for member in text.split(",") if "/" in member for end in member.split("/")):
        raise InvalidTime(
            f'TIMESEQUENCE "{shorten(text)}": a period needs both ends, such as 2023-06-01/2023-06-30.', locator="time"
        )
    return text


def _with_fields(ask: Ask, fields: tuple[FieldSubset, ...], layer: Layer, engine: Engine) -> Ask:
    """Bands and interpolation of the fields asked for; a band may also be asked for as if it were a field."""
    if ask.bands:
        raise InvalidParameter("RANGESUBSET and BANDS exclude each other; give one.", locator="RANGESUBSET")
    names: list[str] = []
    whole = False
    for subset in fields:
        if subset.name.casefold() == FIELD:
            whole = whole or not subset.keys
            names.extend(subset.keys)
        elif subset.keys:
            raise UnknownBand(
                f'RANGESUBSET: there is no field "{shorten(subset.name)}" with an axis; the field is {FIELD}.',
                locator="RANGESUBSET",
            )
        else:
            names.append(subset.name)
    chosen = chosen_fields(names, layer, ask, engine, "RANGESUBSET")
    ask = _with_method(ask, fields)
    return ask if whole else replace(ask, bands=chosen)


def _with_method(ask: Ask, fields: tuple[FieldSubset, ...]) -> Ask:
    methods = {_resampling(subset.method) for subset in fields if subset.method is not None}
    if not methods:
        return ask
    if len(methods | ({ask.resampling} if ask.resampling else set())) > 1:
        raise InvalidParameter(
            "RANGESUBSET and RESAMPLING ask for several interpolation methods; one is applied to all fields.",
            locator="RANGESUBSET",
        )
    return replace(ask, resampling=methods.pop())


def _resampling(text: str) -> Resampling:
    try:
        return read_resampling(text, "RANGESUBSET")
    except InvalidParameter as error:
        raise UnsupportedInterpolation(error.message, locator="RANGESUBSET") from error
