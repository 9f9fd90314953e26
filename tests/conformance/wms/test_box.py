"""BBOX: the ground of a map."""

import numpy as np
import pytest
from tests.conformance.blue_lake import AROUND, is_drawn
from tests.conformance.wms.spoken import LAKE_BOX, code

EIGHT = "BasicPolygons,Forests,Lakes,Buildings,Ponds,RoadSegments,Streams,MapNeatline"
WHITE = (255, 255, 255, 255)


@pytest.mark.parametrize(
    ("bounds", "plain"),
    [
        ("-2,-1,2,6", "-2.0,-1.0,2.0,6.0"),
        ("-.0005E1,-25E-4,+05E-3,.00025E+1", "-0.005,-0.0025,0.005,0.0025"),
        ("-5e-3,-2.5e-3,5e-3,2.5e-3", "-0.005,-0.0025,0.005,0.0025"),
        ("-.005,-.0025,.005,.0025", "-0.005,-0.0025,0.005,0.0025"),
    ],
)
def test_numbers_may_be_written_in_every_way(wms, bounds, plain):
    keys = {"LAYERS": EIGHT, "size": (400, 200)}
    found = wms.map(bounds, **keys)
    assert found.media_type == "image/png"
    assert np.unique(found.rgba.reshape(-1, 4), axis=0).shape[0] > 1
    np.testing.assert_array_equal(found.rgba, wms.map(plain, **keys).rgba)


def test_the_box_is_the_outer_edge_of_the_outer_pixels(wms):
    # The lake reaches all four sides of this box, the island none of its outermost pixels.
    rgba = wms.map((0.0016, -0.0012, 0.0026, -0.0005), (10, 7)).rgba
    border = np.ones(rgba.shape[:2], bool)
    border[1:-1, 1:-1] = False
    assert (rgba[border] == (0x2F, 0x6F, 0xC0, 255)).all()
    assert (rgba[~border] == WHITE).all()


@pytest.mark.parametrize("size", [(200, 100), (100, 100), (317, 89), (40, 200)])
def test_a_map_is_stretched_to_its_size(wms, size):
    assert is_drawn(wms.map(LAKE_BOX, size).rgba, "Lakes", LAKE_BOX)


@pytest.mark.parametrize(
    "bounds",
    [
        pytest.param("0.004,-0.002,0,0", id="minx-above-maxx"),
        pytest.param("0.004,-0.002,0.004,0", id="minx-equals-maxx"),
        pytest.param("0,0,0.004,-0.002", id="miny-above-maxy"),
        pytest.param("0,-0.002,0.004,-0.002", id="miny-equals-maxy"),
    ],
)
def test_a_box_without_area_is_refused(wms, is_report, bounds):
    answer = wms.map(bounds)
    assert is_report(answer)
    assert code(answer) is None


@pytest.mark.parametrize("bounds", ["0,0,1", "0,0,1,1,1", "a,b,c,d", "nan,0,1,1", "0,0,inf,1", "0;0;1;1", "", ",,,"])
def test_what_is_no_box_is_refused(wms, is_report, bounds):
    assert is_report(wms.map(bounds))


@pytest.mark.parametrize(
    "bounds",
    [
        pytest.param((7.0, 7.0, 8.0, 8.0), id="no-overlap"),
        pytest.param((-10.0, 90.0, 10.0, 110.0), id="beyond-the-pole"),
        pytest.param((170.0, -10.0, 190.0, 10.0), id="beyond-the-antimeridian"),
    ],
)
def test_a_box_without_data_is_an_empty_map(wms, bounds):
    found = wms.map(bounds, (100, 100), LAYERS="BasicPolygons")
    assert found.media_type == "image/png"
    assert (found.rgba == WHITE).all()


def test_a_box_once_around_the_world_shows_the_same_ground(wms):
    # Loose or strict, as a server likes; both are right, but nothing may lie elsewhere.
    rgba = wms.map((358.0, -1.0, 362.0, 6.0), (100, 175), LAYERS="BasicPolygons").rgba
    assert (rgba == WHITE).all() or is_drawn(rgba, "BasicPolygons", (-2.0, -1.0, 2.0, 6.0))


def test_the_boxes_of_a_layer_are_maps_of_it(wms):
    # The first box that a layer tells, and the first of the layers above it.
    for layer in (wms.layer("Lakes"), wms.layer("BasicPolygons"), wms.layer("Autos"), wms.root_layer):
        system, bounds = wms.boxes(layer)[0]
        name = layer.findtext("{*}Name") or "BasicPolygons"
        found = wms.map(bounds, (100, 100), LAYERS=name, TIME="2000/2001", **{wms.crs: system})
        assert found.media_type == "image/png"
        assert (found.rgba != WHITE).any(), name


@pytest.mark.parametrize("half", [1e-9, 1e-6, 1.0, 180.0])
def test_every_scale_is_drawn(wms, half):
    # No layer tells a least or greatest scale.
    assert wms.document.xpath("//*[contains(local-name(), 'ScaleDenominator') or local-name()='ScaleHint']") == []
    assert wms.map((-half, -half / 2, half, half / 2), (200, 100)).image.size == (200, 100)


def test_the_whole_ground_is_drawn_where_it_lies(wms):
    for name in ("Forests", "Lakes", "NamedPlaces", "Ponds", "Buildings"):
        assert is_drawn(wms.map(AROUND, (210, 120), LAYERS=name).rgba, name, AROUND), name
