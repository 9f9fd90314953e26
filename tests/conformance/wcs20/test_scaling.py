"""Scaling (OGC 12-039): how many cells come, over the same ground."""

import numpy as np
import pytest

WHOLE = {"COVERAGEID": "cite_reflectance"}
TIFF = WHOLE | {"FORMAT": "image/tiff"}
URI = "http://www.opengis.net/def/axis/OGC/1/"
SCALED = [
    pytest.param({"SCALEFACTOR": "2.0"}, (40, 40), id="factor 2 enlarges"),
    pytest.param({"SCALEFACTOR": "0.5"}, (10, 10), id="factor one half"),
    pytest.param({"SCALEFACTOR": "1"}, (20, 20), id="factor 1"),
    pytest.param({"SCALEFACTOR": "1.5"}, (30, 30), id="factor one and a half"),
    pytest.param({"SCALEAXES": "i(2.0),j(2.0)"}, (40, 40), id="both axes"),
    pytest.param({"SCALEAXES": "i(2.0),j(0.5)"}, (40, 10), id="each axis"),
    pytest.param({"SCALEAXES": "j(0.25)"}, (20, 5), id="one axis"),
    pytest.param({"SCALEAXES": "E(0.5),N(3)"}, (10, 60), id="axes of the CRS"),
    pytest.param({"SCALESIZE": "i(7),j(13)"}, (7, 13), id="size"),
    pytest.param({"SCALESIZE": "i(1.0),j(2.0)"}, (1, 2), id="size in decimals"),
    pytest.param({"SCALESIZE": "j(50)"}, (20, 50), id="size of one axis"),
    pytest.param({"SCALESIZE": "N(5),E(11)"}, (11, 5), id="size by axes of the CRS"),
    pytest.param({"SCALEEXTENT": "i(10:20),j(100:200)"}, (11, 101), id="extent"),
    pytest.param({"SCALEEXTENT": "i(-3:3)"}, (7, 20), id="extent of one axis"),
]


@pytest.mark.parametrize(("keys", "size"), SCALED)
def test_the_grid_has_the_size_asked_over_the_same_ground(speak, gml, described, keys, size):
    found, told = gml(speak("GetCoverage", **WHOLE, **keys)), described("cite_reflectance")
    width, height = size
    assert found.limits == ([0, 0], [width - 1, height - 1])
    assert found.corners == told.corners
    (left, _), (right, top) = found.corners
    step = ((right - left) / width, 200 / height)
    assert np.allclose(found.vectors, [[step[0], 0], [0, -step[1]]])
    assert np.allclose(found.origin, [left + step[0] / 2, top - step[1] / 2])
    assert found.values.shape == (height, width, len(told.fields))


@pytest.mark.parametrize(("keys", "size"), SCALED)
def test_the_file_has_that_size_and_the_nearest_numbers(speak, picture, source, bands, keys, size):
    found = picture(speak("GetCoverage", **TIFF, **keys))
    assert found.size == size
    assert np.allclose(found.bounds, (500000, 5499800, 500200, 5500000))
    # Where a new centre lies between two old ones either is nearest: then there is nothing sure to compare.
    values, sure = source.nearest(found, bands)
    assert np.array_equal(found.values[:, sure], values[:, sure])


def test_a_whole_factor_repeats_every_number(speak, picture, source, bands):
    found = picture(speak("GetCoverage", **TIFF, SCALEFACTOR="3"))
    assert np.array_equal(found.values, source.stack(bands).repeat(3, axis=1).repeat(3, axis=2))


def test_a_factor_is_that_factor_along_all_axes(ask):
    bodies = {
        ask("GetCoverage", **WHOLE, **keys).body
        for keys in ({"SCALEFACTOR": "2.0"}, {"SCALEAXES": "i(2),j(2)"}, {"SCALESIZE": "i(40),j(40)"})
    }
    assert len(bodies) == 1


@pytest.mark.parametrize("labels", [("i", "j"), ("E", "N"), (f"{URI}i", f"{URI}j")])
def test_axes_go_by_the_names_of_the_grid_of_the_system_and_by_addresses(speak, gml, labels):
    found = gml(speak("GetCoverage", **WHOLE, SCALESIZE=f"{labels[0]}(4),{labels[1]}(6)"))
    assert found.sizes == [4, 6]


