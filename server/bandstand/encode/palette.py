"""The 256 colours that stand best for all of a picture: boxes split where that takes away most error, then k-means.

The work depends on how many colours there are and not on the size of the picture.
They are compared as squares of their differences with red, green and blue multiplied by alpha: what is nearly
transparent may be off, since nobody sees it.
"""

import numba
import numpy as np
from numpy.typing import NDArray

MOST = 256
_COLOURS = 1 << 16
"""Different ones that are told apart."""
_ROUNDS = 4
"""Of k-means after the splitting; further ones change less than a tenth of a grey level."""

Numbers = NDArray[np.float64]


def best_palette(pixels: NDArray[np.uint8], *, opaque: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Palette and indices of a picture.

    Args:
        pixels: (y, x, 4) RGBA.
        opaque: Nothing in it is transparent, so that all bits of a cell can go to its colour.

    Returns:
        Palette (n ≤ 256, 4) and indices (y, x). Where a pixel is wholly transparent so is its colour, and nowhere else.
    """
    flat = np.ascontiguousarray(pixels).reshape(-1, 4)
    holes = not opaque and bool((flat[:, 3] == 0).any())
    words, cells, counts = _gather(flat.view("<u4").reshape(-1))
    colours = _premultiplied(words.view(np.uint8).reshape(-1, 4))
    seen = colours[:, 3] > 0
    colours, weights = colours[seen], counts[seen].astype(np.float64)
    palette = _straight(_refine(colours, weights, _split(colours, weights, MOST - holes)))
    table = np.zeros(len(words), np.uint8)
    table[seen] = _nearest(colours, _premultiplied(palette)) + holes
    palette = np.concatenate([np.zeros((int(holes), 4), np.uint8), palette])
    return palette, table[cells].reshape(pixels.shape[:2])


def _premultiplied(straight: NDArray[np.uint8]) -> Numbers:
    colours = straight.astype(np.float64)
    colours[:, :3] *= colours[:, 3:] / 255.0
    return colours


def _gather(words: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
    """The colours of a picture, which of them each pixel has, and how many pixels each has.

    Where there are too many, those are taken for one that differ in their lowest bits; what is transparent stays so.
    """
    bits = 0
    while True:
        found, cells, counts = _count(words, bits)
        if len(found) <= _COLOURS:
            return found, cells, counts
        bits += 1


@numba.njit(cache=True, nogil=True)
def _count(words: NDArray[np.uint32], bits: int) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
    """Different words but for their lowest bits; one more than there may be where there are too many."""
    cut = np.uint32(0x01010101 * ((1 << bits) - 1)) ^ np.uint32(0xFFFFFFFF)
    # In the middle of those that are taken for one.
    middle = np.uint32(0x00010101 * ((1 << bits) >> 1))
    slots = np.full(4 * _COLOURS, -1, np.int32)
    found = np.empty(_COLOURS + 1, np.uint32)
    counts = np.zeros(_COLOURS + 1, np.int64)
    cells = np.empty(len(words), np.int32)
    many = 0
    for i in range(len(words)):
        word = words[i]
        alpha = word >> np.uint32(24)
        if bits > 0:
            word = (word & cut) | middle
            if alpha in (0, 255):
                word = (word & np.uint32(0xFFFFFF)) | (alpha << np.uint32(24))
        slot = np.int64((np.uint64(word) * np.uint64(2654435761)) >> np.uint64(8)) & (4 * _COLOURS - 1)
        while slots[slot] >= 0 and found[slots[slot]] != word:
            slot = (slot + 1) & (4 * _COLOURS - 1)
        if slots[slot] < 0:
            found[many] = word
            slots[slot] = many
            many += 1
            if many > _COLOURS:
                break
        cells[i] = slots[slot]
        counts[slots[slot]] += 1
    return found[:many], cells, counts[:many]


def _straight(centres: Numbers) -> NDArray[np.uint8]:
    """Premultiplied colours as straight ones; none is wholly transparent."""
    alpha = np.maximum(np.rint(centres[:, 3:]), 1.0)
    colours: Numbers = np.minimum(centres[:, :3] * 255.0 / alpha, 255.0)
    whole: NDArray[np.uint8] = np.rint(np.concatenate([colours, alpha], axis=1)).astype(np.uint8)
    return whole


@numba.njit(cache=True, nogil=True)
def _split(colours: Numbers, weights: Numbers, most: int) -> Numbers:
    """Means of up to `most` boxes: always that cut is made that takes away most of the squared error."""
    count = len(colours)
    order = np.arange(count)
    starts, ends = np.zeros(most, np.int64), np.zeros(most, np.int64)
    gains, cuts, axes = np.zeros(most), np.zeros(most, np.int64), np.zeros(most, np.int64)
    ends[0] = count
    gains[0], cuts[0], axes[0] = _best_cut(colours, weights, order[:count])
    boxes = 1
    while boxes < most:
        box = np.argmax(gains[:boxes])
        if gains[box] <= 0.0:
            break
        start, end = starts[box], ends[box]
        part = order[start:end]
        order[start:end] = part[np.argsort(colours[part, axes[box]], kind="mergesort")]
        cut = start + cuts[box]
        starts[boxes], ends[boxes], ends[box] = cut, end, cut
        for changed in (box, boxes):
            found = _best_cut(colours, weights, order[starts[changed] : ends[changed]])
            gains[changed], cuts[changed], axes[changed] = found
        boxes += 1
    centres = np.zeros((boxes, 4))
    for number in range(boxes):
        total = 0.0
        for at in order[starts[number] : ends[number]]:
            total += weights[at]
            centres[number] += colours[at] * weights[at]
        centres[number] /= total
    return centres


@numba.njit(cache=True, nogil=True)
def _best_cut(colours: Numbers, weights: Numbers, members: NDArray[np.int64]) -> tuple[float, int, int]:
    """What the best cut of a box takes away, after how many of its members along which axis it is."""
    best, cut, axis = 0.0, 0, 0
    total = 0.0
    whole = np.zeros(4)
    for at in members:
        total += weights[at]
        whole += colours[at] * weights[at]
    for along in range(4):
        places = colours[members, along]
        if places.max() - places.min() < 1e-9:
            continue
        ranked = members[np.argsort(places, kind="mergesort")]
        weight = 0.0
        part = np.zeros(4)
        for number in range(len(ranked) - 1):
            at = ranked[number]
            weight += weights[at]
            for c in range(4):
                part[c] += colours[at, c] * weights[at]
            gain = 0.0
            for c in range(4):
                apart = part[c] / weight - (whole[c] - part[c]) / (total - weight)
                gain += apart * apart
            gain *= weight * (total - weight) / total
            if gain > best and colours[ranked[number + 1], along] > colours[at, along]:
                best, cut, axis = gain, number + 1, along
    return best, cut, axis


@numba.njit(cache=True, nogil=True)
def _nearest(colours: Numbers, centres: Numbers) -> NDArray[np.int64]:
    """The number of the centre nearest to each colour.

    Centres are looked at from the colour outwards along the axis on which they lie furthest apart, until that
    distance alone is larger than the least so far.
    """
    axis = 0
    for c in range(4):
        if np.ptp(centres[:, c]) > np.ptp(centres[:, axis]):
            axis = c
    order = np.argsort(centres[:, axis], kind="mergesort")
    ranked = centres[order]
    places = np.ascontiguousarray(ranked[:, axis])
    found = np.empty(len(colours), np.int64)
    for i in range(len(colours)):
        place = colours[i, axis]
        up = np.searchsorted(places, place)
        down = up - 1
        least, best = np.inf, 0
        while up < len(places) or down >= 0:
            above = places[up] - place if up < len(places) else np.inf
            below = place - places[down] if down >= 0 else np.inf
            if min(above, below) ** 2 >= least:
                break
            k = up if above < below else down
            up += above < below
            down -= not above < below
            far = 0.0
            for c in range(4):
                far += (colours[i, c] - ranked[k, c]) ** 2
            if far < least:
                least, best = far, k
        found[i] = order[best]
    return found


def _refine(colours: Numbers, weights: Numbers, centres: Numbers) -> Numbers:
    """Each centre moved to the mean of the colours nearest to it, some times over."""
    for _ in range(_ROUNDS):
        nearest = _nearest(colours, centres)
        mass = np.bincount(nearest, weights, len(centres))
        kept = mass > 0
        moved = [np.bincount(nearest, weights * colours[:, c], len(centres)) for c in range(4)]
        centres = np.stack(moved, axis=1)[kept] / mass[kept, np.newaxis]
    return centres
