"""GDAL's WMS, WMTS and TMS drivers against a running server: right places, and the pixels of a direct request."""

from contextlib import contextmanager
from io import BytesIO
from urllib.request import urlopen

import numpy as np
import pyproj
import pytest
import rasterio
from PIL import Image
from rasterio.windows import Window

MIDDLE = (282000.0, 5465100.0)
"""In EPSG:32631, where the scenes of the newest date have data."""
SIZE = 300
MOST_DIFFERENT = 1e-3
EDGE = 20037508.342789244
MATRIX = 16


def middle(crs):
    return pyproj.Transformer.from_crs("EPSG:32631", crs, always_xy=True).transform(*MIDDLE)


def box_in(crs):
    half = {"EPSG:32631": 600.0, "EPSG:3857": 900.0, "EPSG:4326": 0.008}[crs]
    x, y = middle(crs)
    return x - half, y - half, x + half, y + half


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Opens what GDAL is told, in a cache of its own: bands, transform and CRS."""
    folder = tmp_path_factory.mktemp("gdal-cache")

    @contextmanager
    def open_(text):
        with rasterio.Env(GDAL_DEFAULT_WMS_CACHE_PATH=str(folder), GDAL_HTTP_TIMEOUT=30), rasterio.open(text) as file:
            yield file

    return open_


@pytest.fixture(scope="module")
def direct(live):
    """RGBA (band, y, x) of a GetMap asked without GDAL."""

    def get(crs, box, width, height):
        left, bottom, right, top = box
        corners = (bottom, left, top, right) if crs == "EPSG:4326" else box
        query = "service=WMS&version=1.3.0&request=GetMap&layers=true_color&styles=&format=image/png&transparent=true"
        query += f"&crs={crs}&bbox={','.join(map(repr, corners))}&width={width}&height={height}"
        with urlopen(f"{live}/wms?{query}") as answer, Image.open(BytesIO(answer.read())) as image:
            return np.moveaxis(np.asarray(image.convert("RGBA")), -1, 0)

    return get


def bounds(transform, window):
    left, top = transform @ (window.col_off, window.row_off)
    right, bottom = transform @ (window.col_off + window.width, window.row_off + window.height)
    return left, bottom, right, top


def around(file, x, y, side=SIZE):
    """The window of pixels around a place."""
    col, row = ~file.transform @ (x, y)
    return Window(int(col) - side // 2, int(row) - side // 2, side, side)


def same_picture(found, wanted):
    assert (found[3] == 255).mean() > 0.5
    assert len(np.unique(found.reshape(4, -1), axis=1).T) > 100
    shown = (found[3] == 255) & (wanted[3] == 255)
    different = (found[3] != wanted[3]) | (shown & (np.abs(found[:3].astype(int) - wanted[:3]).max(axis=0) > 1))
    assert different.mean() <= MOST_DIFFERENT


def service(live, version, crs):
    """GDAL's description of a WMS in a small file: 300 x 300 pixels in blocks that do not divide them."""
    left, bottom, right, top = box_in(crs)
    key, order = ("CRS", "yxYX" if crs == "EPSG:4326" else "xyXY") if version == "1.3.0" else ("SRS", "xyXY")
    return f"""<GDAL_WMS><Service name="WMS"><Version>{version}</Version><ServerUrl>{live}/wms?</ServerUrl>
<{key}>{crs}</{key}><ImageFormat>image/png</ImageFormat><Transparent>TRUE</Transparent><Layers>true_color</Layers>
<Styles></Styles><BBoxOrder>{order}</BBoxOrder></Service>
<DataWindow><UpperLeftX>{left!r}</UpperLeftX><UpperLeftY>{top!r}</UpperLeftY>
<LowerRightX>{right!r}</LowerRightX><LowerRightY>{bottom!r}</LowerRightY><SizeX>{SIZE}</SizeX><SizeY>{SIZE}</SizeY>
</DataWindow><Projection>{crs}</Projection><BandsCount>4</BandsCount><BlockSizeX>128</BlockSizeX>
<BlockSizeY>128</BlockSizeY><OverviewCount>0</OverviewCount></GDAL_WMS>"""


@pytest.mark.parametrize("crs", ["EPSG:32631", "EPSG:3857", "EPSG:4326"])
@pytest.mark.parametrize("version", ["1.1.1", "1.3.0"])
def test_a_described_wms_gives_the_map(opened, direct, live, version, crs):
    with opened(service(live, version, crs)) as file:
        assert (file.driver, file.count, file.crs.to_string()) == ("WMS", 4, crs)
        found = file.read()
    same_picture(found, direct(crs, box_in(crs), SIZE, SIZE))


