"""What is published of the times of a layer means these times, all of them and no other."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.engine.groups import groups
from bandstand.engine.times import axis, resolve
from bandstand.model.layer import TimeRules
from bandstand.model.time import Moment, isoformat, parse_time
from bandstand.services.ows.dimension import MAX_LISTED, published_series, published_times

START = date(1990, 1, 1)
WHOLE = {"day": timedelta(days=1), "week": timedelta(days=7)}


def days(step, count, gaps):
    """Every so many days, but for some."""
    return [START + n * step for n in range(count) if n not in gaps]


def months(every, count, gaps, day=1):
    """The same day of every so many months; of a short month its last day is none of them."""
    spelled = [(1900 + n * every // 12, n * every % 12 + 1) for n in range(count) if n not in gaps]
    return [date(year, month, day) for year, month in spelled if day <= monthrange(year, month)[1]]


def moments_of(found):
    ten = time(10, tzinfo=UTC)
    return tuple(Moment(w if isinstance(w, datetime) else datetime.combine(w, ten), 0.0) for w in found)


gaps = st.sets(st.integers(0, 1299), max_size=60)
series = st.one_of(
    st.tuples(st.just("day"), st.builds(days, st.sampled_from(list(WHOLE.values())), st.just(1300), gaps)),
    st.tuples(st.just("day"), st.sets(st.dates(date(1980, 1, 1), date(2030, 1, 1)), min_size=620, max_size=620)),
    st.tuples(
        st.just("solar-day"), st.builds(months, st.sampled_from([1, 3]), st.just(1400), gaps, st.integers(1, 31))
    ),
    st.tuples(st.just("month"), st.builds(months, st.sampled_from([1, 2, 12]), st.just(1150), gaps)),
    st.tuples(st.just("year"), st.builds(months, st.sampled_from([12, 60]), st.just(1400), gaps)),
    st.tuples(
        st.just("instant"),
        st.builds(
            lambda step, gaps: [datetime(2020, 1, 1, tzinfo=UTC) + n * step for n in range(1300) if n not in gaps],
            st.sampled_from([timedelta(minutes=15), timedelta(hours=6), timedelta(milliseconds=500)]),
            gaps,
        ),
    ),
)


def meant(text, moments, rules):
    """The published times whose scenes a TIME value finds."""
    spans = resolve(parse_time(text), moments, rules).spans
    found = groups(moments, rules.resolution)
    return [
        group.label
        for group in found.all
        if any(span.start <= moments[first].start <= span.end for first, _ in group.runs for span in spans)
    ]


@settings(max_examples=30)
@given(series)
def test_every_member_is_accepted_and_together_they_are_the_times(drawn):
    resolution, found = drawn
    rules = TimeRules(resolution=resolution)
    moments = moments_of(sorted(set(found)))
    published = axis(moments, rules)
    members = published_times(published, resolution)
    ranges = [member for member in members if "/" in member]
    singles = [member for member in members if "/" not in member]
    reached = singles + [label for member in ranges for label in meant(member, moments, rules)]
    assert sorted(reached) == list(published.values)
    assert all(meant(single, moments, rules) == [single] for single in singles[:: max(1, len(singles) // 20)])


@settings(max_examples=30)
@given(series)
def test_every_step_of_a_range_exists(drawn):
    resolution, found = drawn
    moments = moments_of(sorted(set(found)))
    published = axis(moments, TimeRules(resolution=resolution))
    known = set(published.values)
    for member in published_times(published, resolution):
        first, *rest = member.split("/")
        # As a client counts: exact steps, or the same day of later months.
        if rest and rest[1].endswith("D"):
            step, last = timedelta(days=int(rest[1][1:-1])), date.fromisoformat(rest[0])
            start = date.fromisoformat(first)
            steps = [start + n * step for n in range((last - start) // step + 1)]
            assert {f"{step:%Y-%m-%d}" for step in steps} <= known


@pytest.mark.parametrize("resolution", ["day", "solar-day"])
def test_620_irregular_dates_are_a_list_of_7_kilobytes(resolution):
    dates = [START + timedelta(days=n * 10 + n * n % 7) for n in range(620)]
    published = axis(moments_of(dates), TimeRules(resolution=resolution))
    text = published_series(published, resolution)
    assert text.split(",") == [f"{day:%Y-%m-%d}" for day in dates]
    assert len(text) < 7000


@pytest.mark.parametrize(
    ("resolution", "found", "told"),
    [
        ("day", days(WHOLE["day"], 1200, {700}), "1990-01-01/1991-12-01/P1D,1991-12-03/1993-04-14/P1D"),
        ("day", days(WHOLE["week"], 1200, set()), "1990-01-01/2012-12-24/P7D"),
        ("day", months(1, 1200, set(), day=15), "1900-01-15/1999-12-15/P1M"),
        ("month", months(1, 1200, set()), "1900-01/1999-12/P1M"),
        ("month", months(3, 1200, set()), "1900-01/2199-10/P3M"),
        ("year", months(12, 1200, set()), "1900/3099/P1Y"),
        ("year", months(60, 1200, {3, 4}), "1900,1905,1910,1925/7895/P5Y"),
        (
            "instant",
            [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(1200)],
            "2020-01-01T00:00:00Z/2020-10-26T18:00:00Z/PT6H",
        ),
    ],
    ids=["daily", "weekly", "monthly", "months", "quarters", "years", "five-years", "sub-daily"],
)
def test_long_series_are_runs_with_their_true_periods(resolution, found, told):
    published = axis(moments_of(found), TimeRules(resolution=resolution))
    assert len(published.values) > MAX_LISTED
    assert published_series(published, resolution) == told


def test_uneven_instants_are_never_a_range():
    instants = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=n * n) for n in range(1500)]
    published = axis(moments_of(instants), TimeRules(resolution="instant"))
    told = published_series(published, "instant").split(",")
    assert told == [isoformat(when) for when in instants]
