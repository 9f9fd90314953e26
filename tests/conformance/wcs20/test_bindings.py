"""The bindings of WCS 2.0.1 say the same: keys (OGC 09-147r3), XML (09-148r1), SOAP (09-149r1)."""

import re

import numpy as np
import pytest
from lxml import etree
from tests.conformance.geotiff import read_geotiff
from tests.conformance.wcs20.spoken import BINDINGS, NS, SOAP, Speaker, document

METHOD = "http://www.opengis.net/def/interpolation/OGC/1/linear"
DEGREES = "http://www.opengis.net/def/crs/EPSG/0/4326"
PART = ["E(500012,500048)", "N(5499933)"]
COVERAGE = {"COVERAGEID": "cite_reflectance"}
REQUESTS = {
    "capabilities": ("GetCapabilities", {"ACCEPTVERSIONS": "2.0.1", "SECTIONS": "Contents,ServiceProvider"}),
    "description": ("DescribeCoverage", {"COVERAGEID": "cite_series,cite_classes"}),
    "part": ("GetCoverage", COVERAGE | {"SUBSET": PART, "FORMAT": "application/gml+xml"}),
    "fields": ("GetCoverage", COVERAGE | {"RANGESUBSET": "red,blue"}),
    "larger": ("GetCoverage", COVERAGE | {"SCALEFACTOR": "2.0", "INTERPOLATION": METHOD}),
    "axes": ("GetCoverage", COVERAGE | {"SCALEAXES": "i(2.0),j(0.5)"}),
    "size": ("GetCoverage", COVERAGE | {"SCALESIZE": "i(7),j(5)"}),
    "extent": ("GetCoverage", COVERAGE | {"SCALEEXTENT": "i(10:20),j(100:200)"}),
    "elsewhere": ("GetCoverage", COVERAGE | {"OUTPUTCRS": DEGREES, "SUBSETTINGCRS": DEGREES}),
}
OLD = """<wcs:GetCoverage xmlns:wcs="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.opengis.net/wcs/2.0 ../wcsAll.xsd"
xmlns:rsub="http://www.opengis.net/wcs/range-subsetting/1.0" xmlns:scal="http://www.opengis.net/wcs/scaling/1.0"
xmlns:int="http://www.opengis.net/wcs/interpolation/1.0"><wcs:CoverageId> cite_reflectance </wcs:CoverageId>
<wcs:Extension><rsub:rangeSubset><rsub:rangeItem><rsub:rangeComponent> nir </rsub:rangeComponent></rsub:rangeItem>
</rsub:rangeSubset><scal:ScaleByFactor><scal:scaleFactor> 2.0 </scal:scaleFactor></scal:ScaleByFactor>
<int:Interpolation><int:globalInterpolation> %s </int:globalInterpolation></int:Interpolation></wcs:Extension>
<wcs:format> image/tiff </wcs:format></wcs:GetCoverage>"""


def canonical(element):
    """An element apart from prefixes and blanks."""
    inside = "".join(canonical(child) for child in element if isinstance(child.tag, str))
    return f"<{element.tag} {sorted(element.attrib.items())}>{' '.join((element.text or '').split())}{inside}"


@pytest.mark.parametrize("name", REQUESTS)
def test_every_binding_gives_the_same_document(cite, name):
    operation, keys = REQUESTS[name]
    answers = {binding: Speaker(cite, binding)(operation, **keys) for binding in BINDINGS}
    assert {answer.status for answer in answers.values()} == {200}
    assert len({canonical(answer.root) for answer in answers.values()}) == 1


@pytest.mark.parametrize("name", REQUESTS)
def test_keys_and_xml_give_the_same_bytes(cite, name):
    operation, keys = REQUESTS[name]
    assert Speaker(cite, "kvp")(operation, **keys).body == Speaker(cite, "xml")(operation, **keys).body


@pytest.mark.parametrize("name", REQUESTS)
def test_the_documents_of_these_checks_are_valid_requests(schema, name):
    operation, keys = REQUESTS[name]
    versions = {} if operation == "GetCapabilities" else {"VERSION": "2.0.1"}
    schema.assertValid(etree.fromstring(document({"SERVICE": "WCS", "REQUEST": operation} | versions | keys)))


@pytest.mark.parametrize("media_type", ["text/xml", "application/xml", "text/xml; charset=utf-8"])
def test_xml_may_be_posted_under_either_name(cite, valid, media_type):
    valid(cite.post("/wcs", document({"SERVICE": "WCS", "REQUEST": "GetCapabilities"}), media_type))


def test_the_older_spelling_of_extensions_is_read(cite, ask, picture):
    posted = picture(cite.post("/wcs", OLD % METHOD))
    keys = {"RANGESUBSET": "nir", "SCALEFACTOR": "2.0", "INTERPOLATION": METHOD, "FORMAT": "image/tiff"}
    asked = picture(ask("GetCoverage", **COVERAGE, **keys))
    assert posted.size == (40, 40)
    assert np.array_equal(posted.values, asked.values)


