"""GetCoverage on the wire to a `Request` (OGC 09-147r3, 8.3, and the extensions)."""

from dataclasses import replace

from bandstand.engine.engine import Engine
from bandstand.engine.times import NEVER
from bandstand.errors import (
    InvalidParameter,
    InvalidTime,
    UnknownBand,
    UnsupportedCrs,
    UnsupportedInterpolation,
    shorten,
    suggest,
)
from bandstand.model.ask import Ask
from bandstand.model.crs import CRS84, WEB_MERCATOR, WGS84, Crs, parse_crs
from bandstand.model.exchange import Arguments
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.services.ows.kvp import media_type, required
from bandstand.services.ows.vendor import Wishes, read_resampling, read_wishes
from bandstand.services.ows.xml import to_ncname
from bandstand.services.wcs.v20.extent import Lattice, Wanted, answer_grid
from bandstand.services.wcs.v20.scaling import read_scaling
from bandstand.services.wcs.v20.subset import SUBSET_KEY, Subset, read_subsets, time_of

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
        "width",
        "height",
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


_FORMAT_NAMES = {
    "tiff": "image/tiff",
    "geotiff_float": "image/tiff",
    "image/tiff;application=geotiff": "image/tiff",
}
"""Spellings of other servers, in lower case and without blanks, besides those that every service takes."""


class SubsettingCrsNotSupported(UnsupportedCrs):
    """Subsets in this CRS are not understood."""

    http_status = 404


class OutputCrsNotSupported(UnsupportedCrs):
    """Coverages in this CRS are not delivered."""

    http_status = 404


def coverage_id(text: str) -> str:
    """The identifier as meant: OWSLib 0.35 may send `['name']`."""
    return text.removeprefix("['").removesuffix("']")


def crs_supported(engine: Engine, layer: Layer) -> tuple[Crs, ...]:
    """What may be asked of a coverage: its own CRS first, then those of its scenes, then those that maps offer."""
    native = engine.domain(layer).grid.crs
    stored = stored_crs(engine, layer)
    return tuple(dict.fromkeys((native, *stored, *engine.crs, WGS84, CRS84, WEB_MERCATOR)))


def stored_crs(engine: Engine, layer: Layer) -> tuple[Crs, ...]:
    """The CRSs of a coverage's scenes that have a name, most frequent first."""
    return tuple(parse_crs(key) for key in engine.extent(layer).crs if key.startswith(("EPSG:", "OGC:CRS84")))


def parse_coverage(args: Arguments, engine: Engine) -> tuple[Request, Wishes]:
    """Read a GetCoverage.

    Raises:
        UnknownLayer: Locator `layer`.
        InvalidAxis, InvalidSubset, InvalidScale, UnknownBand, UnsupportedCrs, …: Locator as sent.
    """
    layer = engine.layer(coverage_id(required(args, "COVERAGEID", hint="the id of a coverage")), "wcs")
    native = engine.domain(layer).grid
    subsets = read_subsets(args)
    numbered = {key for key in args.keys() if SUBSET_KEY.fullmatch(key)}  # noqa: SIM118 - Arguments is no mapping
    wishes = read_wishes(args, STANDARD | numbered, time=_time(subsets, args), data=True)
    ask = _with_range(_with_interpolation(wishes.ask, args), args, layer, engine)
    wanted = _wanted(args, crs_supported(engine, layer), native.crs, subsets)
    grid = answer_grid(native, wanted, _lattice(engine, layer, native))
    output = Output(kind="coverage", media_type=_format(args, engine), options=_options(args))
    styled = engine.ask(layer, ask)
    if styled.selection.times == (NEVER,) and layer.time.missing != "blank":
        raise InvalidTime(_nothing_then(layer, engine, ask.time), locator="time")
    return Request(layers=(styled,), grid=grid, output=output), replace(wishes, ask=ask)


def _time(subsets: tuple[Subset, ...], args: Arguments) -> str:
    """The time as SUBSET has it, or our TIME, which means the same."""
    found = next((time_of(subset) for subset in subsets if subset.kind == "time"), None)
    plain = args.get("TIME")
    if found and plain and found != plain:
        raise InvalidParameter(
            f'SUBSET says time "{shorten(found)}" and TIME says "{shorten(plain)}"; give one.', locator="TIME"
        )
    return found or plain


def _nothing_then(layer: Layer, engine: Engine, asked: str) -> str:
    axis = engine.times(layer)
    reach = f" Its times reach from {axis.values[0]} to {axis.values[-1]}." if axis.values else ""
    return f'Coverage "{layer.name}" has no scene within {shorten(asked)}.{reach}'


def _lattice(engine: Engine, layer: Layer, native: Grid) -> Lattice:
    def cells(crs: Crs) -> Grid | None:
        if crs == native.crs:
            return native
        return engine.domain(layer, crs=crs).grid if crs in stored_crs(engine, layer) else None

    return cells


def _wanted(args: Arguments, supported: tuple[Crs, ...], native: Crs, subsets: tuple[Subset, ...]) -> Wanted:
    spatial = tuple(subset for subset in subsets if subset.kind != "time")
    text = _once(args, "SUBSETTINGCRS")
    spoken = dict.fromkeys([*([text] if text else []), *(subset.crs for subset in spatial if subset.crs)])
    read = {_crs(name, supported, SubsettingCrsNotSupported, "SUBSETTINGCRS") for name in spoken}
    if len(read) > 1:
        raise InvalidParameter("SUBSET and SUBSETTINGCRS name different CRSs; use one for all.", locator="SUBSET")
    subsetting = read.pop() if read else native
    # Requirement 10 of OGC 11-053r1: without outputCrs the answer is in the subsettingCrs.
    text = _once(args, "OUTPUTCRS")
    output = _crs(text, supported, OutputCrsNotSupported, "OUTPUTCRS") if text else subsetting
    return Wanted(spatial, subsetting, output, read_scaling(args))


def _once(args: Arguments, key: str) -> str:
    """A key that may stand only once, even with the same value (requirements 8 and 11 of OGC 11-053r1)."""
    values = args.all(key)
    if len(values) > 1:
        raise InvalidParameter(f"{key} was given {len(values)} times; give it once.", locator=key)
    return values[0] if values else ""


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
    if ask.bands:
        raise InvalidParameter("RANGESUBSET and BANDS exclude each other; give one.", locator="RANGESUBSET")
    known = [field.name for field in engine.outputs(layer, ask)]
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
    # By its own name, or by that of the description, where XML allows fewer characters.
    for spelled in (known, [to_ncname(field) for field in known]):
        for i, field in enumerate(spelled):
            if field.casefold() == name.casefold():
                return i
    alias = engine.collection(layer.collection).resolve(name)
    if alias in known:
        return known.index(alias)
    raise UnknownBand(
        f'RANGESUBSET: there is no field "{shorten(name)}".{suggest(name, known)} Fields: {", ".join(known)}.',
        locator=name[:80] or "RANGESUBSET",
    )


def _format(args: Arguments, engine: Engine) -> str:
    offered = engine.formats("coverage")
    text = args.get("FORMAT")
    wrapping = args.get("MEDIATYPE")
    if wrapping:
        raise InvalidParameter(
            f'MEDIATYPE "{shorten(wrapping)}" is not offered; leave it out to get the file itself.', locator="MEDIATYPE"
        )
    if not text:
        return offered[0]
    text = _FORMAT_NAMES.get("".join(text.casefold().split()), text)
    return media_type(text, offered, "FORMAT")


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
