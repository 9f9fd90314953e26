"""The load itself, against a small server on the loopback."""

import threading
from array import array
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from benchmarks import loader

BODY = bytes(range(256)) * 700
CHUNKS = (1, 63, 64, 65, 4096, 100_000)


class Pictures(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self):
        self.server.asked.append(self.path)
        status = 500 if self.path == "/broken" else 200
        kind = "text/xml" if self.path == "/exception" else "image/png"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for size in CHUNKS:
                self.wfile.write(b"%x\r\n" % size + BODY[:size] + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

    def log_message(self, *words):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as running:
        running.asked = []
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def load(server, *paths, **more):
    job = {"host": "127.0.0.1", "port": server.server_port, "paths": list(paths), "clients": 1, "seconds": 20}
    return loader.run(job | {"start": 0, "limit": len(paths), "timeout_s": 20, "expected": "image/png"} | more)


def test_every_position_is_asked_once_and_in_order(server):
    load(server, "/a", "/b", "/c")
    assert server.asked == ["/a", "/b", "/c"]


def test_a_list_goes_on_where_it_stopped(server):
    load(server, "/a", "/b", "/c", start=2, limit=2)
    assert server.asked == ["/c", "/a"]


def test_bytes_are_counted_of_bodies_alone(server):
    assert load(server, "/a", "/b")["bytes"] == 2 * len(BODY)


def test_a_chunked_answer_is_read_to_its_end(server):
    found = load(server, *["/chunked"] * 5)
    assert (found["requests"], found["bytes"], found["errors"]) == (5, 5 * sum(CHUNKS), 0)


def test_many_clients_share_one_list(server):
    paths = [f"/{number}" for number in range(40)]
    assert load(server, *paths, clients=8)["requests"] == 40
    assert sorted(server.asked) == sorted(paths)


@pytest.mark.parametrize("path", ["/broken", "/exception"])
def test_an_answer_that_is_no_picture_is_an_error(server, path):
    assert load(server, "/a", path)["errors"] == 1


def test_percentiles_are_nearest_ranks_in_milliseconds():
    found = loader.percentiles(array("d", [number / 1000 for number in range(1, 101)]))
    assert [found[name] for name in ("p50_ms", "p90_ms", "p99_ms", "max_ms")] == pytest.approx([50, 90, 99, 100])
