"""DescribeCoverage of WCS 1.1.1 (OGC 07-067r5, clause 9)."""

import re

import numpy as np
import pytest
import rasterio.transform
import rasterio.warp
from lxml import etree
from tests.conformance.truth import read_source
from tests.conformance.wcs11.spoken import NS

NAMES = ("cite_reflectance", "cite_classes", "cite_series")
NAME = re.compile(r"[A-Za-z_][\w.-]*")


def told(root, path):
    return root.xpath(path, namespaces=NS)


def corners(box):
    return [[float(n) for n in box.findtext(f"ows:{name}Corner", namespaces=NS).split()] for name in ("Lower", "Upper")]


def edges(source):
    return rasterio.transform.array_bounds(*source.shape, source.transform)


@pytest.mark.parametrize("name", NAMES)
def test_a_description_is_valid(speak, valid, name):
    root = valid(speak("DescribeCoverage", IDENTIFIERS=name))
    assert told(root, "wcs:CoverageDescription/wcs:Identifier/text()") == [name]


def test_several_identifiers_give_their_descriptions(speak, valid):
    root = valid(speak("DescribeCoverage", IDENTIFIERS="cite_series,cite_reflectance"))
    assert told(root, "wcs:CoverageDescription/wcs:Identifier/text()") == ["cite_series", "cite_reflectance"]


@pytest.mark.parametrize(
    ("keys", "code", "locator"),
    [
        pytest.param({"VERSION": None}, "MissingParameterValue", "VERSION", id="no version"),
        pytest.param({"VERSION": "1.1.9"}, "InvalidParameterValue", "VERSION", id="another version"),
        pytest.param({"IDENTIFIERS": None}, "MissingParameterValue", "identifiers", id="no identifier"),
        pytest.param({"IDENTIFIERS": ""}, "MissingParameterValue", "identifiers", id="empty identifier"),
        pytest.param({"IDENTIFIERS": "bogus"}, "InvalidParameterValue", "identifier", id="unknown"),
        pytest.param({"IDENTIFIERS": "cite_series,bogus"}, "InvalidParameterValue", "identifier", id="one unknown"),
    ],
)
def test_what_is_missing_or_unknown_is_refused(speak, refused, keys, code, locator):
    refused(speak("DescribeCoverage", **{"IDENTIFIERS": "cite_series"} | keys), code, locator)


def test_the_first_box_is_that_of_the_centres(description, source):
    # 7.5.4: a box of this version reaches from centre to centre.
    first = told(description("cite_reflectance"), ".//wcs:SpatialDomain/ows:BoundingBox")[0]
    left, bottom, right, top = edges(source)
    x, y = source.transform.a / 2, -source.transform.e / 2
    assert first.get("crs") == f"urn:ogc:def:crs:EPSG::{source.epsg}"
    assert corners(first) == [[left + x, bottom + y], [right - x, top - y]]
    for corner in ("Lower", "Upper"):
        assert re.fullmatch(r"-?\d+(\.\d+)? -?\d+(\.\d+)?", first.findtext(f"ows:{corner}Corner", namespaces=NS))


def test_the_box_of_degrees_is_longitude_first(description, source):
    (box,) = told(description("cite_reflectance"), ".//ows:BoundingBox[@crs='urn:ogc:def:crs:OGC:1.3:CRS84']")
    west, south, east, north = rasterio.warp.transform_bounds(source.epsg, 4326, *edges(source))
    assert np.allclose(corners(box), [(west, south), (east, north)], atol=1e-7)


def test_the_box_of_the_image_counts_its_cells(description, source):
    (box,) = told(description("cite_reflectance"), ".//ows:BoundingBox[@crs='urn:ogc:def:crs:OGC::imageCRS']")
    (low, high), (rows, columns) = corners(box), source.shape
    assert [end - start + 1 for start, end in zip(low, high, strict=True)] == [columns, rows]


def test_the_grid_starts_at_the_centre_of_the_upper_left_cell_and_runs_down(description, source):
    (grid,) = told(description("cite_reflectance"), ".//wcs:SpatialDomain/wcs:GridCRS")
    numbers = {
        name: [float(n) for n in grid.findtext(f"wcs:{name}", namespaces=NS).split()]
        for name in ("GridOrigin", "GridOffsets")
    }
    assert grid.findtext("wcs:GridBaseCRS", namespaces=NS) == f"urn:ogc:def:crs:EPSG::{source.epsg}"
    assert grid.findtext("wcs:GridType", namespaces=NS) == "urn:ogc:def:method:WCS:1.1:2dSimpleGrid"
    assert numbers["GridOrigin"] == [*(source.transform @ (0.5, 0.5))]
    assert numbers["GridOffsets"] == [source.transform.a, source.transform.e]


@pytest.mark.parametrize("name", NAMES)
def test_methods_are_those_of_the_dictionary_and_have_a_default(description, name, shared):
    methods = told(description(name), ".//wcs:InterpolationMethods/wcs:InterpolationMethod/text()")
    (default,) = told(description(name), ".//wcs:InterpolationMethods/wcs:Default/text()")
    dictionary = etree.parse(str(shared / "schemas/ogc/wcs/1.1.1/interpolationMethods.xml"))
    known = {text.strip() for text in dictionary.xpath("//*[local-name()='name']/text()")}
    assert default in methods
    assert set(methods) <= known


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "path",
    [
        "wcs:Identifier",
        "wcs:SupportedFormat",
        ".//wcs:Field/wcs:Identifier",
        ".//wcs:InterpolationMethod",
        ".//wcs:Axis/@identifier",
        ".//wcs:Axis//wcs:Key",
    ],
)
def test_names_need_no_escape(description, name, path):
    found = told(description(name), path if "@" in path else f"{path}/text()")
    assert found
    for text in found:
        assert not set(text) & set("&<>\"' \n[]:;,")
        assert "/" in text or NAME.fullmatch(text)


def test_the_keys_of_the_axis_are_the_bands(bands, source):
    assert sorted(bands) == sorted(source.bands)


@pytest.mark.parametrize(("name", "scene"), [("cite_reflectance", "reflectance"), ("cite_classes", "classes")])
def test_the_null_value_is_that_of_the_file(cite, description, name, scene):
    (null,) = told(description(name), ".//wcs:Field/wcs:NullValue/text()")
    assert float(null) == read_source(cite.folder, name, scene).nodata


def test_a_series_tells_its_times_and_a_flat_coverage_none(description):
    times = told(description("cite_series"), ".//wcs:TemporalDomain/gml:timePosition/text()")
    assert times == ["2023-06-04", "2023-06-14", "2023-06-24"]
    assert told(description("cite_reflectance"), ".//wcs:TemporalDomain") == []


@pytest.mark.parametrize("name", NAMES)
def test_the_systems_of_the_boxes_are_supported(description, name):
    supported = told(description(name), "wcs:SupportedCRS/text()")
    told_of = set(told(description(name), ".//ows:BoundingBox/@crs")) - {"urn:ogc:def:crs:OGC::imageCRS"}
    assert told_of <= set(supported)
    assert len(supported) == len(set(supported))
