"""Legends: what they say, and that they show it."""

from dataclasses import replace

import numpy as np
import pytest

from bandstand.model.field import Field
from bandstand.model.style import ClassColour, Style
from bandstand.render.legend import legend, legend_json, legend_size
from bandstand.render.load import load_styles
from bandstand.render.ramps import parse_colormap, sample
from bandstand.render.sheet import Sheet, _font
from bandstand.render.ticks import labels, round_numbers, ticks
from bandstand.share import shipped

STYLES = load_styles([shipped("styles")])
NDVI = (Field(name="ndvi", dtype="float32"),)
RGB = tuple(Field(name=name, dtype="uint16", scale=1e-4) for name in ("B04", "B03", "B02"))
MANY = Style(
    name="many", kind="classes", classes=tuple(ClassColour(i, i, (i, 9, 9, 255), f"Class {i}") for i in range(70))
)


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_legend_has_the_size_that_is_published(name):
    image = legend(STYLES[name], ())
    assert image.shape[::-1] == legend_size(STYLES[name], ())


def test_a_legend_of_many_classes_has_the_size_that_is_published():
    assert legend(MANY, ()).shape[::-1] == legend_size(MANY, ())


def test_a_legend_shows_the_whole_ramp():
    style = STYLES["ndvi"]
    seen = {tuple(pixel) for pixel in legend(style, NDVI).pixels.reshape(-1, 4).tolist()}
    assert {tuple(colour) for colour in sample(style.colormap, 260)[1:-1].tolist()} <= seen


def test_a_legend_shows_every_class():
    seen = {tuple(pixel) for pixel in legend(MANY, ()).pixels.reshape(-1, 4).tolist()}
    assert {entry.colour for entry in MANY.classes} <= seen


def test_a_legend_has_a_white_ground():
    image = legend(STYLES["ndvi"], NDVI)
    assert image.opaque
    assert image.pixels[0, 0].tolist() == [255, 255, 255, 255]


def test_a_transparent_legend_has_none():
    assert legend(STYLES["ndvi"], NDVI, ground=(255, 255, 255, 0)).pixels[0, 0, 3] == 0


def test_a_legend_on_a_dark_ground_is_opaque_and_readable():
    image = legend(STYLES["landcover"], NDVI, ground=(20, 30, 40, 255))
    assert image.opaque
    assert image.pixels[0, 0].tolist() == [20, 30, 40, 255]
    assert (image.pixels[..., 3] == 255).all()
    assert (image.pixels[..., :3] == 255).all(axis=2).any()


def test_the_title_changes_the_picture_and_not_its_size():
    short, long = (legend(STYLES["ndvi"], NDVI, title=title) for title in ("a", "(B08-B04)/(B08+B04)" * 20))
    assert short.shape == long.shape
    assert not np.array_equal(short.pixels, long.pixels)


@pytest.mark.parametrize(("width", "height"), [(600, 480), (1800, 300), (900, 1000)])
def test_classes_fill_a_legend_of_a_given_size_in_columns(width, height):
    image = legend(MANY, (), width=width, height=height)
    assert image.shape == (height, width)
    seen = {tuple(pixel) for pixel in image.pixels.reshape(-1, 4).tolist()}
    assert {entry.colour for entry in MANY.classes} <= seen


@pytest.mark.parametrize("height", [41, 200, 300])
def test_a_box_of_a_class_does_not_grow_with_its_legend(height):
    few = replace(MANY, classes=(ClassColour(1, 1, (250, 9, 9, 255), "Water"),))
    pixels = legend(few, (), width=200, height=height).pixels
    assert pixels.shape == (max(height, 56), 200, 4)
    assert (pixels[..., :3] == (250, 9, 9)).all(axis=2).sum() < 22 * 14


def test_a_bar_takes_the_size_that_is_asked_for():
    small, large = (legend(STYLES["ndvi"], NDVI, width=width, height=20) for width in (100, 500))
    assert large.shape[1] - small.shape[1] == 400


@pytest.mark.parametrize(("width", "height"), [(200, 300), (120, 260), (90, 400), (None, 300), (300, 120), (640, 480)])
def test_a_size_that_is_no_bars_is_that_of_the_whole_legend(width, height):
    image = legend(STYLES["elevation"], NDVI, width=width, height=height)
    assert image.shape == (height, width or 130)


