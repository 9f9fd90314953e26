"""One tile on one date: reflectance, clouds and the swath's edge, turned into what the satellite would store."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bandstand.demo.clouds import cast_clouds
from bandstand.demo.frame import Layout, Tile
from bandstand.demo.ground import Ground, light, paint
from bandstand.demo.kinds import FRESH, SEA
from bandstand.demo.spectra import BANDS, CIRRUS, CLOUD, mix_palette

_FACTORS = {"B01": 6, "B05": 2, "B8A": 2, "B11": 2, "B12": 2}  # pixels of 60 and 20 m; the others have 10 m
SLANT_DEG = 13.0
"""Lean of the swath's edge: the satellite flies south, a little to the west."""

_SLANT = math.tan(math.radians(SLANT_DEG))
_STORED_STEP = 10  # DN are multiples of it: the rest would be noise that does not compress


@dataclass(frozen=True, slots=True)
class Overpass:
    """One flight over the landscape."""

    time: datetime
    """When the first tile was seen."""
    platform: str
    """`S2A` or `S2B`."""
    baseline: str
    """Processing baseline; from 04.00 on 1000 is added to every DN."""
    azimuth: float
    """Of the sun, degrees clockwise from north."""
    elevation: float
    """Of the sun, degrees."""
    edge: float
    """Where the swath ends: -1 is the west end of the picture, 1 the east end."""
    keeps_west: bool
    """Which side of the edge was seen."""
    cloudy: bool = False
    """Whether clouds stand over the land."""
    muddy: float = 1.0
    """Factor on the sediment in the sea."""

    @property
    def offset_dn(self) -> int:
        """What the processing baseline adds to reflectance * 10000."""
        return 1000 if self.baseline >= "04.00" else 0


