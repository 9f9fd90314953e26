"""TIME: the cars around the lake, every five seconds."""

import itertools

import numpy as np
import pytest
from tests.conformance.blue_lake import AROUND, CARS, instant
from tests.conformance.wms.spoken import code

SIZE = (420, 240)
PLACES = sorted(set(itertools.chain.from_iterable(CARS.values())))
WARNING = "99 {} value used: time={} ISO8601"


def cars_at(rgba):
    """Places where something is drawn in the ten by ten pixels around a car."""
    drawn = (rgba != 255).any(axis=2)
    west, _, _, north = AROUND
    found = set()
    for x, y in PLACES:
        column, row = round((x - west) * 50_000), round((north - y) * 50_000)
        if drawn[max(row - 5, 0) : row + 5, max(column - 5, 0) : column + 5].any():
            found.add((x, y))
    return found


def at(*seconds):
    """Where cars are in these seconds."""
    return set(itertools.chain.from_iterable(CARS[second] for second in seconds))


@pytest.fixture
def drive(wms):
    """A map of the cars."""
    return lambda time, layers="Autos", **keys: wms.map(AROUND, SIZE, LAYERS=layers, TIME=time, **keys)


def test_the_dimension_is_told(wms):
    layer = wms.layer("Autos")
    (dimension,) = layer.findall("{*}Dimension")
    extent = dimension if wms.is_13 else layer.find("Extent")
    assert (dimension.get("name"), dimension.get("units")) == ("time", "ISO8601")
    assert extent.get("nearestValue") == "1"
    # One of the two published DTDs of 1.1.1 has no word for several values.
    assert extent.get("multipleValues") == ("1" if wms.is_13 else None)
    assert extent.text == "2000-01-01T00:00:00Z/2000-01-01T00:01:00Z/PT5S"
    assert extent.get("default") == instant(60)


def test_no_layer_without_times_tells_any(wms):
    assert [layer.findtext("{*}Name") for layer in wms.layers if layer.findall("{*}Dimension")] == ["Autos"]


@pytest.mark.parametrize("second", CARS)
def test_an_instant_shows_its_cars_and_no_others(drive, second):
    answer = drive(instant(second))
    assert "Warning" not in answer.headers
    assert cars_at(answer.rgba) == at(second)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        pytest.param(f"{instant(10)}/{instant(25)}", (10, 15, 20, 25), id="interval"),
        pytest.param(f"{instant(10)}/{instant(25)}/PT5S", (10, 15, 20, 25), id="interval-with-a-period"),
        pytest.param(f"{instant(10)}/{instant(30)}/PT10S", (10, 20, 30), id="interval-with-a-longer-period"),
        pytest.param(f"{instant(0)},{instant(50)}/{instant(60)}", (0, 50, 55, 60), id="instant-and-interval"),
        pytest.param(f"{instant(0)}/{instant(10)},{instant(45)}/{instant(50)}", (0, 5, 10, 45, 50), id="intervals"),
        pytest.param(f"{instant(0)},{instant(20)},{instant(45)}", (0, 20, 45), id="instants"),
        pytest.param(f"{instant(45)},{instant(0)}", (0, 45), id="instants-in-any-order"),
    ],
)
def test_several_times_show_the_cars_of_each(drive, time, seconds):
    assert cars_at(drive(time).rgba) == at(*seconds)


def test_current_is_the_newest_time(drive):
    assert cars_at(drive("current").rgba) == at(60)


def test_an_interval_may_end_at_current(drive):
    assert cars_at(drive(f"{instant(55)}/current").rgba) == at(55, 60)


@pytest.mark.parametrize("time", [None, ""])
def test_without_a_time_the_default_is_drawn_and_said(drive, time):
    answer = drive(time)
    assert cars_at(answer.rgba) == at(60)
    assert answer.headers["Warning"] == WARNING.format("Default", instant(60))


@pytest.mark.parametrize(("asked", "nearest"), [(7, 5), (8, 10), (34, 35)])
def test_between_two_times_the_nearest_is_drawn_and_said(drive, asked, nearest):
    answer = drive(instant(asked))
    assert cars_at(answer.rgba) == at(nearest)
    assert answer.headers["Warning"] == WARNING.format("Nearest", instant(nearest))


@pytest.mark.parametrize("time", [None, instant(20)])
def test_a_layer_without_times_is_drawn_beside_it(wms, drive, time):
    both = drive(time, "Forests,Autos").rgba
    forest = drive(None, "Forests").rgba
    cars = drive(time, TRANSPARENT="TRUE").rgba
    expected = np.where(cars[..., 3:] == 255, cars, forest)
    np.testing.assert_array_equal(both, expected)
    assert wms.layer("Forests").find("{*}Dimension") is None


def test_a_layer_without_times_takes_any(drive):
    for time in (instant(5), "2031-01-01", f"{instant(0)}/{instant(5)}"):
        assert drive(time, "Lakes").body == drive(None, "Lakes").body


@pytest.mark.parametrize("time", ["soon", "2000-13-01", "2005-01-01T00:00:00Z", "1/2/3/4"])
def test_a_time_that_is_none_or_has_nothing_is_refused(drive, is_report, time):
    answer = drive(time)
    assert is_report(answer)
    assert code(answer) == "InvalidDimensionValue"


def test_every_dimension_has_a_default_so_that_none_is_missed(wms):
    told = "{*}Dimension" if wms.is_13 else "{*}Extent"
    assert all(one.get("default") for one in wms.document.iter(told))


@pytest.mark.parametrize("key", ["ELEVATION", "DIM_DEPTH"])
def test_there_is_no_elevation_and_none_is_drawn(wms, is_report, key):
    assert [one.get("name") for one in wms.document.iter("{*}Dimension")] == ["time"]
    answer = wms.map(**{key: "490"})
    assert is_report(answer)
    assert key in answer.body.decode()


def test_feature_info_has_the_time_of_the_map(wms):
    # Car 1 is at (-0.0014, 0.0002) at the very start alone.
    pixel = (round((-0.0014 + 0.0042) * 50_000), round((0.0024 - 0.0002) * 50_000))
    keys = {"layers": "Autos", "bounds": AROUND, "size": SIZE}
    assert "car-1-00s" in wms.info(*pixel, TIME=instant(0), **keys).body.decode()
    assert "car-" not in wms.info(*pixel, TIME=instant(60), **keys).body.decode()
