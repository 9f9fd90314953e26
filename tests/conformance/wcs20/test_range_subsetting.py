"""Range subsetting (OGC 12-040): which fields come, and in which order."""

import numpy as np
import pytest
from tests.conformance.wcs20.spoken import NS

WHOLE = {"COVERAGEID": "cite_reflectance"}
TIFF = WHOLE | {"FORMAT": "image/tiff"}


def interval(bands, first, last):
    """Its text and its fields."""
    return f"{bands[first]}:{bands[last]}", bands[first : last + 1]


def test_without_it_all_fields_come_in_their_order(speak, gml, picture, source, bands):
    assert gml(speak("GetCoverage", **WHOLE)).fields == bands
    found = picture(speak("GetCoverage", **TIFF))
    assert [*found.names] == bands
    assert np.array_equal(found.values, source.stack(bands))


@pytest.mark.parametrize("places", [[0], [3], [2, 0], [3, 2, 1, 0], [1, 3]])
def test_components_come_in_the_order_asked(speak, gml, picture, source, bands, places):
    wanted = [bands[place] for place in places]
    found = picture(speak("GetCoverage", **TIFF, RANGESUBSET=",".join(wanted)))
    assert [*found.names] == wanted
    assert np.array_equal(found.values, source.stack(wanted))
    document = gml(speak("GetCoverage", **WHOLE, RANGESUBSET=",".join(wanted)))
    assert document.fields == wanted
    assert np.array_equal(np.moveaxis(document.values, -1, 0), source.stack(wanted))


@pytest.mark.parametrize("ends", [(0, 3), (1, 2), (2, 3), (1, 1)])
def test_an_interval_holds_both_ends_and_what_lies_between(speak, picture, source, bands, ends):
    text, wanted = interval(bands, *ends)
    found = picture(speak("GetCoverage", **TIFF, RANGESUBSET=text))
    assert [*found.names] == wanted
    assert np.array_equal(found.values, source.stack(wanted))


def test_components_and_intervals_mix(speak, picture, source, bands):
    text, between = interval(bands, 1, 2)
    wanted = [bands[3], *between, bands[0]]
    found = picture(speak("GetCoverage", **TIFF, RANGESUBSET=f"{bands[3]},{text},{bands[0]}"))
    assert [*found.names] == wanted
    assert np.array_equal(found.values, source.stack(wanted))


def test_the_fields_that_come_are_described_as_before(speak, gml, described, bands):
    whole = {field.get("name"): field for field in described("cite_reflectance").all("//swe:field")}
    for field in gml(speak("GetCoverage", **WHOLE, RANGESUBSET=f"{bands[2]},{bands[0]}")).all("//swe:field"):
        same = whole[field.get("name")]
        for path in ("swe:Quantity/swe:uom/@code", "swe:Quantity/swe:nilValues//swe:nilValue/text()"):
            assert field.xpath(path, namespaces=NS) == same.xpath(path, namespaces=NS) != []


def test_the_domain_stays(speak, gml, described, bands):
    found = gml(speak("GetCoverage", **WHOLE, RANGESUBSET=bands[1]))
    assert (found.limits, found.corners) == (
        described("cite_reflectance").limits,
        described("cite_reflectance").corners,
    )


@pytest.mark.parametrize(
    ("text", "locator"),
    [("bogus", "bogus"), ("{0},bogus", "bogus"), ("bogus:{1}", "bogus"), ("{0}:bogus", "bogus")],
)
def test_an_unknown_field_is_refused(speak, refused, bands, text, locator):
    refused(speak("GetCoverage", **WHOLE, RANGESUBSET=text.format(*bands)), "NoSuchField", locator, 404)


@pytest.mark.parametrize(("first", "last"), [(3, 0), (2, 1)])
def test_a_reversed_interval_is_refused(speak, refused, bands, first, last):
    text = f"{bands[first]}:{bands[last]}"
    refused(speak("GetCoverage", **WHOLE, RANGESUBSET=text), "InvalidFieldSequence", text, 404)
