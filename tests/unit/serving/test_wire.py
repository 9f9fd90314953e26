"""What goes over the wire: answers, their framing, and what becomes of connections that misbehave."""

import logging
import select
import socket
import threading
import time

import pytest

from bandstand.errors import ClientGone
from bandstand.model.turn import Deferred, Turn, current_turn

SHORT = {"head_s": 0.4, "idle_s": 0.4, "stall_s": 0.4}


def say(environ, start):
    """Tells what it was asked."""
    body = environ["wsgi.input"].read()
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} {len(body)}".encode()
    start("200 OK", [("Content-Type", "text/plain"), ("X-Spelled-So", "1"), ("Content-Length", str(len(text)))])
    return [text]


def test_a_connection_answers_one_request_after_another(serve):
    client = serve(say)()
    for path in ("/a?b=c", '/d%C3%A9?x=<y>&z="q"'):
        status, fields, body = client.get(path).answer()
        assert (status, fields["content-type"]) == (200, "text/plain")
    assert body.decode() == 'GET /dÃ©?x=<y>&z="q" 0'


def test_names_of_headers_leave_as_they_are_spelled(serve):
    client = serve(say)()
    client.get("/").answer()
    client.get("/", "Connection: close")
    assert b"\r\nX-Spelled-So: 1\r\n" in client.rest()


def test_requests_sent_at_once_are_answered_in_their_order(serve):
    client = serve(say, light=4)()
    for number in range(40):
        client.get(f"/{number}")
    assert [client.answer()[2] for _ in range(40)] == [f"GET /{number}? 0".encode() for number in range(40)]


