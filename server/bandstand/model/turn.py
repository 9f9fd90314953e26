"""The turn of one request: its clock, whether its client still waits, and whether it is in the right lane."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from bandstand.errors import ClientGone, DeadlineExceeded

HEAVY_BYTES = 16_000_000
"""Decoded bytes above which a request is heavy: a tile needs some hundred thousand."""
HEAVY_PX = 1_000_000
"""Output pixels times outputs, likewise."""
HEAVY_ITEMS = 32
"""Scenes, likewise."""


class Deferred(BaseException):
    """Not an error: the request turned out to be heavy in a lane for small ones, and begins again in the other.

    Raised by `Turn.weigh` before a pixel is read, and caught by the server alone.
    """


def _there() -> bool:
    return False


@dataclass(slots=True)
class Turn:
    """What a request may still take."""

    deadline: float
    """On the monotonic clock, seconds; counted from the first byte of the request."""
    gone: Callable[[], bool] = _there
    """Whether nobody waits for the answer any more."""
    small: bool = False
    """Whether the lane is for small requests."""

    def check(self) -> None:
        """Stop when the time is over, or nobody waits.

        Raises:
            DeadlineExceeded: The request took longer than its limit.
            ClientGone: Its client has left.
        """
        if time.monotonic() > self.deadline:
            raise DeadlineExceeded(
                "The request took longer than its time limit (limits.timeout_s). Ask a smaller area or a shorter time."
            )
        if self.gone():
            raise ClientGone("The client did not wait for the answer.")

    def weigh(self, *, read_bytes: int, pixels: int, items: int) -> None:
        """Look at what a plan costs before it is carried out.

        Raises:
            Deferred: It is heavy, and this lane is for small requests.
        """
        if self.small and (read_bytes > HEAVY_BYTES or pixels > HEAVY_PX or items > HEAVY_ITEMS):
            raise Deferred


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


def current_turn(timeout_s: float) -> Turn:
    """The turn that is being taken; one that begins now where no server gave one, as in a test or a script."""
    turn = _current.get()
    return Turn(time.monotonic() + timeout_s) if turn is None else turn


def checkpoint() -> None:
    """Stop where the turn that is being taken is over; for long work that knows no request. See `Turn.check`."""
    turn = _current.get()
    if turn is not None:
        turn.check()


@contextmanager
def taking(turn: Turn) -> Iterator[None]:
    """Everything inside belongs to this turn."""
    token = _current.set(turn)
    try:
        yield
    finally:
        _current.reset(token)
