"""One resolver of time: what a TIME value means for the scenes that exist."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.engine.groups import Groups
from bandstand.engine.times import NEVER, axis, resolve
from bandstand.errors import InvalidTime
from bandstand.model.layer import TimeRules
from bandstand.model.time import Moment, TimeSpan, parse_duration, parse_time

DAYS = ("2023-06-04", "2023-06-09", "2023-06-14", "2023-06-29")
SERIES = tuple(Moment(datetime.fromisoformat(f"{day}T10:56:19.024+00:00"), 2.0) for day in DAYS)
RULES = TimeRules()


def drawn(text, moments=SERIES, rules=RULES, **options):
    """Days of the scenes that fall into the spans, as a catalogue would find them."""
    resolved = resolve(parse_time(text) if text is not None else None, moments, rules, layer="s2_l2a", **options)
    spans = resolved.spans or (TimeSpan(None, None),)
    return [m.start.strftime("%m-%d") for m in moments if any(s.intersects(TimeSpan.instant(m.start)) for s in spans)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-06-14", ["06-14"]),
        ("20230614", ["06-14"]),
        ("2023-06-14T10:56:19Z", ["06-14"]),
        ("2023-06-14T10:56:19.024Z", ["06-14"]),
        ("20230614T105619Z", ["06-14"]),
        ("2023-06-14T12:56:19+02:00", ["06-14"]),
        ("2023-06-14T12:56:19 02:00", ["06-14"]),
        ("2023-06-14T23:00:00Z", ["06-14"]),
        ("2023-165", ["06-14"]),
        ("2023-W24", ["06-14"]),
        ("2023-06", ["06-04", "06-09", "06-14", "06-29"]),
        ("2023", ["06-04", "06-09", "06-14", "06-29"]),
        ("2023-06-09/2023-06-14", ["06-09", "06-14"]),
        ("2023-06-09T00:00:00Z/2023-06-14T00:00:00Z", ["06-09", "06-14"]),
        ("2023-06-01/2023-06-30/P1D", ["06-04", "06-09", "06-14", "06-29"]),
        ("2023-06-04/2023-06-30/P10D", ["06-04", "06-14"]),
        ("2023-06-04,2023-06-29", ["06-04", "06-29"]),
        ("2023-06-04,2023-06-10/2023-06-20", ["06-04", "06-14"]),
        ("../2023-06-09", ["06-04", "06-09"]),
        ("2023-06-14/..", ["06-14", "06-29"]),
        ("P15D/PRESENT", ["06-29"]),
        ("P16D/PRESENT", ["06-14", "06-29"]),
        ("P7D/2023-06-15", ["06-09", "06-14"]),
        ("2023-06-01/P1M", ["06-04", "06-09", "06-14", "06-29"]),
        ("2023-06-10/PRESENT", ["06-14", "06-29"]),
        ("current", ["06-29"]),
        ("latest", ["06-29"]),
        ("default", ["06-29"]),
        (None, ["06-29"]),
        ("2023-06-15/2023-06-20", []),
        ("2023-05", []),
    ],
)
def test_a_time_means_the_scenes_of_the_manual(text, expected):
    assert drawn(text) == expected


def test_an_absent_time_is_the_default_and_says_so():
    assert resolve(None, SERIES, RULES).notes == ("99 Default value used: time=2023-06-29 ISO8601",)


@pytest.mark.parametrize("text", ["current", "latest", "now", "default"])
def test_a_key_word_warns_of_nothing(text):
    assert resolve(parse_time(text), SERIES, RULES).notes == ()


def test_an_unknown_date_names_its_neighbours():
    with pytest.raises(InvalidTime) as caught:
        drawn("2023-06-15")
    assert caught.value.message == (
        'Layer "s2_l2a" has no image for 2023-06-15.\n'
        "Nearest dates: 2023-06-14 (1 day before), 2023-06-29 (14 days after). "
        "Use NEAREST=true to accept the nearest one."
    )
    assert caught.value.locator == "time"


def test_the_nearest_date_is_taken_within_the_tolerance_and_told():
    resolved = resolve(parse_time("2023-06-16"), SERIES, RULES, nearest=True)
    assert (resolved.label, resolved.notes) == ("2023-06-14", ("99 Nearest value used: time=2023-06-14 ISO8601",))


def test_an_exact_date_is_no_nearest_one():
    assert resolve(parse_time("2023-06-14"), SERIES, RULES, nearest=True).notes == ()


@pytest.mark.parametrize("nearest", [None, True])
def test_beyond_the_tolerance_nothing_is_near_and_nearest_is_not_advised(nearest):
    with pytest.raises(InvalidTime) as caught:
        resolve(parse_time("2023-06-22"), SERIES, RULES, nearest=nearest, layer="s2_l2a")
    assert caught.value.message == (
        'Layer "s2_l2a" has no image for 2023-06-22.\n'
        "Nearest dates: 2023-06-14 (8 days before), 2023-06-29 (7 days after). "
        "NEAREST reaches 5 days here, and none is as near; ask for one of them."
    )


def test_who_declines_the_nearest_date_is_told_how_to_get_it():
    with pytest.raises(InvalidTime, match="Leave NEAREST out to accept the nearest one"):
        resolve(parse_time("2023-06-15"), SERIES, replace(RULES, missing="nearest"), nearest=False)


def test_of_two_equally_near_dates_the_newer_one_is_taken():
    moments = tuple(Moment(datetime(2023, 6, day, 10, tzinfo=UTC), 2.0) for day in (10, 14))
    assert resolve(parse_time("2023-06-12"), moments, RULES, nearest=True).label == "2023-06-14"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        # Steps of a week and of a month, and the first date inside.
        ("2023-06-12T00:00:00Z", "2023-06-14"),
        ("2023-06-01T00:00:00Z", "2023-06-04"),
        ("2023-06-15T00:00:00.000Z", "2023-06-29"),
        ("2023-05-05T00:00Z", "2023-06-04"),
        ("2023-06-14T00:00:00Z", "2023-06-14"),
    ],
)
def test_a_picture_of_the_first_instant_of_a_step_shows_the_date_inside(text, label):
    resolved = resolve(parse_time(text), SERIES, RULES, picture=True)
    assert resolved.label == label
    exact = text.startswith(label)
    assert resolved.notes == (() if exact else (f"99 Nearest value used: time={label} ISO8601",))


@pytest.mark.parametrize(
    ("text", "rules", "options"),
    [
        ("2023-06-15", {}, {"picture": True}),
        ("2023-06-15T05:00:00Z", {}, {"picture": True}),
        ("2023-06-15T00:00:00Z", {}, {"picture": False}),
        ("2023-06-15T00:00:00Z", {}, {"picture": True, "nearest": False}),
        ("2023-05-04T00:00:00Z", {}, {"picture": True}),
        ("2023-06-30T00:00:00Z", {}, {"picture": True}),
        ("2023-06-14T00:00:00Z", {"resolution": "instant"}, {"picture": True}),
    ],
    ids=["a date", "an hour", "numbers", "no nearest", "more than a month before", "nothing follows", "instants"],
)
def test_other_times_without_imagery_are_refused(text, rules, options):
    with pytest.raises(InvalidTime):
        resolve(parse_time(text), SERIES, TimeRules(**rules), **options)


def test_a_layer_that_is_blank_between_its_times_is_so_at_midnight_too():
    assert resolve(parse_time("2023-06-12T00:00:00Z"), SERIES, TimeRules(missing="blank"), picture=True).blank


def test_a_layer_may_answer_a_missing_date_with_a_blank():
    resolved = resolve(parse_time("2023-06-15"), SERIES, TimeRules(missing="blank"))
    assert (resolved.spans, resolved.blank, resolved.notes) == ((NEVER,), True, ())


def test_an_interval_without_imagery_is_blank_and_no_error():
    assert resolve(parse_time("2023-07"), SERIES, RULES).blank


def test_a_list_with_one_known_date_draws_that():
    assert drawn("2023-06-14,2023-06-15") == ["06-14"]


def test_a_layer_without_times_ignores_the_parameter():
    resolved = resolve(parse_time("2023-06-15"), (), RULES)
    assert (resolved.spans, resolved.label, resolved.notes) == ((), "", ())


@pytest.mark.parametrize(
    ("default", "expected"),
    [("earliest", "2023-06-04"), ("latest", "2023-06-29"), ("2023-06-09", "2023-06-09"), ("2024-01-01", "2023-06-29")],
)
def test_the_default_is_what_the_layer_says(default, expected):
    assert axis(SERIES, TimeRules(default=default)).default == expected


def test_the_default_all_reads_every_scene():
    assert resolve(None, SERIES, TimeRules(default="all")).spans == ()


def test_an_overpass_is_not_cut_at_midnight_utc():
    pass_over_fiji = (
        Moment(datetime(2023, 6, 13, 22, 30, tzinfo=UTC), 178.0),
        Moment(datetime(2023, 6, 14, 0, 10, tzinfo=UTC), 170.0),
    )
    assert axis(pass_over_fiji, RULES).values == ("2023-06-14",)
    assert axis(pass_over_fiji, TimeRules(resolution="day")).values == ("2023-06-13", "2023-06-14")


@pytest.mark.parametrize("resolution", ["instant", "solar-day", "day", "month", "year"])
@pytest.mark.parametrize("moment", [datetime.min, datetime(44, 3, 15), datetime.max])  # noqa: DTZ001, DTZ901 - its zone is set
@pytest.mark.parametrize("lon", [-180.0, 180.0])
def test_the_ends_of_the_calendar_are_published_and_found(resolution, moment, lon):
    moments = (Moment(moment.replace(tzinfo=UTC), lon),)
    rules = TimeRules(resolution=resolution)
    (label,) = axis(moments, rules).values
    assert label[:4] in {"0001", "0044", "9999"}
    assert resolve(parse_time(label), moments, rules).label == label


def test_the_very_second_of_a_scene_means_its_group_whatever_the_utc_date():
    moments = (Moment(datetime(2023, 6, 13, 22, 30, tzinfo=UTC), 178.0),)
    assert resolve(parse_time("2023-06-13T22:30:00Z"), moments, RULES).label == "2023-06-14"


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [("year", ("2022", "2023")), ("month", ("2022-12", "2023-06")), ("day", ("2022-12-31", "2023-06-01"))],
)
def test_times_are_published_in_the_precision_of_the_layer(resolution, expected):
    moments = (Moment(datetime(2022, 12, 31, 10, tzinfo=UTC), 2.0), Moment(datetime(2023, 6, 1, 10, tzinfo=UTC), 2.0))
    assert axis(moments, TimeRules(resolution=resolution)).values == expected


def test_a_day_on_a_yearly_layer_means_its_year():
    moments = tuple(Moment(datetime(year, 1, 1, tzinfo=UTC), 2.0) for year in (2021, 2022))
    assert resolve(parse_time("2021-07-01"), moments, TimeRules(resolution="year")).label == "2021"


def test_a_day_on_a_layer_of_instants_is_an_interval():
    moments = tuple(Moment(datetime(2023, 6, 1, hour, tzinfo=UTC), 2.0) for hour in (1, 5, 30 - 24))
    rules = TimeRules(resolution="instant")
    assert len(drawn("2023-06-01", tuple(sorted(moments)), rules)) == 3
    assert drawn("2023-06-02", tuple(sorted(moments)), rules) == []


def test_every_published_time_is_accepted_verbatim_by_all_resolutions():
    moments = tuple(sorted(Moment(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=37 * n), 2.0) for n in range(60)))
    for resolution in ("instant", "solar-day", "day", "month", "year"):
        rules = TimeRules(resolution=resolution)
        for value in axis(moments, rules).values:
            assert resolve(parse_time(value), moments, rules).label == value


@pytest.mark.parametrize("period", ["P9999999D", "P9999Y", "P99999M", "P9999Y9999999D"])
def test_a_series_that_leads_beyond_the_calendar_has_one_step(period):
    assert drawn(f"2023-06-09/2023-06-30/{period}") == ["06-09"]


PERIODS = ("PT1S", "PT0.001S", "PT7H", "P1D", "P3D", "P10DT1H", "P1W", "P1M", "P2M", "P1M1D", "P1Y", "P1Y2M3DT4H")


def stepped(start, last, period, resolution):
    """Labels of all steps, by counting."""
    labels, step = set(), 0
    while (moment := period.times(step).after(start)) <= last:
        labels.add(Groups((Moment(moment, 0.0),), resolution).labels[0])
        step += 1
    return labels


@given(
    days=st.sets(st.integers(0, 900), min_size=1, max_size=12),
    start=st.datetimes(datetime(2022, 12, 1), datetime(2024, 6, 1)),  # noqa: DTZ001 - made one below
    period=st.sampled_from([text for text in PERIODS if text[:2] != "PT"] + ["PT7H"]),
    resolution=st.sampled_from(["instant", "day", "solar-day", "month", "year"]),
)
@settings(deadline=None)
def test_a_series_means_the_times_that_one_of_its_steps_falls_on(days, start, period, resolution):
    start = start.replace(tzinfo=UTC, microsecond=0)
    moments = tuple(
        Moment(start.replace(hour=0, minute=0, second=0) + timedelta(days=day), 0.0) for day in sorted(days)
    )
    found = Groups(moments, resolution)
    positions = found.within(TimeSpan(start, None))
    resolved = resolve(parse_time(f"{start.isoformat()}/../{period}"), moments, TimeRules(resolution=resolution))
    labels = stepped(start, found.all[-1].period.end, parse_duration(period), resolution)
    expected = found.spans(p for p in positions if found.labels[p] in labels) or (NEVER,)
    assert resolved.spans == expected


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("start", ["0001-01-01", "2023-06-01"])
def test_a_series_of_many_steps_costs_no_more_than_one_of_few(start, period):
    moments = tuple(
        Moment(datetime(2000, 1, 1, 10, tzinfo=UTC) + timedelta(days=day), 2.0) for day in range(3000, 9000)
    )
    query = parse_time(f"{start}/2024-06-30/{period}")
    spent = []
    for _ in range(4):
        before = time.thread_time()
        resolve(query, moments, RULES)
        spent.append(time.thread_time() - before)
    # The best: what else the machine does, fails nobody.
    assert min(spent) < 0.25


starts = st.datetimes(datetime(2020, 1, 1), datetime(2020, 3, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone follows
moment = st.builds(Moment, starts, st.floats(-180, 180))


@settings(max_examples=60, deadline=None)
@given(st.lists(moment, min_size=1, max_size=40, unique_by=lambda m: m.start), st.data())
def test_the_spans_hold_the_scenes_of_the_chosen_groups_and_no_other(moments, data):
    moments = tuple(sorted(moments))
    groups = Groups(moments, "solar-day")
    chosen = data.draw(st.sets(st.sampled_from(range(len(groups.all)))))
    spans = groups.spans(chosen)
    wanted = {groups.labels[position] for position in chosen}
    for at in moments:
        label = (at.start + timedelta(hours=at.lon / 15)).strftime("%Y-%m-%d")
        assert any(span.intersects(TimeSpan.instant(at.start)) for span in spans) == (label in wanted)
