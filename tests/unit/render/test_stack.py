"""Layers over one another, against the formula in float64."""

import numpy as np
import pytest

from bandstand.model.raster import Image
from bandstand.render.stack import stack

WHITE = (255, 255, 255, 255)


def picture(seed, *, opaque=False):
    pixels = np.random.default_rng(seed).integers(0, 256, (19, 23, 4)).astype(np.uint8)
    pixels[:5, :, 3] = 0
    pixels[5:9, :, 3] = 255
    if opaque:
        pixels[..., 3] = 255
    return Image(pixels, opaque=opaque)


def over(below, above, opacity):
    """Porter and Duff in float64 with straight alpha 0 to 1."""
    alpha = above[..., 3:] * opacity
    share = below[..., 3:] * (1 - alpha)
    total = alpha + share
    colour = np.divide(
        above[..., :3] * alpha + below[..., :3] * share, total, out=np.zeros_like(above[..., :3]), where=total > 0
    )
    return np.concatenate([colour, total], -1)


@pytest.mark.parametrize("opacity", [1.0, 0.7, 0.0])
@pytest.mark.parametrize("transparent", [True, False])
def test_two_layers_follow_the_formula(opacity, transparent):
    low, high = picture(1), picture(2)
    got = stack([(low, 0.9), (high, opacity)], transparent=transparent, background=(10, 200, 30, 255)).pixels
    canvas = np.zeros((19, 23, 4)) if transparent else np.broadcast_to(np.array([10, 200, 30, 255]) / 255, (19, 23, 4))
    wanted = over(over(canvas, low.pixels / 255, 0.9), high.pixels / 255, opacity) * 255
    seen = wanted[..., 3] > 20
    assert np.abs(got[seen].astype(float) - wanted[seen]).max() <= (7 if transparent else 1.01)
    assert np.abs(got[..., 3] - wanted[..., 3]).max() <= 1.01


def test_a_single_opaque_picture_passes_untouched():
    image = picture(1, opaque=True)
    assert stack([(image, 1.0)], transparent=False, background=WHITE) is image


def test_a_single_transparent_picture_passes_untouched_when_transparency_is_wanted():
    image = picture(1)
    assert stack([(image, 1.0)], transparent=True, background=WHITE) is image


def test_a_single_picture_over_a_background_is_opaque():
    image = stack([(picture(1), 1.0)], transparent=False, background=(1, 2, 3, 0))
    assert image.opaque
    assert (image.pixels[:5] == (1, 2, 3, 255)).all()


def test_a_palette_stays_a_palette():
    indices = np.arange(12, dtype=np.uint8).reshape(3, 4) % 3
    palette = np.array([[0, 0, 0, 0], [10, 20, 30, 255], [200, 100, 0, 128]], np.uint8)
    image = stack([(Image(indices, palette), 1.0)], transparent=False, background=WHITE)
    assert image.palette[:2].tolist() == [[255, 255, 255, 255], [10, 20, 30, 255]]
    assert image.pixels is indices


def test_opacity_lowers_the_alpha_of_a_palette():
    palette = np.array([[0, 0, 0, 0], [10, 20, 30, 255]], np.uint8)
    image = stack([(Image(np.ones((2, 2), np.uint8), palette), 0.5)], transparent=True, background=WHITE)
    assert image.rgba()[0, 0].tolist() == [10, 20, 30, 128]


def test_an_opaque_layer_hides_what_lies_beneath():
    top = picture(3, opaque=True)
    image = stack([(picture(1), 1.0), (top, 1.0)], transparent=True, background=WHITE)
    assert image.opaque
    np.testing.assert_array_equal(image.pixels, top.pixels)


def test_the_layers_themselves_stay_as_they_are():
    low, high = picture(1), picture(2)
    before = low.pixels.copy()
    stack([(low, 1.0), (high, 0.5)], transparent=True, background=WHITE)
    np.testing.assert_array_equal(low.pixels, before)
