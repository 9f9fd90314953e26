"""One layer that cannot be painted or described must not take the others with it; drawn pixels can be asked."""

import html
import io
import json

import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image
from rasterio import Affine

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.check import find_problems
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.model.crs import CRS84, WEB_MERCATOR, transformer
from bandstand.web.app import Settings, mount_services

W = {"w": "http://www.opengis.net/wms"}
WEST, NORTH, SIDE = 300_000.0, 5_500_000.0, 64
HEAD = """
crs: [EPSG:3857, EPSG:4326, EPSG:32631]
catalog: {path: catalog.sqlite}
folders: {styles: styles}
collections:
  red_only: {profile: sentinel-2-l2a, source: red_only}
  four: {profile: generic, source: four}
  photo: {profile: generic, source: photo}
  unseen: {profile: generic, source: unseen}
  uneven: {profile: sentinel-2-l2a, source: uneven}
layers:
  - {name: good, collection: red_only, bands: [B04], style: grey}
"""
ODD = {
    "green_and_blue_are_missing": "  - {name: odd, collection: red_only, style: plain_rgb}\n",
    "nir_is_missing": "  - {name: odd, collection: red_only, expression: NDVI, style: ndvi}\n",
    "no_scene_yet": "  - {name: odd, collection: unseen}\n",
    "four_bands_and_no_style": "  - {name: odd, collection: four}\n",
}
CAPABILITIES = (
    "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
    "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.1.1",
    "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
    "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=2.0.1",
    "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=1.1.1",
    "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=1.0.0",
    "/api/layers",
)


