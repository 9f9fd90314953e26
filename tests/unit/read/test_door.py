"""What an archive may make GDAL do: read the file that was named, and what belongs to it."""

import logging
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import rasterio

from bandstand.errors import SourceUnavailable
from bandstand.read.door import other_drivers
from bandstand.read.library import Library, Piece

SIDE = 64
PLACE = rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000)
SPOOLED = (".tif.ovr", ".tif.msk", ".tif.msk.ovr", ".tif.aux.xml", ".tfw", ".tifw", ".wld", ".tab", ".TFW")
LOUD = "names another file as its overviews"


@pytest.fixture
def caller():
    """The address of a server, and the list of what it was asked."""
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
    yield f"http://127.0.0.1:{server.server_port}/x.tif", asked
    server.shutdown()
    thread.join()
    server.server_close()


def put(path, value=7, *, side=SIDE, tags=None, **options):
    """A plain GeoTIFF; `tags` stand in the domain of overviews."""
    keys = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint8", "crs": "EPSG:32631"}
    with rasterio.open(path, "w", **(keys | {"transform": PLACE} | options)) as file:
        file.write(np.full((1, side, side), value, np.uint8))
        if tags:
            file.update_tags(ns="OVERVIEWS", **tags)
    return path


def virtual(source):
    """A VRT of one band from somewhere."""
    return (
        f'<VRTDataset rasterXSize="{SIDE}" rasterYSize="{SIDE}"><VRTRasterBand dataType="Byte" band="1">'
        f'<SimpleSource><SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


def raw(source):
    """A VRT that takes the bytes of any file for pixels."""
    return (
        f'<VRTDataset rasterXSize="{SIDE}" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1" '
        f'subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="0">{source}</SourceFilename>'
        "<PixelOffset>1</PixelOffset></VRTRasterBand></VRTDataset>"
    )


def read(path):
    """What is served of level 0: values and mask."""
    library = Library()
    report = library.describe(str(path))
    source = library.open(str(path), version=report.version, index=report.index)
    size = source.levels[0]
    (window,) = library.read([Piece(source, 1, 0, (0, 0, size.width, size.height))])
    return report, window


@pytest.mark.parametrize("way", ["description", "raster without an index"])
@pytest.mark.parametrize(
    "content",
    [
        virtual("{url}"),
        raw("/etc/passwd"),
        '<GDAL_WMS><Service name="TMS"><ServerUrl>{url}</ServerUrl></Service></GDAL_WMS>',
        '{{"type": "FeatureCollection", "stac_version": "1.0.0", "features": []}}',
        "WCS:{url}",
        "P5\n64 64\n255\n" + "x" * 4096,
    ],
    ids=["vrt", "vrt-raw", "wms", "stac", "wcs", "pnm"],
)
def test_a_file_that_is_no_tiff_is_not_for_gdal(tmp_path, caller, way, content):
    url, asked = caller
    path = tmp_path / "x.tif"
    path.write_text(content.replace("{url}", f"/vsicurl/{url}"))
    with pytest.raises(SourceUnavailable, match="does not begin as TIFF or JPEG 2000"):
        Library().describe(str(path)) if way == "description" else Library().open(str(path))
    assert asked == []


def test_a_pipe_behind_a_virtual_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "x.tif").write_text(virtual(tmp_path / "pipe"))
    with pytest.raises(SourceUnavailable, match="does not begin"):
        Library().describe(str(tmp_path / "x.tif"))


def test_overviews_that_the_file_itself_names_are_not_followed(tmp_path, caller):
    url, asked = caller
    put(tmp_path / "x.tif", tags={"OVERVIEW_FILE": f"/vsicurl/{url}"})
    with pytest.raises(SourceUnavailable, match=LOUD):
        Library().describe(str(tmp_path / "x.tif"))
    assert asked == []


@pytest.mark.parametrize("ending", [".ovr", ".msk"])
def test_what_a_sidecar_names_is_not_followed(tmp_path, ending):
    secret = put(tmp_path / "secret.tif", 99, side=16)
    put(tmp_path / "x.tif", tiled=True, blockxsize=16, blockysize=16)
    put(tmp_path / f"x.tif{ending}", side=32, tags={"OVERVIEW_FILE": str(secret)})
    with pytest.raises(SourceUnavailable, match=LOUD):
        Library().describe(str(tmp_path / "x.tif"))


