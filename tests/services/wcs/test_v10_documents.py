"""Capabilities, descriptions and reports of WCS 1.0.0: valid, and what its clients look for in them."""

import pytest
from lxml import etree

NS = {
    "wcs": "http://www.opengis.net/wcs",
    "gml": "http://www.opengis.net/gml",
    "ogc": "http://www.opengis.net/ogc",
    "xlink": "http://www.w3.org/1999/xlink",
}
ALL = ("true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation")
SECTIONS = ("Service", "Capability", "ContentMetadata")
REPORT = "application/vnd.ogc.se_xml"


@pytest.fixture(scope="session")
def valid(schema):
    """The root of an answer that its schema accepts."""

    def check(answer, name="describeCoverage.xsd"):
        root = etree.fromstring(answer.get_data())
        schema(f"ogc/wcs/1.0.0/{name}").assertValid(root)
        return root

    return check


@pytest.fixture
def capabilities(ask, valid):
    def get(**keys):
        answer = ask(service="WCS", version="1.0.0", request="GetCapabilities", **keys)
        assert (answer.status_code, answer.content_type) == (200, "text/xml")
        return valid(answer)

    return get


@pytest.fixture
def describe(ask, valid):
    def get(names):
        answer = ask(SERVICE="WCS", VERSION="1.0.0", REQUEST="DescribeCoverage", COVERAGE=names)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return valid(answer)

    return get


@pytest.fixture
def report(ask, valid):
    """Code and locator of the report that a request is answered with."""

    def get(**keys):
        answer = ask(**{"service": "WCS", "version": "1.0.0", **keys})
        assert (answer.status_code, answer.content_type) == (400, REPORT)
        (found,) = valid(answer, "OGC-exception.xsd")
        return found.get("code"), found.get("locator")

    return get


def one(root, path):
    (found,) = root.xpath(path, namespaces=NS)
    return found


def test_the_capabilities_are_valid_and_list_every_coverage(capabilities):
    root = capabilities()
    assert root.get("version") == "1.0.0"
    assert root.xpath("//wcs:CoverageOfferingBrief/wcs:name/text()", namespaces=NS) == list(ALL)


@pytest.mark.parametrize("text", ["", "/", "/WCS_Capabilities"])
def test_without_a_section_all_three_come_together(capabilities, text):
    root = capabilities(section=text)
    assert [etree.QName(child).localname for child in root] == list(SECTIONS)
    assert not [child for child in root if child.attrib]


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_comes_by_itself_with_the_version(capabilities, name):
    root = capabilities(section=f"/WCS_Capabilities/{name}")
    assert (etree.QName(root).localname, root.get("version")) == (name, "1.0.0")


def test_addresses_can_be_prefixed_to_a_query_and_take_both_methods(capabilities):
    root = capabilities()
    for method in ("Get", "Post"):
        found = root.xpath(f"//wcs:{method}/wcs:OnlineResource/@xlink:href", namespaces=NS)
        assert found == ["http://localhost/wcs?"] * 3


def test_an_envelope_in_degrees_has_two_positions_of_two_numbers(capabilities):
    for envelope in capabilities().xpath("//wcs:lonLatEnvelope", namespaces=NS):
        lower, upper = ([float(n) for n in text.split()] for text in envelope.xpath("gml:pos/text()", namespaces=NS))
        assert -0.1 < lower[0] < upper[0] < 0.1
        assert 49 < lower[1] < upper[1] < 50


@pytest.mark.parametrize("wish", ["0.0.0", "1.0.0", "1.0.2"])
def test_a_lower_version_than_ours_or_one_between_is_answered_in_this_one(ask, valid, wish):
    answer = ask(service="WCS", request="GetCapabilities", version=wish)
    assert valid(answer).get("version") == "1.0.0"


def test_descriptions_of_all_coverages_are_valid_and_in_the_order_asked(describe):
    names = list(reversed(ALL))
    assert describe(",".join(names)).xpath("wcs:CoverageOffering/wcs:name/text()", namespaces=NS) == names


