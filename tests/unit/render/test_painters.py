"""Painters against the rule in float64, and one type against another."""

import numpy as np
import pytest

from bandstand.errors import InvalidParameter
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid
from bandstand.model.raster import Raster
from bandstand.model.style import ClassColour, Style
from bandstand.render.paint import kinds, paint
from bandstand.render.ramps import parse_colormap, sample

VIRIDIS = parse_colormap("viridis")[0]


def raster(values, valid=None, *, scale=1.0, offset=0.0, categorical=False):
    values = np.asarray(values)
    bands, height, width = values.shape
    grid = Grid.from_bbox(parse_crs("EPSG:32631"), BBox(0, 0, width, height), width, height)
    fields = tuple(
        Field(name=f"B{i}", dtype=str(values.dtype), scale=scale, offset=offset, categorical=categorical)
        for i in range(bands)
    )
    mask = np.ones((1, height, width), bool) if valid is None else np.asarray(valid)
    return Raster(values, mask, fields, grid)


def noise(dtype, bands=3, shape=(37, 53), seed=1):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0.2, 0.3, (bands, *shape)).astype(dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -4000), min(info.max, 12000)
    return rng.integers(low, high, (bands, *shape), endpoint=True).astype(dtype)


def expected_bytes(values, scale, offset, low, high, gamma):
    place = np.clip((values.astype(np.float64) * scale + offset - low) / (high - low), 0, 1)
    return np.rint(255 * (np.rint(place * 4095) / 4095) ** (1 / gamma)).astype(np.uint8)


ALL_TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "float32", "float64", "float16"]


@pytest.mark.parametrize("dtype", ALL_TYPES)
def test_rgb_follows_the_rule_for_every_type(dtype):
    values = noise(dtype)
    scale, offset = (1.0, 0.0) if np.dtype(dtype).kind == "f" else (0.0001, -0.1)
    ranges = ((0.0, 0.3), (-0.1, 0.5), (0.05, 0.2))
    image = paint(raster(values, scale=scale, offset=offset), Style(name="s", kind="rgb", ranges=ranges, gamma=1.4))
    wanted = [expected_bytes(values[i], scale, offset, *ranges[i], 1.4) for i in range(3)]
    np.testing.assert_array_equal(image.pixels[..., :3], np.stack(wanted, -1))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16"])
def test_rgb_is_the_same_looked_up_and_computed(dtype):
    values = noise(dtype)
    style = Style(name="s", kind="rgb", ranges=((0.0, 0.3),), gamma=1.7)
    looked_up = paint(raster(values, scale=0.0001, offset=-0.1), style)
    computed = paint(raster(values.astype(np.float64), scale=0.0001, offset=-0.1), style)
    np.testing.assert_array_equal(looked_up.pixels, computed.pixels)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_rgb_is_transparent_where_one_band_is_invalid(dtype):
    values = noise(dtype)
    valid = np.random.default_rng(2).random(values.shape) < 0.8
    image = paint(raster(values, valid), Style(name="s", kind="rgb"))
    np.testing.assert_array_equal(image.pixels[..., 3] == 255, valid.all(axis=0))


def test_rgb_gives_invalid_pixels_the_nodata_colour():
    valid = np.zeros((1, 2, 2), bool)
    image = paint(raster(noise("uint16", shape=(2, 2)), valid), Style(name="s", kind="rgb", nodata=(1, 2, 3, 4)))
    assert (image.pixels == (1, 2, 3, 4)).all()


def test_rgb_takes_not_a_number_for_nodata():
    values = noise("float32")
    values[1, 3, 4] = np.nan
    image = paint(raster(values), Style(name="s", kind="rgb"))
    assert np.argwhere(image.pixels[..., 3] == 0).tolist() == [[3, 4]]


def test_rgb_knows_that_it_is_opaque():
    assert paint(raster(noise("uint16")), Style(name="s", kind="rgb")).opaque


def test_rgb_knows_that_it_is_not_opaque():
    valid = np.ones((1, 37, 53), bool)
    valid[0, 0, 0] = False
    assert not paint(raster(noise("uint16"), valid), Style(name="s", kind="rgb")).opaque


