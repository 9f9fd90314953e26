"""The capabilities document of WMTS, from what the engine publishes."""

from dataclasses import dataclass, replace

from bandstand.engine.engine import Engine
from bandstand.model.exchange import Response
from bandstand.model.grid import BBox
from bandstand.model.layer import Layer
from bandstand.model.tiling import TileMatrix, TileMatrixSet
from bandstand.services.ows.dimension import published_times
from bandstand.services.ows.info import INFO_FORMATS
from bandstand.services.ows.kept import Kept
from bandstand.services.ows.links import StyleEntry, metadata_url, published_styles
from bandstand.services.ows.versions import compare_sequence
from bandstand.services.ows.xml import templates
from bandstand.services.wmts.tiles import EXTENSIONS, INFO_EXTENSIONS, matrix_limits, reaches

_TEMPLATES = templates("bandstand.services.wmts")
# Where a format has several, the first.
_ENDINGS = {name: ending for ending, name in reversed([*EXTENSIONS.items(), *INFO_EXTENSIONS.items()])}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixLimits:
    """A TileMatrixLimits element."""

    matrix: str
    min_row: int
    max_row: int
    min_col: int
    max_col: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLink:
    """A TileMatrixSetLink element."""

    name: str
    limits: tuple[MatrixLimits, ...]
    """Of the matrices with more than one row and column; the others have none to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerEntry:
    """A Layer element."""

    layer: Layer
    lonlat: BBox
    links: tuple[SetLink, ...]
    times: tuple[str, ...]
    """Empty for a layer with one time or none: a slider of one step helps nobody."""
    default_time: str
    styles: tuple[StyleEntry, ...]
    metadata_url: str
    path: str
    """Of the REST templates, up to the tile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixEntry:
    """A TileMatrix element."""

    matrix: TileMatrix
    scale_denominator: float
    corner: tuple[float, float]
    """In the axis order of the set's CRS."""


def capabilities(
    engine: Engine, base_url: str, sections: frozenset[str], kept: Kept, *, known_sequence: str = ""
) -> Response:
    """The capabilities document, or of it the sections wanted.

    Args:
        engine: Knows the layers.
        base_url: Public address of the application.
        sections: Names of sections.
        kept: Goes on into the addresses.
        known_sequence: The update sequence a client has; the current one gets a document without sections.
    """
    # Before anything is read: a document may be newer than its number, never older.
    sequence = str(engine.sequence())
    if compare_sequence(known_sequence, sequence) == 0:
        sections = frozenset()
    body = _TEMPLATES.get_template("capabilities.xml.j2").render(
        service=engine.service,
        sections=sections,
        update_sequence=sequence,
        kvp=f"{base_url}/wmts?{kept.query}",
        metadata=f"{base_url}/wmts/1.0.0/WMTSCapabilities.xml{kept.suffix}",
        suffix=kept.suffix,
        home=engine.service.provider_url or f"{base_url}/",
        formats=engine.tile_formats,
        extensions=_ENDINGS,
        info_formats=INFO_FORMATS,
        entries=_entries(engine, base_url, kept) if "Contents" in sections else (),
        sets=[(tile_set, _matrices(tile_set)) for tile_set in engine.sets] if "Contents" in sections else (),
    )
    return Response(
        media_type="application/xml",
        body=body.encode(),
        headers=(("Cache-Control", "public, max-age=60"),),
    )


def _entries(engine: Engine, base_url: str, kept: Kept) -> tuple[LayerEntry, ...]:
    found = []
    for layer in kept.drawn((layer for layer in engine.layers if "wmts" in layer.services), engine):
        lonlat = engine.extent(layer).lonlat
        axis = engine.times(layer)
        many = len(axis.values) > 1
        links = tuple(_link(engine, layer, tile_set) for tile_set in engine.sets if reaches(engine, layer, tile_set))
        time = "/{Time}" if many else ""
        found.append(
            LayerEntry(
                layer=layer,
                lonlat=lonlat,
                links=links,
                # Values are single times (07-057r7, table 9): of what lasts, the first.
                times=published_times(replace(axis, ends=()), layer.time.resolution) if many else (),
                default_time=kept.default_time(axis),
                styles=published_styles(layer, engine, base_url, kept),
                metadata_url=metadata_url(layer, base_url, kept),
                path=f"{base_url}/wmts/1.0.0/{layer.name}/{{Style}}{time}"
                "/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}",
            )
        )
    return tuple(found)


def _link(engine: Engine, layer: Layer, tile_set: TileMatrixSet) -> SetLink:
    box = engine.box(layer, tile_set.crs)
    limits = [
        MatrixLimits(matrix=matrix.id, min_row=found[0], max_row=found[1], min_col=found[2], max_col=found[3])
        for matrix in tile_set.matrices
        if matrix.matrix_width > 1 and matrix.matrix_height > 1 and (found := matrix_limits(box, matrix))
    ]
    return SetLink(name=tile_set.id, limits=tuple(limits))


def _matrices(tile_set: TileMatrixSet) -> list[MatrixEntry]:
    entries = []
    for matrix in tile_set.matrices:
        x, y = matrix.origin
        entries.append(
            MatrixEntry(
                matrix=matrix,
                scale_denominator=matrix.scale_denominator(tile_set.crs),
                corner=(y, x) if tile_set.crs.north_first else (x, y),
            )
        )
    return entries