def write(path, values, *, west=WEST, cell=10.0, nodata=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[2],
        height=values.shape[1],
        count=values.shape[0],
        dtype=values.dtype,
        crs="EPSG:32631",
        transform=Affine(cell, 0.0, west, 0.0, -cell, NORTH),
        tiled=True,
        blockxsize=32,
        blockysize=32,
        compress="deflate",
        nodata=nodata,
    ) as file:
        file.write(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Scenes of one band, of four, of an eight-bit photograph, and two neighbours of which one lacks B01."""
    made = tmp_path_factory.mktemp("odd")
    random = np.random.default_rng(7)

    def reflectance(count, side=SIDE):
        return random.integers(1200, 3000, (count, side, side)).astype("uint16")

    write(made / "red_only/S2A_31TCJ_20220601_0_L2A/B04.tif", reflectance(1))
    write(made / "four/four_20220601.tif", random.integers(1, 65_000, (4, SIDE, SIDE)).astype("uint16"))
    write(made / "photo/photo_20220601.tif", random.integers(1, 255, (3, SIDE, SIDE)).astype("uint8"), nodata=None)
    for tile, west in (("31TCJ", WEST), ("31TDJ", WEST + 10.0 * SIDE)):
        for band in ("B02", "B03", "B04", "B08"):
            write(made / f"uneven/S2A_{tile}_20220601_0_L2A/{band}.tif", reflectance(1), west=west)
    write(made / "uneven/S2A_31TCJ_20220601_0_L2A/B01.tif", reflectance(1, 11), cell=60.0)
    (made / "styles").mkdir()
    (made / "styles/plain_rgb.yml").write_text("kind: rgb\nchannels: [red, green, blue]\nrange: [0, 0.3]\n")
    return made


@pytest.fixture(scope="module")
def serve(folder):
    """A client of the archive with further layers: `(client, path of the configuration)`."""
    engines, ingested = [], []

    def make(layers):
        path = folder / f"config{len(engines)}.yml"
        path.write_text(HEAD + layers)
        config = load_config(path, environment={})
        if not ingested:
            catalog = open_catalog(config.catalog.path, writable=True)
            for name, section in config.collections.items():
                if not (folder / name).exists():
                    continue
                profile = effective(load_profile(section.profile), section)
                report = ingest(section.source, name, section, profile, catalog, open_library(), jobs=1)
                assert (report.new > 0, report.failed) == (True, ())
            catalog.close()
            ingested.append(True)
        engines.append(build_engine(config))
        return mount_services(engines[-1], Settings()).test_client(), path

    yield make
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("address", CAPABILITIES)
def test_one_odd_layer_leaves_every_capabilities_document_standing(serve, odd, address):
    client, _ = serve(ODD[odd])
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert "good" in answer.text


@pytest.mark.parametrize("odd", ["green_and_blue_are_missing", "nir_is_missing", "no_scene_yet"])
def test_a_style_that_cannot_be_painted_has_no_legend_in_capabilities(serve, odd):
    client, _ = serve(ODD[odd])
    root = etree.fromstring(client.get(CAPABILITIES[0]).data)
    legends = {
        layer.findtext("w:Name", namespaces=W): layer.findall("w:Style/w:LegendURL", W)
        for layer in root.iterfind(".//w:Layer[w:Name]", W)
    }
    assert [bool(legends[name]) for name in ("good", "odd")] == [True, False]


def test_a_style_that_cannot_be_painted_is_logged(serve, caplog):
    client, _ = serve(ODD["green_and_blue_are_missing"])
    client.get(CAPABILITIES[0])
    assert 'layer "odd"' in caplog.text
    assert 'Unknown band "green"' in caplog.text


@pytest.mark.parametrize("odd", ["green_and_blue_are_missing", "nir_is_missing"])
def test_check_finds_the_style_that_cannot_be_painted(serve, odd):
    _, path = serve(ODD[odd])
    (problem,) = [text for text in find_problems(path) if "  error  " in text]
    assert "layers[1]" in problem
    assert ("green" in problem) or ("NDVI" in problem)


def test_check_finds_nothing_wrong_with_what_can_be_painted(serve):
    _, path = serve(ODD["four_bands_and_no_style"] + "  - {name: photo, collection: photo}\n")
    assert [text for text in find_problems(path) if "  error  " in text] == []


def test_a_style_that_cannot_be_painted_does_not_keep_the_others_from_being_served(serve):
    _, path = serve(ODD["green_and_blue_are_missing"])
    problems = find_problems(path, serving=True)
    assert [text for text in problems if "  error  " in text] == []
    assert any("green" in text and "  warning  " in text for text in problems)


def test_a_layer_without_a_scene_says_so(serve):
    client, _ = serve(ODD["no_scene_yet"])
    answer = client.get(picture_of("odd"))
    assert answer.status_code == 404
    assert 'Layer "odd" has no scene yet' in html.unescape(answer.text)


BOX = f"{WEST},{NORTH - 10 * SIDE},{WEST + 10 * SIDE},{NORTH}"


def picture_of(layer, request="GetMap", **more):
    keys = {
        "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": request, "LAYERS": layer, "STYLES": "", "CRS": "EPSG:32631",
        "BBOX": BOX, "WIDTH": SIDE, "HEIGHT": SIDE, "FORMAT": "image/png", "TRANSPARENT": "true",
    } | more  # fmt: skip
    return "/wms?" + "&".join(f"{key}={value}" for key, value in keys.items())


def drawn(answer):
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))


def test_four_bands_without_a_style_are_drawn_as_the_first_one(serve, folder):
    client, _ = serve(ODD["four_bands_and_no_style"])
    found = drawn(client.get(picture_of("odd")))
    with rasterio.open(folder / "four/four_20220601.tif") as file:
        first = file.read(1)
    assert (found[..., 3] == 255).all()
    np.testing.assert_allclose(found[..., 0], first / 65_535 * 255, atol=1.1)


def test_three_bands_of_bytes_without_a_style_are_their_own_colours(serve, folder):
    client, _ = serve("  - {name: photo, collection: photo}\n")
    found = drawn(client.get(picture_of("photo")))
    with rasterio.open(folder / "photo/photo_20220601.tif") as file:
        np.testing.assert_allclose(found[..., :3], np.moveaxis(file.read(), 0, 2), atol=1)


def test_the_bands_beside_the_drawn_one_are_told_as_well(serve, folder):
    client, _ = serve(ODD["four_bands_and_no_style"])
    found = info(client, "odd", 20, 30)
    with rasterio.open(folder / "four/four_20220601.tif") as file:
        want = file.read()[:, 30, 20].tolist()
    assert [found[f"b{i}"] for i in (1, 2, 3, 4)] == want


# ---- what is drawn can be asked


def info(client, layer, column, row, **more):
    more = {"QUERY_LAYERS": layer, "INFO_FORMAT": "application/json", "I": column, "J": row} | more
    answer = client.get(picture_of(layer, "GetFeatureInfo", **more))
    assert answer.status_code == 200, answer.text
    features = json.loads(answer.text)["features"]
    return features[0]["properties"] if features else None


EAST_BOX = f"{WEST + 10 * SIDE},{NORTH - 10 * SIDE},{WEST + 20 * SIDE},{NORTH}"
COLOURS = "  - {name: odd, collection: uneven, style: true_color}\n"


def test_a_scene_without_a_band_that_is_not_drawn_can_be_asked(serve, folder):
    client, _ = serve(COLOURS)
    assert drawn(client.get(picture_of("odd", BBOX=EAST_BOX)))[..., 3].all()
    found = info(client, "odd", 5, 9, BBOX=EAST_BOX)
    assert found["item"] == "S2A_31TDJ_20220601_0_L2A"
    with rasterio.open(folder / "uneven/S2A_31TDJ_20220601_0_L2A/B04.tif") as file:
        assert found["B04_dn"] == file.read(1)[9, 5]


def test_bands_that_a_scene_lacks_are_null_and_those_it_has_are_told(serve):
    client, _ = serve(COLOURS)
    west, east = info(client, "odd", 5, 9), info(client, "odd", 5, 9, BBOX=EAST_BOX)
    assert set(west) - {"B01_dn"} == set(east)
    assert west["B01"] is not None
    assert east["B01"] is None
    assert east["B08"] is not None


def test_the_tile_service_tells_of_the_same_scene(serve):
    client, _ = serve(COLOURS)
    # The scene without B01 lies east of the other, within one tile of zoom 12.
    lon, lat = 0.24438, 49.61686
    column, row = 2**12 * (lon + 180) / 360, 2**12 * (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
    tile = f"/wmts/1.0.0/odd/true_color/WebMercatorQuad/12/{int(row)}/{int(column)}"
    j, i = int(row % 1 * 256), int(column % 1 * 256)
    assert np.asarray(Image.open(io.BytesIO(client.get(f"{tile}.png").data)).convert("RGBA"))[j, i, 3] == 255
    answer = client.get(f"{tile}/{j}/{i}.json")
    assert answer.status_code == 200, answer.text
    assert [f["properties"]["item"] for f in json.loads(answer.text)["features"]] == ["S2A_31TDJ_20220601_0_L2A"]


@pytest.mark.parametrize("units", ["DN", "physical"])
def test_stored_numbers_are_told_of_every_band(serve, folder, units):
    client, _ = serve(COLOURS)
    found = info(client, "odd", 5, 9, UNITS=units)
    for band in ("B02", "B03", "B04", "B08"):
        with rasterio.open(folder / f"uneven/S2A_31TCJ_20220601_0_L2A/{band}.tif") as file:
            assert found[f"{band}_dn"] == file.read(1)[9, 5]


def test_only_the_bands_asked_are_told(serve):
    client, _ = serve(COLOURS)
    found = info(client, "odd", 5, 9, BANDS="B08")
    assert "B08" in found
    assert "B04" not in found


@pytest.mark.parametrize("time", ["2021-06-14", "2021-09-02", "2021/2022"])
def test_what_is_drawn_of_the_sample_archive_can_be_asked_at_the_edge_of_its_swaths(client, site_engine, time):
    west, south, east, north = transformed(site_engine.extent(site_engine.layer("true_color", "wms")).lonlat)
    keys = {
        "LAYERS": "true_color", "CRS": "EPSG:3857", "BBOX": f"{west},{south},{east},{north}", "TIME": time,
        "WIDTH": 300, "HEIGHT": 250, "RESAMPLING": "nearest",
    }  # fmt: skip
    alpha = drawn(client.get(picture_of("true_color", **keys)))[..., 3] > 0
    edge = alpha.copy()
    edge[1:-1, 1:-1] &= ~(alpha[:-2, 1:-1] & alpha[2:, 1:-1] & alpha[1:-1, :-2] & alpha[1:-1, 2:])
    rows, columns = np.nonzero(edge)
    chosen = np.random.default_rng(3).choice(len(rows), 40, replace=False)
    silent = [
        (columns[k], rows[k])
        for k in chosen
        if (info(client, "true_color", columns[k], rows[k], **keys) or {}).get("B04") is None
    ]
    assert silent == []


def transformed(box):
    mercator = transformer(CRS84, WEB_MERCATOR)
    return (*mercator.transform(box.min_x, box.min_y), *mercator.transform(box.max_x, box.max_y))
