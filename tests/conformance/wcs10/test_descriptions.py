"""DescribeCoverage of WCS 1.0.0 (OGC 03-065r6, clause 8)."""

import numpy as np
import pytest
import rasterio.warp
from tests.conformance.truth import read_source
from tests.conformance.wcs10.spoken import NS

TIMES = ("2023-06-04", "2023-06-14", "2023-06-24")


def numbers(text):
    return [float(number) for number in text.split()]


def corners(envelope):
    return [numbers(pos.text) for pos in envelope.iterfind("gml:pos", NS)]


def told(root, path):
    return root.xpath(path, namespaces=NS)


def test_a_description_is_valid(speak, valid):
    root = valid(speak("DescribeCoverage", COVERAGE="cite_reflectance"))
    assert (root.tag, root.get("version")) == ("{http://www.opengis.net/wcs}CoverageDescription", "1.0.0")


def test_an_unknown_parameter_is_ignored(speak_keys, valid):
    assert len(valid(speak_keys("DescribeCoverage", COVERAGE="cite_series", RUMPLE="stilt"))) == 1


def test_a_version_is_needed(speak, refused):
    refused(speak("DescribeCoverage", COVERAGE="cite_series", VERSION=None), "MissingParameterValue", "VERSION")


@pytest.mark.parametrize("version", ["0.0.0", "1.9.9", "nonsense"])
def test_a_version_that_is_not_spoken_is_refused(speak, refused, version):
    refused(speak("DescribeCoverage", COVERAGE="cite_series", VERSION=version), "InvalidParameterValue", "VERSION")


def test_two_names_give_these_two(speak, valid):
    root = valid(speak("DescribeCoverage", COVERAGE="cite_series,cite_classes"))
    assert told(root, "wcs:CoverageOffering/wcs:name/text()") == ["cite_series", "cite_classes"]


def test_no_name_gives_all(speak, valid, ask):
    all_names = told(ask("GetCapabilities").root, "//wcs:CoverageOfferingBrief/wcs:name/text()")
    assert told(valid(speak("DescribeCoverage")), "wcs:CoverageOffering/wcs:name/text()") == all_names


@pytest.mark.parametrize("names", ["bogus", "cite_series,bogus", "bogus,cite_series"])
def test_an_unknown_name_is_refused_alone_and_in_company(speak, refused, names):
    refused(speak("DescribeCoverage", COVERAGE=names), "CoverageNotDefined", "COVERAGE")


def test_the_envelope_is_longitude_then_latitude(offering, source):
    (envelope,) = offering("cite_reflectance").iterfind("wcs:lonLatEnvelope", NS)
    rows, columns = source.shape
    bounds = rasterio.transform.array_bounds(rows, columns, source.transform)
    west, south, east, north = rasterio.warp.transform_bounds(source.epsg, 4326, *bounds)
    assert envelope.get("srsName") == "urn:ogc:def:crs:OGC:1.3:CRS84"
    assert np.allclose(corners(envelope), [(west, south), (east, north)], atol=1e-7)


def test_the_domain_is_the_edges_of_the_file(offering, source):
    domain = offering("cite_reflectance")
    envelope = told(domain, ".//wcs:spatialDomain/gml:Envelope")[0]
    left, bottom, right, top = rasterio.transform.array_bounds(*source.shape, source.transform)
    assert envelope.get("srsName") == f"EPSG:{source.epsg}"
    assert corners(envelope) == [[left, bottom], [right, top]]


def test_the_second_envelope_is_x_before_y_too(offering, source):
    _, second = told(offering("cite_reflectance"), ".//wcs:spatialDomain/gml:Envelope")
    bounds = rasterio.transform.array_bounds(*source.shape, source.transform)
    west, south, east, north = rasterio.warp.transform_bounds(source.epsg, 4326, *bounds)
    assert second.get("srsName") == "EPSG:4326"
    assert np.allclose(corners(second), [(west, south), (east, north)], atol=1e-7)


def test_the_rectified_grid_is_that_of_the_file(offering, source):
    (grid,) = told(offering("cite_reflectance"), ".//gml:RectifiedGrid")
    rows, columns = source.shape
    assert told(grid, ".//gml:low/text() | .//gml:high/text()") == ["0 0", f"{columns - 1} {rows - 1}"]
    assert numbers(grid.findtext("gml:origin/gml:pos", namespaces=NS)) == [*(source.transform @ (0.5, 0.5))]
    step_x, step_y = source.transform.a, source.transform.e
    assert [numbers(text) for text in told(grid, "gml:offsetVector/text()")] == [[step_x, 0], [0, step_y]]


@pytest.mark.parametrize("name", ["cite_reflectance", "cite_classes", "cite_series"])
def test_the_grids_system_is_among_the_supported(offering, name):
    found = offering(name)
    (system,) = told(found, ".//gml:RectifiedGrid/@srsName")
    (native,) = told(found, "wcs:supportedCRSs/wcs:nativeCRSs/text()")
    supported = told(found, "wcs:supportedCRSs/wcs:requestResponseCRSs/text()")
    assert system == native
    assert native in supported
    assert len(supported) == len(set(supported))
    assert not any(" " in crs for crs in supported)


@pytest.mark.parametrize("name", ["cite_reflectance", "cite_classes", "cite_series"])
def test_the_default_interpolation_is_one_of_those_listed(offering, name):
    (default,) = told(offering(name), "wcs:supportedInterpolations/@default")
    methods = told(offering(name), "wcs:supportedInterpolations/wcs:interpolationMethod/text()")
    assert default in methods
    # Words of the standard; "none" would forbid what other checks ask for.
    assert set(methods) <= {"nearest neighbor", "bilinear", "bicubic", "lost area", "barycentric"}


def test_geotiff_and_gml_are_offered_by_their_names(offering):
    formats = told(offering("cite_reflectance"), "wcs:supportedFormats/wcs:formats/text()")
    assert formats[0] == "GeoTIFF"
    assert "GML" in formats
    assert told(offering("cite_reflectance"), "wcs:supportedFormats/@nativeFormat") == ["GeoTIFF"]


def test_the_values_of_the_range_axis_are_the_bands(offering, source, bands):
    assert sorted(bands) == sorted(source.bands)
    (axis,) = told(offering("cite_reflectance"), ".//wcs:AxisDescription/wcs:name/text()")
    assert axis == "bands"


@pytest.mark.parametrize(("name", "scene"), [("cite_reflectance", "reflectance"), ("cite_classes", "classes")])
def test_the_null_value_is_that_of_the_file(cite, offering, name, scene):
    (null,) = told(offering(name), ".//wcs:nullValues/wcs:singleValue/text()")
    assert float(null) == read_source(cite.folder, name, scene).nodata


def test_a_series_tells_its_times_and_a_flat_coverage_none(offering):
    assert told(offering("cite_series"), ".//wcs:temporalDomain/gml:timePosition/text()") == [*TIMES]
    assert told(offering("cite_series"), "wcs:lonLatEnvelope/gml:timePosition/text()") == [TIMES[0], TIMES[-1]]
    assert told(offering("cite_reflectance"), ".//wcs:temporalDomain") == []
