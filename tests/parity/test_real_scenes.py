"""Real scenes through the whole product, from ingest to the bytes of the answer, against rasterio and GDAL's warper.

Each collection below is ingested once into one catalogue and served. The stored numbers must come back untouched on
the grid of the file, interpolated as GDAL interpolates, and in web Mercator as an exact transform says.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
import pytest
import rasterio
from PIL import Image
from tests.fixtures.real import Archive, grid_of, same_place
from tests.fixtures.truth import Target, Truth, off_edges

from bandstand.model.crs import WEB_MERCATOR, crs_from_wkt, transformer
from bandstand.warp.transform import control_grid

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

Shift, Zoom = rasterio.Affine.translation, rasterio.Affine.scale
MOST_DIFFERENT = 1e-3
SIDE = 320
OFF_TIES_PX = 0.0173
"""No centre of a target may fall exactly on a border between samples: rounding would decide."""


@dataclass(frozen=True)
class Scene:
    """A collection of real files, and one of its bands to look at."""

    name: str
    profile: str
    source: str
    band: str
    path: str
    """Of the file that holds the band, below the folder of shared data."""
    plane: int = 1
    nodata: float | None = None
    window: tuple[int, int, int, int] | None = None
    time: str = ""
    colours: str = ""
    """Parameters of a map, where the usual style has one colour for all that is there."""

    def truth(self, shared):
        return Truth(shared / "data" / self.path, self.plane, self.nodata, self.window)


S2, L1C = "sentinel-2-l2a", "sentinel-2-l1c"
FORT = "sentinel2/fortmcmurray-20190522"
EARTH_SEARCH, SERIES = "sentinel2/earthsearch-29RKH-20200219", "timeseries/s2-31UDS-2017-2018"
C2, C2_FILE = "landsat/c2l2-001062-20201031/", "LC08_L2SP_001062_20201031_20201106_02_T2_"
CLOUDMASK = "landcover/S2A_MSIL2A_20170725T142751_N9999_R053_T19GBQ_20240410T040247_cloudmask.tif"
BERLIN, HYDE = "landcover/berlin-landcover-1m.tif", "landcover/cropland_hyde_2016.tif"
CEREAL = "landcover/worldcereal-31TCJ-2019_annual-annualcropland.tif"
TROPICS = "dem/Copernicus_DSM_COG_10_N00_00_E006_00_DEM.tif"
POLE = "dem/Copernicus_DSM_COG_30_S90_00_W164_00_DEM.tif"

REFLECTANCE = [
    Scene("earth_search", S2, EARTH_SEARCH, "B04", f"{EARTH_SEARCH}/B04.tif"),
    Scene("gujarat", S2, "sentinel2/gujarat-43n", "B08", "sentinel2/gujarat-43n/B08.tif", nodata=0),
    Scene("fort_mcmurray", S2, FORT, "B03", f"{FORT}/B03.tif", nodata=0),
    Scene("antwerp_s2", L1C, "sentinel2/antwerp-31n", "B02", "sentinel2/antwerp-31n/B02.tif"),
    Scene(
        "antwerp_landsat",
        "landsat-c2-l2",
        "landsat/antwerp-31n",
        "SR_B4",
        "landsat/antwerp-31n/B04.tif",
        nodata=0,
        colours="range=-0.2,-0.1",
    ),
    Scene("landsat_c2", "landsat-c2-l2", f"{C2}*.TIF", "SR_B5", f"{C2}{C2_FILE}SR_B5.TIF"),
    Scene("series", S2, SERIES, "B08", f"{SERIES}/20170804T105328/10m.tif", plane=4, time="2017-08-04"),
]
CLASSES = [
    Scene("nlcd", "categorical", "landcover/nlcd.tif", "class", "landcover/nlcd.tif"),
    Scene("nlcd2011", "categorical", "landcover/nlcd2011.tif", "class", "landcover/nlcd2011.tif"),
    Scene("stars", "categorical", "landcover/stars-lc.tif", "class", "landcover/stars-lc.tif"),
    Scene("cereal", "categorical", CEREAL, "class", CEREAL),
    Scene("hyde", "categorical", HYDE, "class", HYDE, colours="colormap=viridis&range=0,40"),
    Scene("berlin", "categorical", BERLIN, "class", BERLIN, window=(3200, 3200, 900, 800)),
    Scene(
        "cloudmask",
        "categorical",
        CLOUDMASK,
        "class",
        CLOUDMASK,
        window=(6300, 0, 1000, 700),
        colours="colormap=viridis&range=0,3",
    ),
]
HEIGHTS = [
    Scene("tropics", "dem", TROPICS, "elevation", TROPICS, window=(1800, 2400, 900, 800)),
    Scene("pole", "dem", POLE, "elevation", POLE, colours="range=2800,3000"),
    Scene("lisbon", "dem", "dem/LisbonElevation.tif", "elevation", "dem/LisbonElevation.tif"),
    Scene("olinda", "dem", "dem/olinda_dem_utm25s.tif", "elevation", "dem/olinda_dem_utm25s.tif"),
    Scene("zion", "dem", "dem/srtm-zion.tif", "elevation", "dem/srtm-zion.tif"),
    Scene("swiss", "dem", "dem/swiss-2056.tif", "elevation", "dem/swiss-2056.tif", colours="range=1600,2100"),
]
ALL = [*REFLECTANCE, *CLASSES, *HEIGHTS]


def scenes(chosen):
    return pytest.mark.parametrize("scene", chosen, ids=lambda scene: scene.name)


@pytest.fixture(scope="module")
def archive(shared, tmp_path_factory):
    made = Archive(tmp_path_factory.mktemp("real"), shared / "data", [(s.name, s.profile, s.source) for s in ALL])
    yield made
    made.engine.close()


def subset(scene, truth):
    """SUBSET of the pixels of a truth that is only a part of the coverage."""
    if scene.window is None:
        return {}
    box = truth.target.bounds
    # Half a pixel inwards: bounds are included, so a bound on a border would take a row more.
    x, y = abs(truth.transform.a) / 2, abs(truth.transform.e) / 2
    return {"subset": f"x({box[0] + x!r},{box[2] - x!r})", "subset1": f"y({box[1] + y!r},{box[3] - y!r})"}


def times(scene):
    return {"time": scene.time} if scene.time else {}


def part(truth):
    """The middle of a scene: first column and row, width and height."""
    height, width = truth.values.shape
    w, h = min(width, SIDE) - 8, min(height, SIDE) - 8
    return (width - w) // 2, (height - h) // 2, w, h


def shifted(truth):
    col, row, width, height = part(truth)
    return Target(truth.crs, truth.transform @ Shift(col + 0.5, row + 0.5), width, height)


def finer(truth):
    col, row, width, height = part(truth)
    return Target(truth.crs, truth.transform @ Shift(col + 0.3, row + 0.2) @ Zoom(0.61), width, height)


def coarser(truth):
    # Not so coarse that an overview would serve.
    col, row, width, height = part(truth)
    return Target(truth.crs, truth.transform @ Shift(col, row) @ Zoom(1.4), int(width / 1.5), int(height / 1.5))


def mercator(truth):
    """About a pixel a sample, in the middle of the scene, beyond its borders where it is small."""
    height, width = truth.values.shape
    to = transformer(crs_from_wkt(truth.crs), WEB_MERCATOR).transform
    x, y = to(*(truth.transform @ (width / 2 + OFF_TIES_PX, height / 2 + OFF_TIES_PX)))
    beside, below = (to(*(truth.transform @ (width / 2 + c, height / 2 + r))) for c, r in ((1, 0), (0, 1)))
    across, down = math.hypot(beside[0] - x, beside[1] - y), math.hypot(below[0] - x, below[1] - y)
    w, h = min(width, SIDE) + 6, min(height, SIDE) + 6
    origin = rasterio.Affine(across, 0, x - across * w / 2, 0, -down, y + down * h / 2)
    return Target("EPSG:3857", origin @ Shift(OFF_TIES_PX, OFF_TIES_PX * 2), w, h)


@scenes(ALL)
def test_the_grid_of_the_file_gives_its_numbers(archive, shared, scene):
    truth = scene.truth(shared)
    (values,), (valid,), target = archive.coverage(
        scene.name, rangesubset=scene.band, **times(scene), **subset(scene, truth)
    )
    assert target.transform.almost_equals(truth.transform, precision=1e-9)
    assert same_place(target.crs, truth.crs)
    assert values.dtype == truth.values.dtype
    np.testing.assert_array_equal(valid, truth.valid)
    np.testing.assert_array_equal(values[valid], truth.values[valid])


@pytest.mark.parametrize("band", ["B01", "B02", "B05", "B07", "B8A", "B09", "B12", "AOT", "WVP", "SCL"])
def test_bands_of_every_resolution_lie_on_the_finest_grid(archive, shared, band):
    truth = Truth(shared / "data" / EARTH_SEARCH / f"{band}.tif")
    (values,), (valid,), target = archive.coverage("earth_search", rangesubset=band)
    assert (target.width, target.height, target.transform.a) == (1098, 1098, 100)
    want, want_valid, _ = truth.nearest(target)
    np.testing.assert_array_equal(valid, want_valid)
    np.testing.assert_array_equal(values[valid], want[valid])


def test_every_date_of_a_series_gives_its_own_numbers(archive, shared):
    folders = sorted((shared / "data" / SERIES).iterdir())
    assert len(folders) == 118
    for folder in folders:
        name = folder.name
        moment = f"{name[:4]}-{name[4:6]}-{name[6:11]}:{name[11:13]}:{name[13:]}Z"
        (red, swir, scl), (valid, *_), target = archive.coverage("series", rangesubset="B04,B11,SCL", time=moment)
        fine, coarse, classes = (
            Truth(folder / f"{file}.tif", plane).nearest(target) for file, plane in (("10m", 3), ("20m", 5), ("scl", 1))
        )
        # Bands that are asked together are valid together.
        np.testing.assert_array_equal(valid, fine[1] & coarse[1] & classes[1], err_msg=name)
        for ours, (want, _, _) in ((red, fine), (swir, coarse), (scl, classes)):
            np.testing.assert_array_equal(ours[valid], want[valid], err_msg=name)


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
@pytest.mark.parametrize("target", [shifted, finer, coarser], ids=lambda make: make.__name__)
@scenes([*REFLECTANCE, *HEIGHTS])
def test_interpolated_numbers_are_those_of_gdal(archive, shared, scene, target, method):
    truth = scene.truth(shared)
    grid = target(truth)
    (values,), (valid,), _ = archive.on_grid(scene.name, grid, scene.band, method, scene.time)
    want = truth.warped(grid, method)
    inner = off_edges(valid)
    assert inner.mean() > 0.5
    assert (np.abs(values - want)[inner] <= 1.0).mean() >= 1 - MOST_DIFFERENT


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
@scenes(CLASSES)
def test_classes_are_never_interpolated(archive, shared, scene, method):
    truth = scene.truth(shared)
    grid = finer(truth)
    (values,), (valid,), _ = archive.on_grid(scene.name, grid, scene.band, method)
    want, want_valid, border = truth.nearest(grid)
    clear = border > 1e-6
    np.testing.assert_array_equal(valid[clear], want_valid[clear])
    np.testing.assert_array_equal(values[valid & clear], want[valid & clear])


@scenes(ALL)
def test_web_mercator_is_what_an_exact_transform_says(archive, shared, scene):
    truth = scene.truth(shared)
    target = mercator(truth)
    (values,), (valid,), _ = archive.on_grid(scene.name, target, scene.band, "nearest", scene.time)
    want, want_valid, border = truth.nearest(target)
    differs = (valid != want_valid) | (valid & want_valid & (values != want))
    if scene.window is not None:
        # There is more of the file around what was looked at.
        differs &= want_valid
    assert want_valid.mean() > 0.3
    assert differs.mean() <= MOST_DIFFERENT
    # In samples of the file; one is about a pixel here.
    bound = 2 * control_grid(grid_of(target), crs_from_wkt(truth.crs)).error_px + 2e-6
    assert (border[differs] <= bound).all()


@scenes(ALL)
def test_a_map_in_web_mercator_shows_something(archive, shared, scene):
    grid = mercator(scene.truth(shared))
    left, bottom, right, top = grid.bounds
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": scene.name, "styles": ""}
    query |= {"crs": "EPSG:3857", "bbox": f"{left!r},{bottom!r},{right!r},{top!r}", "width": 256, "height": 256}
    query |= {"format": "image/png", "transparent": "true"} | times(scene)
    query |= dict(pair.split("=") for pair in scene.colours.split("&") if pair)
    answer = archive.client.get("/wms", query_string=query)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    with Image.open(io.BytesIO(answer.get_data())) as image:
        pixels = np.asarray(image.convert("RGBA")).reshape(-1, 4)
    seen = pixels[pixels[:, 3] > 0]
    assert len(seen) > 0.2 * len(pixels)
    assert len(np.unique(seen, axis=0)) >= 2
