"""Where: boxes and rectified grids, as values."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.errors import InvalidParameter, InvalidSubset
from bandstand.model.crs import CRS84, Crs, period, poles, transformer

_SEAM = 0.01
"""Columns by which a grid around the world may miss a whole turn: sizes of pixels are written with few digits."""


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in the units of some CRS, x first whatever the CRS says."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float

    def __post_init__(self) -> None:
        """Refuse what is no box."""
        if not all(map(math.isfinite, (self.min_x, self.min_y, self.max_x, self.max_y))):
            raise InvalidParameter("A bounding box needs four finite numbers.", locator="bbox")
        if self.min_x >= self.max_x or self.min_y >= self.max_y:
            raise InvalidParameter(
                f"The bounding box is empty or reversed: x {self.min_x:.15g} to {self.max_x:.15g}, "
                f"y {self.min_y:.15g} to {self.max_y:.15g}; each minimum must lie below its maximum.",
                locator="bbox",
            )

    @property
    def width(self) -> float:
        """Extent along x, in CRS units."""
        return self.max_x - self.min_x

    @property
    def height(self) -> float:
        """Extent along y, in CRS units."""
        return self.max_y - self.min_y

    @property
    def centre(self) -> tuple[float, float]:
        """The middle (x, y)."""
        return (self.min_x + self.max_x) / 2, (self.min_y + self.max_y) / 2

    def intersects(self, other: "BBox") -> bool:
        """Whether the two share an area."""
        return (
            self.min_x < other.max_x
            and other.min_x < self.max_x
            and self.min_y < other.max_y
            and other.min_y < self.max_y
        )

    def intersection(self, other: "BBox") -> "BBox | None":
        """The shared area, or None."""
        if not self.intersects(other):
            return None
        return BBox(
            max(self.min_x, other.min_x),
            max(self.min_y, other.min_y),
            min(self.max_x, other.max_x),
            min(self.max_y, other.max_y),
        )

    def union(self, other: "BBox") -> "BBox":
        """The box around both."""
        return BBox(
            min(self.min_x, other.min_x),
            min(self.min_y, other.min_y),
            max(self.max_x, other.max_x),
            max(self.max_y, other.max_y),
        )


@dataclass(frozen=True, slots=True)
class Affine:
    """Pixel corner coordinates (column, row) to CRS: x = a·col + b·row + c, y = d·col + e·row + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def __call__(self, col: float, row: float) -> tuple[float, float]:
        """Map one pixel position to CRS coordinates."""
        return self.a * col + self.b * row + self.c, self.d * col + self.e * row + self.f

    @property
    def determinant(self) -> float:
        """Signed area of a pixel in CRS units."""
        return self.a * self.e - self.b * self.d

    @property
    def inverse(self) -> "Affine":
        """From CRS to pixel positions."""
        det = self.determinant
        a, b, d, e = self.e / det, -self.b / det, -self.d / det, self.a / det
        return Affine(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))

    @property
    def north_up(self) -> bool:
        """Without rotation, first row in the north."""
        return self.b == 0 and self.d == 0 and self.a > 0 and self.e < 0

    def scaled(self, along_x: float, along_y: float) -> "Affine":
        """The transform of a grid whose pixels are larger by these factors (an overview)."""
        return Affine(self.a * along_x, self.b * along_y, self.c, self.d * along_x, self.e * along_y, self.f)

    def shifted(self, col: float, row: float) -> "Affine":
        """The transform of the grid that starts at this pixel."""
        x, y = self(col, row)
        return Affine(self.a, self.b, x, self.d, self.e, y)


@dataclass(frozen=True, slots=True)
class Grid:
    """A rectified grid (CIS 1.1 domain set): a CRS, a transform of pixel corners, a size."""

    crs: Crs
    transform: Affine
    width: int
    """Columns, in pixels."""
    height: int
    """Rows, in pixels."""

    def __post_init__(self) -> None:
        """Refuse what has no pixels."""
        if self.width < 1 or self.height < 1:
            raise InvalidParameter(
                f"A grid needs at least one pixel a side, got {self.width} x {self.height}.", locator="size"
            )
        if self.transform.determinant == 0 or not math.isfinite(self.transform.determinant):
            raise InvalidParameter("The pixels of this grid have no area.", locator="bbox")
        if not (math.isfinite(self.transform.c) and math.isfinite(self.transform.f)):
            raise InvalidParameter(
                f"The corner of this grid is nowhere: x {self.transform.c}, y {self.transform.f}.", locator="bbox"
            )

    @classmethod
    def from_bbox(cls, crs: Crs, bbox: BBox, width: int, height: int) -> "Grid":
        """The north-up grid of this size that fills the box."""
        if width < 1 or height < 1:
            raise InvalidParameter(
                f"A picture needs at least one pixel a side, got {width} x {height}.", locator="size"
            )
        transform = Affine(bbox.width / width, 0.0, bbox.min_x, 0.0, -bbox.height / height, bbox.max_y)
        return cls(crs, transform, width, height)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), as arrays have it."""
        return self.height, self.width

    @property
    def bbox(self) -> BBox:
        """The box around all pixel corners."""
        corners = [self.transform(c, r) for c in (0, self.width) for r in (0, self.height)]
        xs, ys = [c[0] for c in corners], [c[1] for c in corners]
        return BBox(min(xs), min(ys), max(xs), max(ys))

    @property
    def resolution(self) -> tuple[float, float]:
        """Length of a pixel's sides in CRS units (along columns, along rows)."""
        t = self.transform
        return math.hypot(t.a, t.d), math.hypot(t.b, t.e)

    @property
    def is_round(self) -> bool:
        """Whether it goes once around the world, so that its first column follows upon its last."""
        t, turn = self.transform, period(self.crs)
        return turn > 0.0 and t.b == t.d == 0.0 and abs(turn / abs(t.a) - self.width) < _SEAM

    def crop(self, col: int, row: int, width: int, height: int) -> "Grid":
        """The part that starts at this pixel.

        Raises:
            InvalidSubset: The part leaves the grid.
        """
        if col < 0 or row < 0 or col + width > self.width or row + height > self.height:
            raise InvalidSubset(
                f"The part {width} x {height} at column {col}, row {row} leaves the grid of "
                f"{self.width} x {self.height} pixels.",
                locator="grid",
            )
        return Grid(self.crs, self.transform.shifted(col, row), width, height)


