"""A cache bounded by bytes that loads each thing once, however many threads ask for it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

# What an entry costs beyond its own bytes (key, links, object headers), so that marks are not free for ever.
ENTRY_BYTES = 256


class Sized(Protocol):
    """Something that knows how much memory it holds."""

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        ...


V = TypeVar("V", bound=Sized)


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What a cache has seen and holds."""

    hits: int
    """Answers that were there already, or that another thread was loading."""
    misses: int
    """Loads, failed ones too."""
    entries: int
    bytes: int
    limit: int


class _Flight(Generic[V]):
    """One load under way; the others wait on it."""

    __slots__ = ("done", "error", "value")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: V | None = None
        self.error: BaseException | None = None

    def result(self) -> V:
        self.done.wait()
        if self.error is not None:
            raise self.error
        return cast("V", self.value)


class MemoryCache(Generic[V]):
    """The most recently used values up to a limit of bytes; safe to share between threads.

    A failed load raises in every thread that waited for it and is forgotten.
    """

    def __init__(self, limit: int) -> None:
        """Hold up to `limit` bytes; zero keeps nothing, yet equal loads under way are still shared."""
        self._limit = limit
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, V] = OrderedDict()
        self._flights: dict[Hashable, _Flight[V]] = {}
        self._bytes = 0
        self._hits = 0
        self._misses = 0

    def get(self, key: Hashable, load: Callable[[], V]) -> V:
        """The value of `key`, loaded by `load` when nobody has it or is loading it.

        Raises:
            BaseException: Whatever `load` raised, here or in the thread that was first.
        """
        return self.get_many((key,), lambda _: (load(),))[0]

    def get_many(self, keys: Sequence[Hashable], load: Callable[[list[int]], Sequence[V | BaseException]]) -> list[V]:
        """The values of distinct `keys`, those that are missing loaded in one call.

        Args:
            keys: Each at most once.
            load: Told the positions in `keys` it must load; gives a value or an error for each, in that order.

        Returns:
            In the order of `keys`.

        Raises:
            BaseException: The first error among the keys.
        """
        found: list[V | _Flight[V]] = []
        mine: list[int] = []
        entries = self._entries
        with self._lock:
            for position, key in enumerate(keys):
                value = entries.get(key)
                if value is not None:
                    entries.move_to_end(key)
                    self._hits += 1
                    found.append(value)
                    continue
                flight = self._flights.get(key)
                if flight is None:
                    flight = self._flights[key] = _Flight()
                    mine.append(position)
                    self._misses += 1
                else:
                    self._hits += 1
                found.append(flight)
        if mine:
            self._land(keys, mine, found, load)
        # Our own loads are done before we wait for those of others: no two threads can wait for each other.
        return [f.result() if isinstance(f, _Flight) else f for f in found]

    def stats(self) -> CacheStats:
        """Hits, misses and size until now."""
        with self._lock:
            return CacheStats(self._hits, self._misses, len(self._entries), self._bytes, self._limit)

    def clear(self) -> None:
        """Forget every value; loads under way go on."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def _land(
        self,
        keys: Sequence[Hashable],
        mine: list[int],
        found: list[V | _Flight[V]],
        load: Callable[[list[int]], Sequence[V | BaseException]],
    ) -> None:
        results: Sequence[V | BaseException]
        try:
            results = load(mine)
            if len(results) != len(mine):
                raise ValueError(f"asked for {len(mine)} values, got {len(results)}")  # noqa: TRY301 - a broken seam
        except BaseException as error:  # noqa: BLE001 - handed on to every thread that waits, and raised in this one
            results = [error] * len(mine)
        with self._lock:
            for position, result in zip(mine, results, strict=True):
                key = keys[position]
                flight = self._flights.pop(key)
                assert flight is found[position]  # noqa: S101 - a flight is only ever landed by its owner
                if isinstance(result, BaseException):
                    flight.error = result
                else:
                    flight.value = result
                    self._keep(key, result)
                flight.done.set()

    def _keep(self, key: Hashable, value: V) -> None:
        size = value.nbytes + ENTRY_BYTES
        if size > self._limit:
            return
        self._entries[key] = value
        self._bytes += size
        while self._bytes > self._limit:
            _, old = self._entries.popitem(last=False)
            self._bytes -= old.nbytes + ENTRY_BYTES
