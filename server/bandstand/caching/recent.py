"""What was used last: for values that cost something to make, and may be made again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _nothing(_: object) -> None:
    return None


class Recent(Generic[K, V]):
    """Values by key, the longest unused of which go once all weigh more than a limit; safe to share between threads.

    The newest always stays, whatever it weighs.
    """

    __slots__ = ("_drop", "_entries", "_limit", "_lock", "_weight")

    def __init__(self, limit: int, *, drop: Callable[[V], object] = _nothing) -> None:
        """Hold values that together weigh `limit` (each 1 where nothing else is said); `drop` is told which go."""
        self._limit = limit
        self._drop = drop
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, or None."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> V:
        """Hold a value in the place of an older one, and hand it back."""
        with self._lock:
            self._hold(key, value, weight)
        return value

    def keep(self, key: K, value: V, weight: int = 1) -> V:
        """Hold a value unless another thread was first; the one that is held."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                self._hold(key, value, weight)
            return value if found is None else found[0]

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            gone = [value for value, _ in self._entries.values()]
            self._entries.clear()
            self._weight = 0
            for value in gone:
                self._drop(value)

    def _hold(self, key: K, value: V, weight: int) -> None:
        entries = self._entries
        old = entries.pop(key, None)
        if old is not None:
            self._weight -= old[1]
            self._drop(old[0])
        entries[key] = (value, weight)
        self._weight += weight
        while self._weight > self._limit and len(entries) > 1:
            _, (gone, freed) = entries.popitem(last=False)
            self._weight -= freed
            self._drop(gone)
