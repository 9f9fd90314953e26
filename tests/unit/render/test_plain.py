"""Numbers as the bytes of a picture."""

import warnings

import numpy as np
import pytest

from bandstand.errors import InvalidParameter
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid
from bandstand.model.raster import Raster
from bandstand.render.plain import plain_image


def picture(values, valid=None, **field):
    values = np.asarray(values)
    grid = Grid.from_bbox(parse_crs("EPSG:3857"), BBox(0, 0, 1, 1), values.shape[2], values.shape[1])
    fields = tuple(Field(name=f"b{i}", dtype=values.dtype.name, **field) for i in range(len(values)))
    mask = np.ones(values.shape, bool) if valid is None else np.asarray(valid)
    return plain_image(Raster(values, mask, fields, grid)).rgba()


def test_every_byte_is_kept():
    values = np.arange(256, dtype=np.float32).reshape(1, 16, 16)
    drawn = picture(values)
    for channel in range(3):
        np.testing.assert_array_equal(drawn[..., channel], values[0])
    assert (drawn[..., 3] == 255).all()


def test_fractions_are_cut_off_and_what_lies_outside_becomes_the_end():
    drawn = picture(np.array([[[-5.0, 0.4, 1.0 - 1e-9, 1.999, 254.9, 255.0, 300.0, 1e30]]]))
    assert drawn[0, :, 0].tolist() == [0, 0, 1, 1, 254, 255, 255, 255]


def test_scaled_numbers_are_drawn_by_their_physical_value():
    assert picture(np.array([[[10, 1000, 6000]]], np.uint16), scale=0.1, offset=-1.0)[0, :, 0].tolist() == [0, 99, 255]


def test_undefined_pixels_are_transparent_whatever_lies_there():
    values = np.array([[[1.0, np.nan, np.inf]]] * 3, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = picture(values, valid=[[[True, False, False]]])
    assert drawn.tolist() == [[[1, 1, 1, 255], [0, 0, 0, 0], [0, 0, 0, 0]]]


def test_a_pixel_is_drawn_where_all_its_bands_are_defined():
    values = np.full((3, 1, 2), 7, np.uint8)
    drawn = picture(values, valid=[[[True, True]], [[True, False]], [[True, True]]])
    assert drawn[0, :, 3].tolist() == [255, 0]


def test_a_fourth_band_is_the_alpha():
    assert picture(np.array([[[1]], [[2]], [[3]], [[128]]], np.uint8)).tolist() == [[[1, 2, 3, 128]]]


def test_large_pictures_are_like_small_ones():
    values = np.random.default_rng(1).uniform(-20, 300, (3, 700, 131)).astype(np.float32)
    drawn = picture(values)
    np.testing.assert_array_equal(np.moveaxis(drawn[..., :3], -1, 0), np.clip(values + 1e-6, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("count", [2, 5])
def test_another_number_of_bands_is_no_picture(count):
    with pytest.raises(InvalidParameter, match="1, 3 or 4"):
        picture(np.zeros((count, 1, 1), np.uint8))
