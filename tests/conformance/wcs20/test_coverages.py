"""GetCoverage of WCS 2.0.1 (OGC 09-110r4, 8.4): whole, trimmed, sliced, as what, and what is refused."""

import itertools

import numpy as np
import pytest
from lxml import etree
from tests.conformance.geotiff import read_geotiff
from tests.conformance.truth import read_source
from tests.conformance.wcs20.conftest import COVERAGES

WHOLE = {"COVERAGEID": "cite_reflectance"}
TIFF = WHOLE | {"FORMAT": "image/tiff"}
# Within these lie the centres of cells 1 to 4, and of 5 to 14 from the top; no other cell is touched.
EAST, NORTH = "E(500012,500048)", "N(5499852,5499948)"
MULTIPART = "multipart/related"
XLINK = "{http://www.w3.org/1999/xlink}"


@pytest.fixture(scope="session")
def holds(source):
    """Whether a coverage in GML, in the system of the file, has the numbers of the file at its places."""

    def check(found):
        column, row = ~source.transform @ (found.places[..., 0], found.places[..., 1])
        stored = source.stack(found.fields)[:, np.floor(row).astype(int), np.floor(column).astype(int)]
        return np.array_equal(np.moveaxis(found.values, -1, 0), stored)

    return check


def test_the_native_format_comes_whole(speak, gml, holds, described):
    answer = speak("GetCoverage", **WHOLE)
    found = gml(answer)
    assert etree.QName(found.root).localname == "RectifiedGridCoverage"
    assert (found.sizes, found.fields) == ([20, 20], described("cite_reflectance").fields)
    assert holds(found)


def test_gml_has_its_media_type(ask):
    assert ask("GetCoverage", **WHOLE).media_type == "application/gml+xml"


@pytest.mark.parametrize("name", COVERAGES)
def test_every_coverage_comes_whole(speak, gml, described, name):
    found, told = gml(speak("GetCoverage", COVERAGEID=name)), described(name)
    assert (found.limits, found.srs, found.labels) == (told.limits, told.srs, told.labels)
    assert (found.corners, found.fields) == (told.corners, told.fields)
    assert len(found.all("gml:boundedBy/*")) == 1


def test_the_newest_of_a_series_comes_without_a_time(cite, ask, picture):
    found = picture(ask("GetCoverage", COVERAGEID="cite_series", FORMAT="image/tiff"))
    newest = read_source(cite.folder, "cite_series", "series-20230624")
    assert np.array_equal(found.values, newest.stack(found.names))


def test_the_answer_is_the_coverage_and_no_echo(ask, gml):
    bodies = {ask("GetCoverage", COVERAGEID=name).body for name in COVERAGES}
    assert len(bodies) == len(COVERAGES)
    for name in COVERAGES:
        assert gml(ask("GetCoverage", COVERAGEID=name)).root.get("{http://www.opengis.net/gml/3.2}id") == name


def test_a_trim_over_the_full_extent_changes_nothing(speak, gml, described):
    (low, high), labels = described("cite_reflectance").corners, described("cite_reflectance").labels
    trims = [f"{axis}({a:.17g},{b:.17g})" for axis, a, b in zip(labels, low, high, strict=True)]
    whole, trimmed = speak("GetCoverage", **WHOLE), speak("GetCoverage", **WHOLE, SUBSET=trims)
    assert gml(trimmed).limits == gml(whole).limits
    assert np.array_equal(gml(trimmed).values, gml(whole).values)


def test_numbers_may_have_exponents_and_open_ends(speak, picture, source):
    found = picture(speak("GetCoverage", **TIFF, SUBSET=["E(5.00E5,5.002E5)", "N(5.4999e6,*)"]))
    assert found.bounds == (500000, 5499900, 500200, 5500000)
    assert source.agrees(found, found.names)


