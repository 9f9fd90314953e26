"""GetMap: parameters to a Request."""

import io

import pytest
from PIL import Image

from bandstand.model.ask import Ask
from bandstand.model.grid import BBox
from bandstand.services.wms import SERVICE

MAP = {
    "SERVICE": "WMS",
    "VERSION": "1.3.0",
    "REQUEST": "GetMap",
    "LAYERS": "s2",
    "STYLES": "",
    "CRS": "EPSG:4326",
    "BBOX": "43,2,44,4",
    "WIDTH": "200",
    "HEIGHT": "100",
    "FORMAT": "image/png",
}
OLD = {k: v for k, v in MAP.items() if k != "CRS"} | {"VERSION": "1.1.1", "SRS": "EPSG:4326", "BBOX": "2,43,4,44"}


@pytest.fixture
def asked(ask_service, engine):
    def ask(**changes):
        response = ask_service(SERVICE, "/wms", {k: v for k, v in (MAP | changes).items() if v is not None})
        assert response.status == 200, response.body
        return engine.requests[-1]

    return ask


@pytest.fixture
def wish(asked, engine):
    def ask(**changes):
        asked(**changes)
        return engine.asks[-1][1]

    return ask


def test_1_3_0_follows_the_axis_order_of_the_authority(asked):
    assert asked().grid.bbox == BBox(2, 43, 4, 44)


def test_1_1_1_has_x_first(ask_service, engine):
    ask_service(SERVICE, "/wms", OLD)
    assert engine.requests[-1].grid.bbox == BBox(2, 43, 4, 44)


def test_crs84_has_longitude_first(asked):
    assert asked(CRS="CRS:84", BBOX="2,43,4,44").grid.bbox == BBox(2, 43, 4, 44)


def test_every_north_first_crs_is_turned(asked):
    assert asked(CRS="EPSG:3035", BBOX="2200000,3600000,2300000,3800000").grid.bbox == BBox(3.6e6, 2.2e6, 3.8e6, 2.3e6)


def test_an_srs_without_a_version_means_1_1_1(ask_service, engine):
    ask_service(SERVICE, "/wms", {k: v for k, v in OLD.items() if k != "VERSION"})
    assert engine.requests[-1].grid.bbox == BBox(2, 43, 4, 44)


def test_the_size_is_exactly_what_was_asked(asked):
    grid = asked(WIDTH="8", HEIGHT="5").grid
    assert (grid.width, grid.height) == (8, 5)


def test_numbers_may_be_written_in_every_usual_way(asked):
    plain = asked(CRS="CRS:84", BBOX="-0.005,-0.0025,0.005,0.0025").grid
    assert asked(CRS="CRS:84", BBOX="-.0005E1,-25E-4,+5E-03,.00025E+1", WIDTH="200.0").grid == plain


@pytest.mark.parametrize(
    "spelling", ["epsg:3857", "urn:ogc:def:crs:EPSG::3857", "EPSG:900913", "http://www.opengis.net/def/crs/EPSG/0/3857"]
)
def test_a_crs_may_be_spelled_in_every_usual_way(asked, spelling):
    assert asked(CRS=spelling, BBOX="0,0,1000,1000").grid.crs.key == "EPSG:3857"


def test_layers_are_stacked_in_the_order_given(asked):
    assert [layer.name for layer in asked(LAYERS="dem,s2").layers] == ["dem", "s2"]


@pytest.mark.parametrize("styles", ["", "default", ",", ",,,", None])
def test_no_style_means_the_default_of_every_layer(asked, styles):
    assert [layer.style.name for layer in asked(LAYERS="s2,cover", STYLES=styles).layers] == ["ndvi", "grey"]


@pytest.mark.parametrize(
    ("styles", "drawn"), [("grey,", ["grey", "grey"]), (",grey", ["ndvi", "grey"]), ("grey,,,", ["grey", "grey"])]
)
def test_some_styles_may_be_left_to_the_default(asked, styles, drawn):
    assert [layer.style.name for layer in asked(LAYERS="s2,cover", STYLES=styles).layers] == drawn


