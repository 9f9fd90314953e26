"""Web Mercator by any of its names, wherever a service reads the name of a system."""

import io
from urllib.parse import quote

import numpy as np
import pytest
import rasterio
from PIL import Image

NAMES = (
    "EPSG:900913", "EPSG:102100", "EPSG:102113", "ESRI:102100", "esri:102113", "urn:x-ogc:def:crs:EPSG:3857",
    "urn:x-ogc:def:crs:EPSG:900913", "urn:ogc:def:crs:EPSG:6.18:3857", "http://www.opengis.net/def/crs/ESRI/0/102100",
)  # fmt: skip
BOX = "-4000,6325000,0,6327000"
MAP = f"/wms?SERVICE=WMS&REQUEST=GetMap&LAYERS=elevation&STYLES=&FORMAT=image/png&BBOX={BOX}&WIDTH=40&HEIGHT=30"
OLD = f"/wcs?SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE=elevation&BBOX={BOX}&WIDTH=40&HEIGHT=30&FORMAT=tiff"
MIDDLE = f"/wcs?SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&IDENTIFIER=elevation&FORMAT=image/tiff&BOUNDINGBOX={BOX}"
NEW = "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=elevation&FORMAT=image/tiff"
TRIM = "&SUBSET=E(-4000,0)&SUBSET=N(6325000,6327000)"
TILE = (
    "/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER=elevation&STYLE=&FORMAT=image/png&TILEROW=1401&TILECOL=2047"
)
QUERY = 'for $c in (elevation) return encode(crsTransform($c, "{}"), "image/tiff")'
WAYS = {
    "map 1.3.0": lambda name: f"{MAP}&VERSION=1.3.0&CRS={quote(name)}",
    "map 1.1.1": lambda name: f"{MAP}&VERSION=1.1.1&SRS={quote(name)}",
    "coverage 1.0.0": lambda name: f"{OLD}&CRS={quote(name)}",
    "response 1.0.0": lambda name: f"{OLD}&CRS=EPSG:3857&RESPONSE_CRS={quote(name)}",
    "box 1.1.1": lambda name: f"{MIDDLE},{quote(name)}",
    "grid 1.1.1": lambda name: f"{MIDDLE},EPSG:3857&GRIDBASECRS={quote(name)}",
    "subsetting 2.0.1": lambda name: f"{NEW}{TRIM}&SUBSETTINGCRS={quote(name)}",
    "output 2.0.1": lambda name: f"{NEW}{TRIM}&SUBSETTINGCRS=EPSG:3857&OUTPUTCRS={quote(name)}",
    "query": lambda name: f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=ProcessCoverages&QUERY={quote(QUERY.format(name))}",
    "tile": lambda name: f"{TILE}&TILEMATRIXSET={quote(name)}&TILEMATRIX={quote(name)}:12",
}


def pixels(answer):
    assert answer.status_code == 200, answer.text
    if answer.content_type.startswith("image/png"):
        return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))
    with rasterio.MemoryFile(answer.data[answer.data.index(b"II*\0") :]) as memory, memory.open() as file:
        return file.read()


@pytest.mark.parametrize("way", WAYS)
def test_every_service_knows_the_names_of_web_mercator(client, way):
    expected = pixels(client.get(WAYS[way]("EPSG:3857")))
    for name in NAMES:
        np.testing.assert_array_equal(pixels(client.get(WAYS[way](name))), expected)
