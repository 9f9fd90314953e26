"""What a process remembers of the catalogue between two questions."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from bandstand.model.item import Item

Value = TypeVar("Value")
Key = tuple[int, int]


class Kept:
    """Scenes already built, by (row, revision); the longest unused go first once they fill their room."""

    def __init__(self, max_bytes: int) -> None:
        """Keep about so many bytes."""
        self._max = max_bytes
        self._size = 0
        self._items: OrderedDict[Key, tuple[Item, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Item | None:
        """The scene, or None."""
        with self._lock:
            found = self._items.get(key)
            if found is None:
                return None
            self._items.move_to_end(key)
            return found[0]

    def put(self, key: Key, item: Item, size: int) -> None:
        """Keep a scene of this size in bytes."""
        with self._lock:
            old = self._items.pop(key, None)
            self._size += size - (old[1] if old else 0)
            self._items[key] = (item, size)
            while self._size > self._max and len(self._items) > 1:
                _, (_, gone) = self._items.popitem(last=False)
                self._size -= gone

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._items.clear()
            self._size = 0


class Revised(Generic[Value]):
    """Values that hold for one revision of their collection; the longest unused go first."""

    def __init__(self, most: int) -> None:
        """Keep at most so many."""
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[int, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, revision: int) -> Value | None:
        """The value, unless the collection has changed since."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or found[0] != revision:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def put(self, key: Hashable, revision: int, value: Value) -> Value:
        """Keep a value and hand it back."""
        with self._lock:
            self._kept[key] = (revision, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
