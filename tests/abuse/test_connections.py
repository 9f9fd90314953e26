"""What clients do with their connections stops nobody else."""

import contextlib
import resource

import pytest

HALF = b"POST /wcs HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 10000\r\n\r\n<a"
LARGE = (
    b"GET /wcs?service=WCS&version=2.0.1&request=GetCoverage&coverageId=s2_l2a&format=image/tiff HTTP/1.1\r\n"
    b"Host: a\r\n\r\n"
)
TILE = "/xyz/s2_l2a/14/8191/5604.png"


@pytest.fixture
def many_files():
    """As many descriptors as the system allows this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_half_sent_bodies_silence_and_clients_that_do_not_read_stop_nobody(victim):
    server = victim("--threads", "2")
    with contextlib.ExitStack() as stack:
        for number in range(600):
            client = stack.enter_context(contextlib.closing(server.connect(buffer=4096)))
            if number % 3 == 0:
                client.sendall(HALF)
            elif number % 30 == 1:
                client.sendall(LARGE)
        for path in ("/healthz", TILE, "/wms?service=WMS&request=GetCapabilities", "/readyz"):
            assert server.get(path, timeout=5)[0] == 200
    assert server.get("/healthz", timeout=5)[0] == 200
