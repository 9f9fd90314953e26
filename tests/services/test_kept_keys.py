"""Keys of ours on a connection: the addresses that are told carry them on, and what is told of layers follows."""

import html
import io
import re
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image

BOX = "CRS=EPSG:32631&BBOX=281680,5464780,282320,5465420&WIDTH=64&HEIGHT=64"
HREF = "{http://www.w3.org/1999/xlink}href"
WMS = {"1.3.0": "text/xml", "1.1.1": "application/vnd.ogc.wms_xml"}


@pytest.fixture(scope="module")
def fetch(client):
    """An answer by its whole address."""
    return lambda address: client.get(address.replace("http://localhost", ""))


def hrefs(document, path):
    root = etree.fromstring(document.get_data())
    return [
        element.get(HREF)
        for element in root.iter("{*}OnlineResource", "{*}Get", "{*}Post")
        if path in element.get(HREF, "")
    ]


def pixels(answer):
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.get_data())).convert("RGBA"))


def operations(client, query):
    """The addresses of operations in every document, by service and version."""
    found = {}
    for version in WMS:
        document = client.get(f"/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION={version}&{query}")
        found[f"WMS {version}"] = [a for a in hrefs(document, "/wms?") if "REQUEST=" not in a]
    document = client.get(f"/wmts?SERVICE=WMTS&REQUEST=GetCapabilities&{query}")
    found["WMTS"] = [a for a in hrefs(document, "/wmts?") if "REQUEST=" not in a]
    for version in ("1.0.0", "1.1.1", "2.0.1"):
        keys = f"VERSION={version}" if version == "1.0.0" else f"ACCEPTVERSIONS={version}"
        found[f"WCS {version}"] = hrefs(client.get(f"/wcs?SERVICE=WCS&REQUEST=GetCapabilities&{keys}&{query}"), "/wcs?")
    return found


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("EXPR=NDWI", [("EXPR", "NDWI")]),
        ("expr=B08%2BB04%3C0.3&Colormap=magma", [("expr", "B08+B04<0.3"), ("Colormap", "magma")]),
        ("TIME=2022-05-15", [("DEFAULT_TIME", "2022-05-15")]),
        ("token=s3&map=/x&_=1&RANGE=", [("token", "s3")]),
        ("apikey=a&Api_Key=b&authkey=c&KEY=d", [("apikey", "a"), ("Api_Key", "b"), ("authkey", "c"), ("KEY", "d")]),
        ("bogus=1", []),
    ],
)
def test_every_operation_is_asked_for_at_an_address_that_carries_the_keys(client, query, kept):
    for name, addresses in operations(client, query).items():
        assert addresses, name
        for address in addresses:
            assert address.endswith("&" if kept else "?"), name
            assert parse_qsl(urlsplit(address).query) == kept, name


