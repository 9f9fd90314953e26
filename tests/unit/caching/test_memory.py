"""The laws of the memory cache: bounded, and one load however many ask."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.caching.memory import ENTRY_BYTES, MemoryCache


@dataclass(frozen=True)
class Lump:
    name: object
    nbytes: int = 0


def test_a_value_is_loaded_once_and_then_remembered():
    cache = MemoryCache(10_000)
    loads = []
    for _ in range(3):
        assert cache.get("a", lambda: loads.append(1) or Lump("a", 10)) == Lump("a", 10)
    assert len(loads) == 1
    assert (cache.stats().hits, cache.stats().misses) == (2, 1)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3000)), max_size=120), st.integers(0, 6000))
def test_it_never_holds_more_than_its_limit(asks, limit):
    cache = MemoryCache(limit)
    for key, size in asks:
        cache.get(key, lambda key=key, size=size: Lump(key, size))
        stats = cache.stats()
        assert stats.bytes <= limit
        assert stats.bytes == sum(v.nbytes + ENTRY_BYTES for v in cache._entries.values())


def test_the_least_recently_used_value_goes_first():
    cache = MemoryCache(2 * (100 + ENTRY_BYTES))
    for key in "abac":
        cache.get(key, lambda key=key: Lump(key, 100))
    assert list(cache._entries) == ["a", "c"]


def test_marks_that_hold_nothing_are_bounded_too():
    cache = MemoryCache(10 * ENTRY_BYTES)
    for key in range(100):
        cache.get(key, lambda key=key: Lump(key))
    assert cache.stats().entries == 10


def test_threads_that_ask_together_load_once():
    cache = MemoryCache(10_000)
    started, release, loads = threading.Event(), threading.Event(), []

    def load():
        loads.append(threading.get_ident())
        started.set()
        assert release.wait(10)
        return Lump("a", 1)

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(cache.get, "a", load)
        assert started.wait(10)
        others = [pool.submit(cache.get, "a", load) for _ in range(7)]
        release.set()
        assert {f.result(10) for f in [first, *others]} == {Lump("a", 1)}
    assert len(loads) == 1


def test_a_failed_load_raises_in_everybody_and_is_forgotten():
    cache = MemoryCache(10_000)
    started, release = threading.Event(), threading.Event()

    def fail():
        started.set()
        assert release.wait(10)
        raise LookupError("gone")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, "a", fail)
        assert started.wait(10)
        second = pool.submit(cache.get, "a", fail)
        release.set()
        assert isinstance(first.exception(10), LookupError)
        assert isinstance(second.exception(10), LookupError)
    assert cache.get("a", lambda: Lump("a")) == Lump("a")


def test_many_missing_values_are_loaded_in_one_call():
    cache = MemoryCache(10_000)
    cache.get(2, lambda: Lump(2))
    calls = []

    def load(missing):
        calls.append(missing)
        return [Lump(("new", i)) for i in missing]

    assert [v.name for v in cache.get_many([1, 2, 3], load)] == [("new", 0), 2, ("new", 2)]
    assert calls == [[0, 2]]


def test_one_bad_value_of_many_leaves_the_good_ones_in_the_cache():
    cache = MemoryCache(10_000)
    with pytest.raises(LookupError):
        cache.get_many([1, 2], lambda _: [Lump(1), LookupError("bad")])
    assert list(cache._entries) == [1]


def test_two_threads_that_want_the_same_keys_in_opposite_order_both_finish():
    cache = MemoryCache(0)
    start = threading.Barrier(2)

    def ask(keys):
        for _ in range(300):
            start.wait(10)
            assert [v.name for v in cache.get_many(keys, lambda missing: [Lump(keys[i]) for i in missing])] == keys

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(ask, [1, 2, 3]), pool.submit(ask, [3, 2, 1])]
        for job in jobs:
            job.result(30)
