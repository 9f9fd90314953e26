"""Coverages of WCS 1.0.0: exactly the box and the size asked, with the numbers of the files."""

import io
import re

import numpy as np
import pyproj
import pytest
import rasterio
from lxml import etree
from tests.fixtures.reference import centres

SIDE = {"width": "40", "height": "30"}
UTM = {"crs": "EPSG:32631", "bbox": "281903,5465001,282303,5465301"}


@pytest.fixture(scope="session")
def ask10(client):
    """Sends a GetCoverage as keys in the address, keys in a form or a document."""

    def send(how="get", document="", **keys):
        pairs = {"SERVICE": "WCS", "VERSION": "1.0.0", "REQUEST": "GetCoverage", "format": "GeoTIFF", **keys}
        if how == "get":
            return client.get("/wcs", query_string=pairs)
        if how == "form":
            return client.post("/wcs", data=pairs)
        return client.post("/wcs", data=document, content_type="text/xml")

    return send


def opened(answer):
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "image/tiff"
    return rasterio.open(io.BytesIO(answer.get_data()))


@pytest.fixture(scope="session")
def get10(ask10):
    """Pixels (masked), transform, CRS and band names of a coverage."""

    def get(**keys):
        with opened(ask10(**keys)) as file:
            return file.read(masked=True), file.transform, file.crs.to_string(), file.descriptions

    return get


def bounds(values, transform):
    return rasterio.transform.array_bounds(*values.shape[1:], transform)


def test_the_answer_has_exactly_the_box_and_the_size_asked(get10):
    values, transform, crs, names = get10(coverage="ndvi", **UTM, **SIDE)
    assert (values.shape, crs, names) == ((1, 30, 40), "EPSG:32631", ("ndvi",))
    assert bounds(values, transform) == (281903, 5465001, 282303, 5465301)


def test_pixels_are_those_under_their_centres(get10, reference):
    values, transform, crs, _ = get10(coverage="ndvi", **UTM, **SIDE)
    truth = reference.at(["B08", "B04"], *centres(transform, 30, 40), crs, ["2022-07-19"])
    b = truth.values
    expected = (b["B08"] - b["B04"]) / (b["B08"] + b["B04"])
    sure = truth.clear & truth.valid
    assert sure.sum() > 500
    np.testing.assert_array_equal(~values.mask[0][truth.clear], truth.valid[truth.clear])
    np.testing.assert_allclose(values[0][sure], expected[sure], rtol=1e-6, atol=1e-7)


def test_degrees_are_longitude_first_in_a_crs_that_has_latitude_first(get10, site):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        window = rasterio.windows.Window(20, 10, 30, 20)
        expected = file.read(1, window=window, masked=True)
        (left, top), (right, bottom) = (file.transform @ corner for corner in ((20, 10), (50, 30)))
    box = (left, bottom, right, top)
    text = ",".join(f"{n:.15g}" for n in box)
    values, transform, crs, _ = get10(coverage="elevation", crs="EPSG:4326", bbox=text, width="30", height="20")
    assert crs == "EPSG:4326"
    assert bounds(values, transform) == pytest.approx(box, rel=1e-13)
    np.testing.assert_array_equal(values[0].filled(-1), expected.filled(-1))


def test_what_lies_outside_is_nodata_and_the_rest_is_not_moved(get10, site):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        step, inside = file.transform.a, file.read(1, masked=True)
        left, top = file.bounds.left, file.bounds.top
    box = (left - 5 * step, top - 10 * step, left + 7 * step, top + 3 * step)
    text = ",".join(repr(n) for n in box)
    values, transform, _, _ = get10(coverage="elevation", crs="EPSG:4326", bbox=text, width="12", height="13")
    assert bounds(values, transform) == pytest.approx(box, rel=1e-13)
    assert values.mask[0, :3].all()
    assert values.mask[0, :, :5].all()
    np.testing.assert_array_equal(values[0, 3:, 5:].filled(-1), inside[:10, :7].filled(-1))


@pytest.mark.parametrize("name", ["ndvi", "s2_l2a", "landcover", "elevation"])
def test_a_box_wholly_outside_is_a_file_of_nodata(get10, name):
    values, transform, _, _ = get10(coverage=name, crs="EPSG:4326", bbox="10,20,16,23", width="6", height="3")
    assert values.shape[1:] == (3, 6)
    assert values.mask.all()
    assert bounds(values, transform) == (10, 20, 16, 23)


