"""The SOAP binding: both versions, documents in the body, files attached, reports in the detail of faults."""

import base64
import email
import email.policy

import pytest
from lxml import etree

SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES = {SOAP_12: "application/soap+xml", SOAP_11: "text/xml"}
NS = {
    "gml": "http://www.opengis.net/gml/3.2",
    "ows": "http://www.opengis.net/ows/2.0",
    "wcs": "http://www.opengis.net/wcs/2.0",
}
COVERAGE = (
    '<wcs:GetCoverage xmlns:wcs="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1">'
    "<wcs:CoverageId>{name}</wcs:CoverageId><wcs:DimensionSlice><wcs:Dimension>E</wcs:Dimension>"
    "<wcs:SlicePoint>282000</wcs:SlicePoint></wcs:DimensionSlice><wcs:format>{format}</wcs:format></wcs:GetCoverage>"
)
CAPABILITIES = '<wcs:GetCapabilities xmlns:wcs="http://www.opengis.net/wcs/2.0" service="WCS"/>'
DESCRIPTION = (
    '<wcs:DescribeCoverage xmlns:wcs="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1">'
    "<wcs:CoverageId>ndvi</wcs:CoverageId></wcs:DescribeCoverage>"
)
pytestmark = pytest.mark.parametrize("space", [SOAP_12, SOAP_11], ids=["1.2", "1.1"])


@pytest.fixture(scope="session")
def send(client):
    def post(space, inside):
        text = f'<e:Envelope xmlns:e="{space}"><e:Header/><e:Body>{inside}</e:Body></e:Envelope>'
        return client.post("/wcs", data=text, content_type=TYPES[space])

    return post


def body_of(answer, space):
    """The single child of the Body."""
    assert answer.content_type == TYPES[space]
    (child,) = etree.fromstring(answer.get_data()).find(f"{{{space}}}Body")
    return child


@pytest.mark.parametrize("inside", [CAPABILITIES, DESCRIPTION], ids=["capabilities", "description"])
def test_a_document_comes_in_an_envelope(send, wcs_schema, space, inside):
    root = body_of(send(space, inside), space)
    wcs_schema.assertValid(etree.fromstring(etree.tostring(root)))


def test_a_gml_coverage_is_the_body(send, wcs_schema, space):
    root = body_of(send(space, COVERAGE.format(name="ndvi", format="application/gml+xml")), space)
    wcs_schema.assertValid(etree.fromstring(etree.tostring(root)))
    assert root.find(".//gml:tupleList", NS) is not None


@pytest.fixture
def attached(send):
    def get(space):
        answer = send(space, COVERAGE.format(name="ndvi", format="image/tiff"))
        head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + answer.get_data(), policy=email.policy.HTTP)
        return answer, message, list(message.iter_parts())

    return get


def test_a_file_is_attached_to_its_description_in_the_envelope(attached, wcs_schema, space):
    _, _, (envelope, file) = attached(space)
    assert (envelope.get_content_type(), file.get_content_type()) == (TYPES[space], "image/tiff")
    text = envelope.get_content()
    (coverage,) = etree.fromstring(text.encode() if isinstance(text, str) else text).find(f"{{{space}}}Body")
    wcs_schema.assertValid(etree.fromstring(etree.tostring(coverage)))
    assert coverage.findtext(".//gml:fileReference", namespaces=NS) == f"cid:{file['Content-ID'].strip('<>')}"


def test_the_attached_file_is_that_of_the_keys(attached, ask, space):
    _, _, (_, file) = attached(space)
    alone = ask(
        SERVICE="WCS",
        VERSION="2.0.1",
        REQUEST="GetCoverage",
        COVERAGEID="ndvi",
        SUBSET="E(282000)",
        FORMAT="image/tiff",
    )
    assert file.get_content() == alone.get_data()


def test_the_answer_with_attachments_has_its_length_and_names_the_envelope(attached, space):
    answer, message, (envelope, _) = attached(space)
    assert int(answer.headers["Content-Length"]) == len(answer.get_data())
    assert message.get_param("type") == TYPES[space]
    assert message.get_param("start") == envelope["Content-ID"]


@pytest.mark.parametrize(
    ("inside", "code", "status"),
    [
        (COVERAGE.format(name="bogus", format="image/tiff"), "NoSuchCoverage", 404),
        (COVERAGE.format(name="ndvi", format="image/bogus"), "InvalidParameterValue", 400),
        ("<bogus/>", "InvalidParameterValue", 400),
        ("", "InvalidEncodingSyntax", 400),
        ("<a>", "InvalidEncodingSyntax", 400),
    ],
)
def test_a_fault_holds_the_report_in_its_detail(send, report_schema, space, inside, code, status):
    answer = send(space, inside)
    fault = body_of(answer, space)
    assert fault.tag == f"{{{space}}}Fault"
    detail = fault.find(f"{{{SOAP_12}}}Detail" if space == SOAP_12 else "detail")
    (report,) = detail
    report_schema.assertValid(etree.fromstring(etree.tostring(report)))
    assert (report.find("ows:Exception", NS).get("exceptionCode"), answer.status_code) == (code, status)


def test_a_fault_says_whose_it_is(send, space):
    fault = body_of(send(space, "<bogus/>"), space)
    text = "".join(fault.itertext())
    assert ("Sender" in text) if space == SOAP_12 else ("Client" in text)


def test_the_answer_to_a_query_stands_in_the_body_in_base64(send, ask, space):
    query = 'for c in (ndvi) return encode(c[E(282000:282100), N(5465000:5465100)], "image/tiff")'
    inside = (
        '<proc:ProcessCoverages xmlns:proc="http://www.opengis.net/wcs/processing/2.0" service="WCS" version="2.0.1">'
        f"<proc:query>{query}</proc:query></proc:ProcessCoverages>"
    )
    root = body_of(send(space, inside), space)
    alone = ask(SERVICE="WCS", VERSION="2.0.1", REQUEST="ProcessCoverages", QUERY=query)
    assert alone.status_code == 200
    assert root.get("{http://www.w3.org/2005/05/xmlmime}contentType") == alone.content_type
    assert base64.b64decode(root.text) == alone.get_data()
