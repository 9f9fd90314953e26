"""GML and multipart coverages: valid, equal to their description node by node, and to the file number by number."""

import email
import email.policy
import io

import numpy as np
import pytest
import rasterio
from lxml import etree

from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

NS = {
    "wcs": "http://www.opengis.net/wcs/2.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "swe": "http://www.opengis.net/swe/2.0",
    "gmlcov": "http://www.opengis.net/gmlcov/1.0",
    "xlink": "http://www.w3.org/1999/xlink",
}
XLINK = "{http://www.w3.org/1999/xlink}"
KEYS = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage"}
AREA = [("SUBSET", "E(282000,282100)"), ("SUBSET", "N(5465000,5465200)")]
GML = "application/gml+xml"


@pytest.fixture(scope="session")
def get_gml(ask, wcs_schema):
    def get(name, *pairs, **keys):
        answer = ask(*pairs, COVERAGEID=name, FORMAT=GML, **KEYS, **keys)
        assert (answer.status_code, answer.content_type) == (200, GML), answer.get_data(as_text=True)
        root = etree.fromstring(answer.get_data())
        wcs_schema.assertValid(root)
        return root

    return get


def numbers(root):
    """(band, y, x), with NaN where the nil value stands."""
    high = [int(n) + 1 for n in root.findtext(".//gml:high", namespaces=NS).split()]
    cells = [cell.split(",") for cell in root.findtext(".//gml:tupleList", namespaces=NS).split()]
    return np.array(cells).astype(np.float64).reshape(high[1], high[0], -1).transpose(2, 0, 1)


@pytest.mark.parametrize("name", ["s2_l2a", "ndvi", "landcover"])
def test_the_numbers_are_those_of_the_file(get_gml, get_coverage, name):
    area = AREA if name != "landcover" else []
    expected = get_coverage(name, *area)
    np.testing.assert_array_equal(numbers(get_gml(name, *area)).astype(np.float32), expected.values.astype(np.float32))


@pytest.mark.parametrize("name", ["ndvi", "landcover", "elevation"])
@pytest.mark.parametrize("part", ["gml:boundedBy", "gml:domainSet", "gmlcov:rangeType", "gml:coverageFunction"])
def test_a_whole_coverage_says_of_itself_what_its_description_says(ask, get_gml, name, part):
    described = etree.fromstring(
        ask(SERVICE="WCS", VERSION="2.0.1", REQUEST="DescribeCoverage", COVERAGEID=name).get_data()
    )
    texts = [
        etree.tostring(root.find(f".//{part}", NS), method="c14n", exclusive=True, with_tail=False)
        for root in (described, get_gml(name))
    ]
    assert texts[0] == texts[1]


def test_the_identifier_is_that_of_the_coverage(get_gml):
    assert get_gml("ndvi", *AREA).get(f"{{{NS['gml']}}}id") == "ndvi"


@pytest.mark.parametrize(
    "subsets",
    [["E(282000,282000)"], ["E(282000)"], ["E(282000)", "N(5465000)"], ["E(282000,282000)", "N(5465000,5465000)"]],
    ids=str,
)
def test_a_part_of_one_cell_a_side_is_a_valid_coverage(get_gml, subsets):
    root = get_gml("ndvi", *(("SUBSET", text) for text in subsets))
    assert root.findtext(".//gml:high", namespaces=NS).split()[0] == "0"


def test_the_part_that_was_asked_for_lies_in_the_envelope(get_gml):
    envelope = get_gml("ndvi", *AREA).find(".//gml:Envelope", NS)
    assert [child.text for child in envelope] == ["282000 5465000", "282100 5465200"]


@pytest.mark.parametrize("crs", ["EPSG/0/3857", "EPSG/0/3035", "EPSG/0/4326"])
def test_the_output_crs_stands_in_every_place(get_gml, crs):
    uri = f"http://www.opengis.net/def/crs/{crs}"
    root = get_gml("ndvi", *AREA, OUTPUTCRS=uri)
    assert set(root.xpath("//@srsName")) == {uri}


def test_range_subsets_choose_the_fields(get_gml):
    root = get_gml("s2_l2a", *AREA, RANGESUBSET="B08,B02:B03")
    assert root.xpath("//swe:field/@name", namespaces=NS) == ["B08", "B02", "B03"]


def test_a_plus_that_nobody_escaped_is_understood(client):
    query = "service=WCS&version=2.0.1&request=GetCoverage&coverageid=ndvi&subset=E(282000)&format=application/gml+xml"
    assert client.get(f"/wcs?{query}").content_type == GML


