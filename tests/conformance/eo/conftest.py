"""The Earth observation profile of WCS (OGC 10-140r1): requests in its bindings, and what is expected."""

import pytest
from lxml import etree
from tests.conformance.wcs20.conftest import ask, picture, refused  # noqa: F401 - fixtures of the same protocol
from tests.conformance.wcs20.gml import Gml
from tests.conformance.wcs20.spoken import Speaker

SCHEMA = "ogc/wcs/wcseo/1.0/wcsEOAll.xsd"


@pytest.fixture(params=["kvp", "xml"])
def speak(cite, request):
    """Asks in the bindings of the profile."""
    return Speaker(cite, request.param)


@pytest.fixture(scope="session")
def valid(schemas):
    """The root of a document that is valid by the schema of the profile."""

    def check(answer):
        assert (answer.status, answer.media_type.endswith("xml")) == (200, True), answer.body
        errors = schemas.lax(SCHEMA).iter_errors(etree.ElementTree(answer.root), use_location_hints=False)
        assert [f"{error.path}: {error.reason}" for error in errors] == []
        return answer.root

    return check


@pytest.fixture(scope="session")
def described(ask):  # noqa: F811 - the fixture
    """The description of a coverage, a dataset among them."""

    def describe(name):
        answer = ask("DescribeCoverage", COVERAGEID=name)
        assert answer.status == 200, answer.body
        (found,) = answer.root
        return Gml(found)

    return describe
