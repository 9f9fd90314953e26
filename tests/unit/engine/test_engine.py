"""The engine's face: layers, wishes, limits, headers."""

import dataclasses

import numpy as np
import pytest
import rasterio

from bandstand.errors import (
    InvalidParameter,
    InvalidProgram,
    InvalidTime,
    SourceUnavailable,
    TooLarge,
    UnknownBand,
    UnknownLayer,
    UnknownStyle,
)
from bandstand.model.ask import Ask
from bandstand.model.crs import CRS84, WEB_MERCATOR, transformer
from bandstand.model.grid import BBox, Grid, project_bbox
from bandstand.model.request import Output, Request

MAP = Output(kind="map", media_type="image/png")
TIFF = Output(kind="coverage", media_type="image/tiff")


def settle(engine, name="s2_l2a", **wishes):
    return engine.ask(engine.layer(name, "wms"), Ask(**wishes))


def overview(engine, name="s2_l2a", size=64):
    box = project_bbox(engine.extent(engine.layer(name, "wms")).lonlat, CRS84, WEB_MERCATOR)
    return Grid.from_bbox(WEB_MERCATOR, box, size, size)


def test_an_unknown_layer_is_told_with_a_near_name(engine):
    with pytest.raises(UnknownLayer, match='Did you mean "s2_l2a"'):
        engine.layer("s2l2a", "wms")


