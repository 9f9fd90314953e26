"""GDAL's WCS driver in the words of 1.0.0 and 1.1.x: the same grid, bands, nodata and numbers as the files."""

import json
import shutil
import subprocess

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window
from tests.fixtures.reference import centres

VERSIONS = ("1.0.0", "1.1.0", "1.1.1", "1.1.2")
FILES = {"elevation": "dem/dem.tif", "landcover": "landcover/landcover_2022.tif"}
"""The first in degrees with latitude first, the second in a projection with the north first."""
WINDOW = Window(60, 20, 120, 90)


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def opened(live, tmp_path_factory, version):
    """Opens a coverage through GDAL, with a cache of its own for what GDAL keeps of capabilities."""
    cache = tmp_path_factory.mktemp("wcs-cache")

    def open_(name):
        return rasterio.open(f"WCS:{live}/wcs?version={version}&coverage={name}", CACHE=str(cache))

    return open_


def index_of(coverage, reference, date):
    """The index of a window and what the scenes of a date give there, where that is sure."""
    values, t = coverage.read(1, window=WINDOW), coverage.transform
    x, y = t @ (WINDOW.col_off, WINDOW.row_off)
    where = centres(rasterio.Affine(t.a, t.b, x, t.d, t.e, y), WINDOW.height, WINDOW.width)
    truth = reference.at(["B08", "B04"], *where, coverage.crs.to_string(), [date])
    b = truth.values
    sure = truth.clear & truth.valid
    assert sure.sum() > 500
    return values[sure], ((b["B08"] - b["B04"]) / (b["B08"] + b["B04"]))[sure]


@pytest.mark.parametrize("name", FILES)
def test_a_coverage_is_its_file(opened, site, name):
    with rasterio.open(site.folder / FILES[name]) as file:
        grid, expected = (file.width, file.height, file.transform, file.crs), file.read(1, masked=True)
    with opened(name) as coverage:
        assert (coverage.width, coverage.height, coverage.count) == (*grid[:2], 1)
        assert coverage.transform.almost_equals(grid[2], precision=1e-9)
        assert coverage.crs == grid[3]
        found = coverage.read(1, masked=True)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.filled(0), expected.filled(0))
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))


@pytest.mark.parametrize("name", FILES)
def test_a_window_is_that_of_the_file(opened, site, name):
    window = Window(11, 7, 40, 30)
    with rasterio.open(site.folder / FILES[name]) as file, opened(name) as coverage:
        expected, found = file.read(1, window=window, masked=True), coverage.read(1, window=window, masked=True)
    np.testing.assert_array_equal(found.filled(0), expected.filled(0))


def test_reflectance_over_the_seam_is_that_of_the_scenes(opened, reference):
    with opened("ndvi") as coverage:
        found, expected = index_of(coverage, reference, "2022-07-19")
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_every_band_is_there(opened, site_engine):
    layer = site_engine.layer("s2_l2a", "wcs")
    with opened("s2_l2a") as coverage:
        assert coverage.count == len(site_engine.domain(layer).fields)
        assert np.isnan(coverage.nodata)


def test_a_smaller_picture_comes_scaled_by_the_server(opened):
    with opened("elevation") as coverage:
        small = coverage.read(1, out_shape=(coverage.height // 4, coverage.width // 4), masked=True)
        whole = coverage.read(1, masked=True)
    assert small.count() > 100
    assert whole.min() <= small.min() <= small.max() <= whole.max()
    assert abs(small.mean() - whole.mean()) < 0.05 * whole.std()


def test_times_of_1_0_are_subdatasets_and_the_newest_is_the_default(live, reference, tmp_path):
    with rasterio.open(f"WCS:{live}/wcs?version=1.0.0&coverage=ndvi", CACHE=str(tmp_path)) as coverage:
        names = coverage.subdatasets
        found, expected = index_of(coverage, reference, "2022-07-19")
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    assert [name.partition("time=")[2][:10] for name in names] == [
        "2021-06-14",
        "2021-09-02",
        "2022-05-15",
        "2022-07-19",
    ]
    with rasterio.open(names[0]) as coverage:
        found, expected = index_of(coverage, reference, "2021-06-14")
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs one of the programs of the system's GDAL, which is another version, in a home of its own."""
    home = tmp_path_factory.mktemp("home")

    def call(program, *arguments):
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"{program} is not installed (Debian: gdal-bin)")
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
        answer = subprocess.run(
            [path, *arguments], capture_output=True, text=True, check=False, timeout=120, env=environment
        )
        assert (answer.returncode, answer.stderr) == (0, "")
        return answer.stdout

    return call


def test_gdalinfo_understands_the_coverage_without_a_warning(run, live, site, version):
    told = json.loads(run("gdalinfo", "-json", f"WCS:{live}/wcs?version={version}&coverage=landcover"))
    with rasterio.open(site.folder / FILES["landcover"]) as file:
        assert told["size"] == [file.width, file.height]
        assert told["geoTransform"] == pytest.approx(file.transform.to_gdal())
    assert [(band["type"], band["noDataValue"]) for band in told["bands"]] == [("Byte", 0)]


def test_gdal_translate_downloads_the_numbers_of_the_file(run, live, site, tmp_path, version):
    target = tmp_path / "part.tif"
    address = f"WCS:{live}/wcs?version={version}&coverage=elevation"
    run("gdal_translate", "-q", "-srcwin", "10", "12", "40", "30", address, str(target))
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        expected = file.read(1, window=Window(10, 12, 40, 30), masked=True)
        corner = file.transform @ (10, 12)
    with rasterio.open(target) as file:
        assert (file.transform.c, file.transform.f) == pytest.approx(corner, abs=1e-9)
        np.testing.assert_array_equal(file.read(1, masked=True).filled(0), expected.filled(0))
