"""What the tests of WCS share: the schema with its extensions, requests, coverages as arrays."""

import io
from dataclasses import dataclass

import numpy as np
import pytest
import rasterio
from lxml import etree

IMPORTS = {
    "http://www.opengis.net/wcs/2.0": "http://schemas.opengis.net/wcs/2.0/wcsAll.xsd",
    "http://www.opengis.net/wcs/crs/1.0": "http://schemas.opengis.net/wcs/crs/1.0/wcsCrs.xsd",
    "http://www.opengis.net/WCS_service-extension_scaling/1.0": "http://schemas.opengis.net/wcs/scaling/1.0/wcsScal.xsd",
    "http://www.opengis.net/wcs/range-subsetting/1.0": "http://schemas.opengis.net/wcs/range-subsetting/1.0/wcsRsub.xsd",
}


@pytest.fixture(scope="session")
def wcs_schema(shared):
    """WCS 2.0.1 with those of its extensions that do not define elements of our capabilities otherwise."""
    imports = "".join(f'<xs:import namespace="{name}" schemaLocation="{at}"/>' for name, at in IMPORTS.items())
    wrapper = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(wrapper, etree.XMLParser(no_network=True)))


@pytest.fixture(scope="session")
def report_schema(shared):
    path = shared / "schemas" / "ogc" / "ows" / "2.0" / "owsAll.xsd"
    return etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True)))


@pytest.fixture(scope="session")
def ask(client):
    """Sends a WCS request: pairs, since keys repeat."""

    def send(*pairs, method="GET", **keys):
        return client.open("/wcs", method=method, query_string=[*keys.items(), *pairs])

    return send


@dataclass(frozen=True)
class Coverage:
    """A GeoTIFF that came over the wire, read by rasterio."""

    values: np.ndarray
    crs: str
    transform: rasterio.Affine
    nodata: float | None
    names: tuple[str, ...]
    tags: dict[str, str]
    headers: dict[str, str]

    @property
    def bounds(self):
        return rasterio.transform.array_bounds(*self.values.shape[1:], self.transform)


def read_coverage(answer):
    """The coverage of a response; the report is shown where it is none."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "image/tiff"
    with rasterio.open(io.BytesIO(answer.get_data())) as file:
        return Coverage(
            file.read(),
            file.crs.to_string(),
            file.transform,
            file.nodata,
            file.descriptions,
            file.tags(),
            dict(answer.headers),
        )


@pytest.fixture(scope="session")
def get_coverage(ask):
    """GetCoverage with these pairs and keys, as a `Coverage`."""

    def get(name, *pairs, **keys):
        return read_coverage(
            ask(*pairs, SERVICE="WCS", VERSION="2.0.1", REQUEST="GetCoverage", COVERAGEID=name, **keys)
        )

    return get
