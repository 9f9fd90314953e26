"""Cloud Optimized GeoTIFFs on disk, written beside their place and moved into it when whole."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from bandstand.demo.frame import Sheet

_PREDICTORS = {"i": "STANDARD", "u": "STANDARD", "f": "FLOATING_POINT"}


def write_cog(
    path: Path,
    values: NDArray[np.generic],
    sheet: Sheet,
    *,
    nodata: float,
    overviews: str,
    colours: Mapping[int, tuple[int, int, int]] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write one band as a COG: deflate, blocks of 512, overviews.

    Args:
        path: Where the whole file appears; its folder exists.
        values: (y, x) on `sheet`.
        sheet: Size, CRS and transform.
        nodata: Stored value that means undefined.
        overviews: GDAL's name of their resampling: `AVERAGE`, `MODE` or `NEAREST`.
        colours: Colour table by value; no predictor is used then, for such values are no quantities.
        tags: Metadata of the band.
    """
    part = path.with_name(f".{path.name}.part")
    predictor = "NO" if colours else _PREDICTORS[values.dtype.kind]
    with (
        rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_NUM_THREADS="1"),
        rasterio.open(
            part,
            "w",
            driver="COG",
            width=sheet.width,
            height=sheet.height,
            count=1,
            dtype=values.dtype.name,
            crs=sheet.crs,
            transform=rasterio.Affine(*sheet.transform),
            nodata=nodata,
            compress="DEFLATE",
            level=6,
            predictor=predictor,
            blocksize=512,
            overview_resampling=overviews,
        ) as file,
    ):
        file.write(values, 1)
        if colours:
            file.write_colormap(1, dict(colours))
        if tags:
            file.update_tags(1, **tags)
    part.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file so that it is there whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
