"""The number of a state: what a client gets who knows one already (06-121r3, 7.3.4; 06-042, 7.2.3.5)."""

import pytest
from lxml import etree


@pytest.fixture
def current(cite, protocol):
    """The published one."""
    return int(protocol.capabilities(cite).root.get("updateSequence"))


def is_whole(answer, protocol, current):
    return (
        answer.status == 200
        and etree.QName(answer.root).localname == protocol.root
        and len(answer.root) > 1
        and answer.root.get("updateSequence") == str(current)
    )


def test_it_is_a_whole_number(cite, protocol):
    assert protocol.capabilities(cite).root.get("updateSequence").isascii()
    assert protocol.capabilities(cite).root.get("updateSequence").isdigit()


def test_without_one_the_document_is_whole(cite, protocol, current):
    assert is_whole(protocol.capabilities(cite), protocol, current)
    assert is_whole(protocol.capabilities(cite, UPDATESEQUENCE=""), protocol, current)


@pytest.mark.parametrize("less", [1, 1000, 10**9])
def test_a_lower_one_gets_the_whole_document(cite, protocol, current, less):
    assert is_whole(protocol.capabilities(cite, UPDATESEQUENCE=current - less), protocol, current)


@pytest.mark.parametrize("short", ["0", "9"])
def test_it_is_compared_as_a_number_and_not_letter_by_letter(cite, protocol, current, short):
    assert is_whole(protocol.capabilities(cite, UPDATESEQUENCE=short), protocol, current)


def test_the_current_one_gets_no_document_again(cite, protocol, current):
    answer = protocol.capabilities(cite, UPDATESEQUENCE=current)
    if protocol.service == "WMS":
        assert [code for code, _ in answer.faults] == ["CurrentUpdateSequence"]
        assert answer.media_type == protocol.report_type
    else:
        assert (answer.status, answer.media_type, len(answer.root)) == (200, "application/xml", 0)
        told = {key: value for key, value in answer.root.attrib.items() if not key.startswith("{")}
        assert told == {"version": "1.0.0", "updateSequence": str(current)}


@pytest.mark.parametrize("more", [1, 1000, 10**15])
def test_a_higher_one_is_refused(cite, protocol, current, more, schemas):
    answer = protocol.capabilities(cite, UPDATESEQUENCE=current + more)
    ((code, locator),) = answer.faults
    assert code == "InvalidUpdateSequence"
    assert locator is None or protocol.service == "WMS"
    assert answer.media_type == protocol.report_type
    assert answer.status in protocol.mistakes
    schemas(protocol.report_schema).assertValid(answer.root)


def test_it_is_the_same_in_every_version_of_a_service(cite, protocol, current):
    other = {"1.3.0": "1.1.1", "1.1.1": "1.3.0", "1.0.0": "1.0.0"}[protocol.version]
    assert int(protocol.capabilities(cite, VERSION=other).root.get("updateSequence")) == current
