"""The one who watches: starts worker processes, replaces those that end, and changes them all for a new configuration.

It opens no library that works on data, so nothing an archive or a client sends can end it.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection as pipes
from multiprocessing.context import ForkServerProcess
from typing import Any

from bandstand.observe.figures import Figures, Reading
from bandstand.serving.slates import SUPERVISOR, Slate, Slates

logger = logging.getLogger("bandstand.serving")

_PRELOADED = ["bandstand.serving.forker"]
_SHORTEST_S, _LONGEST_S = 0.1, 30.0
_STARTING_S = 120.0
_LOOK_S = 0.2
_CLOSING_S = 5.0

_GENERATIONS = 4
"""Of workers that may be there at a time: each new configuration makes one, and those before take a while to end."""

SERVED = "served"
"""The outcome of a change that was made."""

Work = Callable[[Any, socket.socket, pipes.Connection, Slate], None]
"""What a worker process runs: configuration, listening socket, where to say that it is ready, and its slate."""


@dataclass(slots=True, eq=False)
class Member:
    """One worker process."""

    process: ForkServerProcess
    ready_pipe: pipes.Connection
    started: float
    slate: int
    ready: bool = False


@dataclass(slots=True)
class Supervisor:
    """Keeps so many workers going until it is told to stop."""

    work: Work
    config: Any
    listener: socket.socket
    count: int
    grace_s: float
    reread: Callable[[], Any]
    """Reads and checks the configuration again; None where it cannot be used, which it has told."""
    ready: Callable[[], None] = lambda: None
    """Called once, when the first worker answers."""
    outcome: Callable[[str], None] = lambda _: None
    """Told of each change of the configuration: nothing when it begins; at its end `SERVED`, or what is against it."""
    alive: Callable[[], None] = lambda: None
    """Called several times a second, as long as workers are watched."""
    _figures: Figures = field(default_factory=Figures)
    _slates: Slates = field(init=False)
    _members: list[Member] = field(default_factory=list)
    _leaving: list[tuple[Member, float]] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)
    _failures: int = 0
    _next_start: float = 0.0
    _stop: bool = False
    _reload: bool = False

    def __post_init__(self) -> None:
        """Make a slate for each worker that there may be, and one for this process."""
        self._slates = Slates(1 + _GENERATIONS * self.count)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        told = False
        try:
            while not self._stop:
                self._replace()
                self._watch()
                if self._reload:
                    self._reload = False
                    self._change()
                if not told and any(member.ready for member in self._members):
                    told = True
                    self.ready()
        finally:
            self._end(self._members)

    def _on_stop(self, *_: object) -> None:
        self._stop = True

    def _on_reload(self, *_: object) -> None:
        self._reload = True

    def _start(self, config: Any) -> Member:
        context = multiprocessing.get_context("forkserver")
        inbox, outbox = context.Pipe(duplex=False)
        # The lowest that is free: whoever follows a worker goes on from what that one has counted.
        number = next(iter(self._free()))
        arguments = (config, self.listener, outbox, Slate(self._slates, number))
        process = context.Process(target=self.work, args=arguments, name="bandstand-worker")
        process.start()
        outbox.close()
        member = Member(process, inbox, time.monotonic(), number)
        self._taken.add(number)
        return member

    def _free(self) -> list[int]:
        """Numbers of slates that no process writes on."""
        return [number for number in range(1, self._slates.count) if number not in self._taken]

    def _gone(self, member: Member) -> None:
        self._slates.retire(member.slate)
        self._taken.discard(member.slate)
        self._tell()

    def _tell(self) -> None:
        """Write our own figures down."""
        ready = float(sum(member.ready for member in self._members))
        workers: Reading = ("bandstand_workers", (), (ready,))
        self._slates.write(SUPERVISOR, [*self._figures.read(), workers])

    def _replace(self) -> None:
        """Start what is missing; after failures only when the pause is over."""
        if time.monotonic() < self._next_start:
            return
        while len(self._members) < self.count:
            try:
                self._members.append(self._start(self.config))
            except (EOFError, OSError) as error:
                # The process that forks has ended, or the system has no room for another one.
                self._pause(f"A worker cannot be started ({error or type(error).__name__})")
                return

    def _watch(self, fresh: Sequence[Member] = ()) -> None:
        """Wait a moment for workers that become ready, or end; those of a change that is under way wake it, too."""
        self.alive()
        _wait([*self._members, *(member for member, _ in self._leaving), *fresh])
        now = time.monotonic()
        for member in list(self._members):
            self._hear(member)
            if member.process.exitcode is not None:
                self._members.remove(member)
                self._mourn(member)
                self._gone(member)
            elif not member.ready and now - member.started > _STARTING_S:
                member.process.kill()
        for member, until in list(self._leaving):
            if member.process.exitcode is not None:
                self._leaving.remove((member, until))
                self._gone(member)
            elif now > until:
                member.process.kill()

    def _hear(self, member: Member) -> None:
        if not member.ready and member.ready_pipe.poll():
            try:
                member.ready = bool(member.ready_pipe.recv())
            except EOFError:
                return
            self._failures = 0
            self._next_start = 0.0
            self._tell()

    def _mourn(self, member: Member) -> None:
        """One that served is replaced at once; those that fail before they serve, after a pause that grows."""
        if self._stop:
            return
        self._figures.count("bandstand_worker_restarts_total")
        code = member.process.exitcode
        # It is told dead as well when the process that forked it is; it must not go on serving unwatched.
        if member.process.pid:
            with contextlib.suppress(OSError):
                os.kill(member.process.pid, signal.SIGKILL)
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        if member.ready:
            logger.error("A worker ended (%s) and is replaced.", how)
            return
        self._pause(f"A worker ended before it could serve ({how})")

    def _pause(self, what: str) -> None:
        pause = min(_LONGEST_S, _SHORTEST_S * 2**self._failures)
        self._failures += 1
        self._next_start = time.monotonic() + pause
        logger.error("%s; the next start is in %.1f s.", what, pause)

    def _change(self) -> None:
        """Put workers with the new configuration in the place of the old, once they serve; else keep those."""
        self.outcome("")
        problem = self._changed()
        if problem:
            logger.error("%s", problem)
        else:
            logger.warning("The configuration was read again, and is served.")
        self._figures.count("bandstand_reloads_total", "refused" if problem else "done")
        self._tell()
        self.outcome(problem or SERVED)

    def _changed(self) -> str:
        """Why it was not; empty where it was."""
        config = self.reread()
        if config is None:
            return "The configuration is not changed."
        if len(self._free()) < self.count:
            return "The configuration is not changed: workers of those before it have not ended yet."
        fresh: list[Member] = []
        try:
            while len(fresh) < self.count:
                fresh.append(self._start(config))
        except (EOFError, OSError) as error:
            self._end(fresh)
            return f"The configuration is not changed: a worker cannot be started ({error or type(error).__name__})."
        until = time.monotonic() + _STARTING_S
        while not all(member.ready for member in fresh):
            # Those that serve are watched meanwhile as ever: one that ends is replaced.
            self._replace()
            self._watch(fresh)
            for member in fresh:
                self._hear(member)
            is_over = self._stop or time.monotonic() > until
            if is_over or any(member.process.exitcode is not None for member in fresh):
                self._end(fresh)
                return "The new configuration cannot be served; the old one stays."
        old, self._members, self.config = self._members, fresh, config
        for member in old:
            member.process.terminate()
            self._leaving.append((member, time.monotonic() + self.grace_s + 5.0))
        until = time.monotonic() + _CLOSING_S
        for member in old:
            # Until it says that it accepts nothing more, or ends: whoever asks from now on is answered by the new.
            member.ready_pipe.poll(max(0.0, until - time.monotonic()))
        return ""

    def _end(self, members: list[Member]) -> None:
        """Let workers end what they do, and end those that do not."""
        everyone = [*members, *(member for member, _ in self._leaving)]
        for member in everyone:
            if member.process.exitcode is None:
                member.process.terminate()
        until = time.monotonic() + self.grace_s + 2.0
        for member in everyone:
            member.process.join(max(0.0, until - time.monotonic()))
            if member.process.exitcode is None:
                member.process.kill()
                member.process.join()
            self._gone(member)
        self._leaving.clear()


def _wait(members: Sequence[Member]) -> None:
    """Until one of them ends or becomes ready, or a moment is over."""
    signs: list[Any] = [member.process.sentinel for member in members]
    signs += [member.ready_pipe for member in members if not member.ready]
    pipes.wait(signs, _LOOK_S)
