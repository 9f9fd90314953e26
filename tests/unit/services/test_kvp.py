"""Typed readers of parameters, version negotiation, XML in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import (
    BadRequest,
    BandstandError,
    InvalidParameter,
    TooLarge,
    UnsupportedFormat,
    UnsupportedVersion,
)
from bandstand.model.crs import CRS84, WGS84
from bandstand.model.grid import BBox
from bandstand.services.ows import kvp
from bandstand.services.ows.spellings import SPELLINGS, remark
from bandstand.services.ows.versions import accept_versions, compare_sequence, negotiate
from bandstand.services.ows.xml import legal_text, parse_xml, plain_number, to_ncname


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value):
    assert kvp.number(repr(value), "N") == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_published_number_has_no_exponent_and_reads_back_as_itself(value):
    text = plain_number(value)
    assert "e" not in text.casefold()
    assert float(text) == value


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_a_whole_number_reads_back_with_or_without_a_fraction_of_zero(value):
    assert kvp.integer(str(value), "N") == kvp.integer(f"{value}.0", "N") == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "1_0", "nan", "inf", "-inf", "0x10", "1,5", "1e400", "\uff12\uff15", "\u00b2", f"1.{'0' * 999}1"],
)
def test_what_is_no_finite_number_is_refused(text):
    with pytest.raises(InvalidParameter, match="no finite number"):
        kvp.number(text, "N")


@given(st.text(max_size=40))
def test_readers_raise_nothing_but_our_errors(text):
    readers = (
        lambda: kvp.number(text, "K"),
        lambda: kvp.integer(text, "K"),
        lambda: kvp.boolean(text, "K", default=False),
        lambda: kvp.colour(text, "K"),
        lambda: kvp.bbox(text, "K", WGS84, authority_order=True),
        lambda: kvp.crs(text, (WGS84,), "K"),
        lambda: kvp.media_type(text, ("image/png",), "K"),
        lambda: kvp.size(text, "K", limit=10, limit_name="MaxK"),
        lambda: kvp.time_text(text),
    )
    for reader in readers:
        try:
            reader()
        except BandstandError as error:
            assert error.locator == "K"  # noqa: PT017 - any of them may raise


coordinates = st.floats(min_value=-80, max_value=80)


@given(coordinates, coordinates, coordinates, coordinates)
def test_a_north_first_box_is_the_same_box_turned(a, b, c, d):
    low_x, high_x, low_y, high_y = min(a, c), max(a, c) + 1, min(b, d), max(b, d) + 1
    turned = kvp.bbox(f"{low_y},{low_x},{high_y},{high_x}", "B", WGS84, authority_order=True)
    plain = kvp.bbox(f"{low_x},{low_y},{high_x},{high_y}", "B", CRS84, authority_order=True)
    assert turned == plain == BBox(low_x, low_y, high_x, high_y)


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ("2023-06-14", "2023-06-14"),
        ("2023-06-14T12:00:00 02:00", "2023-06-14T12:00:00+02:00"),
        ("2023-06-14T12:00:00 02:00/2023-06-15T12:00:00 0200", "2023-06-14T12:00:00+02:00/2023-06-15T12:00:00+0200"),
        ("2023-06-14, 2023-06-15", "2023-06-14,2023-06-15"),
    ],
)
def test_a_zone_gets_its_plus_back(given_, meant):
    assert kvp.time_text(given_) == meant


def test_a_size_above_the_limit_names_it():
    with pytest.raises(TooLarge, match=r"WIDTH 11 exceeds the maximum 10 \(MaxWidth\)"):
        kvp.size("11", "WIDTH", limit=10, limit_name="MaxWidth")


def test_an_unknown_format_names_the_offered_ones():
    with pytest.raises(UnsupportedFormat, match="offered: image/png, image/jpeg"):
        kvp.media_type("image/bmp", ("image/png", "image/jpeg"), "FORMAT")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("", "1.3.0"), ("1.3", "1.3.0"), ("9", "1.3.0"), ("1.2.9", "1.1.1"), ("0.0.0", "1.1.1"), ("x", "1.3.0")],
)
def test_the_highest_version_not_above_the_wish_is_spoken(asked, answered):
    assert negotiate(asked, ("1.3.0", "1.1.1")) == answered


def test_the_clients_order_of_versions_counts():
    assert accept_versions("3.0.0,1.1.0,2.0.1", ("2.0.1", "1.1.0")) == "1.1.0"


def test_no_common_version_is_said_without_a_locator():
    with pytest.raises(UnsupportedVersion) as caught:
        accept_versions("3.0.0", ("2.0.1",))
    assert caught.value.locator is None


@pytest.mark.parametrize(
    ("asked", "current", "order"),
    [("9", "10", -1), ("10", "10", 0), ("11", "10", 1), ("x", "10", None), ("1", "a", None)],
)
def test_sequences_are_compared_as_integers(asked, current, order):
    assert compare_sequence(asked, current) == order


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        b"\xff\xfe",
    ],
)
def test_hostile_or_broken_xml_is_refused(body):
    with pytest.raises(BadRequest):
        parse_xml(body, max_bytes=1000)


def test_a_document_type_in_another_encoding_is_seen():
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
    with pytest.raises(BadRequest, match="document type"):
        parse_xml(text.encode("utf-16"), max_bytes=10_000)


def test_a_flood_of_tags_is_refused_before_it_is_parsed():
    with pytest.raises(TooLarge, match="tags"):
        parse_xml(b"<a>" + b"<b/>" * 200_000 + b"</a>", max_bytes=10**6)


def test_xml_above_the_limit_is_not_even_read():
    with pytest.raises(TooLarge, match="at most 10"):
        parse_xml(b"<a>" + b" " * 20 + b"</a>", max_bytes=10)


@given(st.text())
def test_every_text_becomes_legal_xml(text):
    assert parse_xml(f"<a>{_escaped(str(legal_text(text)))}</a>".encode(), max_bytes=10**6).tag == "a"


@given(st.text(min_size=1))
def test_every_name_becomes_an_element_name(text):
    assert parse_xml(f"<{to_ncname(text)}/>".encode(), max_bytes=10**6).tag == to_ncname(text)


@pytest.mark.parametrize("ours", sorted(set(SPELLINGS.values()) - {"BANDS", "ITEMS", "UNITS", "BELOW", "ABOVE"}))
def test_two_swapped_letters_of_a_key_are_recognised(ours):
    swapped = ours[0] + ours[2] + ours[1] + ours[3:]
    if swapped != ours:
        assert f"did you mean {ours}?" in "".join(remark(swapped.casefold()))


def test_a_header_cannot_be_broken_by_a_key():
    for warning in remark('expr"\r'):
        assert warning.count('"') == 2
        assert warning.isprintable()


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize(
    "offered", ["application/geo+json", "image/svg+xml", "application/gml+xml", "application/prs.coverage+json"]
)
def test_a_plus_that_nobody_escaped_is_a_plus_in_a_media_type(offered):
    assert kvp.media_type(offered.replace("+", " "), ("image/png", offered), "FORMAT") == offered


def test_a_space_after_a_semicolon_stays_one():
    assert kvp.media_type("image/png; mode=8bit", ("image/png", "image/png; mode=8bit"), "F") == "image/png; mode=8bit"
