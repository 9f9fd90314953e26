"""The memory of a process that requests under way share: each takes its part before it begins, or waits."""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Self

from bandstand.errors import Overloaded, TooLarge
from bandstand.model.turn import Turn

_LOOK_S = 0.25
"""How often one who waits asks whether its client still does."""


class Share:
    """Memory that one request holds until it is closed or forgotten."""

    __slots__ = ("_nbytes", "_purse")

    def __init__(self, purse: "Purse", nbytes: int) -> None:
        """Made by `Purse.take`."""
        self._purse: Purse | None = purse
        self._nbytes = nbytes

    def keep(self, nbytes: int) -> None:
        """Give back all but so many bytes."""
        spare = self._nbytes - nbytes
        if self._purse is not None and spare > 0:
            self._nbytes = nbytes
            self._purse._put(spare)  # noqa: SLF001 - of one family

    def close(self) -> None:
        """Give it back; a second time does nothing."""
        purse, self._purse = self._purse, None
        if purse is not None:
            purse._put(self._nbytes)  # noqa: SLF001 - of one family

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class Held:
    """Parts of an answer that hold a share until the last of them was taken, or nobody takes more."""

    def __init__(self, parts: Iterable[bytes], share: Share) -> None:
        """Take over the share."""
        self._parts = iter(parts)
        self._share = share

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take no more."""
        self._parts = iter(())
        self._share.close()


class Purse:
    """Bytes that requests may hold together; safe to share between threads.

    A request takes all that it needs at once, so that no two wait for each other. Who comes later and fits goes
    first, and an eighth is for small ones alone: they never wait behind a large one.
    """

    def __init__(self, limit: int, wait_s: float = 10.0) -> None:
        """Share `limit` bytes; nobody waits longer than `wait_s`."""
        self.limit = limit
        self._most = limit - limit // 8
        self._wait_s = wait_s
        self._held = 0
        self._change = threading.Condition(threading.Lock())

    @property
    def held(self) -> int:
        """Bytes that are taken."""
        return self._held

    def take(self, nbytes: int, turn: Turn) -> Share:
        """Take so many bytes, as soon as others have given back enough.

        Raises:
            TooLarge: There are never so many; locator `size`.
            Overloaded: Others hold them for too long.
            DeadlineExceeded: The time of the request is over.
            ClientGone: Nobody waits for its answer any more.
        """
        limit = self.limit if nbytes <= self.limit // 16 else self._most
        if nbytes > limit:
            raise TooLarge(
                f"This takes about {nbytes:,} bytes of memory at a time, the limit of one request is {limit:,} "
                "(server.memory_bytes). Ask a smaller area, fewer bands, or image/tiff.",
                locator="size",
            )
        with self._change:
            until = 0.0
            while self._held + nbytes > limit:
                now = time.monotonic()
                until = until or now + self._wait_s
                turn.check()
                if now >= until:
                    raise Overloaded(
                        "Other requests hold the memory that this one needs. Ask again in a moment, or for less."
                    )
                self._change.wait(min(_LOOK_S, until - now))
            self._held += nbytes
        return Share(self, nbytes)

    def _put(self, nbytes: int) -> None:
        with self._change:
            self._held -= nbytes
            self._change.notify_all()
