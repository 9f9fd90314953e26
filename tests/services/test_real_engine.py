"""WMS, WMTS and XYZ on the real engine over the sample archive, each checked by what the others say."""

import io
import json

import numpy as np
import pytest
from lxml import etree
from PIL import Image

from bandstand.errors import BandstandError
from bandstand.services.wms import SERVICE as WMS
from bandstand.services.wmts import SERVICE as TILES

WMTS, XYZ = TILES
W = {"w": "http://www.opengis.net/wms", "x": "http://www.w3.org/1999/xlink"}
T = {"t": "http://www.opengis.net/wmts/1.0", "ows": "http://www.opengis.net/ows/1.1"}


@pytest.fixture
def ask(site_engine, call):
    def answer(service, path, parameters=(), **rest):
        made = call(path, parameters, **rest)
        try:
            response = service.answer(made, site_engine)
        except BandstandError as error:
            response = service.fault(made, error)
        assert response.status == 200, response.body
        return response

    return answer


@pytest.fixture
def wms(ask):
    return etree.fromstring(ask(WMS, "/wms", {"REQUEST": "GetCapabilities"}).body)


@pytest.fixture
def wmts(ask):
    return etree.fromstring(ask(WMTS, "/wmts", {"SERVICE": "WMTS", "REQUEST": "GetCapabilities"}).body)


def picture(response):
    return Image.open(io.BytesIO(response.body))


def maps(root):
    """A GetMap for the first box of every layer, as a client would ask after reading the capabilities."""
    for layer in root.iterfind(".//w:Layer[w:Name]", W):
        box = layer.find("w:BoundingBox", W)
        yield {
            "REQUEST": "GetMap",
            "VERSION": "1.3.0",
            "LAYERS": layer.findtext("w:Name", namespaces=W),
            "STYLES": "",
            "CRS": box.get("CRS"),
            "BBOX": ",".join(box.get(key) for key in ("minx", "miny", "maxx", "maxy")),
            "WIDTH": "120",
            "HEIGHT": "80",
            "FORMAT": "image/png",
            "TRANSPARENT": "TRUE",
        }


def test_the_documents_are_valid(ask, schema, dtd, wms, wmts):
    schema("ogc/wms/1.3.0/capabilities_1_3_0.xsd").assertValid(wms)
    schema("ogc/wmts/1.0/wmts.xsd").assertValid(wmts)
    old = etree.fromstring(ask(WMS, "/wms", {"REQUEST": "GetCapabilities", "VERSION": "1.1.1"}).body)
    assert dtd("ogc/wms/1.1.1/WMS_MS_Capabilities.dtd").validate(old)


def test_every_layer_shows_something_in_its_first_box(ask, wms):
    for query in maps(wms):
        image = picture(ask(WMS, "/wms", query))
        assert image.size == (120, 80)
        assert image.convert("RGBA").getchannel("A").getextrema()[1] == 255, query["LAYERS"]


def test_without_transparent_no_pixel_is(ask, wms):
    for query in maps(wms):
        image = picture(ask(WMS, "/wms", query | {"TRANSPARENT": "FALSE"}))
        assert image.convert("RGBA").getchannel("A").getextrema()[0] == 255, query["LAYERS"]


def test_every_format_published_is_what_is_sent(ask, wms):
    query = next(maps(wms))
    for format_ in (e.text for e in wms.iterfind(".//w:GetMap/w:Format", W)):
        response = ask(WMS, "/wms", query | {"FORMAT": format_})
        assert response.media_type == format_
        assert picture(response).size == (120, 80)


def test_every_time_published_is_accepted_verbatim(ask, wms):
    for query, layer in zip(maps(wms), wms.iterfind(".//w:Layer[w:Name]", W), strict=True):
        for time in (layer.findtext("w:Dimension", namespaces=W) or "").split(","):
            ask(WMS, "/wms", query | {"TIME": time})


def test_every_legend_has_the_size_and_type_it_declares(ask, wms):
    for url in wms.iterfind(".//w:LegendURL", W):
        query = url.find("w:OnlineResource", W).get(f"{{{W['x']}}}href").partition("?")[2].replace("%2F", "/")
        response = ask(WMS, "/wms", [tuple(pair.split("=")) for pair in query.split("&")])
        assert picture(response).size == (int(url.get("width")), int(url.get("height")))
        assert response.media_type == url.findtext("w:Format", namespaces=W)


def test_a_map_away_from_the_data_is_empty_and_no_error(ask, wms):
    query = next(maps(wms)) | {"CRS": "CRS:84", "BBOX": "-100,-60,-99,-59"}
    assert picture(ask(WMS, "/wms", query)).convert("RGBA").getchannel("A").getextrema() == (0, 0)


