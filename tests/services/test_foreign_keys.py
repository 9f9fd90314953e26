"""Keys of other servers: refused in the form of each protocol where they would change the answer, else ignored."""

import json

import pytest
from lxml import etree

from bandstand.services.ows.foreign import CHANGING, HARMLESS, foreign_key
from bandstand.services.ows.spellings import SPELLINGS

BOX = {"CRS": "EPSG:32631", "BBOX": "281680,5464780,282320,5465420", "WIDTH": "8", "HEIGHT": "8"}
MAP = {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": "ndvi", "STYLES": "", "FORMAT": "image/png"}
TILE = {
    "SERVICE": "WMTS",
    "VERSION": "1.0.0",
    "REQUEST": "GetTile",
    "LAYER": "ndvi",
    "STYLE": "",
    "FORMAT": "image/png",
    "TILEMATRIXSET": "WebMercatorQuad",
    "TILEMATRIX": "12",
    "TILEROW": "1401",
    "TILECOL": "2048",
}
COVERAGE = {"SERVICE": "WCS", "REQUEST": "GetCoverage"}
ASKED = {
    "map": ("/wms", MAP | BOX),
    "map of 1.1.1": ("/wms", MAP | BOX | {"VERSION": "1.1.1", "SRS": BOX["CRS"]}),
    "values": ("/wms", MAP | BOX | {"REQUEST": "GetFeatureInfo", "QUERY_LAYERS": "ndvi", "I": "4", "J": "4"}),
    "legend": ("/wms", {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetLegendGraphic", "LAYER": "ndvi"}),
    "tile": ("/wmts", TILE),
    "values under a tile": (
        "/wmts",
        TILE | {"REQUEST": "GetFeatureInfo", "I": "4", "J": "4", "INFOFORMAT": "application/json"},
    ),
    "tile by path": ("/wmts/1.0.0/ndvi/default/WebMercatorQuad/12/1401/2048.png", {}),
    "values by path": ("/wmts/1.0.0/ndvi/default/WebMercatorQuad/12/1401/2048/4/4.json", {}),
    "plain tile": ("/xyz/ndvi/12/2048/1401.png", {}),
    "TileJSON": ("/xyz/ndvi/tilejson.json", {}),
    "coverage of 1.0": (
        "/wcs",
        COVERAGE | BOX | {"VERSION": "1.0.0", "COVERAGE": "ndvi", "FORMAT": "GeoTIFF"},
    ),
    "coverage of 1.1": (
        "/wcs",
        COVERAGE
        | {
            "VERSION": "1.1.1",
            "IDENTIFIER": "ndvi",
            "FORMAT": "image/tiff",
            "BOUNDINGBOX": "281685,5464785,281715,5464815,urn:ogc:def:crs:EPSG::32631",
        },
    ),
    "coverage of 2.0": (
        "/wcs",
        COVERAGE
        | {"VERSION": "2.0.1", "COVERAGEID": "ndvi", "SUBSET": "E(281680,281720)", "SUBSET1": "N(5464780,5464820)"},
    ),
    "query": (
        "/wcs",
        {
            "SERVICE": "WCS",
            "VERSION": "2.0.1",
            "REQUEST": "ProcessCoverages",
            "QUERY": 'for $c in (ndvi) return encode($c[E(281680:281720),N(5464780:5464820)], "tiff")',
        },
    ),
}
CHANGERS = {
    "MASK": "clouds",
    "CLIP": "POLYGON((0 0,1 0,1 1,0 0))",
    "COMPOSITE": "median",
    "FILTER": "eo:cloud_cover<20",
    "EVALSCRIPT": "cmV0dXJu",
    "HARMONIZE": "false",
    "bidx": "1",
    "dim_level": "3",
    "LOGSCALE": "true",
    "NUMCOLORBANDS": "5",
    "ENV": "low:0",
    "angle": "30",
    "Elevation": "100",
    "datetime": "2022-06-01",
}


def report(answer):
    """Code, locator and text of an error in whatever form it came."""
    if "json" in answer.content_type:
        body = json.loads(answer.get_data())
        return "", body.get("parameter", ""), body["detail"]
    root = etree.fromstring(answer.get_data())
    for element in root.iter("{*}Exception", "{*}ServiceException"):
        code = element.get("exceptionCode") or element.get("code") or ""
        return code, element.get("locator") or "", "".join(element.itertext()).strip()
    raise AssertionError(answer.get_data(as_text=True))


@pytest.fixture(scope="module")
def ask(client):
    def send(kind, **keys):
        path, known = ASKED[kind]
        return client.get(path, query_string=known | keys)

    return send


@pytest.mark.parametrize("kind", ASKED)
def test_without_such_a_key_each_of_them_is_answered(ask, kind):
    assert ask(kind).status_code == 200


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("key", CHANGERS)
def test_a_key_that_changes_the_answer_elsewhere_is_refused(ask, kind, key):
    answer = ask(kind, **{key: CHANGERS[key]})
    code, locator, text = report(answer)
    # The DTD of WMS 1.1.1 has no locator.
    assert (answer.status_code, locator) == (400, "" if kind == "map of 1.1.1" else key.upper())
    assert code == ("InvalidParameterValue" if ASKED[kind][0] in {"/wmts", "/wcs"} or "path" in kind else "")
    assert text.startswith(f"{key.upper()} is not understood here. In ")


@pytest.mark.parametrize(
    ("kind", "key", "ours"),
    [
        ("plain tile", "bidx", "BANDS"),
        ("plain tile", "datetime", "TIME"),
        ("plain tile", "tilesize", "`@2x` before the ending of the address"),
        ("plain tile", "scale", "`@2x` before the ending of the address"),
        ("tile", "vmin", "RANGE"),
        ("map", "PALETTE", "COLORMAP"),
        ("map", "SORTBY", "PRIORITY"),
        ("values", "dim_wavelengths", "BANDS"),
        ("coverage of 1.0", "SUBSET", "BBOX"),
        ("coverage of 1.0", "OUTPUTCRS", "RESPONSE_CRS"),
        ("coverage of 1.0", "SCALEFACTOR", "WIDTH"),
        ("coverage of 1.0", "RANGESUBSET", "BANDS"),
        ("coverage of 1.1", "BBOX", "BOUNDINGBOX"),
        ("coverage of 1.1", "RESX", "GRIDOFFSETS"),
        ("coverage of 2.0", "BBOX", "SUBSET"),
        ("coverage of 2.0", "CRS", "SUBSETTINGCRS"),
        ("coverage of 2.0", "RESX", "SCALEFACTOR"),
        ("coverage of 2.0", "var", "BANDS"),
        ("coverage of 2.0", "pixelType", "EXPR"),
        ("coverage of 2.0", "STYLES", "BANDS"),
        ("coverage of 2.0", "parameter-name", "BANDS"),
        ("coverage of 1.0", "minx", "BBOX"),
        ("coverage of 1.1", "coords", "BOUNDINGBOX"),
        ("map", "STYLE", "STYLES"),
        ("map", "FilterProperty", "ITEMS"),
        ("map", "mosaickingOrder", "PRIORITY"),
        ("values", "propertyName", "BANDS"),
        ("tile", "STYLES", "STYLE"),
        ("tile by path", "rgb", "BANDS"),
        ("plain tile", "asset_indexes", "BANDS"),
    ],
)
def test_the_nearest_key_of_ours_is_named(ask, kind, key, ours):
    assert report(ask(kind, **{key: "2"}))[2].endswith(f"Give {ours} instead.")


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ANGLE", "0"),
        ("HARMONIZE", "TRUE"),
        ("GRID", "request"),
        ("LOGSCALE", "false"),
        ("CQL_FILTER", "INCLUDE"),
        ("MASK", ""),
        ("BUFFER", "0"),
        ("DPI", "96"),
        ("MAP_RESOLUTION", "96"),
        ("FORMAT_OPTIONS", "dpi:96"),
        ("TILED", "true"),
        ("SHOWLOGO", "false"),
        ("FI_POINT_TOLERANCE", "16"),
        ("WITH_GEOMETRY", "true"),
        ("utm_source", "x"),
        ("_", "17"),
        ("bogus", "x"),
    ],
)
def test_noise_and_values_that_ask_for_nothing_change_nothing(ask, kind, key, value):
    answer, plain = ask(kind, **{key: value}), ask(kind)
    assert answer.status_code == 200
    if kind != "TileJSON":
        assert answer.get_data() == plain.get_data()
    assert "unknown parameter" not in answer.headers.get("Warning", "")


@pytest.mark.parametrize(
    ("key", "value"), [("BUFFER", "12"), ("ELEVATION", "0"), ("NUMCOLORBANDS", "250"), ("NUMCOLORBANDS", "254")]
)
def test_what_a_client_sends_with_every_map_is_ignored_there_alone(ask, key, value):
    assert ask("map", **{key: value}).get_data() == ask("map").get_data()
    assert ask("legend", **{key: value}).get_data() == ask("legend").get_data()
    assert ask("values", **{key: value}).status_code == 400


def test_the_bar_that_clients_of_ncwms_ask_for_is_the_legend(ask):
    answer = ask("legend", VERTICAL="false", COLORBARONLY="true", NUMCOLORBANDS="250", PALETTE="default")
    assert answer.get_data() == ask("legend").get_data()


@pytest.mark.parametrize("kind", [kind for kind in ASKED if kind not in {"query", "TileJSON"}])
@pytest.mark.parametrize("key", ["COLORSCALERANGE", "COLORMAP", "ABOVEMAXCOLOR", "resampling"])
def test_a_default_is_no_choice(ask, kind, key):
    answer = ask(kind, **{key: "Default"})
    assert (answer.status_code, answer.get_data()) == (200, ask(kind).get_data())


@pytest.mark.parametrize("key", ["EXPR", "TIME", "BANDS", "COLORMAP", "resampling"])
def test_a_query_goes_with_no_key_of_ours(ask, key):
    assert report(ask("query", **{key: "B04"})) == (
        "InvalidParameterValue",
        key.upper(),
        f"{key.upper()} goes with GetCoverage; say within QUERY what it asks for.",
    )


@pytest.mark.parametrize("key", CHANGING)
def test_every_entry_is_whole(key):
    entry = CHANGING[key]
    assert key == key.casefold()
    assert entry.of
    assert entry.does
    assert entry.where <= {"map", "tile", "legend", "values", "coverage", "query"}
    assert all(value == value.casefold() for value in entry.innocent | entry.when)
    assert not entry.when or entry.habit
    assert all(name == name.upper() for name in entry.ours)


def test_no_key_is_known_twice():
    assert not set(CHANGING) & set(HARMLESS)
    assert not set(CHANGING) & set(SPELLINGS)
    assert not HARMLESS & set(SPELLINGS)
    assert foreign_key("map_resolution") is None
    assert foreign_key("dim_anything").does.startswith("chooses along a dimension")


def test_a_key_of_another_server_is_refused_among_values_that_differ(client):
    answer = client.get("/xyz/ndvi/12/2048/1401.png?bidx=1&bidx=2")
    assert report(answer)[2].endswith("Give BANDS instead.")


WCS20 = (
    '<wcs:GetCoverage xmlns:wcs="http://www.opengis.net/wcs/2.0" xmlns:x="http://example.org/x" service="WCS" '
    'version="2.0.1"><wcs:CoverageId>ndvi</wcs:CoverageId><wcs:Extension>{}</wcs:Extension></wcs:GetCoverage>'
)
WCS11 = (
    '<GetCoverage xmlns="http://www.opengis.net/wcs/1.1" xmlns:ows="http://www.opengis.net/ows/1.1" service="WCS" '
    'version="1.1.2"><ows:Identifier>ndvi</ows:Identifier><DomainSubset><ows:BoundingBox '
    'crs="urn:ogc:def:crs:EPSG::32631"><ows:LowerCorner>281685 5464785</ows:LowerCorner><ows:UpperCorner>281715 5464815'
    "</ows:UpperCorner></ows:BoundingBox>{}</DomainSubset><Output format='image/tiff'/></GetCoverage>"
)
WCS10 = (
    '<GetCoverage xmlns="http://www.opengis.net/wcs" xmlns:gml="http://www.opengis.net/gml" service="WCS" '
    'version="1.0.0"><sourceCoverage>ndvi</sourceCoverage><domainSubset><spatialSubset><gml:Envelope '
    'srsName="EPSG:32631"><gml:pos>281680 5464780</gml:pos><gml:pos>281720 5464820</gml:pos></gml:Envelope>'
    '<gml:Grid dimension="2"><gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>3 3</gml:high>'
    "</gml:GridEnvelope></gml:limits></gml:Grid>{}</spatialSubset></domainSubset><rangeSubset><axisSubset name='{}'>"
    "<singleValue>ndvi</singleValue></axisSubset></rangeSubset><output><format>GeoTIFF</format></output></GetCoverage>"
)


@pytest.fixture(scope="module")
def post(client):
    return lambda document: client.post("/wcs", data=document, content_type="text/xml")


@pytest.mark.parametrize(
    "document", [WCS20.format("<x:EXPR>B04</x:EXPR>"), WCS11.format(""), WCS10.format("", "bands")]
)
def test_documents_without_strangers_are_answered(post, document):
    assert post(document).status_code == 200


@pytest.mark.parametrize(
    ("document", "code", "locator", "words"),
    [
        (WCS20.format("<x:Mask>clouds</x:Mask>"), "InvalidParameterValue", "MASK", "MASK is not understood here"),
        (WCS20.format("<x:Wavelet>9</x:Wavelet>"), "InvalidEncodingSyntax", "body", '"Wavelet" has no place within'),
        (
            WCS20.format("<x:Wavelet><x:Level>9</x:Level></x:Wavelet>"),
            "InvalidEncodingSyntax",
            "body",
            '"Wavelet" has no place within',
        ),
        (WCS11.format("<Elevation>9</Elevation>"), "InvalidParameterValue", "Elevation", "not understood within"),
        (WCS10.format("<gml:Polygon/>", "bands"), "InvalidParameterValue", "Polygon", "not understood within"),
        (WCS10.format("", "wavelength"), "InvalidParameterValue", "axisSubset", 'no axis "wavelength"'),
    ],
)
def test_a_part_of_a_document_that_nobody_reads_is_refused(post, document, code, locator, words):
    answer = post(document)
    assert answer.status_code == 400
    found = report(answer)
    assert found[:2] == (code, locator)
    assert words in found[2]


def test_an_envelope_holds_the_refusal_too(post):
    inner = WCS20.format("<x:Mask>clouds</x:Mask>")
    soap = "http://www.w3.org/2003/05/soap-envelope"
    answer = post(f'<s:Envelope xmlns:s="{soap}"><s:Body>{inner}</s:Body></s:Envelope>')
    root = etree.fromstring(answer.get_data())
    assert root.find(f".//{{{soap}}}Fault") is not None
    assert "MASK is not understood here" in "".join(root.itertext())


def test_a_box_in_degrees_of_wgs84_is_that_box(client, post):
    """ows:WGS84BoundingBox stands for ows:BoundingBox (07-067r5, 10.2.2), longitude first."""
    corners = "<ows:LowerCorner>0 49.3</ows:LowerCorner><ows:UpperCorner>0.001 49.301</ows:UpperCorner>"
    head, _, rest = WCS11.format("").partition("<ows:BoundingBox")
    document = f"{head}<ows:WGS84BoundingBox>{corners}</ows:WGS84BoundingBox>{rest.partition('</ows:BoundingBox>')[2]}"
    keys = {"VERSION": "1.1.2", "IDENTIFIER": "ndvi", "FORMAT": "image/tiff"}
    box = {"BOUNDINGBOX": "0,49.3,0.001,49.301,urn:ogc:def:crs:OGC:1.3:CRS84"}
    wanted = client.get("/wcs", query_string=COVERAGE | keys | box)
    assert wanted.status_code == 200
    assert post(document).get_data() == wanted.get_data()
