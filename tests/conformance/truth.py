"""The files behind the coverages of the instance, read by rasterio alone, and what a grid has to hold of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import rasterio

_HAIR_PX = 1e-3
"""So near the border of two cells either of them is right."""


@dataclass(frozen=True)
class Source:
    """One scene: its bands on one grid."""

    bands: dict[str, np.ndarray]
    transform: rasterio.Affine
    epsg: int
    nodata: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return next(iter(self.bands.values())).shape

    def stack(self, names: Sequence[str]) -> np.ndarray:
        """(band, y, x) of these bands."""
        return np.stack([self.bands[name] for name in names])

    def nearest(self, picture, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """What nearest neighbour puts on the grid of a picture: values, and where they are beyond doubt."""
        width, height = picture.size
        columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        x, y = picture.transform @ (columns, rows)
        if picture.epsg != self.epsg:
            x, y = pyproj.Transformer.from_crs(picture.epsg, self.epsg, always_xy=True).transform(x, y)
        column, row = ~self.transform @ (np.asarray(x), np.asarray(y))
        sure = (np.abs(column - np.round(column)) > _HAIR_PX) & (np.abs(row - np.round(row)) > _HAIR_PX)
        i, j = np.floor(column).astype(int), np.floor(row).astype(int)
        inside = (i >= 0) & (j >= 0) & (i < self.shape[1]) & (j < self.shape[0])
        stacked = self.stack(names)
        found = stacked[:, np.clip(j, 0, self.shape[0] - 1), np.clip(i, 0, self.shape[1] - 1)]
        return np.where(inside, found, self.nodata).astype(stacked.dtype), sure

    def agrees(self, picture, names: Sequence[str]) -> bool:
        """Whether a picture holds what nearest neighbour puts on its grid."""
        values, sure = self.nearest(picture, names)
        return bool(sure.mean() > 0.5 and np.array_equal(picture.values[:, sure], values[:, sure]))


def read_source(folder: Path, coverage: str, scene: str) -> Source:
    """A scene of a coverage: its files are called `<scene>_<band>.tif`."""
    bands = {}
    for path in sorted((folder / "data" / coverage).glob(f"{scene}_*.tif")):
        with rasterio.open(path) as file:
            bands[path.stem.removeprefix(f"{scene}_")] = file.read(1)
            transform, epsg, nodata = file.transform, file.crs.to_epsg(), file.nodata
    return Source(bands, transform, epsg, nodata)
