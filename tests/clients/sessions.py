"""What people do with a client, played whole: look around, draw, ask, download. One entry of `SESSIONS` a client.

A session takes the address of a server (without a slash at the end) and an empty folder, and returns nothing: what
counts is what it sent. To add one, write its function and its line in the table, run the tests of the recordings once
with BANDSTAND_RECORD=1, read the new file in `recorded/`, and keep it.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import owslib
import rasterio
from owslib.wcs import WebCoverageService
from owslib.wms import WebMapService
from owslib.wmts import WebMapTileService
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window
from tests.clients import maps
from tests.clients.programs import qgis_version, run_qgis, running_chromium

BOX = (281680.0, 5464780.0, 282320.0, 5465420.0)
"""In EPSG:32631, where the scenes of the newest date have data."""
DEGREES = (-0.002, 49.299, 0.004, 49.303)
MIDDLE = (282000.0, 5465100.0)

Play = Callable[[str, Path], None]


@dataclass(frozen=True, slots=True)
class Session:
    """A client and what is done with it."""

    client: Callable[[], str]
    """Name and version of the client."""
    play: Play


def _gdal() -> str:
    return f"GDAL {rasterio.__gdal_version__}"


def _open(folder: Path, text: str, **options):
    # What GDAL keeps between two sessions would spare it requests.
    settings = {"GDAL_DEFAULT_WMS_CACHE_PATH": str(folder / "cache"), "GDAL_HTTP_TIMEOUT": 30}
    with rasterio.Env(**settings), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(text, **options)


def gdal_wms(version: str) -> Play:
    """GDAL's WMS driver: subdatasets of capabilities, and a described service in an own projection and in degrees."""

    def play(base: str, folder: Path) -> None:
        _open(folder, f"WMS:{base}/wms?SERVICE=WMS&VERSION={version}&REQUEST=GetCapabilities").close()
        key = "CRS" if version == "1.3.0" else "SRS"
        for crs, box in (("EPSG:32631", BOX), ("EPSG:4326", DEGREES)):
            order = "yxYX" if (version, crs) == ("1.3.0", "EPSG:4326") else "xyXY"
            left, bottom, right, top = box
            text = f"""<GDAL_WMS><Service name="WMS"><Version>{version}</Version><ServerUrl>{base}/wms?</ServerUrl>
<{key}>{crs}</{key}><ImageFormat>image/png</ImageFormat><Transparent>TRUE</Transparent><Layers>true_color</Layers>
<Styles></Styles><BBoxOrder>{order}</BBoxOrder></Service><DataWindow><UpperLeftX>{left!r}</UpperLeftX>
<UpperLeftY>{top!r}</UpperLeftY><LowerRightX>{right!r}</LowerRightX><LowerRightY>{bottom!r}</LowerRightY>
<SizeX>300</SizeX><SizeY>300</SizeY></DataWindow><Projection>{crs}</Projection><BandsCount>4</BandsCount>
<BlockSizeX>128</BlockSizeX><BlockSizeY>128</BlockSizeY><OverviewCount>0</OverviewCount></GDAL_WMS>"""
            with _open(folder, text) as file:
                file.read()

    return play


def gdal_wmts(base: str, folder: Path) -> None:
    """GDAL's WMTS driver in both sets."""
    capabilities = f"WMTS:{base}/wmts/1.0.0/WMTSCapabilities.xml"
    _open(folder, capabilities).close()
    _open(folder, f"WMTS:{base}/wmts?SERVICE=WMTS&REQUEST=GetCapabilities,layer=ndvi,tilematrixset=UTM31").close()
    for name, matrix in (("WebMercatorQuad", "14"), ("UTM31", "8")):
        with _open(folder, f"{capabilities},layer=true_color,tilematrixset={name},tilematrix={matrix}") as file:
            x, y = MIDDLE if name == "UTM31" else (142.7, 6325868.5)
            col, row = ~file.transform @ (x, y)
            file.read(window=Window(int(col) - 20, int(row) - 20, 40, 40))


