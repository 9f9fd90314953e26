"""What the Earth observation profile says of a coverage: footprint, time, platform (OGC 10-157r4, 10-140r1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import shapely
from lxml import etree

from bandstand.cis.coverage import EO_NAMESPACES, add, qualified
from bandstand.cis.text import plain_number
from bandstand.engine.engine import Engine
from bandstand.engine.scenes import ground, shape_of, within
from bandstand.model.crs import WGS84
from bandstand.model.grid import Grid
from bandstand.model.item import Item
from bandstand.model.layer import Layer
from bandstand.model.time import Starts, TimeSpan, isoformat
from bandstand.services.wcs.v20.eo.portions import Portion, dataset, series_id

_DIGITS = 7
"""Decimals of a degree: a centimetre."""


def eo_metadata(parent: etree._Element, portion: Portion, grid: Grid, *, request: str = "") -> None:
    """`wcseo:EOMetadata` of a dataset or mosaic.

    Args:
        parent: `gmlcov:Extension`.
        portion: The coverage.
        grid: Of the answer; the footprint is cut to it (requirement 6).
        request: Address of the GetCoverage that the coverage came by, for its lineage; empty in descriptions.
    """
    metadata = _observation(parent, portion.id, portion.layer, portion.items, within(ground(portion.items), grid))
    if request:
        lineage = add(add(metadata, "wcseo:lineage"), "wcseo:referenceGetCoverage")
        add(lineage, "ows:Reference", xlink__href=request)


def layer_metadata(parent: etree._Element, layer: Layer, grid: Grid, engine: Engine) -> None:
    """The same of a layer: the box of all its scenes, and the time from the oldest to the newest."""
    box = engine.extent(layer).lonlat
    shape = within(shapely.box(box.min_x, box.min_y, box.max_x, box.max_y), grid)
    _observation(parent, layer.name, layer, ends_of(layer, engine), shape)


def ends_of(layer: Layer, engine: Engine) -> tuple[Item, ...]:
    """The oldest scene of a layer's collection, the one that lasts longest, and the newest; no other is looked at."""
    moments = engine.catalog.moments(layer.collection)
    newest = engine.catalog.search(layer.collection, limit=1)
    if not moments:
        return newest
    last = max(moments, key=lambda moment: moment.end or moment.start)
    spans = (TimeSpan.instant(moments[0].start), Starts(last.start, last.start, last.end))
    return (
        tuple(item for span in spans for item in engine.catalog.search(layer.collection, times=(span,), limit=1))
        + newest
    )


def _observation(
    parent: etree._Element, name: str, layer: Layer, items: Sequence[Item], shape: shapely.Geometry
) -> etree._Element:
    metadata = etree.SubElement(parent, qualified("wcseo:EOMetadata"), nsmap=EO_NAMESPACES)
    observation = add(metadata, "eop:EarthObservation", gml__id=f"{name}.eop")
    time_period(add(observation, "om:phenomenonTime"), f"{name}.period", items)
    # When a product was made is not known of most scenes; an instant here is taken for a time of the coverage.
    add(observation, "om:resultTime", nilReason="unknown")
    _equipment(add(observation, "om:procedure"), name, items)
    add(observation, "om:observedProperty", xlink__href=f"#{name}.eop")
    footprint(add(observation, "om:featureOfInterest"), f"{name}.footprint", shape)
    add(observation, "om:result")
    _product(add(observation, "eop:metaDataProperty"), name, layer, items)
    return metadata


def datasets(portion: Portion, grid: Grid) -> etree._Element:
    """`wcseo:datasets` of a mosaic: the scenes that have ground on the grid, each with the part it contributes."""
    root = etree.Element(qualified("wcseo:datasets"), nsmap=EO_NAMESPACES)
    covered: shapely.Geometry = shapely.Polygon()
    for item in portion.items:
        shape = shapely.difference(shape_of(item), covered)
        covered = shapely.union(covered, shape)
        entry = add(root, "wcseo:dataset")
        name = dataset(portion.layer, item).id
        add(entry, "wcs:CoverageId", name)
        if not shape.is_empty and shape.area > 0:
            footprint(add(entry, "wcseo:contributingFootprint"), f"{portion.id}.{name}", within(shape, grid))
    return root


