"""Code lengths: the laws of a prefix code, and the best length there is."""

import heapq
import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.encode.huffman import code_lengths, codes


def lengths_of(frequencies, limit=15):
    found = np.zeros(len(frequencies), np.uint8)
    code_lengths(np.asarray(frequencies, np.int64), limit, found)
    return found


def best_cost(frequencies):
    """Bits of the best code without a limit, by the textbook's heap."""
    heap = [f for f in frequencies if f]
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        cost += both
        heapq.heappush(heap, both)
    return cost


counts = st.lists(st.integers(0, 5000), min_size=2, max_size=80)


@settings(deadline=None)
@given(counts)
def test_without_a_limit_in_the_way_the_code_is_the_best(frequencies):
    lengths = lengths_of(frequencies, 40)
    if np.count_nonzero(frequencies) > 1:
        assert int((lengths.astype(int) * frequencies).sum()) == best_cost(frequencies)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=100), st.integers(7, 15))
def test_the_code_is_complete_and_within_its_limit(frequencies, limit):
    lengths = lengths_of(frequencies, limit).astype(int)
    used = lengths[lengths > 0]
    assert lengths.max() <= limit
    assert ((lengths > 0) == (np.asarray(frequencies) > 0)).all()
    if len(used) > 1:
        assert (2.0**-used).sum() == 1


@settings(deadline=None)
@given(counts)
def test_no_code_begins_another(frequencies):
    lengths = lengths_of(frequencies)
    found = np.zeros(len(lengths), np.uint64)
    codes(lengths, found)
    spelled = sorted(f"{int(c):0{n}b}"[::-1] for c, n in zip(found, lengths, strict=True) if n)
    assert not any(b.startswith(a) for a, b in itertools.pairwise(spelled))


def test_a_single_symbol_gets_one_bit():
    assert lengths_of([0, 7, 0]).tolist() == [0, 1, 0]


def test_no_symbol_gets_no_bits():
    assert lengths_of([0, 0]).tolist() == [0, 0]
