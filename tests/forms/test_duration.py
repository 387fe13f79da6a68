"""Spans as people write them, in their zones and across the nights when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from forms.duration import EXAMPLES, LONGEST, Span, read_span

# A Monday, 10:00 in Berlin (winter: one hour ahead of UTC).
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 1800),
        ("30m", 1800),
        ("30 min", 1800),
        ("30 minutes", 1800),
        ("1 minute", 60),
        ("2h", 7200),
        ("2 hrs", 7200),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("1 h, 30 m", 5400),
        ("1h 30min", 5400),
        ("1 hour and 30 minutes", 5400),
        ("for 2 hours", 7200),
        ("1d", 86_400),
        ("2 DAYS", 172_800),
        ("1w", 604_800),
        ("30d", 2_592_000),
    ],
)
def test_lengths(text: str, seconds: int):
    assert read_span(text) == Span(seconds=seconds)
    assert read_span(text).end(NOW, BERLIN) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "berlin"),
    [
        ("until 18:00", "2026-03-02 18:00"),
        ("until 18", "2026-03-02 18:00"),
        ("until 6pm", "2026-03-02 18:00"),
        ("until 6:30 PM", "2026-03-02 18:30"),
        ("until 6 p.m.", "2026-03-02 18:00"),
        ("until today 11 a.m.", "2026-03-02 11:00"),
        ("until 12am", "2026-03-03 00:00"),
        ("until 12pm", "2026-03-02 12:00"),
        ("until 9:00", "2026-03-03 09:00"),
        ("until 10:00", "2026-03-03 10:00"),
        ("until at 18:00", "2026-03-02 18:00"),
        ("until today 18:00", "2026-03-02 18:00"),
        ("until tonight at 20:00", "2026-03-02 20:00"),
        # It is ten in the morning: eight o'clock today is still to come in the evening only.
        ("until today 8:00", "2026-03-02 20:00"),
        ("until today 8", "2026-03-02 20:00"),
        ("until today 11:00", "2026-03-02 11:00"),
        ("until tonight 9:00", "2026-03-02 21:00"),
        ("until tonight 9pm", "2026-03-02 21:00"),
        ("until tonight 12:00", "2026-03-03 00:00"),
        ("until tonight 2:00", "2026-03-03 02:00"),
        ("until tonight 1am", "2026-03-03 01:00"),
        ("until tonight 0:30", "2026-03-03 00:30"),
        ("until tomorrow", "2026-03-03 09:00"),
        ("until tomorrow 7:15", "2026-03-03 07:15"),
        ("until tomorrow at 7:15", "2026-03-03 07:15"),
        ("until wednesday", "2026-03-04 09:00"),
        ("until Monday 12:00", "2026-03-02 12:00"),
        ("until monday", "2026-03-09 09:00"),
        ("until sunday 8:00", "2026-03-08 08:00"),
    ],
)
def test_times_of_day_are_those_of_the_person(text: str, berlin: str):
    end = read_span(text).end(NOW, BERLIN)

    assert (end + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M") == berlin
    assert end.tzinfo is UTC


@pytest.mark.parametrize("text", ["until today 8am", "until today 9:59am", "until today 00:30"])
def test_a_time_of_today_that_has_passed_is_not_taken_for_tomorrow(text: str):
    assert read_span(text).end(NOW, BERLIN) < NOW


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-02 08:59", "2026-03-02 09:00"),  # a Monday
        ("2026-03-02 09:00", "2026-03-03 09:00"),
        ("2026-03-06 08:00", "2026-03-06 09:00"),  # a Friday
        ("2026-03-06 17:00", "2026-03-09 09:00"),
        ("2026-03-07 12:00", "2026-03-09 09:00"),
        ("2026-03-08 23:59", "2026-03-09 09:00"),
        ("2026-03-27 17:00", "2026-03-30 09:00"),  # the clocks change on Sunday
    ],
)
@pytest.mark.parametrize("text", ["until working hours", "until work", "Until business hours"])
def test_working_hours_begin_on_the_next_working_day(now: str, end: str, text: str):
    berlin = ZoneInfo("Europe/Berlin")
    instant = datetime.fromisoformat(now).replace(tzinfo=berlin).astimezone(UTC)
    assert read_span(text).end(instant, "Europe/Berlin") == datetime.fromisoformat(end).replace(tzinfo=berlin)


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../etc/passwd"])
def test_without_a_known_zone_it_is_utc(zone: str):
    assert read_span("until 18:00").end(NOW, zone) == datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "-2h", "2x", "30s", "2h or so", "100000m", "²", "2h --reason deploy"),
        *("until", "until later", "until 25:00", "until 9:5", "until 12:60", "until 13pm", "until 0am"),
        *("until today", "until tonight", "until today later", "until monday maybe"),
    ],
)
def test_what_is_no_span_is_answered_with_examples(text: str):
    with pytest.raises(ValidationError) as invalid:
        read_span(text)
    assert invalid.value.messages == [EXAMPLES]


@pytest.mark.parametrize("text", ["0", "0.5m", "31d", "5w", "99999w"])
def test_spans_are_from_a_minute_to_a_month(text: str):
    with pytest.raises(ValidationError, match="Choose a time between one minute and 30 days"):
        read_span(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "text", "end"),
    [
        # Berlin, 29 March 2026: 02:00 becomes 03:00, so 02:30 does not exist; it is taken as 03:30 summer time.
        ("2026-03-29 00:15", "until 2:30", "2026-03-29 01:30"),
        ("2026-03-28 20:00", "until tomorrow 9:00", "2026-03-29 07:00"),
        ("2026-03-28 20:00", "until 2:30", "2026-03-29 01:30"),
        # Berlin, 25 October 2026: 03:00 becomes 02:00, so 02:30 comes twice (00:30 and 01:30 UTC).
        ("2026-10-25 00:15", "until 2:30", "2026-10-25 00:30"),
        ("2026-10-25 00:45", "until 2:30", "2026-10-25 01:30"),
        ("2026-10-25 01:15", "until 2:30", "2026-10-25 01:30"),
        ("2026-10-25 01:45", "until 2:30", "2026-10-26 01:30"),
        ("2026-10-24 20:00", "until tomorrow 9:00", "2026-10-25 08:00"),
    ],
)
def test_nights_when_the_clocks_change(now: str, text: str, end: str):
    assert read_span(text).end(utc(now), BERLIN) == utc(end)


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
# Around both changes of the year in Berlin and New York.
INSTANTS = st.sampled_from(["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-06-01"]).flatmap(
    lambda day: st.integers(-36 * 60, 36 * 60).map(lambda minutes: utc(day) + timedelta(minutes=minutes))
)


@settings(max_examples=150, deadline=None)
@given(INSTANTS, CLOCKS, st.sampled_from([BERLIN, NEW_YORK, "Asia/Kolkata", ""]), st.integers(0, 1))
def test_an_end_is_always_ahead_and_never_more_than_two_days(now: datetime, clock: time, zone: str, days: int):
    end = Span(clock=clock, days=days).end(now, zone)

    assert now < end <= now + timedelta(days=2, hours=1)


@settings(max_examples=60, deadline=None)
@given(INSTANTS, st.integers(0, 6), CLOCKS)
def test_a_weekday_is_within_eight_days(now: datetime, weekday: int, clock: time):
    assert now < Span(clock=clock, weekday=weekday).end(now, BERLIN) <= now + timedelta(days=8)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="0123456789 .:,mhdwuntilpa", max_size=20))
def test_any_text_is_a_span_or_a_sentence(text: str):
    try:
        end = read_span(text).end(NOW, BERLIN)
    except ValidationError:
        return
    assert NOW < end <= NOW + LONGEST
