"""Several scenes under one pixel: each with the number that its own file holds."""

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from tests.unit.engine.conftest import write_tiff

from bandstand.model.ask import Ask
from bandstand.model.crs import CRS84
from bandstand.model.grid import BBox, Grid
from bandstand.model.request import Output, Request
from bandstand.model.time import isoformat

VALUES = Output(kind="values", media_type="")


@pytest.fixture(scope="module")
def spot(engine, site):
    """Longitude and latitude where scenes of several dates have a number, and that number by scene."""
    extent = engine.extent(engine.layer("s2_l2a", "wms")).lonlat
    for fraction in np.linspace(0.2, 0.8, 13):
        lon = extent.min_x + fraction * (extent.max_x - extent.min_x)
        lat = (extent.min_y + extent.max_y) / 2
        found = {}
        for scene in site.scenes():
            with rasterio.open(site.band(scene, "B08")) as file:
                x, y = Transformer.from_crs("OGC:CRS84", file.crs, always_xy=True).transform(lon, lat)
                row, col = file.index(x, y)
                if 0 <= row < file.height and 0 <= col < file.width and (value := file.read(1)[row, col]):
                    found[scene] = value
        if len(found) > 2:
            return (lon, lat), found
    raise AssertionError("no spot of the archive has three scenes")


def samples(engine, place, count, **wishes):
    lon, lat = place
    layer = engine.ask(engine.layer("s2_l2a", "wms"), Ask(data=True, bands=("B08",), **wishes))
    grid = Grid.from_bbox(CRS84, BBox(lon - 1e-9, lat - 1e-9, lon + 1e-9, lat + 1e-9), 1, 1)
    return engine.sample(Request(layers=(layer,), grid=grid, output=VALUES), count=count)


def test_every_scene_that_has_a_number_there_is_told_with_it(engine, spot):
    place, truth = spot
    found = samples(engine, place, 99, time="1900-01-01/2100-01-01")
    assert {sample.item: sample.bands[0].stored for sample in found} == truth
    assert len(found) == len(truth)


@pytest.mark.parametrize("order", ["mostRecent", "leastRecent"])
def test_scenes_come_in_the_order_of_the_mosaic(engine, spot, order):
    place, truth = spot
    found = [sample.item for sample in samples(engine, place, 99, time="1900-01-01/2100-01-01", order=order)]
    moments = [isoformat(engine.catalog.get("s2_l2a", name).time.start) for name in found]
    assert moments == sorted(moments, reverse=order == "mostRecent")
    assert set(found) == set(truth)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_more_are_told_than_asked(engine, spot, count):
    place, _ = spot
    whole = samples(engine, place, 99, time="1900-01-01/2100-01-01")
    assert samples(engine, place, count, time="1900-01-01/2100-01-01") == whole[:count]


def test_where_nothing_lies_there_is_one_empty_sample(engine):
    (sample,) = samples(engine, (170.0, -40.0), 5)
    assert (sample.item, sample.bands[0].value) == ("", None)


# ---- numbers as they are written


@pytest.mark.parametrize(
    ("dtype", "stored", "scale", "offset", "told"),
    [
        ("uint16", 2390, 0.0001, 0.0, "0.239"),
        ("uint16", 12_345, 0.0000275, -0.2, "0.1394875"),
        ("int16", -321, 0.1, 273.15, "241.05"),
        ("float32", 0.239, 1.0, 0.0, "0.239"),
        ("float32", 1e-7, 1.0, 0.0, "1e-07"),
        ("float32", 16_777_216, 1.0, 0.0, "16777216.0"),
        ("float64", 0.1 + 0.2, 1.0, 0.0, "0.30000000000000004"),
        ("int32", 2_147_483_647, 1.0, 0.0, "2147483647"),
    ],
)
def test_a_value_is_the_shortest_number_that_it_is(archive, tmp_path, dtype, stored, scale, offset, told):
    path = write_tiff(tmp_path / "own/b_20200101.tif", np.full((8, 8), stored, dtype), name="b")
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (scale,), (offset,)
    engine = archive(
        "collections: {own: {profile: generic, source: own}}\nlayers: [{name: own, collection: own}]\n"
    ).engine
    layer = engine.ask(engine.layer("own", "wms"), Ask(data=True))
    grid = engine.domain(engine.layer("own", "wcs")).grid.crop(3, 3, 1, 1)
    (sample,) = engine.sample(Request(layers=(layer,), grid=grid, output=VALUES))
    assert repr(sample.outputs[0].value) == told
