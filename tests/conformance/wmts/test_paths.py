"""Capabilities by path, and paths that are none."""

import pytest
from tests.conformance.wmts.spoken import HREF


def test_the_document_has_an_address_of_its_own(wmts, schemas):
    (address,) = wmts.find("w:ServiceMetadataURL")
    answer = wmts.cite.get(address.get(HREF).removeprefix(wmts.cite.base))
    assert (answer.status, answer.media_type) == (200, "application/xml")
    schemas("ogc/wmts/1.0/wmts.xsd").assertValid(answer.root)
    assert answer.root.xpath("//*[local-name()='ServiceMetadataURL']")[0].get(HREF) == address.get(HREF)
    assert answer.body == wmts.ask("GetCapabilities").body


@pytest.mark.parametrize(("accepted", "status"), [("example/unknown", 406), ("application/xml", 200), ("*/*", 200)])
def test_a_type_that_the_document_does_not_have_is_not_acceptable(wmts, accepted, status):
    answer = wmts.cite.get("/wmts/1.0.0/WMTSCapabilities.xml", headers={"Accept": accepted})
    assert answer.status == status


@pytest.mark.parametrize(
    "path",
    [
        "WMTSCapabilities.xml/Bogus",
        "Lakes",
        "Lakes/cite_lakes/BlueLake/0/1.png",
        "Lakes/cite_lakes/BlueLake/0/1/1",
        "Lakes/cite_lakes/BlueLake/0/1/1/1/1/1.png",
    ],
)
def test_a_path_that_leads_nowhere_is_not_found(wmts, refused, path):
    status, _, _ = refused(wmts.cite.get(f"/wmts/1.0.0/{path}"))
    assert status == 404


@pytest.mark.parametrize("key", ["TileRow", "TileCol"])
def test_what_is_no_number_is_refused(wmts, refused, key):
    row, column = ("x", "1") if key == "TileRow" else ("1", "x")
    answer = wmts.cite.get(f"/wmts/1.0.0/Lakes/cite_lakes/BlueLake/0/{row}/{column}.png")
    assert refused(answer) == (400, "InvalidParameterValue", key)
