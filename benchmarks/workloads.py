"""The fixed lists of requests: the same positions, in the same order, for every server.

A position says what to draw, never how to ask: each target words it in its own protocol. Lists are seeded and hold
no position twice.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from pyproj import Transformer

from benchmarks.scenes import EDGE_SLOPE, EPSG, ORIGIN, SEED, THIRD_DATE_RIGHT_PX, Archive, Scene

TILE_PX = 256
WORLD_M = 2 * math.pi * 6378137
VIEW_COLUMNS, VIEW_ROWS = 5, 4
MAP_SIZE = (1024, 768)
COVERAGE_PX = 2048
METRES_A_DEGREE = 111320.0
EDGE_MARGIN_M = 2500.0
HOT_TILES = 20
MOSAIC_TILES = 500

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Position:
    """One picture or coverage to ask for."""

    product: str
    """`rgb` (B04 B03 B02, 0-3000) or `ndvi` (B08 and B04, -1..1)."""
    scene: str | None
    """Name of the one scene, or None for the mosaic of all."""
    epsg: int
    """Grid's reference system."""
    bounds: Bounds
    """West, south, east, north in that system, x before y."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    format: str
    """`png`, `jpeg` or `tiff` (float32 values)."""
    resampling: str = "nearest"
    """`nearest` or `bilinear`."""
    tile: tuple[int, int, int] | None = None
    """Zoom, column, row when the grid is a WebMercatorQuad tile."""


@dataclass(frozen=True)
class Workload:
    """A named list of positions."""

    name: str
    """As in the table: `W1p`."""
    caption: str
    """What is asked for, in words."""
    build: Callable[[Archive, Random], list[Position]]
    """Makes the list from an archive and a seeded source."""
    may_repeat: bool = False
    """Whether the list is asked over and over (only `hot`)."""
    seconds_factor: float = 1.0
    """Slots of long requests last longer by this factor."""


def positions(workload: Workload, archive: Archive) -> list[Position]:
    """The list of a workload over an archive; equal in every run."""
    return workload.build(archive, Random(f"{SEED}:{workload.name}"))


def tile_bounds(z: int, x: int, y: int) -> Bounds:
    """Bounds of a WebMercatorQuad tile in metres of EPSG:3857."""
    side = WORLD_M / 2**z
    west, north = -WORLD_M / 2 + x * side, WORLD_M / 2 - y * side
    return west, north - side, west + side, north


def tiles_inside(area: Bounds, zoom: int) -> list[tuple[int, int, int]]:
    """Tiles of a zoom that lie wholly inside an area given in metres of EPSG:32631."""
    west, south, east, north = area
    to_mercator = Transformer.from_crs(EPSG, 3857, always_xy=True)
    left, bottom, right, top = to_mercator.transform_bounds(west, south, east, north, densify_pts=21)
    side = WORLD_M / 2**zoom
    columns = np.arange(math.floor((left + WORLD_M / 2) / side), math.floor((right + WORLD_M / 2) / side) + 1)
    rows = np.arange(math.floor((WORLD_M / 2 - top) / side), math.floor((WORLD_M / 2 - bottom) / side) + 1)
    x, y = (grid.ravel() for grid in np.meshgrid(columns, rows))
    inside = np.ones(x.size, bool)
    back = Transformer.from_crs(3857, EPSG, always_xy=True)
    for fx, fy in ((0, 0), (0.5, 0), (1, 0), (0, 0.5), (1, 0.5), (0, 1), (0.5, 1), (1, 1)):
        px, py = back.transform((x + fx) * side - WORLD_M / 2, WORLD_M / 2 - (y + fy) * side)
        inside &= (px >= west) & (px <= east) & (py >= south) & (py <= north)
    return [(zoom, int(a), int(b)) for a, b in zip(x[inside], y[inside], strict=True)]


def _tile(scene: str | None, tile: tuple[int, int, int], product: str, form: str, resampling: str) -> Position:
    return Position(product, scene, 3857, tile_bounds(*tile), TILE_PX, TILE_PX, form, resampling, tile)


def _views(scene: Scene, zoom: int, chance: Random) -> Iterator[list[tuple[int, int, int]]]:
    """Disjoint blocks of 5 x 4 neighbours inside a scene, on a lattice with a random origin."""
    inside = set(tiles_inside(scene.bounds, zoom))
    shift_x, shift_y = chance.randrange(VIEW_COLUMNS), chance.randrange(VIEW_ROWS)
    corners = {((x - shift_x) // VIEW_COLUMNS, (y - shift_y) // VIEW_ROWS) for _, x, y in inside}
    for column, row in sorted(corners):
        left, top = column * VIEW_COLUMNS + shift_x, row * VIEW_ROWS + shift_y
        view = [(zoom, left + i, top + j) for j in range(VIEW_ROWS) for i in range(VIEW_COLUMNS)]
        if inside.issuperset(view):
            yield view


def views(product: str, form: str, resampling: str = "nearest", zoom: int = 14) -> Callable[..., list[Position]]:
    """Map views of 5 x 4 neighbouring tiles, at places all over the full scenes."""

    def build(archive: Archive, chance: Random) -> list[Position]:
        found = [(scene.name, view) for scene in archive.full_scenes for view in _views(scene, zoom, chance)]
        chance.shuffle(found)
        return [_tile(scene, tile, product, form, resampling) for scene, view in found for tile in view]

    return build


def scattered(zooms: Iterable[int], product: str = "rgb", form: str = "png") -> Callable[..., list[Position]]:
    """Single tiles of the full scenes in random order."""

    def build(archive: Archive, chance: Random) -> list[Position]:
        found = [
            _tile(scene.name, tile, product, form, "nearest")
            for scene in archive.full_scenes
            for zoom in zooms
            for tile in tiles_inside(scene.bounds, zoom)
        ]
        chance.shuffle(found)
        return found

    return build


def maps(epsg: int, form: str, count: int = 1200) -> Callable[..., list[Position]]:
    """RGB maps of 1024 x 768, bilinear, 12 to 30 m a pixel, wholly inside one full scene."""

    def build(archive: Archive, chance: Random) -> list[Position]:
        width, height = MAP_SIZE
        back = Transformer.from_crs(epsg, EPSG, always_xy=True)
        ahead = Transformer.from_crs(EPSG, epsg, always_xy=True)
        lonlat = Transformer.from_crs(EPSG, 4326, always_xy=True)
        made: list[Position] = []
        for _ in range(200 * count):
            if len(made) == count:
                break
            scene = chance.choice(archive.full_scenes)
            west, south, east, north = scene.bounds
            x, y = chance.uniform(west, east), chance.uniform(south, north)
            ground_m = min(chance.uniform(12, 30), (east - west) / 1.75 / width)
            stretch = 1 / math.cos(math.radians(lonlat.transform(x, y)[1]))
            pixel = ground_m * stretch / (METRES_A_DEGREE if epsg == 4326 else 1)
            left, bottom = ahead.transform(x, y)
            bounds = (left, bottom, left + width * pixel, bottom + height * pixel)
            w, s, e, n = back.transform_bounds(*bounds, densify_pts=21)
            if w >= west and s >= south and e <= east and n <= north:
                made.append(Position("rgb", scene.name, epsg, bounds, width, height, form, "bilinear"))
        return made

    return build


def coverages(archive: Archive, chance: Random, count: int = 400) -> list[Position]:
    """NDVI windows of 2048 x 2048 samples on the native grid of the four full scenes."""
    side = min(COVERAGE_PX, archive.size_px // 2)
    made: dict[Position, None] = {}
    while len(made) < count:
        scene = chance.choice(archive.full_scenes)
        west, _, _, north = scene.bounds
        left = west + 10.0 * chance.randrange(archive.size_px - side)
        top = north - 10.0 * chance.randrange(archive.size_px - side)
        bounds = (left, top - 10.0 * side, left + 10.0 * side, top)
        made[Position("ndvi", scene.name, EPSG, bounds, side, side, "tiff")] = None
    return list(made)


def mosaics(archive: Archive, chance: Random) -> list[Position]:
    """RGB tiles of all six scenes, newest on top: on the seam of the tiles, and along the newest swath edge."""
    first, second = archive.scenes[0].bounds, archive.scenes[1].bounds
    whole = (first[0], first[1], second[2], first[3])
    centre = Transformer.from_crs(3857, EPSG, always_xy=True)
    seam, edge = [], []
    for zoom in (12, 13, 14):
        for tile in tiles_inside(whole, zoom):
            bounds = tile_bounds(*tile)
            west, _, east, _ = centre.transform_bounds(*bounds)
            x, y = centre.transform((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
            row = (ORIGIN[1] - y) / 10
            border = ORIGIN[0] + 10 * (THIRD_DATE_RIGHT_PX * archive.scale - EDGE_SLOPE * row)
            if west < first[2] and east > second[0]:
                seam.append(tile)
            elif abs(x - border) < EDGE_MARGIN_M:
                edge.append(tile)
    chance.shuffle(seam)
    chance.shuffle(edge)
    chosen = seam[:MOSAIC_TILES] + edge[:MOSAIC_TILES]
    chance.shuffle(chosen)
    return [_tile(None, tile, "rgb", "png", "nearest") for tile in chosen]


def hot(archive: Archive, chance: Random) -> list[Position]:
    """Twenty tiles of one view of W1p, over and over."""
    return views("rgb", "png")(archive, chance)[:HOT_TILES]


WORKLOADS: dict[str, Workload] = {
    work.name: work
    for work in (
        Workload("W1p", "RGB tile, PNG, zoom 14, nearest, map views", views("rgb", "png")),
        Workload("W1j", "RGB tile, JPEG, zoom 14, nearest, map views", views("rgb", "jpeg")),
        Workload("W1b", "RGB tile, PNG, zoom 14, bilinear, map views", views("rgb", "png", "bilinear")),
        Workload("W1s", "RGB tile, PNG, zoom 14, nearest, scattered", scattered((14,))),
        Workload("W1o", "RGB tile, PNG, zoom 10 to 12 (overviews), nearest", scattered((10, 11, 12))),
        Workload("W2", "NDVI tile, PNG, zoom 14, nearest, map views", views("ndvi", "png")),
        Workload("W3g", "RGB map 1024 x 768, EPSG:4326, PNG, bilinear", maps(4326, "png"), seconds_factor=2.0),
        Workload("W3gj", "RGB map 1024 x 768, EPSG:4326, JPEG, bilinear", maps(4326, "jpeg"), seconds_factor=2.0),
        Workload("W3m", "RGB map 1024 x 768, EPSG:3857, PNG, bilinear", maps(3857, "png"), seconds_factor=2.0),
        Workload("W4", "NDVI coverage 2048 x 2048, native grid, float32 GeoTIFF", coverages, seconds_factor=2.0),
        Workload("W5", "RGB mosaic tile of six scenes, PNG, zoom 12 to 14", mosaics),
        Workload("hot", "20 tiles of W1p, over and over", hot, may_repeat=True),
    )
}


def warm_up(workload: Workload, archive: Archive) -> list[Position]:
    """A few requests of the same kind outside the list, so that no slot counts imports and first opens.

    One for each scene of the list, beside its westernmost position and never equal to one of the list.
    """
    listed = positions(workload, archive)
    firsts: dict[str | None, Position] = {}
    for position in sorted(listed, key=lambda one: one.bounds):
        firsts.setdefault(position.scene, position)
    return [_neighbour(position) for position in firsts.values()]


def _neighbour(position: Position) -> Position:
    """The same request for a place beside: a tile one zoom deeper, a map or window of half the size."""
    west, south, east, north = position.bounds
    if position.tile is not None:
        z, x, y = position.tile
        tile = (z + 1, 2 * x, 2 * y)
        return replace(position, tile=tile, bounds=tile_bounds(*tile))
    half = (west, (south + north) / 2, (west + east) / 2, north)
    return replace(position, bounds=half, width=position.width // 2, height=position.height // 2)
