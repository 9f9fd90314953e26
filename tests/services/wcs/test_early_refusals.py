"""What cannot be given in its format is refused before anything of it is computed."""

from urllib.parse import urlencode

import pytest

from bandstand.read.library import Library

COVERAGE = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageId": "s2_l2a"}
BOX = {"boundingBox": "-0.1,51.4,0.1,51.6,urn:ogc:def:crs:OGC::CRS84"}
MAP = {
    "service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "s2_l2a", "styles": "", "crs": "EPSG:3857",
    "width": "64", "height": "64", "bbox": "0,0,20000000,20000000",
}  # fmt: skip


def query(text):
    return {"service": "WCS", "version": "2.0.1", "request": "ProcessCoverages", "query": f"for $c in (s2_l2a) {text}"}


@pytest.fixture
def nothing_is_read(monkeypatch):
    def read(*_):
        raise AssertionError("something was read")

    monkeypatch.setattr(Library, "read", read)


@pytest.mark.usefixtures("nothing_is_read")
@pytest.mark.parametrize(
    ("path", "keys", "said"),
    [
        ("/wcs", query('return encode(max($c.B04), "text/csv")'), "only a coverage can be encoded"),
        ("/wcs", query('return encode(max($c.B04) + 1, "image/tiff")'), "only a coverage can be encoded"),
        ("/wcs", query('return encode($c.B04 - avg($c.B04), "image/nix")'), "is not offered"),
        ("/wcs", query('return encode($c.B04 - avg($c.B04), "text/csv")'), "is not offered"),
        ("/wcs", query('let $m := max($c.B04) return encode($c.B04 > $m, "nix")'), "is not offered"),
        ("/wcs", query('where max($c.B04) > 0 return encode($c.B04, "nix")'), "is not offered"),
        ("/wcs", query('return encode($c.B04 - avg($c.B04), "image/tiff", "compress=nix")'), "is not offered"),
        ("/wcs", COVERAGE | {"format": "image/nix"}, "is not offered"),
        ("/wcs", COVERAGE | {"mediaType": "multipart/nix"}, "multipart/nix"),
        ("/wcs", COVERAGE | {"geotiff:tilewidth": "17", "geotiff:tiling": "true"}, "17"),
        ("/wcs", COVERAGE | {"version": "1.1.2", "identifier": "s2_l2a", "format": "image/nix"} | BOX, "image/nix"),
        ("/wms", MAP | {"format": "image/nix"}, "image/nix"),
    ],
)
def test_is_refused_unread(client, path, keys, said):
    answer = client.get(f"{path}?{urlencode(keys)}")
    assert answer.status_code in {400, 404}
    assert said in answer.text


@pytest.mark.parametrize(
    "text",
    [
        'encode($c - min($c), "image/png")',
        'encode(switch case max($c) > 1 return {a: $c; b: $c} default return $c, "image/tiff")',
    ],
)
def test_what_hangs_on_numbers_is_computed(client, text):
    keys = query("") | {"query": f"for $c in (dem) return {text}"}
    assert client.get(f"/wcs?{urlencode(keys)}").status_code == 200
