"""The ground of one tile: what lies under every pixel, asked once and painted for every date."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bandstand.demo.cover import cover_at, may_change
from bandstand.demo.kinds import ARABLE, FRESH, KIND_COUNT, SEA
from bandstand.demo.lines import clearance
from bandstand.demo.noise import chance, fbm, ramp
from bandstand.demo.spectra import ATTENUATION, DEEP_WATER, SAND, SEDIMENT, Palette
from bandstand.demo.world import World, sample

_SPOTS = 2  # points asked in a pixel, on its falling diagonal


class Ground(NamedTuple):
    """What lies under the pixels of one 10 m grid in one year; arrays (y, x, spot) or (y, x)."""

    kind: NDArray[np.uint8]
    parcel: NDArray[np.int32]
    tone: NDArray[np.float32]
    depth: NDArray[np.float32]
    """Metres of water, 0 on land."""
    mud: NDArray[np.float32]
    """Sediment in the water, 0 to about 1."""
    east: NDArray[np.float32]
    north: NDArray[np.float32]


def survey_ground(points: NDArray[np.float64], year: int, world: World) -> Ground:
    """Ask the world about every pixel whose centre lies at `points` (2, y, x) in metres of the ground plane."""
    height, width = points.shape[1:]
    ground = Ground(
        np.empty((height, width, _SPOTS), np.uint8),
        np.empty((height, width, _SPOTS), np.int32),
        np.empty((height, width, _SPOTS), np.float32),
        *(np.empty((height, width), np.float32) for _ in range(4)),
    )
    _survey(points, year, world, ground)
    return ground


@njit(cache=True)
def _survey(points: NDArray[np.float64], year: int, world: World, ground: Ground) -> None:
    height, width = points.shape[1:]
    for row in range(height):
        for col in range(width):
            x, y = points[0, row, col], points[1, row, col]
            wet = False
            for spot in range(_SPOTS):
                shift = 5.0 * spot - 2.5
                kind, parcel, tone = cover_at(x + shift, y - shift, year, world)
                ground.kind[row, col, spot] = kind
                ground.parcel[row, col, spot] = parcel
                ground.tone[row, col, spot] = tone
                wet = wet or kind in (SEA, FRESH)
            ground.east[row, col] = sample(world.east, x, y, world)
            ground.north[row, col] = sample(world.north, x, y, world)
            depth, mud = 0.0, 0.0
            if wet:
                depth, mud = _water_body(x, y, world)
            ground.depth[row, col], ground.mud[row, col] = depth, mud


@njit(cache=True)
def revise_ground(ground: Ground, points: NDArray[np.float64], year: int, world: World) -> None:
    """Bring a ground of 2021 to a later `year`, in place: only what may have changed is asked again."""
    height, width = points.shape[1:]
    for row in range(height):
        for col in range(width):
            for spot in range(_SPOTS):
                shift = 5.0 * spot - 2.5
                x, y = points[0, row, col] + shift, points[1, row, col] - shift
                if may_change(ground.kind[row, col, spot], ground.parcel[row, col, spot], x, y, world):
                    kind, parcel, tone = cover_at(x, y, year, world)
                    ground.kind[row, col, spot] = kind
                    ground.parcel[row, col, spot] = parcel
                    ground.tone[row, col, spot] = tone


@njit(cache=True)
def survey_kinds(points: NDArray[np.float64], year: int, world: World) -> NDArray[np.uint8]:
    """Tell the kind of ground (y, x) at each of `points` (2, y, x)."""
    height, width = points.shape[1:]
    kinds = np.empty((height, width), np.uint8)
    for row in range(height):
        for col in range(width):
            kinds[row, col] = cover_at(points[0, row, col], points[1, row, col], year, world)[0]
    return kinds


@njit(cache=True)
def survey_heights(points: NDArray[np.float64], world: World) -> NDArray[np.float32]:
    """Height of the ground in metres (y, x) at each of `points` (2, y, x)."""
    height, width = points.shape[1:]
    heights = np.empty((height, width), np.float32)
    for row in range(height):
        for col in range(width):
            heights[row, col] = sample(world.height, points[0, row, col], points[1, row, col], world)
    return heights


@njit(cache=True)
def _water_body(x: float, y: float, world: World) -> tuple[float, float]:
    """Depth in metres and sediment at a point of the sea, the river or a lake."""
    seed = world.seed
    shore = sample(world.shore, x, y, world)
    if shore > 0.0 and sample(world.lake, x, y, world) < 60.0:
        return 6.0, 0.10
    bars = 0.9 * fbm(x / 900.0 + y / 1500.0, y / 340.0, 4, seed + 301)
    depth = max(0.15 + 0.0062 * -shore + bars * ramp(-shore, 0.0, 700.0), 0.05)
    mx, my = world.mouth
    wx = x + 900.0 * fbm(x / 2300.0, y / 2300.0, 4, seed + 302)
    wy = y + 700.0 * fbm(x / 2300.0, y / 2300.0, 4, seed + 303)
    along, out = wx - mx - 900.0, wy - my - 600.0
    plume = math.exp(-math.sqrt((along / 2900.0) ** 2 + (out / 1700.0) ** 2))
    surf = math.exp(-abs(shore) / 420.0)
    drift = 0.5 + 0.9 * fbm(wx / 1900.0, wy / 1100.0, 5, seed + 304)
    mud = max(0.95 * plume * (0.75 + 0.5 * drift) + 0.42 * surf * (0.6 + drift) + 0.07 * drift, 0.0)
    if shore > 0.0:
        return 5.0, max(0.5, mud)
    scoured = 1.0 - ramp(clearance(x, y, world.river) + 0.12 * (wx - x), -330.0, 260.0)
    return depth + scoured * (5.0 - min(depth, 5.0)), mud


@njit(cache=True)
def _row_of(kind: int, parcel: int, season: int, shares: NDArray[np.float64]) -> int:
    """Row of a point's look in the palette: arable land is sown anew every year."""
    if kind != ARABLE:
        return kind
    luck = chance(parcel, season, 401) * shares[-1]
    crop = 0
    while crop < len(shares) - 1 and luck >= shares[crop]:
        crop += 1
    return KIND_COUNT + crop


