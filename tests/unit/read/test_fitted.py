"""Files that ground control points place lie where GDAL's warp puts them."""

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.warp import Resampling, reproject

from bandstand.errors import SourceUnavailable
from bandstand.read.library import Library

WIDTH, HEIGHT = 256, 200


def plane(col, row):
    return 10 + 0.001 * col + 0.0002 * row, 50 - 0.0008 * row + 0.0001 * col


def bent(col, row):
    x, y = plane(col, row)
    return x + 1e-7 * col * row, y + 2e-7 * col * col


def hilly(col, row):
    x, y = bent(col, row)
    return x + 0.004 * np.sin(col / 40) * np.cos(row / 30), y + 0.003 * np.sin(row / 25)


def beyond(col, row):
    x, y = plane(col, row)
    x = x + 169.9
    return x - 360 if x > 180 else x, y


def points(where, side):
    places = [(c, r) for c in np.linspace(0, WIDTH, side) for r in np.linspace(0, HEIGHT, side)]
    return [GroundControlPoint(r, c, *where(c, r), 0.0) for c, r in places]


CASES = {
    "polynomial of order 1": (points(plane, 3)[::2], {}),
    "polynomial of order 2": (points(bent, 5), {}),
    "thin plate spline": (points(hilly, 12), {"SRC_METHOD": "GCP_TPS"}),
}


def write(path, values, gcps, crs="EPSG:4326", **options):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype=values.dtype,
        tiled=True,
        blockxsize=64,
        blockysize=64,
        gcps=gcps,
        crs=CRS.from_string(crs) if crs else CRS(),
        **options,
    ) as file:
        file.write(values, 1)
    return str(path)


@pytest.fixture
def library():
    opened = Library()
    yield opened
    opened.close()


def read(library, path, level=0):
    report = library.describe(path)
    source = library.open(path, version=report.version, index=report.index)
    size = source.levels[level]
    return report, source.read(1, level, 0, 0, size.width, size.height)


def by_gdal(values, gcps, grid, shape, **options):
    """What GDAL's warp puts on the grid, -1 beside it."""
    t = grid.transform.scaled(grid.width / shape[1], grid.height / shape[0])
    found = np.full(shape, -1.0)
    reproject(
        values.astype("f8"),
        found,
        gcps=gcps,
        src_crs="EPSG:4326",
        dst_crs="EPSG:4326",
        dst_transform=rasterio.Affine(t.a, t.b, t.c, t.d, t.e, t.f),
        resampling=Resampling.nearest,
        init_dest_nodata=False,
        **options,
    )
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("axis", [0, 1])
def test_the_pixels_lie_where_gdal_puts_them(tmp_path, library, case, axis):
    gcps, options = CASES[case]
    # Every pixel holds its own row or column: a difference of 1 is one of a pixel.
    values = np.indices((HEIGHT, WIDTH))[axis].astype("u2")
    path = write(tmp_path / "points.tif", values, gcps)
    report, window = read(library, path)
    truth = by_gdal(values, gcps, report.grid, window.values.shape, **options)
    both = window.valid & (truth >= 0)
    assert (window.valid ^ (truth >= 0)).mean() < 0.01
    off = np.abs(window.values[both].astype("f8") - truth[both])
    # GDAL's warp computes positions at some pixels and goes straight between them: to an eighth of a pixel.
    assert (off.max(), (off > 0).mean() < 0.05) == (pytest.approx(0.5, abs=0.5), True)


@pytest.mark.parametrize("case", CASES)
def test_the_grid_holds_the_whole_file(tmp_path, library, case):
    gcps = CASES[case][0]
    path = write(tmp_path / "points.tif", np.ones((HEIGHT, WIDTH), "u1"), gcps)
    report, window = read(library, path)
    box = report.grid.bbox
    xs, ys = [p.x for p in gcps], [p.y for p in gcps]
    size = report.grid.resolution[0]
    assert (box.min_x, box.max_x) == (pytest.approx(min(xs), abs=2 * size), pytest.approx(max(xs), abs=2 * size))
    assert (box.min_y, box.max_y) == (pytest.approx(min(ys), abs=2 * size), pytest.approx(max(ys), abs=2 * size))
    cell = abs(np.linalg.det(np.array([[0.001, 0.0002], [0.0001, -0.0008]])))
    assert window.valid.sum() * size**2 == pytest.approx(WIDTH * HEIGHT * cell, rel=0.06)