@pytest.mark.parametrize("crs", ["EPSG:32631", "EPSG:3857"])
def test_a_wms_by_its_address_gives_the_map(opened, direct, live, crs):
    text = ",".join(map(repr, box_in(crs)))
    address = f"WMS:{live}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=true_color&STYLES=&CRS={crs}&BBOX={text}"
    with opened(f"{address}&FORMAT=image/png&TRANSPARENT=TRUE") as file:
        assert file.bounds == pytest.approx(box_in(crs), abs=1e-6)
        found = file.read(out_shape=(4, 1024, 1024))
    same_picture(found, direct(crs, box_in(crs), 1024, 1024))


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_gdal_finds_every_layer_of_the_wms(opened, live):
    with opened(f"WMS:{live}/wms") as file:
        layers = {
            part.removeprefix("LAYERS=") for text in file.subdatasets for part in text.split("&") if "LAYERS" in part
        }
        first = file.subdatasets[0]
    assert layers == {"true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation"}
    with opened(first) as file:
        assert (file.crs.to_string(), file.count) == ("EPSG:3857", 3)
        left, bottom, right, top = file.bounds
    x, y = middle("EPSG:3857")
    assert (left < x < right, bottom < y < top) == (True, True)


@pytest.mark.parametrize(
    ("set_", "matrix", "crs", "pixel"),
    [
        ("WebMercatorQuad", "16", "EPSG:3857", 2 * EDGE / 2**24),
        ("WebMercatorQuad", "14", "EPSG:3857", 2 * EDGE / 2**22),
        ("UTM31", "8", "EPSG:32631", 10.0),
        ("UTM31", "7", "EPSG:32631", 20.0),
    ],
)
def test_wmts_lies_in_its_place_and_gives_the_map(opened, direct, live, set_, matrix, crs, pixel):
    side = 60 if pixel > 5 else SIZE
    address = f"WMTS:{live}/wmts/1.0.0/WMTSCapabilities.xml,layer=true_color,tilematrixset={set_},tilematrix={matrix}"
    with opened(address) as file:
        assert (file.driver, file.crs.to_string()) == ("WMTS", crs)
        assert (file.transform.a, -file.transform.e) == pytest.approx((pixel, pixel), rel=1e-9)
        window = around(file, *middle(crs), side)
        found, box = file.read(window=window), bounds(file.transform, window)
    same_picture(found, direct(crs, box, side, side))


@pytest.mark.parametrize("set_", ["WebMercatorQuad", "UTM31"])
def test_wmts_lies_over_the_whole_archive(opened, live, set_, site_engine):
    with opened(f"WMTS:{live}/wmts/1.0.0/WMTSCapabilities.xml,layer=true_color,tilematrixset={set_}") as file:
        to = pyproj.Transformer.from_crs("OGC:CRS84", file.crs.to_wkt(), always_xy=True)
        box = site_engine.extent(site_engine.layer("true_color", "wmts")).lonlat
        left, bottom, right, top = to.transform_bounds(box.min_x, box.min_y, box.max_x, box.max_y)
        slack = 2 * abs(file.transform.a) + 20
        assert file.bounds.left <= left + slack
        assert file.bounds.bottom <= bottom + slack
        assert file.bounds.right >= right - slack
        assert file.bounds.top >= top - slack


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_wmts_tells_its_layers_and_sets(opened, live):
    with opened(f"WMTS:{live}/wmts/1.0.0/WMTSCapabilities.xml") as file:
        told = file.subdatasets
    assert {text.partition("layer=")[2].partition(",")[0] for text in told} == {
        "true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation",
    }  # fmt: skip
    assert {text.partition("tilematrixset=")[2].partition(",")[0] for text in told} == {"WebMercatorQuad", "UTM31"}


def test_xyz_tiles_lie_in_their_place_and_give_the_map(opened, direct, live):
    address = f"{live}/xyz/true_color/${{z}}/${{x}}/${{y}}.png"
    text = f"""<GDAL_WMS><Service name="TMS"><ServerUrl>{address}</ServerUrl></Service>
<DataWindow><UpperLeftX>{-EDGE!r}</UpperLeftX><UpperLeftY>{EDGE!r}</UpperLeftY><LowerRightX>{EDGE!r}</LowerRightX>
<LowerRightY>{-EDGE!r}</LowerRightY><TileLevel>{MATRIX}</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY>
<YOrigin>top</YOrigin></DataWindow><Projection>EPSG:3857</Projection><BlockSizeX>256</BlockSizeX>
<BlockSizeY>256</BlockSizeY><BandsCount>4</BandsCount></GDAL_WMS>"""
    with opened(text) as file:
        window = around(file, *middle("EPSG:3857"))
        found, box = file.read(window=window), bounds(file.transform, window)
    same_picture(found, direct("EPSG:3857", box, SIZE, SIZE))
