"""Laws of the mosaic: best first, all bands or none, stop when full."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, Grid
from bandstand.warp.mosaic import Mosaic

SHAPE = (7, 9)
GRID = Grid(parse_crs("EPSG:32631"), Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0), SHAPE[1], SHAPE[0])
FIELDS = (Field(name="red", dtype="uint16"), Field(name="nir", dtype="uint16"))
MASKS = hnp.arrays(np.bool_, SHAPE)
STACKS = st.lists(st.tuples(MASKS, MASKS), min_size=1, max_size=6)


def scene(number, masks):
    """Values that tell scene, band and pixel."""
    pixel = np.arange(SHAPE[0] * SHAPE[1], dtype=np.uint16).reshape(SHAPE)
    return [(pixel + np.uint16(1000 * number + 100 * band), mask) for band, mask in enumerate(masks)]


def folded(stack):
    mosaic = Mosaic(GRID, FIELDS)
    for number, masks in enumerate(stack):
        mosaic.feed(scene(number, masks), FIELDS, number)
    return mosaic


def reference(stack):
    """The plain loop: for each pixel the first scene with both bands."""
    source = np.full(SHAPE, -1, np.int16)
    for number, (red, nir) in enumerate(stack):
        source[(source < 0) & red & nir] = number
    return source


@given(STACKS)
@settings(deadline=None)
def test_each_pixel_comes_from_the_first_scene_that_has_all_bands(stack):
    np.testing.assert_array_equal(folded(stack).sources, reference(stack))


@given(STACKS)
@settings(deadline=None)
def test_all_bands_of_a_pixel_come_from_that_scene(stack):
    raster, source = folded(stack).raster(), reference(stack)
    pixel = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    got = source >= 0
    for band in range(2):
        np.testing.assert_array_equal(raster.values[band][got], (pixel + 1000 * source + 100 * band)[got])


@given(STACKS)
@settings(deadline=None)
def test_a_pixel_is_valid_exactly_where_some_scene_is_whole(stack):
    union = np.logical_or.reduce([red & nir for red, nir in stack])
    np.testing.assert_array_equal(folded(stack).raster().valid[0], union)


@given(STACKS)
@settings(deadline=None)
def test_the_arrays_fed_are_never_written(stack):
    kept = [scene(number, [mask.copy() for mask in masks]) for number, masks in enumerate(stack)]
    mosaic = Mosaic(GRID, FIELDS)
    for number, bands in enumerate(kept):
        mosaic.feed(bands, FIELDS, number)
    for number, (bands, masks) in enumerate(zip(kept, stack, strict=True)):
        for (values, mask), (fresh, known) in zip(bands, scene(number, masks), strict=True):
            np.testing.assert_array_equal(values, fresh)
            np.testing.assert_array_equal(mask, known)


@given(STACKS, MASKS, MASKS)
@settings(deadline=None)
def test_a_full_mosaic_is_changed_by_nothing(stack, red, nir):
    whole = np.ones(SHAPE, np.bool_)
    mosaic = folded([*stack, (whole, whole)])
    before = mosaic.raster().values.copy()
    assert mosaic.full
    mosaic.feed(scene(9, (red, nir)), FIELDS, 9)
    np.testing.assert_array_equal(mosaic.raster().values, before)


def test_the_first_whole_scene_is_not_copied():
    whole = np.ones(SHAPE, np.bool_)
    values = np.ones(SHAPE, np.uint16)
    mosaic = Mosaic(GRID, FIELDS[:1])
    mosaic.feed([(values, whole)], FIELDS[:1], 0)
    assert np.shares_memory(mosaic.raster().values, values)


def test_nothing_fed_is_nothing_valid():
    raster = Mosaic(GRID, FIELDS).raster()
    assert (raster.values.shape, raster.values.dtype, raster.valid.any()) == ((2, *SHAPE), np.uint16, False)


def test_two_baselines_meet_in_one_scale():
    old = Field(name="red", dtype="uint16", scale=1e-4, offset=0.0)
    new = Field(name="red", dtype="uint16", scale=1e-4, offset=-0.1)
    left = np.zeros(SHAPE, np.bool_)
    left[:, :4] = True
    mosaic = Mosaic(GRID, (new,))
    mosaic.feed([(np.full(SHAPE, 2000, np.uint16), left)], (old,), 0)
    mosaic.feed([(np.full(SHAPE, 3000, np.uint16), ~left)], (new,), 1)
    raster = mosaic.raster()
    assert raster.values.dtype == np.uint16
    assert np.unique(raster.values).tolist() == [3000]


@pytest.mark.parametrize("first", [np.uint16, np.float64])
def test_copied_and_interpolated_scenes_join_without_loss(first):
    second = np.float64 if first == np.uint16 else np.uint16
    left = np.zeros(SHAPE, np.bool_)
    left[:, :4] = True
    value = {np.uint16: 7, np.float64: 7.25}
    mosaic = Mosaic(GRID, FIELDS[:1])
    mosaic.feed([(np.full(SHAPE, value[first], first), left)], FIELDS[:1], 0)
    mosaic.feed([(np.full(SHAPE, value[second], second), ~left)], FIELDS[:1], 1)
    raster = mosaic.raster()
    assert (raster.values[0, 0, 0], raster.values[0, 0, 8]) == (value[first], value[second])
    assert raster.fields[0].dtype == "float64"


def test_many_scenes_take_no_more_memory_than_two():
    side = 512
    grid = Grid(parse_crs("EPSG:32631"), Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0), side, side)
    mosaic = Mosaic(grid, FIELDS[:1])
    values = np.ones((side, side), np.uint16)

    def feed(first, end):
        for number in range(first, end):
            mask = np.zeros((side, side), bool)
            mask[number] = True
            mosaic.feed([(values, mask)], FIELDS[:1], number)

    feed(0, 2)
    tracemalloc.start()
    feed(2, 200)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 3 * side * side
    np.testing.assert_array_equal(mosaic.sources[:, 0], np.where(np.arange(side) < 200, np.arange(side), -1))
