"""Every map protocol in turn."""

import pytest
from tests.conformance.ows.spoken import PROTOCOLS


@pytest.fixture(scope="session", params=PROTOCOLS, ids=lambda protocol: protocol.name)
def protocol(request):
    """One of them."""
    return request.param
