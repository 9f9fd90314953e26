"""A worker: its front, its lanes, and the application behind them."""

import logging
import socket
import time

from bandstand.errors import BandstandError
from bandstand.model.turn import Deferred, Turn, taking
from bandstand.serving.bounds import Bounds
from bandstand.serving.connection import Connection
from bandstand.serving.front import Front
from bandstand.serving.gateway import Answer, Application, environ_of, failure
from bandstand.serving.lanes import Job, Lanes, Name
from bandstand.serving.ledger import Entry, Ledger
from bandstand.serving.measures import of_worker
from bandstand.serving.request import Asked
from bandstand.web.mount import REFUSED

logger = logging.getLogger("bandstand.serving")
_HEALTH = frozenset({b"/healthz", b"/readyz", b"/metrics", b"/version"})
_FULL = "The server has more to do than it can; this request waited too long for its turn. Ask again in a moment."


def _probe(target: bytes) -> str:
    """Which question of operators an address is; empty for others."""
    path = target.partition(b"?")[0]
    return path[1:].decode("ascii") if path in _HEALTH else ""


class Worker:
    """Serves one application on one listening socket."""

    def __init__(
        self,
        application: Application,
        listener: socket.socket,
        bounds: Bounds,
        *,
        light: int,
        heavy: int,
        ledger: Ledger | None = None,
    ) -> None:
        """Start the lanes; `run` starts the front.

        Args:
            application: Answers requests (PEP 3333).
            listener: Does not block.
            bounds: Of connections and waiting.
            light: Threads for small requests.
            heavy: Threads for heavy ones.
            ledger: Where answers are told.
        """
        self._application = application
        self._bounds = bounds
        name = listener.getsockname()
        self._server = (str(name[0]), int(name[1]))
        self.front = Front(listener, bounds, ledger or Ledger())
        self.lanes = Lanes(bounds, light=light, heavy=heavy, run=self._run)
        self.front.asked = self._asked
        self.front.drained = self._drained
        self.front.tick = self.lanes.expire
        self.front.ledger.figures.watch(lambda: of_worker(self.front, self.lanes))

    def run(self, grace_s: float) -> None:
        """Serve until `stop`, and then until all is answered, at most so many seconds."""
        self.front.run(grace_s)

    def stop(self) -> None:
        """Accept nothing more."""
        self.front.stop()

    def _asked(self, connection: Connection, asked: Asked) -> None:
        lane: Name = "health" if _probe(asked.target) else "light"
        turn = Turn(asked.started + self._bounds.timeout_s, gone=connection.left, small=lane == "light")
        entry = Entry(asked, connection.peer[0], lane)
        if lane == "health":
            entry.note.service, entry.note.operation = "health", _probe(asked.target)
        job = Job(connection, asked, turn, lane, entry, time.monotonic())
        connection.job = job
        self.lanes.put(job)

    def _drained(self, connection: Connection) -> None:
        job = connection.job
        if job is not None and job.shift("parked", "waiting"):
            # The least rate bounds how long a client may take; the clock is that of our own work.
            job.turn.deadline += time.monotonic() - job.parked
            job.entry.wait()
            self.lanes.put(job)

    def _run(self, job: Job) -> None:
        """Answer a job, or go on with its answer; in a thread of its lane."""
        connection = job.connection
        job.entry.begin()
        try:
            with taking(job.turn):
                if connection.gone:
                    job.close()
                else:
                    if job.parts is None:
                        self._begin(job)
                    self._send(job)
        except Deferred:
            job.turn.small = False
            job.entry.pause()
            self.lanes.move(job, "heavy")
        except Exception as error:  # noqa: BLE001 - told there, with its trace
            self._fail(job, error)

    def _begin(self, job: Job) -> None:
        if self.front.stopping:
            job.asked.keep = False
        answer = Answer(job.asked)
        job.entry.start = job.connection.given
        environ = environ_of(job.asked, job.connection, self._server, job.entry.note)
        if job.refused:
            environ[REFUSED] = _FULL
        job.answer, job.parts = answer, answer.parts(self._application(environ, answer.start))
        # Read by now; only its headers are looked at any more.
        job.asked.release()

    def _send(self, job: Job) -> None:
        connection = job.connection
        for parts in job.parts or ():
            connection.give(*parts)
            if connection.gone:
                job.close()
                return
            if connection.full and self._park(job):
                return
        job.entry.pause()
        job.settle()
        if job.answer is not None and job.answer.keep:
            connection.next()
        else:
            connection.end()

    @staticmethod
    def _fail(job: Job, error: Exception) -> None:
        """Tell of what no service has caught; what has begun can only be broken off."""
        entry, incident = job.entry, job.entry.note.request_id
        logger.error("answer", exc_info=error, extra={"request_id": incident})
        entry.pause()
        if job.answer is not None and job.answer.begun:
            job.connection.reset()
            job.close()
            return
        entry.status, text = 500, f"Something went wrong here; please report the number {incident}."
        if isinstance(error, BandstandError) and error.http_status != 500:
            entry.status, text = error.http_status, error.message
        job.release()
        job.connection.give(failure(entry.status, text, ("X-Request-Id", incident)))
        job.settle()
        job.connection.end()

    @staticmethod
    def _park(job: Job) -> bool:
        """Leave an answer until its client has room; False where it has by now."""
        job.entry.pause()
        job.parked = time.monotonic()
        job.shift("running", "parked")
        # Between the look and the shift the front may have sent everything, and will not come again.
        if job.connection.full or not job.shift("parked", "running"):
            return True
        job.entry.begin()
        return False
