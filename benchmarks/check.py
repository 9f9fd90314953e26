"""Same work first: every target draws a dozen positions, which are compared with an oracle.

The oracle is GDAL's warper through rasterio at a tolerance of a thousandth of a pixel, with the overview forced to the
coarsest that is not coarser than the picture. Servers choose overviews by rules of their own, so pictures from
overviews and interpolated ones may differ more than those from the full resolution.
"""

import http.client
import io
import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import rasterio
from PIL import Image
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT

from benchmarks.peers.target import HOST, RDYLGN, Target
from benchmarks.scenes import EPSG, Archive, Scene
from benchmarks.workloads import Position, Workload, positions

CHECKED = 12
RGB, NDVI = ("B04", "B03", "B02"), ("B08", "B04")
LIMITS = {"plain": 0.9, "smooth": 1.6, "overview": 2.5, "jpeg": 4.0, "values": 1e-5}
"""Largest mean difference: grey levels, or NDVI for `values`.

A picture shifted by half a pixel differs by 1.0 grey level (RGB) or 1.3 (NDVI), by a whole one twice that; another
date, band or stretch by tens.
"""
MASK_SHARE = 0.01
"""Largest share of pixels whose transparency may differ."""


@dataclass(frozen=True)
class Verdict:
    """How a target's pictures of one workload compare with the oracle."""

    target: str
    """Whose."""
    workload: str
    """Of which."""
    passed: bool
    """Whether the same was drawn."""
    mean_difference: float
    """Grey levels (or NDVI), over pixels that both hold valid; mean of the positions."""
    mask_share: float
    """Share of pixels that only one of both holds valid."""
    words: str
    """Why not, or empty."""


def check(target: Target, workload: Workload, archive: Archive) -> Verdict:
    """Draw a dozen positions of a workload by a running target and compare."""
    listed = positions(workload, archive)
    chosen = listed[:: max(1, len(listed) // CHECKED)][:CHECKED]
    if chosen[0].width > 512:
        chosen = chosen[: CHECKED // 3]
    differences, masks = [], []
    for position in chosen:
        try:
            drawn, valid = fetch(target, position)
        except (OSError, ValueError) as error:
            return Verdict(target.name, workload.name, False, math.nan, math.nan, str(error)[:300])
        expected, expected_valid = draw(archive, position)
        if drawn.shape != expected.shape:
            return Verdict(target.name, workload.name, False, math.nan, math.nan, f"{drawn.shape} for {expected.shape}")
        both = valid & expected_valid
        masks.append(float((valid != expected_valid).mean()) if position.format != "jpeg" else 0.0)
        differences.append(float(np.abs(drawn - expected)[:, both].mean()) if both.any() else 0.0)
    limit = LIMITS[_kind(chosen)]
    mean, mask = float(np.mean(differences)), float(np.mean(masks))
    passed = mean <= limit and mask <= MASK_SHARE
    words = "" if passed else f"limits: {limit} mean difference, {MASK_SHARE} of the mask"
    return Verdict(target.name, workload.name, passed, mean, mask, words)


def _kind(chosen: list[Position]) -> str:
    first = chosen[0]
    if first.format == "tiff":
        return "values"
    if first.format == "jpeg":
        return "jpeg"
    if any(_level(position) for position in chosen):
        return "overview"
    return "smooth" if first.resampling != "nearest" else "plain"


def fetch(target: Target, position: Position) -> tuple[np.ndarray, np.ndarray]:
    """What a target answers: samples (band, y, x) float64 and valid (y, x), True where drawn."""
    connection = http.client.HTTPConnection(HOST, target.port, timeout=120)
    connection.request("GET", target.path(position))
    answer = connection.getresponse()
    body, kind = answer.read(), answer.getheader("Content-Type", "")
    connection.close()
    if answer.status != 200 or not kind.startswith("image/"):
        raise ValueError(f"{answer.status} {kind} {body[:200]!r} for {target.path(position)}")
    if position.format == "tiff":
        with MemoryFile(body) as memory, memory.open() as opened:
            values = opened.read([1]).astype(np.float64)
        return values, np.isfinite(values[0]) & (np.abs(values[0]) <= 1)
    pixels = np.asarray(Image.open(io.BytesIO(body)).convert("RGBA")).astype(np.float64)
    return pixels[..., :3].transpose(2, 0, 1), pixels[..., 3] > 127


@lru_cache(maxsize=256)
def draw(archive: Archive, position: Position) -> tuple[np.ndarray, np.ndarray]:
    """What should be answered, in the same shape."""
    bands = RGB if position.product == "rgb" else NDVI
    scenes = [archive.scene(position.scene)] if position.scene else list(reversed(archive.scenes))
    samples = np.zeros((len(bands), position.height, position.width))
    valid = np.zeros(samples.shape[1:], bool)
    for scene in scenes:
        new = np.stack([_warp(scene, band, position) for band in bands])
        take = ~valid & (new > 0).all(axis=0)
        samples[:, take] = new[:, take]
        valid |= take
    if position.product == "rgb":
        return np.clip(np.rint(samples * (255 / 3000)), 0, 255), valid
    total = samples.sum(axis=0)
    index = np.divide(samples[0] - samples[1], total, out=np.zeros_like(total), where=total > 0)
    if position.format == "tiff":
        return index[None], valid
    places, ramp = np.linspace(-1, 1, len(RDYLGN)), np.array(RDYLGN, float)
    return np.stack([np.interp(index, places, ramp[:, part]) for part in range(3)]), valid


def _level(position: Position) -> int:
    """Overview to read: 0 is the full resolution, 1 half of it."""
    west, south, east, north = position.bounds
    back = Transformer.from_crs(position.epsg, EPSG, always_xy=True)
    x, y = (west + east) / 2, (south + north) / 2
    step = (east - west) / position.width
    (x0, x1), (y0, y1) = back.transform([x, x + step], [y, y])
    return max(0, math.floor(math.log2(max(10.0, math.hypot(x1 - x0, y1 - y0)) / 10.0 + 1e-6)))


def _warp(scene: Scene, band: str, position: Position) -> np.ndarray:
    level = min(_level(position), 5)
    options = {"overview_level": level - 1} if level else {}
    with warnings.catch_warnings(), rasterio.open(scene.path(band), **options) as source:
        warnings.simplefilter("ignore")
        with WarpedVRT(
            source,
            crs=f"EPSG:{position.epsg}",
            transform=from_bounds(*position.bounds, position.width, position.height),
            width=position.width,
            height=position.height,
            resampling=Resampling[position.resampling],
            tolerance=0.001,
            nodata=0,
            XSCALE=1,
            YSCALE=1,
        ) as warped:
            return warped.read(1).astype(np.float64)
