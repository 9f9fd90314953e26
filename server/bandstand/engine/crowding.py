"""From which zoom on no map holds more scenes than one may be made of: told before anybody asks."""

from collections.abc import Sequence

import numpy as np

from bandstand.catalog.base import Catalog
from bandstand.model.selection import Selection

_DEEPEST = 18
"""Scenes that crowd a tile of this zoom lie over one another: no scale parts them, a shorter time does."""
_MOST_TILES = 2**24
"""Tiles that are counted; with more of them over the data scenes are parted, or lie over one another."""
_LATITUDE = 85.0511287798066


def least_zoom(catalog: Catalog, selection: Selection, most: int) -> int:
    """The first zoom of web Mercator none of whose tiles is touched by more than so many scenes of a selection.

    Returns:
        0 where even the whole world holds no more, and where no zoom helps.
    """
    if catalog.count(selection.collection) <= most:
        return 0
    boxes = catalog.boxes(selection.collection, times=selection.times)
    if len(boxes) <= most:
        return 0
    for zoom in range(1, _DEEPEST + 1):
        found = _most_in_a_tile(boxes, zoom)
        if found is None:
            break
        if found <= most:
            return zoom
    return 0


def _most_in_a_tile(boxes: Sequence[tuple[float, float, float, float]], zoom: int) -> int | None:
    """How many boxes (west, south, east, north; degrees) meet the tile that meets most; None for too many tiles."""
    west, south, east, north = np.array(boxes).T
    side = 2**zoom
    left, right = (np.clip((lon / 360.0 + 0.5) * side, 0, side - 1).astype(np.intp) for lon in (west, east))
    sines = (np.sin(np.radians(np.clip(lat, -_LATITUDE, _LATITUDE))) for lat in (north, south))
    top, bottom = (
        np.clip((0.5 - np.arctanh(sine) / (2.0 * np.pi)) * side, 0, side - 1).astype(np.intp) for sine in sines
    )
    left, right, top, bottom = left - left.min(), right - left.min(), top - top.min(), bottom - top.min()
    rows, cols = int(bottom.max()) + 2, int(right.max()) + 2
    if rows * cols > _MOST_TILES:
        return None
    # A box adds one at its corner and takes it back behind its sides: the sums over rows and columns are the counts.
    counts = np.zeros((rows, cols), np.int32)
    for down, across, sign in (
        (top, left, 1),
        (bottom + 1, right + 1, 1),
        (top, right + 1, -1),
        (bottom + 1, left, -1),
    ):
        np.add.at(counts, (down, across), sign)
    return int(counts.cumsum(axis=0).cumsum(axis=1).max())
