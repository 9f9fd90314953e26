"""A mosaic of more than two thousand scenes is drawn at every zoom, and is what rasterio makes of it."""

import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mercantile
import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.footprints import footprint
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.model.grid import Affine as Place
from bandstand.model.grid import Grid
from bandstand.model.time import TimeSpan
from bandstand.read.cog import CogSource
from bandstand.web.app import Settings, mount_services

SIDE, ROWS, COLS = 64, 48, 46
"""Pixels of a scene, and scenes of the mosaic: 2208."""
PIXEL = 10.0
WEST, NORTH = 400000.0, 5500000.0
EAST, SOUTH = WEST + COLS * SIDE * PIXEL, NORTH - ROWS * SIDE * PIXEL
START = datetime(2020, 1, 1, 10, tzinfo=UTC)
STACK = 400
"""Scenes over one another in the first place of the second layer."""
CONFIG = """
crs: [EPSG:3857, EPSG:4326, EPSG:32631]
catalog: {path: catalog.sqlite}
collections:
  nation: {profile: generic, source: first_20200101.tif, time: {resolution: day, default: all}}
  stack: {profile: generic, source: first_20200101.tif, time: {resolution: day, default: all}}
layers:
  - {name: nation, collection: nation, style: grey, resampling: nearest}
  - {name: stack, collection: stack, style: grey, resampling: nearest}
limits: {read_max_bytes: LIMIT}
"""