@pytest.mark.parametrize(("width", "height"), [(200, 300), (120, 260)])
def test_an_upright_bar_rises_and_fills_its_legend(width, height):
    style = replace(STYLES["ndvi"], below="transparent", above="transparent")
    pixels = legend(style, NDVI, width=width, height=height).pixels.astype(int)
    colours = sample(style.colormap, 64).astype(int)[:, :3]
    column = pixels[:, 20, :3]
    place = [np.abs(column - colour).sum(axis=1).argmin() for colour in colours[4:-4:4]]
    assert place == sorted(place, reverse=True)
    assert place[0] - place[-1] > 0.6 * height


RANGES = [(0, 1), (-0.137, 0.77), (0, 6e-7), (-12_345.678, 1e6), (-2e9, 3e9), (0.1234, 0.1239), (-8e307, 8e307)]


def written(monkeypatch, style, **wishes):
    """The size of the sheet, and (left, top, right, bottom) of each text on it."""
    boxes, extent = [], []

    def write(sheet, at, text, *, ink, anchor="la", points=None):
        font = _font(points or sheet.measures.text_points)
        boxes.append(sheet.pen.textbbox(at, text, font=font, anchor=anchor))
        extent.append(sheet.canvas.size)

    monkeypatch.setattr(Sheet, "write", write)
    legend(style, NDVI, **wishes)
    return extent[0], boxes


@pytest.mark.parametrize("span", RANGES)
@pytest.mark.parametrize(
    "wishes",
    [
        {}, {"width": 60, "height": 10}, {"width": 200, "height": 300}, {"width": 20, "height": 100},
        {"letters": 2.5}, {"scale": 2.5}, {"width": 150, "height": 400, "scale": 0.5}, {"width": 500, "height": 90},
    ],
)  # fmt: skip
def test_texts_of_a_legend_never_touch_each_other_nor_its_edge(monkeypatch, span, wishes):
    style = replace(STYLES["ndvi"], ranges=(span,), options=(), unit="kg/m2", nodata=(9, 9, 9, 255))
    (width, height), boxes = written(monkeypatch, style, title="Some title", **wishes)
    assert len(boxes) >= 4
    for number, (left, top, right, bottom) in enumerate(boxes):
        assert min(left, top, width - right, height - bottom) >= 0
        for other in boxes[:number]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_a_legend_for_print_is_the_same_and_larger():
    plain, fine = (legend(STYLES["ndvi"], NDVI, scale=scale) for scale in (1.0, 3.0))
    assert fine.shape == tuple(3 * side for side in plain.shape)


def test_larger_letters_need_more_room():
    assert legend(STYLES["ndvi"], NDVI, letters=2.0).shape[0] > legend(STYLES["ndvi"], NDVI).shape[0] + 20


def test_a_legend_of_any_scale_is_bounded():
    height, width = legend(MANY, (), scale=50.0).shape
    assert height * width < 17_000_000


def test_ticks_that_crowd_at_an_end_give_way_to_round_ones():
    assert ticks(0, 10_000, [0.3, 0.6]) == [0, 2000, 4000, 6000, 8000, 10_000]


def test_a_size_beyond_reason_is_bounded():
    assert max(legend(STYLES["ndvi"], NDVI, width=10**6, height=1).shape) < 2200


def test_the_range_that_is_asked_for_is_the_one_that_is_told():
    style = replace(STYLES["ndvi"], ranges=((0.0, 2.0),))
    entries = legend_json(style, NDVI)["Legend"][0]["rules"][0]["symbolizers"][0]["Raster"]["colormap"]["entries"]
    assert (entries[0]["quantity"], entries[-1]["quantity"]) == ("0", "2")


def test_a_ramp_is_told_in_json():
    found = legend_json(STYLES["ndvi"], NDVI, layer="s2")["Legend"][0]
    raster = found["rules"][0]["symbolizers"][0]["Raster"]
    assert (found["layerName"], found["title"], found["rules"][0]["name"]) == ("s2", "NDVI", "ndvi")
    assert raster["colormap"]["type"] == "ramp"
    assert raster["colormap"]["extended"] == {"below": True, "above": True}
    assert raster["colormap"]["entries"][0] == {"quantity": "-0.2", "color": "#A50026", "label": "-0.2"}
    assert raster["colormap"]["entries"][5] == {"quantity": "0.35", "color": "#FFFFBF", "label": "0.35"}


def test_a_ramp_of_many_stops_is_told_in_eleven():
    style = Style(name="s", colormap=parse_colormap("viridis")[0], ranges=((0, 1),))
    colormap = legend_json(style, NDVI)["Legend"][0]["rules"][0]["symbolizers"][0]["Raster"]["colormap"]
    assert [entry["label"] for entry in colormap["entries"]] == [
        "0",
        "0.1",
        "0.2",
        "0.3",
        "0.4",
        "0.5",
        "0.6",
        "0.7",
        "0.8",
        "0.9",
        "1",
    ]