def test_a_fourth_channel_is_the_alpha():
    values = np.concatenate([noise("float32"), np.full((1, 37, 53), 0.5, np.float32)])
    image = paint(raster(values), Style(name="s", kind="rgb"))
    assert (image.pixels[..., 3] == 128).all()


def test_rgb_refuses_two_channels():
    two = raster(noise("uint8", bands=2))
    with pytest.raises(InvalidParameter, match="2 channels"):
        paint(two, Style(name="s", kind="rgb"))


def expected_index(values, valid, style, scale, offset, palette):
    """The colours of a ramp by the rule, pixel by pixel in numpy."""
    low, high = style.ranges[0]
    specials = len(palette) - min(254, len(palette) - 1)
    count = len(palette) - specials
    place = (values.astype(np.float64) * scale + offset - low) / (high - low)
    with np.errstate(invalid="ignore"):
        steps = np.rint(np.clip(np.nan_to_num(place), 0, 1) * (count - 1)).astype(int)
        colours = sample(style.colormap, count)[steps]
        for edge, beyond in ((style.below, place < 0), (style.above, place > 1)):
            if edge != "extend":
                colours[beyond] = (0, 0, 0, 0) if edge == "transparent" else edge
    colours[~valid | np.isnan(place)] = style.nodata
    return colours


@pytest.mark.parametrize("dtype", ALL_TYPES)
@pytest.mark.parametrize(
    "edges", [("extend", "extend"), ("transparent", (255, 0, 255, 255)), ("extend", "transparent")]
)
def test_a_ramp_follows_the_rule_for_every_type(dtype, edges):
    values = noise(dtype, bands=1)
    valid = np.random.default_rng(3).random(values.shape) < 0.9
    scale, offset = (1.0, 0.0) if np.dtype(dtype).kind == "f" else (0.0001, -0.1)
    style = Style(name="s", colormap=VIRIDIS, ranges=((-0.05, 0.5),), below=edges[0], above=edges[1])
    image = paint(raster(values, valid, scale=scale, offset=offset), style)
    wanted = expected_index(values[0], valid[0], style, scale, offset, image.palette)
    np.testing.assert_array_equal(image.rgba(), wanted)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16"])
def test_a_ramp_is_the_same_looked_up_and_computed(dtype):
    values = noise(dtype, bands=1)
    style = Style(name="s", colormap=VIRIDIS, ranges=((-0.05, 0.37),), below="transparent", above=(1, 2, 3, 255))
    looked_up = paint(raster(values, scale=0.0001, offset=-0.1), style)
    computed = paint(raster(values.astype(np.float32), scale=0.0001, offset=-0.1), style)
    np.testing.assert_array_equal(looked_up.pixels, computed.pixels)


def test_a_ramp_puts_its_ends_at_the_ends_of_the_range():
    style = Style(name="s", colormap=VIRIDIS, ranges=((-0.2, 0.9),))
    image = paint(raster(np.array([[[-0.2, 0.9, -np.inf, np.inf]]])), style)
    ends = sample(VIRIDIS, 2)
    np.testing.assert_array_equal(image.rgba()[0], ends[[0, 1, 0, 1]])


def test_a_palette_never_has_more_than_256_colours():
    style = Style(
        name="s", colormap=VIRIDIS, below=(9, 9, 9, 255), above=(8, 8, 8, 255), nodata=(7, 7, 7, 255), ranges=((0, 1),)
    )
    image = paint(raster(np.array([[[-1.0, 2.0, np.nan, 1.0]]])), style)
    assert len(image.palette) == 256
    assert image.rgba()[0].tolist() == [[9, 9, 9, 255], [8, 8, 8, 255], [7, 7, 7, 255], [253, 231, 37, 255]]


@pytest.mark.parametrize(("dtype", "ends"), [("uint8", (0, 255)), ("int16", (-32768, 32767)), ("float32", (0, 1))])
def test_without_a_range_a_ramp_spans_what_the_type_can_hold(dtype, ends):
    image = paint(raster(np.array([[ends]], dtype)), Style(name="s", colormap=VIRIDIS))
    np.testing.assert_array_equal(image.rgba()[0], sample(VIRIDIS, 2))


def test_a_ramp_is_opaque_when_every_pixel_is_valid():
    assert paint(raster(noise("float32", bands=1)), Style(name="s")).opaque


