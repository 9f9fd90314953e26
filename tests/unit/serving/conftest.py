"""A worker in a thread, with an application of the test's own, and clients made of plain sockets."""

import socket
import threading
from contextlib import ExitStack, contextmanager

import pytest

from bandstand.serving.bounds import Bounds
from bandstand.serving.worker import Worker

RUNNING = []


@pytest.fixture
def workers():
    """The workers that the test has started."""
    return RUNNING


@contextmanager
def running(application, *, light=1, heavy=1, **bounds):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    worker = Worker(application, listener, Bounds(**bounds), light=light, heavy=heavy)
    thread = threading.Thread(target=worker.run, args=(1.0,))
    thread.start()
    RUNNING.append(worker)
    try:
        yield listener.getsockname()
    finally:
        RUNNING.remove(worker)
        worker.stop()
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


class Client:
    """A connection that sends bytes and reads answers."""

    def __init__(self, address, *, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(20)
        self.socket.connect(address)
        self.data = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def get(self, path, *lines):
        return self.send("\r\n".join((f"GET {path} HTTP/1.1", "Host: a", *lines, "", "")).encode())

    def _more(self):
        data = self.socket.recv(65536)
        self.data += data
        return bool(data)

    def answer(self, *, head=False):
        """Status, header fields with names in small letters, and body of the next answer."""
        while b"\r\n\r\n" not in self.data:
            assert self._more(), "the connection ended before an answer"
        raw, self.data = self.data.split(b"\r\n\r\n", 1)
        first, *lines = raw.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split()[1])
        if head or status < 200:
            return status, fields, b""
        if fields.get("transfer-encoding") == "chunked":
            return status, fields, self._chunks()
        if "content-length" in fields:
            length = int(fields["content-length"])
            while len(self.data) < length:
                assert self._more(), "the connection ended within an answer"
            body, self.data = self.data[:length], self.data[length:]
            return status, fields, body
        return status, fields, self.rest()

    def _chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.data:
                assert self._more()
            size, self.data = self.data.split(b"\r\n", 1)
            length = int(size, 16)
            while len(self.data) < length + 2:
                assert self._more()
            body, self.data = body + self.data[:length], self.data[length + 2 :]
            if not length:
                return body

    def rest(self):
        """All that comes until the server closes."""
        while self._more():
            pass
        rest, self.data = self.data, b""
        return rest

    def close(self):
        self.socket.close()


@pytest.fixture
def serve():
    """`serve(application, **bounds)` gives a function that opens connections."""
    with ExitStack() as stack:

        def start(application, **settings):
            address = stack.enter_context(running(application, **settings))

            def client(**options):
                made = Client(address, **options)
                stack.callback(made.close)
                return made

            return client

        yield start
