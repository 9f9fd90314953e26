"""What lies at a point: water, beach, town, road, forest or field, decided from the world and fine noise."""

import math

from numba import njit

from bandstand.demo.kinds import (
    ARABLE,
    BARE,
    BROADLEAF,
    CLEARING,
    CONIFER,
    DUNE,
    FRESH,
    GARDEN,
    GREY_ROOF,
    HEATH,
    MARGIN,
    MARSH,
    ORCHARD,
    PASTURE,
    PAVED,
    RED_ROOF,
    SAND,
    SEA,
    TRACK,
    WHITE_ROOF,
)
from bandstand.demo.lines import clearance
from bandstand.demo.noise import chance, fbm, gradient_noise, lattice, ramp
from bandstand.demo.parcels import parcel_at
from bandstand.demo.world import World, sample

_NONE = -1
_LATER_CUT = 0.042  # part of the woods felled up to 2022


@njit(cache=True)
def cover_at(  # noqa: PLR0911 - a cascade: the first that claims the point has it
    x: float, y: float, year: int, world: World
) -> tuple[int, int, float]:
    """Tell the kind of ground at a point, the identity of its parcel and its brightness in units of the kind's own.

    The brightness is a factor about 1: crowns, roofs and tilled rows.
    """
    seed = world.seed
    shore = sample(world.shore, x, y, world)
    if shore < -60.0:
        return SEA, 0, 1.0
    shore += 9.0 * fbm(x / 110.0, y / 110.0, 3, seed + 201)
    road = clearance(x, y, world.roads)
    if road < 0.0 and shore > 20.0:
        return PAVED, 0, 0.95 + 0.12 * gradient_noise(x / 40.0, y / 40.0, seed + 202)[0]
    bank = clearance(x, y, world.river) + 5.0 * fbm(x / 60.0, y / 60.0, 2, seed + 203)
    kind = _water_at(x, y, shore, bank, world)
    if kind != _NONE:
        return kind, 0, 1.0
    town = sample(world.town, x, y, world) + 0.10 * fbm(x / 260.0, y / 260.0, 3, seed + 204)
    kind = _shore_at(x, y, shore, bank, town, world)
    if kind != _NONE:
        return kind, 0, 1.0 + 0.22 * fbm(x / 35.0, y / 35.0, 3, seed + 205)
    if town > 0.0 or (year >= 2022 and _is_new_estate(x, y, town, world)):
        return _town_at(x, y, town, world)
    brook = clearance(x, y, world.streams) + 4.0 * fbm(x / 50.0, y / 50.0, 2, seed + 206)
    if brook < 7.0 or (bank < 9.0 and fbm(x / 130.0, y / 130.0, 2, seed + 207) > -0.15):
        return BROADLEAF, 0, _crowns(x, y, 0.30, seed)
    if road < 4.0:
        return MARGIN, 0, 1.0
    return _country_at(x, y, year, bank, world)


@njit(cache=True)
def may_change(kind: int, parcel: int, x: float, y: float, world: World) -> bool:
    """Whether a point may look different in a later year; False is certain."""
    if kind in (BROADLEAF, CONIFER, HEATH) and parcel != 0:
        return chance(parcel, 16, world.seed) < _LATER_CUT
    if kind in (SEA, FRESH, PAVED):
        return False
    town = sample(world.town, x, y, world)
    return -0.3 < town < 0.14


@njit(cache=True)
def _water_at(x: float, y: float, shore: float, bank: float, world: World) -> int:
    if shore < 0.0:
        return SEA
    if bank < 0.0:
        return FRESH
    lake = sample(world.lake, x, y, world)
    if lake < 60.0 and lake + 8.0 * fbm(x / 70.0, y / 70.0, 3, world.seed + 211) < 0.0:
        return FRESH
    return _NONE


@njit(cache=True)
def _shore_at(x: float, y: float, shore: float, bank: float, town: float, world: World) -> int:
    if shore > 600.0:
        return _NONE
    seed = world.seed
    wide = 55.0 + 60.0 * fbm(x / 1500.0, y / 1500.0, 2, seed + 221)
    if shore < wide:
        return SAND
    if town < 0.0 and shore < wide + 60.0 + 90.0 * fbm(x / 420.0, y / 420.0, 4, seed + 222):
        return DUNE
    mx, my = world.mouth
    estuary = math.hypot(x - mx, y - my + 700.0)
    if town < 0.0 and bank < 260.0 * (1.0 - estuary / 2300.0) + 80.0 * fbm(x / 200.0, y / 200.0, 3, seed + 223):
        return MARSH
    return _NONE


@njit(cache=True)
def _is_new_estate(x: float, y: float, town: float, world: World) -> bool:
    """In 2022 some towns have grown by a parcel or two at their rim."""
    if town < -0.16:
        return False
    block = parcel_at(x, y, 420.0, 1.0, world.seed + 231)[0]
    return chance(block, 1, world.seed) < 0.16


