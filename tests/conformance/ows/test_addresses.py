"""Addresses and headers that the services tell."""

import re

import pytest
from lxml import etree

HREF = "{http://www.w3.org/1999/xlink}href"


def prefixes(root):
    """Where operations are asked by keys."""
    return [
        element.get(HREF)
        for element in root.iter("{*}Get", "{*}Post", "{*}OnlineResource")
        for inside in [element.getparent()]
        if etree.QName(element).localname != "OnlineResource" or etree.QName(inside).localname in {"Get", "Post"}
        if element.get(HREF)
        if not element.xpath(".//*[local-name()='Value' and text()='RESTful']")
    ]


def test_an_address_to_put_keys_behind_ends_as_a_prefix(cite, protocol):
    found = prefixes(protocol.capabilities(cite).root)
    assert found
    assert [href for href in found if not re.fullmatch(rf"{re.escape(cite.base)}[^?]*\?(.*&)?", href)] == []


def test_a_request_behind_the_address_is_answered(cite, protocol):
    address = prefixes(protocol.capabilities(cite).root)[0]
    keys = f"SERVICE={protocol.service}&VERSION={protocol.version}&REQUEST=GetCapabilities"
    answer = cite.get(f"{address.removeprefix(cite.base)}{keys}")
    assert etree.QName(answer.root).localname == protocol.root


def test_addresses_are_those_that_the_client_came_by(cite, protocol):
    keys = {"SERVICE": protocol.service, "VERSION": protocol.version, "REQUEST": "GetCapabilities"}
    found = cite.get(protocol.path, headers={"Host": "maps.test:8443"}, **keys).root.xpath(
        "//@*[local-name()='href' or local-name()='template']"
    )
    assert found
    assert [href for href in found if not href.startswith("http://maps.test:8443/")] == []


@pytest.mark.parametrize("case", ["capabilities", "picture", "report"])
def test_names_of_headers_leave_in_their_canonical_spelling(cite, protocol, case):
    answer = {
        "capabilities": lambda: protocol.capabilities(cite),
        "picture": lambda: protocol.draw(cite),
        "report": lambda: protocol.ask(cite, "nonsense"),
    }[case]()
    assert {"Content-Type", "Content-Length"} <= answer.headers.keys()
    assert [name for name in answer.headers if not re.fullmatch(r"ETag|[A-Z][a-z]*(-[A-Z][a-z]*)*", name)] == []


def test_numbers_are_written_without_exponents(cite, protocol):
    root = protocol.capabilities(cite).root
    numbers = [text for text in root.xpath("//text() | //@*") if re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]+", text)]
    assert numbers == []
