"""The Earth observation profile: series told, datasets and mosaics found, described and delivered."""

import numpy as np
import pytest
import rasterio.warp
import shapely
from lxml import etree
from tests.fixtures.schemas import Schemas

from bandstand.services.wcs.v20 import coveragesets
from bandstand.services.wcs.v20.eo import members

NS = {
    "wcs": "http://www.opengis.net/wcs/2.0",
    "wcseo": "http://www.opengis.net/wcs/wcseo/1.0",
    "eop": "http://www.opengis.net/eop/2.0",
    "om": "http://www.opengis.net/om/2.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "ows": "http://www.opengis.net/ows/2.0",
    "swe": "http://www.opengis.net/swe/2.0",
}
XLINK = "{http://www.w3.org/1999/xlink}"
KEYS = {"SERVICE": "WCS", "VERSION": "2.0.1"}
SCENE = "S2A_31UBQ_20220719_0_L2A"
DAYS = ("20210614", "20210902", "20220515", "20220719")
SERIES = "s2_l2a.series"


@pytest.fixture(scope="session")
def eo_schema(shared):
    """EO-WCS 1.0 with all that it imports."""
    return Schemas(shared / "schemas").lax("ogc/wcs/wcseo/1.0/wcsEOAll.xsd")


@pytest.fixture(scope="session")
def valid(eo_schema):
    def check(root):
        errors = [str(error) for error in eo_schema.iter_errors(root, use_location_hints=False)]
        assert not errors, errors[0]
        return root

    return check


@pytest.fixture(scope="session")
def describe_set(ask):
    def get(*pairs, **keys):
        answer = ask(*pairs, REQUEST="DescribeEOCoverageSet", **KEYS, **keys)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return etree.fromstring(answer.get_data())

    return get


@pytest.fixture(scope="session")
def describe(ask):
    return lambda name: etree.fromstring(ask(REQUEST="DescribeCoverage", COVERAGEID=name, **KEYS).get_data())


def ids(root):
    return root.xpath("//wcs:CoverageDescription/wcs:CoverageId/text()", namespaces=NS)


def scenes_of(found):
    return sorted(name for name in found if name.startswith("S2"))


@pytest.fixture(scope="session")
def scenes(site):
    return sorted(site.scenes())


# Capabilities


@pytest.fixture
def capabilities(ask):
    def get(**keys):
        return etree.fromstring(ask(service="WCS", request="GetCapabilities", **keys).get_data())

    return get


def test_every_collection_with_times_is_a_series(capabilities):
    told = capabilities().xpath("//wcseo:DatasetSeriesId/text()", namespaces=NS)
    assert told == ["s2_l2a.series", "landcover.series", "dem.series"]


def test_the_capabilities_are_valid_by_the_schema_of_the_profile(capabilities, valid):
    valid(capabilities())


def test_a_series_tells_its_time(capabilities):
    (period,) = capabilities().xpath(
        f"//wcseo:DatasetSeriesSummary[wcseo:DatasetSeriesId='{SERIES}']/gml:TimePeriod", namespaces=NS
    )
    begin, end = (period.findtext(f"gml:{name}Position", namespaces=NS) for name in ("begin", "end"))
    assert (begin[:10], end[:10]) == ("2021-06-14", "2022-07-19")


@pytest.mark.parametrize(
    ("sections", "coverages", "series"),
    [
        ("All", True, True),
        ("Contents", True, True),
        ("CoverageSummary", True, False),
        ("DatasetSeriesSummary", False, True),
        ("CoverageSummary,DatasetSeriesSummary", True, True),
    ],
)
def test_series_and_coverages_are_sections_of_their_own(capabilities, sections, coverages, series):
    root = capabilities(sections=sections)
    found = [
        bool(root.xpath(f"//{name}", namespaces=NS)) for name in ("wcs:CoverageSummary", "wcseo:DatasetSeriesSummary")
    ]
    assert found == [coverages, series]


def test_datasets_are_not_listed(capabilities):
    assert SCENE not in capabilities().xpath("//wcs:CoverageId/text()", namespaces=NS)


# DescribeEOCoverageSet


def test_a_series_holds_every_scene(describe_set, scenes):
    assert scenes_of(ids(describe_set(EOID=SERIES))) == scenes


def test_a_series_holds_a_mosaic_of_each_day(describe_set):
    found = ids(describe_set(EOID=SERIES))
    assert sorted(name.rpartition(".")[2] for name in found if "." in name) == list(DAYS)


