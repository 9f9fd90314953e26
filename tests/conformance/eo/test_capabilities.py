"""What the Earth observation profile adds to capabilities (OGC 10-140r1, clause 8)."""

import re

import pytest
import rasterio.transform
import rasterio.warp
from lxml import etree
from tests.conformance.truth import read_source
from tests.conformance.wcs20.spoken import NS

PROFILE = "http://www.opengis.net/spec/WCS_application-profile_earth-observation/1.0/conf/eowcs"


@pytest.fixture(scope="session")
def document(ask, valid):
    return valid(ask("GetCapabilities"))


def told(root, path):
    return root.xpath(path, namespaces=NS)


def test_the_profile_is_told(document):
    assert {PROFILE, f"{PROFILE}_get-kvp"} <= set(told(document, "//ows:Profile/text()"))


def test_the_extensions_that_it_needs_are_told(document):
    # Range subsetting, scaling, interpolation, CRS.
    profiles = " ".join(told(document, "//ows:Profile/text()"))
    for name in ("range-subsetting", "scaling", "interpolation", "crs"):
        assert f"WCS_service-extension_{name}/1.0" in profiles


def test_its_operation_is_told(document, cite):
    (operation,) = told(document, "//ows:Operation[@name='DescribeEOCoverageSet']")
    assert told(operation, ".//ows:Get/@xlink:href") == [f"{cite.base}/wcs?"]


def test_the_most_descriptions_of_an_answer_are_told(document):
    (most,) = told(document, "//ows:OperationsMetadata/ows:Constraint[@name='CountDefault']/ows:DefaultValue/text()")
    assert int(most) > 0


def test_series_have_ids_of_their_own(document):
    series = told(document, "//wcseo:DatasetSeriesSummary/wcseo:DatasetSeriesId/text()")
    every = series + told(document, "//wcs:CoverageSummary/wcs:CoverageId/text()")
    assert series == ["cite_series.series"]
    assert len(every) == len(set(every))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", name) for name in every)


def test_a_series_tells_its_place_and_time(document, cite):
    (series,) = told(document, "//wcseo:DatasetSeriesSummary")
    source = read_source(cite.folder, "cite_series", "series-20230604")
    bounds = rasterio.transform.array_bounds(*source.shape, source.transform)
    corners = told(series, "ows:WGS84BoundingBox/ows:LowerCorner/text() | ows:WGS84BoundingBox/ows:UpperCorner/text()")
    assert [float(n) for n in " ".join(corners).split()] == pytest.approx(
        rasterio.warp.transform_bounds(source.epsg, 4326, *bounds), abs=1e-7
    )
    ends = told(series, "gml:TimePeriod/gml:beginPosition/text() | gml:TimePeriod/gml:endPosition/text()")
    assert ends == ["2023-06-04T10:46:31Z", "2023-06-24T10:46:31Z"]


@pytest.mark.parametrize(
    ("sections", "coverages", "series"),
    [
        ("All", True, True),
        ("Contents", True, True),
        ("CoverageSummary", True, False),
        ("DatasetSeriesSummary", False, True),
        ("CoverageSummary,DatasetSeriesSummary", True, True),
        ("ServiceProvider", False, False),
    ],
)
def test_series_and_coverages_are_sections_of_their_own(speak, valid, sections, coverages, series):
    root = valid(speak("GetCapabilities", SECTIONS=sections))
    found = [bool(told(root, f"//{name}")) for name in ("wcs:CoverageSummary", "wcseo:DatasetSeriesSummary")]
    assert found == [coverages, series]


def test_those_sections_stand_within_contents(ask):
    root = ask("GetCapabilities", SECTIONS="DatasetSeriesSummary").root
    assert [etree.QName(child).localname for child in root] == ["Contents"]