@njit(cache=True)
def paint(ground: Ground, palette: Palette, season: int, band: int, muddy: float, out: NDArray[np.float32]) -> None:
    """Write the flat-ground reflectance of one band to `out` (y, x), the mean of the points in each pixel.

    `season` is the year whose crops stand; `muddy` is a factor on the sediment in the sea.
    """
    height, width = ground.depth.shape
    for row in range(height):
        for col in range(width):
            total = 0.0
            for spot in range(_SPOTS):
                kind = ground.kind[row, col, spot]
                if kind in (SEA, FRESH):
                    total += _water_colour(ground.depth[row, col], ground.mud[row, col] * muddy, band)
                    continue
                parcel = ground.parcel[row, col, spot]
                look = _row_of(kind, parcel, season, palette.shares)
                ahead = 2.4 * (chance(parcel, season, 402) - 0.5)
                value = palette.base[look, band] + ahead * palette.swing[look, band]
                total += max(value, 0.004) * ground.tone[row, col, spot]
            out[row, col] = total / _SPOTS


@njit(cache=True)
def _water_colour(depth: float, mud: float, band: int) -> float:
    bottom = 0.42 * SAND[band] * math.exp(-ATTENUATION[band] * depth * (1.0 + 1.5 * mud))
    load = 1.0 - math.exp(-1.4 * mud)
    return float(DEEP_WATER[band] * (1.0 - 0.3 * load) + SEDIMENT[band] * load + bottom)


@njit(cache=True)
def light(ground: Ground, azimuth: float, elevation: float, out: NDArray[np.float32]) -> None:
    """Write the relief's light to `out` (y, x): 1 on flat ground, less where the slope looks away from the sun.

    Angles in radians, azimuth clockwise from north.
    """
    height, width = ground.depth.shape
    sx, sy = math.sin(azimuth) * math.cos(elevation), math.cos(azimuth) * math.cos(elevation)
    sz = math.sin(elevation)
    for row in range(height):
        for col in range(width):
            gx, gy = 2.5 * ground.east[row, col], 2.5 * ground.north[row, col]
            facing = (sz - gx * sx - gy * sy) / (math.sqrt(1.0 + gx * gx + gy * gy) * sz)
            out[row, col] = max(facing, 0.06) ** 0.85
