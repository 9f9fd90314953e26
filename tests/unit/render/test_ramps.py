"""What people write for colours, edges, ranges and ramps."""

import numpy as np
import pytest

from bandstand.errors import InvalidParameter
from bandstand.render.ramps import parse_colormap, parse_colour, parse_edge, parse_range, ramp_names, sample


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#a50026", (165, 0, 38, 255)),
        ("A50026", (165, 0, 38, 255)),
        ("0xA50026", (165, 0, 38, 255)),
        ("#888", (136, 136, 136, 255)),
        ("#00ff0080", (0, 255, 0, 128)),
        ("white", (255, 255, 255, 255)),
        (" Transparent ", (0, 0, 0, 0)),
    ],
)
def test_a_colour_has_many_spellings(text, colour):
    assert parse_colour(text) == colour


@pytest.mark.parametrize("text", ["", "#12", "#12345", "#gggggg", "whit", "1,2,3", "hsl(1,2%,3%)", "\x00"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(InvalidParameter) as refused:
        parse_colour(text)
    assert refused.value.locator == "colormap"


def test_a_misspelt_colour_gets_a_suggestion():
    with pytest.raises(InvalidParameter, match='Did you mean "white"'):
        parse_colour("whit")


@pytest.mark.parametrize(
    ("text", "edge"),
    [("extend", "extend"), ("Transparent", "transparent"), ("#f00", (255, 0, 0, 255)), ("black", (0, 0, 0, 255))],
)
def test_an_edge_is_a_word_or_a_colour(text, edge):
    assert parse_edge(text) == edge


def test_a_misspelt_edge_gets_a_suggestion():
    with pytest.raises(InvalidParameter, match='Did you mean "extend"'):
        parse_edge("extent")


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("-0.2,0.9", ((-0.2, 0.9),)),
        ("0,0.3;0,0.3;0,.25", ((0, 0.3), (0, 0.3), (0, 0.25))),
        (" 1e2 , 1e3 ", ((100, 1000),)),
    ],
)
def test_a_range_is_a_pair_or_one_a_channel(text, ranges):
    assert parse_range(text) == ranges


@pytest.mark.parametrize(
    "text",
    ["", "1", "1,2,3", "a,b", "nan,1", "0,inf", "1,1", "2,1", "0,1;", "0,1;" * 5, "1e308,-1e308", "-1e308,1e308"],
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(InvalidParameter) as refused:
        parse_range(text)
    assert refused.value.locator == "range"


def test_every_shipped_ramp_can_be_read_and_turned_round():
    for name in ramp_names():
        ramp, span = parse_colormap(name)
        turned, _ = parse_colormap(f"{name.upper()}_R")
        assert span is None
        np.testing.assert_array_equal(sample(turned, 64), sample(ramp, 64)[::-1])


def test_the_families_people_ask_for_are_there():
    wanted = "rdylgn rdylbu rdbu brbg piyg prgn puor spectral ylgn ylgnbu gnbu bugn pubugn pubu bupu rdpu purd orrd"
    more = "ylorrd ylorbr greens blues oranges reds purples greys viridis magma inferno plasma cividis turbo"
    assert set(f"{wanted} {more}".split()) <= set(ramp_names())


def test_viridis_has_its_published_ends_and_middle():
    colours = sample(parse_colormap("viridis")[0], 256)
    assert colours[[0, 255], :3].tolist() == [[68, 1, 84], [253, 231, 37]]
    np.testing.assert_allclose(colours[128, :3].astype(int), [33, 145, 140], atol=2)


def test_a_list_of_colours_is_evenly_spaced():
    ramp, span = parse_colormap("#000000,#ffffff,#ff0000")
    assert span is None
    assert [place for place, _ in ramp.stops] == [0, 0.5, 1]


def test_stops_give_the_range_and_their_places():
    ramp, span = parse_colormap("0:#a50026,25:#ffffbf,100:#006837")
    assert span == (0, 100)
    assert [place for place, _ in ramp.stops] == [0, 0.25, 1]


def test_two_stops_at_one_value_make_a_sharp_step():
    ramp, _ = parse_colormap("0:black,0.5:black,0.5:white,1:white")
    assert sample(ramp, 4)[:, 0].tolist() == [0, 0, 255, 255]


def test_colours_between_stops_are_linear():
    ramp, _ = parse_colormap("black,white")
    np.testing.assert_array_equal(sample(ramp, 256)[:, 0], np.arange(256))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "virids",
        "#000",
        "0:#000",
        "1:#000,0:#fff",
        "0:#000,0:#fff",
        "x:#000,1:#fff",
        "#000,",
        "0:#000,#fff",
        "#000," * 300,
    ],
)
def test_what_is_no_ramp_is_refused(text):
    with pytest.raises(InvalidParameter) as refused:
        parse_colormap(text)
    assert refused.value.locator == "colormap"


@pytest.mark.parametrize(("text", "near"), [("virids", "viridis"), ("rdylgm_r", "rdylgn_r")])
def test_a_misspelt_ramp_gets_a_suggestion(text, near):
    with pytest.raises(InvalidParameter, match=f'Did you mean "{near}"'):
        parse_colormap(text)


def test_a_ramp_is_no_path():
    with pytest.raises(InvalidParameter):
        parse_colormap("../ramps/viridis")
