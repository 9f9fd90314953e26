"""OWSLib's WMS 1.1.1, WMS 1.3.0 and WMTS against a running server: contents, pictures, tiles, values."""

import io
import json

import numpy as np
import pyproj
import pytest
from owslib.util import ServiceException, openURL
from owslib.wms import WebMapService
from owslib.wmts import WebMapTileService
from PIL import Image
from requests import HTTPError

# OWSLib's own way of asking whether an element is there.
pytestmark = pytest.mark.filterwarnings("ignore:Truth-testing of elements:FutureWarning")

LAYERS = {"true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation"}
BOX = (281680.0, 5464780.0, 282320.0, 5465420.0)
"""In EPSG:32631, where the scenes of the newest date have data."""
SIDE = 128


def rgba(answer):
    with Image.open(io.BytesIO(answer.read())) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


@pytest.fixture(scope="module", params=["1.1.1", "1.3.0"])
def wms(request, live):
    return WebMapService(f"{live}/wms", version=request.param)


@pytest.fixture(scope="module")
def wmts(live):
    return WebMapTileService(f"{live}/wmts")


@pytest.fixture(scope="module")
def old_and_new(live):
    return [WebMapService(f"{live}/wms", version=version) for version in ("1.1.1", "1.3.0")]


def draw(service, layer="true_color", **rest):
    keys = {"srs": "EPSG:32631", "bbox": BOX, "size": (SIDE, SIDE), "format": "image/png", "transparent": True}
    return service.getmap(layers=[layer], **(keys | rest))


def test_wms_publishes_its_layers_and_operations(wms):
    assert set(wms.contents) == LAYERS
    assert {operation.name for operation in wms.operations} >= {"GetCapabilities", "GetMap", "GetFeatureInfo"}
    assert wms.identification.title == "Bandstand"


def test_a_wms_layer_tells_what_a_client_needs(wms):
    layer = wms.contents["ndvi"]
    assert {"EPSG:3857", "EPSG:4326", "EPSG:32631"} <= set(layer.crsOptions)
    assert layer.queryable == 1
    left, bottom, right, top = layer.boundingBoxWGS84
    assert left < 0.0 < right
    assert bottom < 49.3 < top
    assert "2022-07-19" in layer.timepositions
    assert layer.defaulttimeposition == "2022-07-19"
    assert list(layer.styles) == ["ndvi"]


def test_a_wms_map_shows_the_land(wms):
    picture = rgba(draw(wms))
    assert picture.shape == (SIDE, SIDE, 4)
    assert (picture[..., 3] == 255).all()
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 100


def test_both_versions_draw_the_same_in_degrees(old_and_new):
    # OWSLib turns the axes for 1.3.0, as it must.
    pictures = [rgba(draw(s, srs="EPSG:4326", bbox=(-0.002, 49.299, 0.004, 49.303))) for s in old_and_new]
    assert len(np.unique(pictures[0].reshape(-1, 4), axis=0)) > 100
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_another_time_draws_another_map(wms):
    assert (rgba(draw(wms, time="2021-06-14")) != rgba(draw(wms, time="2022-07-19"))).mean() > 0.1


def test_an_expression_goes_along(wms):
    named = rgba(draw(wms, "ndvi"))
    written = rgba(draw(wms, "s2_l2a", expr="(B08-B04)/(B08+B04)", colormap="rdylgn", range="-0.2,0.9"))
    np.testing.assert_array_equal(written, named)


def test_wms_feature_info_has_the_numbers_of_the_files(wms, reference):
    answer = wms.getfeatureinfo(
        layers=["s2_l2a"], query_layers=["s2_l2a"], srs="EPSG:32631", bbox=BOX, size=(SIDE, SIDE),
        format="image/png", info_format="application/json", xy=(40, 70),
    )  # fmt: skip
    # OWSLib asks for twenty: the scenes below the one that is drawn come after it.
    feature, *_ = json.loads(answer.read())["features"]
    x = BOX[0] + 40.5 * 640 / SIDE
    y = BOX[3] - 70.5 * 640 / SIDE
    truth = reference.at(["B04", "B08"], np.array([[x]]), np.array([[y]]), "EPSG:32631", ["2022-07-19"])
    assert (truth.valid.all(), truth.clear.all()) == (True, True)
    for band in ("B04", "B08"):
        value = truth.values[band][0, 0]
        assert feature["properties"][band] == pytest.approx(value, rel=1e-6)
        assert feature["properties"][f"{band}_dn"] == round(value * 10000) + 1000


