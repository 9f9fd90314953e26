"""Grids of WCS 1.1: centres of cells within a box, in the order of the CRS, on the lattice asked for."""

from types import SimpleNamespace

import pytest

from bandstand.errors import InvalidParameter, InvalidSubset, MissingParameter, TooLarge, UnsupportedCrs
from bandstand.model.coverage import Domain
from bandstand.model.crs import CRS84, WEB_MERCATOR, WGS84, crs_from_wkt, parse_crs
from bandstand.model.exchange import Arguments, Call
from bandstand.model.field import Field
from bandstand.model.grid import Affine, Grid
from bandstand.model.layer import Layer
from bandstand.model.style import Style
from bandstand.services.wcs.v11.space import answer_grid

UTM31, UTM30, LAEA = parse_crs("EPSG:32631"), parse_crs("EPSG:32630"), parse_crs("EPSG:3035")
URN = "urn:ogc:def:crs:EPSG::"
NATIVE = Grid(UTM31, Affine(10.0, 0.0, 280000.0, 0.0, -10.0, 5466000.0), 200, 100)
LAYER = Layer(name="c", title="c", collection="c", styles=(Style(name="s", title="s", kind="ramp"),))
SIMPLE, GENERAL = "urn:ogc:def:method:WCS:1.1:2dSimpleGrid", "urn:ogc:def:method:WCS:1.1:2dGridIn2dCrs"


class Engine:
    """Knows one coverage and the grid of its cells in each CRS that it is stored in."""

    crs = (WEB_MERCATOR, LAEA)

    def __init__(self, native):
        self.native = native

    def domain(self, layer, *, crs=None):
        grid = self.native
        if crs not in {None, grid.crs}:
            # Where the scenes lie somewhere in other systems does not matter here.
            grid = Grid(crs, Affine(0.5, 0.0, 0.0, 0.0, -0.5, 50.0), 4, 4)
        return Domain(grid=grid, fields=(Field(name="v", dtype="float32"),))

    def extent(self, layer):
        return SimpleNamespace(crs=(self.native.crs.key,))


def grid(native=NATIVE, **keys):
    call = Call(method="GET", path="/wcs", args=tuple(keys.items()))
    return answer_grid(Arguments(call), LAYER, Engine(native))


def shape(found):
    box = found.bbox
    return (found.width, found.height), (box.min_x, box.min_y, box.max_x, box.max_y)


def test_without_a_grid_the_own_cells_come_whose_centres_lie_in_the_box():
    found = grid(boundingbox=f"280105,5465505,280195,5465595,{URN}32631")
    assert shape(found) == ((10, 10), (280100, 5465500, 280200, 5465600))


@pytest.mark.parametrize(
    ("origin", "corner"),
    [("280005,5465995", (280100, 5465510)), ("3,-2", (280098, 5465503)), ("0,0", (280105, 5465505))],
)
def test_an_origin_moves_the_own_cells(origin, corner):
    """Without offsets the cells keep their size; their centres are `origin + n * 10`."""
    found = grid(boundingbox=f"280101,5465506,280199,5465599,{URN}32631", gridorigin=origin)
    assert found.resolution == (10.0, 10.0)
    assert (found.bbox.min_x, found.bbox.min_y) == corner


def test_centres_count_not_edges():
    found = grid(boundingbox=f"280106,5465506,280194,5465594,{URN}32631")
    assert shape(found) == ((8, 8), (280110, 5465510, 280190, 5465590))


def test_a_centre_that_is_off_by_rounding_is_still_in():
    found = grid(boundingbox=f"280105.0001,5465505.0001,280194.9999,5465594.9999,{URN}32631")
    assert shape(found) == ((10, 10), (280100, 5465500, 280200, 5465600))


@pytest.mark.parametrize(
    ("box", "size", "bounds"),
    [
        ("279905,5465505,280095,5465595", (20, 10), (279900, 5465500, 280100, 5465600)),
        ("281905,5465905,282095,5466095", (20, 20), (281900, 5465900, 282100, 5466100)),
        ("100005,100005,100055,100025", (6, 3), (100000, 100000, 100060, 100030)),
    ],
    ids=["over the left border", "over the corner", "wholly outside"],
)
def test_what_lies_outside_is_part_of_the_grid(box, size, bounds):
    assert shape(grid(boundingbox=f"{box},{URN}32631")) == (size, bounds)


def test_a_box_between_centres_gives_the_nearest_cell():
    found = grid(boundingbox=f"280101,5465501,280102,5465502,{URN}32631")
    assert shape(found) == ((1, 1), (280100, 5465500, 280110, 5465510))


def test_a_box_that_is_a_point_gives_one_cell():
    found = grid(boundingbox=f"280105,5465505,280105,5465505,{URN}32631")
    assert shape(found) == ((1, 1), (280100, 5465500, 280110, 5465510))


