"""The lie of the land: coast, rivers, relief, towns and woods, drawn once from the seed on a coarse grid."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bandstand.demo.lines import FAR, LineIndex, clearance, index_lines
from bandstand.demo.network import lay_rivers, lay_roads, settle
from bandstand.demo.noise import eroded, fbm, ramp

BOUNDS = (-20500.0, -13500.0, 20500.0, 13500.0)
"""Left, bottom, right, top of the landscape in metres of the ground plane; beyond, its edge is repeated."""

STEP = 25.0
"""Metres between posts of the coarse grid."""

_MOUTH_X = -2600.0
_SPRING = (13500.0, -15000.0)
_LAKES = ((5200.0, -4300.0, 620.0, 1.0), (-9300.0, -3600.0, 330.0, 1.0), (14200.0, 1500.0, 260.0, 1.0))


class World(NamedTuple):
    """Everything a point needs to know about its surroundings; rasters are float32 (row from south, column)."""

    seed: int
    left: float
    bottom: float
    step: float
    shore: NDArray[np.float32]
    """Metres inland from the coast line; negative at sea."""
    height: NDArray[np.float32]
    """Metres above the sea; 0 on it."""
    east: NDArray[np.float32]
    """Slope of the ground towards east, metres per metre."""
    north: NDArray[np.float32]
    """Slope of the ground towards north, metres per metre."""
    lake: NDArray[np.float32]
    """Metres outside the nearest lake; negative on it."""
    town: NDArray[np.float32]
    """How urban a place is: 1 in the middle of a town, 0 at its rim, negative outside."""
    wood: NDArray[np.float32]
    """How much a place leans to forest; forest where positive."""
    river: LineIndex
    streams: LineIndex
    roads: LineIndex
    mouth: NDArray[np.float64]
    """x and y of the river's mouth."""


@njit(cache=True)
def sample(raster: NDArray[np.float32], x: float, y: float, world: World) -> float:
    """Interpolate one of the world's rasters bilinearly at a ground point."""
    rows, columns = raster.shape
    u = min(max((x - world.left) / world.step, 0.0), columns - 1.001)
    v = min(max((y - world.bottom) / world.step, 0.0), rows - 1.001)
    col, row = int(u), int(v)
    u, v = u - col, v - row
    low = raster[row, col] * (1.0 - u) + raster[row, col + 1] * u
    high = raster[row + 1, col] * (1.0 - u) + raster[row + 1, col + 1] * u
    return float(low * (1.0 - v) + high * v)


@njit(cache=True)
def inland(x: float, y: float, seed: int) -> float:
    """Metres from the coast line towards the land, about; negative at sea."""
    wx = x + 1300.0 * fbm(x / 5200.0, y / 5200.0, 4, seed + 1)
    wy = y + 1500.0 * fbm(x / 4700.0, y / 4700.0, 5, seed + 2) + 130.0 * fbm(x / 700.0, y / 700.0, 3, seed + 3)
    bay = 1700.0 * math.exp(-(((wx - _MOUTH_X) / 3400.0) ** 2))
    return 0.94 * (4300.0 + 0.17 * wx - bay - wy)


def find_mouth(seed: int) -> tuple[float, float]:
    """Walk north from the plain until the sea is met."""
    y = -4000.0
    while inland(_MOUTH_X, y, seed) > 0 and y < BOUNDS[3]:
        y += 20.0
    return _MOUTH_X, y


@njit(cache=True)
def _raise_ground(x: float, y: float, shore: float, bank: float, brook: float, seed: int) -> float:
    if shore <= 0.0:
        return 0.0
    wx = x + 900.0 * fbm(x / 3800.0, y / 3800.0, 3, seed + 11)
    wy = y + 900.0 * fbm(x / 3800.0, y / 3800.0, 3, seed + 12)
    south = ramp(-y + 0.22 * x + 1600.0 * fbm(x / 6000.0, y / 6000.0, 2, seed + 13), -300.0, 5200.0)
    west = ramp(-x + 0.5 * y, 5500.0, 10500.0)
    swell = max(0.95 * south, 0.62 * west)
    hills = 150.0 + 360.0 * eroded(wx / 4300.0, wy / 4300.0, 6, seed + 14)
    plain = 17.0 + 14.0 * fbm(x / 2600.0, y / 2600.0, 4, seed + 15) + 0.0022 * shore
    ground = plain + swell * max(hills, -10.0)
    bed = 1.5 + 0.0011 * shore
    valley = ramp(bank + 240.0 * fbm(x / 900.0, y / 900.0, 3, seed + 16), 130.0, 1700.0)
    gully = ramp(brook + 90.0 * fbm(x / 400.0, y / 400.0, 2, seed + 17), -60.0, 850.0)
    ground = bed + (ground - bed) * valley * (0.62 + 0.38 * gully)
    return max(ground * ramp(shore, -40.0, 420.0), 0.4)


