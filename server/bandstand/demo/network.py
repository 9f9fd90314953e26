"""Rivers, towns and the roads between them, as polylines and discs."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bandstand.demo.lines import Line
from bandstand.demo.noise import fbm


def lay_rivers(seed: int, mouth: tuple[float, float], spring: tuple[float, float]) -> tuple[Line, tuple[Line, ...]]:
    """Draw the river from its spring to its mouth and on into the sea, and the streams that join it."""
    path = meander(spring, mouth, waves=13.0, swing=2.0, seed=seed)
    t = np.linspace(0.0, 1.0, len(path))
    half_width = 16.0 + 34.0 * t + 330.0 * np.clip((t - 0.915) / 0.085, 0.0, 1.0) ** 2.2
    seaward = np.array([[mouth[0] - 60.0, mouth[1] + 1500.0, 520.0]])
    river = np.vstack([np.column_stack([path, half_width]), seaward])
    random = np.random.default_rng([seed, 7])
    streams: list[Line] = []
    for join in np.linspace(0.16, 0.9, 9):
        end = path[int(join * len(path))]
        side = 1.0 if len(streams) % 2 else -1.0
        reach = random.uniform(4200.0, 8200.0)
        bearing = math.atan2(*(mouth - end)[::-1]) - side * random.uniform(1.3, 2.1)
        source = end + reach * np.array([math.cos(bearing), math.sin(bearing)])
        branch = meander(tuple(source), tuple(end), waves=reach / 520.0, swing=0.95, seed=seed + len(streams))
        streams.append(np.column_stack([branch, np.linspace(1.5, 5.0, len(branch))]))
    return river, tuple(streams)


def meander(
    start: tuple[float, ...], end: tuple[float, ...], *, waves: float, swing: float, seed: int
) -> NDArray[np.float64]:
    """Wind a line (n, 2) from `start` to `end`: a sine-generated curve whose bends vary, fitted between the two.

    `swing` is the largest angle in radians between the line and its general direction, reached towards the end.
    """
    count = int(waves * 44)
    s = np.linspace(0.0, 1.0, count)
    drift = np.array([fbm(6.0 * at, 0.5, 3, seed + 41) for at in s])
    vigour = np.array([0.75 + 0.5 * fbm(9.0 * at, 7.5, 2, seed + 42) for at in s])
    phase = 2.0 * np.pi * waves * (s + 0.035 * drift)
    grown = 0.5 + 0.5 * np.clip(s / 0.45, 0.0, 1.0)
    calm = 1.0 - 0.75 * np.clip((s - 0.9) / 0.1, 0.0, 1.0)
    angle = swing * vigour * grown * calm * np.sin(phase) + 0.55 * drift
    curve = np.concatenate([[0.0], np.cumsum(np.exp(1j * angle[:-1]))])
    origin, target = complex(*start), complex(*end)
    fitted = origin + (target - origin) * curve / curve[-1]
    return np.column_stack([fitted.real, fitted.imag])


def settle(
    seed: int, mouth: tuple[float, float], river: Line, inland: Callable[[float, float], float]
) -> NDArray[np.float64]:
    """Place the town near the river's mouth and villages about the country; rows of x, y, radius in metres."""
    random = np.random.default_rng([seed, 11])
    towns = [(mouth[0] + 1500.0, mouth[1] - 1900.0, 1500.0), (mouth[0] - 900.0, mouth[1] - 1500.0, 700.0)]
    for _ in range(4000):
        if len(towns) == 24:
            break
        x, y = random.uniform(-19000, 19000), random.uniform(-12500, 9000)
        radius = random.choice([210.0, 260.0, 340.0, 520.0], p=[0.4, 0.3, 0.2, 0.1])
        apart = min(math.hypot(x - tx, y - ty) - tr for tx, ty, tr in towns)
        wet = np.min(np.hypot(river[:, 0] - x, river[:, 1] - y) - river[:, 2])
        if inland(x, y) > 350.0 + radius and apart > 2100.0 and wet > radius * 0.8:
            towns.append((x, y, float(radius)))
    return np.array(towns)


def lay_roads(seed: int, towns: NDArray[np.float64]) -> tuple[Line, ...]:
    """Join every town to its nearest neighbours, and draw one motorway across the country."""
    roads = []
    joined = set()
    for number, town in enumerate(towns):
        distance = np.hypot(*(towns[:, :2] - town[:2]).T)
        for other in np.argsort(distance)[1:4]:
            pair = (min(number, int(other)), max(number, int(other)))
            if pair not in joined and distance[other] < 9000.0:
                joined.add(pair)
                roads.append(_wind(town[:2], towns[other, :2], 5.0, seed + 61 + number))
    around = towns[0, :2] + np.array([700.0, -2300.0])
    east = _wind(around, np.array([21000.0, around[1] + 2600.0]), 13.0, seed + 91)
    west = _wind(np.array([-21000.0, around[1] - 2500.0]), around, 13.0, seed + 92)
    return (*roads, np.vstack([west, east[1:]]))


def _wind(start: NDArray[np.float64], end: NDArray[np.float64], half_width: float, seed: int) -> Line:
    length = float(np.hypot(*(end - start)))
    t = np.linspace(0.0, 1.0, max(int(length / 60.0), 4))
    aside = np.array([fbm(at * length / 2600.0, 3.3, 3, seed) for at in t])
    aside = (aside - aside[0] * (1 - t) - aside[-1] * t) * 620.0 * np.minimum(1.0, length / 4000.0)
    normal = np.array([-(end - start)[1], (end - start)[0]]) / length
    path = start + t[:, None] * (end - start) + aside[:, None] * normal
    return np.column_stack([path, np.full(len(t), half_width)])