@pytest.mark.parametrize("name", [SERIES, "landcover.series", SCENE, "s2_l2a"])
def test_an_answer_is_valid(describe_set, valid, name):
    valid(describe_set(EOID=name))


def test_a_dataset_is_described_by_itself(describe_set):
    root = describe_set(EOID=SCENE)
    assert ids(root) == [SCENE]
    assert root.xpath("//wcs:CoverageSubtype/text()", namespaces=NS) == ["RectifiedDataset", "RectifiedGridCoverage"]


def test_a_mosaic_is_described_with_its_datasets(describe_set):
    name = next(one for one in ids(describe_set(EOID=SERIES)) if one.endswith(".20220719"))
    found = ids(describe_set(EOID=name))
    assert found[0] == name
    assert scenes_of(found) == ["S2A_30UYV_20220719_0_L2A", SCENE]


def test_what_several_ids_hold_comes_once(describe_set):
    found = ids(describe_set(EOID=f"{SCENE},{SERIES},{SCENE}"))
    assert len(found) == len(set(found))
    assert found[0] == SCENE


@pytest.mark.parametrize(
    ("subset", "days"),
    [
        ('phenomenonTime("2022-01-01T00:00:00Z","2022-06-01T00:00:00Z")', {"20220515"}),
        ("phenomenonTime(2021-06-14T00:00:00Z,2021-12-31T00:00:00Z)", {"20210614", "20210902"}),
        ('phenomenonTime("2022-06-01T00:00:00Z",*)', {"20220719"}),
        ('phenomenonTime(*,"2021-07-01T00:00:00Z")', {"20210614"}),
        ('phenomenonTime("2023-01-01T00:00:00Z","2024-01-01T00:00:00Z")', set()),
        ('phenomenonTime("0001-01-01","9999-12-31")', set(DAYS)),
    ],
)
def test_a_time_chooses_scenes(describe_set, subset, days):
    found = scenes_of(ids(describe_set(("SUBSET", subset), EOID=SERIES)))
    assert {name.split("_")[2] for name in found} == days


@pytest.fixture(scope="session")
def mosaics(describe_set):
    """Identifiers of the mosaics of the series."""
    return [name for name in ids(describe_set(EOID=SERIES)) if "." in name]


@pytest.fixture(scope="session")
def outlines(site):
    """The outline of each scene in longitude and latitude, by rasterio."""
    found = {}
    for name in site.scenes():
        with rasterio.open(site.band(name, "B02")) as file:
            found[name] = shapely.box(*rasterio.warp.transform_bounds(file.crs, "EPSG:4326", *file.bounds))
    return found


@pytest.mark.parametrize("containment", ["overlaps", "OVERLAPS", "contains"])
@pytest.mark.parametrize(
    "area", [(0.001, 49.29, 0.01, 49.3), (-0.2, 49.2, -0.001, 49.4), (-1, 49, 1, 50), (3, 40, 4, 41)]
)
def test_an_area_chooses_scenes(describe_set, outlines, area, containment):
    west, south, east, north = area
    found = describe_set(
        ("SUBSET", f"Lat({south},{north})"), ("SUBSET", f"Long({west},{east})"), EOID=SERIES, CONTAINMENT=containment
    )
    box = shapely.box(*area)
    test = shapely.covers if containment == "contains" else shapely.intersects
    assert scenes_of(ids(found)) == sorted(name for name, shape in outlines.items() if test(box, shape))


SPOTS = [
    (0.02, 49.29, 0.022, 49.3),
    (-0.012, 49.29, -0.01, 49.3),
    (-1, 49, 1, 50),
    (-0.004, 49.2, 1, 50),
    (3, 40, 4, 41),
]
"""Two that a scene of one zone alone reaches, the whole, the half that holds one zone, and nowhere."""


@pytest.mark.parametrize("containment", ["overlaps", "contains"])
@pytest.mark.parametrize("span", ["", "2021-06-14T11:00:00Z", "2022-01-01T00:00:00Z"])
@pytest.mark.parametrize("area", SPOTS)
def test_a_series_holds_the_mosaics_that_are_found_by_their_own_ids(describe_set, mosaics, area, span, containment):
    west, south, east, north = area
    where = [("SUBSET", f"Lat({south},{north})"), ("SUBSET", f"Long({west},{east})")]
    where += [("SUBSET", f'phenomenonTime("{span}",*)')] if span else []
    by_id = {name for name in mosaics if name in ids(describe_set(*where, EOID=name, CONTAINMENT=containment))}
    found = ids(describe_set(*where, EOID=SERIES, CONTAINMENT=containment))
    assert {name for name in found if "." in name} == by_id