@njit(cache=True)
def _survey(world: World, lakes: NDArray[np.float64], towns: NDArray[np.float64]) -> None:
    """Fill the rasters of `world`; lakes and towns are rows of x, y, radius and unit (1 metres, 0 radii)."""
    rows, columns = world.shore.shape
    for row in range(rows):
        y = world.bottom + row * world.step
        for col in range(columns):
            x = world.left + col * world.step
            shore = inland(x, y, world.seed)
            world.shore[row, col] = shore
            bank = min(clearance(x, y, world.river), FAR)
            brook = clearance(x, y, world.streams)
            world.height[row, col] = _raise_ground(x, y, shore, bank, brook, world.seed)
            world.lake[row, col] = _round_about(x, y, lakes, 0.45, world.seed + 21)
            urban = _round_about(x, y, towns, 0.42, world.seed + 22)
            world.town[row, col] = -urban if shore > 30.0 else -1.0
    for row in range(rows):
        for col in range(columns):
            w, e = max(col - 1, 0), min(col + 1, columns - 1)
            s, n = max(row - 1, 0), min(row + 1, rows - 1)
            x, y = world.left + col * world.step, world.bottom + row * world.step
            gx = (world.height[row, e] - world.height[row, w]) / ((e - w) * world.step)
            gy = (world.height[n, col] - world.height[s, col]) / ((n - s) * world.step)
            world.east[row, col], world.north[row, col] = gx, gy
            lean = fbm(x / 3100.0, y / 3100.0, 5, world.seed + 31) + 2.1 * math.hypot(gx, gy)
            lean += 0.0013 * min(world.height[row, col], 260.0) - 0.44 - 1.2 * max(world.town[row, col], 0.0)
            world.wood[row, col] = lean


@njit(cache=True)
def _round_about(x: float, y: float, places: NDArray[np.float64], wobble: float, seed: int) -> float:
    """Signed distance to the nearest of some wobbly discs, rows of x, y, radius and 1 for metres or 0 for radii."""
    best = 1.0e9
    for place in range(places.shape[0]):
        px, py, radius, metric = places[place]
        away = math.hypot(x - px, y - py) / radius
        if away < 3.0:
            away += wobble * fbm(x / radius * 1.3 + place, y / radius * 1.3, 4, seed)
        best = min(best, (away - 1.0) * (radius if metric > 0.0 else 1.0))
    return best


def build_world(seed: int, bounds: tuple[float, float, float, float] = BOUNDS) -> World:
    """Draw the landscape that belongs to `seed`, in full detail within `bounds` (left, bottom, right, top, metres).

    What is drawn at a point does not depend on the bounds.
    """
    left, bottom = (math.floor(bounds[axis] / STEP) * STEP for axis in (0, 1))
    shape = (math.ceil((bounds[3] - bottom) / STEP) + 1, math.ceil((bounds[2] - left) / STEP) + 1)
    mouth = find_mouth(seed)
    river, streams = lay_rivers(seed, mouth, _SPRING)
    towns = settle(seed, mouth, river, lambda x, y: float(inland(x, y, seed)))
    world = World(
        seed=seed,
        left=left,
        bottom=bottom,
        step=STEP,
        shore=np.zeros(shape, np.float32),
        height=np.zeros(shape, np.float32),
        east=np.zeros(shape, np.float32),
        north=np.zeros(shape, np.float32),
        lake=np.zeros(shape, np.float32),
        town=np.zeros(shape, np.float32),
        wood=np.zeros(shape, np.float32),
        river=index_lines([river], BOUNDS, reach=2600.0),
        streams=index_lines(streams, BOUNDS, reach=900.0),
        roads=index_lines(lay_roads(seed, towns), BOUNDS, reach=60.0),
        mouth=np.array(mouth),
    )
    _survey(world, np.array(_LAKES), np.hstack([towns, np.zeros((len(towns), 1))]))
    return world._replace(  # valleys reach far, banks do not: shorter reaches are quicker to ask
        river=index_lines([river], BOUNDS, reach=450.0), streams=index_lines(streams, BOUNDS, reach=80.0)
    )
