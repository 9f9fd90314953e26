"""The access log: one line for every answer, with the bytes that went over the wire."""

import json
import logging
import queue
import threading

import pytest

from bandstand.model.turn import Deferred, current_turn
from bandstand.observe.logs import JsonLines, PlainLines
from bandstand.observe.note import NOTE

PATIENCE_S = 20


class Lines(logging.Handler):
    """What was told, as it comes."""

    def __init__(self):
        super().__init__()
        self.queue = queue.Queue()

    def emit(self, record):
        self.queue.put(record)

    def next(self):
        return self.queue.get(timeout=PATIENCE_S)


@pytest.fixture
def lines():
    logger, handler = logging.getLogger("bandstand.access"), Lines()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def answer(environ, start):
    note = environ[NOTE]
    note.service, note.operation, note.format = "wms", "GetMap", "image/png"
    start("200 OK", [("Content-Type", "image/png"), ("Content-Length", "3")])
    return [b"abc"]


def test_a_line_tells_who_asked_what_and_what_became_of_it(serve, lines):
    client = serve(answer)()
    client.get("/wms?REQUEST=GetMap&token=abc", "User-Agent: QGIS/3", "X-Request-Id: abc-1").answer()
    told = lines.next().__dict__
    wanted = {
        "request_id": "abc-1", "peer": "127.0.0.1", "method": "GET", "url": "/wms?REQUEST=GetMap&token=…",
        "status": 200, "service": "wms", "operation": "GetMap", "format": "image/png", "bytes_in": 0, "lane": "light",
        "user_agent": "QGIS/3", "refused": None, "broken": None,
    }  # fmt: skip
    assert {key: told[key] for key in wanted} == wanted
    assert told["ms"] >= told["work_ms"] >= 0


def test_bytes_are_those_of_the_wire(serve, lines):
    client = serve(answer)()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde")
    received = client.rest()
    told = lines.next()
    assert (told.bytes_in, told.bytes_out) == (5, len(received))


def test_requests_sent_at_once_have_a_line_each_with_their_own_bytes(serve, lines):
    client = serve(answer)()
    for number in range(5):
        client.get(f"/{number}")
    client.get("/last", "Connection: close")
    received = client.rest()
    told = [lines.next() for _ in range(6)]
    assert [record.url for record in told] == ["/0", "/1", "/2", "/3", "/4", "/last"]
    assert sum(record.bytes_out for record in told) == len(received)
    assert lines.queue.empty()


@pytest.mark.parametrize(
    ("sent", "status", "method"),
    [
        (b"nonsense\r\n\r\n", 400, ""),
        (b"POST /wcs HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n", 413, "POST"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, ""),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431, ""),
        (b"POST /wcs HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n<a", 408, "POST"),
    ],
)
def test_what_is_refused_before_it_is_read_has_a_line(serve, lines, sent, status, method):
    client = serve(answer, body_max_bytes=10, stall_s=0.3)()
    client.send(sent)
    found, fields, body = client.answer()
    told = lines.next()
    assert (found, told.status, told.service, told.method) == (status, status, "front", method)
    assert told.request_id == fields["x-request-id"]
    assert told.bytes_out > len(body)
    assert len(told.url) <= 2000


def test_a_fault_has_a_line_with_the_number_that_the_client_was_told(serve, lines):
    def fails(_environ, _start):
        raise RuntimeError("a fault")

    _, fields, _ = serve(fails)().get("/").answer()
    told = lines.next()
    assert (told.status, told.request_id, told.broken) == (500, fields["x-request-id"], None)


def test_an_answer_that_breaks_off_is_told_as_broken(serve, lines):
    def breaks(_environ, start):
        start("200 OK", [("Content-Length", "100")])
        yield b"abc"
        raise RuntimeError("a fault")

    with pytest.raises((ConnectionResetError, AssertionError)):
        serve(breaks)().get("/").answer()
    told = lines.next()
    assert (told.status, told.broken) == (200, True)


def test_an_answer_that_nobody_takes_is_told_with_what_was_sent(serve, lines):
    size = 30_000_000

    def large(_environ, start):
        start("200 OK", [("Content-Length", str(size))])
        for _ in range(30):
            yield bytes(size // 30)

    serve(large, stall_s=0.4)(buffer=4096).get("/")
    told = lines.next()
    assert (told.status, told.broken) == (200, True)
    assert 0 < told.bytes_out < size


def test_a_whole_answer_whose_end_is_not_taken_is_told_as_broken(serve, lines):
    size = 8_000_000

    def large(_environ, start):
        start("200 OK", [("Content-Length", str(size))])
        return [bytes(size)]

    # Given in one piece: its thread is done at once, and the front keeps the rest.
    serve(large, stall_s=0.4)(buffer=4096).get("/")
    told = lines.next()
    assert told.broken
    assert 0 < told.bytes_out < size


def test_a_client_that_leaves_while_it_waits_has_a_line_without_a_status(serve, lines):
    release, begun = threading.Event(), threading.Event()

    def work(environ, start):
        begun.set()
        release.wait(PATIENCE_S)
        return answer(environ, start)

    open_client = serve(work, light=1)
    first = open_client().get("/first")
    assert begun.wait(PATIENCE_S)
    second = open_client().get("/second")
    second.close()
    told = lines.next()
    release.set()
    assert (told.url, told.status, told.broken, told.bytes_out) == ("/second", None, True, 0)
    assert first.answer()[0] == 200


def test_waiting_and_working_are_told_apart(serve, lines):
    release, begun = threading.Event(), threading.Event()
    pause = threading.Event()

    def work(environ, start):
        if environ["PATH_INFO"] == "/first":
            begun.set()
            release.wait(PATIENCE_S)
        return answer(environ, start)

    open_client = serve(work, light=1)
    first = open_client().get("/first")
    assert begun.wait(PATIENCE_S)
    second = open_client().get("/second")
    pause.wait(0.2)
    release.set()
    for client in (first, second):
        client.answer()
    told = {record.url: record for record in (lines.next(), lines.next())}
    assert told["/first"].work_ms > 100 > told["/first"].wait_ms
    assert told["/second"].wait_ms > 100 > told["/second"].work_ms


def test_what_is_refused_for_want_of_room_is_told_so(serve, lines):
    release, begun = threading.Event(), threading.Event()

    def work(environ, start):
        if "bandstand.refused" in environ:
            start("503 Service Unavailable", [("Content-Length", "0")])
            return []
        begun.set()
        release.wait(PATIENCE_S)
        return answer(environ, start)

    open_client = serve(work, light=1, wait_s=0.3)
    first = open_client().get("/first")
    assert begun.wait(PATIENCE_S)
    open_client().get("/second").answer()
    told = lines.next()
    assert (told.url, told.status, told.refused, told.lane) == ("/second", 503, True, "light")
    release.set()
    first.answer()


def test_the_lane_that_answers_is_told(serve, lines):
    def work(environ, start):
        if current_turn(60.0).small:
            raise Deferred
        return answer(environ, start)

    serve(work)().get("/").answer()
    assert lines.next().lane == "heavy"


def test_a_hostile_line_stays_one_line_in_either_form(serve, lines):
    client = serve(answer)()
    client.send(b'GET /%0a?\xe2\x80\xa8=\x1b[2J HTTP/1.1\r\nHost: a\r\nUser-Agent: a\x85b\xe2\x80\xaec"=\r\n\r\n')
    client.answer()
    record = lines.next()
    text, plain = JsonLines().format(record), PlainLines().format(record)
    assert json.loads(text)["event"] == "request"
    for line in (text, plain):
        assert len(line.splitlines()) == 1
        assert line.isprintable()
