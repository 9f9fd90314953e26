"""The tile service, and its tiles by both ways."""

import pytest
from tests.conformance.wmts.spoken import Tiles, Wmts

REPORT = "ogc/ows/1.1.0/owsExceptionReport.xsd"


@pytest.fixture(scope="session")
def wmts(cite):
    """WMTS 1.0.0."""
    return Wmts(cite)


@pytest.fixture(scope="session", params=[False, True], ids=["KVP", "REST"])
def tiles(request, wmts):
    """Its tiles by keys, then by path."""
    return Tiles(wmts, request.param)


@pytest.fixture(scope="session")
def refused(schemas):
    """The status, code and locator of a report, which is checked to be a valid one."""

    def read(answer):
        assert answer.media_type == "text/xml"
        schemas(REPORT).assertValid(answer.root)
        ((code, locator),) = answer.faults
        return answer.status, code, locator

    return read