def test_a_computed_value_has_no_stored_number(wms):
    answer = wms.getfeatureinfo(
        layers=["ndvi"], query_layers=["ndvi"], srs="EPSG:32631", bbox=BOX, size=(SIDE, SIDE),
        format="image/png", info_format="application/json", xy=(40, 70),
    )  # fmt: skip
    # OWSLib asks for twenty: the scenes below the one that is drawn come after it.
    feature, *_ = json.loads(answer.read())["features"]
    properties = feature["properties"]
    b08, b04 = properties["B08"], properties["B04"]
    assert properties["ndvi"] == pytest.approx((b08 - b04) / (b08 + b04), rel=1e-6)
    assert "ndvi_dn" not in properties


@pytest.mark.parametrize("wrong", [{"srs": "EPSG:1"}, {"time": "1990-01-01"}, {"bbox": (1, 1, 0, 0)}], ids=str)
def test_a_refusal_is_recognised_as_one(wms, wrong):
    with pytest.raises(ServiceException):
        draw(wms, **wrong)


def test_an_unknown_layer_is_an_error_of_http_as_well(wms):
    with pytest.raises(HTTPError, match="404"):
        draw(wms, "nothing")


# WMTS


def tile_of(wmts, matrix, set_="WebMercatorQuad"):
    """Row and column of the tile that holds the middle of the box, within the limits that the layer tells."""
    crs = "EPSG:3857" if set_ == "WebMercatorQuad" else "EPSG:32631"
    to = pyproj.Transformer.from_crs("EPSG:32631", crs, always_xy=True)
    x, y = to.transform((BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2)
    found = wmts.tilematrixsets[set_].tilematrix[matrix]
    span = found.scaledenominator * 0.00028 * found.tilewidth
    row, column = int((found.topleftcorner[1] - y) // span), int((x - found.topleftcorner[0]) // span)
    limits = wmts.contents["true_color"].tilematrixsetlinks[set_].tilematrixlimits[matrix]
    assert limits.mintilerow <= row <= limits.maxtilerow
    assert limits.mintilecol <= column <= limits.maxtilecol
    return row, column


def test_wmts_publishes_its_layers_sets_and_formats(wmts):
    assert set(wmts.contents) == LAYERS
    assert set(wmts.tilematrixsets) == {"WebMercatorQuad", "UTM31"}
    layer = wmts.contents["true_color"]
    assert "image/png" in layer.formats
    assert set(layer.tilematrixsetlinks) == {"WebMercatorQuad", "UTM31"}
    assert layer.resourceURLs


@pytest.mark.parametrize("way", ["kvp", "rest"])
@pytest.mark.parametrize(("set_", "matrix"), [("WebMercatorQuad", "13"), ("UTM31", "8")])
def test_a_tile_is_the_map_of_its_ground(wmts, live, way, set_, matrix, monkeypatch):
    # It takes any of the templates, whatever format is asked; the first one is that of PNG.
    monkeypatch.setattr("owslib.wmts.randint", lambda low, high: low)
    row, column = tile_of(wmts, matrix, set_)
    asked = {"tilematrixset": set_, "tilematrix": matrix, "row": row, "column": column, "format": "image/png"}
    if way == "kvp":
        answer = wmts.gettile(layer="true_color", **asked)
    else:
        answer = openURL(wmts.buildTileResource(layer="true_color", style="true_color", Time="2022-07-19", **asked))
    tile = rgba(answer)
    found = wmts.tilematrixsets[set_].tilematrix[matrix]
    span = found.scaledenominator * 0.00028 * found.tilewidth
    left, top = found.topleftcorner[0] + column * span, found.topleftcorner[1] - row * span
    crs = "EPSG:3857" if set_ == "WebMercatorQuad" else "EPSG:32631"
    maps = WebMapService(f"{live}/wms", version="1.3.0")
    drawn = rgba(draw(maps, srs=crs, bbox=(left, top - span, left + span, top), size=(256, 256)))
    assert tile.shape == (256, 256, 4)
    assert (tile[..., 3] == 255).any()
    assert (np.abs(tile - drawn).max(axis=2) > 1).mean() <= 1e-3


def test_wmts_feature_info_reads_the_pixel(wmts, live):
    row, column = tile_of(wmts, "16")
    # OWSLib's own call for it is not written; the request is the one it would make.
    query = wmts.buildTileRequest("ndvi", "ndvi", "image/png", "WebMercatorQuad", "16", row, column)
    text = query.replace("GetTile", "GetFeatureInfo").replace("getTile", "GetFeatureInfo")
    answer = openURL(f"{live}/wmts", f"{text}&InfoFormat=application/json&I=100&J=120")
    told = json.loads(answer.read())["features"][0]["properties"]
    assert told["ndvi"] == pytest.approx((told["B08"] - told["B04"]) / (told["B08"] + told["B04"]), rel=1e-6)


def test_a_tile_outside_is_refused(wmts):
    with pytest.raises(ServiceException):
        wmts.gettile(
            layer="true_color", tilematrixset="WebMercatorQuad", tilematrix="3", row=99, column=0, format="image/png"
        )
