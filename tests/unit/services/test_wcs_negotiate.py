"""Which version a WCS call speaks, and in which one its errors are worded."""

import pytest

from bandstand.errors import InvalidParameter, MissingParameter, UnsupportedVersion
from bandstand.model.exchange import Arguments, Call
from bandstand.services.wcs.negotiate import choose, likely
from bandstand.services.wcs.service import DIALECTS, SERVICE


def arguments(**keys):
    return Arguments(Call(method="GET", path="/wcs", args=tuple(keys.items())))


@pytest.mark.parametrize(
    ("keys", "version"),
    [
        ({}, "2.0.1"),
        ({"version": "2.0.1"}, "2.0.1"),
        ({"version": "1.1.1"}, "1.1.1"),
        ({"version": "1.0.0"}, "1.0.0"),
        ({"version": "9.0.0"}, "2.0.1"),
        ({"version": "1.9.9"}, "1.1.2"),
        ({"version": "1.0.9"}, "1.0.0"),
        ({"version": "0.0.1"}, "1.0.0"),
        ({"version": "bogus"}, "2.0.1"),
        ({"acceptversions": "1.1.0,1.0.0"}, "1.1.0"),
        ({"acceptversions": "0.8.3, 1.0.0 ,2.0.1"}, "1.0.0"),
        ({"acceptversions": "1.1.1", "version": "2.0.1"}, "1.1.1"),
    ],
    ids=str,
)
def test_capabilities_are_negotiated(keys, version):
    dialect, spoken = choose(arguments(request="GetCapabilities", **keys), DIALECTS)
    assert spoken == version
    assert version in dialect.versions


def test_no_acceptable_version_is_refused():
    with pytest.raises(UnsupportedVersion) as caught:
        choose(arguments(request="GetCapabilities", acceptversions="0.1.0,3.0.0"), DIALECTS)
    assert caught.value.locator is None


@pytest.mark.parametrize(("version", "error"), [("", MissingParameter), ("1.0.2", InvalidParameter)])
def test_other_operations_name_a_version_that_is_spoken(version, error):
    with pytest.raises(error) as caught:
        choose(arguments(request="DescribeCoverage", version=version), DIALECTS)
    assert caught.value.locator == "VERSION"


@pytest.mark.parametrize(
    ("keys", "version"),
    [
        ({"version": "1.0.7"}, "1.0.0"),
        ({"version": "1.1.9"}, "1.1.2"),
        ({"version": "2.1.0"}, "2.0.1"),
        ({"coverage": "ndvi"}, "1.0.0"),
        ({"coverage": "ndvi", "version": "0.0.0"}, "1.0.0"),
        ({"identifiers": "ndvi"}, "1.1.2"),
        ({"identifier": "ndvi", "version": "bogus"}, "1.1.2"),
        ({"coverageid": "ndvi"}, "2.0.1"),
        ({}, "2.0.1"),
    ],
    ids=str,
)
def test_errors_are_worded_in_the_version_that_was_meant(keys, version):
    assert likely(arguments(request="DescribeCoverage", **keys), DIALECTS)[1] == version


@pytest.mark.parametrize(
    ("namespace", "version", "word"),
    [
        ("http://www.opengis.net/wcs", "1.0.0", b"ServiceExceptionReport"),
        ("http://www.opengis.net/wcs/1.1", "1.1.2", b'version="1.1.2"'),
        ("http://www.opengis.net/wcs/1.1", "1.1.0", b'version="1.1.0"'),
        ("http://www.opengis.net/wcs/1.1.1", "1.1.1", b'version="1.1.1"'),
        ("http://www.opengis.net/wcs/2.0", "2.0.1", b"http://www.opengis.net/ows/2.0"),
    ],
)
def test_errors_about_a_broken_document_are_worded_in_its_version(namespace, version, word):
    body = f'<DescribeCoverage xmlns="{namespace}" service="WCS" version="{version}"'.encode()
    report = SERVICE.fault(Call(method="POST", path="/wcs", body=body), InvalidParameter("broken", locator="body"))
    assert word in report.body
