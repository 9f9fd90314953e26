"""Without its catalogue a server says so in the form of each protocol, and serves as soon as it comes."""

import pytest
from tests.fixtures.site import plant

from bandstand.catalog import file as catalog_file
from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

MAP = "request=GetMap&layers=s2_l2a&styles=&bbox=0,0,1000,1000&width=64&height=64&format=image/png"
ASKED = {
    "/wms?service=WMS&request=GetCapabilities": b"<ServiceException",
    "/wms?service=WMS&request=GetCapabilities&version=1.1.1": b"<ServiceException",
    f"/wms?service=WMS&version=1.3.0&crs=EPSG:3857&{MAP}": b"<ServiceException",
    f"/wms?service=WMS&version=1.1.1&srs=EPSG:3857&{MAP}": b"<ServiceException",
    "/wms?service=WMS&version=1.3.0&request=GetLegendGraphic&layer=s2_l2a&format=image/png": b"<ServiceException",
    "/wmts?service=WMTS&request=GetCapabilities": b"<ows:ExceptionReport",
    "/xyz/s2_l2a/13/4096/2801.png": b"urn:bandstand:error:CatalogUnavailable",
    "/wcs?service=WCS&version=2.0.1&request=GetCapabilities": b"<ows:ExceptionReport",
    "/wcs?service=WCS&version=2.0.1&request=GetCoverage&coverageId=s2_l2a&scalefactor=0.1": b"<ows:ExceptionReport",
    "/wcs?service=WCS&version=2.0.1&request=DescribeEOCoverageSet&eoid=s2_l2a": b"<ows:ExceptionReport",
    "/wcs?service=WCS&version=1.1.2&request=DescribeCoverage&identifiers=s2_l2a": b"<ows:ExceptionReport",
    "/wcs?service=WCS&version=1.0.0&request=DescribeCoverage&coverage=s2_l2a": b"<ServiceException",
    "/api/layers": b"urn:bandstand:error:CatalogUnavailable",
    "/readyz": b'"failing"',
}


@pytest.fixture(scope="module")
def gone(sample_archive, tmp_path_factory):
    """An engine whose catalogue lies elsewhere, with a client, and both paths."""
    folder = tmp_path_factory.mktemp("gone")
    for name in ("s2_l2a", "landcover", "dem"):
        (folder / name).symlink_to(sample_archive / name)
    site = plant(folder)
    path = site.config.catalog.path
    path.rename(folder / "away")
    engine = build_engine(site.config)
    yield engine, mount_services(engine, Settings()).test_client(), path, folder / "away"
    engine.close()


@pytest.mark.parametrize("address", ASKED)
def test_it_is_told_and_healed(gone, monkeypatch, address):
    monkeypatch.setattr(catalog_file, "_LOOK_S", 0.0)
    engine, client, path, away = gone
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert ASKED[address] in answer.data
    assert "catalog.sqlite is not there" in answer.text
    assert not path.exists()
    away.rename(path)
    assert client.get(address).status_code == 200
    # For the next address nothing is open, as when a process begins.
    path.rename(away)
    engine.catalog.close()
