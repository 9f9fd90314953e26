"""GetMetadata: the record that MetadataURL leads to."""

import pytest
from lxml import etree

from bandstand.model.ask import TimeAxis
from bandstand.services.wms import SERVICE

NS = {"gmd": "http://www.isotc211.org/2005/gmd", "gco": "http://www.isotc211.org/2005/gco"}
XLINK = "{http://www.w3.org/1999/xlink}href"
WMS = {"w": "http://www.opengis.net/wms"}


@pytest.fixture
def record(ask_service):
    def ask(layer="s2"):
        response = ask_service(SERVICE, "/wms", {"REQUEST": "GetMetadata", "LAYER": layer})
        assert response.status == 200, response.body
        return etree.fromstring(response.body)

    return ask


@pytest.mark.parametrize("layer", ["s2", "cover", "dem"])
def test_the_record_is_valid(record, schema, layer):
    schema("ogc/iso/19139/20070417/gmd/gmd.xsd").assertValid(record(layer))


def test_a_record_of_an_empty_service_is_valid_too(engine, record, schema):
    engine.service = type(engine.service)()
    engine.times = lambda layer: TimeAxis(values=(), default="")
    schema("ogc/iso/19139/20070417/gmd/gmd.xsd").assertValid(record())


def test_the_address_in_capabilities_leads_to_a_document_of_the_format_it_declares(ask_service):
    root = etree.fromstring(ask_service(SERVICE, "/wms", {"REQUEST": "GetCapabilities"}).body)
    for url in root.iterfind(".//w:MetadataURL", WMS):
        address = url.find("w:OnlineResource", WMS).get(XLINK)
        pairs = [tuple(part.split("=")) for part in address.partition("?")[2].split("&")]
        response = ask_service(SERVICE, "/wms", pairs)
        assert (response.status, response.media_type) == (200, url.findtext("w:Format", namespaces=WMS))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("gmd:fileIdentifier/gco:CharacterString", "s2"),
        (".//gmd:citation//gmd:title/gco:CharacterString", "Sentinel-2 & more"),
        (".//gmd:citation//gmd:date/gco:Date", "2023-06-29"),
        (".//gmd:westBoundLongitude/gco:Decimal", "2.25"),
        (".//gmd:MD_Keywords/gmd:keyword/gco:CharacterString", "ndvi"),
        (".//gmd:useLimitation/gco:CharacterString", "CC-BY-4.0 <&>"),
        (".//gmd:distance/gco:Distance", "10"),
        ("gmd:contact//gmd:organisationName/gco:CharacterString", "Provider <&>"),
        ("gmd:dateStamp/gco:DateTime", "1970-01-01T00:00:00Z"),
    ],
)
def test_the_record_says(record, path, expected):
    assert record().findtext(path, namespaces=NS) == expected


def test_each_service_that_publishes_the_layer_is_named(record):
    protocols = record().iterfind(".//gmd:CI_OnlineResource/gmd:protocol/gco:CharacterString", NS)
    assert [element.text for element in protocols] == ["OGC:WMS", "OGC:WMTS", "OGC:WCS"]


def test_an_unknown_layer_has_no_record(ask_service):
    response = ask_service(SERVICE, "/wms", {"REQUEST": "GetMetadata", "LAYER": "s3"})
    assert b'code="LayerNotDefined"' in response.body


def test_a_record_without_a_layer_is_refused_by_name(ask_service):
    response = ask_service(SERVICE, "/wms", {"REQUEST": "GetMetadata"})
    assert b"LAYER is missing" in response.body
