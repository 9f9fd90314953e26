"""GetCapabilities of WCS 2.0.1 (OGC 09-110r4, 8.2, with OGC 06-121r9, clause 7)."""

import re

import pyproj
import pytest
import rasterio.transform
import rasterio.warp
from lxml import etree
from tests.conformance.wcs20.spoken import NS

ROOT = "{http://www.opengis.net/wcs/2.0}Capabilities"
SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "ServiceMetadata", "Contents")
OPERATIONS = {"GetCapabilities", "DescribeCoverage", "GetCoverage", "DescribeEOCoverageSet", "ProcessCoverages"}
PROFILES = {
    "core": "http://www.opengis.net/spec/WCS/2.0/conf/core",
    "get-kvp": "http://www.opengis.net/spec/WCS_protocol-binding_get-kvp/1.0/conf/get-kvp",
    "post-xml": "http://www.opengis.net/spec/WCS_protocol-binding_post-xml/1.0/conf/post-xml",
    "soap": "http://www.opengis.net/spec/WCS_protocol-binding_soap/1.0/conf/soap",
    "gml": "http://www.opengis.net/spec/GMLCOV/1.0/conf/gml",
    "multipart": "http://www.opengis.net/spec/GMLCOV/1.0/conf/multipart",
    "geotiff": "http://www.opengis.net/spec/GMLCOV_geotiff-coverages/1.0/conf/geotiff-coverage",
    "range subsetting": "http://www.opengis.net/spec/WCS_service-extension_range-subsetting/1.0/conf/record-subsetting",
    "scaling": "http://www.opengis.net/spec/WCS_service-extension_scaling/1.0/conf/scaling",
    "interpolation": "http://www.opengis.net/spec/WCS_service-extension_interpolation/1.0/conf/interpolation",
    "crs": "http://www.opengis.net/spec/WCS_service-extension_crs/1.0/conf/crs",
    "processing": "http://www.opengis.net/spec/WCS_service-extension_processing/2.0/conf/processing",
    "earth observation": "http://www.opengis.net/spec/WCS_application-profile_earth-observation/1.0/conf/eowcs",
}
METHOD = "http://www.opengis.net/def/interpolation/OGC/1/"


@pytest.fixture(scope="session")
def document(ask, valid):
    return valid(ask("GetCapabilities", ACCEPTVERSIONS="2.0.1"))


@pytest.fixture(scope="session")
def sequence(document):
    return int(document.get("updateSequence"))


def names(root):
    return [etree.QName(child).localname for child in root]


def told(root, path):
    return root.xpath(path, namespaces=NS)


def test_the_document_is_valid_and_whole(speak, valid):
    root = valid(speak("GetCapabilities"))
    assert (root.tag, root.get("version"), names(root)) == (ROOT, "2.0.1", [*SECTIONS])
    assert told(root, "wcs:Contents/wcs:CoverageSummary")


@pytest.mark.parametrize("service", ["wCS", "wcS", "WCs", "wcs", "WMS"])
def test_the_name_of_the_service_has_its_case(speak, refused, service):
    refused(speak("GetCapabilities", SERVICE=service), "InvalidParameterValue", "SERVICE", 400)


def test_the_name_of_the_service_is_needed(speak, refused):
    refused(speak("GetCapabilities", SERVICE=None), "MissingParameterValue", "SERVICE", 400)


def test_the_version_is_told(document):
    assert told(document, "ows:ServiceIdentification/ows:ServiceType/text()") == ["OGC WCS"]
    assert "2.0.1" in told(document, "ows:ServiceIdentification/ows:ServiceTypeVersion/text()")


@pytest.mark.parametrize(
    ("asked", "given"),
    [("2.0.1", "2.0.1"), ("9.9.9,2.0.1,1.1.1", "2.0.1"), ("1.1.1,2.0.1", "1.1.1"), ("1.0.0,2.0.1", "1.0.0")],
)
def test_the_first_accepted_version_that_is_spoken_is_taken(ask, asked, given):
    assert ask("GetCapabilities", ACCEPTVERSIONS=asked).root.get("version") == given


def test_no_accepted_version_is_refused_without_a_locator(speak, refused):
    refused(speak("GetCapabilities", ACCEPTVERSIONS="9.9.9,0.1.0"), "VersionNegotiationFailed", None, 400)


def test_names_of_keys_have_no_case_and_no_order(cite, valid):
    root = valid(cite.get("/wcs", rEQUEST="GetCapabilities", sections="Contents", SeRviCe="WCS", bogus="1"))
    assert names(root) == ["Contents"]


def test_letters_may_be_escaped_and_the_address_may_have_a_query(cite, valid):
    valid(cite.get("/wcs?map=1&SERVICE=WCS&REQUEST=%47et%43apabilities"))
    valid(cite.get("/wcs/?SERVICE=WCS&REQUEST=GetCapabilities"))


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_comes_alone(speak, valid, section):
    assert names(valid(speak("GetCapabilities", SECTIONS=section))) == [section]


@pytest.mark.parametrize("asked", ["All", ",".join(SECTIONS), "Contents,All"])
def test_all_sections_come_together(speak, valid, asked):
    assert names(valid(speak("GetCapabilities", SECTIONS=asked))) == [*SECTIONS]


def test_several_sections_come_in_the_order_of_the_schema(speak, valid):
    assert names(valid(speak("GetCapabilities", SECTIONS="Contents,OperationsMetadata"))) == [
        "OperationsMetadata",
        "Contents",
    ]


