"""What a connection hands on: one request, read whole."""

import threading
from dataclasses import dataclass, field


class Store:
    """Room for the bodies that all connections hold."""

    def __init__(self, most: int) -> None:
        """Take the bytes that they may have together."""
        self._left = most
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Use room; False where there is not so much."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give(self, size: int) -> None:
        """Give room back."""
        with self._lock:
            self._left += size


@dataclass(slots=True)
class Asked:
    """A request as it came, its body included."""

    method: str
    target: bytes
    """As in the request line."""
    version: str
    """`1.0` or `1.1`."""
    headers: list[tuple[bytes, bytes]]
    """In order, names as they were sent."""
    keep: bool
    """Whether the connection may be used again."""
    body: bytearray = field(default_factory=bytearray)
    started: float = 0.0
    """Of its first byte, on the monotonic clock."""
    _store: Store | None = None
    _held: int = 0

    def hold(self, store: Store, size: int) -> bool:
        """Count so many bytes more in; False where the store has no room for them."""
        if not store.take(size):
            return False
        self._store, self._held = store, self._held + size
        return True

    def release(self) -> None:
        """Let go of the body, once it is used or nobody wants it."""
        self.body = bytearray()
        if self._store is not None:
            self._store.give(self._held)
            self._store = None