def test_rgb_is_told_by_band_and_range():
    colormap = legend_json(STYLES["true_color"], RGB)["Legend"][0]["rules"][0]["symbolizers"][0]["Raster"]["colormap"]
    assert [entry["label"].split() for entry in colormap["entries"]] == [
        ["R", "B04", "0", "to", "0.3"],
        ["G", "B03", "0", "to", "0.3"],
        ["B", "B02", "0", "to", "0.3"],
    ]


def test_a_class_without_a_label_is_told_by_its_interval():
    style = Style(name="s", kind="classes", classes=(ClassColour(0.2, 0.5, (1, 2, 3, 128), ""),))
    (entry,) = legend_json(style, NDVI)["Legend"][0]["rules"][0]["symbolizers"][0]["Raster"]["colormap"]["entries"]
    assert entry == {"quantity": "0.2-0.5", "color": "#010203", "label": "0.2 to 0.5", "opacity": "0.502"}


def test_a_style_without_classes_still_has_a_legend():
    assert legend(Style(name="empty", kind="classes"), ()).shape[0] > 20


@pytest.mark.parametrize(
    ("low", "high", "numbers"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-0.2, 0.9, [-0.2, 0, 0.2, 0.4, 0.6, 0.8]),
        (0, 10000, [0, 2000, 4000, 6000, 8000, 10000]),
        (0.00012, 0.00048, [0.0002, 0.0003, 0.0004]),
    ],
)
def test_round_numbers_are_multiples_of_one_two_or_five(low, high, numbers):
    assert round_numbers(low, high, 6) == numbers


@pytest.mark.parametrize(("low", "high"), [(-3, 3), (-1e12, 1e12), (-1, 40)])
def test_wanted_ticks_that_crowd_together_give_way_to_round_ones(low, high):
    assert ticks(low, high, [-0.2, 0, 0.3, 0.6, 0.9])[1:-1] == [
        tick for tick in round_numbers(low, high, 6) if low < tick < high
    ]


def test_ticks_begin_and_end_with_the_range():
    assert ticks(-0.137, 0.77)[0 :: len(ticks(-0.137, 0.77)) - 1] == [-0.137, 0.77]


def test_wanted_ticks_outside_the_range_are_left_out():
    assert ticks(0, 1, [-1, 0.25, 3]) == [0, 0.25, 1]


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((0, 6e-7, 1e-6), ["0", "6e-7", "1e-6"]),
        ((0, 0.0002, 0.0005), ["0", "0.0002", "0.0005"]),
        ((0, 500_000, 1_000_000), ["0", "500 000", "1 000 000"]),
        ((-12_500, 9_999, 10_000.7), ["-12 500", "9999", "10 001"]),
        ((0, 1e9, 2.5e9), ["0", "1e9", "2.5e9"]),
        ((-3.52e300, 0, 2.57e300), ["-3.52e300", "0", "2.57e300"]),
        ((1_000_000, 1_000_000.5), ["1 000 000", "1 000 000.5"]),
        ((1.00002e9, 1.00003e9), ["1.00002e9", "1.00003e9"]),
        ((273.15, 300, 310.123), ["273.15", "300", "310.12"]),
        ((1e9, 1e9 + 0.0004, 1e9 + 0.001), ["1e9", "1.0000000000004e9", "1.000000000001e9"]),
    ],
)
def test_numbers_beside_one_scale_are_written_in_one_manner(numbers, texts):
    assert labels(numbers) == texts


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [(0.3, 1, "0.3"), (-0.0, 1, "0.0"), (0.25, 1, "0.25"), (1500, None, "1500"), (1e-7, None, "1e-7")],
)
def test_decimals_are_kept_where_they_tell_the_truth(number, decimals, text):
    assert labels([number], decimals) == [text]


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((-0.00012, 0, 0.00034), ["-0.00012", "0", "0.00034"]),
        ((0, 20_000, 65_535), ["0", "20 000", "65 535"]),
        ((271.15, 280, 313.4), ["271.15", "280", "313.4"]),
        ((-1, 0, 0.5), ["-1.0", "0.0", "0.5"]),
    ],
)
def test_decimals_are_those_of_all_numbers_or_of_none(numbers, texts):
    assert labels(numbers, 1) == texts


def test_words_in_any_letters_are_drawn():
    image = legend(STYLES["ndvi"], NDVI, title="Élévation \N{EN DASH} 標高 ≥ 5 µm")
    assert image.shape[::-1] == legend_size(STYLES["ndvi"], NDVI)
