"""OWSLib's WCS 2.0.1 against a running server: contents, grids, and coverages with everything that can be asked."""

import io

import numpy as np
import pytest
import rasterio
from owslib.util import ServiceException
from owslib.wcs import WebCoverageService
from requests.exceptions import HTTPError
from tests.fixtures.reference import centres

BOX = [("E", 282000, 282500), ("N", 5464500, 5465200)]
URI = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture(scope="module")
def service(live):
    return WebCoverageService(f"{live}/wcs", version="2.0.1")


@pytest.fixture(scope="module")
def download(service):
    """Downloads a coverage: pixels, CRS, transform."""

    def get(name, **rest):
        body = service.getCoverage(identifier=name, format="image/tiff", **rest).read()
        with rasterio.open(io.BytesIO(body)) as file:
            return file.read(), file.crs.to_string(), file.transform, file.descriptions

    return get


def test_contents_and_operations_are_those_published(service):
    assert set(service.contents) == {"true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation"}
    operations = {"GetCapabilities", "DescribeCoverage", "GetCoverage", "DescribeEOCoverageSet", "ProcessCoverages"}
    # OWSLib 0.35 takes the constraints that stand beside the operations for operations, too.
    assert {operation.name for operation in service.operations} - {"PostEncoding", "CountDefault"} == operations
    assert service.identification.type == "OGC WCS"


def test_a_coverage_tells_its_grid(service, site):
    coverage = service.contents["elevation"]
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        width, height = file.width, file.height
    assert [int(n) for n in coverage.grid.highlimits] == [width - 1, height - 1]
    assert list(coverage.grid.axislabels) == ["i", "j"]
    assert "image/tiff" in coverage.supportedFormats


def test_a_coverage_tells_its_boxes(service):
    boxes = {box["nativeSrs"]: box["bbox"] for box in service.contents["s2_l2a"].boundingboxes}
    (box,) = [value for name, value in boxes.items() if name.endswith("32631")]
    left, bottom, right, top = (float(n) for n in box)
    assert left < 281400
    assert right == 283320
    assert (bottom < 5464200, top >= 5466120) == (True, True)


def test_an_expression_with_subsets_in_space_and_time_gives_the_numbers_of_the_files(download, reference):
    values, crs, transform, names = download(
        "s2_l2a", subsets=[*BOX, ("time", "2021-06-14T00:00:00Z")], subsettingcrs=f"{URI}32631", expr="v=nd(B08,B04)"
    )
    truth = reference.at(["B08", "B04"], *centres(transform, *values.shape[1:]), crs, ["2021-06-14"])
    b = truth.values
    expected = np.where(truth.valid, (b["B08"] - b["B04"]) / (b["B08"] + b["B04"]), np.nan)
    assert names == ("v",)
    assert truth.valid.any()
    np.testing.assert_allclose(values[0], expected, rtol=1e-6, atol=1e-7)


def test_degrees_are_answered_in_degrees(download):
    _, crs, transform, _ = download(
        "ndvi", subsets=[("Lat", 49.300, 49.305), ("Long", 0.000, 0.003)], subsettingcrs=f"{URI}4326"
    )
    assert crs == "EPSG:4326"
    assert (transform.c, transform.f) == pytest.approx((0.0, 49.305), abs=1e-12)


def test_the_output_crs_is_respected(download):
    _, crs, transform, _ = download("ndvi", subsets=BOX, outputcrs=f"{URI}32630")
    assert (crs, transform.a, transform.c % 10) == ("EPSG:32630", 10, 0)


@pytest.mark.parametrize(
    ("scaling", "size"), [({"scalesize": "i(20),j(30)"}, (30, 20)), ({"scalefactor": 0.5}, (35, 25))], ids=str
)
def test_scaling_is_respected(download, scaling, size):
    assert download("ndvi", subsets=BOX, **scaling)[0].shape[1:] == size


def test_vendor_parameters_go_along(download):
    values, _, _, names = download("s2_l2a", subsets=BOX, rangesubset="B08,SCL", units="DN", time="2021-09-02")
    assert names == ("B08", "SCL")
    assert values.dtype.kind == "u"


def test_a_request_that_cannot_be_is_recognised_as_an_exception(service):
    with pytest.raises(ServiceException, match=r"unknown band .*B99"):
        service.getCoverage(identifier="s2_l2a", format="image/tiff", subsets=BOX, expr="B99")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"subsets": [("Z", 1, 2)]}, "InvalidAxisLabel"),
        ({"subsets": [("E", 1, 2)]}, "InvalidSubsetting"),
        ({"subsets": BOX, "outputcrs": "bogus"}, "OutputCrs-NotSupported"),
    ],
    ids=str,
)
def test_where_the_standard_wants_404_the_report_comes_with_it(service, wrong, code):
    with pytest.raises(HTTPError) as caught:
        service.getCoverage(identifier="s2_l2a", format="image/tiff", **wrong)
    assert f'exceptionCode="{code}"' in caught.value.response.text
