"""A large coverage made in strips is the one made at once, in one type of numbers."""

import numpy as np
import pytest
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.model.ask import Ask
from bandstand.model.crs import WEB_MERCATOR
from bandstand.model.grid import Grid, project_bbox
from bandstand.model.request import Output, Request

CONFIG = """
collections:
  dem: {profile: dem, source: dem}
  plain: {profile: generic, source: plain}
  mixed: {profile: sentinel-2-l2a, source: mixed}
layers:
  - {name: dem, collection: dem}
  - {name: plain, collection: plain}
  - {name: mixed, collection: mixed, style: grey}
"""


@pytest.fixture(scope="module")
def heights(tmp_path_factory):
    """Two tiles with a wide gap between north and south, as float32, as uint16, and in two radiometries."""
    folder = tmp_path_factory.mktemp("strips")
    random = np.random.default_rng(1)
    for name, y in (("a_20220601", 5400000.0), ("b_20220602", 5395000.0)):
        values = random.random((64, 64)) * 3000 + 1
        write_tiff(folder / "dem" / f"{name}.tif", values.astype("float32"), y=y, nodata=-9999.0)
        write_tiff(folder / "plain" / f"{name}.tif", values.astype("uint16"), y=y, nodata=0, name="v")
    for name, y in (("S2A_31UDQ_20211201_0_L2A", 5400000.0), ("S2A_31UDP_20220601_0_L2A", 5395000.0)):
        values = random.integers(1200, 3000, (64, 64)).astype("uint16")
        write_tiff(folder / "mixed" / name / "B04.tif", values, y=y, nodata=0)
    made = open_archive(folder, CONFIG)
    yield made
    made.engine.close()


def grids(heights, layer):
    """The samples' own grid, and others."""
    own = heights.grid(layer)
    box = project_bbox(own.bbox, own.crs, WEB_MERCATOR)
    return {
        "own": own,
        "finer": Grid.from_bbox(own.crs, own.bbox, own.width + 13, own.height + 11),
        "mercator": Grid.from_bbox(WEB_MERCATOR, box, 50, 500),
    }


@pytest.mark.parametrize("place", ["own", "finer", "mercator"])
@pytest.mark.parametrize("method", ["nearest", "bilinear", "cubic", "average", "mode"])
@pytest.mark.parametrize("layer", ["dem", "plain", "mixed"])
def test_strips_change_nothing(heights, monkeypatch, layer, method, place):
    grid = grids(heights, layer)[place]
    wishes = {"resampling": method, "units": "stored", "time": "2020/2023"}
    if layer == "mixed":
        wishes["bands"] = ("B04",)
    whole = heights.coverage(layer, grid, **wishes)
    monkeypatch.setattr("bandstand.engine.run.STRIP_PX", grid.width * 40)
    strips = heights.coverage(layer, grid, **wishes)
    assert strips.values.dtype == whole.values.dtype
    np.testing.assert_array_equal(strips.valid, whole.valid)
    # Positions are kept to 2e-5 of a pixel, and neighbours differ by up to 3000.
    np.testing.assert_allclose(strips.values[strips.valid], whole.values[whole.valid], rtol=0, atol=0.2)


@pytest.mark.parametrize(
    ("layer", "method", "dtype"),
    [
        ("dem", "bilinear", "float32"),
        ("dem", "nearest", "float32"),
        ("plain", "average", "float32"),
        ("plain", "nearest", "uint16"),
        ("plain", "mode", "uint16"),
    ],
)
@pytest.mark.parametrize("place", ["own", "finer", "nowhere"])
def test_the_type_of_a_coverage_depends_on_nothing_but_the_question(heights, layer, method, dtype, place):
    known = grids(heights, layer)
    own = known["own"]
    # A strip of the gap: scenes are near, none reaches it.
    known["nowhere"] = own.crop(0, own.height // 2 - 4, own.width, 8)
    found = heights.coverage(layer, known[place], resampling=method, time="2022")
    assert found.values.dtype == dtype


def test_a_large_map_of_unlike_strips_is_drawn(heights, monkeypatch):
    grid = grids(heights, "dem")["finer"]
    settled = heights.engine.ask(heights.engine.layer("dem", "wms"), Ask(resampling="bilinear", time="2022"))
    request = Request(layers=(settled,), grid=grid, output=Output(kind="map", media_type="image/png"))
    whole = heights.engine.run(request).body
    monkeypatch.setattr("bandstand.engine.run.STRIP_PX", grid.width * 40)
    assert heights.engine.run(request).body == whole


@pytest.mark.parametrize("method", ["nearest", "bilinear", "average", "mode"])
@pytest.mark.parametrize("layer", ["dem", "plain"])
def test_a_grid_made_in_parts_since_too_many_samples_lie_under_it_is_the_one_made_at_once(
    heights, monkeypatch, layer, method
):
    own = heights.grid(layer)
    box = project_bbox(own.bbox, own.crs, WEB_MERCATOR)
    wishes = {"resampling": method, "units": "stored", "time": "2020/2023"}
    for grid in (Grid.from_bbox(own.crs, own.bbox, 9, 7), Grid.from_bbox(WEB_MERCATOR, box, 11, 23)):
        with monkeypatch.context() as patched:
            whole = heights.coverage(layer, grid, **wishes)
            patched.setattr("bandstand.engine.run.WINDOW_BYTES", 2000)
            parts = heights.coverage(layer, grid, **wishes)
        assert parts.values.dtype == whole.values.dtype
        np.testing.assert_array_equal(parts.valid, whole.valid)
        np.testing.assert_allclose(parts.values[parts.valid], whole.values[whole.valid], rtol=0, atol=0.2)