@pytest.mark.parametrize(
    ("subset", "bounds"),
    [
        pytest.param([EAST], (500010, 5499800, 500050, 5500000), id="first axis"),
        pytest.param([NORTH], (500000, 5499850, 500200, 5499950), id="second axis"),
        pytest.param([EAST, NORTH], (500010, 5499850, 500050, 5499950), id="both axes"),
        pytest.param(["E(499000,500048)"], (500000, 5499800, 500050, 5500000), id="beyond the lower end"),
        pytest.param(["E(500012,999999)"], (500010, 5499800, 500200, 5500000), id="beyond the upper end"),
    ],
)
def test_a_trim_gives_the_cells_within(speak, picture, gml, holds, source, subset, bounds):
    found = picture(speak("GetCoverage", **TIFF, SUBSET=subset))
    assert found.bounds == bounds
    assert source.agrees(found, found.names)
    document = gml(speak("GetCoverage", **WHOLE, SUBSET=subset))
    left, bottom, right, top = bounds
    assert document.corners == ([left, bottom], [right, top])
    assert document.origin == [left + 5, top - 5]
    assert document.sizes == [*found.size]
    assert holds(document)


@pytest.mark.parametrize(
    ("subset", "sizes"),
    [
        pytest.param(["E(500003,500003)"], [1, 20], id="first axis"),
        pytest.param(["E(500000,500000)"], [1, 20], id="first axis at its end"),
        pytest.param(["N(5499803,5499803)"], [20, 1], id="second axis"),
        pytest.param(["E(500003,500003)", "N(5499803,5499803)"], [1, 1], id="both axes"),
    ],
)
def test_a_trim_of_no_width_gives_one_line(speak, gml, holds, subset, sizes):
    found = gml(speak("GetCoverage", **WHOLE, SUBSET=subset))
    assert found.sizes == sizes
    assert holds(found)


@pytest.mark.parametrize(
    ("subset", "bounds"),
    [
        pytest.param(["E(500033)"], (500030, 5499800, 500040, 5500000), id="first axis"),
        pytest.param(["N(5499933)"], (500000, 5499930, 500200, 5499940), id="second axis"),
        pytest.param(["E(500033)", "N(5499933)"], (500030, 5499930, 500040, 5499940), id="both axes"),
        pytest.param(["E(500000)"], (500000, 5499800, 500010, 5500000), id="lower end"),
        pytest.param(["E(500033)", NORTH], (500030, 5499850, 500040, 5499950), id="with a trim"),
    ],
)
def test_a_slice_gives_what_lies_at_its_position(speak, picture, gml, holds, source, subset, bounds):
    found = picture(speak("GetCoverage", **TIFF, SUBSET=subset))
    assert found.bounds == bounds
    assert source.agrees(found, found.names)
    assert holds(gml(speak("GetCoverage", **WHOLE, SUBSET=subset)))


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ('time("2023-06-04T10:46:31Z")', "20230604"),
        ('time("2023-06-14")', "20230614"),
        ('time("2023-06-01","2023-06-20")', "20230614"),
        ('time(*,"2023-06-10")', "20230604"),
    ],
)
def test_a_time_gives_its_scene(cite, speak, picture, asked, day):
    found = picture(speak("GetCoverage", COVERAGEID="cite_series", FORMAT="image/tiff", SUBSET=asked))
    assert np.array_equal(found.values, read_source(cite.folder, "cite_series", f"series-{day}").stack(found.names))


@pytest.mark.parametrize(
    "subsets", [(EAST, NORTH), ("E(500033)", NORTH), (EAST, "N(5499933)"), ("E(500033)", "N(5499933)")]
)
def test_the_order_of_subsets_does_not_matter(speak, subsets):
    bodies = {speak("GetCoverage", **WHOLE, SUBSET=order).body for order in itertools.permutations(subsets)}
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("change", "code", "locator", "status"),
    [
        pytest.param({"COVERAGEID": None}, "MissingParameterValue", "COVERAGEID", 400, id="no coverage"),
        pytest.param({"COVERAGEID": "bogus"}, "NoSuchCoverage", "bogus", 404, id="unknown coverage"),
        pytest.param({"FORMAT": "format/bogus"}, "InvalidParameterValue", "FORMAT", 400, id="unlisted format"),
        pytest.param({"MEDIATYPE": "bogus"}, "InvalidParameterValue", "MEDIATYPE", 400, id="another media type"),
        pytest.param({"SUBSET": "bogus(1,2)"}, "InvalidAxisLabel", "bogus", 404, id="unknown axis"),
        pytest.param(
            {"SUBSET": "bogus(1,2)", "FORMAT": "image/tiff", "MEDIATYPE": MULTIPART},
            "InvalidAxisLabel",
            "bogus",
            404,
            id="unknown axis with the rest",
        ),
        pytest.param({"SUBSET": "bogus(1)"}, "InvalidAxisLabel", "bogus", 404, id="unknown axis sliced"),
        pytest.param({"SUBSET": [EAST, EAST]}, "InvalidAxisLabel", "E", 404, id="axis twice"),
        pytest.param({"SUBSET": [EAST, "E(500033)"]}, "InvalidAxisLabel", "E", 404, id="axis trimmed and sliced"),
        pytest.param({"SUBSET": "E(500201,500202)"}, "InvalidSubsetting", "E", 404, id="trim above"),
        pytest.param({"SUBSET": "N(5499700,5499799)"}, "InvalidSubsetting", "N", 404, id="trim below"),
        pytest.param({"SUBSET": "E(500048,500012)"}, "InvalidSubsetting", "E", 404, id="trim reversed"),
        pytest.param({"SUBSET": "E(500201)"}, "InvalidSubsetting", "E", 404, id="slice above"),
        pytest.param({"SUBSET": "E(499999)"}, "InvalidSubsetting", "E", 404, id="slice below"),
        pytest.param({"SUBSET": "E(east)"}, "InvalidSubsetting", "E", 404, id="slice at no number"),
    ],
)
def test_what_is_missing_or_not_there_is_refused(speak, refused, change, code, locator, status):
    refused(speak("GetCoverage", **WHOLE | change), code, locator, status)


