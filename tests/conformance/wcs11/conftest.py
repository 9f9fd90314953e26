"""Requests of WCS 1.1.1 by keys and as XML, and what is expected of answers and refusals."""

from dataclasses import dataclass
from email.message import Message

import pytest
from lxml import etree
from tests.conformance.geotiff import Picture, read_geotiff
from tests.conformance.truth import read_source
from tests.conformance.wcs11.spoken import BINDINGS, NS, Speaker

SCHEMA = "ogc/wcs/1.1.1/wcsAll.xsd"


@pytest.fixture(params=BINDINGS)
def speak(cite, request):
    """Asks in both bindings."""
    return Speaker(cite, request.param)


@pytest.fixture(scope="session")
def ask(cite):
    """Asks by GET."""
    return Speaker(cite, "get")


@pytest.fixture(scope="session")
def valid(schemas):
    """The root of a valid document."""

    def check(answer, media_type="text/xml"):
        assert (answer.status, answer.media_type) == (200, media_type), answer.body
        schemas(SCHEMA).assertValid(answer.root)
        return answer.root

    return check


@pytest.fixture(scope="session")
def refused(schemas):
    """Checks an exception report of OWS 1.1; the code and locator are those expected (06-121r3, clause 8)."""

    def check(answer, code, locator):
        assert (answer.status, answer.media_type) == (400, "text/xml"), answer.body
        schemas("ogc/ows/1.1.0/owsExceptionReport.xsd").assertValid(answer.root)
        assert answer.root.get("version").startswith("1.1.")
        assert answer.faults == [(code, locator)]
        assert answer.root.findtext("ows:Exception/ows:ExceptionText", namespaces=NS).strip()

    return check


@pytest.fixture(scope="session")
def description(ask, valid):
    """The description of one coverage."""

    def describe(name):
        (found,) = valid(ask("DescribeCoverage", IDENTIFIERS=name)).iterfind("wcs:CoverageDescription", NS)
        return found

    return describe


@pytest.fixture(scope="session")
def source(cite):
    """The one scene of the first coverage, which has four bands."""
    return read_source(cite.folder, "cite_reflectance", "reflectance")


@pytest.fixture(scope="session")
def bands(description):
    """Keys of the axis of the first coverage, in the order of its description."""
    return description("cite_reflectance").xpath(".//wcs:Axis//wcs:Key/text()", namespaces=NS)


@dataclass(frozen=True)
class Delivered:
    """A coverage with the document in front of it."""

    manifest: etree._Element
    root: Message
    """The part that holds it."""
    file: Message
    container: str
    """Content-Type of the whole."""

    @property
    def picture(self) -> Picture:
        """The file, a GeoTIFF."""
        assert self.file.get_content_type() == "image/tiff"
        return read_geotiff(self.file.get_payload(decode=True))


@pytest.fixture(scope="session")
def delivered(schemas):
    """The two parts of a GetCoverage (07-067r5, 10.3.11)."""

    def read(answer):
        assert (answer.status, answer.media_type) == (200, "multipart/related"), answer.body[:2000]
        first, file = answer.parts
        manifest = etree.fromstring(first.get_payload(decode=True))
        schemas(SCHEMA).assertValid(manifest)
        return Delivered(manifest, first, file, answer.headers["Content-Type"])

    return read