def test_bodies_come_whole(serve):
    client = serve(say)()
    client.send(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
    client.send(b"cde")
    assert client.answer()[2] == b"POST /a? 5"
    client.send(b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert client.answer()[2] == b"POST /a? 3"


def test_who_asks_whether_to_go_on_is_told(serve):
    client = serve(say)()
    client.send(b"POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert client.answer()[0] == 100
    assert client.send(b"ab").answer()[2] == b"POST /a? 2"


def test_a_body_that_is_too_large_is_refused_before_it_comes(serve):
    client = serve(say, body_max_bytes=10)()
    client.send(b"POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
    status, fields, body = client.answer()
    assert (status, fields["connection"]) == (413, "close")
    assert body == b"413: The body is larger than 10 bytes (limits.body_max_bytes).\n"
    assert client.rest() == b""


def test_all_bodies_together_have_a_bound(serve):
    open_client = serve(say, bodies_max_bytes=1500)
    head = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
    holding = open_client().send(head + b"a" * 999)
    # Answered once its bytes are counted.
    assert open_client().send(head.replace(b"1000", b"400") + b"b" * 400).answer()[0] == 200
    assert open_client().send(head + b"a" * 999).answer()[0] == 503
    holding.close()
    assert open_client().send(head.replace(b"1000", b"400") + b"b" * 400).answer()[0] == 200


def pieces(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    yield from (b"one", b"", b"two")


@pytest.mark.parametrize(
    ("line", "chunked", "kept"),
    [
        ("GET / HTTP/1.1\r\nHost: a", True, True),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close", True, False),
        ("GET / HTTP/1.0", False, False),
        ("GET / HTTP/1.0\r\nConnection: keep-alive", False, False),
    ],
)
def test_an_answer_of_unknown_length_is_framed(serve, line, chunked, kept):
    client = serve(pieces)()
    status, fields, body = client.send(f"{line}\r\n\r\n".encode()).answer()
    assert (status, body, fields.get("transfer-encoding") == "chunked") == (200, b"onetwo", chunked)
    assert ("close" not in fields.get("connection", "")) == kept
    if kept:
        assert client.get("/").answer()[2] == b"onetwo"
    else:
        assert client.rest() == b""


def test_head_has_no_body(serve):
    client = serve(say)()
    status, fields, _ = client.send(b"HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").answer(head=True)
    assert (status, fields["content-length"]) == (200, "10")
    assert client.get("/b").answer()[2] == b"GET /b? 0"


def test_a_target_in_absolute_form_is_a_path_and_a_host(serve):
    def hosts(environ, start):
        text = f"{environ['HTTP_HOST']} {environ['PATH_INFO']}".encode()
        start("200 OK", [("Content-Length", str(len(text)))])
        return [text]

    client = serve(hosts)()
    assert client.get("http://maps.example.org/a").answer()[2] == b"maps.example.org /a"


def test_a_header_with_an_underscore_is_no_header_with_a_hyphen(serve):
    def forwarded(environ, start):
        text = environ.get("HTTP_X_FORWARDED_HOST", "none").encode()
        start("200 OK", [("Content-Length", str(len(text)))])
        return [text]

    assert serve(forwarded)().get("/", "X_Forwarded_Host: evil").answer()[2] == b"none"


def test_a_fault_is_told_by_a_number_and_one_within_an_answer_breaks_it_off(serve, caplog):
    def fails(environ, start):
        if environ["PATH_INFO"] == "/bad":
            raise RuntimeError("a fault")
        if environ["PATH_INFO"] == "/header":
            start("200 OK", [("X-A", "b\r\nX-C: d")])
            return [b"a"]

        def half():
            start("200 OK", [("Content-Length", "100")])
            yield b"a"
            raise RuntimeError("a fault")

        return half() if environ["PATH_INFO"] == "/half" else say(environ, start)

    logging.getLogger("bandstand").addHandler(caplog.handler)
    open_client = serve(fails)
    for path in ("/bad", "/header"):
        status, fields, body = open_client().get(path).answer()
        assert (status, fields["connection"]) == (500, "close")
        number = fields["x-request-id"]
        assert body.decode() == f"500: Something went wrong here; please report the number {number}.\n"
        assert number in {record.request_id for record in caplog.records}
    half = open_client().get("/half")
    with pytest.raises((ConnectionResetError, AssertionError)):
        half.answer()
    assert open_client().get("/good").answer()[0] == 200
    logging.getLogger("bandstand").removeHandler(caplog.handler)


def test_a_server_that_ends_answers_what_was_on_the_way(serve, workers):
    """A connection that was accepted and has not been heard yet has its request in the network."""
    open_client = serve(say)
    used, late = open_client(), open_client()
    used.get("/").answer()
    (worker,) = workers
    late.get("/late")
    worker.stop()
    status, _, body = late.answer()
    assert (status, body) == (200, b"GET /late? 0")
    assert used.rest() == b""
    assert late.rest() == b""


# Clients that are slow, silent or gone.


def test_a_silent_connection_ends(serve):
    assert serve(say, **SHORT)().rest() == b""


def test_an_idle_connection_ends(serve):
    client = serve(say, **SHORT)()
    client.get("/").answer()
    assert client.rest() == b""


@pytest.mark.parametrize(
    "sent",
    [b"GET /", b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n<a"],
)
def test_a_request_that_does_not_come_is_told_so_and_ends(serve, sent):
    client = serve(say, **SHORT)().send(sent)
    assert client.answer()[0] == 408
    assert client.rest() == b""


def endless(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    while True:
        yield b"x" * 65_536


def test_who_does_not_read_holds_no_thread_and_is_broken_off(serve):
    closed = threading.Event()

    def answer(environ, start):
        if environ["PATH_INFO"] == "/small":
            return say(environ, start)

        def parts():
            start("200 OK", [("Content-Type", "text/plain")])
            try:
                while True:
                    yield b"x" * 65_536
            finally:
                closed.set()

        return parts()

    open_client = serve(answer, light=1, **SHORT)
    slow = [open_client(buffer=4096).get("/large") for _ in range(3)]
    # One thread alone: it answers others while three wait for clients that take nothing.
    assert open_client().get("/small").answer()[0] == 200
    assert closed.wait(20)
    with pytest.raises(ConnectionResetError):
        slow[0].rest()


def test_who_reads_slowly_gets_everything(serve):
    def large(environ, start):
        start("200 OK", [("Content-Length", str(8_000_000))])
        for number in range(8):
            yield bytes([number]) * 1_000_000

    body = serve(large, buffer_bytes=100_000)(buffer=4096).get("/").answer()[2]
    assert body == b"".join(bytes([number]) * 1_000_000 for number in range(8))


def test_who_says_that_nothing_more_comes_gets_the_answer(serve):
    client = serve(say)().get("/a")
    client.socket.shutdown(socket.SHUT_WR)
    found = client.answer()
    while found[0] == 102:
        found = client.answer()
    assert found[2] == b"GET /a? 0"
    assert client.rest() == b""


@pytest.mark.parametrize("reset", [False, True])
def test_work_for_a_client_that_left_stops(serve, reset):
    begun, stopped = threading.Event(), threading.Event()

    def work(environ, start):
        if environ["PATH_INFO"] == "/small":
            return say(environ, start)
        begun.set()
        pause = threading.Event()
        try:
            while True:
                current_turn(60.0).check()
                pause.wait(0.01)
        except ClientGone:
            stopped.set()
        return say(environ, start)

    open_client = serve(work)
    client = open_client().get("/long")
    assert begun.wait(20)
    if reset:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    assert stopped.wait(20)
    assert open_client().get("/small").answer()[0] == 200


def test_the_clock_starts_with_the_first_byte(serve):
    turns = []

    def look(environ, start):
        turns.append(current_turn(1.0))
        return say(environ, start)

    begin = time.monotonic()
    serve(look, timeout_s=30.0)().get("/").answer()
    assert begin + 30.0 <= turns[0].deadline <= time.monotonic() + 30.0
    assert isinstance(turns[0], Turn)


def test_a_crowd_from_one_address_loses_its_least_useful_connections(serve):
    open_client = serve(say, peer_connections=3)
    used = open_client()
    used.get("/").answer()
    silent = open_client()
    asking = open_client().send(b"GET / HTTP/1.1\r\n")
    late = open_client()
    assert late.get("/").answer()[0] == 200
    # The silent one and the idle one are worth the same; the one that has waited longer goes.
    ready, _, _ = select.select([used.socket, silent.socket, asking.socket], [], [], 20)
    assert ready in ([used.socket], [silent.socket])
    assert asking.send(b"Host: a\r\n\r\n").answer()[0] == 200


# Lanes.


def test_heavy_work_keeps_small_requests_from_nothing(serve):
    release, begun = threading.Event(), threading.Barrier(3, timeout=20)

    def work(environ, start):
        if environ["PATH_INFO"] == "/heavy":
            if current_turn(60.0).small:
                raise Deferred
            begun.wait()
            release.wait(20)
        return say(environ, start)

    open_client = serve(work, light=1, heavy=2)
    heavy = [open_client().get("/heavy") for _ in range(4)]
    begun.wait()
    assert open_client().get("/small").answer()[0] == 200
    release.set()
    for client in heavy[:2]:
        client.answer()
    begun.wait()
    assert [client.answer()[0] for client in heavy[2:]] == [200, 200]


def test_what_waits_too_long_is_refused_and_health_is_not(serve):
    release, begun = threading.Event(), threading.Event()

    def work(environ, start):
        if "bandstand.refused" in environ:
            start("503 Service Unavailable", [("Content-Length", "0"), ("Retry-After", "5")])
            return []
        if environ["PATH_INFO"] == "/long":
            begun.set()
            release.wait(20)
        return say(environ, start)

    open_client = serve(work, light=1, wait_s=0.3)
    first = open_client().get("/long")
    assert begun.wait(20)
    second = open_client().get("/a")
    status, fields, _ = second.answer()
    assert (status, fields["retry-after"]) == (503, "5")
    assert open_client().get("/healthz").answer()[0] == 200
    release.set()
    assert first.answer()[0] == 200
    assert second.get("/a").answer()[0] == 200


def test_a_full_queue_refuses_at_once(serve):
    release, begun = threading.Event(), threading.Event()

    def work(environ, start):
        if "bandstand.refused" in environ:
            start("503 Service Unavailable", [("Content-Length", "0")])
            return []
        begun.set()
        release.wait(20)
        return say(environ, start)

    open_client = serve(work, light=1, queue=2, wait_s=60.0)
    first = open_client().get("/")
    assert begun.wait(20)
    waiting = [open_client().get("/") for _ in range(2)]
    third = open_client().get("/")
    found = [c.socket for c in (*waiting, third)]
    ready, _, _ = select.select(found, [], [], 20)
    assert len(ready) == 1
    refused = next(c for c in (*waiting, third) if c.socket is ready[0])
    assert refused.answer()[0] == 503
    release.set()
    assert [c.answer()[0] for c in (first, *waiting, third) if c is not refused] == [200, 200, 200]
