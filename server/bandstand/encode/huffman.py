"""Prefix codes for a deflate block: lengths from frequencies, and the codes that follow from them."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def code_lengths(frequencies: NDArray[np.int64], limit: int, lengths: NDArray[np.uint8]) -> None:
    """Find code lengths (n,) for symbols by Huffman's method, none longer than `limit`.

    A symbol of frequency 0 gets length 0; a single one gets length 1. The lengths always make a complete code
    when there are two symbols or more.
    """
    for symbol in range(lengths.size):
        lengths[symbol] = 0
    order = np.empty(frequencies.size, np.int64)
    count = _by_frequency(frequencies, order)
    if count == 0:
        return
    if count == 1:
        lengths[order[0]] = 1
        return
    tally = np.zeros(limit + 1, np.int64)
    _count_lengths(frequencies, order, count, tally)
    _shorten(tally, limit)
    # The rarest symbols take the longest codes.
    at = 0
    for length in range(limit, 0, -1):
        for _ in range(tally[length]):
            lengths[order[at]] = length
            at += 1


@numba.njit(cache=True, nogil=True)
def _count_lengths(
    frequencies: NDArray[np.int64], order: NDArray[np.int64], count: int, tally: NDArray[np.int64]
) -> None:
    """How many codes of each length Huffman's tree has; those beyond the last of `tally` count there."""
    weight = np.empty(2 * count - 1, np.int64)
    parent = np.zeros(2 * count - 1, np.int64)
    for i in range(count):
        weight[i] = frequencies[order[i]]
    leaf, node = 0, count
    # Two queues, both rising: leaves by weight, and inner nodes as they are made.
    for new in range(count, 2 * count - 1):
        weight[new] = 0
        for _ in range(2):
            if leaf < count and (node >= new or weight[leaf] <= weight[node]):
                child = leaf
                leaf += 1
            else:
                child = node
                node += 1
            weight[new] += weight[child]
            parent[child] = new
    depth = np.zeros(2 * count - 1, np.int64)
    limit = tally.size - 1
    for i in range(2 * count - 3, -1, -1):
        depth[i] = depth[parent[i]] + 1
        if i < count:
            tally[min(depth[i], limit)] += 1


@numba.njit(cache=True, nogil=True)
def _by_frequency(frequencies: NDArray[np.int64], order: NDArray[np.int64]) -> int:
    """Put the symbols that occur into `order`, the rarest first; returns how many there are.

    A merge sort of our own: the ready-made sorts take seconds to compile.
    """
    count = 0
    for symbol in range(frequencies.size):
        if frequencies[symbol]:
            order[count] = symbol
            count += 1
    other = np.empty(count, np.int64)
    width = 1
    while width < count:
        for start in range(0, count, 2 * width):
            middle, end = min(start + width, count), min(start + 2 * width, count)
            left, right = start, middle
            for at in range(start, end):
                if right >= end or (left < middle and frequencies[order[left]] <= frequencies[order[right]]):
                    other[at] = order[left]
                    left += 1
                else:
                    other[at] = order[right]
                    right += 1
        for at in range(count):
            order[at] = other[at]
        width *= 2
    return count


@numba.njit(cache=True, nogil=True)
def _shorten(tally: NDArray[np.int64], limit: int) -> None:
    """Mend the numbers of codes a length, after too long ones were cut, until they make a complete code."""
    total = 0
    for length in range(1, limit + 1):
        total += tally[length] << (limit - length)
    while total > 1 << limit:
        # A code of the longest length moves in beside a shorter one, which grows by a bit.
        tally[limit] -= 1
        for length in range(limit - 1, 0, -1):
            if tally[length]:
                tally[length] -= 1
                tally[length + 1] += 2
                break
        total -= 1


@numba.njit(cache=True, nogil=True)
def codes(lengths: NDArray[np.uint8], out: NDArray[np.uint64]) -> None:
    """The canonical codes (n,) of given lengths, their first bit lowest, as deflate wants them (RFC 1951, 3.2.2)."""
    tally = np.zeros(17, np.int64)
    for length in lengths:
        tally[length] += 1
    tally[0] = 0
    following = np.zeros(17, np.int64)
    for length in range(1, 17):
        following[length] = (following[length - 1] + tally[length - 1]) << 1
    for symbol in range(lengths.size):
        length = lengths[symbol]
        code = following[length]
        following[length] += 1
        turned = 0
        for _ in range(length):
            turned = (turned << 1) | (code & 1)
            code >>= 1
        out[symbol] = turned if length else 0
