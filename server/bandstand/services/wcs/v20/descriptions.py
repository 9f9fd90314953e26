"""Coverage descriptions of WCS 2.0.1 (OGC 09-110r4, 8.3): the same envelope, domain and range type as in GML."""

from dataclasses import dataclass, field, replace

from lxml import etree

from bandstand.cis.coverage import (
    NAMESPACES,
    SUBTYPE,
    add,
    bounded_by,
    coverage_function,
    domain_set,
    qualified,
    range_type,
    serialised,
)
from bandstand.engine.engine import Engine
from bandstand.engine.scenes import scenes_domain
from bandstand.errors import UnknownLayer
from bandstand.model.ask import Ask, TimeAxis
from bandstand.model.coverage import Domain
from bandstand.model.exchange import Response
from bandstand.model.layer import Layer
from bandstand.services.wcs.v20.eo.metadata import eo_metadata, layer_metadata
from bandstand.services.wcs.v20.eo.portions import Portion, portion_or_layer

_MOST_UNKNOWN = 10
"""Ids that a refusal names: each of them is searched in the catalogue."""
SHORT = (("Cache-Control", "public, max-age=60"),)
"""How long documents may be kept."""
_TIME = "http://www.geoserver.org/wcsgs/2.0"
"""Spelled as the most used server does, since clients look for it there."""
_SCHEMA = "http://www.opengis.net/wcs/2.0 http://schemas.opengis.net/wcs/2.0/wcsAll.xsd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A coverage to be described."""

    id: str
    title: str
    domain: Domain
    times: TimeAxis = field(default_factory=lambda: TimeAxis(values=(), default=""))
    found: Layer | Portion
    """What is offered: a layer, or a dataset or mosaic of one."""


def offered(found: Layer | Portion, engine: Engine, ask: Ask | None = None) -> Offered:
    """A layer, a scene or a mosaic as a coverage.

    Raises:
        UnknownLayer: It has no scene yet.
    """
    if isinstance(found, Portion):
        domain = _asked(scenes_domain(found.layer, found.items, engine), found.layer, engine, ask)
        return Offered(id=found.id, title=found.title, domain=domain, found=found)
    domain = _asked(engine.domain(found), found, engine, ask)
    return Offered(id=found.name, title=found.title, domain=domain, times=engine.times(found), found=found)


def _asked(domain: Domain, layer: Layer, engine: Engine, ask: Ask | None) -> Domain:
    """The domain with the range type that is asked for: cells stay where they are."""
    return domain if ask is None or ask == Ask(data=True) else replace(domain, fields=engine.outputs(layer, ask))


def coverages(ids: list[str], ask: Ask, engine: Engine) -> Response:
    """Descriptions of these coverages, in this order; one that has several names comes once.

    Raises:
        UnknownLayer: Some of the ids are no coverages.
    """
    root = etree.Element(qualified("wcs:CoverageDescriptions"), nsmap={**NAMESPACES, "time": _TIME})
    root.set(qualified("xsi:schemaLocation"), _SCHEMA)
    chosen = {coverage.id: coverage for coverage in (offered(found, engine, ask) for found in _found(ids, engine))}
    for coverage in chosen.values():
        describe(root, coverage, engine)
    body = serialised(root, members="wcs:CoverageDescription")
    return Response(media_type="application/xml", body=body, headers=SHORT)


def _found(ids: list[str], engine: Engine) -> list[Layer | Portion]:
    """What is meant by the ids.

    Raises:
        UnknownLayer: Some are no coverages; the locator lists these (OGC 09-110r4, table 16), the first few of many.
    """
    found, unknown = [], []
    for name in ids:
        try:
            found.append(portion_or_layer(name, engine))
        except UnknownLayer as error:
            unknown.append(error)
            if len(unknown) == _MOST_UNKNOWN:
                break
    if unknown:
        raise UnknownLayer(unknown[0].message, locator=",".join(error.locator or "" for error in unknown))
    return found


def describe(parent: etree._Element, coverage: Offered, engine: Engine) -> None:
    """Append one `wcs:CoverageDescription`."""
    grid = coverage.domain.grid
    root = add(parent, "wcs:CoverageDescription", gml__id=coverage.id)
    add(root, "gml:description", coverage.title)
    bounded_by(root, grid.crs, grid.bbox)
    add(root, "wcs:CoverageId", coverage.id)
    coverage_function(root)
    extension = add(add(root, "gmlcov:metadata"), "gmlcov:Extension")
    if coverage.times.values:
        _time_domain(extension, coverage.id, coverage.times)
    found = coverage.found
    if isinstance(found, Portion):
        eo_metadata(extension, found, grid)
    else:
        layer_metadata(extension, found, grid, engine)
    domain_set(root, coverage.id, grid)
    range_type(root, coverage.domain.fields)
    parameters = add(root, "wcs:ServiceParameters")
    add(parameters, "wcs:CoverageSubtype", found.subtype if isinstance(found, Portion) else SUBTYPE)
    if isinstance(found, Portion):
        add(add(parameters, "wcs:CoverageSubtypeParent"), "wcs:CoverageSubtype", SUBTYPE)
    add(parameters, "wcs:nativeFormat", engine.formats("coverage")[0])


def _time_domain(parent: etree._Element, identifier: str, axis: TimeAxis) -> None:
    """The times of a coverage, one by one: this spelling knows no steps."""
    domain = etree.SubElement(parent, f"{{{_TIME}}}TimeDomain", default=axis.default)
    for number, (start, end) in enumerate(zip(axis.values, axis.ends or axis.values, strict=True), start=1):
        name = f"{identifier}.time.{number}"
        if start == end:
            add(add(domain, "gml:TimeInstant", gml__id=name), "gml:timePosition", start)
        else:
            period = add(domain, "gml:TimePeriod", gml__id=name)
            add(period, "gml:beginPosition", start)
            add(period, "gml:endPosition", end)
