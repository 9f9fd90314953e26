"""One pixel by itself is what a whole coverage has there, whatever the resampling."""

import io
import random

import numpy as np
import pytest
import rasterio

from bandstand.model.ask import Ask
from bandstand.model.crs import parse_crs
from bandstand.model.grid import Grid, project_bbox
from bandstand.model.request import Output, Request

TIFF = Output(kind="coverage", media_type="image/tiff")
VALUES = Output(kind="values", media_type="application/json")


@pytest.mark.parametrize("pixel", [3, 10, 23, 47, 160])
@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:32631", "EPSG:4326"])
@pytest.mark.parametrize("method", ["nearest", "bilinear", "cubic", "average", "mode"])
def test_a_pixel_is_that_of_the_coverage(site_engine, method, crs, pixel):
    layer = site_engine.layer("s2_l2a", "wcs")
    own = site_engine.domain(layer).grid
    box = project_bbox(own.bbox, own.crs, parse_crs(crs))
    size = max(8, round(own.bbox.width / pixel)), max(8, round(own.bbox.height / pixel))
    grid = Grid.from_bbox(parse_crs(crs), box, *size)
    wish = Ask(data=True, bands=("B04",), units="stored", time="2021-06-14", resampling=method)
    settled = (site_engine.ask(layer, wish),)
    body = site_engine.run(Request(layers=settled, grid=grid, output=TIFF)).body
    with rasterio.open(io.BytesIO(body if isinstance(body, bytes) else b"".join(body))) as file:
        values, valid = file.read(1), file.read_masks(1) != 0
    chance = random.Random(7)
    told, there = [], []
    for row, col in chance.sample(list(zip(*np.nonzero(valid), strict=True)), 12):
        pixel_grid = grid.crop(int(col), int(row), 1, 1)
        (sample,) = site_engine.sample(Request(layers=settled, grid=pixel_grid, output=VALUES))
        told.append(sample.outputs[0].stored)
        there.append(values[row, col])
    np.testing.assert_allclose(np.array(told, float), there, rtol=2e-5)
