"""One conformance instance for all checks, and the schemas of the OGC as validators."""

import pytest
from tests.conformance.wire import Cite
from tests.fixtures.certifying import certifying
from tests.fixtures.schemas import Schemas


@pytest.fixture(scope="session")
def cite(tmp_path_factory):
    """A running conformance instance: `cite.get("/wms", REQUEST="GetCapabilities")`."""
    folder = tmp_path_factory.mktemp("conformance") / "site"
    with certifying(folder) as base:
        yield Cite(base, folder)


@pytest.fixture(scope="session")
def schemas(shared):
    """Validators by their path: `schemas("ogc/wms/1.3.0/capabilities_1_3_0.xsd").assertValid(root)`."""
    return Schemas(shared / "schemas")
