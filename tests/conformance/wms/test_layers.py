"""LAYERS: what is drawn, and in which order."""

import numpy as np
import pytest
from tests.conformance.blue_lake import AROUND, LAYERS, NAMES, where
from tests.conformance.wms.spoken import code

SIZE = (210, 120)


def escaped(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def test_the_layers_of_the_data_set_are_there(wms):
    for name in NAMES:
        layer = wms.layer(name)
        assert layer.findtext("{*}Title") == f"cite:{name}"
        assert layer.get("noSubsets", "0") == layer.get("fixedWidth", "0") == layer.get("fixedHeight", "0") == "0"
        inherited = wms.systems(layer) + wms.systems(wms.root_layer)
        assert wms.lonlat in inherited


def test_names_of_layers_are_unique(wms):
    names = [layer.findtext("{*}Name") for layer in wms.layers]
    assert len(names) == len(set(names)) == 12


def test_each_layer_is_a_map(wms):
    for layer in wms.layers:
        name = layer.findtext("{*}Name")
        answer = wms.map(wms.geographic(layer), SIZE, LAYERS=name, TIME="2000/2001", TRANSPARENT="TRUE")
        assert (answer.status, answer.media_type, answer.image.size) == (200, "image/png", SIZE)
        assert (answer.rgba[..., 3] == 255).any(), name


@pytest.mark.parametrize(
    "names", ["Forests,Lakes", "Lakes,Forests", "Forests,NamedPlaces,Lakes", "Lakes,Ponds,Forests"]
)
def test_the_first_layer_lies_at_the_bottom(wms, names):
    rgba = wms.map(AROUND, SIZE, LAYERS=names).rgba
    expected = np.full_like(rgba, 255)
    sure = np.ones(rgba.shape[:2], bool)
    for name in names.split(","):
        covered, free = where(name, AROUND, SIZE)
        expected[covered] = (*LAYERS[name].colour, 255)
        sure &= covered | free
    assert sure.mean() > 0.9
    np.testing.assert_array_equal(rgba[sure], expected[sure])


def test_a_layer_may_be_drawn_as_often_as_the_limit_allows(wms):
    # The limit of 1.3.0 is told there alone, and holds for both.
    plain = wms.map()
    answer = wms.map(LAYERS=",".join(["Lakes"] * 16))
    assert (answer.rgba == plain.rgba).all()


def test_the_limit_is_told_and_one_layer_more_is_refused(wms13):
    assert wms13.document.findtext("{*}Service/{*}LayerLimit") == "16"
    assert len(wms13.map(LAYERS=",".join(["Lakes"] * 17)).faults) == 1


@pytest.mark.parametrize("names", ["Nowhere", "Nowhere,Lakes", "Lakes,Nowhere", "lakes", "Lakes Forests"])
def test_a_layer_that_does_not_exist_is_refused(wms, is_report, names):
    answer = wms.map(LAYERS=names)
    assert is_report(answer)
    assert code(answer) == "LayerNotDefined"


@pytest.mark.parametrize("names", [None, "", ",", "Lakes,"])
def test_a_map_needs_a_layer(wms, is_report, names):
    assert is_report(wms.map(LAYERS=names))


def test_names_and_commas_may_be_escaped(wms):
    plain = wms.map(AROUND, SIZE, LAYERS="Forests,Lakes")
    keys = wms.map_keys(AROUND, SIZE, LAYERS=None, BBOX=None)
    query = f"/wms?layers={escaped('Forests,Lakes')}&bbox={escaped(','.join(map(repr, AROUND)))}"
    answer = wms.cite.get(query, VERSION=wms.version, REQUEST="GetMap", **keys)
    assert answer.body == plain.body
