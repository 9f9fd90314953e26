"""Capabilities, descriptions and reports of WCS 1.1.x: valid in each version, and what clients look for in them."""

import re
import shutil

import pytest
from lxml import etree

VERSIONS = ("1.1.2", "1.1.1", "1.1.0")
WCS = {
    "1.1.2": "http://www.opengis.net/wcs/1.1",
    "1.1.1": "http://www.opengis.net/wcs/1.1.1",
    "1.1.0": "http://www.opengis.net/wcs/1.1",
}
OWS = {
    "1.1.2": "http://www.opengis.net/ows/1.1",
    "1.1.1": "http://www.opengis.net/ows/1.1",
    "1.1.0": "http://www.opengis.net/ows",
}
ALL = ("true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation")
SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents")


@pytest.fixture(scope="session")
def schema11(shared, tmp_path_factory):
    """The schemas of a version: its own, its reports'."""
    known = {}

    def folder(version):
        if version != "1.1.0":
            return shared / "schemas" / "ogc" / "wcs" / {"1.1.1": "1.1.1", "1.1.2": "1.1"}[version]
        # As published this one is no valid schema: a reference must have no default. And the validator takes a
        # document for another one under another address.
        copy = tmp_path_factory.mktemp("wcs") / "1.1.0"
        shutil.copytree(shared / "schemas" / "ogc" / "wcs" / "1.1.0", copy)
        for path in copy.glob("*.xsd"):
            text = path.read_text(encoding="utf-8").replace("http://schemas.opengis.net/wcs/1.1.0/", "")
            text = re.sub(r"(?<=ows/1\.0\.0/)\w+(?=\.xsd)", "owsAll", text)
            path.write_text(
                re.sub(r'(<element ref="[^"]*" minOccurs="0") default="[^"]*"', r"\1", text), encoding="utf-8"
            )
        return copy

    def load(version, name="wcsAll.xsd"):
        if (version, name) not in known:
            path = folder(version) / name
            if name.startswith("ows"):
                number = "1.0.0" if version == "1.1.0" else "1.1.0"
                path = shared / "schemas" / "ogc" / "ows" / number / name
            parser = etree.XMLParser(no_network=True)
            known[version, name] = etree.XMLSchema(etree.parse(str(path), parser))
        return known[version, name]

    return load


def found(root, path):
    """Elements along local names: `Contents/CoverageSummary`."""
    steps = "/".join(f"*[local-name()='{name}']" for name in path.split("/"))
    return root.xpath(f".//{steps}")


def texts(root, path):
    return [element.text for element in found(root, path)]


@pytest.fixture
def capabilities(ask, schema11):
    def get(version="1.1.2", **keys):
        answer = ask(service="WCS", request="GetCapabilities", acceptversions=version, **keys)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        root = etree.fromstring(answer.get_data())
        schema11(version).assertValid(root)
        return root

    return get


@pytest.fixture
def describe(ask, schema11):
    def get(names, version="1.1.2", key="IDENTIFIERS"):
        answer = ask(SERVICE="WCS", VERSION=version, REQUEST="DescribeCoverage", **{key: names})
        assert (answer.status_code, answer.content_type) == (200, "text/xml"), answer.get_data(as_text=True)
        root = etree.fromstring(answer.get_data())
        schema11(version).assertValid(root)
        return root

    return get


@pytest.mark.parametrize("version", VERSIONS)
def test_the_capabilities_are_valid_in_the_namespace_of_the_version(capabilities, version):
    root = capabilities(version)
    assert (root.tag, root.get("version")) == (f"{{{WCS[version]}}}Capabilities", version)
    assert texts(root, "Contents/CoverageSummary/Identifier") == list(ALL)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_valid_by_itself(capabilities, version, section):
    root = capabilities(version, sections=section)
    assert [etree.QName(child).localname for child in root] == [section]


def test_all_sections_come_unless_told_otherwise(capabilities):
    for keys in ({}, {"sections": "All"}, {"sections": "Contents,all"}):
        assert [etree.QName(child).localname for child in capabilities(**keys)] == list(SECTIONS)