OVERPASSES = (
    Overpass(datetime(2021, 6, 14, 11, 6, 21, tzinfo=UTC), "S2A", "03.00", 154.2, 62.1, 0.88, True, muddy=0.9),
    Overpass(datetime(2021, 9, 2, 11, 6, 27, tzinfo=UTC), "S2A", "03.01", 160.7, 47.3, -0.86, False, True, 1.25),
    Overpass(datetime(2022, 5, 15, 11, 6, 19, tzinfo=UTC), "S2B", "04.00", 156.4, 57.8, 0.40, True, muddy=1.1),
    Overpass(datetime(2022, 7, 19, 11, 6, 24, tzinfo=UTC), "S2A", "04.00", 152.0, 59.6, -0.92, False, muddy=0.8),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One tile of one overpass."""

    overpass: Overpass
    """The flight."""
    tile: Tile
    """The grid."""
    order: int
    """Place of the tile in the layout; later tiles were seen some seconds later."""

    @property
    def id(self) -> str:
        """Such as `S2A_30UYV_20210614_0_L2A`."""
        return f"{self.overpass.platform}_{self.tile.name}_{self.overpass.time:%Y%m%d}_0_L2A"

    @property
    def time(self) -> datetime:
        """When this tile was seen."""
        return self.overpass.time + timedelta(seconds=4 * self.order)


def swath_edge(overpass: Overpass, layout: Layout) -> float:
    """Where the swath's edge crosses y = 0 of the ground plane, in metres."""
    corners = np.hstack([tile.sheet.ground_control().reshape(2, -1) for tile in layout.tiles])
    return float(overpass.edge * np.abs(corners[0]).max())


def is_seen(x: NDArray[np.float64], y: NDArray[np.float64], edge: float, overpass: Overpass) -> NDArray[np.bool_]:
    """Whether ground points lie within the swath; True = seen."""
    side = 1.0 if overpass.keeps_west else -1.0
    return np.asarray(side * (edge + _SLANT * y - x) > 0)


def block_mean(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Average blocks of `factor` x `factor` pixels."""
    if factor == 1:
        return values
    height, width = values.shape
    blocks = values.reshape(height // factor, factor, width // factor, factor)
    mean: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return mean


def halve_pixels(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Interpolate (y, x) bilinearly onto pixels of half the size; beyond the rim its values are repeated."""
    for axis in (0, 1):
        last = values.shape[axis] - 1
        at = np.arange(last + 1)
        before = values.take(np.maximum(at - 1, 0), axis)
        after = values.take(np.minimum(at + 1, last), axis)
        pair = np.stack([0.75 * values + 0.25 * before, 0.75 * values + 0.25 * after], axis=axis + 1)
        values = pair.reshape([2 * n if a == axis else n for a, n in enumerate(values.shape)])
    return values.astype(np.float32)


class Exposure:
    """What one scene's bands and its classification share: light, clouds and the swath.

    All arrays lie on the tile's 10 m grid (y, x) unless named otherwise; `seen_20m` is True where data exist.
    """

    def __init__(self, scene: Scene, ground: Ground, points: NDArray[np.float64], edge: float, seed: int) -> None:
        flight = scene.overpass
        self.scene, self.ground, self.seed = scene, ground, seed
        azimuth, elevation = math.radians(flight.azimuth), math.radians(flight.elevation)
        self.light = np.empty(points.shape[1:], np.float32)
        light(ground, azimuth, elevation, self.light)
        self.wet = np.isin(ground.kind, (SEA, FRESH)).mean(axis=2, dtype=np.float32)
        self.shade = self.light * (1 - self.wet) + self.wet
        self.palette = mix_palette(flight.time.timetuple().tm_yday)
        centres = (points[:, ::2, ::2] + points[:, 1::2, 1::2]) / 2
        self.seen_20m = is_seen(centres[0], centres[1], edge, flight)
        blank = np.zeros((3, 1, 1), np.float32)
        clouds = cast_clouds(centres, azimuth, elevation, seed) if flight.cloudy else blank
        self.heap, self.shadow, self.veil = (halve_pixels(field) for field in clouds)

    def seen(self, factor: int) -> NDArray[np.bool_]:
        """The swath on the 10 m grid (factor 1), the 20 m grid (2) or the 60 m grid (6); True = seen."""
        if factor == 1:
            return self.seen_20m.repeat(2, axis=0).repeat(2, axis=1)
        if factor == 2:
            return self.seen_20m
        height, width = self.seen_20m.shape
        blocks = self.seen_20m.reshape(height // 3, 3, width // 3, 3)
        return np.asarray(blocks.all(axis=(1, 3)))

    def reflectance(self, band: str) -> NDArray[np.float32]:
        """Reflectance of one band (y, x) on the 10 m grid, without noise and swath."""
        number = BANDS.index(band)
        flight = self.scene.overpass
        out = np.empty(self.shade.shape, np.float32)
        paint(self.ground, self.palette, flight.time.year, number, flight.muddy, out)
        out *= self.shade
        if not flight.cloudy:
            return out
        left = 0.30 if number < 5 else 0.22  # the blue sky still lights a shadow
        out *= 1 - (1 - left) * self.shadow
        out += np.float32(CIRRUS[number]) * self.veil
        out += (np.float32(CLOUD[number]) * (0.52 + 0.48 * self.heap) - out) * self.heap
        return out

    def bands(self) -> Iterator[tuple[str, int, NDArray[np.uint16], NDArray[np.float32]]]:
        """Yield name, factor on 10 m, DN (0 = outside the swath) and noiseless reflectance of every band."""
        flight = self.scene.overpass
        for number, band in enumerate(BANDS):
            factor = _FACTORS.get(band, 1)
            value = block_mean(self.reflectance(band), factor)
            random = np.random.default_rng([self.seed, flight.time.toordinal(), self.scene.order, number])
            noise = random.standard_normal(value.shape, np.float32)
            noise *= (5.0 + 25.0 * value) / math.sqrt(factor)
            dn = value * 1e4 + noise + flight.offset_dn
            dn = np.rint(dn / _STORED_STEP) * _STORED_STEP
            stored = np.clip(dn, _STORED_STEP, 28000).astype(np.uint16)
            stored[~self.seen(factor)] = 0
            yield band, factor, stored, value

    def classify(self, red: NDArray[np.float32], nir: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Scene classification (y, x) on the 20 m grid from reflectance there; 0 outside the swath."""
        ndvi = (nir - red) / (nir + red + 1e-6)
        scl = np.where(ndvi > 0.42, 4, 5).astype(np.uint8)
        scl[(ndvi > 0.30) & (ndvi <= 0.34)] = 7
        scl[block_mean(self.light, 2) < 0.62] = 2
        scl[block_mean(self.wet, 2) > 0.5] = 6
        if self.scene.overpass.cloudy:
            heap, shadow, veil = (block_mean(field, 2) for field in (self.heap, self.shadow, self.veil))
            scl[shadow > 0.30] = 3
            scl[veil > 0.18] = 10
            scl[heap > 0.14] = 8
            scl[heap > 0.55] = 9
        scl[~self.seen_20m] = 0
        return scl
