"""FORMAT, WIDTH, HEIGHT, TRANSPARENT and BGCOLOR: the picture itself."""

import numpy as np
import pytest
from tests.conformance.blue_lake import is_drawn, where
from tests.conformance.wms.spoken import LAKE_BOX, code

KINDS = {
    "image/png": "PNG",
    "image/png; mode=8bit": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/tiff": "TIFF",
}
WHITE, BLUE, RED = (255, 255, 255, 255), (0, 0, 255, 255), (255, 0, 0, 255)
CLEAR = np.s_[:, :25]
"""West of the lake."""
CORNER = np.s_[:50, -50:]
"""North-east of it."""


def test_each_format_is_what_it_says(wms):
    assert wms.formats("GetMap") == list(KINDS)
    for name, kind in KINDS.items():
        answer = wms.map(FORMAT=name)
        assert answer.headers["Content-Type"] == name
        assert (answer.image.format, answer.image.size) == (kind, (200, 100))


def test_a_space_in_a_format_may_be_a_plus(wms):
    keys = {key: value for key, value in wms.map_keys(FORMAT=None).items() if value is not None}
    answer = wms.cite.get(f"/wms?VERSION={wms.version}&REQUEST=GetMap&FORMAT=image/png;+mode=8bit", **keys)
    assert answer.headers["Content-Type"] == "image/png; mode=8bit"
    assert answer.image.mode == "P"


def test_every_format_shows_the_same_map(wms):
    covered, free = where("Lakes", LAKE_BOX, (200, 100))
    for name in wms.formats("GetMap"):
        rgba = wms.map(FORMAT=name).rgba.astype(int)
        # JPEG and WEBP lose a little.
        assert np.median(np.abs(rgba[covered] - (0x2F, 0x6F, 0xC0, 255)), axis=0).max() <= 12, name
        assert np.median(np.abs(rgba[free] - WHITE), axis=0).max() <= 4, name


@pytest.mark.parametrize("name", ["image/bogus", "image/gif", "text/html", "image/png;mode=9bit"])
def test_a_format_that_is_not_offered_is_refused(wms, is_report, name):
    answer = wms.map(FORMAT=name)
    assert is_report(answer)
    assert code(answer) == "InvalidFormat"


def test_a_map_needs_a_format(wms, is_report):
    assert is_report(wms.map(FORMAT=None))


def test_png_or_gif_is_offered(wms):
    assert {"image/png", "image/gif"} & set(wms.formats("GetMap"))


@pytest.mark.parametrize("size", [(8, 5), (16, 16), (1024, 768), (1, 1), (640, 3)])
def test_a_map_has_exactly_its_size(wms, size):
    assert wms.map(LAKE_BOX, size).image.size == size


def test_the_largest_map_is_as_large_as_told(wms13):
    service = wms13.document.find("{*}Service")
    size = (int(service.findtext("{*}MaxWidth")), int(service.findtext("{*}MaxHeight")))
    assert wms13.map(LAKE_BOX, size).image.size == size
    assert len(wms13.map(LAKE_BOX, (size[0] + 1, size[1])).faults) == 1
    assert len(wms13.map(LAKE_BOX, (size[0], size[1] + 1)).faults) == 1


@pytest.mark.parametrize(
    "size", [(0, 10), (10, 0), (-5, 10), ("ten", 10), (10, "1.5"), (None, 10), (10, None), ("", 10)]
)
def test_what_is_no_size_is_refused(wms, is_report, size):
    assert is_report(wms.map(LAKE_BOX, size))


@pytest.mark.parametrize("word", [None, "", "FALSE", "false", "fAlSe"])
def test_a_map_that_is_not_asked_to_be_transparent_is_opaque_and_white(wms, word):
    rgba = wms.map(TRANSPARENT=word).rgba
    assert (rgba[..., 3] == 255).all()
    assert (rgba[CLEAR] == WHITE).all()
    assert (rgba[CORNER] == WHITE).all()
    assert is_drawn(rgba, "Lakes", LAKE_BOX)


@pytest.mark.parametrize("style", ["cite_lakes", "cite_outline"])
def test_the_ground_is_white_whatever_the_style(wms, style):
    assert (wms.map(STYLES=style).rgba[CLEAR] == WHITE).all()


@pytest.mark.parametrize("word", ["TRUE", "true", "tRuE"])
@pytest.mark.parametrize("name", ["image/png", "image/png; mode=8bit", "image/webp", "image/tiff"])
def test_a_transparent_map_has_no_ground(wms, word, name):
    alpha = wms.map(TRANSPARENT=word, FORMAT=name).rgba[..., 3]
    covered, free = where("Lakes", LAKE_BOX, (200, 100))
    assert (alpha[free] == 0).all()
    assert (alpha[covered] == 255).all()


def test_a_transparent_map_of_what_fills_it_is_opaque(wms):
    inside = (0.0010, -0.0016, 0.0016, -0.0013)
    assert (wms.map(inside, (20, 15), TRANSPARENT="TRUE").rgba == (0x2F, 0x6F, 0xC0, 255)).all()


def test_a_format_without_transparency_shows_the_ground(wms):
    answer = wms.map(TRANSPARENT="TRUE", FORMAT="image/jpeg")
    assert answer.image.format == "JPEG"
    assert (answer.rgba[:, :15].astype(int) > 245).all()


@pytest.mark.parametrize("text", ["0x0000FF", "0x0000ff"])
def test_the_ground_has_the_colour_asked(wms, text):
    rgba = wms.map(BGCOLOR=text).rgba
    assert (rgba[CLEAR] == BLUE).all()
    assert (rgba[CORNER] == BLUE).all()
    assert is_drawn(rgba, "Lakes", LAKE_BOX, ground=BLUE)


def test_the_colour_is_red_green_blue(wms):
    assert (wms.map(BGCOLOR="0x102030").rgba[CLEAR] == (0x10, 0x20, 0x30, 255)).all()


@pytest.mark.parametrize("key", ["BGCOLOR", "TRANSPARENT"])
def test_what_is_no_colour_or_switch_is_refused(wms, is_report, key):
    assert is_report(wms.map(**{key: "perhaps"}))