def test_a_probe_where_the_coverage_has_no_data_is_a_file_of_nodata(get10):
    # A corner of the domain over two zones, which no scene reaches.
    box = "280380,5464160,280440,5464190"
    values, transform, _, _ = get10(coverage="ndvi", crs="EPSG:32631", bbox=box, width="6", height="3")
    assert values.shape == (1, 3, 6)
    assert values.mask.all()
    assert bounds(values, transform) == (280380, 5464160, 280440, 5464190)


def test_a_box_beyond_the_end_of_the_world_is_a_file_of_nodata(get10):
    values, _, _, _ = get10(coverage="ndvi", crs="EPSG:3857", bbox="3e7,3e7,4e7,4e7", width="4", height="4")
    assert values.mask.all()


def test_the_nodata_of_the_file_is_told_even_where_there_is_no_data(ask10):
    keys = {"crs": "EPSG:3035", "bbox": "1000000,1000000,1000060,1000030", "width": "6", "height": "3"}
    with opened(ask10(coverage="landcover", **keys)) as file:
        assert (file.dtypes, file.nodata) == (("uint8",), 0)


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4326", "EPSG:3035", "OGC:CRS84", "EPSG:32630"])
def test_a_response_in_another_crs_fills_the_box_around_the_one_asked(get10, crs):
    values, transform, found, _ = get10(coverage="ndvi", response_crs=crs, **UTM, **SIDE)
    box = pyproj.Transformer.from_crs("EPSG:32631", crs, always_xy=True).transform_bounds(
        281903, 5465001, 282303, 5465301
    )
    assert values.shape == (1, 30, 40)
    # The file names no axis order: longitude and latitude of WGS 84 are one code.
    assert found == crs.replace("OGC:CRS84", "EPSG:4326")
    assert bounds(values, transform) == pytest.approx(box, rel=1e-9)


def test_a_resolution_is_kept_and_covers_the_box(get10):
    values, transform, _, _ = get10(coverage="ndvi", **UTM, resx="20", resy="70")
    assert values.shape == (1, 5, 20)
    assert (transform.a, transform.e, transform.c, transform.f) == (20, -70, 281903, 5465301)


def test_rounded_numbers_of_a_resolution_add_no_column(get10):
    values, _, _, _ = get10(
        coverage="ndvi", crs="EPSG:4326", bbox="0,49.3,0.003,49.301", resx="0.0001", resy="0.0000999999999"
    )
    assert values.shape == (1, 10, 30)


def test_without_a_box_a_time_gives_the_whole_coverage(get10):
    values, transform, _, _ = get10(coverage="ndvi", crs="EPSG:32631", time="2022-05-15", resx="10", resy="10")
    whole, grid, _, _ = get10(
        coverage="ndvi", crs="EPSG:32631", bbox="280380,5464160,283320,5466240", width="294", height="208"
    )
    assert (values.shape, transform) == (whole.shape, grid)


def test_a_document_with_a_time_alone_gives_the_whole_coverage_in_its_own_cells(client, get10):
    document = re.sub("(?s)<wcs:spatialSubset>.*</wcs:spatialSubset>", "", DOCUMENT).format(time=INSTANT)
    document = re.sub("(<wcs:crs>|<wcs:interpolation).*?(</wcs:crs>|Method>.*Method>)", "", document)
    with opened(client.post("/wcs", data=document, content_type="text/xml")) as file:
        values, transform = file.read(masked=True), file.transform
    expected, grid, _, _ = get10(
        coverage="s2_l2a", bands="B08,B04", crs="EPSG:32631", time="2022-05-15", resx="10", resy="10"
    )
    assert transform == grid
    np.testing.assert_array_equal(values.filled(-1), expected.filled(-1))


def test_a_time_alone_may_come_in_another_crs(get10):
    values, transform, crs, _ = get10(coverage="ndvi", time="2022-05-15", response_crs="EPSG:3857")
    assert crs == "EPSG:3857"
    assert transform.a == pytest.approx(10 / 0.652, rel=5e-3)
    assert values.count() > 10_000


