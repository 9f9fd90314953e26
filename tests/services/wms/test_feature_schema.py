"""GML feature info is valid under the schema that it names."""

import pytest
from lxml import etree

from bandstand.services.wms import SERVICE

NS = {
    "app": "urn:bandstand:feature-info",
    "gml": "http://www.opengis.net/gml",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
INFO = {
    "SERVICE": "WMS",
    "VERSION": "1.1.1",
    "REQUEST": "GetFeatureInfo",
    "LAYERS": "s2,cover",
    "QUERY_LAYERS": "s2,cover",
    "SRS": "EPSG:4326",
    "BBOX": "2,43,4,44",
    "WIDTH": "200",
    "HEIGHT": "100",
    "INFO_FORMAT": "application/vnd.ogc.gml",
    "X": "50",
    "Y": "20",
}


@pytest.fixture
def gml(ask_service):
    return lambda **more: etree.fromstring(ask_service(SERVICE, "/wms", INFO | more).body)


@pytest.fixture
def named_schema(ask_service, shared):
    """The schema at the address that a document names, with its import from the published schemas."""

    def load(root):
        namespace, address = root.get(LOCATION).split()
        assert namespace == NS["app"]
        pairs = [tuple(part.split("=")) for part in address.partition("?")[2].split("&")]
        document = etree.fromstring(ask_service(SERVICE, "/wms", pairs).body)
        imported = document.find("xs:import", NS)
        local = imported.get("schemaLocation").replace("http://schemas.opengis.net", str(shared / "schemas" / "ogc"))
        imported.set("schemaLocation", local)
        return etree.XMLSchema(document)

    return load


@pytest.mark.parametrize("count", ["1", "2"])
def test_the_document_is_valid_under_its_own_schema(gml, named_schema, engine, make_sample, count):
    engine.samples = (make_sample(item="a"), make_sample(item="b"), make_sample("cover"))
    root = gml(FEATURE_COUNT=count)
    named_schema(root).assertValid(root)


def test_a_document_without_features_is_valid_too(gml, named_schema, engine):
    engine.samples = ()
    root = gml()
    named_schema(root).assertValid(root)


def test_an_element_of_another_name_is_not_valid(gml, named_schema):
    root = gml()
    schema = named_schema(root)
    root.find(".//app:s2", NS).tag = f"{{{NS['app']}}}other"
    assert not schema.validate(root)