def test_without_a_name_every_coverage_is_described(describe):
    assert len(describe("")) == len(ALL)


@pytest.mark.parametrize("name", ["s2_l2a", "landcover", "elevation"])
def test_the_native_crs_is_spelled_alike_wherever_a_client_compares_it(describe, name):
    root = describe(name)
    native = one(root, "//wcs:nativeCRSs/text()")
    assert native == root.xpath("//gml:Envelope/@srsName", namespaces=NS)[0]
    assert native == one(root, "//gml:RectifiedGrid/@srsName")
    assert native in root.xpath("//wcs:requestResponseCRSs/text()", namespaces=NS)


@pytest.mark.parametrize("name", ["s2_l2a", "landcover", "elevation"])
def test_the_grid_fills_its_envelope_with_its_origin_in_the_middle_of_the_first_cell(describe, name):
    root = describe(name)
    lower, upper = (
        [float(n) for n in t.split()] for t in root.xpath("//gml:Envelope[1]/gml:pos/text()", namespaces=NS)
    )
    high = [int(n) for n in one(root, "//gml:high/text()").split()]
    x, y = (float(n) for n in one(root, "//gml:origin/gml:pos/text()").split())
    along, down = ([float(n) for n in t.split()] for t in root.xpath("//gml:offsetVector/text()", namespaces=NS))
    assert (along[1], down[0]) == (0, 0)
    assert (x - along[0] / 2, y - down[1] / 2) == pytest.approx((lower[0], upper[1]), rel=1e-12)
    assert x + (high[0] + 0.5) * along[0] == pytest.approx(upper[0], rel=1e-12)
    assert y + (high[1] + 0.5) * down[1] == pytest.approx(lower[1], rel=1e-12)


def test_numbers_are_longitude_first_even_where_the_crs_has_latitude_first(describe):
    x, y = (float(n) for n in one(describe("elevation"), "//gml:origin/gml:pos/text()").split())
    assert abs(x) < 1
    assert 49 < y < 50


def test_the_first_format_is_the_one_that_desktop_programs_look_for(describe):
    root = describe("ndvi")
    assert root.xpath("//wcs:formats/text()", namespaces=NS)[0] == "GeoTIFF"
    assert all(" " not in text for text in root.xpath("//wcs:formats/text()", namespaces=NS))


def test_each_crs_has_an_element_of_its_own(describe):
    found = describe("s2_l2a").xpath("//wcs:requestResponseCRSs/text()", namespaces=NS)
    assert {"EPSG:32631", "EPSG:32630", "EPSG:4326", "EPSG:3857", "CRS:84"} <= set(found)
    assert len(found) == len(set(found))


def test_the_bands_are_values_of_an_axis(describe):
    root = describe("s2_l2a")
    assert one(root, "//wcs:AxisDescription/wcs:name/text()") == "bands"
    bands = root.xpath("//wcs:AxisDescription//wcs:singleValue/text()", namespaces=NS)
    assert bands[:3] == ["B01", "B02", "B03"]
    assert one(root, "//wcs:AxisDescription//wcs:default/text()") == ",".join(bands)


@pytest.mark.parametrize(("name", "null"), [("ndvi", "NaN"), ("elevation", "NaN"), ("landcover", "0")])
def test_the_null_value_is_that_of_the_files(describe, name, null):
    assert one(describe(name), "//wcs:nullValues/wcs:singleValue/text()") == null


def test_the_times_are_listed(describe):
    times = describe("s2_l2a").xpath("//wcs:temporalDomain/gml:timePosition/text()", namespaces=NS)
    assert times == ["2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19"]


def test_the_default_interpolation_is_one_of_the_methods(describe):
    root = describe("s2_l2a")
    methods = root.xpath("//wcs:interpolationMethod/text()", namespaces=NS)
    assert one(root, "//wcs:supportedInterpolations/@default") == methods[0] == "nearest neighbor"


GOOD = {
    "request": "GetCoverage",
    "coverage": "ndvi",
    "crs": "EPSG:32631",
    "bbox": "282000,5465000,282100,5465100",
    "width": "10",
    "height": "10",
    "format": "GeoTIFF",
}