def test_the_ground_is_white_and_opaque_unless_asked_otherwise(asked):
    output = asked().output
    assert (output.transparent, output.background) == (False, (255, 255, 255, 255))


@pytest.mark.parametrize("colour", ["0x0A0B0C", "#0a0b0c", "0A0B0C"])
def test_a_background_may_be_spelled_in_every_usual_way(asked, colour):
    assert asked(BGCOLOR=colour).output.background == (10, 11, 12, 255)


@pytest.mark.parametrize("truth", ["TRUE", "true", "1", "yes"])
def test_transparent_is_a_switch(asked, truth):
    assert asked(TRANSPARENT=truth).output.transparent


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("image/jpg", "image/jpeg"),
        ("image/png8", "image/png; mode=8bit"),
        ("image/png;mode=8bit", "image/png; mode=8bit"),
    ],
)
def test_a_format_is_understood_and_published_in_its_own_spelling(asked, given, meant):
    assert asked(FORMAT=given).output.media_type == meant


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"EXPR": "nd(B08,B04)"}, "expr", "nd(B08,B04)"),
        ({"code": "nd(B08,B04)"}, "expr", "nd(B08,B04)"),
        ({"expression": "B08;B04"}, "expr", "B08;B04"),
        ({"RANGE": "-0.2,0.9"}, "range", "-0.2,0.9"),
        ({"colorscalerange": "0,1"}, "range", "0,1"),
        ({"rescale": "0,3000"}, "range", "0,3000"),
        ({"dim_range": "0 0.3;0 0.2"}, "range", "0,0.3;0,0.2"),
        ({"COLORMAP": "viridis_r"}, "colormap", "viridis_r"),
        ({"colormap_name": "rdylgn"}, "colormap", "rdylgn"),
        ({"bands": "B04, B03,B02"}, "bands", ("B04", "B03", "B02")),
        ({"assets": "nir"}, "bands", ("nir",)),
        ({"RESAMPLING": "Cubic"}, "resampling", "cubic"),
        ({"INTERPOLATIONS": "nearest neighbor"}, "resampling", "nearest"),
        ({"INTERPOLATION": "bicubic"}, "resampling", "cubic"),
        ({"PRIORITY": "leastcc"}, "order", "leastCC"),
        ({"PRIORITY": "leastTimeDifference"}, "order", "nearestTime"),
        ({"MAXCC": "30"}, "max_cloud_cover", 30.0),
        ({"ITEMS": "S2A_1,S2B_2"}, "ids", ("S2A_1", "S2B_2")),
        ({"NEAREST": "true"}, "nearest", True),
        ({"GAMMA": "1.4"}, "gamma", 1.4),
        ({"UNITS": "DN"}, "units", "stored"),
        ({"UNITS": "REFLECTANCE"}, "units", "physical"),
        ({"BELOW": "transparent"}, "below", "transparent"),
        ({"ABOVEMAXCOLOR": "extend"}, "above", "extend"),
        ({"NODATA_COLOR": "#ff0000"}, "nodata_color", "#ff0000"),
        ({"OPACITY": "0.5"}, "opacity", 0.5),
        ({"OPACITY": "50"}, "opacity", 0.5),
        ({"TIME": "2023-06-14"}, "time", "2023-06-14"),
        ({"TIME": "2023-06-14T12:00:00 02:00"}, "time", "2023-06-14T12:00:00+02:00"),
        ({"STYLES": "grey"}, "style", "grey"),
    ],
)
def test_a_wish_reaches_the_engine_under_each_of_its_names(wish, changes, field, value):
    assert wish(**changes) == Ask(**{field: value})


