"""GetCapabilities of WCS 1.1.1 (OGC 07-067r5, clause 8, with OGC 06-121r3, clause 7)."""

import re

import pytest
from lxml import etree
from tests.conformance.wcs11.spoken import NS

ROOT = "{http://www.opengis.net/wcs/1.1.1}Capabilities"
SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents")
OPERATIONS = ["GetCapabilities", "DescribeCoverage", "GetCoverage"]
NAME = re.compile(r"[A-Za-z_][\w.-]*")
"""What needs no escape in XML."""
HREF = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(scope="session")
def document(ask, valid):
    return valid(ask("GetCapabilities"))


@pytest.fixture(scope="session")
def sequence(document):
    return int(document.get("updateSequence"))


def names(root):
    return [etree.QName(child).localname for child in root]


def told(root, path):
    return root.xpath(path, namespaces=NS)


def test_the_document_is_valid_and_whole(speak, valid):
    root = valid(speak("GetCapabilities"))
    assert (root.tag, root.get("version"), names(root)) == (ROOT, "1.1.1", [*SECTIONS])


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_comes_alone(speak, valid, section):
    assert names(valid(speak("GetCapabilities", SECTIONS=section))) == [section]


@pytest.mark.parametrize("asked", ["All", "All,Contents", ",".join(SECTIONS)])
def test_all_sections_come_together(speak, valid, asked):
    assert names(valid(speak("GetCapabilities", SECTIONS=asked))) == [*SECTIONS]


@pytest.mark.parametrize("asked", ["Contents,OperationsMetadata", "ServiceProvider,Contents,ServiceIdentification"])
def test_several_sections_come_in_the_order_of_the_schema(speak, valid, asked):
    wanted = asked.split(",")
    assert names(valid(speak("GetCapabilities", SECTIONS=asked))) == [name for name in SECTIONS if name in wanted]


def test_an_unknown_section_is_refused(speak, refused):
    refused(speak("GetCapabilities", SECTIONS="Bogus"), "InvalidParameterValue", "SECTIONS")


@pytest.mark.parametrize("versions", ["1.1.1", "1.1.1,1.0.0", "9.9.9,1.1.1", "3.0.0,1.1.1,2.0.1"])
def test_the_first_accepted_version_that_is_spoken_is_taken(speak, valid, versions):
    assert valid(speak("GetCapabilities", ACCEPTVERSIONS=versions)).get("version") == "1.1.1"


def test_no_accepted_version_is_no_document(ask):
    answer = ask("GetCapabilities", ACCEPTVERSIONS="9.9.9")
    # It has no locator (06-121r3, 7.3.2), and the form of the newest version, since none in common is known.
    assert (answer.status, answer.faults) == (400, [("VersionNegotiationFailed", None)])


def test_the_current_sequence_gets_a_document_without_sections(speak, valid, sequence):
    root = valid(speak("GetCapabilities", UPDATESEQUENCE=str(sequence)))
    assert (dict(root.attrib).keys() & {"version", "updateSequence"}) == {"version", "updateSequence"}
    assert (names(root), root.get("updateSequence")) == ([], str(sequence))


@pytest.mark.parametrize("change", [None, "", "bogus", "0", "-1"], ids=["none", "empty", "bogus", "lowest", "below"])
def test_a_lower_sequence_none_or_nonsense_gets_the_document(speak, valid, sequence, change):
    asked = str(sequence - 1) if change == "-1" else change
    assert names(valid(speak("GetCapabilities", UPDATESEQUENCE=asked))) == [*SECTIONS]


@pytest.mark.parametrize("more", [1, 10**9])
def test_a_higher_sequence_is_refused(speak, refused, sequence, more):
    refused(speak("GetCapabilities", UPDATESEQUENCE=str(sequence + more)), "InvalidUpdateSequence", "UPDATESEQUENCE")


