"""The schemas that every exception report is held against."""

import pytest
from tests.fixtures.schemas import Schemas


@pytest.fixture(scope="session")
def schemas(shared):
    return Schemas(shared / "schemas")
