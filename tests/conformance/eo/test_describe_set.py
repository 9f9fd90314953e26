"""DescribeEOCoverageSet (OGC 10-140r1, clause 9): what lies at some place and time."""

import pytest
from tests.conformance.wcs20.spoken import NS, Speaker, document

SERIES = "cite_series.series"
DATASETS = ["series-20230604", "series-20230614", "series-20230624"]
TIMES = {"series-20230604": "2023-06-04T10:46:31Z", "series-20230614": "2023-06-14T10:46:29Z"}
# The ground is 3.0000 to 3.0028 east, 49.6507 to 49.6526 north.
AROUND = ["Long(2.99,3.01)", "Lat(49.64,49.66)"]
INSIDE = ["Long(3.001,3.002)", "Lat(49.651,49.652)"]
ACROSS = ["Long(2.99,3.002)", "Lat(49.64,49.652)"]
EAST = ["Long(3.01,3.02)"]
NORTH = ["Lat(49.66,49.67)"]


def told(root, path):
    return root.xpath(path, namespaces=NS)


def ids(root):
    return told(root, "wcs:CoverageDescriptions/wcs:CoverageDescription/wcs:CoverageId/text()")


@pytest.fixture
def found(speak):
    """The document of an answer."""

    def ask_for(eoid=SERIES, **keys):
        answer = speak("DescribeEOCoverageSet", EOID=eoid, **keys)
        assert answer.status == 200, answer.body
        return answer.root

    return ask_for


def test_a_series_gives_its_datasets_and_itself(speak, valid):
    root = valid(speak("DescribeEOCoverageSet", EOID=SERIES))
    assert sorted(ids(root)) == DATASETS
    assert told(root, "wcseo:DatasetSeriesDescriptions//wcseo:DatasetSeriesId/text()") == [SERIES]


def test_a_dataset_gives_itself(speak, valid):
    root = valid(speak("DescribeEOCoverageSet", EOID=DATASETS[0]))
    assert ids(root) == [DATASETS[0]]
    assert told(root, "//wcseo:DatasetSeriesDescription") == []


def test_several_ids_give_each_coverage_once(found):
    assert sorted(ids(found(f"{DATASETS[0]},{SERIES},{DATASETS[2]}"))) == DATASETS
    assert ids(found(f"{DATASETS[0]},{DATASETS[2]}")) == [DATASETS[0], DATASETS[2]]


@pytest.mark.parametrize("eoid", ["bogus", f"{SERIES},bogus", f"bogus,{DATASETS[0]}"])
def test_an_unknown_id_is_refused(speak, refused, eoid):
    refused(speak("DescribeEOCoverageSet", EOID=eoid), "NoSuchDatasetSeriesOrCoverage", "EOID", 404)


def test_an_id_is_needed(speak, refused):
    refused(speak("DescribeEOCoverageSet"), "MissingParameterValue", "EOID", 400)


def test_descriptions_of_the_set_are_those_of_describecoverage(found, described):
    for description in told(found(), "wcs:CoverageDescriptions/wcs:CoverageDescription"):
        same = described(description.findtext("wcs:CoverageId", namespaces=NS))
        for path in (
            "gml:boundedBy//text()",
            "gml:domainSet//text()",
            ".//swe:field/@name",
            ".//eop:identifier/text()",
        ):
            assert told(description, path) == same.all(path)


# Place


@pytest.mark.parametrize(
    ("subset", "overlapping", "contained"),
    [
        pytest.param(AROUND, 3, 3, id="around"),
        pytest.param(INSIDE, 3, 0, id="inside"),
        pytest.param(ACROSS, 3, 0, id="across the border"),
        pytest.param(EAST, 0, 0, id="east of it"),
        pytest.param(NORTH, 0, 0, id="north of it"),
        pytest.param(["Long(2.99,3.01)"], 3, 3, id="longitudes alone"),
        pytest.param(["Lat(49.64,49.66)"], 3, 3, id="latitudes alone"),
        pytest.param(["Long(*,3.01)", "Lat(49.64,*)"], 3, 3, id="open ends"),
        pytest.param(["Long(3.002,*)"], 3, 0, id="an open end that leaves some out"),
    ],
)
def test_what_meets_a_place_and_what_lies_in_it(found, subset, overlapping, contained):
    assert len(ids(found(SUBSET=subset, CONTAINMENT="OVERLAPS"))) == overlapping
    assert len(ids(found(SUBSET=subset, CONTAINMENT="CONTAINS"))) == contained
    # Overlaps is what is meant without a word.
    assert len(ids(found(SUBSET=subset))) == overlapping


def test_a_dataset_that_lies_elsewhere_is_not_described(found):
    assert ids(found(DATASETS[0], SUBSET=EAST)) == []


# Time


@pytest.mark.parametrize(
    ("interval", "days"),
    [
        ('"2023-06-01","2023-06-30"', DATASETS),
        ('"2023-06-04","2023-06-14"', DATASETS[:2]),
        ('"2023-06-05","2023-06-23"', DATASETS[1:2]),
        ('"2023-06-14T10:46:29Z","2023-06-24T10:46:31Z"', DATASETS[1:]),
        ('"2023-06-14T10:46:30Z","2023-06-24T10:46:30Z"', []),
        ('"2023-06-10",*', DATASETS[1:]),
        ('*,"2023-06-10"', DATASETS[:1]),
        ('"2020-01-01","2020-12-31"', []),
    ],
)
@pytest.mark.parametrize("containment", ["OVERLAPS", "CONTAINS"])
def test_what_was_taken_in_a_time(found, interval, days, containment):
    # Each was taken in an instant, which lies within an interval whenever it meets it.
    assert sorted(ids(found(SUBSET=f"phenomenonTime({interval})", CONTAINMENT=containment))) == days


