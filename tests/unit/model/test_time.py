"""TIME values are read as ISO 8601 and WMS write them, and nothing else."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import InvalidTime
from bandstand.model.time import (
    Duration,
    TimeSpan,
    calendar_name,
    from_microseconds,
    isoformat,
    parse_duration,
    parse_time,
)


def span(text):
    return parse_time(text).members[0].span


NO_TIMES = (
    *("14/06/2023", "yesterday", "2023-13-01", "2023-02-30", "2023-06-14T25:00:00Z", "1", "P1Y", "a/b/c/d"),
    *("2023-06-30/2023-06-01", "2023-06-01/P0D", "2023-06-01/2023-06-30/x", "2023/2023/2023/2023", "9999-12-31/P1Y"),
    *("2023-06-14T24:00:01Z", "2023-06-14T24:30Z", "2023-06-14T23:59:61Z"),
    *("2023-W60", "2023-366", "2023-06-14T10:00:00+99:00", "\u00e9", "2023-06-14;DROP", "P1D/P1D"),
)


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_refused_with_what_was_given(text):
    with pytest.raises(InvalidTime, match="expected ISO 8601 such as 2023-06-14") as caught:
        parse_time(text)
    assert text in caught.value.message
    assert caught.value.locator == "time"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2023-06-14T24:00:00Z", "2023-06-15T00:00:00Z"),
        ("2023-12-31T24:00Z", "2024-01-01T00:00Z"),
        ("20230228T24", "20230301T00"),
        ("2023-06-14T24:00:00.000+02:00", "2023-06-14T22:00:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2023-06-01/2023-06-14T24:00:00Z", "2023-06-01/2023-06-15T00:00:00Z"),
    ],
)
def test_the_end_of_a_day_is_the_start_of_the_next_and_a_leap_second_that_of_the_minute(text, same):
    """ISO 8601:2004, 4.2.3; RFC 3339, 5.7."""
    assert span(text) == span(same)


def test_a_zone_beyond_a_day_is_told_in_words_of_time():
    with pytest.raises(InvalidTime, match=r"\(a zone is less than 24:00 away from UTC\); expected"):
        parse_time("2023-06-14T10:00:00+25:00")


def test_the_message_of_a_foreign_date_is_the_one_of_the_manual():
    with pytest.raises(InvalidTime) as caught:
        parse_time("14/06/2023")
    assert caught.value.message == (
        'Cannot read TIME "14/06/2023"; expected ISO 8601 such as 2023-06-14 or 2023-06-01/2023-06-30.'
    )


def test_a_list_that_is_too_long_is_refused():
    with pytest.raises(InvalidTime, match="at most 500"):
        parse_time(",".join(["2023-06-14"] * 501))


def test_a_hole_in_a_list_is_refused():
    with pytest.raises(InvalidTime):
        parse_time("2023-06-14,,2023-06-15")


def test_a_day_reaches_to_its_last_microsecond():
    assert span("2023-06-14") == TimeSpan(
        datetime(2023, 6, 14, tzinfo=UTC), datetime(2023, 6, 14, 23, 59, 59, 999999, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "text", ["9999", "9999-12", "9999-12-31", "99991231", "9999-365", "9999-12-31T23Z", "9999-12-31T23:59:59.999999Z"]
)
def test_the_end_of_the_calendar_is_a_time_like_any_other(text):
    assert span(text).end == span(f"2023-06-14/{text}").end == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("year", [1, 44, 999])
def test_early_years_have_four_digits(year):
    assert isoformat(datetime(year, 3, 4, 5, 6, 7, tzinfo=UTC)) == f"{year:04}-03-04T05:06:07Z"
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert calendar_name(start, end) == f"{year:04}"
    assert calendar_name(start, end.replace(month=1)) == f"{year:04}-01"


def test_milliseconds_are_matched_to_the_millisecond():
    found = span("2023-06-14T10:56:19.024Z")
    assert found.end - found.start == timedelta(microseconds=999)


def test_a_plus_that_arrived_as_a_space_is_a_plus():
    assert span("2023-06-14T12:56:19 02:00") == span("2023-06-14T12:56:19+02:00") == span("2023-06-14T10:56:19Z")


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_what_is_written_is_read_back(moment):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert span(isoformat(moment)).start == moment


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_microseconds_go_there_and_back(moment):
    assert from_microseconds((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)) == moment


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InvalidTime):
        assert all(member.text == member.text.strip() for member in parse_time(text).members)


def test_a_month_after_the_31st_is_the_end_of_the_next():
    assert Duration(months=1).after(datetime(2023, 1, 31, tzinfo=UTC)).day == 28
    assert Duration(months=1).times(2).after(datetime(2023, 1, 31, tzinfo=UTC)).day == 31


@pytest.mark.parametrize(
    ("text", "expected"),
    [("P1Y2M", Duration(14)), ("P2W", Duration(0, timedelta(14))), ("PT6H", Duration(0, timedelta(hours=6)))],
)
def test_durations_are_read(text, expected):
    assert parse_duration(text) == expected
