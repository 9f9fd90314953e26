"""What a process remembers of the catalogue between two questions."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from bandstand.caching.recent import Recent

Value = TypeVar("Value")


class Revised(Generic[Value]):
    """Values that hold for one revision of their collection."""

    def __init__(self, most: int) -> None:
        """Keep at most so many."""
        self._recent: Recent[Hashable, tuple[int, Value]] = Recent(most)

    def get(self, key: Hashable, revision: int) -> Value | None:
        """The value, unless the collection has changed since."""
        found = self._recent.get(key)
        return None if found is None or found[0] != revision else found[1]

    def put(self, key: Hashable, revision: int, value: Value) -> Value:
        """Keep a value and hand it back."""
        return self._recent.put(key, (revision, value))[1]

    def clear(self) -> None:
        """Forget everything."""
        self._recent.clear()