def test_an_unknown_section_is_refused(speak, refused):
    refused(speak("GetCapabilities", SECTIONS="Bogus"), "InvalidParameterValue", "SECTIONS", 400)


def test_the_current_sequence_gets_a_document_without_sections(speak, valid, sequence):
    root = valid(speak("GetCapabilities", UPDATESEQUENCE=str(sequence)))
    assert (names(root), root.get("version"), root.get("updateSequence")) == ([], "2.0.1", str(sequence))


@pytest.mark.parametrize("change", ["-1", "0", "bogus"])
def test_a_lower_sequence_or_nonsense_gets_the_document(speak, valid, sequence, change):
    asked = str(sequence - 1) if change == "-1" else change
    assert names(valid(speak("GetCapabilities", UPDATESEQUENCE=asked))) == [*SECTIONS]


def test_a_higher_sequence_is_refused(speak, refused, sequence):
    asked = str(sequence + 1)
    refused(speak("GetCapabilities", UPDATESEQUENCE=asked), "InvalidUpdateSequence", "UPDATESEQUENCE", 400)


@pytest.mark.parametrize(("formats", "media_type"), [("text/xml", "text/xml"), ("text/bogus", "application/xml")])
def test_the_accepted_format_is_taken_else_xml(ask, valid, formats, media_type):
    valid(ask("GetCapabilities", ACCEPTFORMATS=formats), media_type)


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_implemented_is_told(document, profile):
    profiles = told(document, "ows:ServiceIdentification/ows:Profile/text()")
    assert PROFILES[profile] in profiles
    assert len(profiles) == len(set(profiles))


def test_interpolation_per_axis_is_not_claimed(document):
    claimed = " ".join(told(document, "ows:ServiceIdentification/ows:Profile/text()"))
    assert "interpolation-per-axis" not in claimed


def test_operations_have_addresses_that_are_prefixes(document, cite):
    assert set(told(document, "//ows:Operation/@name")) == OPERATIONS
    for method in ("Get", "Post"):
        places = told(document, f"//ows:Operation/ows:DCP/ows:HTTP/ows:{method}/@xlink:href")
        assert places == [f"{cite.base}/wcs?"] * len(OPERATIONS)


def test_posts_take_xml_and_soap(document):
    values = told(document, "//ows:Constraint[@name='PostEncoding']/ows:AllowedValues/ows:Value/text()")
    assert values == ["XML", "SOAP"]


def test_formats_are_told_once_each(document, described):
    formats = told(document, "wcs:ServiceMetadata/wcs:formatSupported/text()")
    assert len(formats) == len(set(formats))
    assert {"application/gml+xml", "image/tiff"} <= set(formats)
    assert described("cite_reflectance").one("wcs:ServiceParameters/wcs:nativeFormat").text in formats


def test_interpolation_methods_are_told_by_their_addresses(document):
    methods = told(document, "//int:InterpolationMetadata/int:InterpolationSupported/text()")
    assert methods == [f"{METHOD}{name}" for name in ("nearest-neighbor", "linear", "cubic")]


def test_systems_are_told_by_their_addresses_once_each(document):
    systems = told(document, "//crs:CrsMetadata/crs:crsSupported/text()")
    assert systems
    assert len(systems) == len(set(systems))
    for address in systems:
        # Each of them is one system, as its register has it.
        found = re.fullmatch(r"http://www\.opengis\.net/def/crs/(EPSG|OGC)/([\w.]+)/(\w+)", address)
        assert found
        assert pyproj.CRS(f"{found[1]}:{found[3]}").name


def test_the_native_system_of_the_first_coverage_is_told_first(document, described):
    first = told(document, "//wcs:CoverageSummary/wcs:CoverageId/text()")[0]
    assert told(document, "//crs:CrsMetadata/crs:crsSupported/text()")[0] == described(first).srs


def test_every_summary_can_be_described_under_its_own_id(document, described):
    ids = told(document, "wcs:Contents/wcs:CoverageSummary/wcs:CoverageId/text()")
    assert len(ids) == len(set(ids)) >= 2
    assert [described(name).one("wcs:CoverageId").text for name in ids] == ids


def test_summaries_have_the_type_and_the_box_of_the_description(document, described):
    for summary in told(document, "wcs:Contents/wcs:CoverageSummary"):
        found = described(summary.findtext("wcs:CoverageId", namespaces=NS))
        (box,) = summary.iterfind("ows:BoundingBox", NS)
        corners = [
            [float(number) for number in box.findtext(f"ows:{name}Corner", namespaces=NS).split()]
            for name in ("Lower", "Upper")
        ]
        assert (box.get("crs"), tuple(corners), box.get("dimensions")) == (found.srs, found.corners, "2")
        subtype = summary.findtext("wcs:CoverageSubtype", namespaces=NS)
        assert subtype == found.one("wcs:ServiceParameters/wcs:CoverageSubtype").text == "RectifiedGridCoverage"


def test_the_box_of_degrees_is_longitude_first(document, source):
    box = told(document, "wcs:Contents/wcs:CoverageSummary/ows:WGS84BoundingBox")[0]
    bounds = rasterio.transform.array_bounds(*source.shape, source.transform)
    west, south, east, north = rasterio.warp.transform_bounds(source.epsg, 4326, *bounds)
    lower, upper = (
        [float(number) for number in box.findtext(f"ows:{name}Corner", namespaces=NS).split()]
        for name in ("Lower", "Upper")
    )
    assert [*lower, *upper] == pytest.approx([west, south, east, north], abs=1e-7)
