"""The grid of an answer: laws of trims and slices, whatever the numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import InvalidSubset
from bandstand.model.crs import parse_crs
from bandstand.model.grid import Affine, Grid, project_bbox
from bandstand.services.wcs.v20.extent import Wanted, answer_grid
from bandstand.services.wcs.v20.scaling import Scaling
from bandstand.services.wcs.v20.subset import Subset

UTM31, UTM30, DEGREES, LAEA = (parse_crs(name) for name in ("EPSG:32631", "EPSG:32630", "EPSG:4326", "EPSG:3035"))
NATIVE = Grid(UTM31, Affine(10.0, 0.0, 280_000.0, 0.0, -10.0, 5_470_000.0), 300, 200)
OTHER = Grid(UTM30, Affine(10.0, 0.0, 716_000.0, 0.0, -10.0, 5_471_000.0), 400, 400)
LATTICES = {UTM31: NATIVE, UTM30: OTHER}


def grid(*subsets, subsetting=UTM31, output=UTM31, scaling=None):
    wanted = Wanted(tuple(subsets), subsetting, output, scaling or Scaling())
    return answer_grid(NATIVE, wanted, LATTICES.get)


def trim(kind, low, high):
    return Subset(kind, kind, repr(low), repr(high))


def slice_(kind, at):
    return Subset(kind, kind, repr(at), None)


X = st.floats(280_000, 283_000)
Y = st.floats(5_468_000, 5_470_000)


def is_part(found, whole):
    """Whether a grid is a part of a lattice: same cells, shifted by whole ones."""
    col, row = whole.transform.inverse(found.transform.c, found.transform.f)
    return (
        found.crs == whole.crs
        and (found.transform.a, found.transform.e) == (whole.transform.a, whole.transform.e)
        and math.isclose(col, round(col), abs_tol=1e-6)
        and math.isclose(row, round(row), abs_tol=1e-6)
        and round(col) >= 0 <= round(row)
        and round(col) + found.width <= whole.width
        and round(row) + found.height <= whole.height
    )


def test_nothing_asked_is_the_whole():
    assert grid() == NATIVE


@given(X, X, Y, Y)
def test_a_trim_is_a_part_of_the_lattice_that_holds_the_box_and_no_cell_more(x1, x2, y1, y2):
    left, right = sorted((x1, x2))
    bottom, top = sorted((y1, y2))
    found = grid(trim("x", left, right), trim("y", bottom, top))
    box, hair = found.bbox, 0.002
    assert is_part(found, NATIVE)
    assert box.min_x <= left + hair
    assert right - hair <= box.max_x
    assert box.min_y <= bottom + hair
    assert top - hair <= box.max_y
    # Every outer row and column is touched.
    assert box.min_x + 10 > left - hair
    assert box.max_x - 10 < right + hair or found.width == 1
    assert box.min_y + 10 > bottom - hair or found.height == 1
    assert box.max_y - 10 < top + hair or found.height == 1


@given(X, Y)
def test_a_slice_is_the_one_cell_that_holds_the_position(x, y):
    found = grid(slice_("x", x), slice_("y", y))
    assert (found.width, found.height) == (1, 1)
    assert found.bbox.min_x - 0.002 <= x <= found.bbox.max_x + 0.002
    assert found.bbox.min_y - 0.002 <= y <= found.bbox.max_y + 0.002


@given(st.integers(0, 299), st.integers(1, 50), st.floats(-0.9e-3, 0.9e-3), st.floats(-0.9e-3, 0.9e-3))
def test_borders_that_are_off_by_a_hair_mean_the_border(first, count, before, after):
    last = min(first + count, 300)
    found = grid(trim("x", 280_000 + 10 * first + before, 280_000 + 10 * last + after))
    assert (found.transform.c, found.width) == (280_000 + 10 * first, last - first)


@given(X, st.floats(283_001, 1e9))
def test_what_reaches_beyond_is_cut_to_the_coverage(inside, beyond):
    assert grid(trim("x", inside, beyond)) == grid(Subset("x", "x", repr(inside), "*"))


@pytest.mark.parametrize("low", [283_001.0, 1e300, -1e300])
def test_what_lies_outside_is_refused(low):
    with pytest.raises(InvalidSubset):
        grid(trim("x", low, low + 1))


@given(st.floats(-0.02, 0.02), st.floats(49.30, 49.33), st.floats(0, 0.01), st.floats(0, 0.01))
def test_a_box_of_degrees_gives_a_part_of_the_lattice_that_holds_it(lon, lat, wide, high):
    subsets = trim("x", lon, lon + wide), trim("y", lat, lat + high)
    try:
        found = grid(*subsets, subsetting=DEGREES)
    except InvalidSubset:
        return
    assert is_part(found, NATIVE)


@given(X, Y, st.floats(0, 400), st.floats(0, 400))
def test_the_crs_of_other_scenes_gives_a_part_of_their_lattice(x, y, wide, high):
    try:
        found = grid(trim("x", x, x + wide), trim("y", y, y + high), output=UTM30)
    except InvalidSubset:
        return
    assert is_part(found, OTHER)


def test_a_trim_in_the_crs_of_other_scenes_is_answered_on_their_lattice():
    found = grid(trim("x", 717_003, 717_050), subsetting=UTM30, output=UTM30)
    assert (found.transform.c, found.width) == (717_000, 5)


@given(X, Y, st.floats(0, 900), st.floats(0, 900))
def test_a_crs_without_scenes_gives_pixels_as_large_on_the_ground_that_cover_the_part(x, y, wide, high):
    subsets = trim("x", x, x + wide), trim("y", y, y + high)
    part, found = grid(*subsets), grid(*subsets, output=LAEA)
    covered = project_bbox(part.bbox, UTM31, LAEA)
    box = found.bbox
    # The projection keeps areas, zones stretch by 1.0012 at most, and the two grids are turned by some degrees.
    assert found.resolution == pytest.approx((10, 10), rel=2e-2)
    assert (box.min_x, box.max_y) == (covered.min_x, covered.max_y)
    assert box.max_x >= covered.max_x - 0.01
    assert box.min_y <= covered.min_y + 0.01
    assert box.max_x - found.resolution[0] < covered.max_x
    assert box.min_y + found.resolution[1] > covered.min_y


@given(X, Y)
def test_the_size_of_pixels_does_not_hang_on_the_size_of_the_box(x, y):
    point = grid(slice_("x", x), slice_("y", y), output=LAEA)
    wide = grid(trim("x", x - 30, x + 30), trim("y", y - 30, y + 30), output=LAEA)
    assert point.resolution == pytest.approx(wide.resolution, rel=1e-4)


@given(X, Y, st.integers(1, 5000), st.integers(1, 5000))
def test_scaling_keeps_the_area(x, y, width, height):
    subsets = trim("x", x, x + 100), trim("y", y, y + 100)
    plain, scaled = grid(*subsets), grid(*subsets, scaling=Scaling(width=width, height=height))
    assert (scaled.width, scaled.height) == (width, height)
    a, b = plain.bbox, scaled.bbox
    assert (b.min_x, b.min_y, b.max_x, b.max_y) == pytest.approx((a.min_x, a.min_y, a.max_x, a.max_y), abs=1e-6)


@given(st.floats(0, 0.02), st.floats(0.001, 0.006), st.integers(1, 400), st.integers(1, 400))
def test_a_size_in_a_crs_without_scenes_is_that_of_the_very_box_that_is_asked(lon, wide, width, height):
    whole = project_bbox(NATIVE.bbox, UTM31, DEGREES)
    west, north = whole.min_x + lon, whole.min_y + 0.005 + wide
    subsets = (trim("x", west, west + wide), trim("y", north - wide, north))
    found = grid(*subsets, subsetting=DEGREES, output=DEGREES, scaling=Scaling(width=width, height=height))
    assert (found.width, found.height) == (width, height)
    box = found.bbox
    for edge, asked in ((box.min_x, west), (box.max_x, west + wide), (box.min_y, north - wide), (box.max_y, north)):
        assert math.isclose(edge, asked, abs_tol=1e-11)


@given(X, Y, st.floats(20, 1000), st.floats(20, 1000))
def test_a_size_covers_the_cells_that_are_asked_in_another_crs_and_no_more(x, y, wide, high):
    subsets = (trim("x", x, min(x + wide, 283_000)), trim("y", max(y - high, 5_468_000), y))
    found = grid(*subsets, output=LAEA, scaling=Scaling(width=50, height=40))
    box = project_bbox(grid(*subsets).bbox, UTM31, LAEA)
    for edge in ("min_x", "min_y", "max_x", "max_y"):
        assert math.isclose(getattr(found.bbox, edge), getattr(box, edge), abs_tol=1e-6)