def test_repeated_rescale_is_one_pair_a_channel(ask_service, engine):
    ask_service(SERVICE, "/wms", [*MAP.items(), ("rescale", "0,1"), ("rescale", "0,2")])
    assert engine.asks[-1][1].range == "0,1;0,2"


def test_quality_is_an_option_of_the_format(asked):
    assert asked(QUALITY="70", FORMAT="image/jpeg").output.options == (("quality", "70"),)


def test_a_wish_holds_for_every_layer(asked, engine):
    asked(LAYERS="s2,cover", EXPR="B08")
    assert [(name, ask.expr) for name, ask in engine.asks] == [("s2", "B08"), ("cover", "B08")]


def test_what_clients_add_changes_nothing(asked):
    plain = asked()
    noisy = asked(
        DPI="96", MAP_RESOLUTION="96", FORMAT_OPTIONS="dpi:96", TILED="true", _dc="1", token="x", map="/etc/x"
    )
    assert noisy == plain


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        ("EXRP", '199 - "unknown parameter EXRP, did you mean EXPR?"'),
        ("colomap", '199 - "unknown parameter COLOMAP, did you mean COLORMAP?"'),
    ],
)
def test_a_near_miss_is_warned_about(ask_service, key, warning):
    response = ask_service(SERVICE, "/wms", MAP | {key: "x"})
    assert ("Warning", warning) in response.headers


@pytest.mark.parametrize("key", ["_", "utm_source", "FI_POINT_TOLERANCE", "with_geometry", "uppercase"])
def test_known_noise_is_not_warned_about(ask_service, key):
    assert not [h for h in ask_service(SERVICE, "/wms", MAP | {key: "1"}).headers if h[0] == "Warning"]


@pytest.mark.parametrize("version", [MAP, OLD | {"FORMAT": "image/png"}])
@pytest.mark.parametrize(
    ("form", "old_form"), [("BLANK", "application/vnd.ogc.se_blank"), ("INIMAGE", "application/vnd.ogc.se_inimage")]
)
def test_an_error_in_an_image_is_a_picture_of_the_size_and_format_asked(ask_service, version, form, old_form):
    exceptions = form if version is MAP else old_form
    response = ask_service(SERVICE, "/wms", version | {"LAYERS": "nothing", "EXCEPTIONS": exceptions})
    image = Image.open(io.BytesIO(response.body))
    assert (response.status, response.media_type, image.size, image.format) == (200, "image/png", (200, 100), "PNG")


def test_a_blank_error_is_the_background(ask_service):
    response = ask_service(SERVICE, "/wms", MAP | {"LAYERS": "x", "EXCEPTIONS": "BLANK", "BGCOLOR": "0xFF0000"})
    assert Image.open(io.BytesIO(response.body)).convert("RGBA").getcolors() == [(20000, (255, 0, 0, 255))]


def test_a_blank_error_is_empty_where_transparent(ask_service):
    response = ask_service(SERVICE, "/wms", MAP | {"LAYERS": "x", "EXCEPTIONS": "BLANK", "TRANSPARENT": "TRUE"})
    assert Image.open(io.BytesIO(response.body)).getchannel("A").getextrema() == (0, 0)


def test_an_error_in_an_image_shows_dark_text_on_a_light_plate(ask_service):
    response = ask_service(SERVICE, "/wms", MAP | {"LAYERS": "x", "EXCEPTIONS": "INIMAGE", "BGCOLOR": "0x000080"})
    colours = {c for _, c in Image.open(io.BytesIO(response.body)).convert("RGB").getcolors()}
    assert {(0, 0, 128), (255, 255, 255)} <= colours
    assert min(map(sum, colours)) < 60


def test_an_error_in_an_image_without_a_size_falls_back_to_xml(ask_service):
    response = ask_service(SERVICE, "/wms", MAP | {"WIDTH": "x", "EXCEPTIONS": "INIMAGE"})
    assert (response.status, response.media_type) == (400, "text/xml")
