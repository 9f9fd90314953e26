"""GeoTIFFs of answers as rasterio reads them."""

import io
from dataclasses import dataclass

import numpy as np
import rasterio
import rasterio.transform


@dataclass(frozen=True)
class Picture:
    """A GeoTIFF as rasterio reads it."""

    values: np.ndarray
    """(band, y, x)"""
    epsg: int | None
    transform: rasterio.Affine
    names: tuple[str | None, ...]
    nodata: float | None
    compression: str
    interleave: str
    tile: tuple[int, int] | None
    """Columns and rows of its tiles; None where it has strips."""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.values.shape[2], self.values.shape[1]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        return rasterio.transform.array_bounds(*self.values.shape[1:], self.transform)


def read_geotiff(body: bytes) -> Picture:
    """Read a GeoTIFF out of memory."""
    with rasterio.open(io.BytesIO(body)) as file:
        return Picture(
            file.read(),
            file.crs.to_epsg() if file.crs else None,
            file.transform,
            file.descriptions,
            file.nodata,
            file.tags(ns="IMAGE_STRUCTURE").get("COMPRESSION", "NONE"),
            file.tags(ns="IMAGE_STRUCTURE").get("INTERLEAVE", ""),
            (file.profile["blockxsize"], file.profile["blockysize"]) if file.profile["tiled"] else None,
        )
