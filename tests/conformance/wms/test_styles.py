"""STYLES: how layers look."""

import pytest
from tests.conformance.blue_lake import AROUND, LAYERS, where
from tests.conformance.wms.spoken import LAKE_BOX, code

DARK = (0x18, 0x38, 0x68, 255)
BLUE = (*LAYERS["Lakes"].colour, 255)


def colour_of_the_lake(answer):
    """The one colour that the lake has in a map of its box."""
    assert answer.media_type == "image/png"
    covered, _ = where("Lakes", LAKE_BOX, answer.image.size)
    found = {tuple(pixel) for pixel in answer.rgba[covered].tolist()}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("name", ["cite_lakes", "cite_outline", ""])
def test_a_style_looks_as_it_is_named(wms, name):
    assert colour_of_the_lake(wms.map(STYLES=name)) == (DARK if name == "cite_outline" else BLUE)


def test_the_first_style_of_a_layer_is_its_default(wms):
    names = [style.findtext("{*}Name") for style in wms.layer("Lakes").findall("{*}Style")]
    assert names == ["cite_lakes", "cite_outline"]
    assert wms.map(STYLES=names[0]).body == wms.map(STYLES="").body


def test_each_style_of_each_layer_is_drawn(wms):
    for layer in wms.layers:
        name = layer.findtext("{*}Name")
        for style in layer.findall("{*}Style"):
            keys = {"LAYERS": name, "STYLES": style.findtext("{*}Name"), "TIME": "2000/2001"}
            answer = wms.map(wms.geographic(layer), **keys)
            assert (answer.media_type, answer.image.size) == ("image/png", (200, 100))
            assert (answer.rgba != 255).any(), keys


@pytest.mark.parametrize(
    ("layers", "styles"),
    [
        pytest.param("Ponds,Lakes", "cite_ponds,cite_outline", id="two"),
        pytest.param("Forests,Ponds,Lakes", "cite_forests,cite_ponds,cite_outline", id="three"),
        pytest.param("Lakes,Lakes,Lakes", "cite_lakes,cite_lakes,cite_outline", id="of-one-layer"),
        pytest.param("Forests,Ponds,Lakes", ",,cite_outline", id="some-default"),
        pytest.param("Lakes,Forests,Lakes,Ponds", "cite_lakes,,cite_outline,", id="some-default-between"),
    ],
)
def test_each_layer_has_its_own_style(wms, layers, styles):
    assert colour_of_the_lake(wms.map(LAYERS=layers, STYLES=styles)) == DARK


@pytest.mark.parametrize("styles", ["", ",,,"])
def test_empty_styles_are_the_defaults(wms, styles):
    layers = "Forests,Ponds,Buildings,Lakes"
    named = "cite_forests,cite_ponds,cite_buildings,cite_lakes"
    found = wms.map(AROUND, LAYERS=layers, STYLES=styles)
    assert found.media_type == "image/png"
    assert (found.rgba == wms.map(AROUND, LAYERS=layers, STYLES=named).rgba).all()


@pytest.mark.parametrize(
    ("layers", "styles"),
    [
        pytest.param("Lakes", "nothing", id="alone"),
        pytest.param("Lakes,Ponds", "nothing,cite_ponds", id="first"),
        pytest.param("Lakes,Ponds", "cite_lakes,nothing", id="second"),
        pytest.param("Lakes", "cite_ponds", id="of-another-layer"),
    ],
)
def test_a_style_that_the_layer_does_not_have_is_refused(wms, is_report, layers, styles):
    answer = wms.map(LAYERS=layers, STYLES=styles)
    assert is_report(answer)
    assert code(answer) == "StyleNotDefined"


def test_as_many_styles_as_layers_are_needed(wms, is_report):
    assert is_report(wms.map(STYLES="cite_lakes,cite_lakes"))
    assert is_report(wms.map(LAYERS="Lakes,Ponds,Forests", STYLES="cite_lakes,"))
