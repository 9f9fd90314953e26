"""Every parameter wrong in every way: code, locator, status, and a valid report."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from bandstand.errors import BandstandError, UnknownLayer
from bandstand.model.exchange import Call
from bandstand.services.wms import SERVICE

MAP = {
    "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": "s2", "STYLES": "", "CRS": "EPSG:4326",
    "BBOX": "43,2,44,4", "WIDTH": "200", "HEIGHT": "100", "FORMAT": "image/png",
}  # fmt: skip
INFO = MAP | {"REQUEST": "GetFeatureInfo", "QUERY_LAYERS": "s2", "INFO_FORMAT": "text/plain", "I": "10", "J": "10"}
LEGEND = {"SERVICE": "WMS", "REQUEST": "GetLegendGraphic", "VERSION": "1.3.0", "LAYER": "s2", "FORMAT": "image/png"}
DESCRIBE = {"SERVICE": "WMS", "REQUEST": "DescribeLayer", "VERSION": "1.1.1", "LAYERS": "s2"}

ROWS = [
    # base, parameter, value (None: left out), code, locator, status
    (MAP, "SERVICE", "WFS", None, "SERVICE", 400),
    (MAP, "REQUEST", None, None, "REQUEST", 400),
    (MAP, "REQUEST", "GetMapp", "OperationNotSupported", "REQUEST", 400),
    (MAP, "VERSION", None, None, "VERSION", 400),
    (MAP, "VERSION", "abc", None, "VERSION", 400),
    (MAP, "LAYERS", None, None, "LAYERS", 400),
    (MAP, "LAYERS", "", None, "LAYERS", 400),
    (MAP, "LAYERS", "s2,", None, "LAYERS", 400),
    (MAP, "LAYERS", "S2", "LayerNotDefined", "LAYERS", 404),
    (MAP, "LAYERS", "raw", "LayerNotDefined", "LAYERS", 404),
    (MAP, "LAYERS", "s2,nothing", "LayerNotDefined", "LAYERS", 404),
    (MAP, "LAYERS", "s2,s2,s2,s2", None, "LAYERS", 400),
    (MAP, "STYLES", "nothing", "StyleNotDefined", "STYLES", 404),
    (MAP, "STYLES", "ndvi,grey", None, "STYLES", 400),
    (MAP, "CRS", None, None, "CRS", 400),
    (MAP, "CRS", "UndefinedCRS", "InvalidCRS", "CRS", 400),
    (MAP, "CRS", "EPSG:2154", "InvalidCRS", "CRS", 400),
    (MAP, "CRS", "EPSG:999999", "InvalidCRS", "CRS", 400),
    (MAP, "BBOX", None, None, "BBOX", 400),
    (MAP, "BBOX", "1,2,3", None, "BBOX", 400),
    (MAP, "BBOX", "1,2,3,4,5", None, "BBOX", 400),
    (MAP, "BBOX", "44,2,43,4", None, "BBOX", 400),
    (MAP, "BBOX", "43,4,44,2", None, "BBOX", 400),
    (MAP, "BBOX", "43,2,43,4", None, "BBOX", 400),
    (MAP, "BBOX", "43,2,44,2", None, "BBOX", 400),
    (MAP, "BBOX", "a,b,c,d", None, "BBOX", 400),
    (MAP, "BBOX", "nan,2,44,4", None, "BBOX", 400),
    (MAP, "BBOX", "43,2,inf,4", None, "BBOX", 400),
    (MAP, "BBOX", "4_3,2,44,4", None, "BBOX", 400),
    (MAP, "WIDTH", None, None, "WIDTH", 400),
    (MAP, "WIDTH", "0", None, "WIDTH", 400),
    (MAP, "WIDTH", "-5", None, "WIDTH", 400),
    (MAP, "WIDTH", "12.5", None, "WIDTH", 400),
    (MAP, "WIDTH", "wide", None, "WIDTH", 400),
    (MAP, "WIDTH", "1e99", None, "WIDTH", 400),
    (MAP, "WIDTH", "2001", None, "WIDTH", 400),
    (MAP, "HEIGHT", None, None, "HEIGHT", 400),
    (MAP, "HEIGHT", "9" * 5000, None, "HEIGHT", 400),
    (MAP, "HEIGHT", "1501", None, "HEIGHT", 400),
    (MAP, "FORMAT", None, None, "FORMAT", 400),
    (MAP, "FORMAT", "image/bmp", "InvalidFormat", "FORMAT", 400),
    (MAP, "TRANSPARENT", "maybe", None, "TRANSPARENT", 400),
    (MAP, "BGCOLOR", "red", None, "BGCOLOR", 400),
    (MAP, "BGCOLOR", "0xFFF", None, "BGCOLOR", 400),
    (MAP, "EXCEPTIONS", "SHOUT", None, "EXCEPTIONS", 400),
    (MAP, "TIME", "14/06/2023", "InvalidDimensionValue", "TIME", 400),
    (MAP, "EXPR", "broken", None, "EXPR", 400),
    (MAP, "BANDS", "B99", None, "BANDS", 404),
    (MAP, "BANDS", "B04,,B02", None, "BANDS", 400),
    (MAP, "RANGE", "bad", None, "RANGE", 400),
    (MAP, "GAMMA", "0", None, "GAMMA", 400),
    (MAP, "GAMMA", "dark", None, "GAMMA", 400),
    (MAP, "RESAMPLING", "lanczos9", None, "RESAMPLING", 400),
    (MAP, "PRIORITY", "prettiest", None, "PRIORITY", 400),
    (MAP, "MAXCC", "101", None, "MAXCC", 400),
    (MAP, "NEAREST", "P5D", None, "NEAREST", 400),
    (MAP, "UNITS", "furlong", None, "UNITS", 400),
    (MAP, "OPACITY", "-1", None, "OPACITY", 400),
    (MAP, "QUALITY", "0", None, "QUALITY", 400),
    (INFO, "VERSION", None, None, "VERSION", 400),
    (INFO, "QUERY_LAYERS", None, None, "QUERY_LAYERS", 400),
    (INFO, "QUERY_LAYERS", "nothing", "LayerNotDefined", None, 404),
    (INFO, "QUERY_LAYERS", "cover", "LayerNotDefined", "QUERY_LAYERS", 404),
    (INFO | {"LAYERS": "s2,dem"}, "QUERY_LAYERS", "dem", "LayerNotQueryable", "QUERY_LAYERS", 400),
    (INFO, "INFO_FORMAT", "text/bogus", "InvalidFormat", "INFO_FORMAT", 400),
    (INFO, "I", None, None, "I", 400),
    (INFO, "I", "250", "InvalidPoint", "I", 400),
    (INFO, "I", "-1", "InvalidPoint", "I", 400),
    (INFO, "J", "100", "InvalidPoint", "J", 400),
    (INFO, "J", "x", None, "J", 400),
    (INFO, "FEATURE_COUNT", "0", None, "FEATURE_COUNT", 400),
    (INFO, "STYLES", "nothing", "StyleNotDefined", "STYLES", 404),
    (LEGEND, "LAYER", None, None, "LAYER", 400),
    (LEGEND, "LAYER", "nothing", "LayerNotDefined", "LAYER", 404),
    (LEGEND, "STYLE", "nothing", "StyleNotDefined", "STYLE", 404),
    (LEGEND, "FORMAT", "image/bmp", "InvalidFormat", "FORMAT", 400),
    (LEGEND, "WIDTH", "0", None, "WIDTH", 400),
    (LEGEND, "HEIGHT", "99999", None, "HEIGHT", 400),
    (DESCRIBE, "LAYERS", None, None, "LAYERS", 400),
    (DESCRIBE, "LAYERS", "nothing", "LayerNotDefined", "LAYERS", 404),
]  # fmt: skip


def changed(base, key, value):
    return {k: v for k, v in (base | {key: value}).items() if v is not None}


@pytest.mark.parametrize(("base", "key", "value", "code", "locator", "status"), ROWS)
def test_a_bad_parameter_is_named_with_its_code(ask_service, base, key, value, code, locator, status):
    response = ask_service(SERVICE, "/wms", changed(base | {"VERSION": base["VERSION"] and "1.3.0"}, key, value))
    (found,) = etree.fromstring(response.body)
    assert (response.status, found.get("code")) == (status, code)
    if locator:
        assert found.get("locator") == locator
    assert response.media_type == "text/xml"
    assert found.text.strip()


@pytest.mark.parametrize(("base", "key", "value", "code", "locator", "status"), ROWS)
def test_every_report_is_valid(ask_service, schema, base, key, value, code, locator, status):
    response = ask_service(SERVICE, "/wms", changed(base, key, value))
    if response.media_type == "text/xml":
        schema("ogc/wms/1.3.0/exceptions_1_3_0.xsd").assertValid(etree.fromstring(response.body))


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [("SRS", "UndefinedSRS", "InvalidSRS"), ("SRS", "NONE", "InvalidSRS"), ("LAYERS", "x", "LayerNotDefined"),
     ("FORMAT", "x", "InvalidFormat"), ("BBOX", "4,43,2,44", None)],
)  # fmt: skip
def test_1_1_1_reports_in_its_own_form(ask_service, dtd, key, value, code):
    old = {k: v for k, v in MAP.items() if k != "CRS"} | {"VERSION": "1.1.1", "SRS": "EPSG:4326", "BBOX": "2,43,4,44"}
    response = ask_service(SERVICE, "/wms", old | {key: value})
    root = etree.fromstring(response.body)
    assert dtd("ogc/wms/1.1.1/WMS_exception_1_1_1.dtd").validate(root)
    assert (response.media_type, root[0].get("code")) == ("application/vnd.ogc.se_xml", code)


def test_the_message_names_the_limit_and_the_way_out(ask_service):
    text = ask_service(SERVICE, "/wms", MAP | {"WIDTH": "9000"}).body.decode()
    assert "WIDTH 9000 exceeds the maximum 2000 (MaxWidth)" in text


def test_a_box_that_is_reversed_by_little_is_told_with_all_its_digits(ask_service):
    box = {"CRS": "EPSG:3857", "BBOX": "222638.9815,5465421.25,222639,5465421"}
    body = ask_service(SERVICE, "/wms", MAP | box).body.decode()
    assert "x 222638.9815 to 222639, y 5465421.25 to 5465421;" in body


def test_the_message_names_near_choices_of_crs(ask_service):
    assert (
        "Nearest choices: EPSG:2193, EPSG:3035"
        in ask_service(SERVICE, "/wms", MAP | {"CRS": "EPSG:2154"}).body.decode()
    )


def test_two_different_values_of_one_key_are_refused(ask_service):
    response = ask_service(SERVICE, "/wms", [*MAP.items(), ("width", "100")])
    assert (response.status, b'locator="WIDTH"' in response.body) == (400, True)


def test_a_key_and_its_other_name_must_agree(ask_service):
    response = ask_service(SERVICE, "/wms", MAP | {"EXPR": "B04", "code": "B08"})
    assert (response.status, b'locator="EXPR"' in response.body) == (400, True)


def test_an_error_as_json_says_the_same(ask_service):
    response = ask_service(SERVICE, "/wms", MAP | {"EXPR": "broken", "EXCEPTIONS": "application/json"})
    document = json.loads(response.body)
    assert (response.status, response.media_type) == (400, "application/json")
    assert (document["parameter"], document["position"], document["status"]) == ("EXPR", 1, 400)


def test_a_source_that_is_gone_is_to_be_tried_again(engine, ask_service, source_gone):
    engine.failure = source_gone
    response = ask_service(SERVICE, "/wms", MAP)
    assert (response.status, dict(response.headers)["Retry-After"]) == (503, "10")


def test_errors_are_not_kept(ask_service):
    assert dict(ask_service(SERVICE, "/wms", MAP | {"LAYERS": "x"}).headers)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("form", ["", "INIMAGE", "BLANK", "application/json"])
def test_markup_and_control_characters_in_a_value_cannot_break_a_report(ask_service, form):
    response = ask_service(SERVICE, "/wms", MAP | {"CRS": "<a>&\x00\ud800]]>\x0b", "EXCEPTIONS": form})
    if form == "":
        assert etree.fromstring(response.body)[0].get("code") == "InvalidCRS"
    assert response.body


KEYS = sorted(
    {k for base in (MAP, INFO, LEGEND, DESCRIBE) for k in base}
    | {"TIME", "EXPR", "GAMMA", "MAXCC", "SRS", "EXCEPTIONS"}
)
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            "1",
            "-1",
            "1e400",
            "nan",
            ",,,",
            "GetMap",
            "GetFeatureInfo",
            "BLANK",
            "INIMAGE",
            "s2",
            "1.1.1",
            "image/png",
        ]
    ),
    st.lists(st.floats(), min_size=4, max_size=4).map(lambda n: ",".join(map(str, n))),
)


@settings(max_examples=400, deadline=None)
@given(
    base=st.sampled_from([MAP, INFO, LEGEND, DESCRIBE]),
    changes=st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=4),
)
def test_no_parameters_at_all_can_raise_anything_but_our_errors(fuzzed, base, changes):
    pairs = [*(p for p in base.items() if p[0] not in {k for k, _ in changes}), *changes]
    call = Call(method="GET", path="/wms", args=tuple(pairs), base_url="http://h")
    try:
        response = SERVICE.answer(call, fuzzed)
    except BandstandError as error:
        response = SERVICE.fault(call, error)
        if response.media_type in {"text/xml", "application/vnd.ogc.se_xml"}:
            etree.fromstring(response.body)
    assert response.status < 500


def test_an_error_in_a_picture_is_as_large_as_its_medium_needs(call):
    keys = MAP | {"LAYERS": "none", "EXCEPTIONS": "INIMAGE", "WIDTH": "400", "HEIGHT": "200"}
    inked = []
    for dpi in ("96", "192"):
        made = call("/wms", keys | {"DPI": dpi})
        body = SERVICE.fault(made, UnknownLayer("Unknown layer")).body
        pixels = np.asarray(Image.open(io.BytesIO(body)).convert("L"))
        inked.append(np.ptp(np.nonzero((pixels < 128).any(axis=1))[0]))
    assert inked[1] > 1.4 * inked[0]
