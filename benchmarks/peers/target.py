"""What every measured server has in common: it starts, words a position as a path, and stops."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.scenes import Archive
from benchmarks.workloads import Position

HOST = "127.0.0.1"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 10.0
CONTENT_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "tiff": "image/tiff"}

# The eleven colours of ColorBrewer's RdYlGn, for -1 to 1.
RDYLGN = (
    (165, 0, 38),
    (215, 48, 39),
    (244, 109, 67),
    (253, 174, 97),
    (254, 224, 139),
    (255, 255, 191),
    (217, 239, 139),
    (166, 217, 106),
    (102, 189, 99),
    (26, 152, 80),
    (0, 104, 55),
)


class CannotRunError(Exception):
    """A target is not installed or does not start; the run goes on without it."""


@dataclass
class Target(ABC):
    """One server in one configuration."""

    archive: Archive
    """What it serves."""
    folder: Path
    """Its own folder for configuration, sockets and logs."""
    port: int
    """Where it listens on the loopback."""
    cache_mb: int
    """Memory for its block caches, all processes together."""
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    """The processes that were started."""

    name = ""
    is_peer = True

    @abstractmethod
    def prepare(self) -> None:
        """Write the configuration, once a run; raises `CannotRunError`."""

    @abstractmethod
    def launch(self) -> None:
        """Start the processes with `spawn`."""

    @abstractmethod
    def path(self, position: Position) -> str:
        """Path and query that draw a position."""

    @abstractmethod
    def facts(self) -> dict[str, object]:
        """Version, arrangement and settings, for each row of the results."""

    @property
    def probe(self) -> str:
        """A path that is answered (with any status below 500) once the server is up."""
        return "/"

    def start(self) -> None:
        """Launch and wait for the first answer."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.launch()
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            dead = [child for child in self.children if child.poll() is not None]
            if dead:
                raise CannotRunError(f"{self.name} ended with code {dead[0].returncode}: {self.log_tail()}")
            if self._answers():
                return
            time.sleep(0.1)
        raise CannotRunError(f"{self.name} did not answer within {START_TIMEOUT_S:.0f} s: {self.log_tail()}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=20)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", self.probe)
            return connection.getresponse().status < 500
        connection.close()
        return False

    def spawn(self, command: list[str], env: dict[str, str] | None = None, **options: object) -> None:
        """Start one process in a session of its own, its output in the folder's log."""
        with (self.folder / "log.txt").open("ab") as log:
            self.children.append(
                subprocess.Popen(
                    command,
                    env={**os.environ, **(env or {})},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **options,
                )
            )

    def stop(self) -> None:
        """End what was started: gently, then by force."""
        for child in self.children:
            _signal(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self.children:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child.pid, signal.SIGKILL)
                child.wait()
            _signal(child.pid, signal.SIGKILL)
        self.children.clear()

    def log_tail(self) -> str:
        """The end of the log, for an error message."""
        log = self.folder / "log.txt"
        return log.read_text(errors="replace")[-1500:] if log.exists() else ""


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]