def centre(root, name):
    layer = root.xpath(f"//t:Contents/t:Layer[ows:Identifier='{name}']", namespaces=T)[0]
    limits = layer.xpath(".//t:TileMatrixLimits[t:TileMatrix='11']", namespaces=T)[0]
    low_row, high_row, low_col, high_col = (int(e.text) for e in list(limits)[1:])
    return (low_row + high_row) // 2, (low_col + high_col) // 2


def test_kvp_rest_and_xyz_send_the_same_bytes(ask, wmts):
    row, col = centre(wmts, "ndvi")
    kvp = ask(
        WMTS,
        "/wmts",
        {
            "SERVICE": "WMTS",
            "REQUEST": "GetTile",
            "LAYER": "ndvi",
            "STYLE": "",
            "FORMAT": "image/png",
            "TILEMATRIXSET": "WebMercatorQuad",
            "TILEMATRIX": "11",
            "TILEROW": str(row),
            "TILECOL": str(col),
        },
    )
    place = {"layer": "ndvi", "style": "default", "set": "WebMercatorQuad", "matrix": "11", "row": str(row)}
    rest = ask(WMTS, "/wmts/1.0.0/x", variables=place | {"tail": f"{col}.png"})
    timed = ask(WMTS, "/wmts/1.0.0/x", variables=place | {"time": "default", "tail": f"{col}.png"})
    xyz = ask(XYZ, "/xyz/x", variables={"layer": "ndvi", "z": "11", "x": str(col), "tail": f"{row}.png"})
    assert kvp.body == rest.body == timed.body == xyz.body
    assert kvp.etag == rest.etag == timed.etag == xyz.etag != ""


def test_a_tile_is_the_map_of_its_ground(ask, wmts, site_engine):
    row, col = centre(wmts, "true_color")
    tile_set = site_engine.sets[0]
    box = tile_set.tile(tile_set.matrices[11], row, col).bbox
    tile = ask(XYZ, "/xyz/x", variables={"layer": "true_color", "z": "11", "x": str(col), "tail": f"{row}.png"})
    query = {
        "REQUEST": "GetMap",
        "VERSION": "1.3.0",
        "LAYERS": "true_color",
        "CRS": "EPSG:3857",
        "BBOX": f"{box.min_x!r},{box.min_y!r},{box.max_x!r},{box.max_y!r}",
        "WIDTH": "256",
        "HEIGHT": "256",
        "FORMAT": "image/png",
        "TRANSPARENT": "TRUE",
    }
    drawn, mapped = (np.asarray(picture(r).convert("RGBA")) for r in (tile, ask(WMS, "/wms", query)))
    assert np.mean(np.any(drawn != mapped, axis=-1)) <= 1e-4


def test_a_client_that_has_the_answer_is_told_so(ask, wmts, site_engine, call):
    row, col = centre(wmts, "ndvi")
    variables = {"layer": "ndvi", "z": "11", "x": str(col), "tail": f"{row}.png"}
    tag = ask(XYZ, "/xyz/x", variables=variables).etag
    again = XYZ.answer(call("/xyz/x", headers={"if-none-match": f'"{tag}"'}, variables=variables), site_engine)
    assert (again.status, again.body) == (304, b"")


def test_feature_info_gives_the_expression_of_its_own_bands(ask, wms):
    query = next(q for q in maps(wms) if q["LAYERS"] == "ndvi") | {
        "REQUEST": "GetFeatureInfo",
        "QUERY_LAYERS": "ndvi",
        "INFO_FORMAT": "application/json",
        "EXPR": "(B08-B04)/(B08+B04)",
    }
    found = 0
    for i in range(10, 120, 20):
        for feature in json.loads(ask(WMS, "/wms", query | {"I": str(i), "J": "40"}).body)["features"]:
            values = feature["properties"]
            if values.get("B08") is None:
                continue
            expected = (values["B08"] - values["B04"]) / (values["B08"] + values["B04"])
            assert next(v for k, v in values.items() if k not in {"time", "B08", "B04"}) == pytest.approx(
                expected, rel=1e-5
            )
            found += 1
    assert found


def test_tilejson_bounds_hold_the_layer(ask, site_engine):
    document = json.loads(ask(XYZ, "/xyz/ndvi/tilejson.json", variables={"layer": "ndvi"}).body)
    box = site_engine.extent(site_engine.layer("ndvi", "xyz")).lonlat
    assert document["bounds"] == [box.min_x, box.min_y, box.max_x, box.max_y]
