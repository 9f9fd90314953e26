"""EXCEPTIONS: how a map that cannot be drawn is answered."""

from urllib.parse import urlencode

import numpy as np
import pytest
from tests.conformance.wms.spoken import LAKE_BOX, code

RED = (255, 0, 0, 255)


@pytest.fixture(params=["Nowhere", "Lakes,Nowhere"])
def fail(wms, request):
    """A map of a layer that does not exist."""
    return lambda **keys: wms.map(LAYERS=request.param, **keys)


def test_the_kinds_of_reports_are_told(wms):
    told = [one.text for one in wms.document.findall("{*}Capability/{*}Exception/{*}Format")]
    assert told[:3] == [wms.exceptions(name) for name in ("XML", "INIMAGE", "BLANK")]


@pytest.mark.parametrize("named", [False, True])
def test_a_report_is_xml_unless_asked_otherwise(wms, fail, is_report, named):
    answer = fail(EXCEPTIONS=wms.exceptions("XML") if named else None)
    assert is_report(answer)
    assert code(answer) == "LayerNotDefined"


def test_a_report_by_word_in_any_case(wms, fail, is_report):
    assert is_report(fail(EXCEPTIONS=wms.exceptions("XML").lower()))


@pytest.mark.parametrize("form", ["image/png", "image/jpeg", "image/webp", "image/png; mode=8bit"])
def test_a_report_in_the_picture_is_a_picture_with_text(wms, fail, form):
    answer = fail(EXCEPTIONS=wms.exceptions("INIMAGE"), FORMAT=form)
    assert answer.headers["Content-Type"] == form
    assert answer.image.size == (200, 100)
    dark = (answer.rgba[..., :3].astype(int).sum(axis=2) < 384).mean()
    assert 0.005 < dark < 0.6


def test_a_report_in_a_transparent_picture_has_no_ground(wms, fail):
    alpha = fail(EXCEPTIONS=wms.exceptions("INIMAGE"), TRANSPARENT="TRUE").rgba[..., 3]
    assert (alpha == 0).any()
    assert (alpha == 255).any()


@pytest.mark.parametrize("form", ["image/png", "image/jpeg", "image/webp", "image/tiff", "image/png; mode=8bit"])
def test_a_blank_report_is_a_picture_of_the_ground(wms, fail, form):
    answer = fail(EXCEPTIONS=wms.exceptions("BLANK"), TRANSPARENT="FALSE", BGCOLOR="0xFF0000", FORMAT=form)
    assert answer.headers["Content-Type"] == form
    assert answer.image.size == (200, 100)
    assert np.abs(answer.rgba.astype(int) - RED).max() <= (0 if "png" in form or "tiff" in form else 2)


def test_a_blank_report_without_a_colour_is_white(wms, fail):
    assert (fail(EXCEPTIONS=wms.exceptions("BLANK")).rgba == 255).all()


def test_a_blank_report_may_be_transparent(wms, fail):
    answer = fail(EXCEPTIONS=wms.exceptions("BLANK"), TRANSPARENT="TRUE")
    assert answer.media_type == "image/png"
    assert (answer.rgba[..., 3] == 0).all()


def test_a_kind_that_is_not_offered_is_refused(wms, is_report):
    assert is_report(wms.map(EXCEPTIONS="BOGUS"))


def test_a_report_that_no_picture_can_hold_is_xml(wms, is_report):
    # Without a usable format or size there is no picture to write into.
    assert is_report(wms.map(EXCEPTIONS=wms.exceptions("INIMAGE"), FORMAT="image/bogus"))
    assert is_report(wms.map(LAKE_BOX, ("wide", 10), EXCEPTIONS=wms.exceptions("BLANK")))


def test_a_map_without_a_version_is_a_report(wms13):
    answer = wms13.map(VERSION=None)
    assert answer.media_type == "text/xml"
    assert len(answer.faults) == 1


@pytest.mark.parametrize("request_name", ["GetCapabilities", "GetMap", "GetFeatureInfo"])
def test_another_service_is_refused(wms, is_report, request_name):
    assert is_report(wms.map(SERVICE="WFS", REQUEST=request_name))


def test_a_map_without_a_service_is_a_map(wms):
    assert wms.map(SERVICE=None).body == wms.map().body


@pytest.mark.parametrize("name", ["GetBogus", "getmapp"])
def test_an_operation_that_does_not_exist_is_refused(wms, is_report, name):
    answer = wms.map(REQUEST=name)
    assert is_report(answer)
    assert code(answer) == "OperationNotSupported"


@pytest.mark.parametrize("name", [None, ""])
def test_an_operation_must_be_named(wms, is_report, name):
    assert is_report(wms.map(REQUEST=name))


def test_a_key_that_is_given_twice_is_refused_unless_it_says_the_same(wms, is_report):
    assert is_report(wms.map(LAYERS=["Lakes", "Ponds"]))
    assert wms.map(LAYERS=["Lakes", "Lakes"]).body == wms.map().body


def test_a_request_may_be_posted_as_a_form(wms):
    keys = {"VERSION": wms.version, "REQUEST": "GetMap"} | wms.map_keys()
    assert wms.document.findall(".//{*}GetMap/{*}DCPType/{*}HTTP/{*}Post")
    answer = wms.cite.post("/wms", urlencode(keys), "application/x-www-form-urlencoded")
    assert answer.media_type == "image/png"
    assert answer.body == wms.map().body


def test_the_old_words_of_a_map_are_known(wms11):
    answer = wms11.map(VERSION=None, WMTVER="1.1.1", REQUEST="map")
    assert answer.media_type == "image/png"
    assert answer.body == wms11.map().body