@pytest.mark.parametrize(
    ("formats", "media_type"),
    [
        ("text/xml", "text/xml"),
        ("application/xml", "application/xml"),
        ("text/bogus", "text/xml"),
        ("text/bogus,application/xml,text/xml", "application/xml"),
    ],
)
def test_the_first_accepted_format_that_is_there_is_taken_else_xml(speak, valid, formats, media_type):
    valid(speak("GetCapabilities", ACCEPTFORMATS=formats), media_type)


def test_the_service_says_what_it_is(document):
    (service,) = told(document, "ows:ServiceIdentification")
    assert service.findtext("ows:ServiceType", namespaces=NS) == "WCS"
    assert "1.1.1" in told(service, "ows:ServiceTypeVersion/text()")


def test_the_provider_has_a_name(document):
    assert told(document, "ows:ServiceProvider/ows:ProviderName/text()")[0].strip()


def test_the_three_operations_are_told_with_addresses_that_are_prefixes(document, cite):
    assert told(document, "//ows:Operation/@name") == OPERATIONS
    for method in ("Get", "Post"):
        places = told(document, f"//ows:Operation/ows:DCP/ows:HTTP/ows:{method}/@xlink:href")
        assert places == [f"{cite.base}/wcs?"] * len(OPERATIONS)


def test_each_post_says_that_it_takes_xml(document):
    for post in told(document, "//ows:Post"):
        values = told(post, "ows:Constraint[@name='PostEncoding']/ows:AllowedValues/ows:Value/text()")
        assert values == ["XML"]


def test_an_operation_has_one_place_for_each_method(document):
    # A second one would have to tell its encoding.
    for operation in told(document, "//ows:Operation"):
        assert (len(told(operation, ".//ows:Get")), len(told(operation, ".//ows:Post"))) == (1, 1)


def test_storing_is_told_to_be_off(document):
    values = told(document, "//ows:Operation[@name='GetCoverage']/ows:Parameter[@name='store']//ows:Value/text()")
    assert values == ["False"]


def test_every_summary_has_a_title_and_an_identifier_of_its_own(document):
    summaries = told(document, "wcs:Contents/wcs:CoverageSummary")
    identifiers = told(document, "wcs:Contents/wcs:CoverageSummary/wcs:Identifier/text()")
    assert len(summaries) == len(identifiers) == len(set(identifiers)) >= 2
    assert all(summary.findtext("ows:Title", namespaces=NS).strip() for summary in summaries)


def test_identifiers_formats_and_systems_need_no_escape(document):
    for name in told(document, "//wcs:CoverageSummary/wcs:Identifier/text()"):
        assert NAME.fullmatch(name)
    for text in told(document, "//wcs:SupportedFormat/text() | //wcs:SupportedCRS/text()"):
        assert not set(text) & set("&<>\"' \n")


@pytest.mark.parametrize("element", ["SupportedCRS", "SupportedFormat"])
def test_contents_list_the_union_of_what_summaries_list(document, element):
    each = told(document, f"wcs:Contents/wcs:CoverageSummary/wcs:{element}/text()")
    joint = told(document, f"wcs:Contents/wcs:{element}/text()")
    assert each
    assert set(joint) == set(each)
    assert len(joint) == len(set(joint))


def test_summaries_and_descriptions_list_the_same(document, description):
    for summary in told(document, "wcs:Contents/wcs:CoverageSummary"):
        found = description(summary.findtext("wcs:Identifier", namespaces=NS))
        for element in ("SupportedCRS", "SupportedFormat"):
            assert told(summary, f"wcs:{element}/text()") == told(found, f"wcs:{element}/text()")


@pytest.mark.parametrize(
    ("operation", "keys"),
    [
        ("GetCapabilities", {"SECTIONS": "Bogus"}),
        ("DescribeCoverage", {"IDENTIFIERS": "bogus"}),
        ("GetCoverage", {"IDENTIFIER": "bogus", "FORMAT": "image/tiff"}),
    ],
)
def test_a_report_is_of_the_version_that_is_spoken(speak, operation, keys):
    assert speak(operation, **keys).root.get("version") == "1.1.1"
