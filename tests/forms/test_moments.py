"""Days and moments as people and pickers write them, where they live, and in the nights when the clocks change."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from forms.moments import DAY_EXAMPLES, MOMENT_EXAMPLES, Date, DateTime, read_day, read_moment

# A Monday, 10:00 in Berlin (winter: one hour ahead of UTC).
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"
DAY, MOMENT = Date("Day"), DateTime("Moment")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-2-9", date(2026, 2, 9)),
        ("1.12.2026", date(2026, 12, 1)),
        ("on 01.12.2026", date(2026, 12, 1)),
        ("today", date(2026, 3, 2)),
        (" Tomorrow ", date(2026, 3, 3)),
        ("yesterday", date(2026, 3, 1)),
        ("Monday", date(2026, 3, 2)),
        ("sunday", date(2026, 3, 8)),
        ("2026-12-01T23:30:00+01:00", date(2026, 12, 1)),
    ],
)
def test_days(text: str, day: date):
    assert read_day(text).on(NOW, BERLIN) == day


def test_today_is_that_of_the_person():
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)

    assert read_day("today").on(late, "UTC") == date(2026, 3, 2)
    assert read_day("today").on(late, BERLIN) == date(2026, 3, 3)
    assert read_day("tuesday").on(late, BERLIN) == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-01 18:00", "2026-12-01T17:00Z"),
        ("2026-12-01 6pm", "2026-12-01T17:00Z"),
        ("1.12.2026 18:00", "2026-12-01T17:00Z"),
        ("2026-12-01", "2026-12-01T08:00Z"),
        ("2026-07-01 18:00", "2026-07-01T16:00Z"),
        ("2026-12-01T18:00", "2026-12-01T17:00Z"),
        ("2026-12-01T18:00:30.5", "2026-12-01T17:00Z"),
        ("2026-12-01T18:00:00Z", "2026-12-01T18:00Z"),
        ("2026-12-01T18:00:00.000Z", "2026-12-01T18:00Z"),
        ("2026-12-01T18:00:00-05:00", "2026-12-01T23:00Z"),
        ("2026-12-01 18:00+01:00", "2026-12-01T17:00Z"),
        ("18:00", "2026-03-02T17:00Z"),
        ("9:00", "2026-03-03T08:00Z"),
        ("at 18", "2026-03-02T17:00Z"),
        ("tomorrow 9:00", "2026-03-03T08:00Z"),
        ("tomorrow", "2026-03-03T08:00Z"),
        ("until Monday 9:00", "2026-03-09T08:00Z"),
        ("today 18:00", "2026-03-02T17:00Z"),
        ("now", "2026-03-02T09:00Z"),
        ("in 2h", "2026-03-02T11:00Z"),
        ("90 minutes", "2026-03-02T10:30Z"),
        ("in 30", "2026-03-02T09:30Z"),
    ],
)
def test_moments(text: str, at: str):
    assert read_moment(text).at(NOW, BERLIN) == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    "text",
    ["soon", "2026-13-01", "2026-02-30", "12/1/2026", "1999-12-31", "2200-01-01", "1.12.", "45", "2026-12-01 25:00",
     "2026-12-01T18:00:00+99:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "today"],
)  # fmt: skip
def test_what_is_no_moment_is_answered_with_examples(text: str):
    with pytest.raises(ValidationError) as invalid:
        read_moment(text)
    assert invalid.value.messages == [MOMENT_EXAMPLES]


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "12/1/2026", "18:00", "next week", "32.1.2026"])
def test_what_is_no_day_is_answered_with_examples(text: str):
    with pytest.raises(ValidationError) as invalid:
        read_day(text)
    assert invalid.value.messages == [DAY_EXAMPLES]


def test_a_time_that_the_clocks_skip_is_the_one_after_the_gap():
    assert read_moment("2026-03-29 02:30").at(NOW, BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first():
    assert read_moment("2026-10-25 02:30").at(NOW, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_pickers_get_their_own_spelling_and_people_theirs():
    assert DAY.picked("tomorrow", NOW, BERLIN) == "2026-03-03"
    assert DAY.picked("soon", NOW, BERLIN) == ""
    assert MOMENT.picked("tomorrow 9:00", NOW, BERLIN) == "2026-03-03T09:00:00+01:00"
    assert MOMENT.picked("soon", NOW, BERLIN) == ""
    assert MOMENT.written("2026-12-01T17:00:00Z", NOW, BERLIN) == "2026-12-01 18:00"
    assert MOMENT.written("tomorrow 9:00", NOW, BERLIN) == "tomorrow 9:00"
    assert MOMENT.written("2026-99-01T17:00:00Z", NOW, BERLIN) == "2026-99-01T17:00:00Z"
    assert DAY.written("2026-12-01", NOW, BERLIN) == "2026-12-01"


@settings(max_examples=200, deadline=None)
@given(
    st.dates(date(2001, 1, 1), date(2198, 12, 31)),
    st.times(),
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Pacific/Kiritimati", "", "Nowhere"]),
)
def test_what_a_picker_shows_is_what_it_brings_back(day: date, clock: time, zone: str):
    at = read_moment(f"{day} {clock:%H:%M}").at(NOW, zone)
    shown = MOMENT.picked(f"{day} {clock:%H:%M}", NOW, zone)

    assert read_moment(shown).at(NOW, "UTC") == at


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789-:.tz+ todayn", max_size=30), st.sampled_from([BERLIN, "", "Nowhere"]))
def test_any_text_is_a_moment_or_a_sentence(text: str, zone: str):
    try:
        read_moment(text).at(NOW, zone)
        read_day(text).on(NOW, zone)
    except ValidationError as invalid:
        assert invalid.messages in ([MOMENT_EXAMPLES], [DAY_EXAMPLES])
