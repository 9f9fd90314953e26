"""A tile is the crop of the large picture: no gap, no shift, no line between tiles, across scenes and UTM zones."""

import numpy as np
import pytest
from PIL import Image

from bandstand.model.ask import Ask
from bandstand.model.crs import CRS84, WEB_MERCATOR, transformer
from bandstand.model.grid import BBox, Grid
from bandstand.model.request import Output, Request
from bandstand.model.tiling import WEB_MERCATOR_QUAD

# Half a pixel of 256 is far above what two grids may differ by; a ten-thousandth of the pixels may fall on the other
# side of a border between two samples.
MOST_DIFFERENT = 1e-4


def draw(engine, layer, grid, **wishes):
    """RGBA of one layer on a grid."""
    settled = engine.ask(engine.layer(layer, "wms"), Ask(**wishes))
    output = Output(kind="map", media_type="image/png")
    body = engine.run(Request(layers=(settled,), grid=grid, output=output)).body
    import io  # noqa: PLC0415 - only here

    return np.asarray(Image.open(io.BytesIO(body)).convert("RGBA")).astype(int)


def tiles_around(engine, zoom, size):
    """`size` x `size` tiles with the middle of the archive, and so the zone seam, in their middle."""
    matrix = WEB_MERCATOR_QUAD.matrix(str(zoom))
    box = engine.extent(engine.layer("true_color", "wms")).lonlat
    x, y = transformer(CRS84, WEB_MERCATOR).transform(*box.centre)
    span = matrix.cell_size * 256
    col = int((x - matrix.origin[0]) / span) - size // 2
    row = int((matrix.origin[1] - y) / span) - size // 2
    tiles = [[WEB_MERCATOR_QUAD.tile(matrix, row + r, col + c) for c in range(size)] for r in range(size)]
    first = tiles[0][0]
    return tiles, Grid(first.crs, first.transform, 256 * size, 256 * size)


@pytest.mark.parametrize("zoom", [13, 15, 17])
@pytest.mark.parametrize(
    ("layer", "wishes"),
    [
        ("true_color", {"time": "2022-07-19", "resampling": "nearest"}),
        ("true_color", {"time": "2022-07-19", "resampling": "bilinear"}),
        ("ndvi", {"time": "2021-01-01/2022-12-31", "resampling": "nearest"}),
        ("s2_l2a", {"time": "2022-05-15", "expr": "(B08-B11)/(B08+B11)", "range": "-1,1"}),
        ("landcover", {}),
        ("elevation", {"resampling": "cubic"}),
    ],
    ids=["rgb-nearest", "rgb-bilinear", "ndvi-all-dates", "20m-and-10m", "classes", "dem-cubic"],
)
def test_a_tile_equals_the_crop_of_the_large_picture(site_engine, zoom, layer, wishes):
    tiles, whole = tiles_around(site_engine, zoom, 4)
    large = draw(site_engine, layer, whole, **wishes)
    assert (large[..., 3] > 0).mean() > 0.02, "the picture is empty: nothing is compared"
    different = 0
    for r, line in enumerate(tiles):
        for c, grid in enumerate(line):
            small = draw(site_engine, layer, grid, **wishes)
            part = large[r * 256 : (r + 1) * 256, c * 256 : (c + 1) * 256]
            # One step of a colour is rounding; more is another sample.
            different += int((np.abs(small - part).max(axis=2) > 1).sum())
    assert different <= MOST_DIFFERENT * whole.width * whole.height


def test_no_pixel_is_missing_where_two_zones_meet(site_engine):
    # The scenes of 2022-07-19 cover the middle of the archive, where the two tiles overlap.
    box = site_engine.extent(site_engine.layer("true_color", "wms")).lonlat
    x, y = transformer(CRS84, WEB_MERCATOR).transform(*box.centre)
    grid = Grid.from_bbox(WEB_MERCATOR, BBox(x - 900, y - 500, x + 900, y + 500), 360, 200)
    picture = draw(site_engine, "true_color", grid, time="2022-07-19", resampling="nearest")
    assert (picture[..., 3] == 255).all()