@pytest.mark.parametrize(
    ("wish", "version"),
    [
        ("1.1.1", "1.1.1"),
        ("1.1.0,1.0.0", "1.1.0"),
        ("9.9.9,1.1.2", "1.1.2"),
        ("2.0.1,1.1.1", "2.0.1"),
        ("1.0.0,1.1.1", "1.0.0"),
    ],
)
def test_the_first_acceptable_version_is_spoken(ask, wish, version):
    root = etree.fromstring(ask(service="WCS", request="GetCapabilities", acceptversions=wish).get_data())
    assert root.get("version") == version


@pytest.mark.parametrize(("wish", "version"), [("1.1.1", "1.1.1"), ("1.1.0", "1.1.0"), ("1.1.9", "1.1.2")])
def test_a_version_as_the_oldest_clients_name_it_is_negotiated_too(ask, wish, version):
    root = etree.fromstring(ask(service="WCS", request="GetCapabilities", version=wish).get_data())
    assert root.get("version") == version


@pytest.mark.parametrize(
    ("wish", "media_type"),
    [
        ("", "text/xml"),
        ("text/xml", "text/xml"),
        ("application/xml", "application/xml"),
        ("text/bogus,application/xml,text/xml", "application/xml"),
        ("text/bogus", "text/xml"),
    ],
)
def test_the_first_acceptable_format_is_used(ask, wish, media_type):
    answer = ask(service="WCS", request="GetCapabilities", acceptversions="1.1.1", acceptformats=wish)
    assert (answer.status_code, answer.content_type) == (200, media_type)


@pytest.fixture
def sequence(capabilities):
    return int(capabilities().get("updateSequence"))


def test_a_client_that_has_the_document_gets_an_element_without_sections(capabilities, sequence):
    root = capabilities(updatesequence=str(sequence))
    assert (len(root), root.text, root.get("updateSequence")) == (0, None, str(sequence))


@pytest.mark.parametrize("wish", ["0", "bogus", ""])
def test_an_older_or_unreadable_sequence_gives_the_document(capabilities, wish):
    assert len(capabilities(updatesequence=wish)) == len(SECTIONS)


def test_a_newer_sequence_is_refused(ask, sequence):
    answer = ask(
        service="WCS", request="GetCapabilities", acceptversions="1.1.1", updatesequence=str(sequence + 1_000_000)
    )
    assert answer.status_code == 400
    assert b'exceptionCode="InvalidUpdateSequence"' in answer.get_data()


def test_operations_tell_their_address_the_encoding_of_bodies_and_that_nothing_is_stored(capabilities):
    root = capabilities()
    names = [element.get("name") for element in found(root, "Operation")]
    assert names == ["GetCapabilities", "DescribeCoverage", "GetCoverage"]
    href = "{http://www.w3.org/1999/xlink}href"
    for method in ("Get", "Post"):
        assert [element.get(href) for element in found(root, f"HTTP/{method}")] == ["http://localhost/wcs?"] * 3
    assert texts(root, "Post/Constraint/AllowedValues/Value") == ["XML"] * 3
    assert texts(root, "Parameter/AllowedValues/Value") == ["False"]


def test_the_contents_list_what_the_summaries_list(capabilities):
    root = capabilities()
    for name in ("SupportedCRS", "SupportedFormat"):
        union = dict.fromkeys(texts(root, f"CoverageSummary/{name}"))
        direct = [e.text for e in found(root, f"Contents/{name}")]
        assert sorted(direct) == sorted(union)


@pytest.mark.parametrize("version", VERSIONS)
def test_descriptions_are_valid_and_in_the_order_asked(describe, version):
    names = list(reversed(ALL))
    root = describe(",".join(names), version)
    assert texts(root, "CoverageDescription/Identifier") == names


def test_the_singular_key_is_understood_too(describe):
    assert texts(describe("ndvi", key="IDENTIFIER"), "CoverageDescription/Identifier") == ["ndvi"]


