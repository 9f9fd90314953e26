"""Laws of the mosaic: best first, each band by itself or all together, stop when full."""

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


def folded(stack, *, together=False, places=(0, 1)):
    """The mosaic of some of the two bands."""
    fields = tuple(FIELDS[place] for place in places)
    mosaic = Mosaic(GRID, fields, together=together)
    for number, masks in enumerate(stack):
        bands = scene(number, masks)
        mosaic.feed([bands[place] for place in places], fields, number)
    return mosaic


def reference(masks):
    """The plain loop: for each pixel the first scene that has it."""
    source = np.full(SHAPE, -1, np.int16)
    for number, mask in enumerate(masks):
        source[(source < 0) & mask] = number
    return source


def assert_holds(raster, band, source):
    """Values and mask of a band are those of the scenes in `source`."""
    pixel = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    got = source >= 0
    np.testing.assert_array_equal(np.broadcast_to(raster.valid, raster.values.shape)[band], got)
    np.testing.assert_array_equal(raster.values[band][got], (pixel + 1000 * source + 100 * band)[got])


@given(STACKS)
@settings(deadline=None)
def test_each_pixel_of_a_band_comes_from_the_first_scene_that_has_it(stack):
    mosaic = folded(stack)
    for band in range(2):
        source = reference([masks[band] for masks in stack])
        assert mosaic.givers[band] == tuple(number for number in range(len(stack)) if (source == number).any())
        assert_holds(mosaic.raster(), band, source)


@given(STACKS, st.sampled_from([(0,), (1,), (1, 0)]))
@settings(deadline=None)
def test_a_band_never_depends_on_its_company(stack, places):
    whole, some = folded(stack).raster(), folded(stack, places=places).raster()
    for at, place in enumerate(places):
        one, other = (np.broadcast_to(r.valid, r.values.shape)[i] for r, i in ((whole, place), (some, at)))
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(whole.values[place][one], some.values[at][one])


@given(STACKS)
@settings(deadline=None)
def test_together_a_pixel_takes_all_bands_from_the_first_scene_that_has_all(stack):
    mosaic, source = folded(stack, together=True), reference([red & nir for red, nir in stack])
    for band in range(2):
        assert mosaic.givers[band] == tuple(number for number in range(len(stack)) if (source == number).any())
        assert_holds(mosaic.raster(), band, source)


@given(STACKS)
@settings(deadline=None)
def test_a_band_that_a_scene_lacks_is_taken_from_the_others(stack):
    mosaic = Mosaic(GRID, FIELDS)
    for number, masks in enumerate(stack):
        red, nir = scene(number, masks)
        mosaic.feed([red, None if number % 2 else nir], FIELDS, number)
    there = [nir & (number % 2 == 0) for number, (_, nir) in enumerate(stack)]
    assert_holds(mosaic.raster(), 0, reference([red for red, _ in stack]))
    assert_holds(mosaic.raster(), 1, reference(there))


def test_a_band_is_wanted_until_it_is_whole():
    whole, none = np.ones(SHAPE, np.bool_), np.zeros(SHAPE, np.bool_)
    mosaic = folded([(whole, none)])
    assert (mosaic.wanted, mosaic.full) == ((False, True), False)


def test_bands_that_are_whole_share_a_mask():
    whole = np.ones(SHAPE, np.bool_)
    assert folded([(whole, whole.copy())]).raster().valid.shape == (1, *SHAPE)


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
    assert mosaic.givers == (tuple(range(200)),)