GRIDS = {
    "two offsets": {"gridtype": SIMPLE, "gridoffsets": "20,-30"},
    "two offsets upwards": {"gridtype": SIMPLE, "gridoffsets": "20,30"},
    "two without a type": {"gridoffsets": "20,-30"},
    "four offsets": {"gridtype": GENERAL, "gridoffsets": "20,0,0,-30"},
    "four spelled otherwise": {"gridtype": "urn:ogc:def:method:WCS:1.1:2dGridin2dCrs", "gridoffsets": "20 0 0 -30"},
    "four, the vertical axis first": {"gridtype": GENERAL, "gridoffsets": "0,-30,20,0"},
}


@pytest.mark.parametrize("name", GRIDS)
def test_offsets_are_the_pixel_size_however_they_are_spelled(name):
    found = grid(
        boundingbox=f"280110,5465515,280290,5465785,{URN}32631",
        gridbasecrs=f"{URN}32631",
        gridorigin="280110,5465785",
        gridcs="urn:ogc:def:cs:OGC:0.0:Grid2dSquareCS",
        **GRIDS[name],
    )
    assert shape(found) == ((10, 10), (280100, 5465500, 280300, 5465800))


def test_without_an_origin_the_first_centre_is_the_upper_left_corner_of_the_box():
    found = grid(
        boundingbox=f"280003,5465507,280083,5465567,{URN}32631", gridbasecrs=f"{URN}32631", gridoffsets="20,-20"
    )
    assert shape(found) == ((5, 4), (279993, 5465497, 280093, 5465577))


def test_an_origin_elsewhere_fixes_the_lattice_not_the_corner():
    found = grid(
        boundingbox=f"280003,5465507,280083,5465567,{URN}32631",
        gridbasecrs=f"{URN}32631",
        gridoffsets="20,-20",
        gridorigin="0,0",
    )
    assert shape(found) == ((4, 3), (280010, 5465510, 280090, 5465570))


def test_numbers_follow_the_order_of_a_crs_that_has_the_north_first():
    found = grid(
        boundingbox=f"49.3005,0.001,49.3095,0.019,{URN}4326",
        gridbasecrs=f"{URN}4326",
        gridtype=SIMPLE,
        gridorigin="49.3095,0.001",
        gridoffsets="-0.001,0.002",
    )
    assert (found.crs, found.width, found.height) == (WGS84, 10, 10)
    box = found.bbox
    assert (box.min_x, box.min_y, box.max_x, box.max_y) == pytest.approx((0.0, 49.3, 0.02, 49.31), rel=1e-12)


@pytest.mark.parametrize("offsets", ["0,0.002,-0.001,0", "-0.001,0,0,0.002"], ids=["x first", "y first"])
def test_four_offsets_in_such_a_crs_are_vectors_in_its_order(offsets):
    found = grid(
        boundingbox=f"49.3005,0.001,49.3095,0.019,{URN}4326",
        gridbasecrs=f"{URN}4326",
        gridtype=GENERAL,
        gridorigin="49.3095,0.001",
        gridoffsets=offsets,
    )
    assert (found.width, found.height) == (10, 10)
    assert (found.transform.a, found.transform.e) == (0.002, -0.001)


def test_the_probe_of_a_desktop_program_comes_back_in_its_size_and_place():
    # 6 x 3 cells in the middle, printed with 17 digits.
    left, top, step = -0.00027777777777777952, 49.300833333333337, 0.00027777777777777778
    right, bottom = left + 6 * step, top - 3 * step
    half = step / 2
    numbers = [bottom + half, left + half, top - half, right - half]
    found = grid(
        boundingbox=",".join(f"{n:.17f}" for n in numbers) + f",{URN}4326",
        gridbasecrs=f"{URN}4326",
        gridcs="urn:ogc:def:cs:OGC:0.0:Grid2dSquareCS",
        gridtype=SIMPLE,
        gridorigin=f"{top - half:.17f},{left + half:.17f}",
        gridoffsets=f"{-step:.17f},{step:.17f}",
    )
    assert (found.width, found.height) == (6, 3)
    box = found.bbox
    assert (box.min_x, box.min_y, box.max_x, box.max_y) == pytest.approx((left, bottom, right, top), rel=1e-11)


def test_degrees_without_a_crs_are_longitude_first():
    native = Grid(WGS84, Affine(0.25, 0.0, 0.0, 0.0, -0.25, 50.0), 40, 40)
    found = grid(native, boundingbox="0.125,49.125,0.875,49.875")
    assert (found.crs, shape(found)) == (WGS84, ((4, 4), (0.0, 49.0, 1.0, 50.0)))


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:2:84", "urn:ogc:def:crs:OGC:1.3:CRS84", "CRS:84"])
def test_every_name_of_longitude_and_latitude_is_longitude_first(name):
    native = Grid(CRS84, Affine(0.25, 0.0, 0.0, 0.0, -0.25, 50.0), 40, 40)
    found = grid(native, boundingbox=f"0.125,49.125,0.875,49.875,{name}")
    assert shape(found) == ((4, 4), (0.0, 49.0, 1.0, 50.0))


