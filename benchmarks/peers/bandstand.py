"""Bandstand itself: ingests the archive once a run, then serves it as its users would ask."""

import importlib.metadata
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.peers.target import CONTENT_TYPES, CannotRunError, Target
from benchmarks.workloads import Position

ENDINGS = {"png": "png", "jpeg": "jpg"}
WHOLE_PERIOD = "2024-05-01/2024-07-31"
CRS_URI = "http://www.opengis.net/def/crs/EPSG/0/{}"
INGEST_TIMEOUT_S = 600

CONFIG = """\
version: 1
server:
  workers: {workers}
  threads: {threads}
  block_cache_bytes: {cache_bytes}
folders: {{styles: [{folder}/styles]}}
catalog: {{path: {folder}/catalog.sqlite}}
collections:
  s2_l2a:
    title: Benchmark archive
    profile: sentinel-2-l2a
    native_crs: EPSG:32631
layers:
  - {{name: true_color, collection: s2_l2a, style: bench_rgb}}
  - {{name: s2_l2a, collection: s2_l2a}}
logging: {{access: false, level: warning}}
"""

# Linear, digital numbers 0 to 3000, as every other target stretches.
STYLE = """\
title: Linear 0 to 0.3
kind: rgb
channels: [red, green, blue]
range: [0, 0.3]
gamma: 1
"""


@dataclass
class Bandstand(Target):
    """`bandstand serve` with its own defaults but for the block cache and the number of workers."""

    workers: int = 1
    """Processes."""
    threads: int = 4
    """Requests that one process answers at a time."""
    program: Path = Path(sys.executable).parent / "bandstand"
    """What is run."""

    name = "bandstand"
    is_peer = False

    @property
    def config(self) -> Path:
        """The configuration that is served."""
        return self.folder / "config.yml"

    def prepare(self) -> None:
        """Write the configuration and ingest the archive."""
        program = self._program()
        styles = self.folder / "styles"
        styles.mkdir(exist_ok=True)
        (styles / "bench_rgb.yml").write_text(STYLE)
        for old in self.folder.glob("catalog.sqlite*"):
            old.unlink()
        self.config.write_text(
            CONFIG.format(
                workers=self.workers,
                threads=self.threads,
                folder=self.folder,
                cache_bytes=self.cache_mb * 1_000_000 // self.workers,
            )
        )
        items = [str(scene.folder / f"S2_{scene.name}.json") for scene in self.archive.scenes]
        done = subprocess.run(
            [program, "ingest", *items, "--collection", "s2_l2a", "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=INGEST_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            words = (done.stderr or done.stdout)[-1500:]
            raise CannotRunError(f"bandstand ingest ended with {done.returncode}: {words}")

    def _program(self) -> str:
        if not self.program.exists():
            raise CannotRunError(f"there is no {self.program} (pip install -e . where it is to be)")
        return str(self.program)

    def launch(self) -> None:
        """Start the server."""
        options = ["--port", str(self.port), "--no-ingest"]
        self.spawn([self._program(), "serve", str(self.config), *options], {"PYTHONUNBUFFERED": "1"})

    @property
    def probe(self) -> str:
        """Ready when kernels are compiled and the catalogue is open."""
        return "/readyz"

    def path(self, position: Position) -> str:
        """XYZ for tiles, WMS 1.1.1 for maps, WCS 2.0.1 for values."""
        if position.format == "tiff":
            return self._coverage(position)
        words = {"TIME": self._time(position), "RESAMPLING": position.resampling}
        layer = "true_color"
        if position.product == "ndvi":
            layer = "s2_l2a"
            words |= {"EXPR": "nd(B08,B04)", "RANGE": "-1,1", "COLORMAP": "rdylgn"}
        if position.tile is not None:
            z, x, y = position.tile
            return f"/xyz/{layer}/{z}/{x}/{y}.{ENDINGS[position.format]}?" + urlencode(
                {name.lower(): value for name, value in words.items()}
            )
        get_map = {
            "SERVICE": "WMS",
            "VERSION": "1.1.1",
            "REQUEST": "GetMap",
            "LAYERS": layer,
            "STYLES": "",
            "SRS": f"EPSG:{position.epsg}",
            "BBOX": ",".join(f"{edge:.9f}" for edge in position.bounds),
            "WIDTH": str(position.width),
            "HEIGHT": str(position.height),
            "FORMAT": CONTENT_TYPES[position.format],
            "TRANSPARENT": "true" if position.format == "png" else "false",
        }
        return "/wms?" + urlencode(get_map | words)

    def _time(self, position: Position) -> str:
        return self.archive.scene(position.scene).day if position.scene else WHOLE_PERIOD

    def _coverage(self, position: Position) -> str:
        west, south, east, north = position.bounds
        crs = CRS_URI.format(position.epsg)
        words = [
            ("service", "WCS"),
            ("version", "2.0.1"),
            ("request", "GetCoverage"),
            ("coverageId", "s2_l2a"),
            ("subset", f"E({west},{east})"),
            ("subset", f"N({south},{north})"),
            ("subsettingCrs", crs),
            ("outputCrs", crs),
            ("subset", f'time("{self._time(position)}")'),
            ("expr", "nd(B08,B04)"),
            ("format", "image/tiff"),
        ]
        return "/wcs?" + urlencode(words)

    def facts(self) -> dict[str, object]:
        """Version and arrangement."""
        return {
            "version": f"bandstand {importlib.metadata.version('bandstand')}",
            "arrangement": f"{self.workers} process(es) of {self.threads} threads",
            "settings": f"block cache {self.cache_mb} MB in all",
        }


@dataclass
class Before(Bandstand):
    """Another version of Bandstand, so that a change is measured against what was before it."""

    name = "before"

    def facts(self) -> dict[str, object]:
        """Version and arrangement; the program is what the operator knows it by."""
        return super().facts() | {"version": f"bandstand as {self.program}"}