def truth():
    """The whole mosaic: a ramp that no two scenes share, with a hole in each scene."""
    rows, cols = np.mgrid[0 : ROWS * SIDE, 0 : COLS * SIDE]
    values = ((rows // 7 + cols // 5) % 250 + 1).astype("u1")
    values[(rows % SIDE < 4) & (cols % SIDE < 4)] = 0
    return values


def write(path, values, place):
    shape = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:32631", "nodata": 0, "tiled": True}
    shape |= {"blockxsize": SIDE, "blockysize": SIDE}
    height, width = values.shape
    with rasterio.open(path, "w", width=width, height=height, transform=place, **shape) as file:
        file.write(values, 1)


def scene_of(first, path, row, col):
    """The catalogue's item of a file that is laid out as the first one is."""
    place = Place(PIXEL, 0.0, WEST + col * SIDE * PIXEL, 0.0, -PIXEL, NORTH - row * SIDE * PIXEL)
    (asset,) = first.assets.values()
    grid = Grid(asset.grid.crs, place, SIDE, SIDE)
    where, covered, box = footprint(None, [grid])
    model = Path(asset.href).stat()
    assert path.stat().st_size == model.st_size
    os.utime(path, ns=(model.st_atime_ns, model.st_mtime_ns))
    new = replace(asset, href=str(path), grid=grid)
    return replace(
        first,
        id=path.stem,
        time=TimeSpan.instant(START + timedelta(days=(row * COLS + col) % 300)),
        bbox=box,
        footprint=where,
        reach=covered,
        assets={asset.band: new},
    )


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Folder of the files and the catalogue."""
    folder, whole = tmp_path_factory.mktemp("nation"), truth()
    write(folder / "first_20200101.tif", whole[:SIDE, :SIDE], Affine(PIXEL, 0, WEST, 0, -PIXEL, NORTH))
    (folder / "config.yml").write_text(CONFIG.replace("LIMIT", "4000000000"))
    config = load_config(folder / "config.yml", environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    for name, section in config.collections.items():
        profile = effective(load_profile("generic"), section)
        ingest(section.source, name, section, profile, catalog, open_library(), jobs=1)
    (first,), (below,) = catalog.search("nation"), catalog.search("stack")
    items = []
    for row, col in np.ndindex(ROWS, COLS):
        path = folder / f"s{row:02}{col:02}.tif"
        part = whole[row * SIDE : (row + 1) * SIDE, col * SIDE : (col + 1) * SIDE]
        left, top = WEST + col * SIDE * PIXEL, NORTH - row * SIDE * PIXEL
        write(path, part, Affine(PIXEL, 0, left, 0, -PIXEL, top))
        items.append(scene_of(first, path, row, col))
    catalog.remove("nation", [first.id])
    catalog.upsert(items)
    catalog.upsert(
        replace(below, id=f"t{n:03}", time=TimeSpan.instant(START + timedelta(days=n + 1))) for n in range(STACK)
    )
    catalog.close()
    return folder


@pytest.fixture(scope="module")
def clients(archive):
    """Makes clients of the archive with a limit on bytes."""
    engines = []

    def make(limit="4000000000", items=10000):
        text = CONFIG.replace("LIMIT}", f"{limit}, map_max_items: {items}}}")
        (archive / "other.yml").write_text(text)
        engines.append(build_engine(load_config(archive / "other.yml", environment={})))
        return mount_services(engines[-1], Settings()).test_client()

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture(scope="module")
def nation(clients):
    return clients()


def drawn(client, layer, crs, box, width, height):
    answer = client.get(
        f"/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS={layer}&STYLES=&FORMAT=image/png&TRANSPARENT=TRUE"
        f"&SRS={crs}&BBOX={','.join(map(repr, box))}&WIDTH={width}&HEIGHT={height}&RANGE=0,255&RESAMPLING=nearest"
    )
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA")).astype(int)


def expected(crs, box, width, height):
    """The mosaic by rasterio: values, and where there are some."""
    out = np.zeros((height, width), "u1")
    west, south, east, north = box
    place = Affine((east - west) / width, 0, west, 0, (south - north) / height, north)
    at = Affine(PIXEL, 0, WEST, 0, -PIXEL, NORTH)
    reproject(
        truth(), out, src_transform=at, src_crs="EPSG:32631", src_nodata=0, dst_transform=place, dst_crs=crs,
        dst_nodata=0, resampling=Resampling.nearest, tolerance=0.0,
    )  # fmt: skip
    return out.astype(int), out > 0


def box_in(crs, share=1.0):
    """The middle part of the mosaic in another system, with a rim around the whole."""
    west, south, east, north = rasterio.warp.transform_bounds("EPSG:32631", crs, WEST, SOUTH, EAST, NORTH)
    x, y, half_x, half_y = (west + east) / 2, (south + north) / 2, (east - west) / 2, (north - south) / 2
    more = 1.05 if share == 1.0 else share
    return x - half_x * more, y - half_y * more, x + half_x * more, y + half_y * more


@pytest.mark.parametrize(
    ("crs", "share", "size"),
    [
        ("EPSG:3857", 1.0, (256, 256)),
        ("EPSG:32631", 1.0, (1000, 700)),
        ("EPSG:4326", 0.3, (256, 256)),
        ("EPSG:3857", 0.02, (256, 256)),
    ],
)
def test_the_map_is_the_mosaic_that_rasterio_makes(nation, crs, share, size):
    box = box_in(crs, share)
    found = drawn(nation, "nation", crs, box, *size)
    values, there = expected(crs, box, *size)
    valid = found[..., 3] == 255
    assert there.mean() > 0.5
    # A centre on the border of two samples may take either.
    assert (valid != there).mean() < 2e-3
    same = np.abs(found[..., 0] - values) <= 1
    assert same[valid & there].mean() > 0.998


@pytest.mark.parametrize("zoom", [0, 9, 12])
def test_every_tile_from_the_world_down_is_drawn(nation, zoom):
    lon, lat = 1.8, 49.5
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom)
    answer = nation.get(f"/xyz/nation/{zoom}/{x}/{y}.png")
    assert answer.status_code == 200, answer.text
    pixels = np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))
    assert zoom == 0 or pixels[..., 3].any()


def test_scenes_below_a_full_picture_are_not_read(clients, monkeypatch):
    client = clients()
    plans = []
    plan = CogSource.plan
    monkeypatch.setattr(CogSource, "plan", lambda self, *how: plans.append(self) or plan(self, *how))
    inside = (WEST + 100.0, NORTH - 600.0, WEST + 600.0, NORTH - 100.0)
    drawn(client, "stack", "EPSG:32631", inside, 64, 64)
    assert len(plans) == 1
    # Where the newest scene has a hole, all below have it as well: they are looked at in vain.
    drawn(client, "stack", "EPSG:32631", (WEST, NORTH - 640.0, WEST + 640.0, NORTH), 64, 64)
    assert len(plans) > STACK


def test_bytes_are_what_is_limited_and_the_way_out_is_told(clients):
    client = clients(str(SIDE * SIDE * 500))
    few = (WEST, SOUTH, WEST + 10 * SIDE * PIXEL, SOUTH + 10 * SIDE * PIXEL)
    assert drawn(client, "nation", "EPSG:32631", few, 256, 256)[..., 3].any()
    answer = client.get(
        "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=nation&STYLES=&FORMAT=image/png&SRS=EPSG:32631"
        f"&BBOX={WEST},{SOUTH},{EAST},{NORTH}&WIDTH=2048&HEIGHT=2048"
    )
    assert answer.status_code == 400
    assert "limits.read_max_bytes" in answer.text
    assert "Zoom in" in answer.text


def status(client, address):
    return client.get(address).status_code


def test_where_scenes_are_limited_the_scale_and_the_zoom_are_told_beforehand(clients):
    client = clients(items=300)
    zoom = client.get("/xyz/nation/tilejson.json").json["minzoom"]
    assert 8 < zoom < 14
    tiles = list(mercantile.tiles(1.6, 49.3, 2.0, 49.7, zoom))
    assert {status(client, f"/xyz/nation/{t.z}/{t.x}/{t.y}.png") for t in tiles} == {200}
    coarser = {mercantile.parent(tile, zoom=zoom - 1) for tile in tiles}
    answers = [client.get(f"/xyz/nation/{t.z}/{t.x}/{t.y}.png") for t in coarser]
    assert 400 in {answer.status_code for answer in answers}
    assert any("Zoom in, or ask a shorter time." in answer.text for answer in answers)
    ask = "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION="
    layer = "//*[local-name()='Layer'][*[local-name()='Name']='nation']/*[local-name()='{}']"
    (most,) = etree.fromstring(client.get(f"{ask}1.3.0").data).xpath(layer.format("MaxScaleDenominator"))
    (hint,) = etree.fromstring(client.get(f"{ask}1.1.1").data).xpath(layer.format("ScaleHint"))
    cell = float(most.text) * 0.00028
    assert float(hint.get("max")) == pytest.approx(cell * 2**0.5)
    # A map of 1024 pixels at this scale, wherever it lies.
    box = [200000 + n * 5000 for n in range(2)] + [6360000 + n * 5000 for n in range(2)]
    for x, y in np.ndindex(2, 2):
        corner = (box[x], box[2 + y])
        found = (*corner, corner[0] + 1024 * cell, corner[1] + 1024 * cell)
        assert drawn(client, "nation", "EPSG:3857", found, 1024, 1024)[..., 3].any()


def test_where_no_limit_is_near_nothing_is_told(nation):
    assert nation.get("/xyz/nation/tilejson.json").json["minzoom"] == 0
    assert "ScaleDenominator" not in nation.get("/wms?SERVICE=WMS&REQUEST=GetCapabilities").text
