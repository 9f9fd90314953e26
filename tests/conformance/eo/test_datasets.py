"""Datasets of the Earth observation profile as coverages (OGC 10-140r1, clauses 7, 10 and 11)."""

from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import shapely
from lxml import etree
from tests.conformance.truth import read_source
from tests.conformance.wcs20.gml import Gml, numbers
from tests.conformance.wcs20.spoken import NS

DATASETS = ["series-20230604", "series-20230614", "series-20230624"]
COVERAGES = ["cite_reflectance", "cite_classes", "cite_series"]
TIFF = {"FORMAT": "image/tiff"}


@pytest.fixture(params=DATASETS)
def dataset(request):
    """Its id."""
    return request.param


@pytest.fixture(scope="session")
def delivered(ask, valid):
    """A dataset in GML."""
    return lambda name, **keys: Gml(valid(ask("GetCoverage", COVERAGEID=name, FORMAT="application/gml+xml", **keys)))


def footprint(found):
    """Longitude and latitude: the standard has latitude first."""
    rings = found.all(".//eop:Footprint/eop:multiExtentOf//gml:exterior/gml:LinearRing/gml:posList/text()")
    pairs = [np.reshape(numbers(ring), (-1, 2))[:, ::-1] for ring in rings]
    return shapely.union_all([shapely.Polygon(pair).buffer(0) for pair in pairs])


def test_a_dataset_is_described_as_one(described, dataset):
    found = described(dataset)
    assert found.one("wcs:CoverageId").text == dataset
    assert found.one("wcs:ServiceParameters/wcs:CoverageSubtype").text == "RectifiedDataset"
    parent = found.one("wcs:ServiceParameters/wcs:CoverageSubtypeParent/wcs:CoverageSubtype")
    assert parent.text == "RectifiedGridCoverage"


def test_its_description_has_one_metadata_record_about_it(described, dataset):
    found = described(dataset)
    assert len(found.all("gmlcov:metadata//wcseo:EOMetadata")) == 1
    record = "gmlcov:metadata//wcseo:EOMetadata/eop:EarthObservation/"
    assert found.one(f"{record}eop:metaDataProperty//eop:identifier").text == dataset
    assert found.one(f"{record}eop:metaDataProperty//eop:parentIdentifier").text == "cite_series.series"


@pytest.mark.parametrize("name", COVERAGES)
def test_every_coverage_has_one_metadata_record_about_it(described, name):
    found = described(name)
    assert len(found.all("gmlcov:metadata//wcseo:EOMetadata")) == 1
    assert found.one("gmlcov:metadata//eop:metaDataProperty//eop:identifier").text == name


def test_its_time_is_that_of_its_scene(described, dataset):
    period = described(dataset).one(".//om:phenomenonTime/gml:TimePeriod")
    begin, end = (
        datetime.fromisoformat(period.findtext(f"gml:{name}Position", namespaces=NS)) for name in ("begin", "end")
    )
    assert f"{begin:%Y%m%d}" == dataset.removeprefix("series-")
    assert begin <= end


def test_its_footprint_lies_within_its_box_and_fills_it(described, dataset):
    found = described(dataset)
    ground = footprint(found)
    low, high = found.corners
    assert found.srs.endswith("/32631")
    assert found.one(".//eop:Footprint//gml:MultiSurface").get("srsName").endswith("/4326")
    west, south, east, north = shapely.bounds(ground)
    # By the corners, whose longitudes and latitudes are those of the box within a rounding of its seven places.
    assert (low, high) == ([500000, 5499800], [500200, 5500000])
    assert [west, south, east, north] == pytest.approx([3.0, 49.650744, 3.0027708, 49.6525429], abs=2e-7)
    assert ground.area == pytest.approx((east - west) * (north - south), rel=0.01)


def test_it_is_delivered_as_what_it_is(delivered, dataset):
    found = delivered(dataset)
    assert etree.QName(found.root) == f"{{{NS['wcseo']}}}RectifiedDataset"
    assert found.one("gmlcov:metadata//eop:metaDataProperty//eop:identifier").text == dataset


def test_coverages_that_are_no_datasets_are_delivered_as_before(ask):
    for name in COVERAGES:
        assert etree.QName(ask("GetCoverage", COVERAGEID=name).root).localname == "RectifiedGridCoverage"


def test_it_tells_what_was_asked_of_it(delivered, dataset):
    # The lineage of a coverage has the request that made it.
    found = delivered(dataset, SUBSET=["E(500012,500048)"])
    (made,) = found.all("gmlcov:metadata//wcseo:EOMetadata/wcseo:lineage")
    (address,) = made.xpath("wcseo:referenceGetCoverage/ows:Reference/@xlink:href", namespaces=NS)
    asked = dict(parse_qsl(urlsplit(address).query))
    assert (asked["COVERAGEID"], asked["SUBSET"]) == (dataset, "E(500012,500048)")


def test_its_numbers_are_those_of_its_scene(cite, speak, picture, dataset):
    found = picture(speak("GetCoverage", COVERAGEID=dataset, **TIFF))
    truth = read_source(cite.folder, "cite_series", dataset)
    assert found.transform == truth.transform
    assert np.array_equal(found.values, truth.stack(found.names))


def test_it_can_be_trimmed(cite, speak, picture, delivered, dataset):
    subset = ["E(500012,500048)", "N(5499852,5499948)"]
    found = picture(speak("GetCoverage", COVERAGEID=dataset, SUBSET=subset, **TIFF))
    truth = read_source(cite.folder, "cite_series", dataset)
    assert found.bounds == (500010, 5499850, 500050, 5499950)
    assert truth.agrees(found, found.names)
    part = delivered(dataset, SUBSET=subset)
    assert part.corners == ([500010, 5499850], [500050, 5499950])
    # Its footprint is that of the part.
    assert footprint(part).area == pytest.approx(footprint(delivered(dataset)).area * 4 * 10 / 400, rel=0.02)


@pytest.mark.parametrize("subset", ["E(500033)", "N(5499933)"])
def test_it_cannot_be_sliced(speak, refused, dataset, subset):
    answer = speak("GetCoverage", COVERAGEID=dataset, SUBSET=subset)
    refused(answer, "InvalidSubsetting", subset[0], 404)


def test_it_can_be_scaled_and_its_fields_chosen(speak, picture, dataset):
    found = picture(speak("GetCoverage", COVERAGEID=dataset, SCALEFACTOR="2", RANGESUBSET="red", **TIFF))
    assert (found.size, found.names) == ((40, 40), ("red",))