def test_a_box_may_count_columns_and_rows():
    found = grid(boundingbox="11,41,20,50,urn:ogc:def:crs:OGC::imageCRS")
    assert shape(found) == ((10, 10), (280100, 5465500, 280200, 5465600))


def test_a_coverage_whose_crs_has_no_name_is_told_in_degrees():
    unnamed = crs_from_wkt("+proj=laea +lat_0=48.5 +lon_0=2.5 +datum=WGS84")
    assert unnamed.epsg is None
    native = Grid(unnamed, Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0), 20, 20)
    found = grid(native, boundingbox="49.25,0.25,49.75,0.75,urn:ogc:def:crs:EPSG::4326")
    assert (found.crs, shape(found)) == (WGS84, ((2, 2), (0.0, 49.0, 1.0, 50.0)))


def test_a_box_in_one_crs_and_a_grid_in_another_meet():
    found = grid(
        boundingbox=f"280105,5465505,280195,5465595,{URN}32631", gridbasecrs=f"{URN}3857", gridoffsets="10,-10"
    )
    assert found.crs == WEB_MERCATOR
    assert (found.transform.a, found.transform.e) == (10, -10)
    assert 13 <= found.width <= 17  # 90 m are 138 units at this latitude


def test_a_grid_crs_without_offsets_keeps_the_size_on_the_ground():
    found = grid(boundingbox=f"280105,5465505,280195,5465595,{URN}32631", gridbasecrs=f"{URN}3857")
    assert found.transform.a == pytest.approx(10 / 0.652, rel=5e-3)


BOX = f"280105,5465505,280195,5465595,{URN}32631"


@pytest.mark.parametrize(
    ("keys", "error", "locator"),
    [
        ({}, MissingParameter, "BOUNDINGBOX"),
        ({"boundingbox": "1,2,3"}, InvalidParameter, "BOUNDINGBOX"),
        ({"boundingbox": "1,2,x,4"}, InvalidParameter, "BOUNDINGBOX"),
        ({"boundingbox": f"280195,5465505,280105,5465595,{URN}32631"}, InvalidParameter, "BOUNDINGBOX"),
        ({"boundingbox": f"1,2,3,4,{URN}2154"}, UnsupportedCrs, "BOUNDINGBOX"),
        ({"boundingbox": "1,2,3,4,bogus"}, UnsupportedCrs, "BOUNDINGBOX"),
        ({"boundingbox": f"-1e30,-1e30,1e30,1e30,{URN}32631"}, TooLarge, "BOUNDINGBOX"),
        ({"boundingbox": f"1e30,1e30,2e30,2e30,{URN}32631"}, TooLarge, "BOUNDINGBOX"),
        ({"boundingbox": "1e7,1e7,2e7,2e7,CRS:84"}, InvalidSubset, "BOUNDINGBOX"),
        ({"boundingbox": BOX, "gridbasecrs": "bogus"}, UnsupportedCrs, "GRIDBASECRS"),
        ({"boundingbox": BOX, "gridoffsets": "10"}, InvalidParameter, "GRIDOFFSETS"),
        ({"boundingbox": BOX, "gridoffsets": "10,0"}, InvalidParameter, "GRIDOFFSETS"),
        ({"boundingbox": BOX, "gridoffsets": "6,8,-8,6"}, InvalidParameter, "GRIDOFFSETS"),
        ({"boundingbox": BOX, "gridoffsets": "10,0,0,-10", "gridtype": SIMPLE}, InvalidParameter, "GRIDOFFSETS"),
        ({"boundingbox": BOX, "gridoffsets": "10,-10", "gridtype": "bogus"}, InvalidParameter, "GRIDTYPE"),
        ({"boundingbox": BOX, "gridcs": "bogus"}, InvalidParameter, "GRIDCS"),
        ({"boundingbox": BOX, "gridoffsets": "10,-10", "gridorigin": "1"}, InvalidParameter, "GRIDORIGIN"),
        ({"boundingbox": BOX, "gridorigin": "1"}, InvalidParameter, "GRIDORIGIN"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(keys, error, locator):
    with pytest.raises(error) as caught:
        grid(**keys)
    assert caught.value.locator == locator


@pytest.mark.parametrize("box", ["280105,5465505,280195,5465595", "0,0,0.1,91", "-361,0,0,1"])
def test_numbers_without_a_crs_that_are_no_degrees_are_told_to_be_read_as_such(box):
    with pytest.raises(InvalidParameter, match=r"no CRS was given, so longitude and latitude.*EPSG::32631") as refused:
        grid(boundingbox=box)
    assert (type(refused.value), refused.value.locator) == (InvalidParameter, "BOUNDINGBOX")


def test_degrees_without_a_crs_may_reach_over_the_antimeridian_and_the_crs_of_the_grid_stands_in_for_one():
    assert grid(boundingbox="0.1,49.1,181,49.2", gridoffsets="1e5,-1e5").crs == UTM31
    assert grid(boundingbox="280105,5465505,280195,5465595", gridbasecrs=f"{URN}32631").width == 10
