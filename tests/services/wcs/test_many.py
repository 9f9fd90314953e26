"""What a request may name many times: coverages, fields, scenes."""

import pytest
from lxml import etree

from bandstand.services.ows.vendor import MOST_NAMES
from bandstand.services.wcs.operations import MOST_DESCRIBED

DESCRIBE = {"SERVICE": "WCS", "REQUEST": "DescribeCoverage"}
IDS = {"2.0.1": "COVERAGEID", "1.1.1": "IDENTIFIERS", "1.0.0": "COVERAGE"}
SCENE = "S2A_31UBQ_20210614_0_L2A"
GETS = {
    "2.0.1": {"COVERAGEID": "s2_l2a", "SUBSET": "E(281580,281590)", "SUBSET2": "N(5464940,5464950)"},
    "1.0.0": {
        "COVERAGE": "s2_l2a",
        "CRS": "EPSG:32631",
        "BBOX": "281580,5464940,281590,5464950",
        "WIDTH": "1",
        "HEIGHT": "1",
        "FORMAT": "GeoTIFF",
    },
    "1.1.1": {
        "IDENTIFIER": "s2_l2a",
        "BOUNDINGBOX": "281580,5464940,281590,5464950,urn:ogc:def:crs:EPSG::32631",
        "FORMAT": "image/tiff",
    },
}


def told(answer):
    """Locator and text of a report, whatever its version."""
    (report,) = etree.fromstring(answer.get_data()).xpath("//*[@exceptionCode or @code]")
    return report.get("locator") or "", "".join(report.itertext()).strip()


def described(root):
    return root.xpath(
        "//*[local-name()='CoverageDescription' or local-name()='CoverageOffering']"
        "/*[local-name()='CoverageId' or local-name()='Identifier' or local-name()='name']/text()"
    )


@pytest.mark.parametrize("version", IDS)
def test_a_coverage_that_is_named_several_times_is_described_once(ask, version):
    answer = ask(**DESCRIBE, VERSION=version, **{IDS[version]: "ndvi,s2_l2a,ndvi"})
    assert described(etree.fromstring(answer.get_data())) == ["ndvi", "s2_l2a"]


def test_two_spellings_of_a_scene_are_described_once_in_a_valid_document(ask, wcs_schema):
    spelled = "_x" + SCENE.encode().hex()
    answer = ask(**DESCRIBE, VERSION="2.0.1", COVERAGEID=f"{SCENE},{spelled},['{SCENE}']")
    root = etree.fromstring(answer.get_data())
    wcs_schema.assertValid(root)
    assert described(root) == [SCENE]


@pytest.mark.parametrize("version", IDS)
def test_as_many_coverages_as_are_allowed_may_be_named(ask, version):
    answer = ask(**DESCRIBE, VERSION=version, **{IDS[version]: ",".join(["ndvi"] * MOST_DESCRIBED)})
    assert answer.status_code == 200


@pytest.mark.parametrize("version", IDS)
def test_more_coverages_are_refused_with_their_limit(ask, version):
    answer = ask(**DESCRIBE, VERSION=version, **{IDS[version]: ",".join(["ndvi"] * (MOST_DESCRIBED + 1))})
    locator, text = told(answer)
    assert (answer.status_code, locator.upper()) == (400, IDS[version])
    assert f"at most {MOST_DESCRIBED}" in text


def test_more_series_are_refused_with_their_limit(ask):
    names = ",".join(["s2_l2a.series"] * (MOST_DESCRIBED + 1))
    answer = ask(SERVICE="WCS", VERSION="2.0.1", REQUEST="DescribeEOCoverageSet", EOID=names)
    locator, text = told(answer)
    assert (answer.status_code, locator) == (400, "EOID")
    assert f"at most {MOST_DESCRIBED}" in text


# Fields and scenes


def get(ask, version, **keys):
    pairs = {**GETS[version], **keys}
    second = pairs.pop("SUBSET2", None)
    return ask(
        *([("SUBSET", second)] if second else []), SERVICE="WCS", VERSION=version, REQUEST="GetCoverage", **pairs
    )


MANY = ",".join(["B04"] * (MOST_NAMES + 1))


@pytest.mark.parametrize(
    ("version", "key", "value"),
    [
        ("2.0.1", "RANGESUBSET", MANY),
        ("2.0.1", "RANGESUBSET", ",".join(["B02:B12"] * (MOST_NAMES // 5))),
        ("2.0.1", "BANDS", MANY),
        ("1.0.0", "BANDS", MANY),
        ("1.0.0", "BANDS", ",".join(["B02/B12"] * (MOST_NAMES // 5))),
        ("1.0.0", "ITEMS", ",".join([SCENE] * (MOST_NAMES + 1))),
        ("2.0.1", "ITEMS", ",".join([SCENE] * (MOST_NAMES + 1))),
        ("1.1.1", "RANGESUBSET", f"contents[bands[{','.join(['4'] * (MOST_NAMES + 1))}]]"),
    ],
    ids=lambda value: value[:20],
)
def test_more_fields_or_scenes_are_refused_with_their_limit(ask, version, key, value):
    answer = get(ask, version, **{key: value})
    locator, text = told(answer)
    assert (answer.status_code, locator.upper()) == (400, key)
    assert f"at most {MOST_NAMES}" in text


def test_a_field_may_be_repeated(ask):
    answer = get(ask, "2.0.1", RANGESUBSET=",".join(["B04"] * 20))
    assert answer.status_code == 200
