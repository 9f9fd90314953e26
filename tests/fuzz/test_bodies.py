"""What is posted to hurt is refused in the words of its version, soon, without a file read or an address called."""

import socket
import time

import pytest
from lxml import etree
from tests.fuzz.bodies import SECRET, Root, hostile_bodies
from tests.fuzz.reports import FORMS, read_report

from bandstand.services.wcs.service import DIALECTS

LIMIT_S = 1.0
LEAST = 60
SPOKEN = {version for dialect in DIALECTS for version in dialect.versions}
ROOTS = {
    "WMS": ("/wms", "WMS 1.3.0", Root("GetMap", "http://www.opengis.net/sld", "WMS", "1.3.0")),
    "WMTS": ("/wmts", "OWS 1.1", Root("GetTile", "http://www.opengis.net/wmts/1.0", "WMTS", "1.0.0")),
    "WCS 2.0.1": ("/wcs", "OWS 2.0", Root("GetCoverage", "http://www.opengis.net/wcs/2.0", "WCS", "2.0.1")),
}
if "1.1.1" in SPOKEN:
    ROOTS["WCS 1.1.1"] = ("/wcs", "OWS 1.1", Root("GetCoverage", "http://www.opengis.net/wcs/1.1.1", "WCS", "1.1.1"))
if "1.0.0" in SPOKEN:
    ROOTS["WCS 1.0.0"] = ("/wcs", "WCS 1.0.0", Root("GetCoverage", "http://www.opengis.net/wcs", "WCS", "1.0.0"))
CODES = {
    "WMS 1.3.0": {"", "OperationNotSupported"},
    "OWS 1.1": {"InvalidParameterValue", "MissingParameterValue", "NoApplicableCode", "OperationNotSupported"},
    "OWS 2.0": {
        "InvalidParameterValue", "MissingParameterValue", "NoApplicableCode", "OperationNotSupported",
        "InvalidEncodingSyntax", "NoSuchCoverage", "VersionNegotiationFailed",
    },
    "WCS 1.0.0": {"InvalidParameterValue", "MissingParameterValue", "CoverageNotDefined", ""},
}  # fmt: skip
STATUSES = {400, 404, 413, 415}


class Listener:
    """An address that notices whoever calls."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def was_called(self):
        try:
            connection, _ = self._socket.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True

    def close(self):
        self._socket.close()


@pytest.fixture(scope="module")
def listener():
    found = Listener()
    yield found
    found.close()


@pytest.fixture(scope="module")
def bodies(listener, tmp_path_factory):
    """The hostile bodies of a service, made once."""
    path = tmp_path_factory.mktemp("secret") / "secret.txt"
    path.write_text(SECRET)
    known = {}

    def made(name):
        if name not in known:
            known[name] = hostile_bodies(ROOTS[name][2], listener.address, str(path))
        return known[name]

    return made


def posted(client, path, body, content_type):
    """The answer and the seconds it took, the better of two where the first took long."""
    times = []
    while not times or (times[0] > LIMIT_S and len(times) < 2):
        begin = time.perf_counter()
        answer = client.post(path, data=body, content_type=content_type)
        answer.get_data()
        times.append(time.perf_counter() - begin)
    return answer, min(times)


def complaint(answer, took, form, schemas):
    """What is wrong with an answer; empty when nothing is."""
    if answer.status_code not in STATUSES:
        return f"status {answer.status_code} {answer.get_data()[:200]!r}"
    try:
        report = read_report(answer.get_data(), answer.content_type, FORMS[form], schemas)
    except (AssertionError, ValueError, etree.XMLSyntaxError) as error:
        return f"{error} {answer.get_data()[:200]!r}"
    wrong = [] if report.code in CODES[form] else [f"code {report.code!r} {report.text[:100]}"]
    if SECRET in report.text or "Traceback" in report.text or len(report.text) > 2000:
        wrong.append(f"says {report.text[:200]}")
    if took > LIMIT_S:
        wrong.append(f"took {took:.2f} s")
    return "; ".join(wrong)


def test_a_listener_notices_who_calls(listener):
    host, _, port = listener.address.removeprefix("http://").partition(":")
    socket.create_connection((host, int(port)), timeout=5).close()
    assert listener.was_called()
    assert not listener.was_called()


@pytest.mark.parametrize("name", ROOTS)
def test_hostile_bodies_are_refused_in_the_words_of_the_version(client, schemas, bodies, listener, name, request):
    path, form, _ = ROOTS[name]
    assert len(bodies(name)) >= LEAST
    complaints, slowest = {}, (0.0, "")
    for why, (body, content_type) in bodies(name).items():
        answer, took = posted(client, path, body, content_type)
        slowest = max(slowest, (took, why))
        # What cannot be told to be of a version, or is not even read, is worded as the newest has it.
        named = ROOTS[name][2].namespace.encode() + b'"' in body[:4096] and len(body) <= 10_000_000
        anonymous = name.startswith("WCS") and not named
        if text := complaint(answer, took, "OWS 2.0" if anonymous else form, schemas):
            complaints[why] = text
    request.node.user_properties.append(("slowest", f"{slowest[0]:.3f} s: {slowest[1]}"))
    assert complaints == {}
    assert not listener.was_called()
