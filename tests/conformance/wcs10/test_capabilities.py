"""GetCapabilities of WCS 1.0.0 (OGC 03-065r6, clauses 6 and 7)."""

import pytest
from lxml import etree
from tests.conformance.wcs10.spoken import NS

ROOT = "{http://www.opengis.net/wcs}WCS_Capabilities"
SECTIONS = ("Service", "Capability", "ContentMetadata")
HREF = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(scope="session")
def sequence(ask):
    return int(ask("GetCapabilities").root.get("updateSequence"))


def names(root):
    return [etree.QName(child).localname for child in root]


def test_the_document_is_valid_and_of_this_version(speak, valid):
    root = valid(speak("GetCapabilities"))
    assert (root.tag, root.get("version")) == (ROOT, "1.0.0")


@pytest.mark.parametrize("asked", ["1.0.0", "1.0.2", "0.9.0", "0.0.0"])
def test_a_version_gets_the_nearest_that_is_spoken(ask, asked):
    # The highest that is not above it; the lowest where all are (6.2.4).
    assert ask("GetCapabilities", VERSION=asked).root.get("version") == "1.0.0"


def test_without_a_version_some_document_comes(speak):
    answer = speak("GetCapabilities", VERSION=None)
    assert answer.status == 200
    assert etree.QName(answer.root).localname in {"WCS_Capabilities", "Capabilities"}


def test_an_unknown_parameter_is_ignored(speak_keys, valid):
    assert valid(speak_keys("GetCapabilities", RUMPLE="stilt")).tag == ROOT


@pytest.mark.parametrize("section", [None, "/"])
def test_the_whole_document_has_three_sections(speak, valid, section):
    assert names(valid(speak("GetCapabilities", SECTION=section))) == [*SECTIONS]


def test_sections_of_the_whole_carry_no_version(ask, valid):
    for section in valid(ask("GetCapabilities")):
        assert not {"version", "updateSequence"} & set(section.attrib)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_comes_by_itself(speak, valid, sequence, section):
    root = valid(speak("GetCapabilities", SECTION=f"/WCS_Capabilities/{section}"))
    assert etree.QName(root).localname == section
    assert (root.get("version"), root.get("updateSequence")) == ("1.0.0", str(sequence))


def test_a_section_is_that_of_the_whole(ask, valid):
    whole = valid(ask("GetCapabilities"))
    for section in SECTIONS:
        alone = valid(ask("GetCapabilities", SECTION=f"/WCS_Capabilities/{section}"))
        (same,) = whole.iterfind(f"wcs:{section}", NS)
        assert [etree.tostring(e, method="c14n") for e in alone] == [etree.tostring(e, method="c14n") for e in same]


def test_an_unknown_section_is_refused(speak, refused):
    refused(speak("GetCapabilities", SECTION="/WCS_Capabilities/Bogus"), "InvalidParameterValue", "SECTION")


def test_the_current_sequence_needs_no_document(speak, refused, sequence):
    refused(speak("GetCapabilities", UPDATESEQUENCE=str(sequence)), "CurrentUpdateSequence", "UPDATESEQUENCE")


def test_a_higher_sequence_is_refused(speak, refused, sequence):
    refused(speak("GetCapabilities", UPDATESEQUENCE=str(sequence + 1)), "InvalidUpdateSequence", "UPDATESEQUENCE")


@pytest.mark.parametrize("below", [1, None])
def test_a_lower_sequence_or_none_gets_the_document(speak, valid, sequence, below):
    asked = None if below is None else str(sequence - below)
    assert names(valid(speak("GetCapabilities", UPDATESEQUENCE=asked))) == [*SECTIONS]


def test_addresses_are_prefixes(ask, valid, cite):
    root = valid(ask("GetCapabilities"))
    for operation in ("GetCapabilities", "DescribeCoverage", "GetCoverage"):
        for method in ("Get", "Post"):
            (place,) = root.xpath(f"//wcs:{operation}//wcs:{method}/wcs:OnlineResource", namespaces=NS)
            assert place.get(HREF) == f"{cite.base}/wcs?"


def test_exceptions_come_in_the_told_format(ask, valid):
    told = valid(ask("GetCapabilities")).xpath("//wcs:Exception/wcs:Format/text()", namespaces=NS)
    assert told == ["application/vnd.ogc.se_xml"]


def test_two_coverages_or_more_are_offered_under_their_own_names(ask, valid):
    found = valid(ask("GetCapabilities")).xpath("//wcs:CoverageOfferingBrief/wcs:name/text()", namespaces=NS)
    assert len(found) == len(set(found)) >= 2


def test_a_brief_has_the_envelope_of_the_description(ask, valid, offering):
    for brief in valid(ask("GetCapabilities")).iterfind(".//wcs:CoverageOfferingBrief", NS):
        (envelope,) = brief.iterfind("wcs:lonLatEnvelope", NS)
        (same,) = offering(brief.findtext("wcs:name", namespaces=NS)).iterfind("wcs:lonLatEnvelope", NS)
        assert etree.tostring(envelope, method="c14n") == etree.tostring(same, method="c14n")
