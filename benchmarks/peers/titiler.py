"""TiTiler (rio-tiler) under uvicorn, in an environment of its own that is made on first use."""

import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, urlencode

from benchmarks.peers.target import HOST, CannotRunError, Target
from benchmarks.workloads import Position

PROCESSES = 2
PACKAGES = ("titiler.core", "shapely", "uvicorn", "uvloop", "httptools")
ASSETS = {"rgb": ("B04", "B03", "B02"), "ndvi": ("B08", "B04")}
ENDINGS = {"png": "png", "jpeg": "jpeg", "tiff": "tif"}
GDAL_SETTINGS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_HTTP_VERSION": "2",
    "VSI_CACHE": "TRUE",
    "VSI_CACHE_SIZE": "5000000",
}


class Titiler(Target):
    """Two uvicorn workers with TiTiler's STAC endpoints."""

    name = "titiler"
    environment: ClassVar[Path] = Path()
    """Folder of the peer's virtual environment; set by the run."""

    def prepare(self) -> None:
        """Make the environment if it is missing."""
        wanted = self.environment / "installed.txt"
        if wanted.exists() and wanted.read_text() == " ".join(PACKAGES):
            return
        print(f"installing {', '.join(PACKAGES)} into {self.environment}", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(self.environment)], check=True)
            pip = [str(self.environment / "bin" / "pip"), "install", "--quiet", *PACKAGES]
            subprocess.run(pip, check=True, timeout=900)
            wanted.write_text(" ".join(PACKAGES))
        except (subprocess.SubprocessError, OSError) as error:
            raise CannotRunError(f"TiTiler could not be installed: {error}") from error

    def launch(self) -> None:
        """Start uvicorn with its workers."""
        program, application = self.environment / "bin" / "uvicorn", Path(__file__).with_name("titiler_app")
        command = [str(program), "rio_server:app", "--app-dir", str(application)]
        options = ["--host", HOST, "--port", str(self.port), "--workers", str(PROCESSES), "--no-access-log"]
        newest_first = [self._item(scene.name) for scene in reversed(self.archive.scenes)]
        environment = GDAL_SETTINGS | {
            "GDAL_CACHEMAX": str(self.cache_mb // PROCESSES),
            "BENCH_ITEMS": os.pathsep.join(newest_first),
        }
        self.spawn([*command, *options, "--log-level", "warning"], environment)

    def _item(self, scene: str) -> str:
        return str(self.archive.scene(scene).folder / f"S2_{scene}.json")

    @property
    def probe(self) -> str:
        """Its health route."""
        return "/healthz"

    def path(self, position: Position) -> str:
        """TiTiler's tile and bbox routes; the mosaic route of `rio_server` for all scenes."""
        words: list[tuple[str, str]] = [("assets", asset) for asset in ASSETS[position.product]]
        if position.scene is None:
            z, x, y = position.tile or (0, 0, 0)
            return f"/mosaic/{z}/{x}/{y}.png?{urlencode(words)}"
        words.append(("url", self._item(position.scene)))
        if position.product == "ndvi":
            words.append(("expression", "(b1-b2)/(b1+b2)"))
        if position.resampling != "nearest":
            words += [("resampling", position.resampling), ("reproject", position.resampling)]
        if position.format == "tiff":
            words.append(("return_mask", "false"))
        elif position.product == "rgb":
            words.append(("rescale", "0,3000"))
        else:
            words += [("rescale", "-1,1"), ("colormap_name", "rdylgn")]
        ending = ENDINGS[position.format]
        if position.tile is not None:
            z, x, y = position.tile
            words.append(("tilesize", str(position.width)))
            return f"/stac/tiles/WebMercatorQuad/{z}/{x}/{y}.{ending}?{urlencode(words)}"
        crs = f"EPSG:{position.epsg}"
        words += [("coord_crs", crs), ("dst_crs", crs)]
        box = quote(",".join(f"{edge:.9f}" for edge in position.bounds))
        return f"/stac/bbox/{box}/{position.width}x{position.height}.{ending}?{urlencode(words)}"

    def facts(self) -> dict[str, object]:
        """Versions and settings."""
        ask = (
            "import importlib.metadata as m, rasterio; "
            "print(*(f'{n} {m.version(n)}' for n in ('titiler.core', 'rio-tiler', 'rasterio', 'uvicorn')), "
            "'GDAL', rasterio.__gdal_version__)"
        )
        python = str(self.environment / "bin" / "python")
        version = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False).stdout.strip()
        return {
            "version": version,
            "arrangement": f"uvicorn, {PROCESSES} processes",
            "settings": f"{GDAL_SETTINGS | {'GDAL_CACHEMAX': str(self.cache_mb // PROCESSES)}}; STAC items",
        }