DOCUMENTS = {
    "WMS 1.3.0": "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0",
    "WMS 1.1.1": "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.1.1",
    "DescribeLayer": "/wms?SERVICE=WMS&REQUEST=DescribeLayer&VERSION=1.1.1&LAYERS=ndvi",
    "metadata": "/wms?SERVICE=WMS&REQUEST=GetMetadata&LAYER=ndvi",
    "WMTS": "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
    "WMTS by path": "/wmts/1.0.0/WMTSCapabilities.xml?",
    "WCS 1.0.0": "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=1.0.0",
    "WCS 1.1.1": "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=1.1.1",
    "WCS 2.0.1": "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=2.0.1",
    "TileJSON": "/xyz/ndvi/tilejson.json?",
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_address_goes_without_what_a_gateway_asks_for(client, document):
    """Metadata records, legends and templates as much as operations: each would be refused without."""
    text = html.unescape(client.get(f"{DOCUMENTS[document]}&token=s3").text)
    addresses = re.findall(r"""http://localhost/(?:wms|wmts|wcs|xyz)[^"<]*""", text)
    assert addresses
    assert [address for address in addresses if ("token", "s3") not in parse_qsl(urlsplit(address).query)] == []


def test_a_legend_carries_every_range_of_a_connection(client):
    document = client.get(
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0&BANDS=B04,B03,B02&rescale=0,1&rescale=0,2&rescale=0,3"
    )
    legends = [address for address in hrefs(document, "GetLegendGraphic") if "LAYER=s2_l2a" in address]
    assert [value for key, value in parse_qsl(urlsplit(legends[0]).query) if key == "rescale"] == ["0,1", "0,2", "0,3"]


@pytest.mark.parametrize("version", WMS)
def test_a_map_at_the_advertised_address_is_the_one_meant(client, fetch, version):
    document = client.get(f"/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION={version}&EXPR=NDWI&COLORMAP=viridis")
    (address,) = set(hrefs(document, "/wms?EXPR")) - {a for a in hrefs(document, "/wms?EXPR") if "REQUEST" in a}
    box = BOX if version == "1.3.0" else BOX.replace("CRS=", "SRS=")
    rest = f"SERVICE=WMS&VERSION={version}&REQUEST=GetMap&LAYERS=s2_l2a&STYLES=&FORMAT=image/png&{box}"
    shown, plain = pixels(fetch(address + rest)), pixels(client.get(f"/wms?{rest}"))
    np.testing.assert_array_equal(shown, pixels(client.get(f"/wms?{rest}&EXPR=NDWI&COLORMAP=viridis")))
    assert (shown != plain).any()


def test_the_legends_follow(client, fetch):
    document = client.get("/wms?SERVICE=WMS&REQUEST=GetCapabilities&EXPR=NDWI&COLORMAP=viridis")
    root = etree.fromstring(document.get_data())
    for legend in root.iter("{*}LegendURL"):
        address = legend.find("{*}OnlineResource").get(HREF)
        picture = pixels(fetch(address))
        assert picture.shape[:2] == (int(legend.get("height")), int(legend.get("width")))
        assert ("EXPR", "NDWI") in parse_qsl(urlsplit(address).query)


def names(document):
    root = etree.fromstring(document.get_data())
    return [
        found
        for element in root.iter("{*}Layer", "{*}CoverageSummary")
        for tag in ("Name", "Identifier", "CoverageId")
        if (found := element.findtext(f"{{*}}{tag}"))
    ]


@pytest.mark.parametrize(
    "address",
    [
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
        "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
        "/wcs?SERVICE=WCS&REQUEST=GetCapabilities",
    ],
)
def test_layers_that_cannot_be_asked_for_so_are_left_out(client, address):
    assert {"elevation", "landcover"} < set(names(client.get(address)))
    assert not {"elevation", "landcover"} & set(names(client.get(f"{address}&EXPR=NDWI")))
    assert "s2_l2a" in names(client.get(f"{address}&EXPR=NDWI"))


@pytest.mark.parametrize(
    "address",
    [
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
        "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
        "/wcs?SERVICE=WCS&REQUEST=GetCapabilities",
    ],
)
@pytest.mark.parametrize(
    ("key", "said"), [("EXPR=nd(", "nd("), ("MAXCC=many", "MAXCC"), ("MASK=clouds", "MASK is not understood here")]
)
def test_a_connection_that_can_ask_for_nothing_is_refused_at_once(client, address, key, said):
    answer = client.get(f"{address}&{key}")
    assert answer.status_code == 400
    assert said in answer.text


def test_the_default_time_is_the_one_kept_and_a_client_may_choose_another(client, fetch):
    document = client.get("/wms?SERVICE=WMS&REQUEST=GetCapabilities&TIME=2022-05-15")
    root = etree.fromstring(document.get_data())
    (layer,) = (e for e in root.iter("{*}Layer") if e.findtext("{*}Name") == "s2_l2a")
    assert layer.find("{*}Dimension").get("default") == "2022-05-15"
    address = next(a for a in hrefs(document, "/wms?DEFAULT_TIME") if "REQUEST" not in a)
    rest = f"SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=s2_l2a&STYLES=&FORMAT=image/png&{BOX}"
    for more, day in (("", "2022-05-15"), ("&TIME=", "2022-05-15"), ("&TIME=2021-09-02", "2021-09-02")):
        shown = pixels(fetch(f"{address}{rest}{more}"))
        np.testing.assert_array_equal(shown, pixels(client.get(f"/wms?{rest}&TIME={day}")))


def test_the_style_kept_is_the_default(client):
    document = client.get("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities&STYLE=false_color")
    root = etree.fromstring(document.get_data())
    styles = [e for e in root.iter("{*}Style") if e.get("isDefault") == "true"]
    assert styles
    assert {e.findtext("{*}Identifier") for e in styles} == {"false_color"}


@pytest.mark.parametrize("query", ["EXPR=NDWI", "EXPR=NDWI&STYLE=ndvi", "BANDS=B08,B04,B03", "COLORMAP=magma&EXPR=B08"])
def test_every_style_that_is_told_can_be_asked_for_and_the_first_is_that_without_one(client, fetch, query):
    document = client.get(f"/wms?SERVICE=WMS&REQUEST=GetCapabilities&{query}")
    address = next(a for a in hrefs(document, "/wms?") if "REQUEST" not in a)
    for layer in etree.fromstring(document.get_data()).iter("{*}Layer"):
        name = layer.findtext("{*}Name")
        styles = [e.text for e in layer.iterfind("{*}Style/{*}Name")]
        if not styles:
            continue
        rest = f"SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={name}&FORMAT=image/png&{BOX}&STYLES="
        drawn = [pixels(fetch(f"{address}{rest}{style}")) for style in styles]
        np.testing.assert_array_equal(drawn[0], pixels(fetch(f"{address}{rest}")))


def test_templates_of_tiles_carry_the_keys_behind_the_path(client, fetch):
    document = client.get("/wmts/1.0.0/WMTSCapabilities.xml?EXPR=NDWI&TIME=2022-05-15")
    root = etree.fromstring(document.get_data())
    (layer,) = (e for e in root.iter("{*}Layer") if e.findtext("{*}Identifier") == "s2_l2a")
    assert layer.findtext("{*}Dimension/{*}Default") == "2022-05-15"
    style = layer.findtext("{*}Style/{*}Identifier")
    place = {
        "Style": style,
        "Time": "2022-05-15",
        "TileMatrixSet": "WebMercatorQuad",
        "TileMatrix": "12",
        "TileRow": "1401",
        "TileCol": "2048",
        "J": "4",
        "I": "4",
    }
    for template in layer.iter("{*}ResourceURL"):
        address = re.sub(r"{(\w+)}", lambda match: place[match[1]], template.get("template"))
        assert address.endswith("?EXPR=NDWI")
        assert fetch(address).status_code == 200
        if template.get("resourceType") == "tile":
            wanted = client.get(
                "/xyz/s2_l2a/12/2048/1401.png", query_string={"expr": "NDWI", "time": "2022-05-15", "style": style}
            )
            np.testing.assert_array_equal(pixels(fetch(address)), pixels(wanted))


@pytest.mark.parametrize("version", WMS)
def test_the_coverage_behind_a_layer_is_told_with_the_keys(client, version):
    answer = client.get(f"/wms?SERVICE=WMS&VERSION={version}&REQUEST=DescribeLayer&LAYERS=s2_l2a&EXPR=NDWI")
    assert "/wcs?EXPR=NDWI&" in answer.text


@pytest.mark.parametrize("key", ["SUBSET=E(1,2)", "BBOX=1,2,3,4", "RANGESUBSET=B04", "BUFFER=2", "ELEVATION=0"])
def test_what_belongs_to_a_single_request_is_no_fault_of_a_connection(client, key):
    for service in ("WMS", "WMTS", "WCS"):
        assert client.get(f"/{service.lower()}?SERVICE={service}&REQUEST=GetCapabilities&{key}").status_code == 200


def test_a_default_style_holds_for_each_layer_of_a_map_that_names_none(client):
    rest = f"SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=s2_l2a,s2_l2a&FORMAT=image/png&{BOX}"
    kept = pixels(client.get(f"/wms?DEFAULT_STYLE=false_color&{rest}&STYLES="))
    np.testing.assert_array_equal(kept, pixels(client.get(f"/wms?{rest}&STYLES=false_color,false_color")))
    chosen = pixels(client.get(f"/wms?DEFAULT_STYLE=false_color&{rest}&STYLES=true_color,true_color"))
    np.testing.assert_array_equal(chosen, pixels(client.get(f"/wms?{rest}&STYLES=true_color,true_color")))


def test_a_default_time_of_a_coverage_gives_way_to_a_subset(client):
    rest = (
        "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=ndvi&FORMAT=image/tiff"
        "&SUBSET=E(281680,281720)&SUBSET=N(5464780,5464820)"
    )
    times = {
        more: client.get(f"/wcs?DEFAULT_TIME=2022-05-15&{rest}{more}").headers["X-Source-Time"][:10]
        for more in ("", "&SUBSET=time(%222021-09-02%22)", "&TIME=2021-09-02")
    }
    assert list(times.values()) == ["2022-05-15", "2021-09-02", "2021-09-02"]


def fields_of(client, version, query):
    coverage = {"1.0.0": "COVERAGE", "1.1.1": "IDENTIFIERS", "2.0.1": "COVERAGEID"}[version]
    answer = client.get(f"/wcs?SERVICE=WCS&VERSION={version}&REQUEST=DescribeCoverage&{coverage}=s2_l2a&{query}")
    assert answer.status_code == 200, answer.text
    root = etree.fromstring(answer.get_data())
    if version == "1.0.0":
        return [e.text for e in root.xpath("//*[local-name()='AxisDescription']//*[local-name()='singleValue']")]
    if version == "1.1.1":
        return [e.text for e in root.xpath("//*[local-name()='Key']")]
    return [e.get("name") for e in root.iter("{*}field")]


@pytest.mark.parametrize("version", ["1.0.0", "1.1.1", "2.0.1"])
def test_the_described_range_is_that_of_the_coverage_at_the_advertised_address(client, fetch, version):
    assert fields_of(client, version, "EXPR=wet=NDWI;B08") == ["wet", "B08"]
    assert len(fields_of(client, version, "")) > 5
    keys = "VERSION=1.0.0" if version == "1.0.0" else f"ACCEPTVERSIONS={version}"
    (address,) = set(hrefs(client.get(f"/wcs?SERVICE=WCS&REQUEST=GetCapabilities&{keys}&EXPR=wet%3DNDWI;B08"), "/wcs?"))
    answer = fetch(
        f"{address}SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=s2_l2a&FORMAT=image/tiff"
        "&SUBSET=E(281680,281720)&SUBSET=N(5464780,5464820)"
    )
    with rasterio.open(io.BytesIO(answer.get_data())) as file:
        assert file.descriptions == ("wet", "B08")
