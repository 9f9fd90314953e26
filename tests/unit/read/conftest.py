"""TIFFs written by GDAL, and a comparison of a reader with GDAL's own."""

import itertools
import warnings

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NodataShadowWarning
from rasterio.transform import Affine
from rasterio.windows import Window

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def write_tiff(tmp_path_factory):
    """Write an array (bands, height, width) as a tiled TIFF and give its path."""
    folder = tmp_path_factory.mktemp("tiffs")

    def write(values, *, mask=None, alpha=False, overviews=(), nodata=None, block=64, driver="GTiff", **options):
        path = folder / f"{next(_NUMBERS)}.tif"
        profile = {
            "driver": driver,
            "count": len(values),
            "height": values.shape[1],
            "width": values.shape[2],
            "dtype": values.dtype.name,
            "nodata": nodata,
            "crs": "EPSG:32631",
            "transform": Affine(10, 0, 600000, 0, -10, 5700000),
        }
        if driver == "GTiff":
            profile |= {"tiled": True, "blockxsize": block, "blockysize": block}
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            with rasterio.open(path, "w", **(profile | options)) as dataset:
                dataset.write(values)
                if alpha:
                    dataset.colorinterp = [*dataset.colorinterp[:-1], ColorInterp.alpha]
                if mask is not None:
                    dataset.write_mask(mask)
            if overviews:
                with rasterio.open(path, "r+") as dataset:
                    dataset.build_overviews(list(overviews), Resampling.nearest)
        return str(path)

    return write


@pytest.fixture(scope="session")
def assert_reads_as_gdal():
    """Compare windows of every plane and level with rasterio; NaN is never valid for us."""

    def compare(source, path, windows=(), *, tolerance=0):
        for number, level in enumerate(source.levels):
            options = {"overview_level": number - 1} if number else {}
            with rasterio.open(path, **options) as dataset:
                assert (level.width, level.height) == (dataset.width, dataset.height)
                for plane in range(1, source.planes + 1):
                    for col, row, width, height in [(0, 0, level.width, level.height), *windows]:
                        box = Window(col, row, width, height)
                        if col + width > level.width or row + height > level.height:
                            continue
                        expected = dataset.read(plane, window=box)
                        with warnings.catch_warnings():
                            # Nodata goes before alpha in GDAL, which says so each time.
                            warnings.simplefilter("ignore", NodataShadowWarning)
                            valid = dataset.read_masks(plane, window=box) != 0
                        if expected.dtype.kind == "f":
                            valid &= ~np.isnan(expected)
                        found = source.read(plane, number, col, row, width, height)
                        assert found.values.dtype == source.dtype
                        assert found.values.strides[1] == found.values.itemsize
                        there = np.ones_like(valid) if found.valid is None else found.valid
                        np.testing.assert_array_equal(there, valid)
                        difference = np.where(valid, found.values, 0) - np.where(valid, expected, 0).astype(
                            source.dtype
                        )
                        if tolerance:
                            difference = np.abs(difference.astype(np.float64)) > tolerance
                        assert not difference.any()

    return compare
