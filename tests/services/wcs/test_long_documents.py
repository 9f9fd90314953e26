"""Documents as long as the parser takes them: what they cost grows with their length, and they are answered soon."""

import time

import pytest
from lxml import etree

from bandstand.errors import TooLarge
from bandstand.services.wcs.v20.xmlrequest import keys_of

NAMES = 'xmlns="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1"'
ID = "<CoverageId>s2_l2a</CoverageId>"
MANY = 49_900
"""Elements; their opening and closing tags together are what one document may have."""
MOST_S = 1.0


def repeated(operation, before, element, after=""):
    inside = "".join(element.format(number) for number in range(MANY))
    return f"<{operation} {NAMES}>{before}{inside}{after}</{operation}>"


DOCUMENTS = {
    "unknown keys": repeated("GetCoverage", f"{ID}<Extension>", "<dim_{0}>1</dim_{0}>", "</Extension>"),
    "one key": repeated("GetCoverage", f"{ID}<Extension>", "<expr>1</expr>", "</Extension>"),
    "ids": repeated("DescribeCoverage", "", ID),
    "own ids": repeated("DescribeCoverage", "", "<CoverageId>id{0}</CoverageId>"),
    "members of a set": repeated("DescribeEOCoverageSet", "", "<eoId>id{0}</eoId>"),
    "formats": repeated("GetCoverage", ID, "<format>a/{0}</format>"),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_is_refused_within_a_second(client, kind):
    spent = []
    for _ in range(3):
        begun = time.thread_time()
        answer = client.post("/wcs", data=DOCUMENTS[kind], content_type="text/xml")
        spent.append(time.thread_time() - begun)
    # The best: what else the machine does, fails nobody.
    assert min(spent) < MOST_S
    assert answer.status_code == 400
    assert b"at most" in answer.data or b"no place" in answer.data


def test_members_of_a_list_are_joined_in_their_order():
    ids = [f"id{number}" for number in range(2000)]
    document = (
        f"<DescribeCoverage {NAMES}>{''.join(f'<CoverageId>{name}</CoverageId>' for name in ids)}</DescribeCoverage>"
    )
    assert dict(keys_of(etree.fromstring(document)))["COVERAGEID"] == ",".join(ids)


def test_more_keys_than_an_address_may_have_are_too_many():
    with pytest.raises(TooLarge, match="at most 1000") as refused:
        keys_of(etree.fromstring(f"<GetCoverage {NAMES}>{ID * 1001}</GetCoverage>"))
    assert refused.value.locator == "body"
