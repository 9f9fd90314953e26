"""Small archives of a test's own."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import rasterio

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.engine import Engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.model.ask import Ask
from bandstand.model.grid import Grid
from bandstand.model.request import Output, Request

TIFF = Output(kind="coverage", media_type="image/tiff")


@dataclass(frozen=True)
class Numbers:
    """A coverage as it left the engine, read by rasterio."""

    values: np.ndarray
    """(band, y, x)."""
    valid: np.ndarray
    """(band, y, x), True is valid."""


@dataclass(frozen=True)
class Archive:
    """An engine on a few files."""

    folder: Path
    engine: Engine

    def grid(self, layer: str) -> Grid:
        """The native grid of a layer."""
        return self.engine.domain(self.engine.layer(layer, "wcs")).grid

    def coverage(self, layer: str, grid: Grid, **wishes: object) -> Numbers:
        """What GetCoverage gives of a layer on a grid."""
        settled = self.engine.ask(self.engine.layer(layer, "wcs"), Ask(data=True, **wishes))
        body = self.engine.run(Request(layers=(settled,), grid=grid, output=TIFF)).body
        whole = body if isinstance(body, bytes) else b"".join(body)
        with rasterio.MemoryFile(whole) as memory, memory.open() as file:
            return Numbers(file.read(), file.read_masks() != 0)


def write_tiff(
    path, values, *, x=500000.0, y=5400000.0, pixel=10.0, crs="EPSG:32631", nodata=None, name="", compress=None
):
    """A tiled GeoTIFF of (y, x) or (band, y, x) values with its upper left corner at x, y; `name` that of band 1."""
    planes = values if values.ndim == 3 else values[np.newaxis]
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"driver": "GTiff", "count": planes.shape[0], "height": planes.shape[1], "width": planes.shape[2]}
    place = rasterio.Affine(pixel, 0, x, 0, -pixel, y)
    with rasterio.open(
        path,
        "w",
        dtype=planes.dtype,
        crs=crs,
        nodata=nodata,
        transform=place,
        tiled=True,
        blockxsize=64,
        blockysize=64,
        compress=compress,
        **shape,
    ) as file:
        file.write(planes)
        if name:
            file.set_band_description(1, name)
    return path


def open_archive(folder, text):
    """An engine on files in `folder`, ingested after the text of a configuration, without the catalogue."""
    path = folder / "config.yml"
    path.write_text(f"catalog: {{path: catalog.sqlite}}\n{text}")
    config = load_config(path, environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    for name, section in config.collections.items():
        profile = effective(load_profile(section.profile), section)
        report = ingest(section.source, name, section, profile, catalog, open_library(), jobs=1)
        assert report.failed == ()
    catalog.close()
    return Archive(folder, build_engine(config))


@pytest.fixture
def archive(tmp_path):
    """`open_archive` in `tmp_path`."""
    opened = []

    def make(text):
        opened.append(open_archive(tmp_path, text))
        return opened[-1]

    yield make
    for made in opened:
        made.engine.close()
