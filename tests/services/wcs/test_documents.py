"""Capabilities and descriptions: valid, complete, and true to what GetCoverage gives."""

import math

import pytest
from lxml import etree

from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

NS = {
    "wcs": "http://www.opengis.net/wcs/2.0",
    "ows": "http://www.opengis.net/ows/2.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "swe": "http://www.opengis.net/swe/2.0",
    "gmlcov": "http://www.opengis.net/gmlcov/1.0",
    "xlink": "http://www.w3.org/1999/xlink",
}
ALL = ("true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation")
SECTIONS = {
    "ServiceIdentification": "ows:ServiceIdentification",
    "ServiceProvider": "ows:ServiceProvider",
    "OperationsMetadata": "ows:OperationsMetadata",
    "ServiceMetadata": "wcs:ServiceMetadata",
    "Contents": "wcs:Contents",
}


def document(answer, schema=None):
    assert answer.status_code == 200, answer.get_data(as_text=True)
    root = etree.fromstring(answer.get_data())
    if schema is not None:
        schema.assertValid(root)
    return root


@pytest.fixture
def capabilities(ask):
    return lambda schema=None, **keys: document(ask(service="WCS", request="GetCapabilities", **keys), schema)


@pytest.fixture
def describe(ask):
    def build(ids, schema=None):
        answer = ask(SERVICE="WCS", VERSION="2.0.1", REQUEST="DescribeCoverage", COVERAGEID=ids)
        return document(answer, schema)

    return build


def test_the_capabilities_are_valid(capabilities, wcs_schema):
    assert capabilities(wcs_schema).tag == "{http://www.opengis.net/wcs/2.0}Capabilities"


@pytest.mark.parametrize("section", SECTIONS)
def test_a_single_section_is_valid_by_itself(capabilities, wcs_schema, section):
    root = capabilities(wcs_schema, sections=section)
    assert [child.tag for child in root] == [f"{{{NS[SECTIONS[section].partition(':')[0]]}}}{section}"]


def test_several_sections_come_in_the_order_of_the_schema(capabilities, wcs_schema):
    root = capabilities(wcs_schema, sections="Contents,ServiceIdentification")
    assert [etree.QName(child).localname for child in root] == ["ServiceIdentification", "Contents"]


def test_every_layer_is_a_coverage(capabilities):
    assert capabilities().xpath("//wcs:CoverageId/text()", namespaces=NS) == list(ALL)


def test_addresses_can_be_prefixed_to_a_query(capabilities):
    addresses = capabilities().xpath("//ows:Get/@xlink:href", namespaces=NS)
    assert len(addresses) == len(capabilities().xpath("//ows:Operation", namespaces=NS))
    assert set(addresses) == {"http://localhost/wcs?"}


def test_the_first_supported_crs_is_that_of_the_first_coverage_and_none_comes_twice(capabilities):
    root = capabilities()
    supported = root.xpath("//*[local-name()='crsSupported']/text()")
    assert supported[0] == root.xpath("//wcs:CoverageSummary/ows:BoundingBox/@crs", namespaces=NS)[0]
    assert len(set(supported)) == len(supported)


def test_both_zones_of_the_scenes_are_supported(capabilities):
    supported = capabilities().xpath("//*[local-name()='crsSupported']/text()")
    assert {f"http://www.opengis.net/def/crs/EPSG/0/{code}" for code in (32630, 32631)} <= set(supported)


def test_capabilities_are_answered_with_304_when_the_client_has_them(client):
    address = "/wcs?service=WCS&request=GetCapabilities"
    tag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("name", ALL)
def test_a_description_is_valid(describe, wcs_schema, name):
    assert describe(name, wcs_schema).xpath("//wcs:CoverageId/text()", namespaces=NS) == [name]


def test_descriptions_of_many_coverages_come_in_the_order_asked(describe, wcs_schema):
    ids = list(reversed(ALL))
    assert describe(",".join(ids), wcs_schema).xpath("//wcs:CoverageId/text()", namespaces=NS) == ids


def test_a_list_literal_as_a_python_client_writes_it_is_understood(describe):
    assert describe("['s2_l2a']").xpath("//wcs:CoverageId/text()", namespaces=NS) == ["s2_l2a"]


@pytest.mark.parametrize("name", ALL)
def test_the_domain_set_and_the_envelope_speak_of_the_same_crs(describe, name):
    root = describe(name)
    envelope = root.xpath("//gml:boundedBy/*/@srsName", namespaces=NS)
    assert envelope == root.xpath("//gml:RectifiedGrid/@srsName", namespaces=NS)


