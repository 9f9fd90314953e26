"""Requests to WMTS that are none."""

import pytest


def test_a_query_without_keys_is_refused(wmts, refused):
    answer = wmts.cite.get("/wmts?service=wmts&request~GetCapabilities!version~1.0.0")
    assert refused(answer) == (400, "MissingParameterValue", "request")


@pytest.mark.parametrize("request_name", ["GetCapabilities", "GetTile", "GetFeatureInfo"])
def test_another_service_is_refused(wmts, refused, request_name):
    assert refused(wmts.ask(request_name, SERVICE="BOGUS")) == (400, "InvalidParameterValue", "service")


def test_an_operation_that_does_not_exist_is_refused(wmts, refused):
    assert refused(wmts.ask("GetBOGUS")) == (400, "InvalidParameterValue", "request")


def test_capabilities_need_a_service(wmts, refused):
    answer = wmts.ask("GetCapabilities", SERVICE=None)
    assert refused(answer) == (400, "MissingParameterValue", "service")


@pytest.mark.parametrize(
    "keys",
    [
        ("service", "request", "version"),
        ("SERVICE", "REQUEST", "VERSION"),
        ("Service", "Request", "Version"),
        ("sErViCe", "rEqUeSt", "vErSiOn"),
        ("SERVICe", "REQUESt", "VERSIOn"),
        ("service", "REQUEST", "Version"),
        ("serVICE", "reqUEST", "verSION"),
        ("SERvice", "REQuest", "VERsion"),
        ("ServicE", "RequesT", "VersioN"),
    ],
)
def test_names_of_keys_have_no_case(wmts, schemas, keys):
    answer = wmts.cite.get("/wmts", **dict(zip(keys, ("WMTS", "GetCapabilities", "1.0.0"), strict=True)))
    assert answer.media_type == "application/xml"
    schemas("ogc/wmts/1.0/wmts.xsd").assertValid(answer.root)


@pytest.mark.parametrize("version", ["2.0.0", "bogus"])
def test_a_tile_of_another_version_is_refused(wmts, refused, version):
    assert refused(wmts.ask("GetTile", VERSION=version)) == (400, "InvalidParameterValue", "version")
