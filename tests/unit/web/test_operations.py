"""Which operation the log and the figures tell, of a fixed set whatever a client sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.web.operations import operation_of

KNOWN = {
    "", "GetCapabilities", "GetMap", "GetFeatureInfo", "GetLegendGraphic", "DescribeLayer", "GetMetadata",
    "GetFeatureInfoSchema", "GetTile", "DescribeCoverage", "GetCoverage", "DescribeEOCoverageSet", "ProcessCoverages",
    "tilejson", "page", "static", "docs", "api",
}  # fmt: skip
TILE = "/wmts/1.0.0/ndvi/default/WebMercatorQuad/12/1401/2048"


@pytest.mark.parametrize(
    ("service", "path", "query", "body", "operation"),
    [
        ("wms", "/wms", "SERVICE=WMS&request=getmap", b"", "GetMap"),
        ("wms", "/wms", "Request=Map", b"", "GetMap"),
        ("wms", "/wms", "REQUEST=Invented", b"", ""),
        ("wcs", "/wcs", "", b'<?xml version="1.0"?><wcs:GetCoverage xmlns:wcs="a">', "GetCoverage"),
        ("wcs", "/wcs", "", b"<s:Envelope><s:Body><DescribeCoverage/></s:Body></s:Envelope>", "DescribeCoverage"),
        ("wmts", f"{TILE}.png", "", b"", "GetTile"),
        ("wmts", "/wmts/1.0.0/ndvi/default/2022-07-19/WebMercatorQuad/12/1401/2048.png", "", b"", "GetTile"),
        ("wmts", "/wmts/1.0.0/a/default/EPSG25832/EPSG:25832:1/2/3.png", "", b"", "GetTile"),
        ("wmts", f"{TILE}/4/4.json", "", b"", "GetFeatureInfo"),
        ("wmts", "/wmts/1.0.0/WMTSCapabilities.xml", "", b"", "GetCapabilities"),
        ("xyz", "/xyz/ndvi/12/2048/1401.png", "", b"", "GetTile"),
        ("xyz", "/xyz/ndvi/tilejson.json", "", b"", "tilejson"),
        ("portal", "/", "", b"", "page"),
        ("portal", "/api/layers", "", b"", "api"),
    ],
)
def test_the_operation_is_told(service, path, query, body, operation):
    assert operation_of(service, path, query, body) == operation


@given(st.sampled_from(["wms", "wmts", "wcs", "xyz", "portal", "other"]), st.text(), st.text(), st.binary())
def test_it_is_never_a_text_of_the_client(service, path, query, body):
    assert operation_of(service, f"/{path}", query, body) in KNOWN
    assert operation_of(service, f"/{path}", f"request={query}", b"<" + body) in KNOWN
