"""OpenLayers and Leaflet in headless Chromium: no error, and on the screen the pixels that the same requests give.

The requests are read off a proxy, sent once more without a browser, and put together by their own words alone.
"""

import io
import re
from urllib.parse import urlsplit
from urllib.request import urlopen

import numpy as np
import pytest
from owslib.wmts import WebMapTileService
from PIL import Image
from tests.clients import maps
from tests.clients.maps import SIDE
from tests.clients.programs import running_chromium
from tests.clients.recorder import Recorder

pytestmark = pytest.mark.filterwarnings("ignore:Truth-testing of elements:FutureWarning")

EDGE = 20037508.342789244
ZOOM = 16
RESOLUTION = 2 * EDGE / 256 / 2**ZOOM
UTM = {"code": "EPSG:32631", "extent": [0.0, 0.0, 10_485_760.0, 10_485_760.0]}
"""OpenLayers halves the extent of a projection until it has tiles: these become 5 m."""
MIDDLE = {"EPSG:3857": (142.7, 6325868.5), "EPSG:32631": (282000.0, 5465100.0), "EPSG:4326": (0.0013, 49.2997)}
"""Of the scenes of the newest date."""
JPEG_STEPS = 4
"""Two decoders of JPEG differ by so much."""


@pytest.fixture(scope="module")
def browser():
    with running_chromium() as found:
        yield found


@pytest.fixture
def recorder(live):
    with Recorder(live) as found:
        yield found


def place_of(crs, resolution, origin, **rest):
    """A map whose middle is a corner of tiles, so that they fall on whole pixels."""
    span = 256 * resolution
    centre = [o + round((value - o) / span) * span for value, o in zip(MIDDLE[crs], origin, strict=True)]
    return {"crs": crs, "center": centre, "resolution": resolution, **rest}


def fetched(live, request):
    with urlopen(live + request.target) as answer, Image.open(io.BytesIO(answer.read())) as image:
        return np.asarray(image.convert("RGBA")).astype(float)


def over_white(rgba):
    alpha = rgba[..., 3:] / 255
    return rgba[..., :3] * alpha + 255 * (1 - alpha)


def put_together(parts, corner, resolution):
    """The pictures laid on a white map whose upper left corner is given; each must fall on whole pixels."""
    canvas = np.full((SIDE, SIDE, 3), 255.0)
    for picture, left, top in parts:
        col, row = (left - corner[0]) / resolution, (corner[1] - top) / resolution
        assert (col, row) == pytest.approx((round(col), round(row)), abs=0.02)
        col, row = round(col), round(row)
        height, width = picture.shape[:2]
        y0, x0, y1, x1 = max(row, 0), max(col, 0), min(row + height, SIDE), min(col + width, SIDE)
        if y0 < y1 and x0 < x1:
            canvas[y0:y1, x0:x1] = over_white(picture[y0 - row : y1 - row, x0 - col : x1 - col])
    return canvas


def maps_of(live, requests):
    """Pictures of GetMap requests with their upper left corners."""
    for request in requests:
        keys = request.keys
        if keys.get("request") != "GetMap":
            continue
        a, b, c, d = map(float, keys["bbox"].split(","))
        turned = keys["version"] == "1.3.0" and keys["crs"] == "EPSG:4326"
        yield fetched(live, request), (b if turned else a), (c if turned else d)


def tiles_of(live, requests, name):
    """Pictures of WMTS tiles with their upper left corners, by OWSLib's reading of the matrices."""
    known = WebMapTileService(f"{live}/wmts").tilematrixsets[name].tilematrix
    for request in requests:
        if request.media_type != "image/png":
            continue
        keys = {name: value for name, value in request.keys.items() if value}
        if "tilerow" in keys:
            matrix, row, col = keys["tilematrix"], int(keys["tilerow"]), int(keys["tilecol"])
        else:
            found = re.search(rf"/{name}/([^/]+)/(\d+)/(\d+)\.png$", urlsplit(request.target).path)
            matrix, row, col = found[1], int(found[2]), int(found[3])
        span = known[matrix].scaledenominator * 0.00028 * known[matrix].tilewidth
        left, top = known[matrix].topleftcorner
        yield fetched(live, request), left + col * span, top - row * span


def check(shown, wanted, steps=1.0):
    assert shown.told["errors"] == []
    assert shown.complaints == ()
    assert len(np.unique(shown.picture.reshape(-1, 3), axis=0)) > 100
    assert np.abs(shown.picture - wanted).max() <= steps


def upper_left(centre, resolution):
    return centre[0] - SIDE / 2 * resolution, centre[1] + SIDE / 2 * resolution


