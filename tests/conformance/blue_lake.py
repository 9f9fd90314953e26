"""The ground around Blue Lake by its published vertices, in longitude and latitude, and where it has to be drawn."""

import functools
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry

AROUND = (-0.0042, -0.0024, 0.0042, 0.0024)
"""The whole ground: west, south, east, north."""
ISLAND = box(0.0017, -0.0011, 0.0025, -0.0006)


@dataclass(frozen=True)
class Drawn:
    """A layer of polygons that is drawn in one colour."""

    geometry: BaseGeometry
    colour: tuple[int, int, int]


LAYERS = {
    "BasicPolygons": Drawn(
        Polygon([(-1, 0), (0, 1), (1, 0), (0, -1)]) | box(-2, 3, 1, 6) | box(-1, 2, 2, 5),
        (0xC0, 0x40, 0x40),
    ),
    "Buildings": Drawn(box(0.0008, 0.0005, 0.0012, 0.0007) | box(0.0020, 0.0008, 0.0024, 0.0010), (0xA0, 0x60, 0x30)),
    "Forests": Drawn(
        Polygon(
            [
                (-0.0014, -0.0024),
                (-0.0014, 0.0002),
                (0.0002, 0.0007),
                (0.0014, 0.0010),
                (0.0028, 0.0014),
                (0.0042, 0.0018),
                (0.0042, -0.0024),
            ]
        ),
        (0x2F, 0x7D, 0x32),
    ),
    "Lakes": Drawn(
        Polygon([(0.0006, -0.0018), (0.0010, -0.0006), (0.0024, -0.0001), (0.0031, -0.0015)]) - ISLAND,
        (0x2F, 0x6F, 0xC0),
    ),
    "NamedPlaces": Drawn(
        Polygon([(0.0020, 0.0024), (0.0042, 0.0024), (0.0042, 0.0006), (0.0014, 0.0006), (0.0014, 0.0010)]) | ISLAND,
        (0xB0, 0xA0, 0xC8),
    ),
    "Ponds": Drawn(
        Polygon([(-0.0020, 0.0018), (-0.0018, 0.0020), (-0.0018, 0.0016)])
        | Polygon([(-0.0016, 0.0016), (-0.0016, 0.0020), (-0.0014, 0.0018)]),
        (0x50, 0xA0, 0xD0),
    ),
}
"""The layers whose shapes are polygons."""
NAMES = (
    *("BasicPolygons", "Bridges", "Buildings", "DividedRoutes", "Forests", "Lakes", "MapNeatline", "NamedPlaces"),
    *("Ponds", "RoadSegments", "Streams"),
)
"""The layers of the data set."""

CARS = {
    0: [(-0.0014, 0.0002)],
    5: [(-0.0022, 0.0)],
    10: [(-0.0029, -0.0002)],
    15: [(-0.0032, -0.0004)],
    20: [(-0.0032, -0.0008), (-0.0032, 0.0022)],
    25: [(-0.0032, -0.0014), (-0.0032, 0.0012)],
    30: [(-0.0032, -0.0022), (-0.0032, 0.0002)],
    35: [(-0.0032, -0.0008)],
    40: [(-0.0032, -0.0018), (-0.0026, -0.0020)],
    45: [(-0.0026, -0.0012)],
    50: [(-0.0026, -0.0004)],
    55: [(-0.0026, 0.0004), (0.0029, 0.0019)],
    60: [(-0.0026, 0.0012), (0.0028, 0.0014)],
}
"""Where cars are, by seconds after the start of 2000."""


def instant(second: int) -> str:
    """The time of that second."""
    return f"2000-01-01T00:{second // 60:02}:{second % 60:02}Z"


@functools.cache
def where(name: str, bounds: tuple[float, float, float, float], size: tuple[int, int], crs: str = "OGC:CRS84"):
    """Which pixels of a map a layer covers.

    Args:
        name: Of the layer.
        bounds: Least x, least y, largest x, largest y of the map's outer edges, x to the east.
        size: Columns and rows.
        crs: Of the bounds.

    Returns:
        Masks of pixels that are covered and that are not, (row, column); those at an edge are in neither.
    """
    width, height = size
    xs = bounds[0] + (np.arange(width) + 0.5) * (bounds[2] - bounds[0]) / width
    ys = bounds[3] - (np.arange(height) + 0.5) * (bounds[3] - bounds[1]) / height
    x, y = np.meshgrid(xs, ys)
    lon, lat = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True).transform(x, y)
    geometry = LAYERS[name].geometry
    shapely.prepare(geometry)
    step = max(np.abs(np.diff(lon, axis=1)).max(initial=0), np.abs(np.diff(lat, axis=0)).max(initial=0))
    # The files burn whole pixels of theirs around each vertex; a map's own pixel may show the neighbour's.
    grain = 1e-2 if name == "BasicPolygons" else 1e-5
    near = shapely.distance(geometry.boundary, shapely.points(lon, lat)) <= step / 2 + grain
    inside = shapely.contains_xy(geometry, lon, lat)
    return inside & ~near, ~inside & ~near


def is_drawn(rgba: np.ndarray, name: str, bounds, *, ground=(255, 255, 255, 255), crs: str = "OGC:CRS84") -> bool:
    """Whether a map shows one layer where it lies, in its colour, and the ground everywhere else."""
    covered, free = where(name, bounds, (rgba.shape[1], rgba.shape[0]), crs)
    assert covered.any()
    assert free.any()
    return bool((rgba[covered] == (*LAYERS[name].colour, 255)).all() and (rgba[free] == ground).all())
