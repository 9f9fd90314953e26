"""The zoom from which on no tile holds too many scenes, counted one by one."""

import mercantile
import numpy as np
import pytest

from bandstand.engine.crowding import least_zoom
from bandstand.model.selection import Selection

SELECTION = Selection(collection="any", bands=("b",), times=())


class Boxes:
    """A catalogue that knows where its scenes lie."""

    def __init__(self, boxes):
        self.found = tuple(boxes)

    def count(self, collection):
        return len(self.found)

    def boxes(self, collection, *, times):
        return self.found


def scattered(count, size, seed=1):
    """Scenes all over a country."""
    rng = np.random.default_rng(seed)
    for west, south in zip(rng.uniform(-4, 8, count), rng.uniform(42, 50, count), strict=True):
        yield west, south, west + size, south + size


def most_in_a_tile(boxes, zoom):
    counts = {}
    for box in boxes:
        for tile in mercantile.tiles(*box, zoom):
            counts[tile] = counts.get(tile, 0) + 1
    return max(counts.values())


@pytest.mark.parametrize(("size", "most"), [(1.0, 100), (0.05, 20), (0.05, 300), (1.0, 30)])
def test_the_zoom_is_the_first_without_a_crowded_tile(size, most):
    boxes = tuple(scattered(400, size))
    zoom = least_zoom(Boxes(boxes), SELECTION, most)
    assert zoom > 0
    assert most_in_a_tile(boxes, zoom) <= most < most_in_a_tile(boxes, zoom - 1)


def test_few_scenes_have_every_zoom():
    assert least_zoom(Boxes(scattered(400, 1.0)), SELECTION, 400) == 0


def test_no_zoom_parts_scenes_that_lie_over_one_another():
    assert least_zoom(Boxes([(2.0, 48.0, 3.0, 49.0)] * 50), SELECTION, 40) == 0
