"""When maintenance is: windows, across changes of the clocks, and what people and time do to them."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core import maintenance
from bot.core.alert_group import Posted
from bot.core.changes import ReviewGroups
from bot.core.maintenance import LONGEST, Maintenance, Repeats, Window, active, next_change, next_window, window_at
from bot.core.maintenance_words import concern
from bot.core.replacing import replace
from bot.core.routing import Matcher, Operator
from bot.words import Reader, words
from tests.core.groups import keys

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def planned(begins_at: datetime, hours: float = 2, repeats: Repeats = Repeats.NEVER, **more: object) -> Maintenance:
    blank = Maintenance(
        id="m1",
        server_id="s1",
        reason="Deploy",
        by="@root",
        created_at=begins_at,
        begins_at=begins_at,
        seconds=int(hours * 3600),
        repeats=repeats,
        zone=BERLIN,
        due_at=begins_at,
    )
    return replace(blank, **more)


def local(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN), fold=fold).astimezone(UTC)


def begins(one: Maintenance, count: int) -> list[str]:
    """Local begins of the first windows."""
    found, at = [], one.begins_at
    for _ in range(count):
        window = next_window(one, at)
        assert window is not None
        found.append(f"{window.begins_at.astimezone(ZoneInfo(BERLIN)):%a %d.%m. %H:%M}")
        at = window.ends_at
    return found


# ---- windows ----


def test_one_window_is_open_from_its_begin_to_before_its_end() -> None:
    one = planned(MONDAY)
    expected = [(-1, False), (0, True), (7199, True), (7200, False)]
    assert [active(one, MONDAY + timedelta(seconds=at)) for at, _ in expected] == [is_ for _, is_ in expected]
    assert next_change(one, MONDAY - HOUR) == MONDAY
    assert next_change(one, MONDAY) == MONDAY + 2 * HOUR
    assert next_change(one, MONDAY + 2 * HOUR) is None


@pytest.mark.parametrize(
    ("begin", "repeats", "expected"),
    [
        ("2026-03-27T02:00", Repeats.DAILY, ["Fri 27.03. 02:00", "Sat 28.03. 02:00", "Sun 29.03. 03:00"]),
        ("2026-10-24T02:30", Repeats.DAILY, ["Sat 24.10. 02:30", "Sun 25.10. 02:30", "Mon 26.10. 02:30"]),
        ("2026-03-26T22:00", Repeats.WEEKDAYS, ["Thu 26.03. 22:00", "Fri 27.03. 22:00", "Mon 30.03. 22:00"]),
        ("2026-03-22T04:00", Repeats.WEEKLY, ["Sun 22.03. 04:00", "Sun 29.03. 04:00", "Sun 05.04. 04:00"]),
        ("2026-01-31T04:00", Repeats.MONTHLY, ["Sat 31.01. 04:00", "Sat 28.02. 04:00", "Tue 31.03. 04:00"]),
        ("2027-12-30T23:30", Repeats.MONTHLY, ["Thu 30.12. 23:30", "Sun 30.01. 23:30", "Tue 29.02. 23:30"]),
    ],
)
def test_windows_come_again_at_the_local_time(begin: str, repeats: Repeats, expected: list[str]) -> None:
    assert begins(planned(local(begin), repeats=repeats), 3) == expected


def test_a_length_is_time_that_passes_also_across_a_change_of_the_clocks() -> None:
    one = planned(local("2026-03-28T23:00"), hours=6, repeats=Repeats.DAILY)
    window = window_at(one, local("2026-03-29T04:30"))
    assert window is not None and window.ends_at - window.begins_at == 6 * HOUR
    assert window.ends_at == local("2026-03-29T06:00")


def test_a_time_that_comes_twice_is_the_first_of_both() -> None:
    window = next_window(planned(local("2026-10-24T02:30"), repeats=Repeats.DAILY), local("2026-10-25T00:00"))
    assert window is not None and window.begins_at == local("2026-10-25T02:30", fold=0)


def test_a_first_window_on_a_weekend_takes_place() -> None:
    assert begins(planned(local("2026-03-07T10:00"), repeats=Repeats.WEEKDAYS), 2) == [
        "Sat 07.03. 10:00",
        "Mon 09.03. 10:00",
    ]


def test_an_unknown_zone_is_utc() -> None:
    one = planned(MONDAY, repeats=Repeats.DAILY, zone="Atlantis/Capital")
    assert next_window(one, MONDAY + 5 * HOUR) == Window(begins_at=MONDAY + 24 * HOUR, ends_at=MONDAY + 26 * HOUR)


ZONES = (BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "UTC", "Pacific/Apia")


def some_maintenance(dice: random.Random) -> Maintenance:
    repeats = dice.choice(list(Repeats))
    begins_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(60 * 24 * 365))
    most = LONGEST[repeats].total_seconds()
    return planned(begins_at, repeats=repeats, zone=dice.choice(ZONES), seconds=dice.randrange(60, int(most) + 1))


def test_windows_never_touch_and_lie_at_their_local_time() -> None:
    """A year of windows of many maintenances in zones with all kinds of clock changes."""
    dice = random.Random(11)
    for _ in range(60):
        one = some_maintenance(dice)
        zone = ZoneInfo(one.zone)
        wall = one.begins_at.astimezone(zone)
        at, before = one.begins_at, None
        while at < one.begins_at + timedelta(days=400) and (window := next_window(one, at)) is not None:
            begin = window.begins_at.astimezone(zone)
            meant = datetime.combine(begin.date(), wall.time(), zone)
            assert window.ends_at - window.begins_at == one.length
            assert before is None or before.ends_at < window.begins_at
            assert window.begins_at in (meant.astimezone(UTC), one.begins_at)
            assert fits(one, wall.date(), begin.date())
            at, before = window.ends_at, window


def fits(one: Maintenance, first: date, day: date) -> bool:
    match one.repeats:
        case Repeats.NEVER:
            return day == first
        case Repeats.DAILY:
            return True
        case Repeats.WEEKDAYS:
            return day.isoweekday() <= 5 or day == first
        case Repeats.WEEKLY:
            return (day - first).days % 7 == 0
        case Repeats.MONTHLY:
            return day.day == first.day or (day.day < first.day and (day + timedelta(days=1)).day == 1)


def test_the_next_change_is_where_activity_changes_and_nowhere_before() -> None:
    dice = random.Random(12)
    for _ in range(200):
        one = some_maintenance(dice)
        at = one.begins_at + timedelta(minutes=dice.randrange(-1000, 60 * 24 * 60))
        change = next_change(one, at)
        assert change is None or change > at
        end = change or at + timedelta(days=70)
        moments = [at + (end - at) * n / 17 for n in range(17)]
        assert {active(one, moment) for moment in moments} == {active(one, at)}
        if change is not None:
            assert active(one, change) is not active(one, at)


# ---- what people and time do ----


def test_begin_and_end_are_announced_once() -> None:
    one = maintenance.planned(planned(MONDAY + HOUR), now=MONDAY)
    assert (one.effects, one.doc.due_at) == ((), MONDAY + HOUR)
    began = maintenance.advance(one.doc, now=MONDAY + HOUR)
    assert keys(began.effects) == ["draw", "review"]
    assert began.doc.due_at == MONDAY + 3 * HOUR
    over = maintenance.advance(began.doc, now=MONDAY + 3 * HOUR)
    assert keys(over.effects) == ["draw", "tell"]
    assert over.doc.over
    assert maintenance.advance(over.doc, now=MONDAY + 9 * HOUR).effects == ()


def test_one_that_begins_at_once_is_announced_at_once() -> None:
    change = maintenance.planned(planned(MONDAY), now=MONDAY)
    assert keys(change.effects) == ["draw", "review"]
    assert change.doc.running == Window(begins_at=MONDAY, ends_at=MONDAY + 2 * HOUR)


def test_one_that_comes_again_is_announced_each_time_with_a_card_of_its_own() -> None:
    one = maintenance.planned(planned(MONDAY, repeats=Repeats.DAILY), now=MONDAY).doc
    card = Posted(channel_id="town", post_id="p1", edited_at=MONDAY)
    one = maintenance.drawn(one, card=card, number=one.cards).doc
    one = maintenance.advance(one, now=MONDAY + 2 * HOUR).doc
    assert (one.due_at, one.card) == (MONDAY + 24 * HOUR, card)
    again = maintenance.advance(one, now=MONDAY + 24 * HOUR)
    assert (keys(again.effects), again.doc.card, again.doc.cards) == (["draw", "review"], None, 2)
    assert maintenance.drawn(again.doc, card=card, number=1).doc.card is None


def test_after_a_long_pause_of_the_bot_what_was_announced_ends_and_what_runs_begins() -> None:
    one = maintenance.planned(planned(MONDAY, repeats=Repeats.DAILY), now=MONDAY).doc
    later = MONDAY + timedelta(days=3, hours=1)
    closed = maintenance.advance(one, now=later)
    assert keys(closed.effects) == ["draw", "tell"]
    begun = maintenance.advance(closed.doc, now=later)
    assert begun.doc.running == Window(
        begins_at=MONDAY + timedelta(days=3), ends_at=MONDAY + timedelta(days=3, hours=2)
    )


def test_ending_early_looks_at_what_was_silenced_and_again_for_latecomers() -> None:
    one = maintenance.planned(planned(MONDAY), now=MONDAY).doc
    change = maintenance.end(one, by="@ana", now=MONDAY + HOUR)
    reviews = [effect for effect in change.effects if isinstance(effect.do, ReviewGroups)]
    assert [effect.at for effect in reviews] == [
        None,
        MONDAY + HOUR + timedelta(seconds=5),
        MONDAY + HOUR + timedelta(seconds=60),
    ]
    assert change.doc.over and not active(change.doc, MONDAY + HOUR)
    again = maintenance.end(change.doc, by="@ben", now=MONDAY + HOUR)
    assert (again.doc, again.effects) == (change.doc, ())


def test_ending_one_that_comes_again_ends_this_time_or_for_good() -> None:
    one = maintenance.planned(planned(MONDAY, repeats=Repeats.DAILY), now=MONDAY).doc
    this_time = maintenance.end(one, by="@ana", now=MONDAY + HOUR).doc
    assert not active(this_time, MONDAY + HOUR)
    assert this_time.due_at == MONDAY + 24 * HOUR and active(this_time, MONDAY + 25 * HOUR)
    at_once = maintenance.end(one, by="@ana", now=MONDAY).doc
    assert not active(at_once, MONDAY) and active(at_once, MONDAY + 25 * HOUR)
    for_good = maintenance.end(one, by="@ana", now=MONDAY + HOUR, for_good=True).doc
    assert for_good.over and not active(for_good, MONDAY + 25 * HOUR)


def test_a_second_press_calls_off_no_later_time() -> None:
    one = maintenance.planned(planned(MONDAY, repeats=Repeats.WEEKLY), now=MONDAY).doc
    ended = maintenance.end(one, by="@ana", now=MONDAY + HOUR).doc
    again = maintenance.end(ended, by="@ana", now=MONDAY + HOUR + timedelta(seconds=3))
    assert (again.doc, again.effects) == (ended, ()) and "comes again" in again.note.english
    late = maintenance.end(one, by="@ana", now=MONDAY + 2 * HOUR)
    assert (late.doc, late.effects) == (one, ())
    assert maintenance.end(ended, by="@ana", now=MONDAY + 5 * HOUR).doc.over
    assert maintenance.end(ended, by="@ana", now=MONDAY + HOUR, for_good=True).doc.over


def test_what_does_not_run_yet_is_called_off_without_a_word_in_the_channel() -> None:
    one = maintenance.planned(planned(MONDAY + HOUR, repeats=Repeats.DAILY), now=MONDAY).doc
    change = maintenance.end(one, by="@ana", now=MONDAY)
    assert {key.partition("-")[0] for key in keys(change.effects)} == {"review"} and change.doc.over
    assert next_window(change.doc, MONDAY) is None


def test_conditions_cannot_leave_the_code_that_they_are_shown_in() -> None:
    matcher = Matcher(label="a", operator=Operator.EQUAL, value="b`\n\n# @all")
    shown = words(concern(planned(MONDAY, matchers=(matcher,))), Reader(now=MONDAY))
    assert shown == 'all integrations with `a="b\' # @all"`'
