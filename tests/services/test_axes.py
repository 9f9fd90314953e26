"""A file in any kind of system stands, for every service, where rasterio finds it, in the authority's order of axes."""

import io
import json

import numpy as np
import pyproj
import pytest
import rasterio
from lxml import etree
from PIL import Image
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.web.app import Settings, mount_services

# Upper left corner and size of a pixel; whether the authority has y first.
PLACES = {
    3031: (1_000_000.0, 500_000.0, 1000.0, False),
    3413: (-1_200_000.0, 300_000.0, 1000.0, False),
    3571: (-1_200_000.0, 300_000.0, 1000.0, False),
    5041: (2_200_000.0, 1_500_000.0, 1000.0, False),
    32661: (2_200_000.0, 1_500_000.0, 1000.0, True),
    32761: (2_200_000.0, 1_500_000.0, 1000.0, True),
    3035: (4_000_000.0, 3_000_000.0, 1000.0, True),
    2053: (-60_000.0, 3_400_000.0, 100.0, False),
    5513: (1_100_000.0, 700_000.0, 100.0, False),
}
COLS, ROWS = 60, 40
NS = {"gml": "http://www.opengis.net/gml/3.2", "w": "http://www.opengis.net/wms", "t": "http://www.opengis.net/wmts/1.0",
      "o": "http://www.opengis.net/ows/1.1"}  # fmt: skip
GET = "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=c"


def values():
    return np.arange(1, COLS * ROWS + 1, dtype=np.uint16).reshape(ROWS, COLS)


@pytest.fixture(scope="module")
def get(tmp_path_factory):
    """Answers of a server with a layer `c<code>` for each system."""
    folder = tmp_path_factory.mktemp("axes")
    collections, layers, sets = [], [], []
    for code, (x, y, pixel, _) in PLACES.items():
        write_tiff(folder / f"{code}/a_20200101.tif", values(), x=x, y=y, pixel=pixel, crs=f"EPSG:{code}", name="v")
        collections.append(f"  c{code}: {{profile: generic, source: '{code}'}}\n")
        layers.append(f"  - {{name: c{code}, collection: c{code}, style: plain}}\n")
        sets.append(
            f"  S{code}: {{crs: 'EPSG:{code}', origin: [{x}, {y}], resolutions: [{pixel}], "
            f"extent: [{x}, {y - 256 * pixel}, {x + 256 * pixel}, {y}]}}\n"
        )
    (folder / "styles").mkdir()
    (folder / "styles/plain.yml").write_text("kind: ramp\nchannels: [v]\nrange: [0, 2400]\n")
    crs = ", ".join(f"'EPSG:{code}'" for code in PLACES)
    text = f"crs: ['EPSG:3857', 'EPSG:4326', {crs}]\nfolders: {{styles: styles}}\n"
    text += f"collections:\n{''.join(collections)}layers:\n{''.join(layers)}tile_matrix_sets:\n{''.join(sets)}"
    made = open_archive(folder, text)
    client = mount_services(made.engine, Settings()).test_client()
    yield client.get
    made.engine.close()


def placed(code):
    """Box of the whole file, x first, and the place of its first cell's centre in the order of the authority."""
    x, y, pixel, turned = PLACES[code]
    centre = (x + pixel / 2, y - pixel / 2)
    return (x, y - ROWS * pixel, x + COLS * pixel, y), centre[::-1] if turned else centre


def ordered(code, box):
    """A box in the order of the authority."""
    return (box[1], box[0], box[3], box[2]) if PLACES[code][3] else box


def numbers(text):
    return tuple(map(float, text.replace(",", " ").split()))


@pytest.mark.parametrize("code", PLACES)
def test_a_coverage_leaves_where_the_file_lies(get, code):
    box, _ = placed(code)
    answer = get(f"{GET}{code}&FORMAT=image/tiff")
    with rasterio.MemoryFile(answer.data) as memory, memory.open() as file:
        assert tuple(file.bounds) == box
        assert file.crs.to_epsg() == code
        np.testing.assert_array_equal(file.read(1), values())