def test_the_time_chooses_the_scene(get10, reference):
    values, transform, crs, _ = get10(coverage="s2_l2a", time="2021-06-14", bands="B04", **UTM, **SIDE)
    truth = reference.at(["B04"], *centres(transform, 30, 40), crs, ["2021-06-14"])
    sure = truth.clear & truth.valid
    assert sure.any()
    np.testing.assert_allclose(values[0][sure], truth.values["B04"][sure], rtol=1e-6)


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({"bands": "B08,B04"}, ("B08", "B04")),
        ({"band": "1,3"}, ("B01", "B03")),
        ({"bands": "nir"}, ("B08",)),
        ({"bands": "B02/B04"}, ("B02", "B03", "B04")),
        ({"dim_bands": "B04,B03"}, ("B04", "B03")),
        ({"expr": "v=B08-B04"}, ("v",)),
    ],
    ids=str,
)
def test_bands_come_in_the_order_asked(get10, keys, names):
    assert get10(coverage="s2_l2a", **UTM, width="3", height="3", **keys)[3] == names


def test_vendor_parameters_mean_what_they_mean_elsewhere(get10):
    values, _, _, _ = get10(coverage="s2_l2a", bands="B04", units="DN", **UTM, **SIDE)
    assert values.dtype == np.uint16


@pytest.mark.parametrize("method", ["nearest neighbor", "bilinear", "bicubic", "NEAREST"])
def test_every_interpolation_is_answered(get10, method):
    values, _, _, _ = get10(
        coverage="elevation",
        crs="EPSG:3857",
        bbox="-900,6325600,0,6326200",
        width="9",
        height="6",
        interpolation=method,
    )
    assert not values.mask.all()


def test_interpolation_takes_effect(get10):
    keys = {
        "coverage": "elevation",
        "crs": "EPSG:3857",
        "bbox": "-900,6325600,0,6326200",
        "width": "90",
        "height": "60",
    }
    plain, smooth = get10(**keys)[0], get10(**keys, interpolation="bilinear")[0]
    both = ~plain.mask & ~smooth.mask
    assert both.sum() > 100
    assert (plain[both] != smooth[both]).mean() > 0.5


@pytest.mark.parametrize("text", ["GeoTIFF", "geotiff", "image/tiff", "GTiff", "GeoTIFF_Float"])
def test_the_format_has_many_names(ask10, text):
    opened(ask10(coverage="ndvi", format=text, **UTM, **SIDE)).close()


@pytest.mark.parametrize(("name", "media_type"), [("GML", "application/gml+xml"), ("netCDF", "application/netcdf")])
def test_other_formats_go_by_their_names(ask10, name, media_type):
    answer = ask10(coverage="ndvi", format=name, **UTM, width="3", height="3")
    assert (answer.status_code, answer.content_type) == (200, media_type)


def test_a_form_is_answered_like_an_address(ask10):
    keys = {"coverage": "ndvi", **UTM, **SIDE}
    assert ask10(**keys).get_data() == ask10(how="form", **keys).get_data()