@pytest.mark.parametrize(
    ("wishes", "error", "locator"),
    [
        ({"style": "nix"}, UnknownStyle, "style"),
        ({"bands": ("B99",)}, UnknownBand, "bands"),
        ({"expr": "B08 +"}, InvalidProgram, "expr"),
        ({"expr": "B04;B03"}, InvalidProgram, "expr"),
        ({"bands": ("B04", "B03")}, InvalidProgram, "bands"),
        ({"bands": ("B04",), "style": "true_color"}, InvalidProgram, "bands"),
        ({"expr": "a=B04;b=B03;c=B02", "bands": ("a", "b")}, InvalidProgram, "bands"),
        ({"time": "yesterday"}, InvalidTime, "time"),
        ({"time": "1999-01-01"}, InvalidTime, "time"),
        ({"range": "a,b"}, InvalidParameter, "range"),
        ({"colormap": "virdis"}, InvalidParameter, "colormap"),
        ({"below": "#12"}, InvalidParameter, "below"),
        ({"nodata_color": "#12"}, InvalidParameter, "nodata_color"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_wrong_wish_names_its_place(engine, wishes, error, locator):
    with pytest.raises(error) as caught:
        settle(engine, **wishes)
    assert caught.value.locator == locator


@pytest.mark.parametrize("text", ["NDVI", "nd(B08,B04)", "(B08-B04)/(B08+B04)", "(nir-red)/(nir+red)"])
def test_an_index_gets_its_colours_however_it_is_written(engine, text):
    style = settle(engine, expr=text).style
    assert (style.kind, style.ranges) == ("ramp", ((-0.2, 0.9),))


def test_a_range_of_the_request_wins_over_that_of_the_index(engine):
    assert settle(engine, expr="NDVI", range="0,1").style.ranges == ((0.0, 1.0),)


def test_numbers_are_not_resampled_unless_asked(engine):
    assert settle(engine, data=True).selection.resampling == "nearest"


def test_equal_requests_have_equal_fingerprints(engine):
    one = Request(layers=(settle(engine),), grid=overview(engine), output=MAP)
    layer = dataclasses.replace(settle(engine), digest="")
    other = Request(layers=(layer,), grid=overview(engine), output=MAP)
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    "other",
    [{"expr": "NDVI"}, {"time": "2021-06-14"}, {"resampling": "cubic"}, {"range": "0,1"}, {"opacity": 0.5}],
    ids=str,
)
def test_another_wish_has_another_fingerprint(engine, other):
    grid = overview(engine)
    plain = Request(layers=(settle(engine),), grid=grid, output=MAP)
    assert Request(layers=(settle(engine, **other),), grid=grid, output=MAP).fingerprint != plain.fingerprint


def test_a_client_that_has_the_answer_gets_304_and_no_pixel_moves(engine):
    request = Request(layers=(settle(engine),), grid=overview(engine), output=MAP)
    tag = engine.run(request).etag
    again = engine.run(request, if_none_match=f'"{tag}"')
    assert (again.status, again.body) == (304, b"")


def test_a_client_that_has_a_picture_of_two_collections_gets_304(engine):
    layers = (settle(engine), settle(engine, "elevation"))
    request = Request(layers=layers, grid=overview(engine), output=MAP)
    tag = engine.run(request).etag
    assert engine.run(request, if_none_match=f'"x", "{tag}"').status == 304


def test_a_named_time_may_be_kept_longer_than_the_newest(engine):
    grid = overview(engine)
    kept = {}
    for name, wishes in {"named": {"time": "2021-06-14"}, "newest": {}}.items():
        answer = engine.run(Request(layers=(settle(engine, **wishes),), grid=grid, output=MAP))
        kept[name] = dict(answer.headers)["Cache-Control"]
    assert kept == {
        "named": "public, max-age=86400, stale-while-revalidate=604800",
        "newest": "public, max-age=60",
    }


def test_the_default_time_is_told_in_a_warning(engine):
    answer = engine.run(Request(layers=(settle(engine),), grid=overview(engine), output=MAP))
    assert ("Warning", "99 Default value used: time=2022-07-19 ISO8601") in answer.headers


def test_a_picture_outside_the_scenes_is_blank(engine):
    grid = Grid.from_bbox(WEB_MERCATOR, BBox(4_000_000, 0, 4_100_000, 100_000), 32, 32)
    answer = engine.run(Request(layers=(settle(engine),), grid=grid, output=MAP))
    assert (answer.status, dict(answer.headers)["X-Source-Items"]) == (200, "0")


@pytest.mark.parametrize(("output", "size"), [(MAP, (5000, 10)), (MAP, (10, 5000)), (TIFF, (20_000, 20_000))])
def test_what_is_too_large_is_refused_before_a_block_is_read(engine, output, size, monkeypatch):
    monkeypatch.setattr(engine._library, "open", lambda *_, **__: pytest.fail("a file was opened"))
    grid = Grid.from_bbox(WEB_MERCATOR, overview(engine).bbox, *size)
    layer = settle(engine, data=output.kind == "coverage")
    with pytest.raises(TooLarge, match="limits\\."):
        engine.run(Request(layers=(layer,), grid=grid, output=output))


def test_the_domain_is_the_union_of_the_scenes_on_their_own_lattice(engine, site):
    grid = engine.domain(engine.layer("s2_l2a", "wcs")).grid
    boxes = []
    for scene in site.scenes():
        with rasterio.open(site.band(scene, "B04")) as file:
            if file.crs.to_epsg() == grid.crs.epsg:
                boxes.append(file.bounds)
                shift = (file.transform.c - grid.transform.c) / grid.transform.a
                assert shift == pytest.approx(round(shift), abs=1e-6)
    assert grid.bbox.min_x <= min(b.left for b in boxes)
    assert grid.bbox.max_x >= max(b.right for b in boxes)


def broken(folder):
    victim = min(folder.glob("s2_l2a/*/2022/07/*/B04.tif"))
    data = victim.read_bytes()
    # The size stays, so that only the blocks themselves can tell.
    victim.write_bytes(data[: len(data) // 3] + bytes(len(data) - len(data) // 3))


@pytest.fixture
def half_broken(make_site):
    from bandstand.engine.build import build_engine  # noqa: PLC0415 - only these tests

    site = make_site(spoil=broken)
    engine = build_engine(site.config)
    yield engine
    engine.close()


def test_a_map_leaves_a_broken_scene_out_and_says_so(half_broken):
    layer = settle(half_broken, "true_color")
    answer = half_broken.run(Request(layers=(layer,), grid=overview(half_broken), output=MAP))
    headers = dict(answer.headers)
    assert answer.status == 200
    assert headers["Cache-Control"] == "no-store"
    assert "was left out" in [v for k, v in answer.headers if k == "Warning"][-1]


def test_a_map_with_a_hole_has_no_etag(half_broken):
    layer = settle(half_broken, "true_color")
    assert half_broken.run(Request(layers=(layer,), grid=overview(half_broken), output=MAP)).etag == ""


def test_a_coverage_names_the_broken_scene(half_broken):
    layer = settle(half_broken, data=True, bands=("B04",), time="2022-07-19")
    with pytest.raises(SourceUnavailable) as caught:
        half_broken.run(Request(layers=(layer,), grid=overview(half_broken), output=TIFF))
    assert caught.value.scene in caught.value.message


def test_a_sample_is_the_number_in_the_file(engine, site):
    scene = next(name for name in site.scenes() if "20220719" in name)
    with rasterio.open(site.band(scene, "B08")) as file:
        values = file.read(1)
        row, col = (int(i) for i in np.argwhere(values > 0)[values.size // 3])
        x, y = file.xy(row, col)
        lon, lat = transformer(engine.catalog.get("s2_l2a", scene).assets["B08"].grid.crs, CRS84).transform(x, y)
        expected = values[row, col]
    layer = engine.ask(engine.layer("s2_l2a", "wms"), Ask(data=True, bands=("B08",), ids=(scene,)))
    grid = Grid.from_bbox(CRS84, BBox(lon - 1e-6, lat - 1e-6, lon + 1e-6, lat + 1e-6), 1, 1)
    (sample,) = engine.sample(Request(layers=(layer,), grid=grid, output=Output(kind="values", media_type="")))
    assert sample.item == scene
    assert sample.bands[0].stored == expected
