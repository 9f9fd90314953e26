"""GetFeatureInfo, GetLegendGraphic and DescribeLayer."""

import json
import math

import pytest
from lxml import etree, html

from bandstand.services.wms import SERVICE

INFO = {
    "SERVICE": "WMS",
    "VERSION": "1.3.0",
    "REQUEST": "GetFeatureInfo",
    "LAYERS": "s2",
    "QUERY_LAYERS": "s2",
    "CRS": "CRS:84",
    "BBOX": "2,43,4,44",
    "WIDTH": "200",
    "HEIGHT": "100",
    "INFO_FORMAT": "application/json",
    "I": "50",
    "J": "20",
}
LEGEND = {"REQUEST": "GetLegendGraphic", "LAYER": "s2"}


@pytest.fixture
def info(ask_service):
    def ask(**changes):
        response = ask_service(SERVICE, "/wms", {k: v for k, v in (INFO | changes).items() if v is not None})
        assert response.status == 200, response.body
        return response

    return ask


def test_the_pixel_asked_is_the_pixel_of_the_map(info, engine):
    info()
    grid = engine.requests[-1].grid
    assert (grid.width, grid.height) == (1, 1)
    assert grid.bbox.min_x == pytest.approx(2.5)
    assert grid.bbox.max_y == pytest.approx(43.8)


@pytest.mark.parametrize(("version", "crs"), [("1.3.0", "CRS"), ("1.1.1", "SRS")])
@pytest.mark.parametrize(("column", "row"), [("I", "J"), ("X", "Y")])
def test_both_names_of_the_pixel_are_taken_in_both_versions(info, engine, version, crs, column, row):
    info()
    expected = engine.requests[-1]
    info(**{"VERSION": version, "CRS": None, "I": None, "J": None, crs: "CRS:84", column: "50", row: "20"})
    assert engine.requests[-1] == expected


def test_numbers_are_asked_not_a_picture(info, engine):
    info(EXPR="B08", TIME="2023-06-14")
    name, ask = engine.asks[-1]
    assert (name, ask.data, ask.expr, ask.time) == ("s2", True, "B08", "2023-06-14")
    assert engine.requests[-1].output.kind == "values"


@pytest.mark.parametrize(
    "format_",
    ["text/plain", "text/html", "application/json", "application/geo+json", "application/vnd.ogc.gml", "text/xml"],
)
def test_the_media_type_is_the_one_asked(info, format_):
    assert info(INFO_FORMAT=format_).media_type == format_


def test_without_info_format_plain_text_is_given(info):
    assert info(INFO_FORMAT=None).media_type == "text/plain"


