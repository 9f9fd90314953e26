"""Requests of WCS 2.0.1 in every binding, and what is expected of answers and refusals."""

import pytest
from lxml import etree
from tests.conformance.geotiff import read_geotiff
from tests.conformance.truth import read_source
from tests.conformance.wcs20.gml import Gml
from tests.conformance.wcs20.spoken import BINDINGS, NS, Speaker

_IMPORTS = {
    "http://www.opengis.net/wcs/2.0": "wcs/2.0/wcsAll.xsd",
    "http://www.opengis.net/wcs/crs/1.0": "wcs/crs/1.0/wcsCrs.xsd",
    "http://www.opengis.net/WCS_service-extension_scaling/1.0": "wcs/scaling/1.0/wcsScal.xsd",
    "http://www.opengis.net/wcs/range-subsetting/1.0": "wcs/range-subsetting/1.0/wcsRsub.xsd",
}
"""Those of the extensions that do not define elements of the capabilities otherwise than clients look for them."""
COVERAGES = ("cite_reflectance", "cite_classes", "cite_series")


@pytest.fixture(params=BINDINGS)
def speak(cite, request):
    """Asks in each of the bindings."""
    return Speaker(cite, request.param)


@pytest.fixture(scope="session")
def ask(cite):
    """Asks by keys."""
    return Speaker(cite, "kvp")


@pytest.fixture(scope="session")
def schema(shared):
    """WCS 2.0.1 with its extensions."""
    imports = "".join(
        f'<xs:import namespace="{name}" schemaLocation="http://schemas.opengis.net/{at}"/>'
        for name, at in _IMPORTS.items()
    )
    wrapper = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(wrapper, etree.XMLParser(no_network=True)))


@pytest.fixture(scope="session")
def valid(schema):
    """The root of a valid document."""

    def check(answer, media_type="application/xml"):
        assert (answer.status, answer.media_type) == (200, media_type), answer.body[:2000]
        schema.assertValid(answer.root)
        return answer.root

    return check


@pytest.fixture(scope="session")
def refused(schemas):
    """Checks an exception report of OWS 2.0: code, locator and status are those expected."""

    def check(answer, code, locator, status):
        assert (answer.status, answer.media_type) == (status, "text/xml"), answer.body
        schemas("ogc/ows/2.0/owsAll.xsd").assertValid(answer.root)
        assert (answer.root.tag, answer.root.get("version")) == (f"{{{NS['ows']}}}ExceptionReport", "2.0.1")
        assert answer.faults == [(code, locator)]
        assert answer.root.findtext("ows:Exception/ows:ExceptionText", namespaces=NS).strip()

    return check


@pytest.fixture(scope="session")
def described(ask, valid):
    """The description of one coverage."""

    def describe(name):
        (found,) = valid(ask("DescribeCoverage", COVERAGEID=name))
        return Gml(found)

    return describe


@pytest.fixture(scope="session")
def gml(valid):
    """The coverage in GML of an answer, valid."""
    return lambda answer: Gml(valid(answer, answer.media_type))


@pytest.fixture(scope="session")
def picture():
    """The GeoTIFF of an answer; in a SOAP message it is attached to its description."""

    def read(answer):
        assert answer.status == 200, answer.body[:2000]
        if answer.media_type == "multipart/related":
            _, file = answer.parts
            assert file.get_content_type() == "image/tiff"
            return read_geotiff(file.get_payload(decode=True))
        assert answer.media_type == "image/tiff"
        return read_geotiff(answer.body)

    return read


@pytest.fixture(scope="session")
def source(cite):
    """The one scene of the first coverage, which has four bands."""
    return read_source(cite.folder, "cite_reflectance", "reflectance")


@pytest.fixture(scope="session")
def bands(described):
    """Names of the fields of the first coverage, in the order of its description."""
    return described("cite_reflectance").fields
