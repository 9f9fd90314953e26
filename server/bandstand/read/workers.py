"""A few hands that help a read with its blocks while the machine is idle."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Workers:
    """Runs small jobs side by side, never more at once than there are hands, callers included.

    Under load every caller works alone: handing over would cost more than it saves.
    """

    def __init__(self, threads: int) -> None:
        """Count callers and helpers up to `threads`; 1 means that nobody helps."""
        self._threads = threads
        self._busy = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="blocks") if threads > 1 else None

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """The results of all jobs, in order; jobs do not raise."""
        with self._lock:
            self._busy += 1
            free = min(self._threads - self._busy, len(jobs) - 1)
            helpers = max(0, free)
            self._busy += helpers
        try:
            return self._share(jobs, helpers) if helpers and self._pool else [job() for job in jobs]
        finally:
            with self._lock:
                self._busy -= 1 + helpers

    def close(self) -> None:
        """End the helpers."""
        if self._pool:
            self._pool.shutdown()

    def _share(self, jobs: Sequence[Callable[[], T]], helpers: int) -> list[T]:
        results: dict[int, T] = {}
        positions = iter(range(len(jobs)))
        turn = threading.Lock()

        def work() -> None:
            while True:
                with turn:
                    position = next(positions, None)
                if position is None:
                    return
                results[position] = jobs[position]()

        assert self._pool is not None  # noqa: S101 - asked by the caller
        futures: list[Future[None]] = [self._pool.submit(work) for _ in range(helpers)]
        work()
        for future in futures:
            # A helper that has not begun has nothing left to do.
            if not future.cancel():
                future.result()
        return [results[i] for i in range(len(jobs))]