def test_json_has_values_stored_numbers_and_classes(info):
    document = json.loads(info().body)
    (feature,) = document["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [1.4321, 43.6041]}
    assert feature["properties"] == {
        "time": "2023-06-14T10:56:19Z",
        "ndvi": 0.6498049,
        "B08": 0.212,
        "B08_dn": 3120,
        "SCL": 4,
        "SCL_label": "vegetation <b>",
        "item": "S2A_31TCJ_20230614_0_L2A",
        "cloud_cover": 3.1,
    }


def test_plain_text_has_a_line_for_each(info):
    assert info(INFO_FORMAT="text/plain").body.decode().splitlines() == [
        "Title <s2> (s2)",
        "  position      1.43210 E, 43.60410 N (EPSG:4326)",
        "  date          2023-06-14T10:56:19Z",
        "  ndvi          0.649805",
        "  B08           0.212    (DN 3120, offset -1000)",
        "  SCL           4        (vegetation <b>)",
        "  scene         S2A_31TCJ_20230614_0_L2A, cloud cover 3.1 %",
    ]


def test_html_is_escaped_and_has_no_script(info):
    body = info(INFO_FORMAT="text/html").body.decode()
    page = html.document_fromstring(body)
    assert "Title <s2>" in page.xpath("//caption/text()")
    assert not page.xpath("//b | //script | //link")
    assert '<meta charset="utf-8">' in body


def test_gml_is_well_formed_and_has_the_values(info):
    root = etree.fromstring(info(INFO_FORMAT="application/vnd.ogc.gml").body)
    assert root.xpath("//*[local-name()='ndvi']/text()") == ["0.6498049"]


def test_outside_the_data_there_is_no_feature(info, engine, make_sample):
    empty = make_sample()
    engine.samples = (
        make_sample(item="", time="", cloud_cover=None, bands=(), outputs=tuple(_without(v) for v in empty.outputs)),
    )
    assert json.loads(info().body)["features"] == []
    assert b"no data" in info(INFO_FORMAT="text/plain").body


@pytest.mark.parametrize("format_", ["text/plain", "text/html"])
def test_a_place_that_is_nowhere_on_earth_has_no_coordinates(info, engine, make_sample, format_):
    engine.samples = (make_sample(lonlat=(math.inf, math.nan)),)
    body = info(INFO_FORMAT=format_).body.decode()
    assert "nowhere on Earth" in body
    assert "inf E" not in body


def test_a_masked_pixel_of_a_scene_is_null(info, engine, make_sample):
    engine.samples = (make_sample(outputs=tuple(_without(v) for v in make_sample().outputs)),)
    assert json.loads(info().body)["features"][0]["properties"]["ndvi"] is None


def test_a_value_that_is_no_number_is_never_printed(info, engine, make_sample):
    first = make_sample().outputs[0]
    engine.samples = (make_sample(outputs=(type(first)(field=first.field, value=float("nan")),)),)
    for format_ in ("application/json", "text/plain", "text/html", "application/vnd.ogc.gml"):
        body = info(INFO_FORMAT=format_).body.decode().replace("nan", "NAN")
        assert "NAN" not in body


def test_all_query_layers_answer_in_their_order(info):
    document = json.loads(info(LAYERS="s2,cover", QUERY_LAYERS="cover,s2").body)
    assert [f["id"] for f in document["features"]] == ["cover.1", "s2.1"]


def test_one_scene_a_layer_is_told_unless_more_are_wanted(info, engine):
    info()
    info(FEATURE_COUNT="3")
    assert engine.counts == [1, 3]


@pytest.mark.parametrize("format_", ["application/json", "application/vnd.ogc.gml"])
def test_scenes_of_one_layer_have_ids_of_their_own(info, engine, make_sample, format_):
    engine.samples = (make_sample(item="a"), make_sample(item="b"), make_sample("cover"))
    body = info(INFO_FORMAT=format_, FEATURE_COUNT="2").body.decode()
    assert all(body.count(f'"{name}"') == 1 for name in ("s2.1", "s2.2", "cover.1"))


def test_a_part_of_the_layers_may_be_queried(info):
    assert len(json.loads(info(LAYERS="s2,cover", QUERY_LAYERS="cover").body)["features"]) == 1


def test_a_legend_has_the_style_and_size_asked(ask_service):
    response = ask_service(SERVICE, "/wms", LEGEND | {"STYLE": "grey", "WIDTH": "30", "HEIGHT": "40"})
    assert response.body == b"s2 grey 30 40 1 1"


@pytest.mark.parametrize(
    ("keys", "sizes"),
    [
        ({"DPI": "192"}, "2 1"),
        ({"MAP_RESOLUTION": "288"}, "3 1"),
        ({"FORMAT_OPTIONS": "dpi:192"}, "2 1"),
        ({"LEGEND_OPTIONS": "forceLabels:on;dpi:48;fontSize:18"}, "0.5 1.5"),
        ({"LEGEND_OPTIONS": "fontName:Arial;dpi:192", "DPI": "96"}, "2 1"),
        # As desktop clients send it with every request.
        ({"DPI": "96", "MAP_RESOLUTION": "96", "FORMAT_OPTIONS": "dpi:96"}, "1 1"),
    ],
)
def test_a_legend_is_as_large_as_its_medium_needs(ask_service, keys, sizes):
    response = ask_service(SERVICE, "/wms", LEGEND | keys)
    assert response.body.decode().split(" ", 4)[4] == sizes


@pytest.mark.parametrize(
    ("keys", "ground"),
    [
        ({"TRANSPARENT": "TRUE"}, b" (255, 255, 255, 0)"),
        ({"BGCOLOR": "0x102030", "TRANSPARENT": "FALSE"}, b" (16, 32, 48, 255)"),
        ({"TRANSPARENT": "TRUE", "FORMAT": "image/jpeg"}, b" 1 1"),
    ],
)
def test_a_legend_has_the_ground_of_a_map(ask_service, keys, ground):
    assert ask_service(SERVICE, "/wms", LEGEND | keys).body.endswith(ground)


@pytest.mark.parametrize(
    ("key", "value"), [("DPI", "many"), ("DPI", "0"), ("MAP_RESOLUTION", "99999"), ("LEGEND_OPTIONS", "fontSize:-3")]
)
def test_a_size_that_is_none_is_refused_by_its_key(ask_service, key, value):
    response = ask_service(SERVICE, "/wms", LEGEND | {key: value})
    assert response.status == 400
    assert f'locator="{key}"' in response.body.decode()


def test_a_legend_follows_the_wishes_of_the_map(ask_service, engine):
    ask_service(
        SERVICE, "/wms", LEGEND | {"EXPR": "B08", "RANGE": "0,1", "COLORMAP": "viridis", "FORMAT": "application/json"}
    )
    ask = engine.asks[-1][1]
    assert (ask.expr, ask.range, ask.colormap) == ("B08", "0,1", "viridis")


def test_layers_and_styles_are_other_names_in_a_legend(ask_service):
    response = ask_service(SERVICE, "/wms", {"REQUEST": "GetLegendGraphic", "LAYERS": "s2", "STYLES": "grey"})
    assert response.body.startswith(b"s2 grey")


def test_describe_layer_points_to_the_coverage(ask_service, dtd):
    response = ask_service(SERVICE, "/wms", {"REQUEST": "DescribeLayer", "VERSION": "1.1.1", "LAYERS": "s2"})
    root = etree.fromstring(response.body)
    assert dtd("ogc/wms/1.1.1/WMS_DescribeLayerResponse.dtd").validate(root)
    assert (root[0].get("owsURL"), root[0][0].get("typeName")) == ("https://maps.example.org/k/t0ken/wcs?", "s2")


def _without(value):
    return type(value)(field=value.field, value=None)
