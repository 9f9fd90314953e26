"""DescribeEOCoverageSet: the datasets and mosaics of series, by place and time (OGC 10-140r1, clause 9)."""

from collections.abc import Callable
from functools import partial

import shapely
from lxml import etree

from bandstand.cis.coverage import EO_NAMESPACES, NAMESPACES, add, qualified, serialised
from bandstand.engine.engine import Engine
from bandstand.errors import InvalidAxis, InvalidParameter, InvalidSubset, NotFound, UnknownLayer, shorten, suggest
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.fields import warning
from bandstand.model.grid import BBox
from bandstand.model.layer import Layer
from bandstand.model.time import parse_time
from bandstand.services.ows.foreign import refuse_foreign
from bandstand.services.ows.kvp import choice, integer, listed, missing
from bandstand.services.wcs.operations import read_ids
from bandstand.services.wcs.v20.descriptions import SHORT, describe, offered
from bandstand.services.wcs.v20.eo.members import ANY, MOST, Members, Where, find_members
from bandstand.services.wcs.v20.eo.metadata import ends_of, footprint, time_period
from bandstand.services.wcs.v20.eo.portions import Portion, dataset, find_portion, series
from bandstand.services.wcs.v20.subset import SUBSET_KEY, Subset, interval, read_subsets, time_of

COUNT = 100
"""Descriptions in one answer, at most."""
_STANDARD = frozenset({"service", "request", "version", "eoid", "subset", "containment", "sections", "count"})
SECTIONS = {"coveragedescriptions": "CoverageDescriptions", "datasetseriesdescriptions": "DatasetSeriesDescriptions"}
_HAIR = 1e-9
"""Degrees that a degenerate trim is made wide."""
_SCHEMA = "http://www.opengis.net/wcs/wcseo/1.0 http://schemas.opengis.net/wcs/wcseo/1.0/wcsEOAll.xsd"


Made = Callable[[], Portion | Layer]
"""What makes a coverage, once it is to be shown."""


class NoSuchDatasetSeriesOrCoverage(NotFound):
    """No dataset, mosaic or series has this identifier."""


def describe_set(call: Call, args: Arguments, engine: Engine) -> Response:  # noqa: ARG001 - an operation's signature
    """Answer DescribeEOCoverageSet.

    Raises:
        MissingParameter: No EOID.
        NoSuchDatasetSeriesOrCoverage: One of them is unknown.
        InvalidAxis, InvalidSubset: A SUBSET of another axis, a slice, or reversed.
        InvalidParameter: CONTAINMENT, SECTIONS or COUNT is none, or a key would choose scenes on other servers.
    """
    _refuse_strangers(args)
    ids = read_ids(args.get("EOID"), "EOID")
    if not ids:
        raise missing("EOID", "ids of dataset series, mosaics or datasets")
    where, sections, count = _where(args), _sections(args), _count(args)
    known = series(engine)
    chosen = {name: known[name] for name in ids if name in known}
    found: dict[str, Made] = {}
    cut: list[str] = []
    for name in ids:
        pairs, stopped = _coverages(name, known, where, engine)
        for identifier, made in pairs:
            found.setdefault(identifier, made)
        cut += [name] if stopped else []
    shown = [made() for made in list(found.values())[:count]]
    root = _document(shown, chosen, sections, engine, matched=len(found) + len(chosen))
    warnings = tuple(
        ("Warning", warning(f"numberMatched counts among the newest {MOST} scenes of {name}; give a smaller SUBSET"))
        for name in cut
    )
    body = serialised(root, members="wcs:CoverageDescription")
    return Response(media_type="application/xml", body=body, headers=(*SHORT, *warnings))


def _refuse_strangers(args: Arguments) -> None:
    """Refuse what would leave scenes out elsewhere; keys of ours may come with the address of a connection."""
    for key in args.keys():  # noqa: SIM118 - Arguments is no mapping
        if key == "time" and args.all(key):
            raise InvalidParameter('TIME is not understood here; give SUBSET=phenomenonTime("…","…").', locator="TIME")
        if key not in _STANDARD and not SUBSET_KEY.fullmatch(key):
            refuse_foreign(key, args.all(key), "query", own=_STANDARD)


def _coverages(name: str, known: dict[str, Layer], where: Where, engine: Engine) -> tuple[list[tuple[str, Made]], bool]:
    """The coverages behind an identifier: all of a series, a mosaic with its datasets, a dataset.

    Returns:
        Identifiers and what makes the coverages; whether there may be more of them.
    """
    if name in known:
        members = find_members(known[name], where, engine)
        return [*_datasets(known[name], members), *members.mosaics], members.cut
    try:
        layer = engine.layer(name, "wcs")
    except UnknownLayer:
        portion = find_portion(name, engine)
        if portion is None:
            raise NoSuchDatasetSeriesOrCoverage(
                f'EOID: there is no series, mosaic or dataset "{shorten(name)}".{suggest(name, known)} '
                f"Series: {', '.join(known)}.",
                locator="EOID",
            ) from None
        inside = [dataset(portion.layer, item) for item in portion.items] if portion.label else []
        return [(one.id, partial(_same, one)) for one in (portion, *inside) if where.takes(one.items)], False
    members = find_members(layer, where, engine)
    return [(name, partial(_same, layer)), *_datasets(layer, members)], members.cut