@pytest.mark.parametrize(
    ("wrong", "code", "locator"),
    [
        ({"coverage": ""}, "MissingParameterValue", "COVERAGE"),
        ({"coverage": "bogus"}, "CoverageNotDefined", "COVERAGE"),
        ({"crs": ""}, "MissingParameterValue", "CRS"),
        ({"crs": "EPSG:2154"}, "InvalidParameterValue", "CRS"),
        ({"response_crs": "bogus"}, "InvalidParameterValue", "RESPONSE_CRS"),
        ({"bbox": ""}, "MissingParameterValue", "BBOX"),
        ({"bbox": "1,2,3"}, "InvalidParameterValue", "BBOX"),
        ({"bbox": "282100,5465000,282000,5465100"}, "InvalidParameterValue", "BBOX"),
        ({"width": "", "height": ""}, "MissingParameterValue", "WIDTH"),
        ({"height": ""}, "MissingParameterValue", "HEIGHT"),
        ({"width": "0"}, "InvalidParameterValue", "WIDTH"),
        ({"width": "", "height": "", "resx": "10"}, "MissingParameterValue", "RESY"),
        ({"width": "", "height": "", "resx": "10", "resy": "-1"}, "InvalidParameterValue", "RESY"),
        ({"width": "", "height": "", "resx": "1e-300", "resy": "1"}, "InvalidParameterValue", "RESX"),
        ({"resx": "10", "resy": "10"}, "InvalidParameterValue", "RESX"),
        ({"width": "900000", "height": "900000"}, "InvalidParameterValue", "WIDTH"),
        ({"format": ""}, "MissingParameterValue", "FORMAT"),
        ({"format": "bogus"}, "InvalidFormat", "FORMAT"),
        ({"interpolation": "lost area"}, "InvalidParameterValue", "INTERPOLATION"),
        ({"interpolation": "none"}, "InvalidParameterValue", "INTERPOLATION"),
        ({"bands": "bogus"}, "InvalidParameterValue", "BANDS"),
        ({"band": "7"}, "InvalidParameterValue", "BAND"),
        ({"time": "yesterday"}, "InvalidParameterValue", "TIME"),
        ({"time": "1999-01-01"}, "InvalidParameterValue", "TIME"),
        ({"expr": "B99"}, "InvalidParameterValue", "EXPR"),
        ({"exceptions": "application/vnd.ogc.se_inimage"}, "InvalidParameterValue", "EXCEPTIONS"),
    ],
    ids=str,
)
def test_a_wrong_coverage_request_is_refused_with_code_and_locator(report, wrong, code, locator):
    assert report(**(GOOD | wrong)) == (code, locator)


@pytest.mark.parametrize(
    ("keys", "code", "locator"),
    [
        ({"request": "GetCapabilities", "section": "/bogus"}, "InvalidParameterValue", "SECTION"),
        ({"request": "DescribeCoverage", "coverage": "ndvi,bogus"}, "CoverageNotDefined", "COVERAGE"),
        ({"request": ""}, "MissingParameterValue", "REQUEST"),
        ({"request": "DescribeCoverage", "coverage": "ndvi", "version": ""}, "MissingParameterValue", "VERSION"),
        ({"request": "DescribeCoverage", "coverage": "ndvi", "version": "1.0.9"}, "InvalidParameterValue", "VERSION"),
        ({"request": "GetCoverage", "coverage": "ndvi", "version": "0.0.0"}, "InvalidParameterValue", "VERSION"),
    ],
    ids=str,
)
def test_other_wrong_requests_are_refused_in_the_form_of_this_version(report, keys, code, locator):
    assert report(**keys) == (code, locator)


def test_an_unknown_operation_is_reported_too(ask, valid):
    answer = ask(service="WCS", version="1.0.0", request="GetMap")
    assert (answer.status_code, answer.content_type) == (400, REPORT)
    valid(answer, "OGC-exception.xsd")