ROOT = 'xmlns:wcs="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1"'
SERIES = "<wcs:CoverageId>cite_series</wcs:CoverageId>"
WRONG = {
    "another service": (
        f"<wcs:GetCapabilities {ROOT.replace('WCS', 'WCS_Bogus')}/>",
        "InvalidParameterValue",
        "SERVICE",
    ),
    "no service": (
        '<wcs:GetCapabilities xmlns:wcs="http://www.opengis.net/wcs/2.0"/>',
        "MissingParameterValue",
        "SERVICE",
    ),
    "strange element": (
        f"<wcs:GetCapabilities {ROOT}><wcs:Bogus/></wcs:GetCapabilities>",
        "InvalidEncodingSyntax",
        "body",
    ),
    "no dimension": (
        f"<wcs:GetCoverage {ROOT}><wcs:DimensionTrim/></wcs:GetCoverage>",
        "InvalidEncodingSyntax",
        "body",
    ),
    "no coverage": (f"<wcs:DescribeCoverage {ROOT}/>", "MissingParameterValue", "COVERAGEID"),
    "another version": (
        f"<wcs:DescribeCoverage {ROOT.replace('2.0.1', '7.0.0')}>{SERIES}</wcs:DescribeCoverage>",
        "InvalidParameterValue",
        "VERSION",
    ),
    "not closed": (f"<wcs:GetCapabilities {ROOT}>", "InvalidEncodingSyntax", "body"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_document_that_is_no_request_is_refused(cite, refused, case):
    text, code, locator = WRONG[case]
    refused(cite.post("/wcs", text), code, locator, 400)


@pytest.mark.parametrize("case", [name for name in WRONG if name != "not closed"])
def test_an_envelope_around_no_request_is_a_fault(cite, refused, case):
    text, code, locator = WRONG[case]
    refused(Speaker(cite, "soap").send(text), code, locator, 400)


@pytest.mark.parametrize("inside", ["", "<wcs:GetCapabilities/><wcs:GetCapabilities/>"], ids=["empty", "two"])
def test_an_envelope_holds_one_request(cite, inside):
    text = f'<s:Envelope xmlns:s="{SOAP}" xmlns:wcs="{NS["wcs"]}"><s:Body>{inside}</s:Body></s:Envelope>'
    answer = cite.post("/wcs", text, "application/soap+xml")
    assert answer.media_type == "application/soap+xml"
    (report,) = answer.root.xpath("/soap:Envelope/soap:Body/soap:Fault/soap:Detail/ows:ExceptionReport", namespaces=NS)
    assert report.xpath("ows:Exception/@exceptionCode", namespaces=NS) == ["InvalidEncodingSyntax"]


ENVELOPES = {SOAP: "application/soap+xml", "http://schemas.xmlsoap.org/soap/envelope/": "text/xml"}


@pytest.mark.parametrize("space", ENVELOPES, ids=["1.2", "1.1"])
@pytest.mark.parametrize(
    ("inside", "told"),
    [(f"<wcs:GetCapabilities {ROOT}/>", "wcs:Capabilities"), ("<wcs:GetBogus/>", "ows:ExceptionReport")],
    ids=["answer", "fault"],
)
def test_an_answer_comes_in_the_envelope_that_was_sent(cite, space, inside, told):
    """With the media type of its version (SOAP 1.2 part 2, 7.1.4; SOAP 1.1, 6)."""
    text = f'<s:Envelope xmlns:s="{space}" xmlns:wcs="{NS["wcs"]}"><s:Body>{inside}</s:Body></s:Envelope>'
    answer = cite.post("/wcs", text, ENVELOPES[space])
    assert answer.media_type == ENVELOPES[space]
    assert answer.root.tag == f"{{{space}}}Envelope"
    assert len(answer.root.xpath(f"//{told}", namespaces=NS)) == 1


def test_a_file_is_attached_to_a_message(cite, ask, picture):
    answer = Speaker(cite, "soap")("GetCoverage", **COVERAGE, FORMAT="image/tiff")
    assert answer.media_type == "multipart/related"
    message, file = answer.parts
    assert message.get_content_type() == "application/soap+xml"
    root = etree.fromstring(message.get_payload(decode=True))
    assert root.xpath("/soap:Envelope/soap:Body/gmlcov:RectifiedGridCoverage", namespaces=NS)
    alone = picture(ask("GetCoverage", **COVERAGE, FORMAT="image/tiff"))
    assert np.array_equal(read_geotiff(file.get_payload(decode=True)).values, alone.values)


def test_bindings_are_told_by_their_profiles(ask):
    profiles = ask("GetCapabilities").root.xpath("//ows:Profile/text()", namespaces=NS)
    bound = [text for text in profiles if text.startswith("http://www.opengis.net/spec/WCS_protocol-binding_")]
    assert len(bound) == len(BINDINGS)


@pytest.mark.parametrize("operation", ["GetCapabilities", "DescribeCoverage", "GetCoverage"])
def test_names_of_headers_are_in_canonical_case(speak, operation):
    # They have no case (RFC 9110, 5.1); some clients look for them by their letters all the same.
    for keys in (COVERAGE, {"COVERAGEID": "bogus", "SECTIONS": "Bogus"}):
        names = speak(operation, **keys).headers
        assert {"Content-Type", "Content-Length"} <= set(names)
        assert [name for name in names if not re.fullmatch(r"(X|[A-Z][A-Za-z]*)(-[A-Z][A-Za-z]*)*", name)] == []
