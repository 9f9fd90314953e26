"""GetCoverage on the wire to a `Request` (OGC 09-147r3, 8.3, and the extensions)."""

from dataclasses import replace

from bandstand.engine.engine import Engine
from bandstand.errors import (
    InvalidParameter,
    UnknownBand,
    UnsupportedCrs,
    UnsupportedInterpolation,
    shorten,
    suggest,
)
from bandstand.model.ask import Ask
from bandstand.model.crs import CRS84, WEB_MERCATOR, WGS84, Crs, parse_crs
from bandstand.model.exchange import Arguments
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.services.ows.kvp import media_type, required
from bandstand.services.ows.vendor import Wishes, read_resampling, read_wishes
from bandstand.services.wcs.extent import Wanted, answer_grid
from bandstand.services.wcs.scaling import read_scaling
from bandstand.services.wcs.subset import Subset, read_subsets, time_of

STANDARD = frozenset(
    {
        "service",
        "request",
        "version",
        "coverageid",
        "format",
        "mediatype",
        "subsettingcrs",
        "outputcrs",
        "scalefactor",
        "scaleaxes",
        "scalesize",
        "scaleextent",
        "rangesubset",
        "interpolation",
        "interpolationmethod",
        "time",
        "acceptversions",
        "acceptformats",
        "sections",
        "updatesequence",
        "compression",
        "predictor",
    }
)


class SubsettingCrsNotSupported(UnsupportedCrs):
    """Subsets in this CRS are not understood."""

    http_status = 404


class OutputCrsNotSupported(UnsupportedCrs):
    """Coverages in this CRS are not delivered."""

    http_status = 404


def coverage_id(text: str) -> str:
    """The identifier as meant: OWSLib 0.35 may send `['name']`."""
    return text.removeprefix("['").removesuffix("']")


def crs_supported(engine: Engine, native: Crs) -> tuple[Crs, ...]:
    """What may be asked of a coverage: its own CRS first, then those that maps offer."""
    return tuple(dict.fromkeys((native, *(crs for crs in engine.crs if crs != native), WGS84, CRS84, WEB_MERCATOR)))


def parse_coverage(args: Arguments, engine: Engine) -> tuple[Request, Wishes]:
    """Read a GetCoverage.

    Raises:
        UnknownLayer: Locator `layer`.
        InvalidAxis, InvalidSubset, InvalidScale, UnknownBand, UnsupportedCrs, …: Locator as sent.
    """
    layer = engine.layer(coverage_id(required(args, "COVERAGEID", hint="the id of a coverage")), "wcs")
    native = engine.domain(layer).grid
    subsets = read_subsets(args)
    time = next((time_of(s) for s in subsets if s.kind == "time"), "") or args.get("TIME")
    wishes = read_wishes(
        args, STANDARD | {key for key in args.keys() if key.startswith("subset")}, time=time, data=True
    )  # noqa: SIM118
    ask = _with_range(_with_interpolation(wishes.ask, args), args, layer, engine)
    wanted = _wanted(args, engine, native.crs, subsets)
    grid = answer_grid(native, wanted)
    output = Output(kind="coverage", media_type=_format(args, engine), options=_options(args))
    request = Request(layers=(engine.ask(layer, ask),), grid=grid, output=output)
    return request, replace(wishes, ask=ask)


def _wanted(args: Arguments, engine: Engine, native: Crs, subsets: tuple[Subset, ...]) -> Wanted:
    spatial = tuple(subset for subset in subsets if subset.kind != "time")
    supported = crs_supported(engine, native)
    inline = {subset.crs for subset in spatial if subset.crs}
    text = args.get("SUBSETTINGCRS")
    if not text and len(inline) == 1:
        text = inline.pop()
    elif len(inline | ({text} if text else set())) > 1:
        raise InvalidParameter("SUBSET and SUBSETTINGCRS name different CRSs; use one for all.", locator="SUBSET")
    subsetting = _crs(text, supported, SubsettingCrsNotSupported, "SUBSETTINGCRS") if text else native
    # Requirement 10 of OGC 11-053r1: without outputCrs the answer is in the subsettingCrs.
    text = args.get("OUTPUTCRS")
    output = _crs(text, supported, OutputCrsNotSupported, "OUTPUTCRS") if text else subsetting
    return Wanted(spatial, subsetting, output, read_scaling(args))


def _crs(text: str, supported: tuple[Crs, ...], refusal: type[UnsupportedCrs], key: str) -> Crs:
    try:
        found = parse_crs(text)
    except UnsupportedCrs as error:
        raise refusal(f"{key}: {error.message}", locator=text[:80]) from error
    if found not in supported:
        raise refusal(
            f'{key} "{shorten(text)}" is not offered; offered: {", ".join(crs.short for crs in supported[:12])}.',
            locator=text[:80],
        )
    return found


def _with_interpolation(ask: Ask, args: Arguments) -> Ask:
    text = args.get("INTERPOLATION", "INTERPOLATIONMETHOD")
    if not text:
        return ask
    try:
        method = read_resampling(text, "INTERPOLATION")
    except InvalidParameter as error:
        raise UnsupportedInterpolation(error.message, locator=text[:80]) from error
    if ask.resampling not in {None, method}:
        raise InvalidParameter("INTERPOLATION and RESAMPLING differ; give one.", locator="INTERPOLATION")
    return replace(ask, resampling=method)


def _with_range(ask: Ask, args: Arguments, layer: Layer, engine: Engine) -> Ask:
    """RANGESUBSET: names and intervals of names, in the order asked (OGC 12-040)."""
    text = args.get("RANGESUBSET")
    if not text:
        return ask
    known = [field.name for field in engine.outputs(layer, replace(ask, bands=()))]
    names: list[str] = []
    for part in (piece.strip() for piece in text.split(",")):
        first, colon, last = (piece.strip() for piece in part.partition(":"))
        start = _position(first, known, layer, engine)
        if not colon:
            names.append(known[start])
            continue
        end = _position(last, known, layer, engine)
        if end < start:
            raise UnknownBand(f'RANGESUBSET "{shorten(part)}" is reversed; give {last}:{first}.', locator=part[:80])
        names.extend(known[start : end + 1])
    return replace(ask, bands=tuple(names))


def _position(name: str, known: list[str], layer: Layer, engine: Engine) -> int:
    for i, field in enumerate(known):
        if field.casefold() == name.casefold():
            return i
    alias = engine.collection(layer.collection).resolve(name)
    if alias in known:
        return known.index(alias)
    raise UnknownBand(
        f'RANGESUBSET: there is no field "{shorten(name)}".{suggest(name, known)} Fields: {", ".join(known)}.',
        locator=name[:80],
    )


def _format(args: Arguments, engine: Engine) -> str:
    offered = engine.formats("coverage")
    text = args.get("FORMAT")
    wrapping = args.get("MEDIATYPE")
    if wrapping:
        raise InvalidParameter(
            f'MEDIATYPE "{shorten(wrapping)}" is not offered; leave it out to get the file itself.', locator="MEDIATYPE"
        )
    return media_type(text, offered, "FORMAT") if text else offered[0]


def _options(args: Arguments) -> tuple[tuple[str, str], ...]:
    """GeoTIFF encoding parameters (OGC 12-100r1): `geotiff:compression` and its like, with or without the prefix."""
    found: dict[str, str] = {}
    for key in args.keys():  # noqa: SIM118 - Arguments is no mapping
        name = key.removeprefix("geotiff:")
        if name != key or key in {"compression", "predictor"}:
            value = args.get(key)
            if value:
                found[name] = value.casefold()
    return tuple(sorted(found.items()))
