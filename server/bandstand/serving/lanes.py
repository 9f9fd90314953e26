"""Lanes: which thread answers what, and who waits for whom.

Small requests and heavy ones have threads of their own, and so have the questions of operators, so that none waits
behind another kind. Nothing waits longer than the bound, nor when its client is gone.
"""

import contextlib
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Literal

from bandstand.model.turn import Turn
from bandstand.serving.bounds import Bounds
from bandstand.serving.connection import Connection
from bandstand.serving.gateway import Answer
from bandstand.serving.ledger import Entry
from bandstand.serving.request import Asked

_NICE = 5
Name = Literal["health", "light", "heavy"]


State = Literal["waiting", "running", "parked"]


@dataclass(slots=True, eq=False)
class Job:
    """One request on its way through the lanes."""

    connection: Connection
    asked: Asked
    turn: Turn
    lane: Name
    entry: Entry
    queued: float
    """When it began to wait, on the monotonic clock."""
    parked: float = 0.0
    """When its answer last began to wait for its client, likewise."""
    refused: bool = False
    """Whether it waited too long: only the refusal is still to be made."""
    answer: Answer | None = None
    """Once it has begun."""
    parts: Generator[tuple[bytes, ...]] | None = None
    """What is left of the answer, once there is one."""
    state: State = "waiting"
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def interim(self) -> bool:
        """Whether an interim answer may go out: none was begun, and the client knows such answers."""
        return self.parts is None and self.asked.version == "1.1"

    def shift(self, before: State, after: State) -> bool:
        """Change the state; False where it was another one already."""
        with self._lock:
            if self.state != before:
                return False
            self.state = after
            return True

    def release(self) -> None:
        """Let go of what is left of the request and its answer."""
        self.asked.release()
        if self.parts is not None:
            self.parts.close()

    def settle(self) -> None:
        """Tell the answer as it is."""
        if self.answer is not None and not self.entry.status:
            self.entry.status = self.answer.status
        if not self.entry.status:
            # Interim answers are none.
            self.entry.start = self.connection.given
        self.connection.settle(self.entry)

    def close(self) -> None:
        """Give up what is left of the request and its answer, and tell it so."""
        self.release()
        self.entry.broken = True
        self.settle()


class Lane:
    """Threads that take jobs in turn, one client after another."""

    def __init__(self, name: Name, threads: int, run: Callable[[Job], None]) -> None:
        """Start the threads."""
        self.name = name
        self.threads = threads
        self.running = 0
        """Of the threads, those that have a job."""
        self._run = run
        self._peers: OrderedDict[str, deque[Job]] = OrderedDict()
        self._ready = threading.Condition(threading.Lock())
        self._length = 0
        for number in range(threads):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def __len__(self) -> int:
        return self._length

    def put(self, job: Job) -> None:
        """Let a job wait."""
        with self._ready:
            self._peers.setdefault(job.connection.peer[0], deque()).append(job)
            self._length += 1
            self._ready.notify()

    def waiting(self) -> list[Job]:
        """All jobs that nobody has taken."""
        with self._ready:
            return [job for jobs in self._peers.values() for job in jobs]

    def _work(self) -> None:
        if self.name == "heavy":
            # Each thread has a priority of its own: small requests go first where cores are few.
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while True:
            with self._ready:
                while not self._peers:
                    self._ready.wait()
                peer, jobs = self._peers.popitem(last=False)
                job = jobs.popleft()
                self._length -= 1
                self.running += 1
                if jobs:
                    # Behind all other clients.
                    self._peers[peer] = jobs
            if job.shift("waiting", "running"):
                self._run(job)
            with self._ready:
                self.running -= 1


class Lanes:
    """The lanes of one worker process."""

    def __init__(self, bounds: Bounds, *, light: int, heavy: int, run: Callable[[Job], None]) -> None:
        """Start all threads.

        Args:
            bounds: How long a job may wait, and how many.
            light: Threads of the lane for small requests.
            heavy: Threads of the other.
            run: Answers a job, in a thread of its lane.
        """
        self._bounds = bounds
        self.lanes: dict[Name, Lane] = {
            "health": Lane("health", 1, run),
            "light": Lane("light", light, run),
            "heavy": Lane("heavy", heavy, run),
        }

    def put(self, job: Job) -> None:
        """Queue a job, or refuse it where too many wait."""
        lane = self.lanes[job.lane]
        if job.parts is None and len(lane) >= self._bounds.queue and job.lane != "health":
            self._refuse(job)
        else:
            lane.put(job)

    def move(self, job: Job, lane: Name) -> None:
        """Let a job that has begun, and found itself in the wrong lane, begin again in another."""
        job.lane, job.queued, job.state = lane, time.monotonic(), "waiting"
        job.entry.lane = lane
        self.put(job)

    def expire(self, now: float) -> None:
        """Refuse what waited too long, and drop what nobody waits for."""
        for name in ("light", "heavy"):
            for job in self.lanes[name].waiting():
                if job.connection.gone:
                    if job.shift("waiting", "running"):
                        job.close()
                elif job.parts is None and now - job.queued > self._bounds.wait_s and job.shift("waiting", "running"):
                    self._refuse(job)

    def _refuse(self, job: Job) -> None:
        job.refused = job.entry.refused = True
        job.lane, job.state = "health", "waiting"
        self.lanes["health"].put(job)
