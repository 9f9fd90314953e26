"""A process that does what may crash or hang: it is asked one thing after the other, each with a deadline."""

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from typing import Any

MEMORY_BYTES = 6_000_000_000
Task = Callable[[Any], str]


class Helper:
    """The process; another one takes its place when it dies or hangs."""

    def __init__(self, begin: Callable[[], Task], patience_s: float) -> None:
        """Start it.

        Args:
            begin: Called once in the process; makes what answers there. A function of a module.
            patience_s: Time that one answer may take.
        """
        self._begin = begin
        self._patience_s = patience_s
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, end = context.Pipe()
        self.process = context.Process(target=_answer, args=(end, self._begin), daemon=True)
        self.process.start()
        end.close()

    def tell(self, question: Any, patience_s: float | None = None) -> str:
        """What became of it: the answer, `hang` or `crash`."""
        try:
            self._line.send(question)
            if self._line.poll(patience_s or self._patience_s):
                return self._line.recv()
            verdict = "hang"
        except (EOFError, ConnectionError):
            verdict = "crash"
        self.end()
        self._start()
        return verdict

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.join()
        self._line.close()


def _answer(line: Any, begin: Callable[[], Task]) -> None:
    # An interrupt from the keyboard is for the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    task = begin()
    while True:
        try:
            question = line.recv()
        except EOFError:
            return
        line.send(task(question))
