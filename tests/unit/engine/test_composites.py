"""Scenes that last: found by every time within them, and published with their ends."""

from datetime import UTC, datetime, timedelta

import pytest

from bandstand.engine.times import axis, resolve
from bandstand.errors import InvalidTime
from bandstand.model.layer import TimeRules
from bandstand.model.time import COMPOSITE, Moment, Starts, parse_time


def moment(start, end="", lon=2.0):
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None for text in (start, end))
    return Moment(first, lon, last)


YEAR = moment("2022-01-01", "2022-12-31T23:59:59")
JANUARY = moment("2022-01-01", "2022-01-31T23:59:59")
FEBRUARY = moment("2022-02-01", "2022-02-28T23:59:59")
DAY = moment("2022-06-15T10:30:00")
NAMES = {id(YEAR): "year", id(JANUARY): "january", id(FEBRUARY): "february", id(DAY): "day"}


def found(text, moments, resolution="solar-day", **options):
    """The scenes as a catalogue would find them: by start, and composites by their end too where a span says so."""
    rules = TimeRules(resolution=resolution)
    moments = tuple(sorted(moments))
    spans = resolve(parse_time(text) if text else None, moments, rules, **options).spans
    return {
        NAMES[id(m)]
        for m in moments
        for span in spans
        if span.start <= m.start <= span.end
        and (not isinstance(span, Starts) or (m.end or m.start) - m.start < COMPOSITE or m.end >= span.until)
    }


@pytest.mark.parametrize("resolution", ["solar-day", "day", "month", "year", "instant"])
@pytest.mark.parametrize(
    "text",
    [
        "2022-06-15",
        "2022-06-15T12:00:00Z",
        "2022-06",
        "2022",
        "2022-06-01/2022-06-30",
        "2022-12-31T23:59:59Z",
        "2022-12-31",
        "2022-01-01",
        "2021-06-01/2022-01-01T00:00:00Z",
        "2022-12-31T23:59:59Z/2023-06-01",
        "2021-01-01/2023-01-01/P1M",
        "2022-06-15/..",
        "../2022-06-15",
        "2022-06-15/PRESENT",
        "2021-06-15,2022-06-15",
        "2022-W24",
    ],
)
def test_a_year_is_found_by_whatever_lies_within_or_overlaps_it(text, resolution):
    assert found(text, [YEAR], resolution) == {"year"}


@pytest.mark.parametrize("resolution", ["solar-day", "day", "month", "instant"])
@pytest.mark.parametrize("text", ["2021-12", "2023-01-01T00:00:00Z", "2023-01-01", "2020-01-01/2021-12-31"])
def test_a_year_is_not_found_by_what_lies_beside_it(text, resolution):
    try:
        assert found(text, [YEAR], resolution) == set()
    except InvalidTime:
        return


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-01-10", {"year", "january"}),
        ("2022-01-01", {"year", "january"}),
        ("2022-02-01", {"year", "february"}),
        ("2022-06-15", {"year", "day"}),
        ("2022-06-16", {"year"}),
        ("2022-01-31/2022-02-02", {"year", "january", "february"}),
        ("2021-06-15,2022-03-15", {"year"}),
        ("2022-01", {"year", "january"}),
    ],
)
def test_composites_of_one_start_are_told_apart_by_their_ends(text, expected):
    assert found(text, [YEAR, JANUARY, FEBRUARY, DAY]) == expected


@pytest.mark.parametrize("lon", [-150.0, 0.0, 150.0])
def test_the_days_of_a_composite_are_those_of_utc_everywhere(lon):
    year = moment("2022-01-01", "2022-12-31T23:59:59", lon)
    assert axis((year,), TimeRules()).values == ("2022-01-01",)
    assert axis((year,), TimeRules()).ends == ("2022-12-31",)


MIDNIGHTS = (moment("2022-01-01", "2022-02-01"), moment("2022-02-01", "2022-03-01"), moment("2022-03-01", "2022-04-01"))
"""Months that end the moment the next one begins."""


@pytest.mark.parametrize("text", ["2022-02-01", "2022-02", "2022-02-01T00:00:00Z", "2022-02-01/2022-02-28"])
def test_a_month_that_ends_with_the_first_moment_of_another_is_not_drawn_with_it(text):
    spans = resolve(parse_time(text), MIDNIGHTS, TimeRules()).spans
    assert [span.start for span in spans] == [MIDNIGHTS[1].start]
    assert [span.end for span in spans] == [MIDNIGHTS[1].start]


def test_the_last_moment_alone_still_finds_what_ends_with_it():
    spans = resolve(parse_time("2022-04-01T00:00:00Z"), MIDNIGHTS, TimeRules()).spans
    assert [span.start for span in spans] == [MIDNIGHTS[2].start]


def test_a_month_that_ends_at_midnight_ends_with_the_day_before():
    assert axis(MIDNIGHTS, TimeRules()).ends == ("2022-01-31", "2022-02-28", "2022-03-31")
    assert axis(MIDNIGHTS, TimeRules(resolution="month")).ends == ()


def test_an_overpass_is_no_range_of_days():
    radar = moment("2022-06-15T05:50:01", "2022-06-15T05:50:26")
    assert axis((radar,), TimeRules()).ends == ()
    assert axis((radar,), TimeRules(resolution="instant")).ends == ("2022-06-15T05:50:26Z",)


def test_an_overpass_of_a_layer_of_instants_is_found_by_every_second_of_it():
    radar = moment("2022-06-15T05:50:01", "2022-06-15T05:50:26")
    rules = TimeRules(resolution="instant")
    for second in (1, 13, 26):
        spans = resolve(parse_time(f"2022-06-15T05:50:{second:02d}Z"), (radar,), rules).spans
        assert [span.start for span in spans] == [radar.start]
    with pytest.raises(InvalidTime):
        resolve(parse_time("2022-06-15T05:50:28Z"), (radar,), rules)


@pytest.mark.parametrize("step", ["P1D", "P10D", "P1M", "PT6H"])
def test_a_series_of_times_finds_a_composite_that_one_of_them_falls_into(step):
    assert found(f"2021-12-20/2022-03-10/{step}", [YEAR, JANUARY, FEBRUARY]) == {"year", "january", "february"}


def test_a_series_that_steps_over_a_composite_does_not_find_it():
    decade = moment("2022-01-05", "2022-01-15")
    spans = resolve(parse_time("2022-01-01/2022-03-01/P1M"), (decade,), TimeRules()).spans
    assert all(not span.start <= decade.start <= span.end for span in spans)


def test_the_nearest_composite_is_that_whose_end_is_near():
    later = moment("2023-03-01T10:00:00")
    resolved = resolve(parse_time("2023-01-03"), (YEAR, later), TimeRules(), nearest=True)
    assert resolved.notes == ("99 Nearest value used: time=2022-01-01 ISO8601",)


def test_many_composites_are_resolved_quickly_enough_to_be_counted():
    days = tuple(Moment(YEAR.start + timedelta(days=n), 2.0, YEAR.start + timedelta(days=n + 15)) for n in range(2000))
    spans = resolve(parse_time("2023-06-15"), days, TimeRules()).spans
    (only,) = spans
    assert (only.end - only.start).days == 14