def test_a_mosaic_that_is_met_in_a_single_scene_has_all_of_its_scenes(describe_set, mosaics, outlines):
    west, south, east, north = SPOTS[1]
    assert 0 < sum(shapely.box(*SPOTS[1]).intersects(shape) for shape in outlines.values()) < len(outlines)
    found = describe_set(("SUBSET", f"Lat({south},{north})"), ("SUBSET", f"Long({west},{east})"), EOID=SERIES)
    (shown,) = (one for one in ids(found) if one.endswith(".20220719"))
    path = "//wcs:CoverageDescription[wcs:CoverageId=$name]/gml:boundedBy//gml:lowerCorner/text()"
    assert found.xpath(path, namespaces=NS, name=shown) == describe_set(EOID=shown).xpath(
        path, namespaces=NS, name=shown
    )


@pytest.mark.parametrize(("most", "told"), [(3, 1), (2000, 0)])
def test_a_count_that_stops_before_the_end_of_a_series_says_so(ask, monkeypatch, most, told):
    for module in (coveragesets, members):
        monkeypatch.setattr(module, "MOST", most)
    answer = ask(REQUEST="DescribeEOCoverageSet", EOID=SERIES, **KEYS)
    warnings = [text for text in answer.headers.getlist("Warning") if "numberMatched" in text and SERIES in text]
    assert len(warnings) == told


@pytest.mark.parametrize("count", [0, 1, 3])
def test_count_limits_what_is_returned_and_tells_what_was_matched(describe_set, count):
    whole, some = (
        describe_set(EOID=SERIES),
        describe_set(EOID=SERIES, COUNT=str(count), SECTIONS="CoverageDescriptions"),
    )
    assert len(ids(some)) == int(some.get("numberReturned")) == count
    assert some.get("numberMatched") == whole.get("numberMatched")


@pytest.mark.parametrize(
    ("sections", "present"),
    [
        ("All", ["CoverageDescriptions", "DatasetSeriesDescriptions"]),
        ("CoverageDescriptions", ["CoverageDescriptions"]),
        ("datasetseriesdescriptions", ["DatasetSeriesDescriptions"]),
    ],
)
def test_sections_choose_parts(describe_set, sections, present):
    assert [etree.QName(child).localname for child in describe_set(EOID=SERIES, SECTIONS=sections)] == present


BAD = {
    "no id": ({}, "MissingParameterValue", 400),
    "an unknown id": ({"EOID": "bogus"}, "NoSuchDatasetSeriesOrCoverage", 404),
    "one unknown id of two": ({"EOID": f"{SERIES},bogus"}, "NoSuchDatasetSeriesOrCoverage", 404),
    "an unknown axis": ({"EOID": SERIES, "SUBSET": "E(1,2)"}, "InvalidAxisLabel", 404),
    "an axis twice": ({"EOID": SERIES, "SUBSET": ["Lat(1,2)", "Lat(1,2)"]}, "InvalidAxisLabel", 404),
    "a slice": ({"EOID": SERIES, "SUBSET": "Lat(49)"}, "InvalidSubsetting", 404),
    "a reversed trim": ({"EOID": SERIES, "SUBSET": "Lat(2,1)"}, "InvalidSubsetting", 404),
    "an unreadable time": ({"EOID": SERIES, "SUBSET": 'phenomenonTime("a","b")'}, "InvalidSubsetting", 404),
    "an unknown containment": ({"EOID": SERIES, "CONTAINMENT": "touches"}, "InvalidParameterValue", 400),
    "an unknown section": ({"EOID": SERIES, "SECTIONS": "Contents"}, "InvalidParameterValue", 400),
    "a negative count": ({"EOID": SERIES, "COUNT": "-1"}, "InvalidParameterValue", 400),
    "no count": ({"EOID": SERIES, "COUNT": "many"}, "InvalidParameterValue", 400),
}