def test_a_ramp_is_not_opaque_when_an_edge_is_cut_off():
    style = Style(name="s", above="transparent", ranges=((0, 1),))
    assert not paint(raster(np.array([[[0.5, 1.5]]])), style).opaque


def test_a_ramp_refuses_three_channels():
    three = raster(noise("uint8"))
    with pytest.raises(InvalidParameter, match="one channel"):
        paint(three, Style(name="s"))


VALUES = tuple(ClassColour(v, v, (10 * v, 0, 0, 255), f"class {v}") for v in (1, 3, 7))
INTERVALS = (
    ClassColour(-1, 0, (1, 0, 0, 255), ""),
    ClassColour(0, 0.2, (2, 0, 0, 255), ""),
    ClassColour(0.5, 1, (3, 0, 0, 255), ""),
    ClassColour(0.75, 0.75, (4, 0, 0, 255), "never seen: the interval stands before"),
)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32"])
def test_exact_classes_paint_their_values_alone(dtype):
    style = Style(name="s", kind="classes", classes=VALUES)
    image = paint(raster(np.array([[[0, 1, 2, 3, 7, 8]]], dtype), categorical=True), style)
    assert image.rgba()[0, :, 0].tolist() == [0, 10, 0, 30, 70, 0]
    assert image.rgba()[0, :, 3].tolist() == [0, 255, 0, 255, 255, 0]


def test_intervals_hold_their_lower_end_and_not_their_upper():
    style = Style(name="s", kind="classes", classes=INTERVALS)
    values = [-1.1, -1, -0.5, 0, 0.1, 0.2, 0.3, 0.5, 0.75, 0.99, 1, np.nan]
    image = paint(raster(np.array([[values]])), style)
    assert image.rgba()[0, :, 0].tolist() == [0, 1, 1, 2, 2, 0, 0, 3, 3, 3, 0, 0]


def test_classes_are_the_same_looked_up_and_computed():
    values = noise("int16", bands=1)
    style = Style(name="s", kind="classes", classes=INTERVALS)
    looked_up = paint(raster(values, scale=0.0002), style)
    computed = paint(raster(values.astype(np.float64), scale=0.0002), style)
    np.testing.assert_array_equal(looked_up.rgba(), computed.rgba())


def test_the_scale_of_a_categorical_band_is_ignored():
    style = Style(name="s", kind="classes", classes=VALUES)
    image = paint(raster(np.array([[[7]]], np.uint8), scale=0.1, categorical=True), style)
    assert image.rgba()[0, 0].tolist() == [70, 0, 0, 255]


def test_a_full_colour_table_keeps_every_colour():
    classes = tuple(ClassColour(v, v, (v, 255 - v, 7, 255), "") for v in range(256))
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    image = paint(raster(values), Style(name="s", kind="classes", classes=classes))
    np.testing.assert_array_equal(image.rgba()[..., 0], values[0])
    assert image.opaque


def test_invalid_classes_take_the_nodata_colour():
    style = Style(name="s", kind="classes", classes=VALUES, nodata=(5, 6, 7, 255))
    image = paint(raster(np.ones((1, 1, 2), np.uint8), np.array([[[True, False]]])), style)
    assert image.rgba()[0].tolist() == [[10, 0, 0, 255], [5, 6, 7, 255]]


def test_a_part_of_a_larger_array_paints_alike():
    values = noise("uint16")
    style = Style(name="s", kind="rgb", ranges=((0, 9000),))
    whole = paint(raster(values), style).pixels
    part = paint(raster(values[:, 5:20, 7:31]), style).pixels
    np.testing.assert_array_equal(part, whole[5:20, 7:31])


def test_big_endian_numbers_paint_alike():
    values = noise("uint16")
    style = Style(name="s", kind="rgb", ranges=((0, 9000),))
    np.testing.assert_array_equal(
        paint(raster(values.astype(">u2")), style).pixels, paint(raster(values), style).pixels
    )


def test_an_unknown_kind_names_the_known_ones():
    one = raster(noise("uint8"))
    with pytest.raises(InvalidParameter, match=f"expected {', '.join(kinds())}"):
        paint(one, Style(name="s", kind="rgbb"))