def numbers(text):
    return [float(n) for n in text.split(" ")]


@pytest.mark.parametrize("name", ["s2_l2a", "landcover", "elevation"])
def test_the_first_box_is_that_of_the_centres_and_begins_at_the_origin_of_the_grid(describe, name):
    root = describe(name)
    boxes = found(root, "SpatialDomain/BoundingBox")
    (base,), (origin,), (offsets,) = (texts(root, f"GridCRS/Grid{part}") for part in ("BaseCRS", "Origin", "Offsets"))
    lower, upper = (numbers(corner.text) for corner in boxes[0])
    assert boxes[0].get("crs") == base
    step = numbers(offsets)
    down = 0 if step[0] < 0 else 1  # where the north comes first, so does the axis that runs down
    assert step[down] < 0 < step[1 - down]
    start = [upper[i] if i == down else lower[i] for i in (0, 1)]
    assert numbers(origin) == pytest.approx(start, rel=1e-12)
    across = (upper[1 - down] - lower[1 - down]) / step[1 - down]
    image = next(box for box in boxes if box.get("crs") == "urn:ogc:def:crs:OGC::imageCRS")
    size = [round(across) + 1, round((lower[down] - upper[down]) / step[down]) + 1]
    assert [numbers(corner.text) for corner in image] == [[1, 1], size]


@pytest.mark.parametrize("name", ["s2_l2a", "landcover", "elevation"])
def test_the_second_box_is_half_a_cell_larger_on_every_side(describe, name):
    root = describe(name)
    (centres, edges) = found(root, "SpatialDomain/BoundingBox")[:2]
    half = [abs(n) / 2 for n in numbers(texts(root, "GridCRS/GridOffsets")[0])]
    assert centres.get("crs") == edges.get("crs")
    for inner, outer, sign in zip(centres, edges, (-1, 1), strict=True):
        expected = [n + sign * h for n, h in zip(numbers(inner.text), half, strict=True)]
        assert numbers(outer.text) == pytest.approx(expected, rel=1e-12)


def test_degrees_follow_the_order_of_the_crs(describe):
    (lower, upper) = found(describe("elevation"), "SpatialDomain/BoundingBox")[0]
    assert all(49 < numbers(corner.text)[0] < 50 for corner in (lower, upper))