@pytest.mark.parametrize(("keys", "code", "status"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told(ask, report_schema, keys, code, status):
    pairs = [(key, one) for key, value in keys.items() for one in (value if isinstance(value, list) else [value])]
    answer = ask(*pairs, REQUEST="DescribeEOCoverageSet", **KEYS)
    root = etree.fromstring(answer.get_data())
    report_schema.assertValid(root)
    assert (root.find("ows:Exception", NS).get("exceptionCode"), answer.status_code) == (code, status)


@pytest.mark.parametrize(
    ("key", "value", "advice"),
    [
        ("TIME", "2022-05-15", 'give SUBSET=phenomenonTime("…","…").'),
        ("BBOX", "0,49,1,50", "Give SUBSET instead."),
        ("CQL", "cloudCover<10", "Leave it out."),
        ("datetime", "2022-05-15", "Give SUBSET instead."),
    ],
)
def test_a_key_that_would_choose_scenes_is_refused_and_not_dropped(ask, key, value, advice):
    answer = ask(REQUEST="DescribeEOCoverageSet", EOID=SERIES, **KEYS, **{key: value})
    (found,) = etree.fromstring(answer.get_data()).iter("{*}Exception")
    assert (answer.status_code, found.get("exceptionCode")) == (400, "InvalidParameterValue")
    assert found.get("locator") == key.upper()
    assert "".join(found.itertext()).strip().endswith(advice)


def test_keys_of_a_connection_do_not_hinder_a_set(describe_set):
    assert ids(describe_set(EOID=SERIES, EXPR="NDWI", DEFAULT_TIME="2022-05-15", token="s3", _="17")) == ids(
        describe_set(EOID=SERIES)
    )


def test_the_example_of_the_standard_posted_is_answered(client, shared):
    path = shared / "schemas/ogc/wcs/wcseo/1.0/examples/wcseo_requestDescribeEOCoverageSet.xml"
    text = path.read_text(encoding="utf-8").replace("someDatasetSeries1", SERIES)
    answer = client.post("/wcs", data=text, content_type="text/xml")
    assert answer.status_code == 200
    assert etree.fromstring(answer.get_data()).get("numberMatched") == "1"


# Datasets


def positions(root):
    """The footprint, x first."""
    numbers = np.array(root.findtext(".//eop:Footprint//gml:posList", namespaces=NS).split(), float).reshape(-1, 2)
    return shapely.Polygon(numbers[:, ::-1])


def test_the_footprint_is_the_outline_of_the_file(describe, site):
    shape = positions(describe(SCENE))
    with rasterio.open(site.band(SCENE, "B02")) as file:
        corners = [file.transform @ at for at in ((0, 0), (file.width, 0), (file.width, file.height), (0, file.height))]
        outline = shapely.Polygon(
            zip(*rasterio.warp.transform(file.crs, "EPSG:4326", *zip(*corners, strict=True)), strict=True)
        )
    assert shapely.intersection(shape, outline).area == pytest.approx(outline.area, rel=1e-3)
    assert shape.area == pytest.approx(outline.area, rel=1e-3)


def test_the_time_is_that_of_the_scene(describe):
    root = describe(SCENE)
    begin = root.findtext(".//om:phenomenonTime//gml:beginPosition", namespaces=NS)
    assert begin.startswith("2022-07-19T11:06:28")


def test_a_dataset_has_the_grid_of_its_file(describe, site):
    root = describe(SCENE)
    with rasterio.open(site.band(SCENE, "B02")) as file:
        x, y = file.transform @ (0.5, 0.5)
        size = f"{file.width - 1} {file.height - 1}"
    assert root.findtext(".//gml:high", namespaces=NS) == size
    assert [float(n) for n in root.findtext(".//gml:origin//gml:pos", namespaces=NS).split()] == [x, y]


@pytest.mark.parametrize("name", [SCENE, "S2B_30UYV_20220515_0_L2A"])
def test_a_dataset_gives_the_numbers_of_its_files_alone(get_coverage, site, name):
    got = get_coverage(name, RANGESUBSET="B04", UNITS="DN")
    with rasterio.open(site.band(name, "B04")) as file:
        assert got.crs == file.crs.to_string()
        assert got.transform == file.transform
        np.testing.assert_array_equal(got.values[0], file.read(1))


def test_a_dataset_may_be_trimmed_in_degrees(get_coverage):
    got = get_coverage(
        SCENE,
        ("SUBSET", "Lat(49.295,49.3)"),
        ("SUBSET", "Long(0.001,0.005)"),
        SUBSETTINGCRS="EPSG:4326",
        OUTPUTCRS="EPSG:32631",
        RANGESUBSET="B04",
    )
    assert (got.transform.a, got.crs) == (10.0, "EPSG:32631")


def test_the_file_of_a_dataset_is_named_after_it(ask):
    answer = ask(REQUEST="GetCoverage", COVERAGEID=SCENE, RANGESUBSET="B04", **KEYS)
    assert f'filename="{SCENE}_' in answer.headers["Content-Disposition"]


@pytest.fixture
def get_gml(ask, valid):
    def get(name, *pairs, **keys):
        answer = ask(*pairs, REQUEST="GetCoverage", COVERAGEID=name, FORMAT="application/gml+xml", **KEYS, **keys)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return valid(etree.fromstring(answer.get_data()))

    return get


def test_a_dataset_in_gml_is_of_its_own_type_with_its_metadata(get_gml):
    root = get_gml(SCENE, RANGESUBSET="SCL")
    assert root.tag == f"{{{NS['wcseo']}}}RectifiedDataset"
    assert root.findtext(".//eop:identifier", namespaces=NS) == SCENE


def test_the_footprint_of_a_part_lies_in_it(get_gml):
    root = get_gml(SCENE, ("SUBSET", "E(282000,282200)"), RANGESUBSET="SCL")
    shape = positions(root)
    west, _, east, _ = rasterio.warp.transform_bounds("EPSG:32631", "EPSG:4326", 282000, 5464200, 282200, 5466120)
    assert west - 1e-6 <= shape.bounds[0] < shape.bounds[2] <= east + 1e-6


def test_the_lineage_tells_the_request(get_gml):
    root = get_gml(SCENE, RANGESUBSET="SCL", access_token="hidden")
    address = root.find(".//wcseo:lineage//ows:Reference", NS).get(f"{XLINK}href")
    assert address.startswith("http://localhost/wcs?")
    assert f"COVERAGEID={SCENE}" in address
    assert "hidden" not in address


@pytest.mark.parametrize(
    ("subset", "code"),
    [("E(282000)", "InvalidSubsetting"), ('time("2022-07-19")', "InvalidAxisLabel"), ("z(1,2)", "InvalidAxisLabel")],
)
def test_a_dataset_is_not_sliced(ask, subset, code):
    answer = ask(REQUEST="GetCoverage", COVERAGEID=SCENE, SUBSET=subset, **KEYS)
    assert answer.status_code == 404
    assert f'exceptionCode="{code}"' in answer.get_data(as_text=True)


def test_an_unknown_dataset_is_no_coverage(ask):
    answer = ask(REQUEST="GetCoverage", COVERAGEID="S2A_00XXX_20220719_0_L2A", **KEYS)
    assert (answer.status_code, 'exceptionCode="NoSuchCoverage"' in answer.get_data(as_text=True)) == (404, True)


# Mosaics


@pytest.fixture(scope="session")
def mosaic(describe_set):
    return next(one for one in ids(describe_set(EOID=SERIES)) if one.endswith(".20220719"))


def test_a_mosaic_has_the_numbers_of_its_day(get_coverage, mosaic):
    layer = mosaic.rpartition(".")[0]
    got = get_coverage(mosaic, RANGESUBSET="B04") if layer == "s2_l2a" else get_coverage(mosaic)
    same = get_coverage(layer, TIME="2022-07-19", **({"RANGESUBSET": "B04"} if layer == "s2_l2a" else {}))
    assert got.transform == same.transform
    np.testing.assert_array_equal(got.values, same.values)


def test_a_mosaic_in_gml_names_its_datasets_with_what_they_contribute(get_gml, mosaic):
    root = get_gml(mosaic, SCALESIZE="i(20),j(10)")
    assert root.tag == f"{{{NS['wcseo']}}}RectifiedStitchedMosaic"
    told = root.xpath("//wcseo:dataset/wcs:CoverageId/text()", namespaces=NS)
    assert sorted(told) == ["S2A_30UYV_20220719_0_L2A", SCENE]
    assert len(root.xpath("//wcseo:contributingFootprint", namespaces=NS)) == 2


def test_the_time_of_a_mosaic_spans_its_scenes(describe, mosaic):
    root = describe(mosaic)
    begin, end = (
        root.findtext(f".//om:phenomenonTime//gml:{name}Position", namespaces=NS) for name in ("begin", "end")
    )
    assert begin[:10] == end[:10] == "2022-07-19"
    assert begin <= end
