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
    lengths[:] = 0
    symbols = np.flatnonzero(frequencies)
    count = symbols.size
    if count == 0:
        return
    if count == 1:
        lengths[symbols[0]] = 1
        return
    order = symbols[np.argsort(frequencies[symbols])]
    weight = np.empty(2 * count - 1, np.int64)
    parent = np.zeros(2 * count - 1, np.int64)
    weight[:count] = frequencies[order]
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
    tally = np.zeros(limit + 1, np.int64)
    for i in range(2 * count - 3, -1, -1):
        depth[i] = depth[parent[i]] + 1
        if i < count:
            tally[min(depth[i], limit)] += 1
    _shorten(tally, limit)
    # The rarest symbols take the longest codes.
    at = 0
    for length in range(limit, 0, -1):
        for _ in range(tally[length]):
            lengths[order[at]] = length
            at += 1


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
