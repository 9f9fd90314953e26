"""Style files: those shipped, and what is said about wrong ones."""

import pytest

from bandstand.errors import ConfigError
from bandstand.render.load import load_styles
from bandstand.share import shipped


def problems(folder, text):
    folder.joinpath("s.yml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_styles([folder])
    return refused.value.problems


def style(folder, text):
    folder.joinpath("s.yml").write_text(text)
    return load_styles([folder])["s"]


def test_every_shipped_style_loads_and_has_a_title():
    styles = load_styles([shipped("styles")])
    assert {"true_color", "false_color", "swir", "ndvi", "ndwi", "ndmi", "index", "grey", "elevation"} <= set(styles)
    assert all(found.title for found in styles.values())


def test_true_color_paints_red_green_and_blue():
    found = load_styles([shipped("styles")])["true_color"]
    assert (found.kind, found.channels, found.ranges) == ("rgb", ("red", "green", "blue"), ((0.0, 0.3),))


def test_an_empty_file_is_a_ramp_with_every_default(tmp_path):
    found = style(tmp_path, "")
    assert (found.name, found.kind, found.ranges, found.below) == ("s", "ramp", (), "extend")


def test_stops_give_the_range(tmp_path):
    found = style(tmp_path, 'colormap: {0: "#a50026", 2: "#ffffbf", 4: "#006837"}')
    assert found.ranges == ((0.0, 4.0),)
    assert [place for place, _ in found.colormap.stops] == [0, 0.5, 1]


def test_a_range_of_its_own_wins_over_the_stops(tmp_path):
    assert style(tmp_path, 'colormap: {0: "#000", 1: "#fff"}\nrange: [5, 6]').ranges == ((5.0, 6.0),)


def test_a_ramp_beside_the_style_is_found(tmp_path):
    tmp_path.joinpath("ramps").mkdir()
    tmp_path.joinpath("ramps", "mine.csv").write_text("position,colour\n0,#000000\n10,#ff0000\n")
    assert style(tmp_path, "colormap: mine_r").colormap.stops[0][1] == (255, 0, 0, 255)


def test_classes_make_the_kind(tmp_path):
    text = 'classes:\n- {value: 1, colour: "#00f", label: Water}\n- {range: [2, 5], colour: green}'
    found = style(tmp_path, text)
    assert found.kind == "classes"
    assert [(c.low, c.high, c.label) for c in found.classes] == [(1, 1, "Water"), (2, 5, "")]


def test_edges_and_nodata_are_colours_or_words(tmp_path):
    found = style(tmp_path, 'below: transparent\nabove: "#ff00ff"\nnodata: grey')
    assert (found.below, found.above, found.nodata) == ("transparent", (255, 0, 255, 255), (128, 128, 128, 255))


def test_the_earlier_folder_wins(tmp_path):
    tmp_path.joinpath("ndvi.yml").write_text("title: Mine")
    assert load_styles([tmp_path, shipped("styles")])["ndvi"].title == "Mine"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("title: x\ncolourmap: viridis", "s.yml:2:1", 'Did you mean "colormap"?'),
        ("title: x\ncolormap: virids", "s.yml:2:11", 'Did you mean "viridis"'),
        ("kind: rbg", "s.yml:1:7", 'Did you mean "rgb"?'),
        ("range: [1, 0]", "s.yml:1:8", "range: expected [low, high]"),
        ("range: [0, x]", "s.yml:1:12", 'range[1]: expected a number, not "x"'),
        ("range: 5", "s.yml:1:8", "range: expected a list"),
        ("gamma: 0", "s.yml:1:8", "gamma: expected a number from 0.05 to 20"),
        ("channels: red", "s.yml:1:11", "channels: expected a list"),
        ("below: nowhere", "s.yml:1:8", "below:"),
        ("title: [a]", "s.yml:1:8", "title: expected a text"),
        ("title: a\ntitle: b", "s.yml:2:1", "title: the key stands here twice"),
        ("legend: {tick: [1]}", "s.yml:1:10", 'legend.tick: there is no such key. Did you mean "ticks"?'),
        ("legend: {decimals: 2.5}", "s.yml:1:20", "legend.decimals: expected a whole number"),
        ("classes: [{value: 1}]", "s.yml:1:11", "classes[0]: expected a colour"),
        ('colormap: ["#000"]', "s.yml:1:11", "colormap: expected at least two colours"),
        ('colormap: {1: "#000", 0: "#fff"}', "s.yml:1:11", "must rise"),
        ("- a", "s.yml:1:1", "expected a mapping"),
        ("title: [", "s.yml:1:9", "error"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, place, words):
    (problem,) = problems(tmp_path, text)
    assert place in problem
    assert words in problem


def test_every_mistake_of_every_file_is_told(tmp_path):
    tmp_path.joinpath("t.yml").write_text("gamma: x")
    assert len(problems(tmp_path, "kind: x\nrange: y")) == 3


def test_a_file_that_is_no_text_is_told(tmp_path):
    tmp_path.joinpath("s.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_styles([tmp_path])


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(ConfigError, match="expected a folder"):
        load_styles([tmp_path / "none"])