def test_too_long_a_text_is_refused_before_a_file_is_read(ask):
    answer = ask(COVERAGEID="ndvi", FORMAT=GML, SCALESIZE="i(3000),j(3000)", **KEYS)
    assert answer.status_code == 400
    assert "limits.coverage_text_max_px" in answer.get_data(as_text=True)


# multipart/related


def parts_of(answer):
    """The parts of an answer as a mail client takes it apart."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    head = f"Content-Type: {answer.headers['Content-Type']}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.get_data(), policy=email.policy.HTTP)
    assert message.get_content_type() == "multipart/related"
    return message, list(message.iter_parts())


@pytest.fixture
def get_parts(ask):
    def get(name, *pairs, **keys):
        return parts_of(ask(*pairs, COVERAGEID=name, MEDIATYPE="multipart/related", **KEYS, **keys))

    return get


def test_the_first_part_is_a_valid_description(get_parts, wcs_schema):
    _, (description, _) = get_parts("ndvi", *AREA)
    assert description.get_content_type() == GML
    wcs_schema.assertValid(etree.fromstring(description.get_content()))


def test_the_second_part_is_the_very_file(get_parts, ask):
    _, (_, file) = get_parts("ndvi", *AREA)
    alone = ask(*AREA, COVERAGEID="ndvi", **KEYS)
    assert file.get_content_type() == "image/tiff"
    assert file.get_content() == alone.get_data()


def test_the_description_refers_to_the_file(get_parts):
    _, (description, file) = get_parts("ndvi", *AREA)
    root = etree.fromstring(description.get_content())
    reference = root.findtext(".//gml:fileReference", namespaces=NS)
    assert reference == root.find(".//gml:rangeParameters", NS).get(f"{XLINK}href")
    assert file["Content-ID"] == f"<{reference.removeprefix('cid:')}>"
    assert root.findtext(".//gml:mimeType", namespaces=NS) == file.get_content_type()


def test_the_header_names_the_first_part(get_parts):
    message, (description, _) = get_parts("ndvi", *AREA)
    assert message.get_param("type") == GML
    assert message.get_param("start") == description["Content-ID"]


def test_the_length_is_that_of_all_parts(ask):
    answer = ask(*AREA, COVERAGEID="ndvi", MEDIATYPE="multipart/related", **KEYS)
    assert int(answer.headers["Content-Length"]) == len(answer.get_data())


def test_a_gml_coverage_is_a_part_by_itself(get_parts, wcs_schema):
    _, (only,) = get_parts("ndvi", *AREA, FORMAT=GML)
    root = etree.fromstring(only.get_content())
    wcs_schema.assertValid(root)
    assert root.find(".//gml:tupleList", NS) is not None


def test_the_file_opens(get_parts):
    _, (_, file) = get_parts("s2_l2a", *AREA, RANGESUBSET="B08,B04")
    with rasterio.open(io.BytesIO(file.get_content())) as opened:
        assert opened.descriptions == ("B08", "B04")


def test_with_and_without_parts_are_tagged_differently(ask):
    tags = {
        ask(*AREA, COVERAGEID="ndvi", **KEYS, **keys).headers["ETag"]
        for keys in ({}, {"MEDIATYPE": "multipart/related"})
    }
    assert len(tags) == 2


# The native format


def test_gml_is_native_where_the_configuration_says_so(make_site):
    site = make_site(change=lambda text: text.replace("\nwcs:", f"\nwcs:\n  native_format: {GML}"))
    engine = build_engine(site.config)
    client = mount_services(engine, Settings()).test_client()
    described = etree.fromstring(
        client.get("/wcs?service=WCS&version=2.0.1&request=DescribeCoverage&coverageid=ndvi").get_data()
    )
    told = etree.fromstring(client.get("/wcs?service=WCS&request=GetCapabilities").get_data())
    answer = client.get("/wcs?service=WCS&version=2.0.1&request=GetCoverage&coverageid=ndvi&subset=E(282000)")
    engine.close()
    assert described.findtext(".//wcs:nativeFormat", namespaces=NS) == GML
    assert told.findtext(".//wcs:formatSupported", namespaces=NS) == GML
    assert "http://www.opengis.net/spec/GMLCOV/1.0/conf/gml-coverage" in told.xpath(
        "//*[local-name()='Profile']/text()"
    )
    assert answer.content_type == GML