def test_what_is_scaled_is_the_part_that_is_asked_for(speak, picture, source):
    found = picture(speak("GetCoverage", **TIFF, SUBSET=["E(500012,500048)", "N(5499852,5499948)"], SCALEFACTOR="2"))
    assert (found.size, found.bounds) == ((8, 20), (500010, 5499850, 500050, 5499950))
    assert source.agrees(found, found.names)


@pytest.mark.parametrize("keys", [{"SCALEFACTOR": "2.0"}, {"SCALESIZE": "i(3),j(3)"}])
def test_the_range_type_stays(speak, gml, described, keys):
    found, told = gml(speak("GetCoverage", **WHOLE, **keys)), described("cite_reflectance")
    assert found.fields == told.fields
    path = "gmlcov:rangeType//swe:nilValue/text() | gmlcov:rangeType//swe:uom/@code"
    assert found.all(path) == told.all(path)


@pytest.mark.parametrize("name", ["cite_reflectance", "cite_classes", "cite_series"])
def test_every_coverage_can_be_scaled(speak, gml, name):
    assert gml(speak("GetCoverage", COVERAGEID=name, SCALEFACTOR="2.0")).sizes == [40, 40]


@pytest.mark.parametrize(
    ("keys", "code", "locator", "status"),
    [
        pytest.param({"SCALEFACTOR": "0"}, "InvalidScaleFactor", "0", 404, id="factor 0"),
        pytest.param({"SCALEFACTOR": "-1"}, "InvalidScaleFactor", "-1", 404, id="factor below 0"),
        pytest.param({"SCALEFACTOR": "big"}, "InvalidScaleFactor", "big", 404, id="no factor"),
        pytest.param({"SCALEAXES": "i(0)"}, "InvalidScaleFactor", "0", 404, id="axis factor 0"),
        pytest.param({"SCALEAXES": "i(-2),j(1)"}, "InvalidScaleFactor", "-2", 404, id="axis factor below 0"),
        pytest.param({"SCALEAXES": ""}, "InvalidParameterValue", "SCALEAXES", 400, id="no axes"),
        pytest.param({"SCALEAXES": "k(2)"}, "ScaleAxisUndefined", "k", 404, id="unknown axis of factors"),
        pytest.param({"SCALEAXES": "i(2),i(2)"}, "InvalidParameterValue", "i", 400, id="axis twice"),
        pytest.param({"SCALEAXES": "i(2),E(2)"}, "InvalidParameterValue", "E", 400, id="axis twice by two names"),
        pytest.param({"SCALESIZE": "i(0)"}, "InvalidScaleFactor", "0", 404, id="size 0"),
        pytest.param({"SCALESIZE": "i(-1)"}, "InvalidScaleFactor", "-1", 404, id="size below 0"),
        pytest.param({"SCALESIZE": "axis_not_exist(10)"}, "ScaleAxisUndefined", "axis_not_exist", 404, id="no axis"),
        pytest.param({"SCALESIZE": ["i(4)", "i(4)"]}, "InvalidParameterValue", "SCALESIZE", 400, id="size twice"),
        pytest.param({"SCALEEXTENT": "i(20:10),j(1:2)"}, "InvalidExtent", "20:10", 404, id="extent reversed"),
        pytest.param({"SCALEEXTENT": "k(10:20)"}, "ScaleAxisUndefined", "k", 404, id="unknown axis of extents"),
        pytest.param(
            {"SCALEFACTOR": "2", "SCALEAXES": "i(2)"}, "InvalidParameterValue", "SCALEAXES", 400, id="factor and axes"
        ),
        pytest.param(
            {"SCALESIZE": "i(2)", "SCALEEXTENT": "i(0:1)"}, "InvalidParameterValue", "SCALEEXTENT", 400, id="two sizes"
        ),
    ],
)
def test_what_is_no_scaling_is_refused(speak, refused, keys, code, locator, status):
    refused(speak("GetCoverage", **WHOLE, **keys), code, locator, status)
