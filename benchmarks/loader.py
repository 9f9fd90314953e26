"""The load: a closed loop over keep-alive connections, in a process of its own.

Reads one job as JSON from standard input and writes one summary as JSON to standard output. Plain sockets under
epoll, because the loader shares the cores with the server it measures: a request costs it some tens of microseconds.
"""

import json
import math
import select
import socket
import sys
import time
from array import array
from dataclasses import dataclass
from typing import Any

RECEIVE_BYTES = 1 << 20


@dataclass
class Answer:
    """What is known of the answer that is coming in on one connection."""

    head: bytearray
    """Bytes of the head so far; empty once it was read."""
    status: int = 0
    """HTTP status."""
    kind: str = ""
    """Content type."""
    left: int = -1
    """Bytes of the body (or of the chunk, its end of line included) still to come; -1 while unknown."""
    chunked: bool = False
    """Whether the body comes in chunks."""
    last: bool = False
    """Whether the chunk that is coming in is the empty one at the end."""
    body: int = 0
    """Bytes of the body so far."""
    sample: bytes = b""
    """Beginning of the body, to show when the answer is an error."""


class Connection:
    """One client: a socket that asks again as soon as it was answered."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Connect to a server on this machine."""
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = Answer(bytearray())
        self.started = 0.0

    def ask(self, request: bytes) -> None:
        """Send the next request."""
        self.answer = Answer(bytearray())
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def feed(self, data: memoryview) -> bool:
        """Take received bytes; True when the answer is complete."""
        answer = self.answer
        if answer.status == 0:
            answer.head += data
            end = answer.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            rest = bytes(answer.head[end + 4 :])
            self._read_head(bytes(answer.head[:end]))
            answer.head.clear()
            answer.sample = rest[:300]
            return self._take(memoryview(rest))
        return self._take(data)

    def _read_head(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        answer = self.answer
        answer.status = int(lines[0].split(b" ", 2)[1])
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name == b"content-length":
                answer.left = int(value)
            elif name == b"transfer-encoding":
                answer.chunked = b"chunked" in value.lower()
            elif name == b"content-type":
                answer.kind = value.strip().decode("latin-1")
        if answer.left < 0 and not answer.chunked:
            raise ValueError("an answer without length cannot keep its connection")

    def _take(self, data: memoryview) -> bool:
        answer = self.answer
        if not answer.chunked:
            answer.body += len(data)
            answer.left -= len(data)
            return answer.left == 0
        return self._take_chunks(data)

    def _take_chunks(self, data: memoryview) -> bool:
        answer = self.answer
        while len(data):
            if answer.left > 0:
                used = min(answer.left, len(data))
                answer.left -= used
                data = data[used:]
                continue
            answer.head += data[:64]
            end = answer.head.find(b"\r\n")
            if end < 0:
                return False
            size = int(bytes(answer.head[:end]).split(b";")[0], 16)
            consumed = end + 2 - (len(answer.head) - min(64, len(data)))
            answer.head.clear()
            data = data[consumed:]
            answer.body += size
            answer.left = size + 2
            answer.last = size == 0
        return answer.last and answer.left == 0


@dataclass
class Tally:
    """What one slot has counted."""

    latencies_s: array
    """One entry an answer, in order of arrival."""
    received: int = 0
    """Bytes of bodies."""
    errors: int = 0
    """Answers other than 200 with the expected content type."""
    first_error: str = ""
    """Status, type and beginning of the first wrong answer."""

    def count(self, connection: Connection, expected: str) -> None:
        """Add an answer that has just been completed."""
        answer = connection.answer
        self.latencies_s.append(time.perf_counter() - connection.started)
        self.received += answer.body
        if answer.status != 200 or not answer.kind.startswith(expected):
            self.errors += 1
            if not self.first_error:
                self.first_error = f"{answer.status} {answer.kind} {answer.sample!r}"


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Ask for `seconds`, or until `limit` requests were sent, with `clients` at once.

    Returns:
        Requests, seconds, percentiles in milliseconds, bytes, errors, and the loader's own CPU seconds.
    """
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: {job['host']}:{job['port']}\r\nUser-Agent: bench\r\n\r\n".encode()
        for path in job["paths"]
    ]
    poll = select.epoll()
    clients = {}
    for _ in range(min(job["clients"], job["limit"])):
        connection = Connection((job["host"], job["port"]))
        clients[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
    tally = Tally(array("d"))
    buffer = memoryview(bytearray(RECEIVE_BYTES))
    cpu, begun = time.process_time(), time.perf_counter()
    stop, sent, busy = begun + job["seconds"], 0, 0
    for connection in clients.values():
        connection.ask(requests[(job["start"] + sent) % len(requests)])
        sent, busy = sent + 1, busy + 1
    while busy:
        for descriptor, _ in poll.poll(job["timeout_s"]) or _silence(job):
            connection = clients[descriptor]
            size = connection.socket.recv_into(buffer)
            if size == 0:
                raise ConnectionError("the server closed a connection in mid-answer")
            if not connection.feed(buffer[:size]):
                continue
            tally.count(connection, job["expected"])
            if sent < job["limit"] and time.perf_counter() < stop:
                connection.ask(requests[(job["start"] + sent) % len(requests)])
                sent += 1
            else:
                busy -= 1
    elapsed = time.perf_counter() - begun
    poll.close()
    for connection in clients.values():
        connection.socket.close()
    return {
        "requests": sent,
        "seconds": elapsed,
        "rate": sent / elapsed,
        **percentiles(tally.latencies_s),
        "bytes": tally.received,
        "errors": tally.errors,
        "first_error": tally.first_error,
        "loader_cpu_s": time.process_time() - cpu,
    }


def _silence(job: dict[str, Any]) -> list[tuple[int, int]]:
    raise TimeoutError(f"no answer in {job['timeout_s']} s")


def percentiles(latencies_s: array) -> dict[str, float]:
    """p50, p90, p99, mean and maximum in milliseconds (nearest rank)."""
    ranked = sorted(latencies_s)
    names = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "max_ms": 1.0}
    ranks = {name: max(0, math.ceil(len(ranked) * part - 1e-9) - 1) for name, part in names.items()}
    found = {name: 1000 * ranked[rank] for name, rank in ranks.items()}
    return found | {"mean_ms": 1000 * sum(ranked) / len(ranked)}


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