PLACES = {
    "EPSG:3857": place_of("EPSG:3857", RESOLUTION, (-EDGE, EDGE)),
    "EPSG:32631": place_of("EPSG:32631", 5.0, (0.0, 10_485_760.0), projections=[UTM]),
    "EPSG:4326": place_of("EPSG:4326", 90 / 2**22, (-180.0, 90.0)),
}


@pytest.mark.parametrize("more", [{}, {"TIME": "2021-06-14", "LAYERS": "ndvi"}], ids=["plain", "a time"])
@pytest.mark.parametrize("crs", PLACES)
@pytest.mark.parametrize("script", [maps.TILED, maps.WHOLE], ids=["TileWMS", "ImageWMS"])
def test_openlayers_shows_a_wms(browser, recorder, live, script, crs, more):
    place = PLACES[crs]
    source = {"url": f"{recorder.base}/wms", "params": {"LAYERS": "true_color", **more}, "crossOrigin": "anonymous"}
    shown = maps.openlayers(browser, script, **place, source=source)
    asked = {request.keys["version"] for request in recorder.requests}
    corner = upper_left(place["center"], place["resolution"])
    check(shown, put_together(maps_of(live, recorder.requests), corner, place["resolution"]))
    assert asked == {"1.3.0"}


@pytest.mark.parametrize("encoding", ["KVP", "REST"])
@pytest.mark.parametrize("set_", ["WebMercatorQuad", "UTM31"])
def test_openlayers_shows_a_wmts_by_its_capabilities(browser, recorder, live, set_, encoding):
    place = PLACES["EPSG:3857"] if set_ == "WebMercatorQuad" else {**PLACES["EPSG:32631"], "resolution": 10.0}
    source = {"layer": "true_color", "matrixSet": set_, "format": "image/png", "requestEncoding": encoding}
    shown = maps.openlayers(
        browser, maps.WMTS, **place, source=source, capabilities=f"{recorder.base}/wmts/1.0.0/WMTSCapabilities.xml"
    )
    tiles = [request for request in recorder.requests if request.media_type == "image/png"]
    assert {"request" in request.keys for request in tiles} == {encoding == "KVP"}
    corner = upper_left(place["center"], place["resolution"])
    check(shown, put_together(tiles_of(live, tiles, set_), corner, place["resolution"]))


def test_openlayers_reads_the_wms_capabilities(browser, recorder):
    shown = maps.openlayers(
        browser, maps.WMS_CAPABILITIES, capabilities=f"{recorder.base}/wms?SERVICE=WMS&REQUEST=GetCapabilities"
    )
    root = shown.told["read"]["Capability"]["Layer"]

    def named(layer):
        found = {layer["Name"]: layer} if "Name" in layer else {}
        for part in layer.get("Layer", []):
            found.update(named(part))
        return found

    layers = named(root)
    assert set(layers) == {"true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation"}
    assert layers["ndvi"]["queryable"]
    assert layers["ndvi"]["Dimension"][0]["default"] == "2022-07-19"


LEAFLET = {
    "defaults": ("EPSG3857", {"layers": "true_color"}, JPEG_STEPS),
    "PNG": ("EPSG3857", {"layers": "true_color", "format": "image/png", "transparent": True}, 1),
    "upper case and a time": (
        "EPSG3857",
        {"layers": "ndvi", "format": "image/png", "uppercase": True, "time": "2021-06-14", "attribution": "none"},
        1,
    ),
    "1.3.0": ("EPSG3857", {"layers": "true_color", "format": "image/png", "version": "1.3.0"}, 1),
    "1.3.0 in degrees": ("EPSG4326", {"layers": "true_color", "format": "image/png", "version": "1.3.0"}, 1),
    "1.1.1 in degrees": ("EPSG4326", {"layers": "true_color", "format": "image/png"}, 1),
}


@pytest.mark.parametrize("name", LEAFLET)
def test_leaflet_shows_a_wms(browser, recorder, live, name):
    crs, options, steps = LEAFLET[name]
    zoom = ZOOM if crs == "EPSG3857" else ZOOM - 1
    shown = maps.leaflet(browser, base=recorder.base, crs=crs, center=[49.3, 0.0], zoom=zoom, options=options)
    x, y = shown.told["corner"]
    if crs == "EPSG3857":
        resolution, corner = RESOLUTION, (x * RESOLUTION - EDGE, EDGE - y * RESOLUTION)
    else:
        resolution = 180 / 256 / 2**zoom
        corner = (x * resolution - 180, 90 - y * resolution)
    check(shown, put_together(maps_of(live, recorder.requests), corner, resolution), steps)
