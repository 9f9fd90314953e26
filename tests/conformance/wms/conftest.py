"""Both versions of WMS in turn, and each alone."""

import pytest
from tests.conformance.wms.spoken import Wms


@pytest.fixture(scope="session")
def wms13(cite):
    """WMS 1.3.0."""
    return Wms(cite, "1.3.0")


@pytest.fixture(scope="session")
def wms11(cite):
    """WMS 1.1.1."""
    return Wms(cite, "1.1.1")


@pytest.fixture(scope="session", params=["1.3.0", "1.1.1"])
def wms(request, wms13, wms11):
    """Each of them."""
    return {"1.3.0": wms13, "1.1.1": wms11}[request.param]


@pytest.fixture
def is_report(wms, schemas):
    """Whether an answer is a valid report in the version's own media type, and not a picture."""

    def check(answer):
        schemas(wms.report_schema).assertValid(answer.root)
        return answer.media_type == wms.report_type and len(answer.faults) == 1

    return check