def time_period(parent: etree._Element, identifier: str, items: Sequence[Item]) -> None:
    """`gml:TimePeriod` from the first to the last moment of some scenes."""
    period = add(parent, "gml:TimePeriod", gml__id=identifier)
    _moment(period, "gml:beginPosition", min(_starts(items), default=None))
    _moment(period, "gml:endPosition", max(_ends(items), default=None))


def _moment(parent: etree._Element, name: str, moment: datetime | None) -> None:
    if moment is None:
        add(parent, name, indeterminatePosition="unknown")
    else:
        add(parent, name, isoformat(moment))


def _starts(items: Iterable[Item]) -> list[datetime]:
    return [moment for item in items if (moment := item.time.start or item.time.end) is not None]


def _ends(items: Iterable[Item]) -> list[datetime]:
    return [moment for item in items if (moment := item.time.end or item.time.start) is not None]


def footprint(parent: etree._Element, identifier: str, shape: shapely.Geometry) -> None:
    """`eop:Footprint` of polygons in longitude and latitude, spelled in the order of EPSG:4326."""
    root = add(parent, "eop:Footprint", gml__id=identifier)
    surface = add(
        add(root, "eop:multiExtentOf"), "gml:MultiSurface", gml__id=f"{identifier}.surface", srsName=WGS84.uri
    )
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    for number, part in enumerate(parts, start=1):
        polygon = add(add(surface, "gml:surfaceMember"), "gml:Polygon", gml__id=f"{identifier}.polygon.{number}")
        _ring(add(polygon, "gml:exterior"), part.exterior)
        for hole in part.interiors:
            _ring(add(polygon, "gml:interior"), hole)
    centre = shapely.point_on_surface(shape)
    point = add(add(root, "eop:centerOf"), "gml:Point", gml__id=f"{identifier}.centre", srsName=WGS84.uri)
    add(point, "gml:pos", _position(centre.x, centre.y))


def _ring(parent: etree._Element, ring: shapely.LinearRing) -> None:
    text = " ".join(_position(x, y) for x, y, *_ in ring.coords)
    add(add(parent, "gml:LinearRing"), "gml:posList", text)


def _position(lon: float, lat: float) -> str:
    return f"{plain_number(round(lat, _DIGITS))} {plain_number(round(lon, _DIGITS))}"


def _equipment(parent: etree._Element, name: str, items: Sequence[Item]) -> None:
    """Platform and instrument as the scenes' own metadata name them."""
    platforms = _said(items, "platform")
    instruments = _said(items, "instruments")
    root = add(parent, "eop:EarthObservationEquipment", gml__id=f"{name}.equipment")
    if platforms:
        platform = add(add(root, "eop:platform"), "eop:Platform")
        add(platform, "eop:shortName", " ".join(platforms))
    if instruments:
        instrument = add(add(root, "eop:instrument"), "eop:Instrument")
        add(instrument, "eop:shortName", " ".join(instruments))


def _said(items: Sequence[Item], key: str) -> list[str]:
    """The different values of a STAC property, in order."""
    found: dict[str, None] = {}
    for item in items:
        value = item.properties.get(key)
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, str) and one:
                found[one] = None
    return list(found)


def _product(parent: etree._Element, name: str, layer: Layer, items: Sequence[Item]) -> None:
    root = add(parent, "eop:EarthObservationMetaData")
    add(root, "eop:identifier", name)
    add(root, "eop:parentIdentifier", series_id(layer))
    add(root, "eop:acquisitionType", "NOMINAL")
    add(root, "eop:productType", " ".join(_said(items, "s2:product_type")) or layer.collection)
    add(root, "eop:status", "ARCHIVED")
    add(add(root, "eop:processing"), "eop:ProcessingInformation")
