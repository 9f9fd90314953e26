"""Archives that lead elsewhere: what is not published is not read, nobody is called, and the good scene is served."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import rasterio

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.main import run

PASSWORDS = (
    '<VRTDataset rasterXSize="64" rasterYSize="4"><SRS>EPSG:32631</SRS>'
    "<GeoTransform>500000,10,0,5000000,0,-10</GeoTransform>"
    '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
    "<SourceFilename>{}</SourceFilename><PixelOffset>1</PixelOffset></VRTRasterBand></VRTDataset>"
)


@pytest.fixture
def archive(tmp_path):
    """A folder with one good scene, a configuration beside it, and a private file above."""
    (tmp_path / "archive").mkdir()
    put(tmp_path / "archive" / "good_20220601.tif")
    put(tmp_path / "private.tif")
    (tmp_path / "config.yml").write_text(
        "collections: {c: {source: archive}}\nlayers: [{name: c, collection: c}]\ncatalog: {path: c.sqlite}\n"
    )
    return tmp_path / "archive"


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    place = rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000)
    keys = {"driver": "GTiff", "width": 64, "height": 64, "count": 1, "dtype": "uint8", "crs": "EPSG:32631"}
    with rasterio.open(path, "w", transform=place, **keys) as file:
        file.write(np.full((1, 64, 64), 7, np.uint8))
    return path


def put_item(path, href):
    path.parent.mkdir(parents=True, exist_ok=True)
    item = {
        "type": "Feature", "stac_version": "1.0.0", "id": path.stem, "geometry": None, "links": [],
        "properties": {"datetime": "2022-06-02T10:00:00Z"},
        "assets": {"data": {"href": href, "type": "image/tiff", "roles": ["data"]}},
    }  # fmt: skip
    path.write_text(json.dumps(item))


def ingested(archive, capfd):
    """Exit code, what was said, and the files in the catalogue."""
    code = run(["ingest", "-c", str(archive.parent / "config.yml"), "-j", "1"])
    catalog = open_catalog(archive.parent / "c.sqlite")
    files = sorted(asset.href for item in catalog.search("c") for asset in item.assets.values())
    catalog.close()
    said = capfd.readouterr()
    return code, said.out + said.err, [Path(file).name for file in files]


def test_an_archive_of_traps_gives_its_good_scene_and_calls_nobody(archive, capfd):
    asked = []

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    url = f"/vsicurl/http://127.0.0.1:{server.server_port}/x.tif"
    os.mkfifo(archive / "pipe")
    traps = {"passwords": "/etc/passwd", "call": url, "wait": str(archive / "pipe")}
    for number, (name, source) in enumerate(traps.items(), start=2):
        (archive / f"{name}_2022060{number}.tif").write_text(PASSWORDS.format(source))
    os.mkfifo(archive / "fifo_20220605.tif")
    (archive / "good_20220601.tif.ovr").write_text(PASSWORDS.format(url))
    (archive / "good_20220601.tif.aux.xml").write_text(
        f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{url}</MDI></Metadata></PAMDataset>'
    )
    try:
        code, said, files = ingested(archive, capfd)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (code, files, asked) == (3, ["good_20220601.tif"], [])
    for name in traps:
        assert name in said
    assert "good_20220601.tif.ovr beside it is left aside: it is no TIFF" in said


@pytest.mark.parametrize("href", ["{}", "file://{}", "file:{}", "../../private.tif", "link.tif", "out/private.tif"])
def test_a_file_outside_of_the_archive_is_not_published(archive, capfd, href):
    scene = archive / "scene"
    put_item(scene / "item.json", href.format(archive.parent / "private.tif"))
    (scene / "link.tif").symlink_to(archive.parent / "private.tif")
    (scene / "out").symlink_to(archive.parent)
    code, said, files = ingested(archive, capfd)
    assert (code, files) == (3, ["good_20220601.tif"])
    assert "lies outside of the sources; if it is part of the archive, name its folder in archive: roots" in said


@pytest.mark.parametrize("path", ["/proc/self/mem", "/dev/zero", "/etc/passwd", "/nowhere/at/all.tif"])
def test_nothing_is_told_of_what_lies_elsewhere(archive, capfd, path):
    put_item(archive / "item.json", path)
    code, said, files = ingested(archive, capfd)
    assert (code, "lies outside of the sources" in said, files) == (3, True, [])


def test_a_configured_root_is_part_of_the_archive(archive, capfd):
    put_item(archive / "scene" / "item.json", "../../private.tif")
    with (archive.parent / "config.yml").open("a") as config:
        config.write("archive: {roots: .}\n")
    assert ingested(archive, capfd)[2] == ["good_20220601.tif", "private.tif"]


def test_a_catalogue_that_links_outside_is_not_followed(archive, capfd):
    put_item(archive.parent / "elsewhere" / "item.json", "../private.tif")
    links = [{"rel": "item", "href": "../elsewhere/item.json"}]
    (archive / "catalog.json").write_text(json.dumps({"type": "Catalog", "stac_version": "1.0.0", "links": links}))
    code, said, files = ingested(archive, capfd)
    assert (code, "private.tif" in files, "lies outside of the sources" in said) == (3, False, True)


def test_an_asset_that_is_a_pipe_is_not_waited_for(archive, capfd):
    put_item(archive / "scene" / "item.json", "pipe.tif")
    os.mkfifo(archive / "scene" / "pipe.tif")
    code, said, files = ingested(archive, capfd)
    assert (code, files, "is not a file" in said) == (3, ["good_20220601.tif"], True)


@pytest.mark.parametrize("key", ["proj:wkt2", "proj:code"])
def test_a_pipe_that_a_reference_system_names_is_not_waited_for(archive, capfd, key):
    put_item(archive / "scene" / "item.json", "bare.tif")
    os.mkfifo(archive / "grid")
    PIL.Image.new("L", (64, 64)).save(archive / "scene" / "bare.tif")
    item = json.loads((archive / "scene" / "item.json").read_text())
    item["properties"] |= {
        "proj:transform": [1, 0, 2, 0, -1, 45],
        key: f"+proj=longlat +ellps=WGS84 +nadgrids={archive / 'grid'} +type=crs",
    }
    (archive / "scene" / "item.json").write_text(json.dumps(item))
    code, said, files = ingested(archive, capfd)
    assert (code, files, "names a file by its path" in said) == (3, ["good_20220601.tif"], True)