def _poles_in(bbox: BBox, crs: Crs) -> list[float]:
    """Latitudes of the poles that lie inside a box."""
    return [lat for lat, x, y in poles(crs) if bbox.min_x < x < bbox.max_x and bbox.min_y < y < bbox.max_y]


def _ring(bbox: BBox, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    t = np.linspace(0.0, 1.0, points)
    x = bbox.min_x + t * bbox.width
    y = bbox.min_y + t * bbox.height
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x.ravel(), grid_y.ravel()


def project_bbox(bbox: BBox, source: Crs, target: Crs, *, points: int = 21) -> BBox | None:
    """The box in `target` around a box in `source`, its edges and inside densified.

    Args:
        points: Nodes a side; edges bend, and a pole may lie inside.

    Returns:
        None when no part of the box can be expressed in `target`.
    """
    if source == target:
        return bbox
    x, y = _ring(bbox, points)
    tx, ty = transformer(source, target).transform(x, y)
    good = np.isfinite(tx) & np.isfinite(ty)
    if not good.any():
        return None
    tx, ty = tx[good], ty[good]
    low_x, high_x, low_y, high_y = float(tx.min()), float(tx.max()), float(ty.min()), float(ty.max())
    if target.lonlat:
        # They lie between the nodes.
        inside = _poles_in(bbox, source)
        low_y, high_y = min([low_y, *inside]), max([high_y, *inside])
    turn = period(target) if target.geographic else 0.0
    wide = source.geographic and bbox.width > period(source) / 2
    if turn and high_x - low_x > turn / 2 and (not wide or not (source.lonlat and target.lonlat)):
        # A narrow box over the antimeridian: every longitude is the safe answer.
        low_x, high_x = -turn / 2, turn / 2
    if high_x <= low_x or high_y <= low_y:
        return None
    return BBox(low_x, low_y, high_x, high_y)


def lonlat_bbox(bbox: BBox, crs: Crs, *, points: int = 21) -> BBox | None:
    """The box in degrees (longitude, latitude) around a box, counted on beyond 180 degrees where it crosses them.

    Args:
        points: Nodes a side.

    Returns:
        None when no part of it can be expressed so.
    """
    x, y = _ring(bbox, points)
    lon, lat = transformer(crs, CRS84).transform(x, y)
    if crs.lonlat:
        # Another datum shifts them by little; whole turns stay what they were.
        lon = x + np.remainder(lon - x + 180.0, 360.0) - 180.0
    good = np.isfinite(lon) & np.isfinite(lat)
    if not good.any():
        return None
    south, north = float(lat[good].min()), float(lat[good].max())
    if good.all() and np.ptp(lon) < 180.0:
        # Neither a turn nor a pole.
        return _box_of(lon, south, north)
    if inside := _poles_in(bbox, crs):
        # The edge does not tell which pole it encloses.
        return BBox(-180.0, min([south, *inside]), 180.0, max([north, *inside]))
    if not good.all():
        return _box_of(lon[good], south, north)
    side = lon.reshape(points, points)
    if not crs.lonlat:
        side = np.unwrap(np.unwrap(side, axis=0, period=360.0), axis=1, period=360.0)
    return _box_of(side, south, north)


def _box_of(lon: NDArray[np.float64], south: float, north: float) -> BBox | None:
    west, east = float(lon.min()), float(lon.max())
    if east - west >= 360.0 or (east - west > 180.0 and lon.ndim == 1):
        west, east = -180.0, 180.0
    south, north = max(south, -90.0), min(north, 90.0)
    return BBox(west, south, east, north) if west < east and south < north else None