@pytest.mark.parametrize("name", ["ndvi", "landcover", "elevation"])
def test_a_whole_coverage_has_the_grid_and_the_fields_of_its_description(describe, get_coverage, name):
    root = describe(name)
    low, high = (
        [int(n) for n in root.xpath(f"//gml:{end}/text()", namespaces=NS)[0].split()] for end in ("low", "high")
    )
    origin = [float(n) for n in root.xpath("//gml:origin//gml:pos/text()", namespaces=NS)[0].split()]
    vectors = [[float(n) for n in text.split()] for text in root.xpath("//gml:offsetVector/text()", namespaces=NS)]
    if root.xpath("//gml:boundedBy/*/@axisLabels", namespaces=NS)[0] in {"Lat Long", "N E"}:
        origin.reverse()
        vectors = [vector[::-1] for vector in vectors]
    whole = get_coverage(name)
    assert whole.values.shape[1:] == (high[1] - low[1] + 1, high[0] - low[0] + 1)
    assert [whole.transform.a, whole.transform.d] == pytest.approx(vectors[0])
    assert [whole.transform.b, whole.transform.e] == pytest.approx(vectors[1])
    assert whole.transform @ (0.5, 0.5) == pytest.approx(tuple(origin))
    assert list(whole.names) == root.xpath("//swe:field/@name", namespaces=NS)


def test_axis_labels_stand_in_the_order_of_the_crs(describe):
    labels = {
        name: describe(name).xpath("//gml:boundedBy/*/@axisLabels", namespaces=NS)[0]
        for name in ("s2_l2a", "landcover", "elevation")
    }
    assert labels == {"s2_l2a": "E N", "landcover": "N E", "elevation": "Lat Long"}


def test_the_times_of_the_scenes_are_told_and_which_one_is_the_default(describe):
    root = describe("s2_l2a")
    times = root.xpath("//gml:TimeInstant/gml:timePosition/text()", namespaces=NS)
    assert times == ["2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19"]
    assert root.xpath("//*[local-name()='TimeDomain']/@default") == ["2022-07-19"]


@pytest.mark.parametrize("name", ["s2_l2a", "landcover"])
def test_every_time_told_is_accepted_back(describe, get_coverage, name):
    for time in describe(name).xpath("//gml:timePosition/text()", namespaces=NS):
        get_coverage(name, ("SUBSET", f'time("{time}")'), SCALESIZE="i(2),j(2)")


@pytest.mark.parametrize("name", ["ndvi", "landcover", "elevation"])
def test_the_declared_nil_value_is_the_nodata_of_the_file(describe, get_coverage, name):
    (nil,) = describe(name).xpath("//swe:nilValue/text()", namespaces=NS)
    nodata = get_coverage(name, SCALESIZE="i(3),j(3)").nodata
    assert nil == ("NaN" if math.isnan(nodata) else f"{nodata:g}")


def test_a_collection_without_a_scene_is_left_out(make_site, wcs_schema):
    site = make_site(
        change=lambda text: text.replace("  dem:\n", "  empty:\n    profile: dem\n  dem:\n").replace(
            "layers:\n  - title", "layers:\n  - name: nothing\n    collection: empty\n    style: elevation\n  - title"
        )
    )
    engine = build_engine(site.config)
    app = mount_services(engine, Settings()).test_client()
    root = document(app.get("/wcs?service=WCS&request=GetCapabilities"), wcs_schema)
    gone = app.get("/wcs?service=WCS&version=2.0.1&request=DescribeCoverage&coverageid=nothing")
    engine.close()
    assert "nothing" not in root.xpath("//wcs:CoverageId/text()", namespaces=NS)
    assert gone.status_code == 404


# Update sequence and formats (OGC 06-121r9, 7.3)


def test_the_current_update_sequence_gives_a_document_without_parts(capabilities, wcs_schema):
    sequence = capabilities().get("updateSequence")
    root = capabilities(wcs_schema, updatesequence=sequence)
    assert (len(root), dict(root.attrib)["updateSequence"], root.get("version")) == (0, sequence, "2.0.1")


@pytest.mark.parametrize("known", ["0", "-", "yesterday", "1.0"])
def test_an_older_or_unreadable_update_sequence_gives_the_whole_document(capabilities, known):
    assert len(capabilities(updatesequence=known)) == len(SECTIONS)


def test_a_higher_update_sequence_is_refused(ask, capabilities):
    sequence = int(capabilities().get("updateSequence")) + 1
    answer = ask(service="WCS", request="GetCapabilities", updatesequence=str(sequence))
    assert answer.status_code == 400
    assert 'exceptionCode="InvalidUpdateSequence"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("accepted", "media_type"),
    [
        ("text/xml", "text/xml"),
        ("application/xml,text/xml", "application/xml"),
        ("text/html,TEXT/XML", "text/xml"),
        ("image/png", "application/xml"),
    ],
)
def test_the_first_acceptable_format_is_taken(ask, accepted, media_type):
    answer = ask(service="WCS", request="GetCapabilities", acceptformats=accepted)
    assert answer.content_type == media_type


def test_parts_of_the_document_are_tagged_by_what_they_hold(ask):
    tags = {
        ask(service="WCS", request="GetCapabilities", **keys).headers["ETag"]
        for keys in ({}, {"sections": "Contents"}, {"sections": "ServiceMetadata"}, {"acceptformats": "text/xml"})
    }
    assert len(tags) == 4