@pytest.mark.parametrize("ending", [".ovr", ".msk"])
def test_a_virtual_sidecar_is_left_aside_with_a_word(tmp_path, caller, ending):
    url, asked = caller
    put(tmp_path / "x.tif")
    (tmp_path / f"x.tif{ending}").write_text(virtual(f"/vsicurl/{url}"))
    report, window = read(tmp_path / "x.tif")
    assert (report.mask, report.overviews, np.unique(window.values), window.valid) == ("none", (), [7], None)
    assert f"x.tif{ending} beside it is left aside: it is no TIFF." in report.warnings
    assert asked == []


@pytest.mark.parametrize("spelled", ["Metadata", "MetaData", "mETADATA"])
def test_metadata_that_name_overviews_are_not_followed(tmp_path, caller, spelled):
    url, asked = caller
    put(tmp_path / "x.tif")
    (tmp_path / "x.tif.aux.xml").write_text(
        f'<PAMDataset><{spelled} domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">'
        f'/vsicurl/{url}</MDI></{spelled}><Metadata><MDI key="KEPT">yes</MDI></Metadata></PAMDataset>'
    )
    report, _ = read(tmp_path / "x.tif")
    assert (report.overviews, report.tags["KEPT"]) == ((), "yes")
    assert asked == []


def test_metadata_with_entities_are_left_aside(tmp_path):
    put(tmp_path / "x.tif")
    (tmp_path / "x.tif.aux.xml").write_text(
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><PAMDataset><Metadata><MDI key="K">&e;</MDI></Metadata>'
        "</PAMDataset>"
    )
    report, _ = read(tmp_path / "x.tif")
    assert "x.tif.aux.xml beside it is left aside: it has a document type." in report.warnings
    assert "K" not in report.tags


def test_pipes_beside_a_file_are_not_waited_for(tmp_path):
    put(tmp_path / "x.tif")
    for ending in SPOOLED:
        os.mkfifo(tmp_path / f"x{ending}")
    report, window = read(tmp_path / "x.tif")
    assert np.unique(window.values) == [7]
    assert sum("is left aside: it is not a file" in text for text in report.warnings) == len(SPOOLED)


def test_a_linked_sidecar_that_leads_elsewhere_is_left_aside(tmp_path):
    (tmp_path / "private").mkdir()
    put(tmp_path / "private" / "secret.tif", 0)
    put(tmp_path / "x.tif")
    (tmp_path / "x.tif.msk").symlink_to(tmp_path / "private" / "secret.tif")
    report, window = read(tmp_path / "x.tif")
    assert (report.mask, window.valid) == ("none", None)
    assert "x.tif.msk beside it is left aside: it is a link that leads elsewhere." in report.warnings


def test_a_sidecar_that_leads_to_itself_is_left_aside(tmp_path):
    put(tmp_path / "x.tif")
    for name in ("x.tif.msk", "x.tif.ovr", "x.tif.aux.xml", "x.tfw"):
        (tmp_path / name).symlink_to(name)
    report, window = read(tmp_path / "x.tif")
    assert np.unique(window.values) == [7]
    assert sum("is left aside: " in text for text in report.warnings) == 4


# What belongs to a file goes on being read.