def test_the_range_is_one_field_with_an_axis_of_bands(describe):
    root = describe("s2_l2a")
    assert texts(root, "Field/Identifier") == ["contents"]
    (axis,) = found(root, "Field/Axis")
    assert axis.get("identifier") == "bands"
    assert texts(axis, "AvailableKeys/Key")[:3] == ["B01", "B02", "B03"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_interpolation_methods_are_those_of_the_dictionary(describe, version):
    root = describe("ndvi", version)
    if version == "1.1.0":
        methods = [*texts(root, "InterpolationMethods/DefaultMethod"), *texts(root, "InterpolationMethods/OtherMethod")]
    else:
        methods = texts(root, "InterpolationMethods/InterpolationMethod")
        assert texts(root, "InterpolationMethods/Default") == ["nearest"]
    assert methods == ["nearest", "linear", "cubic"]


def test_the_times_and_the_null_value_are_told(describe):
    root = describe("s2_l2a")
    assert texts(root, "TemporalDomain/timePosition") == ["2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19"]
    assert texts(root, "Field/NullValue") == ["NaN"]


def test_the_first_format_is_geotiff(describe):
    assert texts(describe("ndvi"), "SupportedFormat")[0] == "image/tiff"


GOOD = {
    "request": "GetCoverage",
    "identifier": "ndvi",
    "boundingbox": "282005,5465005,282095,5465095,urn:ogc:def:crs:EPSG::32631",
    "format": "image/tiff",
}


@pytest.fixture
def report(ask, schema11):
    """Code and locator of the report that a request is answered with."""

    def get(version="1.1.2", status=400, **keys):
        answer = ask(**{"service": "WCS", "version": version, **keys})
        assert (answer.status_code, answer.content_type) == (status, "text/xml"), answer.get_data(as_text=True)
        root = etree.fromstring(answer.get_data())
        schema11(version, "owsExceptionReport.xsd").assertValid(root)
        assert root.tag == f"{{{OWS[version]}}}ExceptionReport"
        return root[0].get("exceptionCode"), root[0].get("locator")

    return get


@pytest.mark.parametrize(
    ("wrong", "code", "locator"),
    [
        ({"identifier": ""}, "MissingParameterValue", "IDENTIFIER"),
        ({"identifier": "bogus"}, "InvalidParameterValue", "identifier"),
        ({"boundingbox": ""}, "MissingParameterValue", "BOUNDINGBOX"),
        ({"boundingbox": "1,2,3,4,bogus"}, "InvalidParameterValue", "BOUNDINGBOX"),
        ({"boundingbox": "-1e6,-1e6,1e7,1e7,urn:ogc:def:crs:EPSG::32631"}, "NoApplicableCode", "BoundingBox"),
        ({"format": ""}, "MissingParameterValue", "FORMAT"),
        ({"format": "bogus"}, "InvalidParameterValue", "FORMAT"),
        ({"store": "true"}, "InvalidParameterValue", "STORE"),
        ({"store": "bogus"}, "InvalidParameterValue", "STORE"),
        ({"rangesubset": "bogus"}, "InvalidParameterValue", "RANGESUBSET"),
        ({"rangesubset": "contents:bogus"}, "InvalidParameterValue", "RANGESUBSET"),
        ({"rangesubset": "contents[bands[bogus]]"}, "InvalidParameterValue", "RANGESUBSET"),
        ({"rangesubset": "bogus[bands[ndvi]]"}, "InvalidParameterValue", "RANGESUBSET"),
        ({"rangesubset": "contents:linear", "resampling": "cubic"}, "InvalidParameterValue", "RANGESUBSET"),
        ({"rangesubset": "contents", "bands": "ndvi"}, "InvalidParameterValue", "RANGESUBSET"),
        ({"timesequence": "yesterday"}, "InvalidParameterValue", "TimeSequence"),
        ({"timesequence": "2022-01-01/"}, "InvalidParameterValue", "TimeSequence"),
        ({"timesequence": "1999-01-01"}, "InvalidParameterValue", "TimeSequence"),
        ({"timesequence": "2022-05-15", "time": "2022-07-19"}, "InvalidParameterValue", "TIME"),
        ({"gridoffsets": "6,8,-8,6"}, "InvalidParameterValue", "GRIDOFFSETS"),
        ({"gridbasecrs": "bogus"}, "InvalidParameterValue", "GRIDBASECRS"),
        ({"expr": "B99"}, "InvalidParameterValue", "EXPR"),
    ],
    ids=str,
)
def test_a_wrong_coverage_request_is_refused_with_code_and_locator(report, wrong, code, locator):
    assert report(**(GOOD | wrong)) == (code, locator)


@pytest.mark.parametrize("version", VERSIONS)
def test_reports_are_valid_in_every_version(report, version):
    assert report(version, request="DescribeCoverage", identifiers="ndvi,bogus") == (
        "InvalidParameterValue",
        "identifier",
    )
    assert report(version, request="DescribeCoverage") == ("MissingParameterValue", "identifiers")
    assert report(version, 400, request="GetMap") == ("InvalidParameterValue", "REQUEST")
    assert report(version, request="GetCapabilities", sections="bogus") == ("InvalidParameterValue", "SECTIONS")


def test_a_request_without_its_version_is_refused_in_the_form_of_its_keys(ask):
    answer = ask(service="WCS", request="DescribeCoverage", identifiers="ndvi")
    root = etree.fromstring(answer.get_data())
    assert root.tag == "{http://www.opengis.net/ows/1.1}ExceptionReport"
    assert (root[0].get("exceptionCode"), root[0].get("locator")) == ("MissingParameterValue", "VERSION")
