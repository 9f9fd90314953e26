"""DescribeCoverage of WCS 2.0.1 (OGC 09-110r4, 8.3, with OGC 09-146r2)."""

import pytest
import rasterio.transform
from tests.conformance.truth import read_source
from tests.conformance.wcs20.conftest import COVERAGES
from tests.conformance.wcs20.gml import Gml
from tests.conformance.wcs20.spoken import NS

SCENES = {"cite_reflectance": "reflectance", "cite_classes": "classes", "cite_series": "series-20230624"}
ID = "{http://www.opengis.net/gml/3.2}id"


def ids(root):
    return root.xpath("wcs:CoverageDescription/wcs:CoverageId/text()", namespaces=NS)


@pytest.fixture(params=SCENES)
def both(cite, described, request):
    """A description and the file that it is of."""
    return described(request.param), read_source(cite.folder, request.param, SCENES[request.param])


@pytest.mark.parametrize("asked", ["cite_reflectance", "cite_series,cite_classes", ",".join(COVERAGES)])
def test_what_is_asked_for_is_described_in_that_order(speak, valid, asked):
    root = valid(speak("DescribeCoverage", COVERAGEID=asked))
    assert root.tag == f"{{{NS['wcs']}}}CoverageDescriptions"
    assert ids(root) == asked.split(",")
    assert [found.get(ID) for found in root] == asked.split(",")


def test_a_coverage_that_is_asked_for_twice_is_described_once(speak, valid):
    # Two elements of one gml:id would be no valid document.
    assert ids(valid(speak("DescribeCoverage", COVERAGEID="cite_series,cite_series"))) == ["cite_series"]


@pytest.mark.parametrize(
    ("asked", "violating"),
    [
        ("bogus", "bogus"),
        ("cite_series,bogus", "bogus"),
        ("bogus,cite_series", "bogus"),
        ("bogus,cite_series,other", "bogus,other"),
    ],
)
def test_unknown_ids_are_refused_and_named(speak, refused, asked, violating):
    refused(speak("DescribeCoverage", COVERAGEID=asked), "NoSuchCoverage", violating, 404)


@pytest.mark.parametrize("version", [None, "", "3.7.0"])
def test_a_version_that_is_spoken_is_needed(ask, version):
    answer = ask("DescribeCoverage", COVERAGEID="cite_series", VERSION=version)
    code = "InvalidParameterValue" if version else "MissingParameterValue"
    assert (answer.status, answer.faults) == (400, [(code, "VERSION")])


def test_an_id_is_needed(speak, refused):
    refused(speak("DescribeCoverage"), "MissingParameterValue", "COVERAGEID", 400)


def test_another_key_is_no_id(ask, refused):
    refused(ask("DescribeCoverage", COVERAGE="cite_series"), "MissingParameterValue", "COVERAGEID", 400)


def test_there_is_one_envelope_in_the_system_of_the_grid(both):
    found, source = both
    left, bottom, right, top = rasterio.transform.array_bounds(*source.shape, source.transform)
    assert found.srs == found.grid.get("srsName") == f"http://www.opengis.net/def/crs/EPSG/0/{source.epsg}"
    assert found.labels == ["E", "N"]
    assert found.corners == ([left, bottom], [right, top])
    assert found.envelope.get("uomLabels") == "m m"
    assert found.envelope.get("srsDimension") == "2"


def test_the_grid_is_that_of_the_file(both):
    found, source = both
    rows, columns = source.shape
    assert found.limits == ([0, 0], [columns - 1, rows - 1])
    assert found.origin == [*(source.transform @ (0.5, 0.5))]
    assert found.vectors == [[source.transform.a, 0], [0, source.transform.e]]
    assert found.grid.get("dimension") == "2"
    assert len(found.grid.findtext("gml:axisLabels", namespaces=NS).split()) == 2
    assert {e.get("srsName") for e in found.all("gml:domainSet//gml:offsetVector")} == {found.srs}


def test_the_grid_runs_along_its_axes_from_its_start(both):
    found, _ = both
    rule = found.one("gml:coverageFunction/gml:GridFunction/gml:sequenceRule")
    assert (rule.text, rule.get("axisOrder")) == ("Linear", "+1 +2")
    assert found.one("gml:coverageFunction/gml:GridFunction/gml:startPoint").text == "0 0"


def test_there_is_a_field_for_each_band_with_its_nil_value_and_unit(both):
    found, source = both
    assert sorted(found.fields) == sorted(source.bands)
    quantities = found.all("gmlcov:rangeType/swe:DataRecord/swe:field/*")
    assert len(quantities) == len(source.bands)
    for quantity in quantities:
        (nil,) = quantity.iterfind("swe:nilValues/swe:NilValues/swe:nilValue", NS)
        assert float(nil.text) == source.nodata
        assert nil.get("reason").startswith("http://www.opengis.net/def/nil/OGC/0/")
        if quantity.tag == f"{{{NS['swe']}}}Quantity":
            assert quantity.find("swe:uom", NS).get("code")


@pytest.mark.parametrize("name", COVERAGES)
def test_the_type_of_the_coverage_is_told(described, name):
    found = described(name)
    assert found.one("wcs:ServiceParameters/wcs:CoverageSubtype").text == "RectifiedGridCoverage"
    assert found.one("wcs:ServiceParameters/wcs:nativeFormat").text == "application/gml+xml"


@pytest.mark.parametrize("name", COVERAGES)
def test_no_id_comes_twice_in_a_document(ask, valid, name):
    every = valid(ask("DescribeCoverage", COVERAGEID=",".join(COVERAGES))).xpath("//@gml:id", namespaces=NS)
    assert name in every
    assert len(every) == len(set(every))


@pytest.mark.parametrize("name", COVERAGES)
def test_descriptions_and_coverages_have_the_same_parts(ask, described, gml, name):
    told, given = described(name), gml(ask("GetCoverage", COVERAGEID=name, FORMAT="application/gml+xml"))
    for part in ("gml:boundedBy", "gml:domainSet", "gmlcov:rangeType", "gml:coverageFunction"):
        assert canonical(told, part) == canonical(given, part)
    assert told.root.get(ID) == given.root.get(ID)


def canonical(found: Gml, part: str) -> str:
    """A part with its ids, apart from prefixes and blanks."""

    def spelled(element):
        inside = "".join(spelled(child) for child in element)
        return f"<{element.tag} {sorted(element.attrib.items())}>{(element.text or '').strip()}{inside}"

    return spelled(found.one(part))
