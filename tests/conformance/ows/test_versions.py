"""Which version answers."""

import pytest

WMS = {"1.3.0": "{http://www.opengis.net/wms}WMS_Capabilities", "1.1.1": "WMT_MS_Capabilities"}


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        ({"VERSION": "1.3.0"}, "1.3.0"),
        ({"VERSION": "1.1.1"}, "1.1.1"),
        # The highest where none is named, and where a higher one is.
        ({}, "1.3.0"),
        ({"VERSION": ""}, "1.3.0"),
        ({"VERSION": "100.0.0"}, "1.3.0"),
        ({"VERSION": "1.3.1"}, "1.3.0"),
        # The highest below the one named, and the lowest where all are above it.
        ({"VERSION": "1.2.0"}, "1.1.1"),
        ({"VERSION": "1.0.0"}, "1.1.1"),
        ({"VERSION": "0.0.0"}, "1.1.1"),
        # The old name of the key, and which of the two counts.
        ({"WMTVER": "1.1.1"}, "1.1.1"),
        ({"WMTVER": "1.3.0"}, "1.3.0"),
        ({"WMTVER": "0.0.0", "VERSION": "1.3.0"}, "1.3.0"),
        ({"VERSION": "1.3.0", "WMTVER": "0.0.0"}, "1.3.0"),
        ({"WMTVER": "100.0.0", "VERSION": "1.1.1"}, "1.1.1"),
        ({"VERSION": "1.1.1", "WMTVER": "100.0.0"}, "1.1.1"),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None,
)
def test_wms_answers_in_the_nearest_version_it_has(cite, asked, answers):
    root = cite.get("/wms", SERVICE="WMS", REQUEST="GetCapabilities", **asked).root
    assert (root.tag, root.get("version")) == (WMS[answers], answers)


@pytest.mark.parametrize("asked", [None, "1.0.0", "2.0.0,1.0.0", "1.0.0,0.9.0", "99.9.9,1.0.0,0.0.0"])
def test_wmts_answers_in_a_version_that_the_client_accepts(cite, asked):
    answer = cite.get("/wmts", SERVICE="WMTS", REQUEST="GetCapabilities", ACCEPTVERSIONS=asked)
    assert (answer.status, answer.root.tag) == (200, "{http://www.opengis.net/wmts/1.0}Capabilities")
    assert answer.root.get("version") == "1.0.0"


@pytest.mark.parametrize("asked", ["2.0.0", "0.0.0", "2.0.0,3.0.0", "2011-07"])
def test_wmts_refuses_where_the_client_accepts_none_of_its_versions(cite, asked):
    answer = cite.get("/wmts", SERVICE="WMTS", REQUEST="GetCapabilities", ACCEPTVERSIONS=asked)
    assert (answer.status, answer.faults) == (400, [("VersionNegotiationFailed", None)])
