"""SUBSET texts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import BandstandError, InvalidAxis, InvalidParameter, InvalidSubset
from bandstand.model.exchange import Arguments, Call
from bandstand.services.wcs.v20.subset import axis_kind, interval, read_subsets, time_of


def read(*texts, key="SUBSET"):
    return read_subsets(Arguments(Call(method="GET", path="/wcs", args=tuple((key, text) for text in texts))))


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("E(1,2)", (1.0, 2.0)),
        (" E ( 1 , 2 ) ", (1.0, 2.0)),
        ("E(-1.5e3,+2.)", (-1500.0, 2.0)),
        ('E("1","2")', (1.0, 2.0)),
        ("E(*,2)", (None, 2.0)),
        ("E(1,*)", (1.0, None)),
        ("E(*,*)", (None, None)),
        ("E(7)", (7.0, 7.0)),
    ],
)
def test_bounds_are_read(text, bounds):
    (subset,) = read(text)
    assert interval(subset) == bounds


def test_a_single_position_is_a_slice_and_two_alike_are_none():
    assert [read(text)[0].is_slice for text in ("E(7)", "E(7,7)")] == [True, False]


def test_the_crs_of_an_axis_is_kept():
    (subset,) = read("Lat,http://www.opengis.net/def/crs/EPSG/0/4326(1,2)")
    assert (subset.axis, subset.kind, subset.crs) == ("Lat", "y", "http://www.opengis.net/def/crs/EPSG/0/4326")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('time("2022-07-19")', "2022-07-19"),
        ("time(2022-07-19)", "2022-07-19"),
        ('time("2022-07-19T11:06:24Z")', "2022-07-19T11:06:24Z"),
        ('t("2021-01-01","2022-01-01")', "2021-01-01/2022-01-01"),
        ('ansi("2021-01-01",*)', "2021-01-01/.."),
        ("time(*,2022)", "../2022"),
        ("time(*,*)", ""),
        ("time(2022,2022)", "2022"),
    ],
)
def test_times_become_iso_8601(text, meant):
    (subset,) = read(text)
    assert time_of(subset) == meant


@pytest.mark.parametrize("text", ["E", "E1,2", "(1,2)", "E(1,2", "E,(1,2)", "", "E F(1)", "a" * 65 + "(1)"])
def test_what_has_not_the_form_is_refused(text):
    if text:
        with pytest.raises(InvalidParameter):
            read(text)
    else:
        assert read(text) == ()


@pytest.mark.parametrize("text", ["E()", "E(1,)", "E(,1)", "E(1,2,3)", "E((1))", 'E("1)', "E(1)(2)"])
def test_what_is_no_interval_names_its_axis(text):
    with pytest.raises(InvalidSubset) as caught:
        read(text)
    assert caught.value.locator == "E"


def test_numbered_keys_count_as_well():
    assert [subset.axis for subset in read("E(1)", key="SUBSET12")] == ["E"]


def test_an_axis_given_twice_is_refused():
    with pytest.raises(InvalidAxis):
        read("E(1)", "easting(2)")


def test_an_unknown_axis_is_refused():
    with pytest.raises(InvalidAxis):
        axis_kind("band")


@pytest.mark.parametrize("pad", [" ", "(", ")", ",", '"', "E("])
def test_hostile_texts_are_refused_at_once(pad):
    begun = time.monotonic()
    with pytest.raises(BandstandError):
        read("E(" + pad * 200_000 + "1")
    assert time.monotonic() - begun < 0.5


@given(st.text(alphabet='EN xyt(),*"1-.', max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        subsets = read(text)
    except BandstandError:
        return
    assert len(subsets) == bool(text.strip())
