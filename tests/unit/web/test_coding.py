"""Documents go out in the coding that the client likes best, pictures as they are, each with a tag of its own."""

import gzip
import io
import json

import imagecodecs
import pytest
from PIL import Image
from tests.unit.web.test_mount import TILE

from bandstand.model.exchange import Response
from bandstand.web.coding import encoded, preferred, tagged

CAPABILITIES = "/wms?SERVICE=WMS&REQUEST=GetCapabilities"
DOCUMENTS = [
    CAPABILITIES,
    f"{CAPABILITIES}&VERSION=1.1.1",
    "/wmts/1.0.0/WMTSCapabilities.xml",
    "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
    "/wcs?SERVICE=WCS&REQUEST=GetCapabilities",
    "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=1.0.0",
    "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&ACCEPTVERSIONS=1.1.1",
    "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID=s2_l2a",
    "/wcs?SERVICE=WCS&VERSION=1.0.0&REQUEST=DescribeCoverage&COVERAGE=s2_l2a",
    "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMetadata&LAYER=ndvi",
    "/api/layers",
    "/docs/expressions",
    "/",
    "/static/portal.js",
    "/static/portal.css",
]
LEGEND = "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=ndvi"
GML = (
    "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=ndvi&FORMAT=application/gml%2Bxml"
    "&SUBSET=E(281680,281980)&SUBSET=N(5464780,5465080)"
)
DECODERS = {
    "gzip": gzip.decompress,
    "br": lambda body: bytes(imagecodecs.brotli_decode(body)),
    "zstd": lambda body: bytes(imagecodecs.zstd_decode(body)),
}


@pytest.mark.parametrize("coding", DECODERS)
@pytest.mark.parametrize("path", [*DOCUMENTS, GML])
def test_a_document_comes_in_the_coding_that_is_accepted(client, path, coding):
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": coding})
    assert packed.headers["Content-Encoding"] == coding
    assert DECODERS[coding](packed.get_data()) == plain.get_data()
    assert len(packed.get_data()) < len(plain.get_data()) / 1.5
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"]


@pytest.mark.parametrize("path", [*DOCUMENTS, GML])
def test_caches_are_told_that_it_depends_on_the_codings_accepted(client, path):
    for accepted in ("", "gzip"):
        answer = client.get(path, headers={"Accept-Encoding": accepted})
        assert "Accept-Encoding" in answer.headers.getlist("Vary")


@pytest.mark.parametrize("path", [*DOCUMENTS, GML])
def test_every_representation_has_a_strong_tag_of_its_own(client, path):
    tags = [client.get(path, headers={"Accept-Encoding": coding}).headers["ETag"] for coding in ("", "gzip")]
    assert len(set(tags)) == 2
    assert all(tag.startswith('"') for tag in tags)
    for tag, coding in zip(tags, ("", "gzip"), strict=True):
        again = client.get(path, headers={"Accept-Encoding": coding, "If-None-Match": tag})
        assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
        assert "Accept-Encoding" in again.headers.getlist("Vary")
        assert "Content-Encoding" not in again.headers


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_other_representation_is_not_taken_for_the_one_that_is_kept(client, path):
    tag = client.get(path).headers["ETag"]
    answer = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")


@pytest.mark.parametrize("accepted", ["", "gzip"])
@pytest.mark.parametrize("path", [*DOCUMENTS, LEGEND, "/xyz/ndvi/tilejson.json"])
def test_head_has_the_headers_of_get(client, path, accepted):
    got, head = (client.open(path, method=m, headers={"Accept-Encoding": accepted}) for m in ("GET", "HEAD"))
    assert head.get_data() == b""
    for name in ("Content-Length", "Content-Encoding", "Content-Type", "ETag", "Vary"):
        assert head.headers.get(name) == got.headers.get(name)
    assert int(got.headers["Content-Length"]) == len(got.get_data())


@pytest.mark.parametrize("path", [TILE, LEGEND])
def test_a_picture_is_never_packed_again(client, path):
    answer = client.get(path, headers={"Accept-Encoding": "gzip, br, zstd"})
    assert not {"Content-Encoding", "Vary"} & set(answer.headers.keys())
    Image.open(io.BytesIO(answer.get_data())).load()


@pytest.mark.parametrize(
    "path", [LEGEND, f"{LEGEND}&FORMAT=application/json", "/xyz/ndvi/tilejson.json", "/api/colormaps"]
)
def test_an_answer_that_may_be_kept_can_be_asked_for_again(client, path):
    answer = client.get(path)
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_a_tag_is_of_the_bytes(client):
    tags = {client.get(f"{LEGEND}&COLORMAP={name}").headers["ETag"] for name in ("viridis", "magma", "viridis")}
    assert len(tags) == 2
    assert client.get(LEGEND).headers["ETag"] == client.get(LEGEND).headers["ETag"]


def test_a_short_document_is_sent_as_it_is(client):
    answer = client.get("/xyz/ndvi/1/0/9.png", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 404
    assert "Content-Encoding" not in answer.headers
    assert json.loads(answer.get_data())["status"] == 404


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("gzip;q=0", ""),
        ("*", "zstd"),
        ("*;q=0.1, gzip", "gzip"),
        ("zstd;q=0, *;q=0.5", "br"),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("gzip;q=nonsense", ""),
        ("deflate", ""),
        ("gzip ; q = 0.3", "gzip"),
    ],
)
def test_the_coding_with_the_highest_weight_is_taken(accept, coding):
    assert preferred(accept, ("zstd", "br", "gzip")) == coding


@pytest.mark.parametrize(
    ("media_type", "packed"),
    [
        ("text/xml", True),
        ("application/vnd.ogc.wms_xml", True),
        ("application/vnd.ogc.se_xml; charset=utf-8", True),
        ("application/vnd.ogc.gml", True),
        ("application/gml+xml", True),
        ("application/geo+json", True),
        ("application/problem+json", True),
        ("application/prs.coverage+json", True),
        ("image/svg+xml", True),
        ("text/javascript; charset=utf-8", True),
        ("image/png", False),
        ("image/tiff", False),
        ("application/netcdf", False),
        ("multipart/related; type=text/xml", False),
    ],
)
def test_what_is_text_is_packed(media_type, packed):
    answer = encoded(Response(media_type=media_type, body=b"a" * 5000), "gzip", "")
    assert (("Content-Encoding", "gzip") in answer.headers) == packed


def test_a_body_in_parts_is_packed_while_it_is_sent():
    taken = []

    def parts():
        for number in range(100):
            taken.append(number)
            yield bytes([number]) * 100_000

    answer = encoded(Response(media_type="text/xml", body=parts(), length=10_000_000, etag="a"), "gzip", "")
    body = iter(answer.body)
    first = next(body)
    assert len(taken) < 100
    assert (answer.length, answer.etag) == (None, "a-gzip")
    assert gzip.decompress(first + b"".join(body)) == b"".join(bytes([n]) * 100_000 for n in range(100))


def test_what_may_not_be_kept_has_no_tag():
    for headers in ((), (("Cache-Control", "no-store"),)):
        assert tagged(Response(body=b"x", headers=headers)).etag == ""