def test_overviews_and_a_mask_beside_a_file_are_read(tmp_path):
    path = put(tmp_path / "x.tif", side=256)
    with rasterio.Env(TIFF_USE_OVR=True, GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        mask = np.full((256, 256), 255, np.uint8)
        mask[:128] = 0
        file.write_mask(mask)
        file.build_overviews([2, 4])
    assert {p.name for p in tmp_path.iterdir()} >= {"x.tif.ovr", "x.tif.msk"}
    report, window = read(path)
    assert (report.overviews, report.mask) == ((2, 4), "mask")
    assert np.array_equal(window.valid, mask == 255)


def test_a_world_file_and_metadata_beside_a_file_place_it(tmp_path):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = put(tmp_path / "x.tif", crs=None, transform=None)
    (tmp_path / "x.tfw").write_text("10\n0\n0\n-10\n500005\n4999995\n")
    (tmp_path / "x.tif.aux.xml").write_text(
        '<PAMDataset><SRS>EPSG:32631</SRS><PAMRasterBand band="1"><NoDataValue>7</NoDataValue><Metadata>'
        '<MDI key="STATISTICS_MINIMUM">1</MDI><MDI key="STATISTICS_MAXIMUM">9</MDI>'
        '<MDI key="STATISTICS_MEAN">4</MDI><MDI key="STATISTICS_STDDEV">2</MDI></Metadata></PAMRasterBand></PAMDataset>'
    )
    report, window = read(path)
    assert (report.grid.crs.key, report.grid.transform.c, report.grid.transform.f) == ("EPSG:32631", 500_000, 5_000_000)
    assert (report.nodata, report.statistics, window.valid.any()) == ((7,), ((1.0, 9.0, 4.0, 2.0),), np.False_)


# The door is the same while serving.


def test_a_file_that_became_a_virtual_one_is_not_opened(tmp_path):
    path = put(tmp_path / "x.tif", side=128)
    library = Library()
    report = library.describe(str(path))
    assert not report.own
    before = path.stat()
    path.write_bytes(raw("/etc/passwd").encode().ljust(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    source = library.open(str(path), version=report.version, index=report.index)
    with pytest.raises(SourceUnavailable, match="does not begin as TIFF or JPEG 2000"):
        source.read(1, 0, 0, 0, 16, 4)


def test_a_process_that_begins_without_the_other_drivers_has_two():
    script = "import rasterio\nwith rasterio.Env() as e: print(*sorted(e.drivers()))"
    answer = subprocess.run(
        [sys.executable, "-c", script], env={"GDAL_SKIP": other_drivers()}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["GTiff", "JP2OpenJPEG"]


GRIDS = (
    'GEOGCS["x",DATUM["x",SPHEROID["s",6378137,298.257223563],EXTENSION["PROJ4_GRIDS","/etc/passwd"]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)


@pytest.mark.parametrize(
    "text",
    [
        f"<SRS>{GRIDS}</SRS>",
        "<srs>+proj=longlat +ellps=WGS84 +nadgrids=/etc/passwd +type=crs</srs>",
        "<SRS>+init=/etc/passwd:x</SRS>",
        '<GCPList Projection="+proj=longlat +ellps=WGS84 +nadgrids=/etc/passwd +type=crs"/>',
        "<SRS><![CDATA[+proj=tinshift +file=/etc/passwd]]></SRS>",
        f"<GeodataXform><SpatialReference><WKT>{GRIDS}</WKT></SpatialReference></GeodataXform>",
        "<SRS>neither here nor there</SRS>",
    ],
)
def test_a_reference_system_beside_a_file_that_names_another_is_left_aside(tmp_path, text):
    put(tmp_path / "x.tif")
    whole = text if text.startswith("<GeodataXform") else f"<PAMDataset>{text}</PAMDataset>"
    (tmp_path / "x.tif.aux.xml").write_text(whole)
    report = Library().describe(str(tmp_path / "x.tif"))
    assert report.crs.key == "EPSG:32631"
    assert any("x.tif.aux.xml beside it is left aside: its coordinate reference system" in w for w in report.warnings)


def put_trap(path, grid):
    """A TIFF with its system in Esri's way of writing, which GDAL takes as it is; it names a file of grids."""
    utm = (
        f'PROJCS["{"N" * 400}",GEOGCS["x",DATUM["x",SPHEROID["s",6378137,298]],PRIMEM["Greenwich",0],'
        'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",1],'
        'PARAMETER["central_meridian",3],PARAMETER["scale_factor",0.9],PARAMETER["false_easting",1],'
        'PARAMETER["false_northing",0],UNIT["Meter",1]]'
    )
    put(path, crs=utm, GEOTIFF_KEYS_FLAVOR="ESRI_PE")
    whole = path.read_bytes()
    start = whole.index(b"ESRI PE String = ") + 17
    end = whole.index(b"|", start)
    # Within its length.
    trap = utm.replace("298]]", f'298],EXTENSION["PROJ4_GRIDS","{grid}"]]')
    spare = len(trap) - (end - start)
    path.write_bytes(whole[:start] + trap.replace("N" * 400, "N" * (400 - spare)).encode() + whole[end:])
    return path


def test_a_file_whose_own_reference_system_names_another_is_refused(tmp_path):
    path = put_trap(tmp_path / "x.tif", "/etc/passwd")
    with pytest.raises(SourceUnavailable, match=r'"x.tif" leads elsewhere: .* names a file by its path'):
        Library().describe(str(path))


@pytest.mark.parametrize("name", ["x.tif.ovr", "x.tif.msk", "x.tif"])
def test_no_system_is_looked_up_while_numbers_are_read(tmp_path, name, caplog):
    """A neighbour that came after the ingest, or a file that was changed under its size and time."""
    path = put(tmp_path / "x.tif", BLOCKYSIZE=8)
    report = Library().describe(str(path))
    assert not report.own
    put_trap(tmp_path / name, "/etc/passwd")
    with caplog.at_level(logging.WARNING):
        library = Library()
        source = library.open(report.href, index=report.index)
        library.read([Piece(source, 1, 0, (0, 0, SIDE, SIDE))])
    assert [r.getMessage() for r in caplog.records if "grid" in r.getMessage()] == []
