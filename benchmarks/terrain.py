"""The landscape of the benchmark archive: seeded reflectances for any window of the swath.

Everything is a function of the pixel's place in the whole swath, the date and the band, so two tiles that overlap
agree there to the last sample, noise included, as two tiles of one overpass do.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

CELL_PX = 8
"""Spacing of the coarse fields in 10 m pixels; between their nodes the landscape is interpolated."""

# Digital numbers (reflectance x 10000): bare soil, full vegetation, water; sensor noise (one sigma).
SPECTRA = {
    "B02": (900.0, 350.0, 420.0, 13.0),
    "B03": (1150.0, 620.0, 380.0, 13.0),
    "B04": (1450.0, 380.0, 240.0, 14.0),
    "B08": (2250.0, 3900.0, 130.0, 20.0),
    "B11": (2800.0, 1700.0, 70.0, 15.0),
}
CLOUD_DN = 7800.0
SCL_VEGETATION, SCL_SOIL, SCL_WATER, SCL_CLOUD = 4, 5, 6, 9


@dataclass(frozen=True)
class Fields:
    """Coarse fields (float32, y before x) of the whole swath on one date."""

    shade: np.ndarray
    """Brightness by slope, around 1."""
    greenness: np.ndarray
    """Vegetation outside parcels, 0 to 1."""
    water: np.ndarray
    """Height above the water table; water where negative."""
    cloud: np.ndarray
    """Cloud cover, 0 to 1."""


def fractal(rng: np.random.Generator, shape: tuple[int, int], largest: int, roughness: float) -> np.ndarray:
    """Value noise of several octaves, the coarsest `largest` nodes apart, scaled to 0..1."""
    total = np.zeros(shape, np.float32)
    step, weight = largest, 1.0
    ys, xs = (np.arange(n, dtype=np.float32) for n in shape)
    while step >= 1:
        nodes = rng.random((shape[0] // step + 3, shape[1] // step + 3), dtype=np.float32)
        iy, ix = (ys // step).astype(np.intp), (xs // step).astype(np.intp)
        fy, fx = (ys / step) % 1, (xs / step) % 1
        fy, fx = (fy * fy * (3 - 2 * fy))[:, None], (fx * fx * (3 - 2 * fx))[None]
        upper = nodes[iy][:, ix] * (1 - fx) + nodes[iy][:, ix + 1] * fx
        lower = nodes[iy + 1][:, ix] * (1 - fx) + nodes[iy + 1][:, ix + 1] * fx
        total += weight * (upper * (1 - fy) + lower * fy)
        step //= 2
        weight *= roughness
    total -= total.min()
    return total / total.max()


def fields(seed: int, date_index: int, width_px: int, height_px: int, *, cloudy: bool) -> Fields:
    """The coarse fields of a swath of `width_px` x `height_px` 10 m pixels."""
    shape = (height_px // CELL_PX + 3, width_px // CELL_PX + 3)
    ground = np.random.default_rng([seed, 1])
    height = fractal(ground, shape, 256, 0.52)
    moisture = fractal(ground, shape, 128, 0.6)
    slope_y, slope_x = np.gradient(height)
    shade = np.clip(1 + 14 * (slope_x + slope_y), 0.55, 1.5).astype(np.float32)
    season = (0.05, 0.15, -0.1)[date_index % 3]
    greenness = np.clip(0.25 + 0.6 * moisture + season, 0, 1).astype(np.float32)
    cover = np.zeros(shape, np.float32)
    if cloudy:
        sky = fractal(np.random.default_rng([seed, 2, date_index]), shape, 128, 0.55)
        cover = np.clip((sky - 0.58) * 8, 0, 1).astype(np.float32)
    return Fields(shade, greenness, (height - np.float32(np.quantile(height, 0.04))).astype(np.float32), cover)


@njit(cache=True, nogil=True)
def _mix(x, y, key):
    h = np.uint64(x) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(y) * np.uint64(0xC2B2AE3D27D4EB4F) ^ np.uint64(key)
    h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(29))


@njit(cache=True, nogil=True)
def _at(field, iy, ix, fy, fx):
    upper = field[iy, ix] * (1 - fx) + field[iy, ix + 1] * fx
    lower = field[iy + 1, ix] * (1 - fx) + field[iy + 1, ix + 1] * fx
    return upper * (1 - fy) + lower * fy


@njit(cache=True, nogil=True)
def _parcel(x, y, seed, date):
    """Growth of the field parcel at a place, or -1 on its border or outside the farmland."""
    u, v = x * 0.9563 + y * 0.2924, y * 0.9563 - x * 0.2924
    row = int(np.floor(v / 17.0))
    u += 13.0 * (_mix(row, 7, seed) % np.uint64(5))
    column = int(np.floor(u / 31.0))
    if v - row * 17.0 < 1.0 or u - column * 31.0 < 1.0:
        return -1.0
    kind = _mix(column, row, seed)
    if kind % np.uint64(10) > np.uint64(6):
        return -1.0
    return np.float64(_mix(column, row, seed + 977 * (date + 1)) % np.uint64(1000)) / 1000.0


@njit(cache=True, nogil=True)
def _paint(out, scl, x0, y0, step, shade, greenness, water, cloud, spectra, seed, date):
    bands, height, width = out.shape
    for row in range(height):
        y = y0 + row * step
        cy = y / CELL_PX
        iy = int(cy)
        for col in range(width):
            x = x0 + col * step
            cx = x / CELL_PX
            ix = int(cx)
            fy, fx = cy - iy, cx - ix
            growth = _parcel(x, y, seed, date)
            green = _at(greenness, iy, ix, fy, fx)
            if growth >= 0:
                green = 0.15 * green + 0.85 * growth
            wet = _at(water, iy, ix, fy, fx) < 0
            light = _at(shade, iy, ix, fy, fx)
            cover = _at(cloud, iy, ix, fy, fx)
            if scl.size:
                scl[row, col] = 9 if cover > 0.35 else 6 if wet else 4 if green > 0.4 else 5
            for band in range(bands):
                soil, leaf, pool, sigma = spectra[band]
                level = pool if wet else (soil + (leaf - soil) * green) * light
                level += (CLOUD_DN - level) * cover
                bits = _mix(int(x), int(y), seed + 31 * date + 7919 * (band + 1) + 1000003 * int(soil))
                total = 0
                for shift in range(4):  # four uniform bytes: nearly normal, sigma 147.8
                    total += int((bits >> np.uint64(8 * shift)) & np.uint64(255))
                noise = (total - 510) / 147.8 * sigma * (0.6 + level / 2500.0)
                out[band, row, col] = max(1, min(65535, int(level + noise)))


def paint(
    land: Fields, bands: tuple[str, ...], window: tuple[int, int, int, int], step: int, seed: int, date_index: int
) -> tuple[np.ndarray, np.ndarray]:
    """Samples (band, y, x) uint16 and the scene classification (y, x) uint8 of a window.

    Args:
        land: Fields of the swath on that date.
        bands: Names from `SPECTRA`.
        window: Column and row of the upper left in 10 m pixels of the swath, then width and height in output pixels.
        step: 10 m pixels an output pixel (1 or 2).
        seed: The archive's seed.
        date_index: Number of the date.
    """
    x0, y0, width, height = window
    centre = (step - 1) / 2
    out = np.empty((len(bands), height, width), np.uint16)
    scl = np.empty((height, width) if step > 1 else (0, 0), np.uint8)
    spectra = np.array([SPECTRA[band] for band in bands])
    coarse = (land.shade, land.greenness, land.water, land.cloud)
    _paint(out, scl, x0 + centre, y0 + centre, step, *coarse, spectra, seed, date_index)
    return out, scl
