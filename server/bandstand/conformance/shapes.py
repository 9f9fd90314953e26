"""The ground around Blue Lake: every shape that the compliance suites of WMS know, in longitude and latitude."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shapely import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

FINE = 1e-5
"""Pixel of most layers, degrees; the vertices lie on a grid of ten times as much, so on corners of pixels."""
COARSE = 1e-2
"""Pixel of the large polygons, degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One feature: a scene of its own, so that feature info can tell two that overlap apart."""

    id: str
    geometry: BaseGeometry
    time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One layer of features that look alike."""

    name: str
    """Of the layer; the suites know it by this, or by `cite:` and this as its title."""
    title: str
    colour: str
    shapes: tuple[Shape, ...]
    pixel: float = FINE
    queryable: bool = True
    tiles: bool = False
    """Whether the tile services publish it: few, for their suites ask for every matrix."""

    @property
    def collection(self) -> str:
        """Name of the collection that holds its scenes."""
        return f"cite_{self.name.lower()}"


def _polygons(prefix: str, *geometries: BaseGeometry) -> tuple[Shape, ...]:
    return tuple(Shape(id=f"{prefix}-{n}", geometry=geometry) for n, geometry in enumerate(geometries, start=1))


def _lines(prefix: str, *lines: Iterable[tuple[float, float]], half_width: float = 3 * FINE) -> tuple[Shape, ...]:
    # Square ends: a line that ends at the edge of the map is drawn up to it.
    return _polygons(
        prefix, *(LineString(list(line)).buffer(half_width, cap_style="square", join_style="mitre") for line in lines)
    )


_ISLAND = box(0.0017, -0.0011, 0.0025, -0.0006)
_LAKE = Polygon([(0.0006, -0.0018), (0.0010, -0.0006), (0.0024, -0.0001), (0.0031, -0.0015)]) - _ISLAND

_CARS = {
    1: {
        0: (-0.0014, 0.0002),
        5: (-0.0022, 0.0),
        10: (-0.0029, -0.0002),
        15: (-0.0032, -0.0004),
        20: (-0.0032, -0.0008),
        25: (-0.0032, -0.0014),
        30: (-0.0032, -0.0022),
    },
    2: {
        20: (-0.0032, 0.0022),
        25: (-0.0032, 0.0012),
        30: (-0.0032, 0.0002),
        35: (-0.0032, -0.0008),
        40: (-0.0032, -0.0018),
    },
    3: {
        40: (-0.0026, -0.0020),
        45: (-0.0026, -0.0012),
        50: (-0.0026, -0.0004),
        55: (-0.0026, 0.0004),
        60: (-0.0026, 0.0012),
    },
    4: {55: (0.0029, 0.0019), 60: (0.0028, 0.0014)},
}
"""Where each car is, by seconds after the start of 2000."""
_CAR_HALF_SIZE = 4 * FINE


def _cars() -> tuple[Shape, ...]:
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return tuple(
        Shape(
            id=f"car-{car}-{second:02d}s",
            geometry=Point(place).buffer(_CAR_HALF_SIZE, cap_style="square"),
            time=start + timedelta(seconds=second),
        )
        for car, places in _CARS.items()
        for second, place in places.items()
    )


THEMES = (
    Theme(
        name="BasicPolygons",
        title="Basic polygons",
        colour="#c04040",
        pixel=COARSE,
        shapes=_polygons("polygon", Polygon([(-1, 0), (0, 1), (1, 0), (0, -1)]), box(-2, 3, 1, 6), box(-1, 2, 2, 5)),
    ),
    Theme(
        name="Bridges",
        title="Bridges",
        colour="#303030",
        shapes=_polygons("bridge", Point(0.0002, 0.0007).buffer(6 * FINE, cap_style="square")),
    ),
    Theme(
        name="Buildings",
        title="Buildings",
        colour="#a06030",
        shapes=_polygons("building", box(0.0008, 0.0005, 0.0012, 0.0007), box(0.0020, 0.0008, 0.0024, 0.0010)),
    ),
    Theme(
        name="DividedRoutes",
        title="Divided routes",
        colour="#d08020",
        queryable=False,
        shapes=_lines("route", [(-0.0032, -0.0024), (-0.0032, 0.0024)], [(-0.0026, -0.0024), (-0.0026, 0.0024)]),
    ),
    Theme(
        name="Forests",
        title="Forests",
        colour="#2f7d32",
        shapes=_polygons(
            "forest",
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
        ),
    ),
    Theme(name="Lakes", title="Lakes", colour="#2f6fc0", tiles=True, shapes=_polygons("blue-lake", _LAKE)),
    Theme(
        name="MapNeatline",
        title="Map neatline",
        colour="#202020",
        queryable=False,
        tiles=True,
        shapes=_polygons("neatline", box(-0.0042, -0.0024, 0.0042, 0.0024) - box(-0.0041, -0.0023, 0.0041, 0.0023)),
    ),
    Theme(
        name="NamedPlaces",
        title="Named places",
        colour="#b0a0c8",
        shapes=(
            Shape(
                id="ashton",
                geometry=Polygon(
                    [(0.0020, 0.0024), (0.0042, 0.0024), (0.0042, 0.0006), (0.0014, 0.0006), (0.0014, 0.0010)]
                ),
            ),
            Shape(id="goose-island", geometry=_ISLAND),
        ),
    ),
    Theme(
        name="Ponds",
        title="Ponds",
        colour="#50a0d0",
        shapes=_polygons(
            "pond",
            Polygon([(-0.0020, 0.0018), (-0.0018, 0.0020), (-0.0018, 0.0016)]),
            Polygon([(-0.0016, 0.0016), (-0.0016, 0.0020), (-0.0014, 0.0018)]),
        ),
    ),
    Theme(
        name="RoadSegments",
        title="Road segments",
        colour="#805028",
        queryable=False,
        shapes=_lines(
            "road",
            [(-0.0042, -0.0006), (-0.0032, -0.0003), (-0.0026, -0.0001), (-0.0014, 0.0002), (0.0002, 0.0007)],
            [(0.0002, 0.0007), (0.0014, 0.0010), (0.0028, 0.0014), (0.0042, 0.0018)],
            [(0.0028, 0.0014), (0.0030, 0.0024)],
            [(-0.0014, -0.0024), (-0.0014, 0.0002)],
        ),
    ),
    Theme(
        name="Streams",
        title="Streams",
        colour="#6090e0",
        queryable=False,
        shapes=_lines(
            "stream",
            [(-0.0004, 0.0024), (0.0002, 0.0017), (-0.0001, 0.0012), (0.0002, 0.0007), (0.0010, -0.0006)],
            [(0.0034, -0.0024), (0.0036, -0.0020), (0.0031, -0.0015)],
            half_width=2 * FINE,
        ),
    ),
    Theme(name="Autos", title="Cars, every five seconds", colour="#e02020", tiles=True, shapes=_cars()),
)
"""In the order of publication."""
