"""Large answers in parts: several at once, and in SOAP envelopes, are made while they are sent."""

import base64
import email
import tracemalloc

import pytest
from lxml import etree

from bandstand.model.exchange import Response
from bandstand.services.wcs.v20 import soap
from bandstand.services.wcs.v20.process import mixed

MEGABYTE = 2**20
TIME = "X-Source-Time"


def large(megabytes=48, kind="image/tiff", **keys):
    """An answer that is made a megabyte at a time, of an odd length."""
    parts = (bytes([65 + i % 26]) * (MEGABYTE + 1) for i in range(megabytes))
    return Response(media_type=kind, body=parts, length=megabytes * (MEGABYTE + 1), etag="a", **keys)


def sent(answer):
    """How many bytes an answer sends, and how much memory that takes at most."""
    tracemalloc.start()
    made = answer()
    count = sum(len(part) for part in ([made.body] if isinstance(made.body, bytes) else made.body))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return made, count, peak


@pytest.mark.parametrize(
    "answer",
    [
        lambda: mixed([large(), large()]),
        lambda: soap.wrapped(large(), soap.SOAP_12),
        lambda: soap.wrapped(large(kind="application/gml+xml"), soap.SOAP_12),
        lambda: soap.wrapped(mixed([large(), large()]), soap.SOAP_11),
    ],
    ids=["several", "file", "document", "several in an envelope"],
)
def test_a_large_answer_never_lies_in_memory_whole(answer):
    made, count, peak = sent(answer)
    assert made.length == count > 48 * MEGABYTE
    assert peak < 12 * MEGABYTE


def whole(answer):
    return answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)


@pytest.mark.parametrize("sizes", [[], [0], [1], [2, 2], [3, 4, 5], [200_000, 1, 196_607], [196_608]])
def test_a_file_comes_out_of_base64_as_it_went_in(sizes):
    parts = [bytes(i % 251 for i in range(size)) for size in sizes]
    answer = soap.wrapped(Response(media_type="image/tiff", body=iter(parts), length=sum(sizes)), soap.SOAP_12)
    text = whole(answer)
    assert len(text) == answer.length
    result = etree.fromstring(text, etree.XMLParser(huge_tree=True))[0][0]
    assert base64.b64decode(result.text or "") == b"".join(parts)


@pytest.mark.parametrize("size", [1, 7, 60, 5000])
def test_a_document_in_parts_loses_its_prologue(size):
    text = b'<?xml version="1.0" encoding="UTF-8"?>\n<a>' + b"x" * 3000 + b"</a>"
    parts = (text[i : i + size] for i in range(0, len(text), size))
    answer = soap.wrapped(Response(media_type="text/xml", body=parts, length=len(text)), soap.SOAP_12)
    made = whole(answer)
    assert len(made) == answer.length
    assert etree.fromstring(made)[0][0].text == "x" * 3000


def test_a_body_of_unknown_length_stays_one():
    assert soap.wrapped(Response(media_type="image/tiff", body=iter([b"a"])), soap.SOAP_12).length is None
    assert mixed([Response(body=b"a"), Response(media_type="image/tiff", body=iter([b"a"]))]).length is None


def test_several_answers_are_taken_apart_as_they_were():
    answer = mixed([Response(body=b"one"), Response(media_type="image/tiff", body=iter([b"t", b"wo"]), length=3)])
    message = email.message_from_bytes(f"Content-Type: {answer.media_type}\r\n\r\n".encode() + whole(answer))
    found = [(part.get_content_type(), part.get_payload(decode=True)) for part in message.get_payload()]
    assert found == [("text/plain", b"one"), ("image/tiff", b"two")]


def test_the_same_answers_have_the_same_boundary_and_others_another():
    def boundary(*tags):
        return mixed([Response(body=iter([b"x"]), etag=tag) for tag in tags]).media_type

    assert boundary("a", "b") == boundary("a", "b")
    assert len({boundary("a", "b"), boundary("b", "a"), boundary("a"), boundary("ab")}) == 4


def test_several_answers_tell_the_span_of_their_times():
    texts = ["2022-01-02T00:00:00Z", "2021-06-14T10:56:22Z/2021-06-15T10:00:00.500Z"]
    answer = mixed([Response(body=b"x", headers=((TIME, text),)) for text in texts])
    assert dict(answer.headers)[TIME] == "2021-06-14T10:56:22Z/2022-01-02T00:00:00Z"
