"""The conformance instance as it is on the wire."""

import re
import socket
from urllib.parse import urlsplit

import pytest

MAP = (
    "/wms?VERSION=1.3.0&REQUEST=GetMap&LAYERS=Autos&STYLES=&CRS=CRS:84&BBOX=-0.0042,-0.0024,0.0042,0.0024"
    "&WIDTH=84&HEIGHT=48&FORMAT=image/png"
)


def head_of(base, target):
    """The lines of an answer's head, as bytes came."""
    address = urlsplit(base)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while part := connection.recv(65536):
            received += part
    return received.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


@pytest.mark.parametrize("target", [MAP, "/wms?REQUEST=GetCapabilities", "/wmts?REQUEST=nonsense", "/wcs"])
def test_header_names_leave_in_canonical_case(instance, target):
    names = [line.partition(":")[0] for line in head_of(instance, target)[1:]]
    assert {"Content-Type", "Content-Length"} <= set(names)
    assert [name for name in names if not re.fullmatch(r"[A-Z][a-z]*(-[A-Z][a-z]*)*", name)] == []


def test_a_default_time_is_told_in_the_words_of_the_standard(instance):
    # 06-042, C.4.2
    assert "Warning: 99 Default value used: time=2000-01-01T00:01:00Z ISO8601" in head_of(instance, MAP)
