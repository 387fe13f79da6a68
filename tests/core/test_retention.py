"""How long things are kept, and when a quiet alert group is closed."""

from datetime import UTC, datetime, timedelta

from bot.core import alerts
from bot.core.alert_group import Alert, AlertGroup, Status
from bot.core.changes import CloseStale
from bot.core.replacing import replace
from bot.core.retention import Retention, chosen, close_if_stale, retention
from bot.core.servers import Server

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SERVER = Server(id="S1", name="Home", created_at=NOW)
FIRED = Alert(fingerprint="a", firing=True, title="Disk")


def opened(close_after: int = 7) -> alerts.GroupChange:
    group = AlertGroup(
        id="g",
        server_id="S1",
        number=1,
        integration_id="i",
        integration_name="Prom",
        key="k",
        title="Disk",
        opened_at=NOW,
        changed_at=NOW,
        close_after=close_after,
    )
    return alerts.opened(group, [FIRED], now=NOW)


def due(change: alerts.GroupChange) -> list[datetime | None]:
    return [effect.at for effect in change.effects if isinstance(effect.do, CloseStale)]


def test_what_is_not_chosen_is_as_usual_and_what_is_not_given_stays():
    assert retention(None) == retention(SERVER) == Retention(alerts=90, groups=365, close=0)
    server = chosen(SERVER, alerts=30, close=7).doc
    assert retention(chosen(server, groups=60).doc) == Retention(alerts=30, groups=60, close=7)
    assert retention(chosen(server, close=0).doc).close == 0


def test_a_group_is_looked_at_again_and_closed_after_so_many_quiet_days():
    assert due(opened()) == [NOW + 7 * DAY]
    closed = close_if_stale(opened().doc, now=NOW + 7 * DAY).doc
    assert closed.status is Status.RESOLVED
    assert closed.history[-1].text.other == "Closed because nothing came for {count} days"


def test_each_alert_and_each_act_makes_it_wait_anew():
    again = alerts.received(opened().doc, [FIRED], now=NOW + 3 * DAY)
    assert due(again) == []
    assert due(close_if_stale(again.doc, now=NOW + 7 * DAY)) == [NOW + 10 * DAY]
    taken = alerts.acknowledge(again.doc, by="@ana", now=NOW + 5 * DAY).doc
    assert due(close_if_stale(taken, now=NOW + 10 * DAY)) == [NOW + 12 * DAY]
    assert close_if_stale(taken, now=NOW + 12 * DAY).doc.status is Status.RESOLVED


def test_a_silence_is_waited_for():
    until = NOW + 30 * DAY
    silent = alerts.silence(opened().doc, by="@ana", now=NOW, until=until).doc
    assert due(close_if_stale(silent, now=NOW + 7 * DAY)) == [until + 7 * DAY]


def test_where_it_is_not_wanted_nothing_is_closed():
    change = opened(close_after=0)
    assert due(change) == []
    assert close_if_stale(change.doc, now=NOW + 1000 * DAY).doc == change.doc


def test_what_is_resolved_stays_so_and_what_is_reopened_is_watched_again():
    resolved = alerts.resolve(opened().doc, by="@ana", now=NOW).doc
    assert close_if_stale(resolved, now=NOW + 7 * DAY).doc == resolved
    assert due(alerts.reopen(resolved, by="@ana", now=NOW + DAY)) == [NOW + 8 * DAY]


def test_copied_at_opening_a_later_choice_does_not_change_it():
    assert due(opened(close_after=3)) == [NOW + 3 * DAY]
    assert replace(opened(3).doc, kept_days=30).kept_days == 30
