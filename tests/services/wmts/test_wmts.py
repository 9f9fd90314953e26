"""WMTS: capabilities, tiles and feature info in KVP and REST, and every parameter wrong in every way."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bandstand.errors import BandstandError
from bandstand.model.exchange import Call
from bandstand.model.layer import TimeRules
from bandstand.model.tiling import WEB_MERCATOR_QUAD
from bandstand.services.wmts import SERVICE

WMTS = SERVICE[0]
NS = {
    "t": "http://www.opengis.net/wmts/1.0",
    "ows": "http://www.opengis.net/ows/1.1",
    "x": "http://www.w3.org/1999/xlink",
}
GET = {"service": "WMTS", "request": "GetCapabilities"}
TILE = {
    "service": "WMTS",
    "version": "1.0.0",
    "request": "GetTile",
    "layer": "s2",
    "style": "ndvi",
    "format": "image/png",
    "tilematrixset": "WebMercatorQuad",
    "tilematrix": "12",
    "tilerow": "1495",
    "tilecol": "2080",
}
INFO = TILE | {"request": "GetFeatureInfo", "i": "100", "j": "20", "infoformat": "application/json"}
PATH = {"layer": "s2", "style": "ndvi", "set": "WebMercatorQuad", "matrix": "12", "row": "1495"}


@pytest.fixture
def document(ask_service):
    return lambda **more: etree.fromstring(ask_service(WMTS, "/wmts", GET | more).body)


@pytest.fixture
def rest(ask_service):
    def ask(variables, parameters=(), **more):
        return ask_service(WMTS, "/wmts/1.0.0/x", parameters, variables=variables, **more)

    return ask


def layer_of(root, name):
    return root.xpath(f"//t:Contents/t:Layer[ows:Identifier='{name}']", namespaces=NS)[0]


def test_the_document_is_valid(document, schema):
    schema("ogc/wmts/1.0/wmts.xsd").assertValid(document())


@pytest.mark.parametrize(
    "sections", ["Contents", "ServiceIdentification", "ServiceProvider,OperationsMetadata", "Themes", "All", "contents"]
)
def test_a_part_of_the_document_is_valid_and_no_more_than_asked(document, schema, sections):
    root = document(sections=sections)
    schema("ogc/wmts/1.0/wmts.xsd").assertValid(root)
    found = {etree.QName(e).localname for e in root} - {"ServiceMetadataURL"}
    wanted = {s.casefold() for s in sections.split(",")} - {"themes"}
    assert sections == "All" or {f.casefold() for f in found} == wanted


def test_all_three_addresses_give_the_same_document(ask_service):
    kvp = ask_service(WMTS, "/wmts", GET)
    path = ask_service(WMTS, "/wmts/1.0.0/WMTSCapabilities.xml")
    as_wms = ask_service(WMTS, "/wmts", {"SERVICE": "WMS", "REQUEST": "GetCapabilities"})
    assert kvp.body == path.body == as_wms.body
    assert kvp.media_type == path.media_type == "application/xml"


def test_a_client_that_takes_no_xml_is_told(ask_service):
    path = "/wmts/1.0.0/WMTSCapabilities.xml"
    assert ask_service(WMTS, path, headers={"accept": "example/unknown"}).status == 406
    assert ask_service(WMTS, path, headers={"accept": "text/html, */*;q=0.1"}).status == 200


def test_every_operation_has_one_get_and_that_is_kvp(document):
    for operation in document().iterfind(".//ows:Operation", NS):
        gets = operation.findall(".//ows:Get", NS)
        assert [g.findtext(".//ows:Value", namespaces=NS) for g in gets] == ["KVP"]
        assert gets[0].get(f"{{{NS['x']}}}href") == "https://maps.example.org/k/t0ken/wmts?"


def test_the_web_mercator_set_has_the_published_numbers(document):
    matrix = document().find(".//t:TileMatrixSet/t:TileMatrix", NS)
    assert float(matrix.findtext("t:ScaleDenominator", namespaces=NS)) == pytest.approx(559082264.0287178, rel=1e-12)
    assert matrix.findtext("t:TopLeftCorner", namespaces=NS) == "-20037508.342789244 20037508.342789244"


def test_a_corner_follows_the_axis_order_of_its_crs(document):
    found = document().xpath("//t:TileMatrixSet[ows:Identifier='WorldWGS84']//t:TopLeftCorner/text()", namespaces=NS)
    assert set(found) == {"90 -180"}


def test_time_is_a_dimension_only_where_there_is_a_choice(document):
    root = document()
    assert layer_of(root, "s2").findtext("t:Dimension/t:Default", namespaces=NS) == "2023-06-29"
    assert layer_of(root, "dem").find("t:Dimension", NS) is None
    assert "{Time}" in layer_of(root, "s2").find("t:ResourceURL", NS).get("template")
    assert "{Time}" not in layer_of(root, "dem").find("t:ResourceURL", NS).get("template")


def test_a_layer_is_linked_only_to_sets_it_reaches(engine, document):
    far = type(engine.extent(engine.layers[0]))(
        lonlat=type(engine.extent(engine.layers[0]).lonlat)(160.0, -10.0, 161.0, -9.0)
    )
    engine.extent = lambda layer: far
    links = [e.text for e in layer_of(document(), "s2").iterfind("t:TileMatrixSetLink/t:TileMatrixSet", NS)]
    assert links == ["WebMercatorQuad", "WorldWGS84"]


def test_every_published_corner_tile_is_answered(document, ask_service):
    root = document()
    for layer in root.iterfind(".//t:Contents/t:Layer", NS):
        style = layer.findtext("t:Style/ows:Identifier", namespaces=NS)
        name = layer.findtext("ows:Identifier", namespaces=NS)
        for link in layer.iterfind("t:TileMatrixSetLink", NS):
            for limits in link.iter(f"{{{NS['t']}}}TileMatrixLimits"):
                matrix, low_row, high_row, low_col, high_col = (e.text for e in limits)
                for row, col in ((low_row, low_col), (high_row, high_col)):
                    response = ask_service(
                        WMTS,
                        "/wmts",
                        TILE
                        | {
                            "layer": name,
                            "style": style,
                            "tilematrixset": link.findtext("t:TileMatrixSet", namespaces=NS),
                            "tilematrix": matrix,
                            "tilerow": row,
                            "tilecol": col,
                        },
                    )
                    assert response.status == 200, response.body


def test_one_tile_beyond_a_published_limit_is_out_of_range(document, ask_service):
    limits = layer_of(document(), "s2").xpath(".//t:TileMatrixLimits[t:TileMatrix='13']", namespaces=NS)[0]
    row = int(limits.findtext("t:MaxTileRow", namespaces=NS)) + 1
    response = ask_service(WMTS, "/wmts", TILE | {"tilematrix": "13", "tilerow": str(row), "tilecol": "4150"})
    assert (response.status, b'exceptionCode="TileOutOfRange" locator="TileRow"' in response.body) == (400, True)


def test_a_tile_is_the_grid_of_its_matrix(ask_service, engine):
    ask_service(WMTS, "/wmts", TILE)
    assert engine.requests[-1].grid == WEB_MERCATOR_QUAD.tile(WEB_MERCATOR_QUAD.matrices[12], 1495, 2080)


@pytest.mark.parametrize("time", ["", "2023-06-14", "default", "current"])
@pytest.mark.parametrize(
    ("extension", "format_"),
    [("png", "image/png"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("webp", "image/webp")],
)
def test_kvp_and_rest_are_the_same_question(ask_service, rest, engine, time, extension, format_):
    kvp = ask_service(WMTS, "/wmts", TILE | {"time": time, "format": format_, "EXPR": "B08"})
    variables = PATH | {"tail": f"2080.{extension}"} | ({"time": time} if time else {})
    path = rest(variables, {"expr": "B08"})
    assert engine.requests[-1] == engine.requests[-2]
    assert engine.asks[-1] == engine.asks[-2]
    assert (kvp.body, kvp.etag) == (path.body, path.etag)


TIMED = "2022-05-15"


@pytest.mark.parametrize("tail", [{"tail": "2080.png"}, {"col": "2080", "j": "20", "tail": "100.json"}])
@pytest.mark.parametrize(("time", "style"), [({}, "default"), ({"time": "default"}, "Default")])
def test_a_query_chooses_what_the_path_leaves_open(rest, engine, tail, time, style):
    """Style and time in the query of a path are those of the keys, and never dropped."""
    rest(PATH | tail | {"time": TIMED})
    wanted = engine.asks[-1]
    rest(PATH | tail | time | {"style": style}, {"Time": TIMED, "STYLE": "ndvi"})
    assert engine.asks[-1] == wanted


def test_a_query_may_repeat_the_path(rest, engine):
    rest(PATH | {"tail": "2080.png"})
    wanted = engine.asks[-1]
    rest(PATH | {"tail": "2080.png"}, TILE | {"style": "ndvi"})
    assert engine.asks[-1] == wanted


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Time", "2021-01-01"),
        ("Style", "rgb"),
        ("Layer", "dem"),
        ("TileMatrixSet", "WorldCRS84Quad"),
        ("TileMatrix", "3"),
        ("TileRow", "1"),
        ("TileCol", "1"),
        ("Format", "image/jpeg"),
    ],
)
def test_a_query_that_contradicts_the_path_is_refused(rest, key, value):
    answer = rest(PATH | {"time": TIMED, "tail": "2080.png"}, {key.upper(): value})
    (found,) = etree.fromstring(answer.body)
    assert (answer.status, found.get("exceptionCode"), found.get("locator")) == (400, "InvalidParameterValue", key)


def test_the_default_time_by_name_is_the_default_time(rest, engine):
    rest(PATH | {"tail": "2080.png", "time": "default"})
    assert engine.asks[-1][1].time == ""


@pytest.mark.parametrize("style", ["", "default", "ndvi"])
def test_the_default_style_has_three_names(ask_service, engine, style):
    ask_service(WMTS, "/wmts", TILE | {"style": style})
    assert engine.requests[-1].layers[0].style.name == "ndvi"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tilematrix", "EPSG:3857:12"),
        ("tilematrixset", "GoogleMapsCompatible"),
        ("tilematrixset", "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible"),
        ("tilematrixset", "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"),
        ("tilematrixset", "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"),
        ("tilematrixset", "urn:ogc:def:crs:EPSG::3857"),
    ],
)
def test_names_of_other_servers_are_understood(ask_service, engine, key, value):
    ask_service(WMTS, "/wmts", TILE)
    ask_service(WMTS, "/wmts", TILE | {key: value})
    assert engine.requests[-1] == engine.requests[-2]


def test_the_engine_hears_what_the_client_has(call, engine):
    heard = []
    engine.run = lambda request, *, if_none_match="": heard.append(if_none_match)
    WMTS.answer(call("/wmts", TILE, headers={"if-none-match": '"abc"'}), engine)
    assert heard == ['"abc"']


def test_feature_info_asks_for_the_pixel_of_the_tile(ask_service, engine):
    response = ask_service(WMTS, "/wmts", INFO)
    tile = WEB_MERCATOR_QUAD.tile(WEB_MERCATOR_QUAD.matrices[12], 1495, 2080)
    assert engine.requests[-1].grid == tile.crop(100, 20, 1, 1)
    assert json.loads(response.body)["features"][0]["properties"]["B08"] == 0.212


@pytest.mark.parametrize("extension", ["json", "html", "txt", "gml"])
def test_feature_info_by_path_is_the_same(ask_service, rest, extension):
    formats = {"json": "application/json", "html": "text/html", "txt": "text/plain", "gml": "application/vnd.ogc.gml"}
    kvp = ask_service(WMTS, "/wmts", INFO | {"infoformat": formats[extension]})
    path = rest(PATH | {"col": "2080", "j": "20", "tail": f"100.{extension}", "time": "default"})
    assert (kvp.body, kvp.media_type) == (path.body, path.media_type)


def legend_of(root, layer, style):
    return layer_of(root, layer).find(f"t:Style[ows:Identifier='{style}']/t:LegendURL", NS)


@pytest.mark.parametrize("style", ["ndvi", "grey"])
def test_a_style_has_a_legend_of_the_size_it_declares(document, style):
    legend = legend_of(document(), "s2", style)
    assert [legend.get(key) for key in ("format", "width", "height")] == ["image/png", "120", "60"]
    address = legend.get(f"{{{NS['x']}}}href")
    assert address.startswith("https://maps.example.org/k/t0ken/wms?")
    assert {"REQUEST=GetLegendGraphic", "LAYER=s2", f"STYLE={style}"} <= set(address.partition("?")[2].split("&"))


def test_a_layer_without_wms_has_neither_legend_nor_record(engine, document, schema):
    engine.layers = (replace(engine.layers[0], services=frozenset({"wmts"})),)
    root = document()
    schema("ogc/wmts/1.0/wmts.xsd").assertValid(root)
    assert legend_of(root, "s2", "ndvi") is None
    assert layer_of(root, "s2").find("ows:Metadata", NS) is None


def test_a_layer_points_to_its_record(document):
    address = layer_of(document(), "s2").find("ows:Metadata", NS).get(f"{{{NS['x']}}}href")
    assert "REQUEST=GetMetadata&LAYER=s2" in address


def test_tiles_have_one_address_and_feature_info_one_of_each_format(document):
    # OpenLayers would take those of several formats in turn.
    resources = layer_of(document(), "s2").findall("t:ResourceURL", NS)
    endings = [(r.get("resourceType"), r.get("format"), r.get("template").rpartition(".")[2]) for r in resources]
    assert endings == [
        ("tile", "image/png", "png"),
        ("FeatureInfo", "text/plain", "txt"),
        ("FeatureInfo", "text/html", "html"),
        ("FeatureInfo", "application/json", "json"),
        ("FeatureInfo", "application/geo+json", "geojson"),
        ("FeatureInfo", "application/vnd.ogc.gml", "gml"),
        ("FeatureInfo", "text/xml", "xml"),
    ]


def test_only_the_configured_formats_are_offered_and_given(engine, document, ask_service, rest):
    engine.tile_formats = ("image/jpeg",)
    assert [e.text for e in layer_of(document(), "s2").findall("t:Format", NS)] == ["image/jpeg"]
    assert ask_service(WMTS, "/wmts", TILE | {"format": "image/jpeg"}).media_type == "image/jpeg"
    assert b'locator="Format"' in ask_service(WMTS, "/wmts", TILE).body
    assert rest(PATH | {"tail": "2080.png"}).status == 400


def test_only_a_layer_that_follows_the_newest_is_told_to_be_kept_current(engine, document):
    assert layer_of(document(), "s2").findtext("t:Dimension/t:Current", namespaces=NS) == "true"
    engine.layers = (replace(engine.layers[0], time=TimeRules(default="2023-06-04")),)
    assert layer_of(document(), "s2").findtext("t:Dimension/t:Current", namespaces=NS) == "false"


@pytest.mark.parametrize(("sequence", "sections"), [("7", 0), ("7.0E0", 0), ("6", 5), ("", 5), ("x", 5)])
def test_the_update_sequence_decides_what_is_sent(document, schema, sequence, sections):
    root = document(updatesequence=sequence)
    schema("ogc/wmts/1.0/wmts.xsd").assertValid(root)
    assert (len(root), root.get("updateSequence")) == (sections, "7")


ROWS = [
    # base, parameter, value (None: left out), code, locator, status
    (GET, "service", None, "MissingParameterValue", "service", 400),
    (GET, "service", "BOGUS", "InvalidParameterValue", "service", 400),
    (TILE, "service", "WMS", "InvalidParameterValue", "service", 400),
    (GET, "request", None, "MissingParameterValue", "request", 400),
    (GET, "request", "GetBOGUS", "InvalidParameterValue", "request", 400),
    (GET, "sections", "Bogus", "InvalidParameterValue", "sections", 400),
    (GET, "sections", "", "MissingParameterValue", "sections", 400),
    (GET, "acceptversions", "2.0.0,3.0", "VersionNegotiationFailed", None, 400),
    (GET, "updatesequence", "8", "InvalidUpdateSequence", None, 400),
    (TILE, "version", "2.0.0", "InvalidParameterValue", "version", 400),
    (TILE, "layer", "nothing", "InvalidParameterValue", "Layer", 400),
    (TILE, "layer", "raw", "InvalidParameterValue", "Layer", 400),
    (TILE, "style", "nothing", "InvalidParameterValue", "Style", 400),
    (TILE, "format", "image/bmp", "InvalidParameterValue", "Format", 400),
    (TILE, "format", "image/tiff", "InvalidParameterValue", "Format", 400),
    (TILE, "tilematrixset", "nothing", "InvalidParameterValue", "TileMatrixSet", 400),
    (TILE, "tilematrix", "99", "InvalidParameterValue", "TileMatrix", 400),
    (TILE, "tilematrix", "x", "InvalidParameterValue", "TileMatrix", 400),
    (TILE, "tilerow", "99999999", "TileOutOfRange", "TileRow", 400),
    (TILE, "tilerow", "-1", "TileOutOfRange", "TileRow", 400),
    (TILE, "tilerow", "x", "InvalidParameterValue", "TileRow", 400),
    (TILE, "tilerow", "1.5", "InvalidParameterValue", "TileRow", 400),
    (TILE, "tilecol", "4096", "TileOutOfRange", "TileCol", 400),
    (TILE, "tilecol", "0", "TileOutOfRange", "TileCol", 400),
    (TILE, "time", "14/06/2023", "InvalidParameterValue", "Time", 400),
    (TILE, "expr", "broken", "InvalidParameterValue", "EXPR", 400),
    (TILE, "range", "bad", "InvalidParameterValue", "RANGE", 400),
    (TILE, "bands", "B99", "InvalidParameterValue", "BANDS", 400),
    (TILE, "gamma", "0", "InvalidParameterValue", "GAMMA", 400),
    (INFO, "layer", "dem", "OperationNotSupported", "GetFeatureInfo", 501),
    (INFO, "layer", "nothing", "InvalidParameterValue", "Layer", 400),
    (INFO, "style", "nothing", "InvalidParameterValue", "Style", 400),
    (INFO, "infoformat", "text/bogus", "InvalidParameterValue", "InfoFormat", 400),
    (INFO, "i", "256", "TileOutOfRange", "I", 400),
    (INFO, "j", "-1", "TileOutOfRange", "J", 400),
    (INFO, "j", "x", "InvalidParameterValue", "J", 400),
    (INFO, "tilerow", "99999999", "TileOutOfRange", "TileRow", 400),
    *(
        (TILE, n.lower(), None, "MissingParameterValue", n, 400)
        for n in ("Layer", "Style", "Format", "TileMatrixSet", "TileMatrix", "TileRow", "TileCol")
    ),
    *(
        (INFO, n.lower(), None, "MissingParameterValue", n, 400)
        for n in (
            "Layer",
            "Style",
            "Format",
            "TileMatrixSet",
            "TileMatrix",
            "TileRow",
            "TileCol",
            "I",
            "J",
            "InfoFormat",
        )
    ),
]


@pytest.mark.parametrize(("base", "key", "value", "code", "locator", "status"), ROWS)
def test_a_bad_parameter_is_named_with_its_code(ask_service, base, key, value, code, locator, status):
    response = ask_service(WMTS, "/wmts", {k: v for k, v in (base | {key: value}).items() if v is not None})
    (found,) = etree.fromstring(response.body)
    assert (response.status, found.get("exceptionCode"), found.get("locator")) == (status, code, locator)
    assert response.media_type == "text/xml"


@pytest.mark.parametrize(("base", "key", "value", "code", "locator", "status"), ROWS)
def test_every_report_is_valid(ask_service, schema, base, key, value, code, locator, status):
    response = ask_service(WMTS, "/wmts", {k: v for k, v in (base | {key: value}).items() if v is not None})
    schema("ogc/ows/1.1.0/owsExceptionReport.xsd").assertValid(etree.fromstring(response.body))


def test_a_query_that_cannot_be_taken_apart_misses_its_request(ask_service):
    response = ask_service(WMTS, "/wmts", {"service": "WMTS", "request~GetCapabilities!version~1.0.0": ""})
    assert b'exceptionCode="MissingParameterValue" locator="request"' in response.body


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"layer": "x"}, b"InvalidParameterValue"),
        ({"row": "9999999"}, b"TileOutOfRange"),
        ({"style": "x"}, b"InvalidParameterValue"),
        ({"tail": "2080.bmp"}, b"NoApplicableCode"),
        ({"tail": ".png"}, b"NoApplicableCode"),
        ({"tail": "2080"}, b"NoApplicableCode"),
    ],
)
def test_by_path_what_does_not_exist_is_404(rest, change, code):
    response = rest(PATH | {"tail": "2080.png"} | change)
    assert (response.status, code in response.body) == (404, True)


KEYS = sorted({*INFO, "time", "expr", "sections", "acceptversions", "updatesequence"})
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "-1", "1e9", "nan", "12", "GetTile", "GetFeatureInfo", "UTM31N", "s2", "default"]),
)


@settings(max_examples=300, deadline=None)
@given(base=st.sampled_from([GET, TILE, INFO]), changes=st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=4))
def test_no_parameters_at_all_can_raise_anything_but_our_errors(fuzzed, base, changes):
    pairs = [*(p for p in base.items() if p[0] not in {k for k, _ in changes}), *changes]
    call = Call(method="GET", path="/wmts", args=tuple(pairs), base_url="http://h")
    try:
        response = WMTS.answer(call, fuzzed)
    except BandstandError as error:
        response = WMTS.fault(call, error)
        etree.fromstring(response.body)
    assert response.status < 500 or response.status == 501


@settings(max_examples=200, deadline=None)
@given(
    variables=st.fixed_dictionaries(
        {
            k: st.one_of(st.just(v), st.text(max_size=12))
            for k, v in (PATH | {"tail": "2080.png", "time": "default"}).items()
        }
    )
)
def test_no_path_at_all_can_raise_anything_but_our_errors(fuzzed, variables):
    call = Call(method="GET", path="/wmts/1.0.0/x", variables=variables)
    try:
        response = WMTS.answer(call, fuzzed)
    except BandstandError as error:
        response = WMTS.fault(call, error)
        etree.fromstring(response.body)
    assert response.status < 500
