"""Global grids from 0 to 360 and from -180 to 180 degrees: the same meridians by any number, in every service."""

import io
import json

import numpy as np
import pytest
import rasterio
from PIL import Image
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.web.app import Settings, mount_services

COLS, ROWS = 72, 36
SIZE = 360 / COLS
WESTS = {"positive": 0.0, "both": -180.0, "odd": -2.5, "part": 300.0}
WCS2 = "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&FORMAT=image/tiff&COVERAGEID="


def columns(name):
    return 12 if name == "part" else COLS


def values(name):
    """Every cell has its own number, every one that reaches across it in longitude alike."""
    west = round(WESTS[name] / SIZE * 2) / 2
    return np.arange(1, ROWS * COLS + 1, dtype=np.uint16).reshape(ROWS, COLS)[
        :, np.floor(np.arange(columns(name)) + west).astype(int) % COLS
    ]


def expected(name, west, count, row=0, rows=ROWS):
    """Cells of a layer from a longitude on, by index arithmetic; 0 where it has none."""
    first = (west - WESTS[name]) / SIZE
    assert first == round(first)
    at = (round(first) + np.arange(count)) % COLS
    known = values(name)
    found = np.zeros((rows, count), np.uint16)
    inside = at < columns(name)
    found[:, inside] = known[row : row + rows, at[inside]]
    return found


@pytest.fixture(scope="module")
def get(tmp_path_factory):
    """Answers of a server with a layer for each of the grids."""
    folder = tmp_path_factory.mktemp("turns")
    for name, west in WESTS.items():
        write_tiff(
            folder / f"{name}/a_20200101.tif",
            values(name),
            x=west,
            y=90,
            pixel=SIZE,
            crs="EPSG:4326",
            nodata=0,
            name="v",
        )
    (folder / "styles").mkdir()
    (folder / "styles/plain.yml").write_text("kind: ramp\nchannels: [v]\nrange: [0, 2600]\n")
    collections = "".join(f"  {name}: {{profile: generic, source: {name}}}\n" for name in WESTS)
    layers = "".join(f"  - {{name: {name}, collection: {name}, style: plain}}\n" for name in WESTS)
    made = open_archive(
        folder,
        "crs: ['EPSG:3857', 'EPSG:4326', 'CRS:84']\nfolders: {styles: styles}\n"
        f"collections:\n{collections}layers:\n{layers}"
        "tile_matrix_sets:\n  Whole: {crs: 'CRS:84', origin: [-180, 90], resolutions: [5], "
        "extent: [-180, -90, 180, 90], tile_size_px: 36}\n",
    )
    client = mount_services(made.engine, Settings()).test_client()
    yield client.get
    made.engine.close()


def tiff(answer):
    assert answer.status_code == 200, answer.text
    body = answer.data[answer.data.index(b"II*\0") :]
    with rasterio.MemoryFile(body) as memory, memory.open() as file:
        return file.read(1), file.transform


def alpha(answer):
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))


WINDOWS = [
    (-180, 72),
    (0, 72),
    (-360, 72),
    (180, 72),
    (-10, 4),
    (350, 4),
    (-5, 2),
    (300, 12),
    (-60, 12),
    (-65, 20),
    (500, 10),
]


def asked(name):
    """The windows of a layer: west and number of cells, on its own cells."""
    return [(west + WESTS[name] % SIZE, count) for west, count in WINDOWS]


EVERY = [(name, west, count) for name in WESTS for west, count in asked(name)]


@pytest.mark.parametrize(("name", "west", "count"), EVERY)
def test_maps_are_drawn_whatever_turns_lie_between(get, name, west, count):
    answer = get(
        f"/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&FORMAT=image/png&TRANSPARENT=TRUE&LAYERS={name}"
        f"&CRS=CRS:84&BBOX={west},-90,{west + count * SIZE},90&WIDTH={count}&HEIGHT={ROWS}"
    )
    drawn, right = alpha(answer), expected(name, west, count)
    np.testing.assert_array_equal(drawn[..., 3] > 0, right > 0)
    # Green grows with the number; equal numbers are painted alike.
    order = np.argsort(right[right > 0], kind="stable")
    assert (np.diff(drawn[..., 1][right > 0][order].astype(int)) >= 0).all()


@pytest.mark.parametrize("name", ["positive", "both"])
@pytest.mark.parametrize("col", [0, 1])
def test_tiles_at_the_size_of_the_file_are_drawn(get, name, col):
    answer = get(
        f"/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER={name}&STYLE=default&FORMAT=image/png"
        f"&TILEMATRIXSET=Whole&TILEMATRIX=0&TILEROW=0&TILECOL={col}"
    )
    assert (alpha(answer)[..., 3] == 255).all()


