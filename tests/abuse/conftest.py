"""A running `bandstand serve` whose processes may be hurt, and clients that misbehave."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

PATIENCE_S = 60


class Victim:
    """A server in a session of its own."""

    def __init__(self, site, *options):
        command = [str(Path(sys.executable).with_name("bandstand")), "serve", str(site.path), "--no-ingest"]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.said = []
        self._heard = threading.Condition()
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--workers", "1", *options],
            cwd=site.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self.hears("ready ")

    def _listen(self):
        for line in self.process.stderr:
            with self._heard:
                self.said.append(line)
                self._heard.notify_all()

    def hears(self, words, *, times=1):
        """Wait until a line with these words was said so often."""
        with self._heard:
            found = self._heard.wait_for(lambda: sum(words in line for line in self.said) >= times, PATIENCE_S)
        assert found, f"{words!r} was not said: {''.join(self.said)}"

    def get(self, path, timeout=PATIENCE_S):
        """Status and body."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def connect(self, *, buffer=None):
        """A plain connection."""
        client = socket.socket()
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(PATIENCE_S)
        client.connect(("127.0.0.1", self.port))
        return client

    def end(self):
        """Stop it with everything it started."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self._reader.join(20)
        self.process.stderr.close()


def children(pid):
    """Process ids below a process, from /proc."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def gone(pid, within_s=20):
    """Whether a process ends in time."""
    until = time.monotonic() + within_s
    watcher = threading.Event()
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        watcher.wait(0.05)
    return False


@pytest.fixture
def victim(make_site):
    """`victim(*options)` starts a server on a site of its own."""
    started = []

    def start(*options, **rest):
        site = make_site(f"site{len(started)}", **rest)
        server = Victim(site, *options)
        server.site = site
        started.append(server)
        return server

    yield start
    for server in started:
        server.end()
