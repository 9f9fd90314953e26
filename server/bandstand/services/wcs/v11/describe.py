"""Capabilities and coverage descriptions of WCS 1.1.x (OGC 07-067r5, 8.3 and 9.3)."""

from typing import Any

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, MissingParameter, shorten, suggest
from bandstand.model.ask import Ask
from bandstand.model.crs import CRS84, Crs
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.grid import BBox, Grid
from bandstand.model.layer import Layer
from bandstand.services.ows.dimension import published_times
from bandstand.services.ows.kept import read_kept
from bandstand.services.ows.kvp import listed
from bandstand.services.ows.versions import compare_sequence, refuse_higher_sequence
from bandstand.services.ows.xml import plain_number, templates
from bandstand.services.wcs.coverages import common_null, named_crs, named_domain, published
from bandstand.services.wcs.operations import read_ids
from bandstand.services.wcs.v11.parse import AXIS, FIELD, METHODS
from bandstand.services.wcs.v11.space import IMAGE_CRS, SIMPLE_GRID, SQUARE_CS
from bandstand.services.wcs.v11.tongue import TONGUES, Tongue

SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents")
_XML = ("text/xml", "application/xml")
_TEMPLATES = templates("bandstand.services.wcs.v11")
_SHORT = (("Cache-Control", "public, max-age=60"),)


def capabilities(call: Call, args: Arguments, tongue: Tongue, engine: Engine) -> Response:
    """The capabilities document; SECTIONS chooses its parts (OGC 06-121r3, 7.3.3).

    Raises:
        InvalidParameter: There is no such section.
        InvalidUpdateSequence: The client claims a newer document.
    """
    sequence, asked = str(engine.sequence()), args.get("UPDATESEQUENCE")
    refuse_higher_sequence(asked, sequence)
    wanted = _sections(args.get("SECTIONS", default="All"))
    kept = read_kept(call, args, data=True)
    if compare_sequence(asked, sequence) == 0:
        # The client has it: an element without sections says so (07-067r5, 8.2.2).
        wanted = set()
    coverages = [_summary(layer, engine) for layer in published(engine, kept)] if "Contents" in wanted else []
    body = _TEMPLATES.get_template("capabilities.xml.j2").render(
        tongue=tongue,
        versions=tuple(TONGUES),
        info=engine.service,
        url=f"{call.base_url}/wcs?{kept.query}",
        sequence=sequence,
        coverages=coverages,
        crs=list(dict.fromkeys(urn for coverage in coverages for urn in coverage["crs"])),
        formats=_formats(engine),
        sections=wanted,
        show=wanted.__contains__,
    )
    return Response(media_type=_media_type(args), body=body.encode(), headers=_SHORT)


def _media_type(args: Arguments) -> str:
    """The first of ACCEPTFORMATS that documents have; `text/xml` is always there."""
    return next((name for name in listed(args.get("ACCEPTFORMATS").casefold()) if name in _XML), _XML[0])


def _sections(text: str) -> set[str]:
    known = {name.casefold(): name for name in SECTIONS}
    wanted: set[str] = set()
    for part in listed(text):
        if part.casefold() == "all":
            wanted |= set(SECTIONS)
        elif part.casefold() in known:
            wanted.add(known[part.casefold()])
        else:
            raise InvalidParameter(
                f'SECTIONS: there is no "{shorten(part)}".{suggest(part, SECTIONS)} '
                f"There are: All, {', '.join(SECTIONS)}.",
                locator="SECTIONS",
            )
    return wanted


def _formats(engine: Engine) -> list[str]:
    # Clients of these versions take the first whose name they can open.
    return sorted(engine.formats("coverage"), key=lambda name: name != "image/tiff")


def coverages(call: Call, args: Arguments, tongue: Tongue, engine: Engine) -> Response:
    """Descriptions of the coverages asked for, in that order.

    Raises:
        MissingParameter: None is asked for.
        UnknownLayer: One of the identifiers is no coverage.
    """
    names = read_ids(args.get("IDENTIFIERS", "IDENTIFIER"), "identifiers")
    if not names:
        raise MissingParameter("IDENTIFIERS is missing; give the identifier of a coverage.", locator="identifiers")
    kept = read_kept(call, args, data=True)
    body = _TEMPLATES.get_template("descriptions.xml.j2").render(
        tongue=tongue,
        coverages=[_description(engine.layer(name, "wcs"), kept.ask, engine) for name in names],
        formats=_formats(engine),
        field=FIELD,
        axis=AXIS,
        methods=METHODS,
        grid_type=SIMPLE_GRID,
        grid_cs=SQUARE_CS,
    )
    return Response(media_type="text/xml", body=body.encode(), headers=_SHORT)


def _summary(layer: Layer, engine: Engine) -> dict[str, Any]:
    return {
        "id": layer.name,
        "title": layer.title,
        "abstract": layer.abstract,
        "keywords": layer.keywords,
        "wgs84": _corners(CRS84, engine.extent(layer).lonlat),
        "crs": [crs.urn for crs in named_crs(engine, layer)],
    }


def _description(layer: Layer, ask: Ask, engine: Engine) -> dict[str, Any]:
    domain, axis = named_domain(engine, layer), engine.times(layer)
    fields = engine.outputs(layer, ask)
    grid, crs = domain.grid, domain.grid.crs
    steps = (grid.transform.a, grid.transform.e)
    return {
        **_summary(layer, engine),
        "boxes": _boxes(grid, engine.extent(layer).lonlat),
        "base": crs.urn,
        "origin": _pair(crs, *grid.transform(0.5, 0.5)),
        "offsets": _pair(crs, *steps),
        "times": [text.split("/") for text in published_times(axis, layer.time.resolution)] if axis.values else [],
        "fields": fields,
        "null": common_null(fields),
    }


def _boxes(grid: Grid, lonlat: BBox) -> list[tuple[str, tuple[str, str]]]:
    """CRS and corners of every box of a description.

    The first is that of the centres of the cells (07-067r5, 7.5.4). The second, in the same CRS, is that of their
    edges, which a client takes for the extent; boxes in one CRS mean their union, so nothing is said twice.
    """
    first, last = grid.transform(0.5, 0.5), grid.transform(grid.width - 0.5, grid.height - 0.5)
    urn = grid.crs.urn
    return [
        (urn, (_pair(grid.crs, first[0], last[1]), _pair(grid.crs, last[0], first[1]))),
        (urn, _corners(grid.crs, grid.bbox)),
        (IMAGE_CRS, ("1 1", f"{grid.width} {grid.height}")),
        (CRS84.urn, _corners(CRS84, lonlat)),
    ]


def _corners(crs: Crs, box: BBox) -> tuple[str, str]:
    return _pair(crs, box.min_x, box.min_y), _pair(crs, box.max_x, box.max_y)


def _pair(crs: Crs, x: float, y: float) -> str:
    first, second = (y, x) if crs.north_first else (x, y)
    return f"{plain_number(first)} {plain_number(second)}"