@pytest.mark.parametrize(("name", "west", "count"), EVERY)
def test_a_box_of_the_first_version_takes_any_meridians(get, name, west, count):
    got, transform = tiff(get(
        f"/wcs?SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&FORMAT=GeoTIFF&COVERAGE={name}&CRS=EPSG:4326"
        f"&BBOX={west},-90,{west + count * SIZE},90&WIDTH={count}&HEIGHT={ROWS}"
    ))  # fmt: skip
    assert transform.c == west
    np.testing.assert_array_equal(got, expected(name, west, count))


@pytest.mark.parametrize(("name", "west", "count"), EVERY)
def test_a_box_of_the_second_version_takes_any_meridians(get, name, west, count):
    box = f"{-87.5},{west + SIZE / 2},{87.5},{west + (count - 0.5) * SIZE}"
    got, transform = tiff(get(
        f"/wcs?SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&FORMAT=image/tiff&IDENTIFIER={name}"
        f"&BOUNDINGBOX={box},urn:ogc:def:crs:EPSG::4326"
    ))  # fmt: skip
    assert transform.c == west
    np.testing.assert_array_equal(got, expected(name, west, count))


@pytest.mark.parametrize(
    ("name", "west", "count"), [e for e in EVERY if e[0] != "part" or e[1:] in {(300, 12), (-60, 12)}]
)
@pytest.mark.parametrize("system", ["", "&SUBSETTINGCRS=http://www.opengis.net/def/crs/OGC/1.3/CRS84"])
def test_an_interval_of_longitudes_means_meridians(get, name, west, count, system):
    got, transform = tiff(get(f"{WCS2}{name}{system}&SUBSET=Long({west},{west + count * SIZE})"))
    assert transform.c == west
    np.testing.assert_array_equal(got, expected(name, west, count))


@pytest.mark.parametrize("name", ["positive", "both", "odd"])
@pytest.mark.parametrize("lon", [-178.7, -0.2, 3.7, 181.2, 359.8, 355.1, -355.1])
def test_a_slice_means_its_meridian(get, name, lon):
    got, _ = tiff(get(f"{WCS2}{name}&SUBSET=Long({lon})&SUBSET=Lat(41)"))
    col = int((lon - WESTS[name]) // SIZE) % COLS
    assert got.tolist() == [[values(name)[int((90 - 41) // SIZE), col]]]


def test_an_interval_of_which_a_coverage_holds_a_part_is_cut(get):
    got, transform = tiff(get(f"{WCS2}part&SUBSET=Long(-80,-40)"))
    assert transform.c == -60
    np.testing.assert_array_equal(got, expected("part", -60, 4))


def test_an_interval_beyond_is_refused_in_the_coverage_s_own_numbers(get):
    answer = get(f"{WCS2}part&SUBSET=Long(-120,-100)")
    assert answer.status_code == 404
    assert "from 300 to 360" in answer.text


@pytest.mark.parametrize("name", ["positive", "both"])
def test_open_ends_stay_those_of_the_coverage(get, name):
    got, transform = tiff(get(f"{WCS2}{name}&SUBSET=Long(100,*)"))
    assert transform.c == 100
    np.testing.assert_array_equal(got, expected(name, 100, round((WESTS[name] + 260) / SIZE)))


def test_more_than_the_world_is_the_coverage(get):
    got, transform = tiff(get(f"{WCS2}positive&SUBSET=Long(-400,400)"))
    assert transform.c == 0
    np.testing.assert_array_equal(got, values("positive"))


@pytest.mark.parametrize(
    ("name", "west", "east"), [("positive", -10, 10), ("positive", -180, 180), ("both", 170, 200), ("both", 0, 360)]
)
def test_queries_take_any_meridians(get, name, west, east):
    query = f'for $c in ({name}) return encode($c[Long({west}:{east})], "image/tiff")'
    got, transform = tiff(get("/wcs", query_string={
        "SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages", "QUERY": query,
    }))  # fmt: skip
    assert transform.c == west
    np.testing.assert_array_equal(got, expected(name, west, round((east - west) / SIZE)))


@pytest.mark.parametrize("name", ["positive", "both"])
@pytest.mark.parametrize("west", [-180, 0, 180, -360])
@pytest.mark.parametrize("col", [0, 17, 36, 71])
def test_the_values_of_a_place_are_found(get, name, west, col):
    answer = get(
        "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&STYLES=&INFO_FORMAT=application/json"
        f"&LAYERS={name}&QUERY_LAYERS={name}&CRS=CRS:84&BBOX={west},-90,{west + 360},90&WIDTH=72&HEIGHT=36&I={col}&J=9"
    )
    found = json.loads(answer.data)
    assert str(int(expected(name, west, COLS)[9, col])) in json.dumps(found)
