"""GetCoverage on the wire to a `Request` (OGC 09-147r3, 8.3, and the extensions)."""

import re
from dataclasses import replace

from bandstand.engine.engine import Engine
from bandstand.errors import (
    InvalidAxis,
    InvalidParameter,
    UnknownBand,
    UnsupportedCrs,
    UnsupportedInterpolation,
    shorten,
    suggest,
)
from bandstand.model.ask import MOST_NAMES, Ask
from bandstand.model.crs import Crs, parse_crs
from bandstand.model.exchange import Arguments
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.services.ows.kvp import refuse_many, required
from bandstand.services.ows.vendor import Wishes, read_resampling, read_wishes
from bandstand.services.wcs.coverages import coverage_request, crs_supported, find_field, read_format, stored_crs
from bandstand.services.wcs.v20.eo.coverage import portion_ask, portion_grids, with_metadata
from bandstand.services.wcs.v20.eo.portions import Portion, portion_or_layer
from bandstand.services.wcs.v20.extent import Lattice, Wanted, answer_grid
from bandstand.services.wcs.v20.geotiff import KEYS as GEOTIFF_KEYS
from bandstand.services.wcs.v20.geotiff import read_options
from bandstand.services.wcs.v20.scaling import read_scaling
from bandstand.services.wcs.v20.subset import SUBSET_KEY, Subset, axis_kind, read_subsets, time_of

STANDARD = frozenset(
    {
        "service",
        "request",
        "version",
        "coverageid",
        "subset",
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
        *GEOTIFF_KEYS,
    }
)


MULTIPART = "multipart/related"
_AXIS_METHOD = re.compile(r"(?!https?:)([\w.-]{1,64}):(\S+)")
"""One axis and its method."""


class SubsettingCrsNotSupported(UnsupportedCrs):
    """Subsets in this CRS are not understood."""

    http_status = 404


class InvalidFieldSequence(InvalidParameter):
    """An interval of fields whose end comes before its start (OGC 12-040, table 5)."""

    http_status = 404


class OutputCrsNotSupported(UnsupportedCrs):
    """Coverages in this CRS are not delivered."""

    http_status = 404


def coverage_id(text: str) -> str:
    """The identifier as meant: OWSLib 0.35 may send `['name']`."""
    return text.removeprefix("['").removesuffix("']")


def parse_coverage(
    args: Arguments, engine: Engine, *, address: str = "", message: bool = False
) -> tuple[Request, Wishes]:
    """Read a GetCoverage.

    Args:
        args: As sent.
        engine: Knows the coverages.
        address: The request as a URL, for the lineage of datasets and mosaics.
        message: Whether the answer goes into a SOAP message, which holds documents: a file is attached then to the
            description that stands in it.

    Raises:
        UnknownLayer: Locator `layer`.
        InvalidAxis, InvalidSubset, InvalidScale, UnknownBand, UnsupportedCrs, …: Locator as sent.
    """
    name = coverage_id(required(args, "COVERAGEID", hint="the id of a coverage"))
    found = portion_or_layer(name, engine)
    layer = found.layer if isinstance(found, Portion) else found
    subsets = read_subsets(args)
    numbered = {key for key in args.keys() if SUBSET_KEY.fullmatch(key)}  # noqa: SIM118 - Arguments is no mapping
    wishes = read_wishes(args, STANDARD | numbered, "coverage", time=_time(subsets, args))
    ask = _with_interpolation(wishes.ask, args)
    if isinstance(found, Portion):
        ask, native, lattice = portion_ask(found, ask, subsets), *portion_grids(found, engine)
    else:
        native = engine.domain(layer).grid
        lattice = _lattice(engine, layer, native)
    ask = _with_range(ask, args, layer, engine)
    supported = tuple(dict.fromkeys((native.crs, *crs_supported(engine, layer))))
    grid = answer_grid(native, _wanted(args, supported, native.crs, subsets), lattice)
    media_type, container = _format(args, engine), _container(args)
    if message:
        container = "" if media_type.endswith("xml") else MULTIPART
    output = Output(
        kind="coverage",
        media_type=media_type,
        options=read_options(args),
        name=name,
        container=container,
    )
    if isinstance(found, Portion):
        output = with_metadata(output, found, grid, address)
    return coverage_request(layer, ask, grid, output, engine), replace(wishes, ask=ask)


