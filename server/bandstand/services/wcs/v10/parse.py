"""GetCoverage of WCS 1.0.0 on the wire to a `Request` (OGC 03-065r6, 9.2)."""

from dataclasses import replace

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, UnknownBand, UnsupportedInterpolation, shorten
from bandstand.model.ask import MOST_NAMES, Ask
from bandstand.model.exchange import Arguments
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.services.ows.kvp import listed, refuse_many, required
from bandstand.services.ows.vendor import Wishes, read_resampling, read_wishes
from bandstand.services.wcs.coverages import chosen_fields, coverage_request
from bandstand.services.wcs.v10.document import AXIS_KEYS
from bandstand.services.wcs.v10.formats import media_type_of
from bandstand.services.wcs.v10.space import answer_grid

AXIS = AXIS_KEYS[0].lower()
"""The axis of the range set, whose values are the names of the fields; its name is a parameter."""
STANDARD = frozenset(
    {
        "service",
        "request",
        "version",
        "coverage",
        "crs",
        "response_crs",
        "bbox",
        "time",
        "width",
        "height",
        "resx",
        "resy",
        "interpolation",
        "format",
        "exceptions",
        "section",
        "updatesequence",
        *(key.casefold() for key in AXIS_KEYS),
    }
)
INTERPOLATIONS = ("nearest neighbor", "bilinear", "bicubic")
"""As published; the first is the default."""


def parse_coverage(args: Arguments, engine: Engine) -> tuple[Request, Wishes]:
    """Read a GetCoverage.

    Raises:
        UnknownLayer: Locator `layer`.
        InvalidParameter, MissingParameter, UnsupportedCrs, UnsupportedFormat, InvalidTime, UnknownBand, …
    """
    layer = engine.layer(required(args, "COVERAGE", hint="the name of a coverage"), "wcs")
    wishes = read_wishes(args, STANDARD, "coverage", time=args.get("TIME"))
    _check_exceptions(args.get("EXCEPTIONS"))
    grid = answer_grid(args, layer, engine)
    ask = _with_fields(_with_interpolation(wishes.ask, args), args, layer, engine)
    media_type = media_type_of(required(args, "FORMAT", hint="GeoTIFF"), engine)
    output = Output(kind="coverage", media_type=media_type)
    return coverage_request(layer, ask, grid, output, engine), replace(wishes, ask=ask)


def _check_exceptions(text: str) -> None:
    if text and "xml" not in text.casefold():
        raise InvalidParameter(
            f'EXCEPTIONS "{shorten(text)}" is not offered; offered: application/vnd.ogc.se_xml.', locator="EXCEPTIONS"
        )


def _with_interpolation(ask: Ask, args: Arguments) -> Ask:
    text = args.get("INTERPOLATION")
    if not text:
        return ask
    try:
        method = read_resampling(text, "INTERPOLATION")
    except InvalidParameter as error:
        raise UnsupportedInterpolation(error.message, locator="INTERPOLATION") from error
    if ask.resampling not in {None, method}:
        raise InvalidParameter("INTERPOLATION and RESAMPLING differ; give one.", locator="INTERPOLATION")
    return replace(ask, resampling=method)


def _with_fields(ask: Ask, args: Arguments, layer: Layer, engine: Engine) -> Ask:
    """The values of the range axis: names or numbers, in the order asked; `first/last` means all between."""
    key = next((key for key in AXIS_KEYS if args.get(key)), "")
    if not key:
        return ask
    if ask.bands:
        raise InvalidParameter(f"{key} was given under two names; give one.", locator=key)
    known = [field.name for field in engine.outputs(layer, ask)]
    refuse_many(args.get(key), key, most=MOST_NAMES, what="fields")
    names: list[str] = []
    for part in listed(args.get(key)):
        ends = chosen_fields([end.strip() for end in part.split("/", 1)], layer, ask, engine, key)
        first, last = known.index(ends[0]), known.index(ends[-1])
        if last < first:
            raise UnknownBand(f'{key} "{shorten(part)}" is reversed; give {ends[-1]}/{ends[0]}.', locator=key)
        names.extend(known[first : last + 1])
    return replace(ask, bands=tuple(names))
