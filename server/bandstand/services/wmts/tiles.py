"""What tiles of WMTS and XYZ share: formats, limits, and the way from a tile's address to a `Request`."""

from dataclasses import dataclass

from bandstand.engine.engine import Engine
from bandstand.model.grid import BBox, Grid
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.model.tiling import TileMatrix, TileMatrixSet
from bandstand.services.ows.vendor import Wishes

EXTENSIONS = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
INFO_EXTENSIONS = {
    "json": "application/json",
    "geojson": "application/geo+json",
    "html": "text/html",
    "txt": "text/plain",
    "gml": "application/vnd.ogc.gml",
    "xml": "text/xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TileQuery:
    """A request for a tile, or for the values under one of its pixels, read."""

    request: Request
    warnings: tuple[str, ...]


def matrix_limits(box: BBox | None, matrix: TileMatrix) -> tuple[int, int, int, int] | None:
    """The tiles that a layer reaches: (first row, last row, first column, last column), None for no tile.

    The schema of capabilities takes no last row or column of 0 (wmts.xsd, MaxTileRow is a positiveInteger): what
    could not be published is widened, so that what is published and what is answered stay the same.

    Args:
        box: Of the layer, in the CRS of the set; `Engine.box`.
        matrix: Of the set.
    """
    limits = matrix.limits(box) if box else None
    if limits is None:
        return None
    first_row, last_row, first_col, last_col = limits
    if matrix.matrix_width == 1 or matrix.matrix_height == 1:
        return 0, matrix.matrix_height - 1, 0, matrix.matrix_width - 1
    return first_row, max(last_row, 1), first_col, max(last_col, 1)


def reaches(engine: Engine, layer: Layer, tile_set: TileMatrixSet) -> bool:
    """Whether a layer has tiles in a set at all, and so is linked to it."""
    box = engine.box(layer, tile_set.crs)
    return any(matrix_limits(box, matrix) for matrix in tile_set.matrices)


def tile_request(engine: Engine, layer: Layer, grid: Grid, media_type: str, wishes: Wishes) -> TileQuery:
    """The picture of one tile; tiles are always transparent where nothing is, so that they can be laid over a map."""
    output = Output(kind="map", media_type=media_type, options=wishes.options)
    styled = engine.ask(layer, wishes.ask)
    return TileQuery(request=Request(layers=(styled,), grid=grid, output=output), warnings=wishes.warnings)