def _datasets(layer: Layer, members: Members) -> list[tuple[str, Made]]:
    return [(one.id, partial(_same, one)) for one in (dataset(layer, item) for item in members.scenes)]


def _same(one: Portion | Layer) -> Portion | Layer:
    return one


def _document(
    shown: list[Portion | Layer],
    chosen: dict[str, Layer],
    sections: frozenset[str],
    engine: Engine,
    *,
    matched: int,
) -> etree._Element:
    root = etree.Element(qualified("wcseo:EOCoverageSetDescription"), nsmap={**NAMESPACES, **EO_NAMESPACES})
    root.set(qualified("xsi:schemaLocation"), _SCHEMA)
    returned = 0
    if "CoverageDescriptions" in sections:
        returned += len(shown)
        descriptions = add(root, "wcs:CoverageDescriptions")
        for coverage in shown:
            describe(descriptions, offered(coverage, engine), engine)
    if "DatasetSeriesDescriptions" in sections:
        returned += len(chosen)
        descriptions = add(root, "wcseo:DatasetSeriesDescriptions")
        for name, layer in chosen.items():
            _series(descriptions, name, layer, engine)
    root.set("numberMatched", str(matched))
    root.set("numberReturned", str(returned))
    return root


def _series(parent: etree._Element, name: str, layer: Layer, engine: Engine) -> None:
    root = add(parent, "wcseo:DatasetSeriesDescription", gml__id=name)
    box = engine.extent(layer).lonlat
    envelope = add(
        add(root, "gml:boundedBy"),
        "gml:Envelope",
        srsName="http://www.opengis.net/def/crs/EPSG/0/4326",
        axisLabels="Lat Long",
        uomLabels="deg deg",
        srsDimension="2",
    )
    add(envelope, "gml:lowerCorner", f"{box.min_y} {box.min_x}")
    add(envelope, "gml:upperCorner", f"{box.max_y} {box.max_x}")
    add(root, "wcseo:DatasetSeriesId", name)
    time_period(root, f"{name}.time", ends_of(layer, engine))
    footprint(root, f"{name}.footprint", shapely.box(box.min_x, box.min_y, box.max_x, box.max_y))


def _where(args: Arguments) -> Where:
    subsets = {subset.kind: _trim(subset) for subset in read_subsets(args)}
    west, east = _ends(subsets.get("x"), 180.0)
    south, north = _ends(subsets.get("y"), 90.0)
    area = BBox(west, south, east, north) if {"x", "y"} & set(subsets) else None
    text = time_of(subsets["time"]) if "time" in subsets else ""
    span = parse_time(text).members[0].span if text else ANY
    words = {"overlaps": "OVERLAPS", "contains": "CONTAINS"}
    contains = choice(args.get("CONTAINMENT", default="overlaps"), "CONTAINMENT", words) == "CONTAINS"
    return Where(area=area, span=span, contains=contains)


def _ends(subset: Subset | None, limit: float) -> tuple[float, float]:
    """The ends of a trim in degrees, an open one at the edge of the world; never the same."""
    low, high = interval(subset) if subset is not None else (None, None)
    first = -limit if low is None else low
    last = limit if high is None else high
    return first, max(last, first + _HAIR)


def _sections(args: Arguments) -> frozenset[str]:
    named = [part.casefold() for part in listed(args.get("SECTIONS", default="All"))]
    if "all" in named:
        return frozenset(SECTIONS.values())
    return frozenset(choice(name, "SECTIONS", SECTIONS) for name in named)


def _count(args: Arguments) -> int:
    text = args.get("COUNT")
    count = integer(text, "COUNT") if text else COUNT
    if count < 0:
        raise InvalidParameter(f"COUNT {count} is below 0.", locator="COUNT")
    return min(count, COUNT)


def _trim(subset: Subset) -> Subset:
    """A trim along Lat, Long or phenomenonTime.

    Raises:
        InvalidAxis: Another axis (requirement 51).
        InvalidSubset: A slice.
    """
    if subset.axis.casefold() not in _AXES:
        raise InvalidAxis(
            f'SUBSET: there is no axis "{shorten(subset.axis)}" here; give Lat, Long or phenomenonTime.',
            locator=subset.axis,
        )
    if subset.is_slice:
        raise InvalidSubset(
            f"SUBSET {subset.axis}: give an interval such as {subset.axis}(low,high).", locator=subset.axis
        )
    return subset


_AXES = frozenset({"lat", "long", "lon", "latitude", "longitude", "phenomenontime", "time"})
