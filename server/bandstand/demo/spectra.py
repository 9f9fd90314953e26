"""How the ground reflects: endmember spectra, and the calendars by which plants come and go."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandstand.demo import kinds

BANDS = ("B01", "B02", "B03", "B04", "B05", "B08", "B8A", "B11", "B12")

Spectrum = NDArray[np.float64]
"""Surface reflectance (band,), in the order of `BANDS`."""


def _spectrum(*values: float) -> Spectrum:
    return np.array(values)


LEAF = _spectrum(0.016, 0.024, 0.056, 0.028, 0.098, 0.475, 0.495, 0.205, 0.095)
GRASS = _spectrum(0.023, 0.033, 0.072, 0.046, 0.120, 0.360, 0.380, 0.225, 0.120)
BROADLEAF = _spectrum(0.012, 0.018, 0.040, 0.021, 0.072, 0.365, 0.390, 0.165, 0.072)
BRANCHES = _spectrum(0.030, 0.042, 0.060, 0.068, 0.095, 0.170, 0.180, 0.190, 0.120)
NEEDLES = _spectrum(0.010, 0.015, 0.027, 0.017, 0.046, 0.225, 0.240, 0.098, 0.044)
STRAW = _spectrum(0.060, 0.088, 0.140, 0.182, 0.220, 0.325, 0.340, 0.365, 0.260)
LOAM = _spectrum(0.048, 0.068, 0.096, 0.128, 0.150, 0.195, 0.208, 0.275, 0.225)
BLOSSOM = _spectrum(0.026, 0.032, 0.135, 0.120, 0.190, 0.440, 0.455, 0.230, 0.120)
SAND = _spectrum(0.160, 0.205, 0.262, 0.312, 0.335, 0.378, 0.390, 0.440, 0.395)
STONE = _spectrum(0.130, 0.160, 0.200, 0.230, 0.245, 0.270, 0.280, 0.330, 0.310)
ASPHALT = _spectrum(0.078, 0.090, 0.100, 0.106, 0.112, 0.128, 0.134, 0.155, 0.142)
TILES = _spectrum(0.068, 0.082, 0.108, 0.168, 0.195, 0.235, 0.245, 0.285, 0.255)
SLATE = _spectrum(0.105, 0.120, 0.130, 0.136, 0.142, 0.158, 0.164, 0.180, 0.172)
METAL = _spectrum(0.300, 0.330, 0.348, 0.355, 0.360, 0.370, 0.375, 0.350, 0.310)
HEATHER = _spectrum(0.024, 0.032, 0.054, 0.060, 0.098, 0.205, 0.218, 0.205, 0.130)

DEEP_WATER = _spectrum(0.030, 0.027, 0.020, 0.0085, 0.0062, 0.0045, 0.0042, 0.0022, 0.0016)
SEDIMENT = _spectrum(0.024, 0.038, 0.062, 0.060, 0.048, 0.018, 0.015, 0.004, 0.002)
ATTENUATION = _spectrum(0.24, 0.20, 0.24, 0.75, 1.1, 4.5, 5.0, 30.0, 30.0)
"""Diffuse attenuation of light in the sea, per metre of depth, two ways."""

CLOUD = _spectrum(0.78, 0.76, 0.75, 0.75, 0.76, 0.78, 0.78, 0.52, 0.40)
CIRRUS = _spectrum(0.100, 0.090, 0.085, 0.085, 0.085, 0.085, 0.085, 0.060, 0.050)


class Crop(NamedTuple):
    """A crop and what a field of it looks like on some days of the year; values between are interpolated."""

    share: float
    """Part of the fields that grow it."""
    days: tuple[int, ...]
    """Days of the year, rising."""
    green: tuple[float, ...]
    """Part of the ground under green leaves on those days."""
    dry: tuple[float, ...]
    """Part of the ground under ripe plants, straw or stubble."""
    blossom: tuple[float, ...] = (0.0, 0.0)
    """Part of the green that is in flower, on the first and second `blossom_days`."""


CROPS = (
    Crop(0.30, (60, 130, 155, 170, 195, 215, 245, 275), (0.5, 0.92, 0.88, 0.70, 0.12, 0.05, 0.08, 0.15),
         (0.0, 0.0, 0.08, 0.28, 0.82, 0.68, 0.40, 0.2)),  # winter wheat
    Crop(0.11, (60, 125, 150, 165, 180, 200, 230, 260), (0.5, 0.9, 0.62, 0.25, 0.06, 0.05, 0.22, 0.55),
         (0.0, 0.0, 0.34, 0.70, 0.80, 0.50, 0.2, 0.05)),  # winter barley, then a catch crop
    Crop(0.13, (60, 110, 150, 175, 200, 225, 245), (0.5, 0.88, 0.90, 0.62, 0.15, 0.10, 0.35),
         (0.0, 0.0, 0.0, 0.22, 0.66, 0.55, 0.2), (0.9, 0.0)),  # rapeseed
    Crop(0.18, (100, 135, 165, 195, 225, 250, 280), (0.02, 0.06, 0.42, 0.93, 0.96, 0.82, 0.2),
         (0.0, 0.0, 0.0, 0.0, 0.02, 0.14, 0.5)),  # maize
    Crop(0.12, (90, 130, 165, 195, 245, 290), (0.02, 0.14, 0.74, 0.97, 0.93, 0.6),
         (0.0, 0.0, 0.0, 0.0, 0.0, 0.05)),  # sugar beet
    Crop(0.07, (110, 140, 165, 195, 225, 250), (0.0, 0.04, 0.62, 0.90, 0.45, 0.03),
         (0.0, 0.0, 0.0, 0.0, 0.2, 0.05)),  # potatoes
    Crop(0.04, (80, 130, 165, 195, 215, 250), (0.1, 0.72, 0.82, 0.45, 0.06, 0.02),
         (0.0, 0.0, 0.05, 0.35, 0.5, 0.1)),  # flax
    Crop(0.05, (60, 365), (0.12, 0.12), (0.2, 0.2)),  # fallow
)  # fmt: skip

_BLOSSOM_DAYS = (118, 142)


class Palette(NamedTuple):
    """The look of every kind of ground and crop on one day; rows of reflectance by `BANDS`."""

    base: NDArray[np.float64]
    """Mean look: first the kinds by number, then the crops in order."""
    swing: NDArray[np.float64]
    """What is added for a parcel that is one deviation ahead of the mean."""
    shares: NDArray[np.float64]
    """Rising bounds in [0, 1] between the crops."""


def mix_palette(day: int) -> Palette:
    """Mix the look of every kind and crop on a day of the year.

    What does not grow (roads, roofs, bare ground, sand) looks the same on every day, up to its moisture nowhere.
    """
    base = np.zeros((kinds.KIND_COUNT + len(CROPS), len(BANDS)))
    swing = np.zeros_like(base)
    leaves = float(np.interp(day, (85, 118, 140, 235, 270, 310), (0.05, 0.5, 1.0, 0.97, 0.72, 0.1)))
    meadow = float(np.interp(day, (60, 130, 165, 200, 245, 300), (0.65, 0.96, 0.84, 0.66, 0.70, 0.75)))
    tinge = 0.05 * float(np.interp(day, (215, 265), (0.0, 1.0)))
    trees = leaves * BROADLEAF + (1 - leaves) * BRANCHES + tinge * (STRAW - BROADLEAF)
    grass = meadow * GRASS + (1 - meadow) * (0.65 * STRAW + 0.35 * LOAM)
    fixed = {
        kinds.SAND: SAND,
        kinds.PAVED: ASPHALT,
        kinds.RED_ROOF: TILES,
        kinds.GREY_ROOF: SLATE,
        kinds.WHITE_ROOF: METAL,
        kinds.BARE: STONE,
        kinds.TRACK: 0.6 * STONE + 0.4 * LOAM,
    }
    growing = {
        kinds.DUNE: 0.62 * SAND + 0.38 * grass,
        kinds.MARSH: 0.72 * grass + 0.28 * DEEP_WATER,
        kinds.GARDEN: 0.62 * grass + 0.20 * trees + 0.18 * ASPHALT,
        kinds.MARGIN: 0.9 * grass + 0.1 * LOAM,
        kinds.PASTURE: grass,
        kinds.BROADLEAF: trees,
        kinds.CONIFER: NEEDLES,
        kinds.CLEARING: 0.45 * grass + 0.30 * LOAM + 0.25 * HEATHER,
        kinds.HEATH: 0.75 * HEATHER + 0.25 * grass,
        kinds.ORCHARD: 0.5 * trees + 0.5 * grass,
    }
    for kind, spectrum in (fixed | growing).items():
        base[kind] = spectrum
    swing[kinds.PASTURE] = 0.16 * (GRASS - 0.65 * STRAW - 0.35 * LOAM)
    swing[kinds.CLEARING] = 0.18 * (GRASS - LOAM)
    swing[kinds.GARDEN] = 0.12 * (trees - ASPHALT)
    for row, crop in enumerate(CROPS, start=kinds.KIND_COUNT):
        base[row], swing[row] = _look(crop, day)
    return Palette(base, swing, np.cumsum([crop.share for crop in CROPS]))


def _look(crop: Crop, day: int) -> tuple[Spectrum, Spectrum]:
    green = float(np.interp(day, crop.days, crop.green))
    dry = float(np.interp(day, crop.days, crop.dry))
    flower = float(np.interp(day, _BLOSSOM_DAYS, crop.blossom))
    leaf = (1 - flower) * LEAF + flower * BLOSSOM
    bare = max(1.0 - green - dry, 0.0)
    look = green * leaf + dry * STRAW + bare * LOAM
    if green > 0.5:  # the thicker fields against the thin ones
        return look, 0.13 * (leaf - LOAM)
    if dry > 0.4:  # ripe, cut or already ploughed
        return look, 0.22 * (STRAW - LOAM)
    return look, 0.24 * LOAM + 0.03 * LEAF
