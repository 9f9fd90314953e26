"""CRS and SRS: the reference system of a map, and the order of its axes."""

import pyproj
import pytest
from tests.conformance.blue_lake import is_drawn
from tests.conformance.wms.spoken import LAKE_BOX, code

PROJECTED = ("EPSG:3857", "EPSG:32631")
"""Systems with x to the east."""


def projected_box(system):
    return pyproj.Transformer.from_crs("OGC:CRS84", system, always_xy=True).transform_bounds(*LAKE_BOX)


@pytest.mark.parametrize("name", ["UndefinedCRS", "EPSG:99999", "EPSG:2154", "EPSG", "AUTO2:42001,1,0,0", "CRS:27"])
def test_a_system_that_is_not_offered_is_refused(wms, is_report, name):
    answer = wms.map(**{wms.crs: name})
    assert is_report(answer)
    assert code(answer) == ("InvalidCRS" if wms.is_13 else "InvalidSRS")


def test_a_map_needs_a_system(wms, is_report):
    assert is_report(wms.map(**{wms.crs: None}))


def test_each_system_draws_the_layer_in_its_box(wms):
    # Those that the layer tells and those that it has from above.
    layer = wms.layer("BasicPolygons")
    boxes = dict(wms.boxes(layer))
    systems = list(dict.fromkeys(wms.systems(layer) + wms.systems(wms.root_layer)))
    assert len(systems) == (4 if wms.is_13 else 3)
    for system in systems:
        rgba = wms.map(boxes[system], (100, 100), LAYERS="BasicPolygons", **{wms.crs: system}).rgba
        assert 0.05 < (rgba != 255).any(axis=2).mean() < 0.95, system


def test_each_layer_is_drawn_in_each_system(wms):
    for layer in wms.layers:
        for system, bounds in wms.boxes(layer):
            keys = {"LAYERS": layer.findtext("{*}Name"), "TIME": "2000/2001", wms.crs: system}
            answer = wms.map(bounds, **keys)
            assert (answer.media_type, answer.image.size) == ("image/png", (200, 100))
            assert (answer.rgba != 255).any(), keys


@pytest.mark.parametrize("system", PROJECTED)
def test_a_projected_system_has_x_first(wms, system):
    bounds = projected_box(system)
    answer = wms.map(bounds, (200, 100), **{wms.crs: system})
    assert is_drawn(answer.rgba, "Lakes", bounds, crs=system)


def test_crs_84_has_longitude_first(wms13):
    assert is_drawn(wms13.map(CRS="CRS:84").rgba, "Lakes", LAKE_BOX)


def test_epsg_4326_has_latitude_first(wms13):
    west, south, east, north = LAKE_BOX
    assert is_drawn(wms13.map((south, west, north, east), CRS="EPSG:4326").rgba, "Lakes", LAKE_BOX)


def test_an_srs_has_longitude_first(wms11):
    assert is_drawn(wms11.map(SRS="EPSG:4326").rgba, "Lakes", LAKE_BOX)


def test_boxes_in_the_capabilities_have_the_order_of_their_system(wms):
    for layer in [wms.root_layer, *wms.layers]:
        west, south, east, north = wms.geographic(layer)
        boxes = dict(wms.boxes(layer))
        if wms.is_13:
            assert boxes["CRS:84"] == (west, south, east, north)
            assert boxes["EPSG:4326"] == (south, west, north, east)
        else:
            assert boxes["EPSG:4326"] == (west, south, east, north)
        corners = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True).transform(
            [west, east], [south, north]
        )
        left, bottom, right, top = boxes["EPSG:3857"]
        assert [left, right] == pytest.approx(list(corners[0]), abs=1e-6)
        assert [bottom, top] == pytest.approx(list(corners[1]), abs=1e-6)
