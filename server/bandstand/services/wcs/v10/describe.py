"""Capabilities and coverage descriptions of WCS 1.0.0 (OGC 03-065r6, 7.3 and 8.3)."""

from typing import Any

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, shorten
from bandstand.model.ask import Ask
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.grid import BBox
from bandstand.model.layer import Layer
from bandstand.services.ows.dimension import published_times
from bandstand.services.ows.kept import read_kept
from bandstand.services.ows.versions import refuse_known_sequence
from bandstand.services.ows.xml import plain_number, templates
from bandstand.services.wcs.coverages import common_null, named_crs, named_domain, published
from bandstand.services.wcs.operations import read_ids
from bandstand.services.wcs.v10.faults import MEDIA_TYPE
from bandstand.services.wcs.v10.formats import published_formats
from bandstand.services.wcs.v10.parse import AXIS, INTERPOLATIONS

SECTIONS = ("Service", "Capability", "ContentMetadata")
_WGS84 = "EPSG:4326"
_TEMPLATES = templates("bandstand.services.wcs.v10")
_SHORT = (("Cache-Control", "public, max-age=60"),)


def capabilities(call: Call, args: Arguments, engine: Engine) -> Response:
    """The capabilities document, or the one section that is asked for.

    Raises:
        InvalidParameter: There is no such section.
        CurrentUpdateSequence: The client has this document already.
        InvalidUpdateSequence: The client claims a newer one.
    """
    sequence = str(engine.sequence())
    if asked := args.get("UPDATESEQUENCE"):
        refuse_known_sequence(asked, sequence)
    section = _section(args.get("SECTION"))
    kept = read_kept(call, args, data=True)
    body = _TEMPLATES.get_template("capabilities.xml.j2").render(
        info=engine.service,
        url=f"{call.base_url}/wcs?{kept.query}",
        section=section,
        sequence=sequence,
        exceptions=MEDIA_TYPE,
        coverages=[_brief(layer, engine) for layer in published(engine, kept)] if section != "Service" else (),
    )
    return Response(media_type="text/xml", body=body.encode(), headers=_SHORT)


def _section(text: str) -> str:
    """The section asked for; empty for the whole document."""
    if text in {"", "/"}:
        return ""
    name = text.strip("/").removeprefix("WCS_Capabilities").strip("/")
    if not name:
        return ""
    if name not in SECTIONS:
        known = ", ".join(f"/WCS_Capabilities/{section}" for section in SECTIONS)
        raise InvalidParameter(f'SECTION "{shorten(text)}" is unknown; there are: /, {known}.', locator="SECTION")
    return name


def coverages(call: Call, args: Arguments, engine: Engine) -> Response:
    """Descriptions of the coverages asked for, in that order; of all of them where none is named.

    Raises:
        UnknownLayer: One of the names is no coverage.
    """
    names = read_ids(args.get("COVERAGE"), "COVERAGE")
    kept = read_kept(call, args, data=True)
    layers = [engine.layer(name, "wcs") for name in names] if names else published(engine, kept)
    body = _TEMPLATES.get_template("description.xml.j2").render(
        coverages=[_offering(layer, kept.ask, engine) for layer in layers],
        formats=list(published_formats(engine)),
        interpolations=INTERPOLATIONS,
        axis=AXIS,
    )
    return Response(media_type="text/xml", body=body.encode(), headers=_SHORT)


def _brief(layer: Layer, engine: Engine) -> dict[str, Any]:
    times = engine.times(layer)
    return {
        "name": layer.name,
        "title": layer.title,
        "abstract": layer.abstract,
        "keywords": layer.keywords,
        "lonlat": _corners(engine.extent(layer).lonlat),
        "span": (times.values[0], times.last) if times.values else (),
    }


def _offering(layer: Layer, ask: Ask, engine: Engine) -> dict[str, Any]:
    domain = named_domain(engine, layer)
    fields = engine.outputs(layer, ask)
    grid, native = domain.grid, domain.grid.crs.short
    boxes = {native: _corners(grid.bbox)}
    boxes.setdefault(_WGS84, _corners(engine.extent(layer).lonlat))
    x, y = grid.transform(0.5, 0.5)
    step_x, step_y = plain_number(grid.transform.a), plain_number(grid.transform.e)
    return {
        **_brief(layer, engine),
        "native": native,
        "boxes": list(boxes.items()),
        "high": f"{grid.width - 1} {grid.height - 1}",
        "origin": f"{plain_number(x)} {plain_number(y)}",
        "vectors": (f"{step_x} 0", f"0 {step_y}"),
        "times": [text.split("/") for text in published_times(engine.times(layer), layer.time.resolution)]
        if engine.times(layer).values
        else [],
        "fields": fields,
        "null": common_null(fields),
        "crs": [crs.short for crs in named_crs(engine, layer)],
    }


def _corners(box: BBox) -> tuple[str, str]:
    """Lower and upper corner, x first: so are all numbers of this version."""
    lower = f"{plain_number(box.min_x)} {plain_number(box.min_y)}"
    return lower, f"{plain_number(box.max_x)} {plain_number(box.max_y)}"
