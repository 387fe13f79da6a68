"""What a heartbeat does when it reports, when it does not, and when time passes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.changes import ReportHeartbeat
from bot.core.heartbeats import Heartbeat, advance, beat, expect, pause, resume
from bot.core.replacing import replace

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NEW = Heartbeat(id="i", server_id="s", every_seconds=600, grace_seconds=60, created_at=NOW)
LATE = timedelta(seconds=660)


def test_nothing_is_missed_before_the_first_report():
    assert NEW.due_at is None
    assert advance(NEW, now=NOW + timedelta(days=365)).doc == NEW


def test_a_report_starts_the_watch():
    after = beat(NEW, now=NOW).doc
    assert (after.last_at, after.due_at) == (NOW, NOW + LATE)


def test_it_is_missing_at_the_end_of_the_grace_and_not_before():
    heard = beat(NEW, now=NOW).doc
    assert advance(heard, now=NOW + LATE - timedelta(milliseconds=1)).effects == ()
    change = advance(heard, now=NOW + LATE)
    assert [effect.do for effect in change.effects] == [ReportHeartbeat(missing=True)]
    assert (change.doc.missing_at, change.doc.due_at) == (NOW + LATE, None)
    assert advance(change.doc, now=NOW + LATE * 9).effects == ()  # told once


def test_it_is_back_with_its_next_report():
    missing = advance(beat(NEW, now=NOW).doc, now=NOW + LATE).doc
    change = beat(missing, now=NOW + LATE * 2)
    assert [effect.do for effect in change.effects] == [ReportHeartbeat(missing=False)]
    assert (change.doc.missing_at, change.doc.due_at) == (None, NOW + LATE * 3)


def test_reports_in_the_same_second_write_nothing():
    heard = beat(NEW, now=NOW).doc
    assert beat(heard, now=NOW + timedelta(milliseconds=900)).doc is heard


def test_another_rhythm_counts_from_the_last_report():
    heard = beat(NEW, now=NOW).doc
    after = expect(heard, every_seconds=60, grace_seconds=5).doc
    assert after.due_at == NOW + timedelta(seconds=65)
    missing = replace(heard, missing_at=NOW, due_at=None)
    assert expect(missing, every_seconds=60, grace_seconds=5).doc.due_at is None


HOUR = timedelta(hours=1)


def paused(heartbeat: Heartbeat) -> Heartbeat:
    return pause(heartbeat, until=NOW + HOUR, by="@root", why="moving", now=NOW).doc


def test_what_is_paused_is_not_missed_and_then_has_as_long_as_usual():
    quiet = paused(beat(NEW, now=NOW).doc)
    assert quiet.is_paused(NOW + HOUR - timedelta(milliseconds=1)) and not quiet.is_paused(NOW + HOUR)
    assert advance(quiet, now=NOW + HOUR + LATE - timedelta(milliseconds=1)).effects == ()
    change = advance(quiet, now=NOW + HOUR + LATE)
    assert [effect.do for effect in change.effects] == [ReportHeartbeat(missing=True)]


def test_a_report_in_a_pause_does_not_end_it():
    quiet = beat(paused(beat(NEW, now=NOW).doc), now=NOW + HOUR / 2).doc
    assert (quiet.last_at, quiet.due_at) == (NOW + HOUR / 2, NOW + HOUR + LATE)
    assert beat(quiet, now=NOW + HOUR * 2).doc.due_at == NOW + HOUR * 2 + LATE


def test_another_rhythm_does_not_end_a_pause():
    quiet = expect(paused(beat(NEW, now=NOW).doc), every_seconds=60, grace_seconds=5).doc
    assert quiet.due_at == NOW + HOUR + timedelta(seconds=65)


def test_resuming_counts_from_now_and_a_second_time_changes_nothing():
    quiet = paused(beat(NEW, now=NOW).doc)
    again = resume(quiet, now=NOW + HOUR / 2).doc
    assert (again.due_at, again.paused_until, again.paused_by, again.paused_why) == (
        NOW + HOUR / 2 + LATE,
        None,
        "",
        "",
    )
    assert resume(again, now=NOW + HOUR).doc is again and resume(quiet, now=NOW + HOUR).doc is quiet


def test_what_never_reported_or_is_missing_waits_for_its_report_paused_or_not():
    missing = advance(beat(NEW, now=NOW).doc, now=NOW + LATE).doc
    for one in (NEW, missing):
        assert paused(one).due_at is None
        assert resume(paused(one), now=NOW).doc == one
    assert beat(paused(missing), now=NOW + LATE * 2).effects != ()


@given(steps=st.lists(st.tuples(st.booleans(), st.integers(1, 2_000)), max_size=30))
def test_missing_and_back_take_turns(steps: list[tuple[bool, int]]):
    heartbeat, now, told = NEW, NOW, []
    for reports, seconds in steps:
        now += timedelta(seconds=seconds)
        change = advance(heartbeat, now=now)
        told += [effect.do.missing for effect in change.effects if isinstance(effect.do, ReportHeartbeat)]
        if reports:
            change = beat(change.doc, now=now)
            told += [effect.do.missing for effect in change.effects if isinstance(effect.do, ReportHeartbeat)]
        heartbeat = change.doc
    assert told == [number % 2 == 0 for number in range(len(told))]