DOCUMENT = """<?xml version="1.0"?>
<wcs:GetCoverage xmlns:wcs="http://www.opengis.net/wcs" xmlns:gml="http://www.opengis.net/gml" service="WCS"
    version="1.0.0">
  <wcs:sourceCoverage>s2_l2a</wcs:sourceCoverage>
  <wcs:domainSubset>
    <wcs:spatialSubset>
      <gml:Envelope srsName="EPSG:32631">
        <gml:pos>281903 5465001</gml:pos>
        <gml:pos>282303 5465301</gml:pos>
      </gml:Envelope>
      {grid}
    </wcs:spatialSubset>
    <wcs:temporalSubset>{time}</wcs:temporalSubset>
  </wcs:domainSubset>
  <wcs:rangeSubset>
    <wcs:axisSubset name="bands">
      <wcs:singleValue>B08</wcs:singleValue><wcs:singleValue>B04</wcs:singleValue>
    </wcs:axisSubset>
  </wcs:rangeSubset>
  <wcs:interpolationMethod>bilinear</wcs:interpolationMethod>
  <wcs:output><wcs:crs>EPSG:3857</wcs:crs><wcs:format>GeoTIFF</wcs:format></wcs:output>
</wcs:GetCoverage>"""
LIMITS = (
    "<gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>39 29</gml:high></gml:GridEnvelope></gml:limits>"
)
GRID = f'<gml:Grid dimension="2">{LIMITS}<gml:axisName>x</gml:axisName><gml:axisName>y</gml:axisName></gml:Grid>'
RECTIFIED = (
    f'<gml:RectifiedGrid dimension="2">{LIMITS}<gml:axisName>x</gml:axisName><gml:axisName>y</gml:axisName>'
    "<gml:origin><gml:pos>0 0</gml:pos></gml:origin><gml:offsetVector>15 0</gml:offsetVector>"
    "<gml:offsetVector>0 -15</gml:offsetVector></gml:RectifiedGrid>"
)
INSTANT = "<gml:timePosition>2022-05-15</gml:timePosition>"
PERIOD = (
    "<wcs:timePeriod><wcs:beginPosition>2022-05-01</wcs:beginPosition><wcs:endPosition>2022-05-31</wcs:endPosition>"
)
KEYS = {
    "coverage": "s2_l2a",
    "bands": "B08,B04",
    "interpolation": "bilinear",
    "response_crs": "EPSG:3857",
    "time": "2022-05-15",
    **UTM,
}


@pytest.mark.parametrize(
    ("grid", "time", "rest"),
    [
        (GRID, INSTANT, SIDE),
        (RECTIFIED, INSTANT, SIDE),
        (RECTIFIED.replace(LIMITS, ""), INSTANT, {"resx": "15", "resy": "15"}),
        (GRID, f"{PERIOD}</wcs:timePeriod>", SIDE | {"time": "2022-05-01/2022-05-31"}),
        (
            GRID,
            f"{PERIOD}<wcs:timeResolution>P1D</wcs:timeResolution></wcs:timePeriod>",
            SIDE | {"time": "2022-05-01/2022-05-31/P1D"},
        ),
    ],
    ids=["grid", "rectified grid", "offset vectors", "period", "period with resolution"],
)
def test_a_document_is_answered_like_its_keys(ask10, grid, time, rest):
    answer = ask10(how="xml", document=DOCUMENT.format(grid=grid, time=time))
    opened(answer).close()
    assert answer.get_data() == ask10(**(KEYS | rest)).get_data()


def test_an_example_document_is_valid(schema):
    schema("ogc/wcs/1.0.0/getCoverage.xsd").assertValid(
        etree.fromstring(DOCUMENT.format(grid=GRID, time=INSTANT).encode())
    )


def test_parameters_of_the_address_go_along_with_a_document(client):
    answer = client.post(
        "/wcs?expr=v=B08-B04",
        data=DOCUMENT.format(grid=GRID, time=INSTANT).replace("B08</wcs:singleValue><wcs:singleValue>B04", "v"),
        content_type="text/xml",
    )
    with opened(answer) as file:
        assert file.descriptions == ("v",)


HEAD = 'xmlns="http://www.opengis.net/wcs" service="WCS"'
OTHERS = {
    "capabilities": (f'<GetCapabilities {HEAD} version="1.0.0"/>', "WCS_Capabilities"),
    "capabilities without version": (f"<GetCapabilities {HEAD}/>", "WCS_Capabilities"),
    "a section": (
        f"<GetCapabilities {HEAD}><section>/WCS_Capabilities/Service</section></GetCapabilities>",
        "Service",
    ),
    "descriptions": (
        f'<DescribeCoverage {HEAD} version="1.0.0"><Coverage>ndvi</Coverage></DescribeCoverage>',
        "CoverageDescription",
    ),
    "descriptions without version": (
        f"<DescribeCoverage {HEAD}><Coverage>ndvi</Coverage></DescribeCoverage>",
        "ServiceExceptionReport",
    ),
    "no request": (f'<GetMap {HEAD} version="1.0.0"/>', "ServiceExceptionReport"),
    "a broken one": (f"<GetCoverage {HEAD}", "ServiceExceptionReport"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_documents_are_answered_in_this_version(client, name):
    document, root = OTHERS[name]
    answer = client.post("/wcs", data=document, content_type="text/xml")
    assert etree.QName(etree.fromstring(answer.get_data())).localname == root
