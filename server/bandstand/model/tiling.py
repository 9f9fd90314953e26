"""Tile matrix sets (OGC 17-083r4): tiles to grids, and which tiles hold a box."""

import math
from dataclasses import dataclass

from bandstand.errors import TileOutOfRange
from bandstand.model.crs import WEB_MERCATOR, Crs
from bandstand.model.grid import Affine, BBox, Grid

PIXEL_M = 0.00028
"""The standardised rendering pixel of 0.28 mm."""


@dataclass(frozen=True, slots=True)
class TileMatrix:
    """One zoom level."""

    id: str
    cell_size: float
    """Length of a pixel's side in CRS units."""
    origin: tuple[float, float]
    """Upper left corner, x first."""
    tile_width: int
    tile_height: int
    matrix_width: int
    """Columns, in tiles."""
    matrix_height: int
    """Rows, in tiles."""

    def scale_denominator(self, crs: Crs) -> float:
        """Of the 0.28 mm pixel."""
        return self.cell_size * crs.metres_per_unit / PIXEL_M

    def limits(self, box: BBox) -> tuple[int, int, int, int] | None:
        """(first row, last row, first column, last column) of the tiles that touch a box in the set's CRS.

        Returns:
            None when the box lies outside the matrix.
        """
        span_x, span_y = self.cell_size * self.tile_width, self.cell_size * self.tile_height
        # A hair inside, so that a box that ends on a tile border does not take the next tile.
        hair = 1e-9
        first_col = math.floor((box.min_x - self.origin[0]) / span_x + hair)
        last_col = math.ceil((box.max_x - self.origin[0]) / span_x - hair) - 1
        first_row = math.floor((self.origin[1] - box.max_y) / span_y + hair)
        last_row = math.ceil((self.origin[1] - box.min_y) / span_y - hair) - 1
        first_col, first_row = max(0, first_col), max(0, first_row)
        last_col, last_row = min(self.matrix_width - 1, last_col), min(self.matrix_height - 1, last_row)
        if first_col > last_col or first_row > last_row:
            return None
        return first_row, last_row, first_col, last_col


@dataclass(frozen=True, slots=True)
class TileMatrixSet:
    """A pyramid of tile matrices in one CRS."""

    id: str
    title: str
    crs: Crs
    matrices: tuple[TileMatrix, ...]
    well_known_scale_set: str = ""

    def matrix(self, name: str) -> TileMatrix | None:
        """The matrix of this id; `EPSG:3857:12` is read as `12`."""
        wanted = name.rsplit(":", 1)[-1]
        return next((m for m in self.matrices if m.id == wanted), None)

    def tile(self, matrix: TileMatrix, row: int, col: int, *, scale: int = 1) -> Grid:
        """The grid of one tile; `scale` 2 draws the same ground with twice the pixels a side.

        Raises:
            TileOutOfRange: The matrix has no such row or column.
        """
        if not 0 <= row < matrix.matrix_height:
            raise TileOutOfRange(
                f"TILEROW {row} is outside matrix {matrix.id} of {self.id}: 0 to {matrix.matrix_height - 1}.",
                locator="tile.row",
            )
        if not 0 <= col < matrix.matrix_width:
            raise TileOutOfRange(
                f"TILECOL {col} is outside matrix {matrix.id} of {self.id}: 0 to {matrix.matrix_width - 1}.",
                locator="tile.col",
            )
        size = matrix.cell_size / scale
        x = matrix.origin[0] + col * matrix.tile_width * matrix.cell_size
        y = matrix.origin[1] - row * matrix.tile_height * matrix.cell_size
        transform = Affine(size, 0.0, x, 0.0, -size, y)
        return Grid(self.crs, transform, matrix.tile_width * scale, matrix.tile_height * scale)


def _web_mercator_quad(levels: int = 25, *, tile: int = 256) -> tuple[TileMatrix, ...]:
    half = 20037508.342789244
    return tuple(
        TileMatrix(str(z), 2 * half / (tile * 2**z), (-half, half), tile, tile, 2**z, 2**z) for z in range(levels)
    )


WEB_MERCATOR_QUAD = TileMatrixSet(
    "WebMercatorQuad",
    "Google Maps Compatible for the World",
    WEB_MERCATOR,
    _web_mercator_quad(),
    "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
)


def regular_set(
    name: str,
    title: str,
    crs: Crs,
    *,
    origin: tuple[float, float],
    resolutions: tuple[float, ...],
    extent: BBox,
    tile: int = 256,
) -> TileMatrixSet:
    """A set whose matrices share an origin and cover `extent` (CRS units); `resolutions` fall."""
    matrices = []
    for number, cell in enumerate(resolutions):
        columns = max(1, math.ceil((extent.max_x - origin[0]) / (cell * tile) - 1e-9))
        rows = max(1, math.ceil((origin[1] - extent.min_y) / (cell * tile) - 1e-9))
        matrices.append(TileMatrix(str(number), cell, origin, tile, tile, columns, rows))
    return TileMatrixSet(name, title, crs, tuple(matrices))