@pytest.mark.parametrize("code", PLACES)
def test_a_description_has_the_order_of_the_authority(get, code):
    box, centre = placed(code)
    root = etree.fromstring(get(f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID=c{code}").data)
    envelope = root.find(".//gml:Envelope", NS)
    corners = numbers(envelope.findtext("gml:lowerCorner", namespaces=NS)) + numbers(
        envelope.findtext("gml:upperCorner", namespaces=NS)
    )
    assert corners == ordered(code, box)
    assert numbers(root.findtext(".//gml:origin//gml:pos", namespaces=NS)) == centre
    across, down = (numbers(vector.text) for vector in root.iterfind(".//gml:offsetVector", NS))
    turn = -1 if PLACES[code][3] else 1
    assert (across[::turn][1], down[::turn][0]) == (0, 0)
    assert across[::turn][0] > 0 > down[::turn][1]


@pytest.mark.parametrize("code", PLACES)
def test_subsets_go_by_the_published_labels(get, code):
    x, y, pixel, _ = PLACES[code]
    root = etree.fromstring(get(f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID=c{code}").data)
    labels = root.find(".//gml:Envelope", NS).get("axisLabels").split()
    part = ordered(code, (x + 10 * pixel, y - 30 * pixel, x + 14 * pixel, y - 28 * pixel))
    subsets = "".join(f"&SUBSET={labels[i]}({part[i]},{part[i + 2]})" for i in (0, 1))
    with rasterio.MemoryFile(get(f"{GET}{code}&FORMAT=image/tiff{subsets}").data) as memory, memory.open() as file:
        np.testing.assert_array_equal(file.read(1), values()[28:30, 10:14])


@pytest.mark.parametrize("code", PLACES)
def test_the_first_version_with_an_order_has_that_of_the_authority(get, code):
    x, y, pixel, _ = PLACES[code]
    root = etree.fromstring(get(f"/wcs?SERVICE=WCS&VERSION=1.1.1&REQUEST=DescribeCoverage&IDENTIFIERS=c{code}").data)
    _, centre = placed(code)
    assert numbers(root.findtext(".//{*}GridOrigin")) == pytest.approx(centre)
    # Of the centres of two by three cells.
    part = ordered(code, (x + 10.5 * pixel, y - 29.5 * pixel, x + 11.5 * pixel, y - 27.5 * pixel))
    asked = ",".join(map(str, part))
    answer = get(
        f"/wcs?SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&IDENTIFIER=c{code}&FORMAT=image/tiff"
        f"&BOUNDINGBOX={asked},urn:ogc:def:crs:EPSG::{code}&GRIDBASECRS=urn:ogc:def:crs:EPSG::{code}"
    )
    body = answer.data[answer.data.index(b"II*\0") :]
    with rasterio.MemoryFile(body) as memory, memory.open() as file:
        np.testing.assert_array_equal(file.read(1), values()[27:30, 10:12])


@pytest.mark.parametrize("code", PLACES)
def test_a_map_reads_its_box_in_the_order_of_the_authority(get, code):
    box, _ = placed(code)
    asked = ",".join(map(str, ordered(code, box)))
    answer = get(
        f"/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=c{code}&STYLES=&FORMAT=image/png&CRS=EPSG:{code}"
        f"&BBOX={asked}&WIDTH={COLS}&HEIGHT={ROWS}&TRANSPARENT=TRUE"
    )
    drawn = np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))
    assert (drawn[..., 3] == 255).all()
    # Values grow from the first row to the last, and green with them.
    rows = drawn[..., 1].astype(float).mean(1)
    assert (np.diff(rows) > 0).all()


@pytest.mark.parametrize("code", PLACES)
def test_the_bounding_box_of_a_map_layer_is_that_of_the_file(get, code):
    box, _ = placed(code)
    root = etree.fromstring(get("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities").data)
    (layer,) = (
        found for found in root.iterfind(".//w:Layer", NS) if found.findtext("w:Name", namespaces=NS) == f"c{code}"
    )
    (found,) = (b for b in layer.iterfind("w:BoundingBox", NS) if b.get("CRS") == f"EPSG:{code}")
    assert tuple(float(found.get(key)) for key in ("minx", "miny", "maxx", "maxy")) == pytest.approx(ordered(code, box))


@pytest.mark.parametrize("code", PLACES)
def test_the_corner_of_a_tile_matrix_is_in_the_order_of_the_authority(get, code):
    x, y, _, turned = PLACES[code]
    root = etree.fromstring(get("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities").data)
    (found,) = (
        s for s in root.iterfind(".//t:TileMatrixSet", NS) if s.findtext("o:Identifier", namespaces=NS) == f"S{code}"
    )
    assert numbers(found.findtext(".//t:TopLeftCorner", namespaces=NS)) == ((y, x) if turned else (x, y))


@pytest.mark.parametrize("code", PLACES)
def test_text_formats_have_the_order_of_the_authority(get, code):
    _, centre = placed(code)
    gml = etree.fromstring(get(f"{GET}{code}&FORMAT=application/gml%2Bxml").data)
    assert numbers(gml.findtext(".//gml:origin//gml:pos", namespaces=NS)) == centre
    text = json.loads(get(f"{GET}{code}&FORMAT=application/prs.coverage%2Bjson").data)
    axes, order = text["domain"]["axes"], text["domain"]["referencing"][0]["coordinates"]
    assert tuple(axes[name]["start"] for name in order) == centre


@pytest.mark.parametrize("code", PLACES)
def test_the_centre_on_earth_is_where_proj_has_it(get, code):
    box, _ = placed(code)
    lon, lat = pyproj.Transformer.from_crs(code, 4326, always_xy=True).transform(
        (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    )
    root = etree.fromstring(get("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities").data)
    (layer,) = (
        found for found in root.iterfind(".//w:Layer", NS) if found.findtext("w:Name", namespaces=NS) == f"c{code}"
    )
    west, east, south, north = (float(side.text) for side in layer.find("w:EX_GeographicBoundingBox", NS))
    assert west < lon < east
    assert south < lat < north
