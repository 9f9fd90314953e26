"""How each protocol says that it was asked wrongly."""

import pytest

ROOTS = {
    "WMS 1.3.0": ("{http://www.opengis.net/ogc}ServiceExceptionReport", "1.3.0"),
    "WMS 1.1.1": ("ServiceExceptionReport", "1.1.1"),
    "WMTS 1.0.0": ("{http://www.opengis.net/ows/1.1}ExceptionReport", "1.0.0"),
}
MISTAKES = {
    "no such operation": {"REQUEST": "GetBogus"},
    "no such layer": {"LAYERS": "Nowhere", "LAYER": "Nowhere"},
    "no such format": {"FORMAT": "image/bogus"},
    "no such time": {"LAYERS": "Autos", "LAYER": "Autos", "STYLE": "cite_autos", "TIME": "yesterday-ish"},
    "a number that is none": {"WIDTH": "many", "TILEROW": "many"},
}


@pytest.fixture(params=MISTAKES.values(), ids=MISTAKES.keys())
def report(request, cite, protocol):
    """What the service says of a mistake."""
    return protocol.draw(cite, **request.param)


def test_a_report_has_the_root_of_its_standard(report, protocol):
    assert (report.root.tag, report.root.get("version")) == ROOTS[protocol.name]


def test_a_report_comes_in_its_media_type(report, protocol):
    assert report.media_type == protocol.report_type


def test_a_report_is_valid(report, protocol, schemas):
    schemas(protocol.report_schema).assertValid(report.root)


def test_a_report_says_where_its_schema_lies(report, protocol):
    place = {
        "WMS 1.3.0": "http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd",
        "WMS 1.1.1": "http://schemas.opengis.net/wms/1.1.1/WMS_exception_1_1_1.dtd",
        "WMTS 1.0.0": "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd",
    }[protocol.name]
    assert place in report.body.decode()


def test_a_mistake_of_the_client_has_a_status_that_says_so(report, protocol):
    assert report.status in protocol.mistakes


def test_a_report_tells_what_was_wrong(report):
    (one,) = report.root
    assert len(" ".join(one.itertext()).split()) > 3


def test_a_document_comes_in_its_media_type_and_is_valid(cite, protocol, schemas):
    answer = protocol.capabilities(cite)
    expected = {"WMS 1.3.0": "text/xml", "WMS 1.1.1": "application/vnd.ogc.wms_xml", "WMTS 1.0.0": "application/xml"}
    assert (answer.status, answer.media_type) == (200, expected[protocol.name])
    assert answer.headers["Content-Length"] == str(len(answer.body))
    schemas(protocol.schema).assertValid(answer.root)
