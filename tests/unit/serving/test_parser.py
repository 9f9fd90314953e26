"""Bytes to requests: however they are cut, the same requests come out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.serving.bounds import Bounds
from bandstand.serving.parser import Parser, Refused
from bandstand.serving.request import Store

BOUNDS = Bounds(head_max_bytes=2000, body_max_bytes=1000)
STREAM = (
    b"GET /wms?expr=B08%3C0.3&a=b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"
    b"POST /wcs HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n<a>body</a>"
    b"POST /wcs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<b>\r\n4;x=y\r\n</b>\r\n0\r\n\r\n"
    b"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nHost: a\r\n\r\n"
    b"GET /last HTTP/1.0\r\n\r\n"
)


def requests(pieces):
    found = []
    parser = Parser(BOUNDS, Store(2000), found.append)
    for piece in pieces:
        parser.feed(piece)
    return [(a.method, a.target, a.version, tuple(a.headers), bytes(a.body), a.keep) for a in found]


def test_requests_are_read_one_after_another():
    found = requests([STREAM])
    assert [(method, target, body) for method, target, _, _, body, _ in found] == [
        ("GET", b"/wms?expr=B08%3C0.3&a=b", b""),
        ("POST", b"/wcs", b"<a>body</a>"),
        ("POST", b"/wcs", b"<b></b>"),
        ("GET", b"/", b""),
        ("GET", b"/last", b""),
    ]
    assert [keep for *_, keep in found] == [True, True, True, True, False]
    assert found[0][3] == ((b"Host", b"a"), (b"Accept", b"*/*"))


@given(st.lists(st.integers(1, len(STREAM) - 1), max_size=12))
def test_where_the_bytes_are_cut_changes_nothing(cuts):
    places = [0, *sorted(set(cuts)), len(STREAM)]
    assert requests([STREAM[a:b] for a, b in pairwise(places)]) == requests([STREAM])


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 2000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1f4\r\n" + b"a" * 500 + b"\r\n" * 1, None),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1f4\r\n" + b"a" * 500 + b"\r\n") * 3, 413),
    ],
)
def test_what_is_no_request_is_refused(data, status):
    parser = Parser(BOUNDS, Store(2000), lambda _: None)
    if status is None:
        parser.feed(data)
        return
    with pytest.raises(Refused) as refused:
        parser.feed(data)
    assert refused.value.status == status


def test_a_header_without_end_is_refused_byte_by_byte():
    parser = Parser(BOUNDS, Store(2000), lambda _: None)
    parser.feed(b"GET / HTTP/1.1\r\nA: ")
    with pytest.raises(Refused, match="longer than 2000 bytes"):
        any(parser.feed(b"aaaa") for _ in range(10_000))