@pytest.mark.parametrize("case", CASES)
def test_the_fit_is_told(tmp_path, library, case):
    path = write(tmp_path / "points.tif", np.ones((HEIGHT, WIDTH), "u1"), CASES[case][0])
    assert case in library.describe(path).warnings[0]


def test_a_coarse_level_shows_what_the_fine_one_does(tmp_path, library):
    gcps = [GroundControlPoint(p.row * 8, p.col * 8, p.x, p.y, 0.0) for p in points(bent, 5)]
    rows, cols = np.indices((8 * HEIGHT, 8 * WIDTH))
    path = write(tmp_path / "large.tif", (rows + cols).astype("f4"), gcps)
    report, fine = read(library, path)
    assert report.overviews == (2, 4, 8)
    _, coarse = read(library, path, level=2)
    height, width = coarse.values.shape
    rows, cols = (
        np.minimum(np.arange(n) * 4 + 2, m - 1) for n, m in zip((height, width), fine.values.shape, strict=True)
    )
    at = np.ix_(rows, cols)
    valid = coarse.valid & (True if fine.valid is None else fine.valid[at])
    assert valid.mean() > 0.6
    assert np.abs(coarse.values - fine.values[at])[valid].max() <= 8


def test_windows_are_parts_of_the_whole(tmp_path, library):
    values = np.random.default_rng(3).integers(1, 60000, (HEIGHT, WIDTH)).astype("u2")
    path = write(tmp_path / "points.tif", values, points(hilly, 12))
    report, whole = read(library, path)
    source = library.open(path, version=report.version, index=report.index)
    part = source.read(1, 0, 100, 40, 64, 64)
    differ = whole.values[40:104, 100:164] != part.values
    # Nodes of the spline lie elsewhere.
    assert differ.mean() < 0.02


def test_nodata_and_what_lies_beside_the_file_are_masked(tmp_path, library):
    values = np.full((HEIGHT, WIDTH), 5, "u2")
    values[:, :100] = 0
    path = write(tmp_path / "points.tif", values, points(plane, 3)[::2], nodata=0)
    _, window = read(library, path)
    assert set(np.unique(window.values[window.valid])) == {5}
    assert 0.4 < window.valid.mean() < 0.5


def test_points_on_both_sides_of_180_degrees_are_one_place(tmp_path, library):
    path = write(tmp_path / "points.tif", np.ones((HEIGHT, WIDTH), "u1"), points(beyond, 5))
    box = library.describe(path).grid.bbox
    assert (box.min_x, box.max_x) == (pytest.approx(179.9, abs=0.01), pytest.approx(180.2, abs=0.01))


def test_points_without_a_system_place_pixels_in_one_that_is_told_elsewhere(tmp_path, library):
    path = write(tmp_path / "points.tif", np.ones((HEIGHT, WIDTH), "u1"), points(plane, 3)[::2], crs="")
    report = library.describe(path)
    assert (report.grid, report.crs, report.transform is not None) == (None, None, True)


def test_two_points_place_nothing(tmp_path, library):
    path = write(tmp_path / "points.tif", np.ones((HEIGHT, WIDTH), "u1"), points(plane, 3)[:2])
    assert library.describe(path).grid is None


def test_an_index_of_a_fit_is_refused_for_a_file_without_points(tmp_path, library):
    path = write(tmp_path / "points.tif", np.ones((HEIGHT, WIDTH), "u1"), points(plane, 3)[::2])
    report = library.describe(path)
    with rasterio.open(path, "r+") as file:
        file.transform, file.crs = rasterio.Affine(10, 0, 0, 0, -10, 0), "EPSG:32631"
    library.close()
    source = library.open(path, index=report.index)
    with pytest.raises(SourceUnavailable):
        source.read(1, 0, 0, 0, 8, 8)
