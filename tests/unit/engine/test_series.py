"""Which times mean several dates, and that stored numbers of all dates mean the same."""

import pytest

from bandstand.engine.series import means_several, wants_axis
from bandstand.model.ask import Ask
from bandstand.model.layer import TimeRules
from bandstand.model.request import Output, Request
from bandstand.model.time import parse_time

NETCDF = "application/netcdf"


@pytest.mark.parametrize(
    ("text", "resolution", "several"),
    [
        ("2022-07-19", "solar-day", False),
        ("2022-07-19T11:06:28Z", "solar-day", False),
        ("2022-07", "solar-day", True),
        ("2022", "solar-day", True),
        ("2022-W29", "solar-day", True),
        ("2022", "year", False),
        ("2022-07-19", "year", False),
        ("2022-07", "month", False),
        ("2022-07-19", "instant", True),
        ("2022-07-19T11:06:28Z", "instant", False),
        ("2022-07-01/2022-07-31", "solar-day", True),
        ("2022-07-19/2022-07-19", "solar-day", True),
        ("2022-07-19,2022-05-15", "solar-day", True),
        ("2022-01-01/2022-12-31/P1M", "solar-day", True),
        ("../2022-12-31", "solar-day", True),
        ("P30D/PRESENT", "solar-day", True),
        ("latest", "solar-day", False),
        ("default", "solar-day", False),
    ],
)
def test_a_time_means_several_dates_by_how_it_is_written(text, resolution, several):
    assert means_several(parse_time(text), TimeRules(resolution=resolution)) is several


@pytest.mark.parametrize(
    ("media_type", "time", "axis"),
    [
        (NETCDF, "2022", True),
        ("application/prs.coverage+json", "2022", True),
        (NETCDF, "2022-07-19", False),
        (NETCDF, "", False),
        ("image/tiff", "2022", False),
        ("application/gml+xml", "2022", False),
    ],
)
def test_an_axis_takes_a_format_that_has_one_and_several_dates(site_engine, media_type, time, axis):
    layer = site_engine.layer("s2_l2a", "wcs")
    assert wants_axis(Ask(data=True, time=time), layer, media_type) is axis


@pytest.fixture
def plan(site_engine):
    """Plans a series of B04 over all dates."""
    layer = site_engine.layer("s2_l2a", "wcs")
    grid = site_engine.domain(layer).grid

    def make(units):
        ask = Ask(data=True, time="2021/2022", bands=("B04",), units=units)
        layers = site_engine.slices(layer, ask, grid, NETCDF)
        output = Output(kind="coverage", media_type=NETCDF)
        return site_engine.plan(Request(layers=layers, grid=grid, output=output, axis="time"))

    return make


def test_stored_numbers_of_all_dates_have_one_offset(plan):
    assert len({layer.fields[0].offset for layer in plan("stored").layers}) == 1


def test_physical_numbers_are_made_of_what_each_date_has(plan):
    """Else they might differ from those of the date alone in their last digit."""
    assert len({layer.fields[0].offset for layer in plan("physical").layers}) == 2


def test_each_layer_is_that_of_its_date_alone(site_engine, plan):
    layer = site_engine.layer("s2_l2a", "wcs")
    alone = [
        site_engine.ask(layer, Ask(data=True, time=day, bands=("B04",))) for day in site_engine.times(layer).values
    ]
    assert [each.layer for each in plan("physical").layers] == alone


def test_a_series_is_another_question_than_its_layers(plan):
    series = plan("physical").request
    assert series.fingerprint != Request(layers=series.layers, grid=series.grid, output=series.output).fingerprint
