"""Where things lie: the common ground plane of the landscape, and the grids of tiles laid over it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

GROUND = "+proj=tmerc +lat_0=49.3 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
"""The plane in which the landscape is invented; its y axis is the seam of UTM zones 30 and 31."""

_STEP = 32  # pixels between control points; a metre-scale map is flat to 1e-4 pixel over that


@dataclass(frozen=True, slots=True)
class Sheet:
    """A north-up raster grid in some CRS."""

    crs: str
    """Spelled `EPSG:n`."""
    left: float
    """Outer left edge in units of the CRS."""
    top: float
    """Outer upper edge in units of the CRS."""
    pixel: float
    """Edge of a pixel in units of the CRS."""
    width: int
    """Columns."""
    height: int
    """Rows."""

    @property
    def epsg(self) -> int:
        """The number in the CRS's name."""
        return int(self.crs.removeprefix("EPSG:"))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top edge in units of the CRS."""
        return (
            self.left,
            self.top - self.height * self.pixel,
            self.left + self.width * self.pixel,
            self.top,
        )

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """The affine from (column, row) to x and y, in the order of rasterio and STAC."""
        return (self.pixel, 0.0, self.left, 0.0, -self.pixel, self.top)

    def coarser(self, factor: int) -> "Sheet":
        """The same ground with pixels `factor` times as large; the upper-left corner stays."""
        return Sheet(self.crs, self.left, self.top, self.pixel * factor, self.width // factor, self.height // factor)

    def ground_control(self) -> NDArray[np.float64]:
        """Ground coordinates (2, rows, columns) of pixel corners, one every 32 pixels from the upper left."""
        columns = np.arange(0, self.width + _STEP, _STEP)
        rows = np.arange(0, self.height + _STEP, _STEP)
        xs, ys = np.meshgrid(self.left + columns * self.pixel, self.top - rows * self.pixel)
        to_ground = Transformer.from_crs(self.crs, GROUND, always_xy=True)
        return np.stack(to_ground.transform(xs, ys))

    def ground_points(self) -> NDArray[np.float64]:
        """Ground coordinates (2, height, width) of pixel centres, interpolated between control points."""
        control = self.ground_control()
        col = (np.arange(self.width) + 0.5) / _STEP
        row = (np.arange(self.height) + 0.5) / _STEP
        i, j = row.astype(int), col.astype(int)
        v, u = (row - i)[:, None], (col - j)[None, :]
        upper = control[:, i][:, :, j] * (1 - u) + control[:, i][:, :, j + 1] * u
        lower = control[:, i + 1][:, :, j] * (1 - u) + control[:, i + 1][:, :, j + 1] * u
        points: NDArray[np.float64] = upper * (1 - v) + lower * v
        return points


@dataclass(frozen=True)
class Tile:
    """One MGRS-like tile: its name and its 10 m grid."""

    name: str
    """Such as `30UYV`."""
    sheet: Sheet
    """The 10 m grid; width and height are multiples of 6."""

    @cached_property
    def zone(self) -> int:
        """UTM zone number."""
        return int(self.name[:2])


@dataclass(frozen=True, slots=True)
class Layout:
    """Which grids an archive is drawn on."""

    tiles: tuple[Tile, ...]
    """Sentinel-2 tiles."""
    landcover: Sheet
    """Grid of the yearly land cover."""
    dem: Sheet
    """Grid of the elevation model."""

    def ground_bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top in metres of the ground plane, of all grids and 300 m around them."""
        sheets = (self.landcover, self.dem, *(tile.sheet for tile in self.tiles))
        points = np.hstack([sheet.ground_control().reshape(2, -1) for sheet in sheets])
        (left, bottom), (right, top) = points.min(axis=1), points.max(axis=1)
        return float(left) - 300, float(bottom) - 300, float(right) + 300, float(top) + 300


def layout_of(size: int) -> Layout:
    """Lay out two tiles of `size` x `size` pixels (a multiple of 6) that meet in the middle of the landscape."""
    middle = Transformer.from_crs(GROUND, "EPSG:32630", always_xy=True).transform(0.0, 0.0)
    mirrored = Transformer.from_crs(GROUND, "EPSG:32631", always_xy=True).transform(0.0, 0.0)
    reach = min(1200.0, size * 2.5)  # how far each tile goes beyond the seam
    top = 5500020 - 60 * round((5500020 - middle[1] - size * 5) / 60)
    west = 699960 + 60 * round((middle[0] + reach - size * 10 - 699960) / 60)
    east = 199980 + 60 * round((mirrored[0] - reach - 199980) / 60)
    tiles = (
        Tile("30UYV", Sheet("EPSG:32630", west, top, 10, size, size)),
        Tile("31UBQ", Sheet("EPSG:32631", east, top, 10, size, size)),
    )
    return Layout(tiles, _around(tiles, "EPSG:3035", 20.0), _around(tiles, "EPSG:4326", 1 / 3600))


def _around(tiles: tuple[Tile, ...], crs: str, pixel: float) -> Sheet:
    boxes = [
        Transformer.from_crs(tile.sheet.crs, crs, always_xy=True).transform_bounds(*tile.sheet.bounds) for tile in tiles
    ]
    left = np.floor(min(box[0] for box in boxes) / pixel) * pixel
    bottom = np.floor(min(box[1] for box in boxes) / pixel) * pixel
    right = np.ceil(max(box[2] for box in boxes) / pixel) * pixel
    top = np.ceil(max(box[3] for box in boxes) / pixel) * pixel
    width, height = round((right - left) / pixel), round((top - bottom) / pixel)
    return Sheet(crs, float(left), float(top), pixel, width, height)
