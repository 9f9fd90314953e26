"""WMS capabilities: valid, escaped, complete, the same twice, and negotiated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from bandstand.model.ask import TimeAxis
from bandstand.model.layer import TimeRules
from bandstand.model.time import isoformat
from bandstand.services.wms import SERVICE

WMS = {"w": "http://www.opengis.net/wms", "x": "http://www.w3.org/1999/xlink"}
GET = {"SERVICE": "WMS", "REQUEST": "GetCapabilities"}


@pytest.fixture
def document(ask_service):
    return lambda **more: etree.fromstring(ask_service(SERVICE, "/wms", GET | more).body)


def named(root, name):
    return root.xpath(f"//w:Layer[w:Name='{name}']", namespaces=WMS)[0]


def test_the_1_3_0_document_is_valid(document, schema):
    checked = schema("ogc/wms/1.3.0/capabilities_1_3_0.xsd")
    assert checked.validate(document()), checked.error_log


@pytest.mark.parametrize("file", ["WMS_MS_Capabilities.dtd", "capabilities_1_1_1.dtd"])
def test_the_1_1_1_document_is_valid_under_both_published_dtds(document, dtd, file):
    checked = dtd(f"ogc/wms/1.1.1/{file}")
    assert checked.validate(document(VERSION="1.1.1")), checked.error_log


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_a_document_without_layers_is_valid_too(engine, document, schema, dtd, version):
    engine.layers = ()
    checked = (
        schema("ogc/wms/1.3.0/capabilities_1_3_0.xsd")
        if version == "1.3.0"
        else dtd("ogc/wms/1.1.1/WMS_MS_Capabilities.dtd")
    )
    assert checked.validate(document(VERSION=version)), checked.error_log


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({}, "1.3.0"),
        ({"VERSION": "1.3.0"}, "1.3.0"),
        ({"VERSION": "100.0.0"}, "1.3.0"),
        ({"VERSION": "nonsense"}, "1.3.0"),
        ({"VERSION": "1.2.0"}, "1.1.1"),
        ({"VERSION": "1.1.1"}, "1.1.1"),
        ({"VERSION": "0.0.0"}, "1.1.1"),
        ({"WMTVER": "1.0.0"}, "1.1.1"),
        ({"WMTVER": "1.1.1", "VERSION": "100.0.0"}, "1.3.0"),
        ({"VERSION": "0.0.0", "WMTVER": "1.3.0"}, "1.1.1"),
    ],
)
def test_the_version_is_negotiated(document, asked, answered):
    assert document(**asked).get("version") == answered


@pytest.mark.parametrize(("version", "media_type"), [("1.3.0", "text/xml"), ("1.1.1", "application/vnd.ogc.wms_xml")])
@pytest.mark.parametrize("format_", ["", "text/xml", "bogus"])
def test_the_media_type_follows_the_version_whatever_format_says(ask_service, version, media_type, format_):
    response = ask_service(SERVICE, "/wms", GET | {"VERSION": version, "FORMAT": format_})
    assert (response.status, response.media_type) == (200, media_type)


@pytest.mark.parametrize("request_", ["GetCapabilities", "getcapabilities", "capabilities"])
def test_keys_have_no_case_and_foreign_ones_are_ignored(ask_service, request_):
    response = ask_service(SERVICE, "/wms/", {"rEqUeSt": request_, "token": "x", "map": "/etc/passwd"})
    assert response.status == 200


def test_every_layer_of_the_service_is_there_in_its_folder(document):
    root = document()
    assert [e.text for e in root.iterfind(".//w:Layer/w:Name", WMS)] == ["s2", "cover", "dem"]
    assert named(root, "cover").getparent().findtext("w:Title", namespaces=WMS) == "Optical"
    assert named(root, "dem").getparent().findtext("w:Title", namespaces=WMS) == "Tests & <trials>"


def test_the_boxes_follow_the_axis_order_of_their_crs(document):
    boxes = {b.get("CRS"): b for b in named(document(), "s2").iterfind("w:BoundingBox", WMS)}
    assert [boxes["EPSG:4326"].get(k) for k in ("minx", "miny", "maxx", "maxy")] == [
        "43.125",
        "2.25",
        "44.0625",
        "3.75",
    ]
    assert [boxes["CRS:84"].get(k) for k in ("minx", "miny", "maxx", "maxy")] == ["2.25", "43.125", "3.75", "44.0625"]
    assert float(boxes["EPSG:3035"].get("minx")) < float(boxes["EPSG:3035"].get("miny"))


def test_a_crs_that_does_not_reach_the_layer_has_no_box(document):
    assert "EPSG:2193" not in {b.get("CRS") for b in named(document(), "s2").iterfind("w:BoundingBox", WMS)}


def test_1_1_1_boxes_have_x_first(document):
    box = document(VERSION="1.1.1").xpath("//Layer[Name='s2']/BoundingBox[@SRS='EPSG:4326']")[0]
    assert [box.get(k) for k in ("minx", "miny", "maxx", "maxy")] == ["2.25", "43.125", "3.75", "44.0625"]


def test_no_layer_has_a_box_in_a_crs_that_is_not_listed(document):
    root = document()
    for box in root.iterfind(".//w:BoundingBox", WMS):
        listed = {c.text for layer in box.iterancestors(f"{{{WMS['w']}}}Layer") for c in layer.iterfind("w:CRS", WMS)}
        assert box.get("CRS") in listed


def test_the_time_dimension_lists_values_and_default(document):
    time = named(document(), "s2").find("w:Dimension", WMS)
    assert (time.get("name"), time.get("units"), time.get("default")) == ("time", "ISO8601", "2023-06-29")
    assert time.text.split(",")[0] == "2023-06-04"


def test_nearest_is_told_where_it_is_the_layers_rule(document):
    root = document()
    assert named(root, "cover").find("w:Dimension", WMS).get("nearestValue") == "1"
    assert named(root, "s2").find("w:Dimension", WMS).get("nearestValue") == "0"


def test_many_times_become_runs(engine, document):
    engine.dates = tuple(
        f"{year}-{month:02}-{day:02}" for year in (2021, 2022, 2023) for month in range(1, 13) for day in range(1, 29)
    )
    text = named(document(), "s2").findtext("w:Dimension", namespaces=WMS)
    # February goes on to March.
    assert text.startswith("2021-01-01/2021-01-28/P1D,2021-02-01/2021-03-28/P1D,2021-04-01/2021-04-28/P1D,")
    assert text.count(",") == 3 * 11 - 1


def test_a_layer_without_times_has_no_dimension(engine, document):
    engine.dates = ("",)[:0]
    engine.times = lambda layer: TimeAxis(values=(), default="")
    assert named(document(), "s2").find("w:Dimension", WMS) is None


def test_every_address_keeps_the_token_and_ends_as_a_prefix(document):
    root = document()
    hrefs = [e.get(f"{{{WMS['x']}}}href") for e in root.iterfind(".//w:DCPType//w:OnlineResource", WMS)]
    assert set(hrefs) == {"https://maps.example.org/k/t0ken/wms?"}


def test_a_legend_address_gives_what_it_declares(document, ask_service):
    url = named(document(), "s2").find(".//w:LegendURL", WMS)
    query = url.find("w:OnlineResource", WMS).get(f"{{{WMS['x']}}}href").partition("?")[2]
    pairs = [tuple(p.split("=")) for p in query.replace("%2F", "/").split("&")]
    response = ask_service(SERVICE, "/wms", pairs)
    assert (response.media_type, url.get("width"), url.get("height")) == ("image/png", "120", "60")
    assert response.body == b"s2 ndvi None None 1 1"


def test_two_calls_give_the_same_bytes(ask_service):
    first, second = (ask_service(SERVICE, "/wms", GET) for _ in range(2))
    assert first.body == second.body


def test_the_document_changes_with_the_archive(engine, ask_service):
    before = ask_service(SERVICE, "/wms", GET).body
    engine.changed += 1
    assert ask_service(SERVICE, "/wms", GET).body != before


@pytest.mark.parametrize(
    ("sequence", "code"),
    [("7", "CurrentUpdateSequence"), ("8", "InvalidUpdateSequence"), ("10", "InvalidUpdateSequence")],
)
def test_a_known_or_higher_update_sequence_is_refused(ask_service, sequence, code):
    response = ask_service(SERVICE, "/wms", GET | {"UPDATESEQUENCE": sequence})
    assert f'code="{code}"'.encode() in response.body


@pytest.mark.parametrize("sequence", ["6", "", "x"])
def test_a_lower_or_unreadable_update_sequence_gets_the_document(document, sequence):
    assert document(UPDATESEQUENCE=sequence).get("updateSequence") == "7"


@pytest.mark.parametrize(
    ("sequence", "code"),
    [
        ("1.764054770123E12", "CurrentUpdateSequence"),
        ("1764054770123.0", "CurrentUpdateSequence"),
        ("1.764054770124e+12", "InvalidUpdateSequence"),
    ],
)
def test_a_sequence_of_a_client_that_counts_in_floating_point_is_understood(engine, ask_service, sequence, code):
    engine.changed = 1_764_054_770_123
    response = ask_service(SERVICE, "/wms", GET | {"UPDATESEQUENCE": sequence})
    assert f'code="{code}"'.encode() in response.body


@pytest.mark.parametrize("sequence", ["1.764054770122E12", "0.5", "1E999999", "-7", "7_0", "NaN"])
def test_other_spellings_below_or_beyond_reading_get_the_document(engine, document, sequence):
    engine.changed = 1_764_054_770_123
    assert document(UPDATESEQUENCE=sequence).get("updateSequence") == "1764054770123"


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_every_named_layer_has_a_metadata_address_of_its_type(document, version):
    root = document(VERSION=version)
    local = "//*[local-name()='Layer'][*[local-name()='Name']]/*[local-name()='MetadataURL']"
    kinds = {"1.3.0": "ISO19115:2003", "1.1.1": "TC211"}
    assert [element.get("type") for element in root.xpath(local)] == [kinds[version]] * 3


def test_evenly_spaced_instants_are_told_as_a_series(engine, document):
    engine.layers = (replace(engine.layers[0], time=TimeRules(resolution="instant")),)
    engine.dates = tuple(f"2000-01-01T00:{s // 60:02}:{s % 60:02}Z" for s in range(0, 65, 5))
    text = named(document(), "s2").findtext("w:Dimension", namespaces=WMS)
    assert text == "2000-01-01T00:00:00Z/2000-01-01T00:01:00Z/PT5S"


def test_uneven_instants_stay_a_list(engine, document):
    engine.layers = (replace(engine.layers[0], time=TimeRules(resolution="instant")),)
    engine.dates = ("2000-01-01T00:00:00Z", "2000-01-01T00:00:05Z", "2000-01-01T00:00:11Z")
    assert named(document(), "s2").findtext("w:Dimension", namespaces=WMS).split(",") == list(engine.dates)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(5, "PT5S"), (60, "PT1M"), (5400, "PT1H30M"), (864_000, "P10D"), (90_061, "P1DT1H1M1S"), (0.5, "PT0.5S")],
)
def test_the_step_of_a_series_is_a_duration(engine, document, seconds, told):
    start = datetime(2000, 1, 1, tzinfo=UTC)
    engine.layers = (replace(engine.layers[0], time=TimeRules(resolution="instant")),)
    engine.dates = tuple(isoformat(start + timedelta(seconds=seconds * n)) for n in range(4))
    assert named(document(), "s2").findtext("w:Dimension", namespaces=WMS).rpartition("/")[2] == told


def test_a_telephone_is_told(engine, document, schema):
    engine.service = replace(engine.service, contact_phone="+1 555 0100 <x>", contact_email="")
    root = document()
    assert root.findtext(".//w:ContactVoiceTelephone", namespaces=WMS) == "+1 555 0100 <x>"
    schema("ogc/wms/1.3.0/capabilities_1_3_0.xsd").assertValid(root)


def test_names_for_people_are_escaped(document):
    assert named(document(), "s2").findtext("w:Title", namespaces=WMS) == "Sentinel-2 & more"
