"""Makes the archive: two MGRS tiles, three dates, one COG a band, one STAC item a scene.

Runs as a command too: `python -m benchmarks.archive --scale 1 DIR`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from benchmarks import terrain
from benchmarks.items import stac_item
from benchmarks.scenes import BANDS_10M, BANDS_20M, CLOUDY_DATE, DATES, EPSG, SEED, Archive, Scene


def ensure(archive: Archive, threads: int = 2) -> None:
    """Make what is missing of an archive; files that exist are kept."""
    if archive.is_complete():
        return
    started = time.monotonic()
    print(f"making the archive in {archive.root} (tiles of {archive.size_px} px, once)", flush=True)
    for number, day in enumerate(DATES):
        land = None
        for scene in (scene for scene in archive.scenes if scene.day == day):
            if all(scene.path(band).exists() for band in (*BANDS_10M, *BANDS_20M, "SCL")):
                continue
            land = land or terrain.fields(SEED, number, archive.width_px, archive.size_px, cloudy=number == CLOUDY_DATE)
            _make_scene(archive, scene, land, threads)
            print(f"  {scene.name}  {time.monotonic() - started:.0f} s", flush=True)
    for scene in archive.scenes:
        (scene.folder / f"S2_{scene.name}.json").write_text(json.dumps(stac_item(archive, scene), indent=1))
    (archive.root / "archive.json").write_text(json.dumps(archive.facts()))


def _make_scene(archive: Archive, scene: Scene, land: terrain.Fields, threads: int) -> None:
    scene.folder.mkdir(parents=True, exist_ok=True)
    window = (scene.left_px, 0, scene.size_px, scene.size_px)
    samples, _ = terrain.paint(land, BANDS_10M, window, 1, SEED, scene.date_index)
    missing = _missing(archive, scene, 1)
    for band, values in zip(BANDS_10M, samples, strict=True):
        values[missing] = 0
        _write_cog(scene, band, values, 10.0, "average", threads)
    window = (scene.left_px, 0, scene.size_px // 2, scene.size_px // 2)
    samples, classes = terrain.paint(land, BANDS_20M, window, 2, SEED, scene.date_index)
    missing = _missing(archive, scene, 2)
    for band, values in zip(BANDS_20M, samples, strict=True):
        values[missing] = 0
        _write_cog(scene, band, values, 20.0, "average", threads)
    classes[missing] = 0
    _write_cog(scene, "SCL", classes, 20.0, "nearest", threads)


def _missing(archive: Archive, scene: Scene, step: int) -> np.ndarray:
    """True where the swath does not reach (y, x)."""
    side = scene.size_px // step
    columns = scene.left_px + (np.arange(side) + 0.5) * step
    edges = np.array([archive.valid_columns(scene.date_index, (row + 0.5) * step) for row in range(side)])
    return (columns[None] < edges[:, :1]) | (columns[None] >= edges[:, 1:])


def _write_cog(scene: Scene, band: str, values: np.ndarray, pixel_m: float, overviews: str, threads: int) -> None:
    west, _, _, north = scene.bounds
    profile = {
        "driver": "GTiff",
        "width": values.shape[1],
        "height": values.shape[0],
        "count": 1,
        "dtype": values.dtype,
        "crs": f"EPSG:{EPSG}",
        "transform": Affine(pixel_m, 0, west, 0, -pixel_m, north),
        "nodata": 0,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
    }
    unfinished = scene.folder / f".{band}.tif"
    with MemoryFile() as memory:
        with memory.open(**profile) as plain:
            plain.write(values, 1)
        with memory.open() as plain:
            rasterio.shutil.copy(
                plain,
                unfinished,
                driver="COG",
                compress="DEFLATE",
                level=6,
                predictor="STANDARD",
                blocksize=512,
                overview_resampling=overviews,
                num_threads=threads,
            )
    unfinished.rename(scene.path(band))


def main() -> int:
    """Make an archive from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    ensure(Archive(arguments.folder, arguments.scale), arguments.threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