def test_place_and_time_both_hold(found):
    time = 'phenomenonTime("2023-06-10","2023-06-30")'
    assert sorted(ids(found(SUBSET=[*AROUND, time], CONTAINMENT="CONTAINS"))) == DATASETS[1:]
    assert ids(found(SUBSET=[*EAST, time])) == []


@pytest.mark.parametrize(
    ("subset", "code", "locator"),
    [
        pytest.param("bogus(1,2)", "InvalidAxisLabel", "bogus", id="unknown axis"),
        pytest.param("E(500000,500100)", "InvalidAxisLabel", "E", id="axis of a coverage"),
        pytest.param(["Lat(49,50)", "Lat(49,50)"], "InvalidAxisLabel", "Lat", id="axis twice"),
        pytest.param("Lat(50,49)", "InvalidSubsetting", "Lat", id="reversed"),
        pytest.param("Lat(north,south)", "InvalidSubsetting", "Lat", id="no numbers"),
        pytest.param('phenomenonTime("2023-06-30","2023-06-01")', "InvalidSubsetting", "time", id="reversed time"),
        pytest.param('phenomenonTime("June","July")', "InvalidSubsetting", "time", id="no time"),
        pytest.param("Lat(49.651)", "InvalidSubsetting", "Lat", id="slice"),
    ],
)
def test_another_trim_is_refused(ask, refused, subset, code, locator):
    refused(ask("DescribeEOCoverageSet", EOID=SERIES, SUBSET=subset), code, locator, 404)


def test_another_containment_is_refused(speak, refused):
    answer = speak("DescribeEOCoverageSet", EOID=SERIES, CONTAINMENT="TOUCHES")
    refused(answer, "InvalidParameterValue", "CONTAINMENT", 400)


# What is told of it


@pytest.mark.parametrize(
    ("sections", "coverages", "series"),
    [
        (None, 3, 1),
        ("All", 3, 1),
        ("CoverageDescriptions", 3, 0),
        ("DatasetSeriesDescriptions", 0, 1),
        ("CoverageDescriptions,DatasetSeriesDescriptions", 3, 1),
    ],
)
def test_sections_choose_what_is_described(speak, valid, sections, coverages, series):
    root = valid(speak("DescribeEOCoverageSet", EOID=SERIES, SECTIONS=sections))
    assert (len(ids(root)), len(told(root, "//wcseo:DatasetSeriesDescription"))) == (coverages, series)


def test_an_unknown_section_is_refused(speak, refused):
    refused(speak("DescribeEOCoverageSet", EOID=SERIES, SECTIONS="Bogus"), "InvalidParameterValue", "SECTIONS", 400)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_no_more_are_described_than_asked_and_all_are_counted(speak, valid, count):
    root = valid(speak("DescribeEOCoverageSet", EOID=SERIES, COUNT=str(count), SECTIONS="CoverageDescriptions"))
    assert len(ids(root)) == min(count, 3)
    assert int(root.get("numberReturned")) == min(count, 3)
    whole = speak("DescribeEOCoverageSet", EOID=SERIES, SECTIONS="CoverageDescriptions").root
    assert root.get("numberMatched") == whole.get("numberMatched")


def test_what_is_returned_is_counted(found):
    root = found()
    returned = len(ids(root)) + len(told(root, "//wcseo:DatasetSeriesDescription"))
    assert int(root.get("numberReturned")) == int(root.get("numberMatched")) == returned


@pytest.mark.parametrize("count", ["-1", "some", "1.5"])
def test_another_count_is_refused(speak, refused, count):
    refused(speak("DescribeEOCoverageSet", EOID=SERIES, COUNT=count), "InvalidParameterValue", "COUNT", 400)


def test_the_series_has_its_place_latitude_first_and_its_time(found):
    (series,) = told(found(), "//wcseo:DatasetSeriesDescription")
    (envelope,) = told(series, "gml:boundedBy/gml:Envelope")
    assert envelope.get("srsName") == "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert envelope.get("axisLabels") == "Lat Long"
    corners = [float(number) for text in told(envelope, "gml:*/text()") for number in text.split()]
    assert corners == pytest.approx([49.650744, 3.0, 49.652543, 3.002771], abs=1e-6)
    ends = told(series, "gml:TimePeriod/gml:beginPosition/text() | gml:TimePeriod/gml:endPosition/text()")
    assert ends == ["2023-06-04T10:46:31Z", "2023-06-24T10:46:31Z"]


def test_keys_and_xml_give_the_same_bytes(cite):
    keys = {"EOID": SERIES, "SUBSET": [*AROUND, 'phenomenonTime("2023-06-10","2023-06-30")'], "COUNT": "1"}
    keys |= {"CONTAINMENT": "CONTAINS", "SECTIONS": "CoverageDescriptions"}
    bodies = {Speaker(cite, binding)("DescribeEOCoverageSet", **keys).body for binding in ("kvp", "xml")}
    assert len(bodies) == 1


def test_the_documents_of_these_checks_are_valid_requests(schemas):
    keys = {"EOID": f"{SERIES},{DATASETS[0]}", "SUBSET": AROUND, "COUNT": "1", "CONTAINMENT": "CONTAINS"}
    text = document(
        {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "DescribeEOCoverageSet", "SECTIONS": "All"} | keys
    )
    assert [str(error) for error in schemas.lax("ogc/wcs/wcseo/1.0/wcsEOAll.xsd").iter_errors(text)] == []
