"""A collection like Sentinel-2 and rasters of it."""

import numpy as np
import pytest

from bandstand.compute import Recipes, compile_expression
from bandstand.model.crs import WEB_MERCATOR
from bandstand.model.field import Field
from bandstand.model.grid import Affine, Grid
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits
from bandstand.model.raster import Raster
from bandstand.share import shipped

_BANDS = {
    "B01": "coastal",
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B05": "rededge1",
    "B06": "rededge2",
    "B07": "rededge3",
    "B08": "nir",
    "B8A": "nir08",
    "B11": "swir16",
    "B12": "swir22",
}


@pytest.fixture(scope="session")
def collection():
    bands = [
        Field(name=name, dtype="uint16", nodata=0, scale=0.0001, offset=-0.1, common_name=common)
        for name, common in _BANDS.items()
    ]
    scene = Field(name="SCL", dtype="uint8", nodata=0, categorical=True)
    odd = Field(name="Oa08 radiance", dtype="uint16", nodata=0, scale=0.5)
    aliases = tuple((common, name) for name, common in _BANDS.items())
    return Collection(name="s2_l2a", title="", profile="sentinel-2-l2a", fields=(*bands, scene, odd), aliases=aliases)


@pytest.fixture(scope="session")
def recipes():
    return Recipes.load([shipped("evalscripts") / "indices"])


@pytest.fixture(scope="session")
def read(collection, recipes):
    """text -> Expression, with the default limits."""

    def read_text(text, **options):
        options.setdefault("limits", Limits())
        return compile_expression(text, collection, recipes, **options)

    return read_text


@pytest.fixture(scope="session")
def raster(collection):
    """(bands by name, mask(s)) -> Raster; the bands are stored values, broadcast to one shape."""

    def make(bands, valid=None, **changes):
        fields = tuple(changes.get(name, collection.field(name)) for name in bands)
        planes = np.stack([np.atleast_2d(np.asarray(values)) for values in bands.values()])
        if valid is None:
            valid = np.ones((1, *planes.shape[1:]), bool)
        grid = Grid(WEB_MERCATOR, Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0), planes.shape[2], planes.shape[1])
        return Raster(planes, valid, fields, grid)

    return make
