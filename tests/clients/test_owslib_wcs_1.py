"""OWSLib's WCS 1.0.0, 1.1.0 and 1.1.1 against a running server: contents, descriptions, coverages, exceptions."""

import email
import email.policy
import io

import numpy as np
import pytest
import rasterio
from owslib.util import ServiceException
from owslib.wcs import WebCoverageService
from tests.fixtures.reference import centres

# OWSLib 0.35 asks an lxml element for its truth while it reads capabilities of 1.1.
pytestmark = pytest.mark.filterwarnings("ignore:Truth-testing of elements:FutureWarning")

ALL = {"true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation"}
DATES = ["2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19"]
BOX = (282003.0, 5465001.0, 282403.0, 5465301.0)
URN = "urn:ogc:def:crs:EPSG::32631"


@pytest.fixture(scope="module")
def old(live):
    return WebCoverageService(f"{live}/wcs", version="1.0.0")


@pytest.fixture(scope="module")
def newer(live):
    return WebCoverageService(f"{live}/wcs", version="1.1.1")


def read(body):
    with rasterio.open(io.BytesIO(body)) as file:
        return file.read(masked=True), file.transform, file.crs.to_string(), file.descriptions


def truth_of(reference, values, transform, crs, date):
    truth = reference.at(["B08", "B04"], *centres(transform, *values.shape[1:]), crs, [date])
    b = truth.values
    return truth.valid & truth.clear, (b["B08"] - b["B04"]) / (b["B08"] + b["B04"])


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "1.1.1"])
def test_contents_boxes_and_identification_are_read(live, version):
    service = WebCoverageService(f"{live}/wcs", version=version)
    assert set(service.contents) == ALL
    assert service.identification.title == "Bandstand"
    assert service.provider.name == "Bandstand"
    left, bottom, right, top = service.contents["ndvi"].boundingBoxWGS84
    assert (-0.1 < left < right < 0.1, 49 < bottom < top < 50) == (True, True)


@pytest.mark.parametrize("version", ["1.0.0", "1.1.1"])
def test_the_operations_are_known(live, version):
    service = WebCoverageService(f"{live}/wcs", version=version)
    names = [operation.name for operation in service.operations]
    assert names == ["GetCapabilities", "DescribeCoverage", "GetCoverage"]


@pytest.mark.parametrize("version", ["1.1.0", "1.1.1"])
def test_a_coverage_is_described(live, version):
    service = WebCoverageService(f"{live}/wcs", version=version)
    root = service.getDescribeCoverage("ndvi")
    assert root.findtext(f".//{service.ns.WCS('Identifier')}") == "ndvi"
    assert "image/tiff" in service.contents["ndvi"].supportedFormats
    assert any(crs.getcode() == "EPSG:32631" for crs in service.contents["ndvi"].supportedCRS)


def test_grid_times_formats_and_systems_are_read(old, site):
    coverage = old.contents["elevation"]
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        size, step = (file.width, file.height), file.transform.a
    assert [int(n) + 1 for n in coverage.grid.highlimits] == list(size)
    assert float(coverage.grid.offsetvectors[0][0]) == pytest.approx(step)
    assert old.contents["s2_l2a"].timepositions == DATES
    assert old.contents["s2_l2a"].timelimits == [DATES[0], DATES[-1]]
    assert coverage.supportedFormats[0] == "GeoTIFF"
    assert {crs.getcode() for crs in old.contents["s2_l2a"].supportedCRS} >= {"EPSG:32631", "EPSG:4326"}


@pytest.mark.parametrize(
    "size", [{"width": 40, "height": 30}, {"resx": 10, "resy": 10}], ids=["by size", "by resolution"]
)
def test_a_coverage_of_1_0_has_the_box_and_the_numbers(old, reference, size):
    answer = old.getCoverage(
        identifier="ndvi", bbox=BOX, crs="EPSG:32631", format="GeoTIFF", time=["2021-06-14"], **size
    )
    values, transform, crs, _ = read(answer.read())
    assert rasterio.transform.array_bounds(*values.shape[1:], transform) == (BOX[0], BOX[1], BOX[2], BOX[3])
    sure, expected = truth_of(reference, values, transform, crs, "2021-06-14")
    assert sure.sum() > 300
    np.testing.assert_allclose(values[0][sure], expected[sure], rtol=1e-6, atol=1e-7)


def test_a_coverage_of_1_1_comes_behind_its_manifest(newer, reference):
    answer = newer.getCoverage(identifier="ndvi", bbox=(282005, 5465005, 282395, 5465295, URN), format="image/tiff")
    head = f"Content-Type: {answer.info()['Content-Type']}\r\n\r\n".encode()
    manifest, file = email.message_from_bytes(head + answer.read(), policy=email.policy.HTTP).iter_parts()
    assert "Coverages" in manifest.get_content()
    values, transform, crs, names = read(file.get_content())
    assert (values.shape, names) == ((1, 30, 40), ("ndvi",))
    sure, expected = truth_of(reference, values, transform, crs, "2022-07-19")
    assert sure.sum() > 500
    np.testing.assert_allclose(values[0][sure], expected[sure], rtol=1e-6, atol=1e-7)


def test_a_grid_of_1_1_and_our_parameters_go_along(newer):
    answer = newer.getCoverage(
        identifier="s2_l2a",
        bbox=(282010, 5465010, 282390, 5465290, URN),
        format="image/tiff",
        gridbaseCRS=URN,
        gridtype="urn:ogc:def:method:WCS:1.1:2dSimpleGrid",
        gridorigin="282010,5465290",
        gridoffsets="20,-20",
        rangesubset="contents:linear[bands[v]]",
        expr="v=nd(B08,B04)",
    )
    head = f"Content-Type: {answer.info()['Content-Type']}\r\n\r\n".encode()
    _, file = email.message_from_bytes(head + answer.read(), policy=email.policy.HTTP).iter_parts()
    values, transform, _, names = read(file.get_content())
    assert (values.shape, names) == ((1, 15, 20), ("v",))
    assert (transform.a, transform.c, transform.f) == (20, 282000, 5465300)


@pytest.mark.parametrize(
    ("version", "wrong"),
    [
        ("1.0.0", {"identifier": "bogus", "crs": "EPSG:32631", "width": 4, "height": 4, "format": "GeoTIFF"}),
        ("1.0.0", {"identifier": "ndvi", "crs": "EPSG:2", "width": 4, "height": 4, "format": "GeoTIFF"}),
        ("1.0.0", {"identifier": "ndvi", "crs": "EPSG:32631", "format": "GeoTIFF"}),
        ("1.1.1", {"identifier": "bogus", "format": "image/tiff"}),
        ("1.1.1", {"identifier": "ndvi", "format": "bogus"}),
        ("1.1.1", {"identifier": "ndvi", "format": "image/tiff", "store": True}),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_is_recognised_as_an_exception(live, version, wrong):
    service = WebCoverageService(f"{live}/wcs", version=version)
    box = BOX if version == "1.0.0" else (*BOX, URN)
    with pytest.raises(ServiceException):
        service.getCoverage(bbox=box, **wrong)
