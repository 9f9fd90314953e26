"""The compressed stream of a PNG: rows filtered, then deflated with runs and Huffman codes alone.

A general compressor spends most of its time looking for repetitions that pictures of the earth do not have.
This one knows a single kind, the run of equal pixels, and finds the best prefix code for what is left; that is
two to three times as fast as a good general one at its fastest, and smaller.
"""

import struct

import imagecodecs
import numba
import numpy as np
from numpy.typing import NDArray

from bandstand.encode.huffman import code_lengths, codes

_BLOCK = 96 * 1024
"""Filtered bytes a deflate block: enough to pay for its codes, few enough to stay in the cache."""
_SHORTEST, _LONGEST = 4, 258
"""Bytes of a run; three would be allowed, but four single bytes cost about the same."""
_END = 256
_SYMBOLS = 286
_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15], np.uint8)
"""In which order the lengths of the code length codes are written (RFC 1951, 3.2.7)."""


def _length_symbols() -> tuple[NDArray[np.uint16], NDArray[np.uint8], NDArray[np.uint16]]:
    """For each length of a run: its symbol, how many extra bits, and their value (RFC 1951, 3.2.5)."""
    symbol, bits, value = (np.zeros(_LONGEST + 1, np.uint16) for _ in range(3))
    start, code = 3, 257
    for code in range(257, 285):
        extra = max(0, (code - 261) // 4)
        for length in range(start, min(start + (1 << extra), _LONGEST)):
            symbol[length], bits[length], value[length] = code, extra, length - start
        start += 1 << extra
    symbol[_LONGEST] = 285
    return symbol, bits.astype(np.uint8), value


_SYMBOL, _EXTRA, _VALUE = _length_symbols()


def compress(pixels: NDArray[np.uint8], *, channels: int) -> bytes:
    """Filter and deflate the first `channels` channels of (y, x) or (y, x, 4) pixels, as a zlib stream.

    Indices (one channel) are not filtered, colours by their difference from the row above
    (ISO/IEC 15948, 9 and 10).
    """
    height, width = pixels.shape[:2]
    planes = np.ascontiguousarray(pixels).reshape(height, width, -1)
    rows = np.empty((height, 1 + width * channels), np.uint8)
    if channels == 1:
        rows[:, 0] = 0
        rows[:, 1:] = planes[:, :, 0]
    else:
        _filter_up(planes, rows, channels)
    flat = rows.reshape(-1)
    # No symbol takes more than 15 bits, no block more than 400 bytes of codes.
    out = np.empty(flat.size // 2 + 100 * (flat.size // _BLOCK + 2), np.uint32)
    end = _deflate(flat, channels, _SYMBOL, _EXTRA, _VALUE, out)
    check = imagecodecs.deflate_adler32(rows)  # type: ignore[arg-type] # any buffer will do
    return b"\x78\x01" + out.view(np.uint8)[:end].tobytes() + struct.pack(">I", check)


@numba.njit(cache=True, nogil=True)
def _filter_up(pixels: NDArray[np.uint8], rows: NDArray[np.uint8], channels: int) -> None:
    height, width, depth = pixels.shape
    for y in range(height):
        rows[y, 0] = 2
        row = rows[y, 1:]
        here = pixels[y].reshape(-1)
        above = pixels[max(y - 1, 0)].reshape(-1)
        keep = np.uint8(255 if y else 0)
        if channels == depth:
            for i in range(width * channels):
                row[i] = here[i] - (above[i] & keep)
        else:
            for x in range(width):
                row[3 * x] = here[4 * x] - (above[4 * x] & keep)
                row[3 * x + 1] = here[4 * x + 1] - (above[4 * x + 1] & keep)
                row[3 * x + 2] = here[4 * x + 2] - (above[4 * x + 2] & keep)


@numba.njit(cache=True, nogil=True)
def _deflate(
    data: NDArray[np.uint8],
    distance: int,
    run_symbol: NDArray[np.uint16],
    run_extra: NDArray[np.uint8],
    run_value: NDArray[np.uint16],
    out: NDArray[np.uint32],
) -> int:
    """Write `data` as deflate blocks, bits from the lowest up; returns the number of bytes written."""
    starts, sizes = np.empty(_BLOCK // _SHORTEST + 1, np.int64), np.empty(_BLOCK // _SHORTEST + 1, np.int64)
    same = np.zeros(_BLOCK // 8 + 1, np.uint64)
    frequencies = np.empty(_SYMBOLS, np.int64)
    word, size = np.empty(_SYMBOLS + _LONGEST, np.uint64), np.empty(_SYMBOLS + _LONGEST, np.uint64)
    at, held, bits = 0, np.uint64(0), np.uint64(0)
    for start in range(0, data.size, _BLOCK):
        end = min(start + _BLOCK, data.size)
        count = _find_runs(data, start, end, distance, same, starts, sizes)
        _count_symbols(data, start, end, starts[:count], sizes, run_symbol, frequencies)
        lengths = np.zeros(_SYMBOLS, np.uint8)
        code_lengths(frequencies, 15, lengths)
        at, held, bits = _write_codes(lengths, distance, end == data.size, out, at, held, bits)
        _tabulate(lengths, run_symbol, run_extra, run_value, word, size)
        here = start
        for i in range(count):
            at, held, bits = _write_literals(data[here : starts[i]], word, size, out, at, held, bits)
            token = 285 + sizes[i]
            at, held, bits = _put(out, at, held, bits, word[token], size[token])
            here = starts[i] + sizes[i]
        at, held, bits = _write_literals(data[here:end], word, size, out, at, held, bits)
        at, held, bits = _put(out, at, held, bits, word[_END], size[_END])
    out[at] = held & np.uint64(0xFFFFFFFF)
    return 4 * at + (int(bits) + 7) // 8


@numba.njit(cache=True, nogil=True)
def _put(
    out: NDArray[np.uint32], at: int, held: np.uint64, bits: np.uint64, word: np.uint64, size: np.uint64
) -> tuple[int, np.uint64, np.uint64]:
    """Append up to 33 bits to those held (fewer than 32), and store a word of 32 when it is full."""
    held |= word << bits
    bits += size
    # Storing always and moving on only when full spares a branch that nothing could foretell.
    out[at] = held & np.uint64(0xFFFFFFFF)
    full = bits >> np.uint64(5)
    return at + int(full), held >> (full << np.uint64(5)), bits & np.uint64(31)


@numba.njit(cache=True, nogil=True)
def _write_literals(
    data: NDArray[np.uint8],
    word: NDArray[np.uint64],
    size: NDArray[np.uint64],
    out: NDArray[np.uint32],
    at: int,
    held: np.uint64,
    bits: np.uint64,
) -> tuple[int, np.uint64, np.uint64]:
    """Write literals, two at a time: 30 bits at most."""
    pairs = data.size // 2
    for k in range(pairs):
        first, second = data[2 * k], data[2 * k + 1]
        both = word[first] | (word[second] << size[first])
        at, held, bits = _put(out, at, held, bits, both, size[first] + size[second])
    if data.size & 1:
        last = data[data.size - 1]
        at, held, bits = _put(out, at, held, bits, word[last], size[last])
    return at, held, bits


@numba.njit(cache=True, nogil=True)
def _find_runs(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    distance: int,
    same: NDArray[np.uint64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> int:
    """Where a block repeats the pixel before, at least 4 bytes long; returns how many runs there are."""
    first = max(start, distance)
    span = end - first - _SHORTEST + 1
    if span <= 0:
        return 0
    flags = same.view(np.uint8)
    here, before = data[first:end], data[first - distance : end - distance]
    for i in range(span):
        flags[i] = (
            (here[i] == before[i])
            & (here[i + 1] == before[i + 1])
            & (here[i + 2] == before[i + 2])
            & (here[i + 3] == before[i + 3])
        )
    for i in range(span, span + 8):
        flags[i] = 0
    count = i = 0
    while i < span:
        if i & 7 == 0 and same[i >> 3] == 0:
            i += 8
        elif flags[i] == 0:
            i += 1
        else:
            most = min(_LONGEST, here.size - i)
            length = _SHORTEST
            while length < most and here[i + length] == before[i + length]:
                length += 1
            starts[count], sizes[count] = first + i, length
            count += 1
            i += length
    return count


@numba.njit(cache=True, nogil=True)
def _count_symbols(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    run_symbol: NDArray[np.uint16],
    frequencies: NDArray[np.int64],
) -> None:
    """How often each symbol of a block is needed."""
    for symbol in range(_SYMBOLS):
        frequencies[symbol] = 0
    frequencies[_END] = 1
    # Neighbours are often equal, and an addition must not wait for the one before: four columns.
    tally = np.zeros((4, 256), np.int64)
    here = start
    for i in range(starts.size + 1):
        stop = starts[i] if i < starts.size else end
        for k in range(here, stop):
            tally[k & 3, data[k]] += 1
        if i < starts.size:
            frequencies[run_symbol[sizes[i]]] += 1
            here = stop + sizes[i]
    for value in range(256):
        frequencies[value] = tally[0, value] + tally[1, value] + tally[2, value] + tally[3, value]


@numba.njit(cache=True, nogil=True)
def _tabulate(
    lengths: NDArray[np.uint8],
    run_symbol: NDArray[np.uint16],
    run_extra: NDArray[np.uint8],
    run_value: NDArray[np.uint16],
    word: NDArray[np.uint64],
    size: NDArray[np.uint64],
) -> None:
    """The bits of every token: a literal's code, or a run's code, extra bits and the only distance code (one 0)."""
    codes(lengths, word[:_SYMBOLS])
    # Loops, not slices: assigning slices takes seconds to compile.
    for symbol in range(_SYMBOLS):
        size[symbol] = lengths[symbol]
    for length in range(3, _LONGEST + 1):
        code = run_symbol[length]
        width = np.uint64(lengths[code])
        word[285 + length] = word[code] | (np.uint64(run_value[length]) << width)
        size[285 + length] = width + np.uint64(run_extra[length]) + np.uint64(1)


@numba.njit(cache=True, nogil=True)
def _write_codes(
    lengths: NDArray[np.uint8],
    distance: int,
    last: bool,
    out: NDArray[np.uint32],
    at: int,
    held: np.uint64,
    bits: np.uint64,
) -> tuple[int, np.uint64, np.uint64]:
    """Write the head of a dynamic block (RFC 1951, 3.2.7): the code lengths, coded in turn."""
    literals = 257
    for symbol in range(257, _SYMBOLS):
        if lengths[symbol]:
            literals = symbol + 1
    # One distance is ever used: symbols 0 to 3 are the distances 1 to 4.
    total = literals + distance
    symbols, extra = np.empty(total, np.uint8), np.empty(total, np.uint8)
    count = _run_lengths(lengths, literals, distance, symbols, extra)
    frequencies = np.zeros(19, np.int64)
    for i in range(count):
        frequencies[symbols[i]] += 1
    small = np.zeros(19, np.uint8)
    code_lengths(frequencies, 7, small)
    small_codes = np.zeros(19, np.uint64)
    codes(small, small_codes)
    sent = 19
    while sent > 4 and small[_ORDER[sent - 1]] == 0:
        sent -= 1
    head = np.uint64((1 if last else 0) | 4 | ((literals - 257) << 3) | ((distance - 1) << 8) | ((sent - 4) << 13))
    at, held, bits = _put(out, at, held, bits, head, np.uint64(17))
    for i in range(sent):
        at, held, bits = _put(out, at, held, bits, np.uint64(small[_ORDER[i]]), np.uint64(3))
    for i in range(count):
        symbol = symbols[i]
        at, held, bits = _put(out, at, held, bits, small_codes[symbol], np.uint64(small[symbol]))
        if symbol >= 16:
            width = 2 if symbol == 16 else 3 if symbol == 17 else 7
            at, held, bits = _put(out, at, held, bits, np.uint64(extra[i]), np.uint64(width))
    return at, held, bits


@numba.njit(cache=True, nogil=True)
def _run_lengths(
    lengths: NDArray[np.uint8], literals: int, distance: int, symbols: NDArray[np.uint8], extra: NDArray[np.uint8]
) -> int:
    """Spell the code lengths with the repeats 16 (the last, 3 to 6 times), 17 and 18 (zeros, 3 to 138)."""
    total = literals + distance
    whole = np.zeros(total, np.uint8)
    for symbol in range(literals):
        whole[symbol] = lengths[symbol]
    whole[total - 1] = 1
    count = i = 0
    while i < total:
        same = 1
        while i + same < total and whole[i + same] == whole[i] and same < 138:
            same += 1
        if whole[i] == 0 and same >= 3:
            symbols[count] = 17 if same <= 10 else 18
            extra[count] = same - 3 if same <= 10 else same - 11
            i += same
        elif i and whole[i] == whole[i - 1] and same >= 3 and whole[i]:
            same = min(same, 6)
            symbols[count] = 16
            extra[count] = same - 3
            i += same
        else:
            symbols[count] = whole[i]
            extra[count] = 0
            i += 1
        count += 1
    return count