def gdal_wcs(version: str) -> Play:
    """GDAL's WCS driver: description, a window of pixels, a smaller picture."""

    def play(base: str, folder: Path) -> None:
        for name in ("elevation", "ndvi"):
            address = f"WCS:{base}/wcs?version={version}&coverage={name}"
            with _open(folder, address, CACHE=str(folder / "wcs")) as file:
                file.read(1, window=Window(20, 12, 40, 30))
                file.read(1, out_shape=(file.height // 4, file.width // 4))

    return play


def _owslib() -> str:
    return f"OWSLib {owslib.__version__}"


def owslib_wms(version: str) -> Play:
    """OWSLib's WMS: capabilities, maps in two systems and of a time, values under a pixel."""

    def play(base: str, folder: Path) -> None:
        wms = WebMapService(f"{base}/wms", version=version)
        same = {"size": (64, 64), "format": "image/png", "transparent": True}
        wms.getmap(layers=["true_color"], srs="EPSG:32631", bbox=BOX, **same).read()
        wms.getmap(layers=["ndvi"], styles=["ndvi"], srs="EPSG:4326", bbox=DEGREES, time="2021-06-14", **same).read()
        wms.getfeatureinfo(
            layers=["s2_l2a"], query_layers=["s2_l2a"], srs="EPSG:32631", bbox=BOX, size=(64, 64), format="image/png",
            info_format="application/json", xy=(10, 12),
        ).read()  # fmt: skip

    return play


def owslib_wmts(base: str, folder: Path) -> None:
    """OWSLib's WMTS by keys."""
    wmts = WebMapTileService(f"{base}/wmts")
    for name, matrix, row, col in (("WebMercatorQuad", "14", 5605, 8192), ("UTM31", "8", 1771, 110)):
        wmts.gettile(
            layer="ndvi", tilematrixset=name, tilematrix=matrix, row=row, column=col, format="image/png"
        ).read()


def owslib_wcs(version: str) -> Play:
    """OWSLib's WCS in the words of a version."""

    def play(base: str, folder: Path) -> None:
        wcs = WebCoverageService(f"{base}/wcs", version=version)
        if version.startswith("2"):
            box = [("E", 282000, 282500), ("N", 5464500, 5465200)]
            wcs.getCoverage(identifier="ndvi", format="image/tiff", subsets=box).read()
            wcs.getCoverage(
                identifier="s2_l2a", format="image/tiff", subsets=[*box, ("time", "2021-06-14T00:00:00Z")],
                subsettingcrs="http://www.opengis.net/def/crs/EPSG/0/32631", rangesubset="B04,B08", scalefactor=0.5,
            ).read()  # fmt: skip
        elif version.startswith("1.1"):
            box = (*BOX, "urn:ogc:def:crs:EPSG::32631")
            wcs.getCoverage(identifier="ndvi", format="image/tiff", bbox=box).read()
        else:
            same = {"bbox": BOX, "crs": "EPSG:32631", "format": "GeoTIFF"}
            wcs.getCoverage(identifier="ndvi", width=64, height=64, **same).read()
            wcs.getCoverage(identifier="ndvi", resx=10, resy=10, time=["2021-06-14"], **same).read()

    return play


def _qgis() -> str:
    return f"QGIS {qgis_version()}"


def _jobs(folder: Path, *uris: tuple[str, dict]) -> list[dict]:
    same = {"crs": "EPSG:32631", "extent": BOX, "width": 128, "height": 128}
    return [{**same, "uri": uri, "png": str(folder / f"{i}.png"), **rest} for i, (uri, rest) in enumerate(uris)]


def qgis_wms(base: str, folder: Path) -> None:
    """QGIS draws and asks WMS layers of both versions, one of them over a range of time."""
    address = f"crs=EPSG:32631&dpiMode=7&format=image/png&layers=s2_l2a&styles&url={quote(base, safe='')}%2Fwms"
    timed = f"{address}&type=wmst&timeDimensionExtent=2021-06-14,2021-09-02&temporalSource=provider"
    point = {"identify": (282001.0, 5465099.0)}
    span = {"range": ("2021-06-01T00:00:00Z", "2021-10-01T00:00:00Z")}
    degrees = {"crs": "EPSG:4326", "extent": DEGREES}
    turned = (address.replace("EPSG:32631", "EPSG:4326"), degrees)
    run_qgis(
        _jobs(folder, (address, point), turned, (f"{address}%3FVERSION%3D1.1.1", point), (timed, {**span, **point})),
        folder,
    )


def qgis_wmts(base: str, folder: Path) -> None:
    """QGIS draws and asks tiles, by keys and by addresses."""
    keys = "SERVICE%3DWMTS%26REQUEST%3DGetCapabilities"
    layer = "crs=EPSG:32631&dpiMode=7&format=image/png&layers=ndvi&styles=ndvi&tileMatrixSet=UTM31"
    address = f"{layer}&url={quote(base, safe='')}%2Fwmts%3F{keys}"
    timed = f"{address}&tileDimensions=Time%3D2021-06-14"
    run_qgis(_jobs(folder, (address, {"identify": (282001.0, 5465099.0)}), (timed, {})), folder)


def qgis_wcs(version: str) -> Play:
    """QGIS loads and draws coverages, and asks one for a value."""

    def play(base: str, folder: Path) -> None:
        address = f"version={version}&url={quote(base, safe='')}%2Fwcs&identifier="
        plain = {"provider": "wcs"}
        run_qgis(
            _jobs(
                folder, (f"{address}ndvi", plain | {"identify": (282001.0, 5465099.0)}), (f"{address}elevation", plain)
            ),
            folder,
        )

    return play


def openlayers(base: str, folder: Path) -> None:
    """OpenLayers: WMS tiled and whole, WMTS by keys and by addresses, all by their capabilities."""
    place = {"crs": "EPSG:3857", "center": (142.7, 6325868.5), "resolution": 2.388657133911758}
    source = {"url": f"{base}/wms", "params": {"LAYERS": "true_color"}, "crossOrigin": "anonymous"}
    degrees = {"crs": "EPSG:4326", "center": (0.0013, 49.2997), "resolution": 90 / 2**22}
    with running_chromium() as browser:
        capabilities = f"{base}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
        maps.openlayers(browser, maps.WMS_CAPABILITIES, capabilities=capabilities)
        for script in (maps.TILED, maps.WHOLE):
            maps.openlayers(browser, script, **place, source=source)
        maps.openlayers(browser, maps.TILED, **degrees, source=source)
        for encoding in ("KVP", "REST"):
            tiles = {"layer": "ndvi", "matrixSet": "WebMercatorQuad", "requestEncoding": encoding}
            address = f"{base}/wmts/1.0.0/WMTSCapabilities.xml"
            maps.openlayers(browser, maps.WMTS, **place, source=tiles, capabilities=address)


def leaflet(base: str, folder: Path) -> None:
    """Leaflet's `TileLayer.WMS` as it comes, and with what people set."""
    place = {"base": base, "crs": "EPSG3857", "center": (49.2997, 0.0013), "zoom": 16}
    set_ = {"layers": "ndvi", "format": "image/png", "transparent": True, "uppercase": True, "time": "2021-06-14"}
    with running_chromium() as browser:
        maps.leaflet(browser, **place, options={"layers": "true_color"})
        maps.leaflet(browser, **place, options=set_)
        degrees = {**place, "crs": "EPSG4326", "zoom": 15}
        maps.leaflet(browser, **degrees, options={"layers": "true_color", "version": "1.3.0", "format": "image/png"})


def _package(name: str) -> Callable[[], str]:
    def version() -> str:
        text = (maps.VENDOR / "package.json").read_text()
        found = text.partition(f'"{name}": "')[2].partition('"')[0]
        return f"{name} {found}"

    return version


SESSIONS: dict[str, Session] = {
    "gdal-wms-1.1.1": Session(_gdal, gdal_wms("1.1.1")),
    "gdal-wms-1.3.0": Session(_gdal, gdal_wms("1.3.0")),
    "gdal-wmts": Session(_gdal, gdal_wmts),
    "gdal-wcs-1.0.0": Session(_gdal, gdal_wcs("1.0.0")),
    "gdal-wcs-1.1.1": Session(_gdal, gdal_wcs("1.1.1")),
    "gdal-wcs-2.0.1": Session(_gdal, gdal_wcs("2.0.1")),
    "owslib-wms-1.1.1": Session(_owslib, owslib_wms("1.1.1")),
    "owslib-wms-1.3.0": Session(_owslib, owslib_wms("1.3.0")),
    "owslib-wmts": Session(_owslib, owslib_wmts),
    "owslib-wcs-1.0.0": Session(_owslib, owslib_wcs("1.0.0")),
    "owslib-wcs-1.1.1": Session(_owslib, owslib_wcs("1.1.1")),
    "owslib-wcs-2.0.1": Session(_owslib, owslib_wcs("2.0.1")),
    "qgis-wms": Session(_qgis, qgis_wms),
    "qgis-wmts": Session(_qgis, qgis_wmts),
    "qgis-wcs-1.0.0": Session(_qgis, qgis_wcs("1.0.0")),
    "qgis-wcs-1.1.0": Session(_qgis, qgis_wcs("1.1.0")),
    "openlayers": Session(_package("ol"), openlayers),
    "leaflet": Session(_package("leaflet"), leaflet),
}
