"""GDAL's WCS driver against a running server: the coverage loads, lies where it should, and has the files' numbers."""

import json
import shutil
import subprocess

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window
from tests.fixtures.reference import centres

SIDE = 192


@pytest.fixture(scope="module")
def opened(live, tmp_path_factory):
    """Opens a coverage through GDAL, with a cache of its own for what GDAL keeps of capabilities."""
    cache = tmp_path_factory.mktemp("wcs-cache")

    def open_(name, **options):
        return rasterio.open(f"WCS:{live}/wcs?version=2.0.1&coverage={name}", CACHE=str(cache), **options)

    return open_


@pytest.fixture(scope="module")
def described(client):
    """The native grid as a whole coverage has it."""

    def grid(name):
        keys = "service=WCS&version=2.0.1&request=GetCoverage"
        answer = client.get(f"/wcs?{keys}&coverageid={name}")
        with rasterio.MemoryFile(answer.get_data()) as memory, memory.open() as file:
            return file.transform, file.width, file.height, file.crs, file.descriptions

    return grid


@pytest.mark.parametrize("name", ["s2_l2a", "ndvi", "landcover", "elevation"])
def test_a_coverage_has_its_grid_and_bands(opened, described, name):
    transform, width, height, crs, names = described(name)
    with opened(name) as coverage:
        assert (coverage.width, coverage.height, coverage.count) == (width, height, len(names))
        assert coverage.transform.almost_equals(transform, precision=1e-9)
        assert coverage.crs == crs


BANDS = ["B01", "B02", "B03", "B04", "B05", "B08", "B8A", "B11", "B12", "SCL"]
WINDOW = Window(60, 20, 200, 150)


def placed(coverage, window):
    """Centres of the pixels of a window, and the CRS."""
    c, f = coverage.transform @ (window.col_off, window.row_off)
    t = coverage.transform
    return (*centres(rasterio.Affine(t.a, t.b, c, t.d, t.e, f), window.height, window.width), coverage.crs.to_string())


def test_reflectance_over_the_seam_is_that_of_the_files(opened, reference):
    with opened("s2_l2a") as coverage:
        values, where = coverage.read(4, window=WINDOW), placed(coverage, WINDOW)
    # A pixel of the coverage is there where every band of a scene is.
    truth = reference.at(BANDS, *where, ["2022-07-19"])
    expected = np.where(truth.valid, truth.values["B04"], np.nan)
    assert truth.valid.any()
    np.testing.assert_allclose(values[truth.clear], expected[truth.clear], rtol=1e-6, atol=1e-7)


def test_elevation_in_a_north_first_crs_is_not_mirrored(opened, site):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        expected = file.read(1, masked=True).filled(np.nan)
    with opened("elevation") as coverage:
        values = coverage.read(1)
    np.testing.assert_array_equal(values, expected)


def test_classes_in_a_north_first_projection_are_those_of_the_file(opened, site):
    with rasterio.open(site.folder / "landcover" / "landcover_2022.tif") as file:
        expected = file.read(1)
    with opened("landcover") as coverage:
        values = coverage.read(1)
    assert values.dtype == np.uint8
    np.testing.assert_array_equal(values, expected)


def test_a_smaller_picture_comes_scaled_by_the_server(opened):
    with opened("elevation") as coverage:
        small = coverage.read(1, out_shape=(coverage.height // 4, coverage.width // 4))
        whole = coverage.read(1)
    assert np.nanmin(small) >= np.nanmin(whole)
    assert abs(np.nanmean(small) - np.nanmean(whole)) < 0.05 * np.nanstd(whole)


def test_parameters_of_ours_go_along(opened, live, reference, tmp_path):
    # GDAL asks with whatever stands in the service address.
    description = tmp_path / "ndvi.xml"
    description.write_text(
        f"<WCS_GDAL><ServiceURL>{live}/wcs?</ServiceURL><Version>2.0.1</Version>"
        "<CoverageName>ndvi</CoverageName><GetCoverageExtra>TIME=2021-06-14</GetCoverageExtra></WCS_GDAL>"
    )
    with rasterio.open(description) as coverage:
        values, where = coverage.read(1, window=WINDOW), placed(coverage, WINDOW)
    truth = reference.at(["B08", "B04"], *where, ["2021-06-14"])
    b = truth.values
    expected = np.where(truth.valid, (b["B08"] - b["B04"]) / (b["B08"] + b["B04"]), np.nan)
    np.testing.assert_allclose(values[truth.clear], expected[truth.clear], rtol=1e-6, atol=1e-7)


def test_the_times_are_known(opened):
    with opened("s2_l2a") as coverage:
        assert coverage.tags()["TimeDomain"] == "2021-06-14,2021-09-02,2022-05-15,2022-07-19"


@pytest.mark.parametrize("name", ["elevation", "landcover"])
def test_the_address_of_a_coverage_opens_like_a_file_with_its_nodata(live, site, name):
    path = {"elevation": "dem/dem.tif", "landcover": "landcover/landcover_2022.tif"}[name]
    with rasterio.open(site.folder / path) as file:
        expected = file.read(1, masked=True)
    with rasterio.open(f"{live}/wcs?service=WCS&version=2.0.1&request=GetCoverage&coverageid={name}") as file:
        found = file.read(1, masked=True)
    assert expected.mask.any() == (name == "elevation")
    np.testing.assert_array_equal(found.mask | np.zeros(found.shape, bool), expected.mask | np.zeros(found.shape, bool))
    np.testing.assert_array_equal(found.compressed(), expected.compressed())


# The programs of the system's GDAL, which is another version


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs one of GDAL's programs in a home of its own."""
    home = tmp_path_factory.mktemp("home")

    def call(program, *arguments):
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"{program} is not installed (Debian: gdal-bin)")
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
        answer = subprocess.run(
            [path, *arguments], capture_output=True, text=True, check=False, timeout=120, env=environment
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return call


def test_gdalinfo_understands_the_coverage(run, live, described):
    transform, width, height, _, names = described("s2_l2a")
    told = json.loads(run("gdalinfo", "-json", f"WCS:{live}/wcs?version=2.0.1&coverage=s2_l2a"))
    assert told["size"] == [width, height]
    assert told["geoTransform"] == pytest.approx(transform.to_gdal())
    assert len(told["bands"]) == len(names)


def test_gdal_translate_downloads_the_numbers_of_the_file(run, live, site, tmp_path):
    target = tmp_path / "part.tif"
    address = f"WCS:{live}/wcs?version=2.0.1&coverage=elevation"
    run("gdal_translate", "-q", "-srcwin", "10", "12", "40", "30", address, str(target))
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        expected = file.read(1, window=Window(10, 12, 40, 30), masked=True).filled(np.nan)
        corner = file.transform @ (10, 12)
    with rasterio.open(target) as file:
        assert (file.transform.c, file.transform.f) == pytest.approx(corner, abs=1e-9)
        np.testing.assert_array_equal(file.read(1), expected)
