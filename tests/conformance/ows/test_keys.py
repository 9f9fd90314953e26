"""Requests by keys and values, however they are written."""

import random
from urllib.parse import urlencode

import pytest


def in_letters_of_both_cases(text):
    return "".join(letter.upper() if n % 2 else letter.lower() for n, letter in enumerate(text))


def escaped(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize("spell", [str.lower, str.title, in_letters_of_both_cases])
def test_names_of_keys_have_no_case(cite, protocol, spell):
    keys = {"SERVICE": protocol.service, "VERSION": protocol.version, "REQUEST": "GetCapabilities"}
    answer = cite.get(protocol.path, **{spell(key): value for key, value in keys.items()})
    assert answer.body == protocol.capabilities(cite).body


def test_names_of_a_picture_s_keys_have_no_case(cite, protocol):
    plain = protocol.draw(cite)
    operation = "GetTile" if protocol.service == "WMTS" else "GetMap"
    keys = {"service": protocol.service, "version": protocol.version, "request": operation} | protocol.picture
    answer = cite.get(protocol.path, **{in_letters_of_both_cases(key): value for key, value in keys.items()})
    assert plain.media_type == "image/png"
    assert answer.body == plain.body


def test_keys_come_in_any_order(cite, protocol):
    operation = "GetTile" if protocol.service == "WMTS" else "GetMap"
    keys = {"SERVICE": protocol.service, "VERSION": protocol.version, "REQUEST": operation} | protocol.picture
    plain = protocol.draw(cite)
    for seed in range(5):
        shuffled = list(keys.items())
        random.Random(seed).shuffle(shuffled)
        assert cite.get(f"{protocol.path}?{urlencode(shuffled)}").body == plain.body


@pytest.mark.parametrize("key", ["VENDOR_KEY", "x", "42"])
def test_an_unknown_key_changes_nothing(cite, protocol, key):
    assert protocol.capabilities(cite, **{key: "what"}).body == protocol.capabilities(cite).body
    assert protocol.draw(cite, **{key: "what"}).body == protocol.draw(cite).body


def test_a_value_may_be_escaped_to_its_last_letter(cite, protocol):
    query = f"service={escaped(protocol.service)}&version={escaped(protocol.version)}"
    answer = cite.get(f"{protocol.path}?{query}&request={escaped('GetCapabilities')}")
    assert answer.body == protocol.capabilities(cite).body


def test_a_plus_is_a_space(cite, protocol):
    keys = {"SERVICE": protocol.service, "VERSION": protocol.version} | protocol.picture
    operation = "GetTile" if protocol.service == "WMTS" else "GetMap"
    layer = "LAYER" if protocol.service == "WMTS" else "LAYERS"
    query = urlencode({key: value for key, value in keys.items() if key != layer})
    answer = cite.get(f"{protocol.path}?{query}&REQUEST={operation}&{layer}=No+such+layer")
    assert "No such layer" in answer.body.decode()


def test_the_address_may_have_a_query_of_its_own(cite, protocol):
    keys = {"SERVICE": protocol.service, "VERSION": protocol.version, "REQUEST": "GetCapabilities"}
    assert cite.get(f"{protocol.path}?map=blue.map&", **keys).body == protocol.capabilities(cite).body


@pytest.mark.parametrize("tail", ["?", "/?"])
def test_the_address_may_end_as_users_type_it(cite, protocol, tail):
    keys = {"SERVICE": protocol.service, "VERSION": protocol.version, "REQUEST": "GetCapabilities"}
    assert cite.get(f"{protocol.path}{tail}{urlencode(keys)}").body == protocol.capabilities(cite).body