def test_a_time_that_is_not_there_is_refused(speak, refused):
    answer = speak("GetCoverage", COVERAGEID="cite_series", SUBSET='time("1999-12-31")')
    refused(answer, "InvalidSubsetting", "time", 404)


FORMATS = ("application/gml+xml", "image/tiff", "application/netcdf", "application/prs.coverage+json")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("coverage", COVERAGES)
def test_every_format_comes_as_its_media_type(ask, name, coverage):
    answer = ask("GetCoverage", COVERAGEID=coverage, FORMAT=name)
    assert (answer.status, answer.media_type) == (200, name)
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_the_formats_of_the_capabilities_are_these(ask):
    listed = ask("GetCapabilities", SECTIONS="ServiceMetadata").root.xpath("//*[local-name()='formatSupported']/text()")
    assert sorted(listed) == sorted(FORMATS)


@pytest.mark.parametrize("name", FORMATS[1:])
def test_multipart_has_a_description_in_gml_and_the_file(speak, schema, name):
    answer = speak("GetCoverage", **WHOLE, FORMAT=name, MEDIATYPE=MULTIPART, SUBSET=[EAST])
    assert (answer.status, answer.media_type) == (200, MULTIPART)
    first, file = answer.parts
    text = first.get_payload(decode=True)
    if first.get_content_type() != "application/soap+xml":
        assert first.get_content_type() == "application/gml+xml"
        assert 'type="application/gml+xml"' in answer.headers["Content-Type"]
        schema.assertValid(etree.fromstring(text))
    root = etree.fromstring(text)
    (place,) = root.xpath("//*[local-name()='rangeParameters']/@*[local-name()='href']")
    assert place.removeprefix("cid:") == file["Content-ID"].strip("<>")
    assert root.xpath("//*[local-name()='fileReference']/text()") == [place]
    assert root.xpath("//*[local-name()='mimeType']/text()") == [name]
    assert file.get_content_type() == name


def test_the_file_of_a_multipart_is_the_file_alone(ask, picture):
    alone = ask("GetCoverage", **TIFF, SUBSET=[EAST])
    _, file = ask("GetCoverage", **TIFF, MEDIATYPE=MULTIPART, SUBSET=[EAST]).parts
    assert np.array_equal(read_geotiff(file.get_payload(decode=True)).values, picture(alone).values)


def test_gml_may_come_in_a_multipart_too(speak, schema):
    answer = speak("GetCoverage", **WHOLE, MEDIATYPE=MULTIPART)
    part = answer.parts[0].get_payload(decode=True) if answer.media_type == MULTIPART else answer.body
    schema.assertValid(etree.fromstring(part))


@pytest.mark.parametrize("name", COVERAGES)
def test_numbers_of_a_geotiff_are_those_of_gml(ask, gml, picture, name):
    document = gml(ask("GetCoverage", COVERAGEID=name))
    file = picture(ask("GetCoverage", COVERAGEID=name, FORMAT="image/tiff"))
    assert [*file.names] == document.fields
    assert np.array_equal(np.moveaxis(document.values, -1, 0), file.values)
