"""Requests of WCS 1.0.0 in every binding, and what is expected of answers and refusals."""

import pytest
from tests.conformance.geotiff import read_geotiff
from tests.conformance.truth import read_source
from tests.conformance.wcs10.spoken import BINDINGS, NS, Speaker


@pytest.fixture(params=BINDINGS)
def speak(cite, request):
    """Asks in each of the bindings."""
    return Speaker(cite, request.param)


@pytest.fixture(params=BINDINGS[:2])
def speak_keys(cite, request):
    """Asks in the bindings that have keys."""
    return Speaker(cite, request.param)


@pytest.fixture(scope="session")
def ask(cite):
    """Asks by GET."""
    return Speaker(cite, "get")


@pytest.fixture(scope="session")
def valid(schemas):
    """The root of a valid document."""

    def check(answer, name="wcsAll"):
        assert (answer.status, answer.media_type) == (200, "text/xml"), answer.body
        schemas(f"ogc/wcs/1.0.0/{name}.xsd").assertValid(answer.root)
        return answer.root

    return check


@pytest.fixture(scope="session")
def refused(schemas):
    """Checks a service exception report; the code and locator are those expected (03-065r6, 6.6 and A.1)."""

    def check(answer, code, locator):
        assert (answer.status, answer.media_type) == (400, "application/vnd.ogc.se_xml"), answer.body
        schemas("ogc/wcs/1.0.0/OGC-exception.xsd").assertValid(answer.root)
        (told,) = answer.root
        assert (told.get("code"), told.get("locator")) == (code, locator)
        assert told.text.strip()

    return check


@pytest.fixture(scope="session")
def offering(ask, valid):
    """The description of one coverage."""

    def describe(name):
        (found,) = valid(ask("DescribeCoverage", COVERAGE=name)).iterfind("wcs:CoverageOffering", NS)
        return found

    return describe


@pytest.fixture(scope="session")
def source(cite):
    """The one scene of the first coverage, which has four bands."""
    return read_source(cite.folder, "cite_reflectance", "reflectance")


@pytest.fixture(scope="session")
def bands(offering):
    """Names of the bands of the first coverage, in the order of its description."""
    return offering("cite_reflectance").xpath(".//wcs:AxisDescription/wcs:values/wcs:singleValue/text()", namespaces=NS)


@pytest.fixture(scope="session")
def picture():
    """The GeoTIFF of an answer."""

    def read(answer):
        assert (answer.status, answer.media_type) == (200, "image/tiff"), answer.body[:2000]
        return read_geotiff(answer.body)

    return read
