"""The shared parts of descriptions and coverages."""

import pytest
from lxml import etree

from bandstand.cis.coverage import add, axis_labels, nil_value, ordered_labels, position, qualified, serialised, unit_of
from bandstand.cis.text import legal, plain_number, to_ncname
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field


@pytest.mark.parametrize(
    ("crs", "labels", "unit"),
    [
        ("EPSG:32631", ("E", "N"), "m"),
        ("EPSG:3035", ("N", "E"), "m"),
        ("EPSG:4326", ("Lat", "Long"), "deg"),
        ("CRS:84", ("Long", "Lat"), "deg"),
        ("EPSG:2263", ("E", "N"), "[ft_us]"),
    ],
)
def test_axes_are_named_and_measured_as_the_crs_has_them(crs, labels, unit):
    assert (ordered_labels(parse_crs(crs)), unit_of(parse_crs(crs))) == (labels, unit)


def test_labels_without_order_come_x_first():
    assert axis_labels(parse_crs("EPSG:4326")) == ("Long", "Lat")


@pytest.mark.parametrize(("crs", "text"), [("EPSG:32631", "1.5 -2"), ("EPSG:4326", "-2 1.5")])
def test_a_position_stands_in_the_order_of_the_crs(crs, text):
    assert position(parse_crs(crs), 1.5, -2.0) == text


@pytest.mark.parametrize(
    ("field", "nil"),
    [
        (Field(name="a", dtype="uint16", nodata=0.0), "0"),
        (Field(name="a", dtype="int16", nodata=-9999.0), "-9999"),
        (Field(name="a", dtype="uint16"), None),
        (Field(name="a", dtype="float32", nodata=-1.0), "NaN"),
        (Field(name="a", dtype="float32"), "NaN"),
    ],
)
def test_the_nil_value_is_what_leaves(field, nil):
    assert nil_value(field) == nil


def test_elements_and_attributes_are_named_with_prefixes():
    child = add(etree.Element("root"), "gml:Point", "a\x00", gml__id="p", srsName="s")
    assert child.tag == "{http://www.opengis.net/gml/3.2}Point"
    assert dict(child.attrib) == {"{http://www.opengis.net/gml/3.2}id": "p", "srsName": "s"}
    assert child.text == "a\ufffd"


def test_white_space_stands_between_the_parts_of_a_coverage_and_nowhere_else():
    root = etree.Element("set")
    one = add(root, "wcs:CoverageDescription")
    add(add(one, "gml:boundedBy"), "gml:Envelope")
    text = serialised(root, members="wcs:CoverageDescription")
    found = etree.fromstring(text).find(f".//{qualified('gml:boundedBy')}")
    assert found.text is None
    assert found[0].tail is None
    assert found.tail == "\n"


def test_a_document_says_its_encoding():
    root = etree.Element("a")
    root.text = "é"
    assert serialised(root).startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<a>')
    assert serialised(root).decode().count("<?xml") == 1


@pytest.mark.parametrize(
    ("value", "text"), [(1e-7, "0.0000001"), (1e21, "1000000000000000000000"), (-0.0, "0"), (2.50, "2.5")]
)
def test_numbers_are_plain_decimals(value, text):
    assert plain_number(value) == text


@pytest.mark.parametrize(("text", "name"), [("B04", "B04"), ("1a", "_1a"), ("a b/c", "a_b_c"), ("é", "_"), ("", "_")])
def test_names_are_ncnames(text, name):
    assert to_ncname(text) == name


@pytest.mark.parametrize(
    ("text", "shown"), [("plain", "plain"), ("a\tb\n", "a\tb\n"), ("a\x0b\ufffe", "a\ufffd\ufffd")]
)
def test_what_xml_cannot_hold_is_made_visible(text, shown):
    assert legal(text) == shown
