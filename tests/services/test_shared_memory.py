"""Every answer takes its memory out of one purse, and gives it back."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from bandstand.caching.purse import Purse

COVERAGE = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageId": "s2_l2a"}
LARGE = COVERAGE | {"scaleSize": "E(700),N(700)", "format": "image/tiff"}
MAP = {
    "service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "s2_l2a", "styles": "", "crs": "EPSG:3857",
    "width": "256", "height": "256", "bbox": "-20000,6690000,40000,6750000", "format": "image/png",
}  # fmt: skip
QUERY = {"service": "WCS", "version": "2.0.1", "request": "ProcessCoverages"}
REQUESTS = {
    "map": ("/wms", MAP),
    "tile": ("/xyz/s2_l2a/14/8191/5604.png", {}),
    "coverage": ("/wcs", LARGE),
    "netCDF": ("/wcs", LARGE | {"format": "application/netcdf"}),
    "beside its description": ("/wcs", LARGE | {"mediaType": "multipart/related"}),
    "dates": ("/wcs", COVERAGE | {"format": "application/netcdf", "time": "2020/2030"}),
    "number": ("/wcs", QUERY | {"query": "for $c in (dem) return max($c)"}),
    "several": ("/wcs", QUERY | {"query": 'for $c in (dem, landcover) return encode($c, "image/tiff")'}),
}


@pytest.fixture
def purse(site_engine, monkeypatch):
    def give(limit, wait_s=0.0):
        made = Purse(limit, wait_s)
        monkeypatch.setattr(site_engine, "purse", made)
        monkeypatch.setattr(site_engine, "process", replace(site_engine.process, purse=made))
        return made

    return give


def ask(client, kind, **options):
    path, keys = REQUESTS[kind]
    return client.get(f"{path}?{urlencode(keys)}", **options)


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_answer_gives_back_what_it_took(client, purse, kind):
    shared = purse(2 * 10**9)
    taken, take = [], shared.take
    shared.take = lambda nbytes, turn: taken.append(nbytes) or take(nbytes, turn)
    answer = ask(client, kind)
    assert answer.status_code == 200
    assert taken
    assert answer.data
    assert shared.held == 0


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_answer_that_never_fits_is_refused_as_too_large(client, purse, kind):
    purse(1000)
    answer = ask(client, kind)
    assert answer.status_code == 400
    assert "server.memory_bytes" in answer.text


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_answer_that_does_not_fit_now_is_refused_for_a_while(client, purse, kind):
    shared = purse(2 * 10**9)
    shared._held = shared.limit
    answer = ask(client, kind)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "hold the memory" in answer.text
    assert shared.held == shared.limit


def test_an_answer_that_is_broken_off_gives_back_what_it_took(client, purse):
    shared = purse(2 * 10**9)
    answer = ask(client, "coverage", buffered=False)
    next(answer.iter_encoded())
    answer.close()
    assert shared.held == 0


def test_a_question_for_the_headers_alone_holds_nothing(client, purse):
    shared = purse(2 * 10**9)
    assert client.head(f"/wcs?{urlencode(LARGE)}").status_code == 200
    assert shared.held == 0
