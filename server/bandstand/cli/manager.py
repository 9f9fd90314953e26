"""The service manager that has started us, as far as it wants to hear of it (systemd, sd_notify(3))."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping


class Manager:
    """Tells it in datagrams when we serve and that we live; nothing where there is none."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read where it listens, and how long it waits for a sign of life."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        watched = environment.get("WATCHDOG_USEC", "") if self._is_meant(environment) else ""
        # Half of the time is what it recommends itself (sd_watchdog_enabled(3)).
        self._every_s = int(watched) / 2e6 if watched.isdecimal() else 0.0
        self._next = 0.0

    @staticmethod
    def _is_meant(environment: Mapping[str, str]) -> bool:
        return environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())

    def ready(self) -> None:
        """Requests are answered."""
        self._tell("READY=1\nSTATUS=serving")

    def changed(self, outcome: str) -> None:
        """The configuration is being changed, or was, with this outcome."""
        if outcome:
            self._tell(f"READY=1\nSTATUS=last change of the configuration: {' '.join(outcome.split())}")
        else:
            self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def alive(self) -> None:
        """We go on; to be called more often than it waits."""
        now = time.monotonic()
        if self._every_s and now >= self._next:
            self._next = now + self._every_s
            self._tell("WATCHDOG=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        # A name that begins with @ lies in the abstract namespace (unix(7)).
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        # A manager that does not listen is no reason not to serve.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(text.encode(), address)