def _time(subsets: tuple[Subset, ...], args: Arguments) -> str:
    """The time as SUBSET has it, or our TIME, which means the same."""
    found = next((time_of(subset) for subset in subsets if subset.kind == "time"), None)
    plain = args.get("TIME")
    if found and plain and found != plain and args.all("TIME"):
        raise InvalidParameter(
            f'SUBSET says time "{shorten(found)}" and TIME says "{shorten(plain)}"; give one.', locator="TIME"
        )
    return found or plain


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
    name = _for_all_axes(text)
    try:
        method = read_resampling(name, "INTERPOLATION")
    except InvalidParameter as error:
        raise UnsupportedInterpolation(error.message, locator=text[:80]) from error
    if ask.resampling not in {None, method}:
        raise InvalidParameter("INTERPOLATION and RESAMPLING differ; give one.", locator="INTERPOLATION")
    return replace(ask, resampling=method)


def _for_all_axes(text: str) -> str:
    """The one method that a list such as `i:linear,j:linear` gives to every axis that it names (OGC 12-049).

    Raises:
        InvalidAxis: An axis is unknown, or named twice.
        UnsupportedInterpolation: The methods differ.
    """
    members = [member.strip() for member in text.split(",")]
    pairs = [_AXIS_METHOD.fullmatch(member) for member in members]
    found = [pair for pair in pairs if pair is not None]
    if len(found) != len(members):
        return text
    kinds = [axis_kind(pair[1]) for pair in found]
    twice = next((pair[1] for pair, kind in zip(found, kinds, strict=True) if kinds.count(kind) > 1), None)
    if twice is not None:
        raise InvalidAxis(f'INTERPOLATION names the axis "{shorten(twice)}" twice; give each once.', locator=twice)
    methods = {pair[2] for pair in found}
    if len(methods) > 1:
        raise UnsupportedInterpolation(
            f'INTERPOLATION "{shorten(text)}": one method for all axes is offered.', locator=text[:80]
        )
    return methods.pop()


def _with_range(ask: Ask, args: Arguments, layer: Layer, engine: Engine) -> Ask:
    """RANGESUBSET: names and intervals of names, in the order asked (OGC 12-040)."""
    text = args.get("RANGESUBSET")
    if not text:
        return ask
    if ask.bands:
        raise InvalidParameter("RANGESUBSET and BANDS exclude each other; give one.", locator="RANGESUBSET")
    known = [field.name for field in engine.outputs(layer, ask)]
    refuse_many(text, "RANGESUBSET", most=MOST_NAMES, what="fields")
    names: list[str] = []
    for part in (piece.strip() for piece in text.split(",")):
        # What a file calls a band may hold a colon, too.
        if ":" not in part or find_field(part, known, layer, engine) is not None:
            names.append(known[_position(part, known, layer, engine)])
            continue
        first, _, last = (piece.strip() for piece in part.partition(":"))
        start, end = (_position(name, known, layer, engine) for name in (first, last))
        if end < start:
            raise InvalidFieldSequence(
                f'RANGESUBSET "{shorten(part)}" is reversed; give {last}:{first}.', locator=part[:80]
            )
        names.extend(known[start : end + 1])
    return replace(ask, bands=tuple(names))


def _position(name: str, known: list[str], layer: Layer, engine: Engine) -> int:
    found = find_field(name, known, layer, engine)
    if found is None:
        raise UnknownBand(
            f'RANGESUBSET: there is no field "{shorten(name)}".{suggest(name, known)} Fields: {", ".join(known)}.',
            locator=name[:80] or "RANGESUBSET",
        )
    return found


def _format(args: Arguments, engine: Engine) -> str:
    offered = engine.formats("coverage")
    text = args.get("FORMAT")
    if not text:
        return offered[0]
    return read_format(text, engine, "FORMAT")


def _container(args: Arguments) -> str:
    """What the file shall be wrapped in (OGC 09-110r4, requirement 29)."""
    text = args.get("MEDIATYPE")
    if text and text.casefold() != MULTIPART:
        raise InvalidParameter(
            f'MEDIATYPE "{shorten(text)}" is not offered; give {MULTIPART}, or leave it out to get the file itself.',
            locator="MEDIATYPE",
        )
    return MULTIPART if text else ""