@njit(cache=True)
def _town_at(  # noqa: PLR0911 - a cascade, as above
    x: float, y: float, town: float, world: World
) -> tuple[int, int, float]:
    seed = world.seed
    works = fbm(x / 950.0, y / 950.0, 2, seed + 241)
    if works > 0.36 and town < 0.75:
        return _works_at(x, y, seed)
    if fbm(x / 420.0, y / 420.0, 2, seed + 242) > 0.44:
        return (BROADLEAF if chance(int(x // 14), int(y // 14), seed) < 0.55 else GARDEN), 0, _crowns(x, y, 0.2, seed)
    block, edge, u, v = parcel_at(x, y, 330.0, 0.42, seed + 243)
    if edge < 4.5:
        return PAVED, block, 1.0 + 0.25 * (chance(block, 3, seed) - 0.5)
    lot = lattice(math.floor(u / 21.0), math.floor(v / 17.0), seed + block % 65536)
    luck = chance(lot, 5, seed)
    tone = 0.78 + 0.44 * chance(lot, 6, seed)
    built = 0.30 + 0.55 * ramp(town, 0.0, 0.75)
    if luck < built * 0.56:
        return RED_ROOF, lot, tone
    if luck < built * 0.96:
        return GREY_ROOF, lot, tone
    if luck < built:
        return WHITE_ROOF, lot, tone
    if luck > 0.93:
        return BROADLEAF, lot, tone
    return GARDEN, lot, tone


@njit(cache=True)
def _works_at(x: float, y: float, seed: int) -> tuple[int, int, float]:
    """Halls and yards: large roofs, much paving."""
    block, edge, u, v = parcel_at(x, y, 620.0, 0.62, seed + 244)
    if edge < 7.0:
        return PAVED, block, 1.05
    hall = lattice(math.floor(u / 92.0), math.floor(v / 58.0), seed + block % 65536)
    du, dv = u / 92.0 - math.floor(u / 92.0), v / 58.0 - math.floor(v / 58.0)
    luck = chance(hall, 7, seed)
    if luck < 0.72 and 0.14 < du < 0.86 and 0.18 < dv < 0.82:
        kind = WHITE_ROOF if luck < 0.34 else GREY_ROOF
        return kind, hall, 0.7 + 0.6 * chance(hall, 8, seed)
    return (PAVED if luck < 0.78 else GARDEN), hall, 1.15


@njit(cache=True)
def _crowns(x: float, y: float, depth: float, seed: int) -> float:
    """The mottle of tree crowns and of stands of different age."""
    fine = gradient_noise(x / 17.0, y / 17.0, seed + 251)[0] + 0.6 * gradient_noise(x / 37.0, y / 37.0, seed + 252)[0]
    return 1.0 + depth * fine + 0.18 * fbm(x / 420.0, y / 420.0, 3, seed + 253)


@njit(cache=True)
def _country_at(x: float, y: float, year: int, bank: float, world: World) -> tuple[int, int, float]:
    seed = world.seed
    height = sample(world.height, x, y, world)
    slope = math.hypot(sample(world.east, x, y, world), sample(world.north, x, y, world))
    bocage = ramp(height + 260.0 * slope, 25.0, 150.0)
    wx, wy = x + 45.0 * fbm(x / 520.0, y / 520.0, 2, seed + 261), y + 45.0 * fbm(x / 520.0, y / 520.0, 2, seed + 262)
    field, edge, u, v = parcel_at(wx, wy, 1050.0, 1.0 if bocage < 0.5 else 0.66, seed + 263)
    wood = sample(world.wood, x, y, world) + 0.10 * fbm(x / 150.0, y / 150.0, 4, seed + 264)
    wood += 0.16 * (chance(field, 11, seed) - 0.5)  # many woods end where a field does
    if wood > 0.0 or chance(field, 12, seed) < 0.022:
        return _forest_at(x, y, year, field, edge, height, wood, seed)
    if edge < 7.5:
        return _boundary_at(x, y, field, edge, bocage, seed)
    luck = chance(field, 13, seed)
    grass = 0.14 + 0.42 * bocage + 0.5 * ramp(260.0 - bank, 0.0, 200.0)
    within = 0.10 * fbm(x / 170.0, y / 170.0, 4, seed + 265)
    rows = 0.05 * gradient_noise(u / 400.0, v / 19.0, seed + field % 1024)[0]
    if luck < grass:
        return PASTURE, field, 1.0 + 1.3 * within
    if luck < grass + 0.05 * bocage:
        dots = 1.0 if (u / 26.0 - math.floor(u / 26.0) - 0.5) ** 2 < 0.09 else 0.8
        return ORCHARD, field, dots + within
    if luck > 0.992:
        return BARE, field, 1.0 + 2.0 * within
    return ARABLE, field, 1.0 + within + rows


@njit(cache=True)
def _boundary_at(x: float, y: float, field: int, edge: float, bocage: float, seed: int) -> tuple[int, int, float]:
    """Between two fields runs a hedge, a farm track or a strip of grass."""
    if fbm(x / 260.0, y / 260.0, 2, seed + 271) < 0.75 * bocage - 0.36:
        return BROADLEAF, 0, _crowns(x, y, 0.3, seed)
    if edge < 3.2:
        return (TRACK if chance(field, 15, seed) < 0.35 else MARGIN), 0, 1.0
    return ARABLE if edge > 5.0 and bocage < 0.5 else MARGIN, field, 1.0


@njit(cache=True)
def _forest_at(
    x: float, y: float, year: int, field: int, edge: float, height: float, wood: float, seed: int
) -> tuple[int, int, float]:
    cut = chance(field, 16, seed)
    if cut < 0.025 or (year >= 2022 and cut < _LATER_CUT):
        return CLEARING, field, _crowns(x, y, 0.18, seed)
    if wood > 0.05 and edge < 2.6 and chance(field, 19, seed) < 0.16:
        return MARGIN, 0, 0.75
    if height > 230.0 and fbm(x / 900.0, y / 900.0, 4, seed + 281) > 0.30 - (height - 230.0) / 500.0:
        return HEATH, field, _crowns(x, y, 0.2, seed)
    stand = fbm(x / 1300.0, y / 1300.0, 3, seed + 282) + 0.5 * (chance(field, 17, seed) - 0.5)
    if stand > 0.12:
        return CONIFER, field, _crowns(x, y, 0.34, seed) * (0.85 + 0.3 * chance(field, 18, seed))
    return BROADLEAF, field, _crowns(x, y, 0.30, seed)
