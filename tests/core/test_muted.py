"""What maintenance does to alert groups. Pure."""

from datetime import timedelta

from bot.core import alerts, muted
from bot.core.alert_group import AlertGroup, Status
from bot.core.maintenance import Maintenance
from bot.core.maintenance_cover import Cover
from tests.core.groups import NOW, alert, blank, keys, pages

HOUR = timedelta(hours=1)


def cover(id_: str = "m1", hours: int = 2) -> Cover:
    until = NOW + hours * HOUR
    one = Maintenance(id=id_, server_id="S1", reason="Deploy", created_at=NOW, begins_at=NOW, seconds=7200)
    return Cover(maintenance=one, until=until)


def silent() -> AlertGroup:
    return alerts.opened(muted.covered(blank(), cover()), [alert()], now=NOW).doc


def test_a_covered_group_opens_silent_is_drawn_and_pages_nobody() -> None:
    change = alerts.opened(muted.covered(blank(), cover()), [alert()], now=NOW)
    assert keys(change.effects) == ["draw:card"]
    assert (change.doc.status, change.doc.due_at) == (Status.SILENCED, NOW + 2 * HOUR)
    assert change.doc.alerts == 1


def test_it_fires_when_the_maintenance_is_over_and_pages_from_the_beginning() -> None:
    change = alerts.advance(silent(), now=NOW + 2 * HOUR)
    assert [page.person_id for page in pages(change)] == ["ana"]
    assert (change.doc.status, change.doc.maintenance_id) == (Status.FIRING, "")
    assert change.doc.history[-1].text.english == "The maintenance is over"


def test_without_cover_it_fires_at_once() -> None:
    change = muted.reviewed(silent(), by="@root", now=NOW + HOUR, cover=None)
    assert [page.person_id for page in pages(change)] == ["ana"]
    assert muted.reviewed(change.doc, by="@root", now=NOW + HOUR, cover=None).effects == ()


def test_another_cover_moves_the_end_and_the_same_changes_nothing() -> None:
    group = silent()
    assert muted.reviewed(group, by="", now=NOW, cover=cover()).doc == group
    moved = muted.reviewed(group, by="", now=NOW, cover=cover("m2", hours=5)).doc
    assert (moved.due_at, moved.silenced_until, moved.maintenance_id) == (NOW + 5 * HOUR, NOW + 5 * HOUR, "m2")


def test_what_somebody_did_counts_from_then_on() -> None:
    for acted in (
        alerts.acknowledge(silent(), by="@ana", now=NOW).doc,
        alerts.silence(silent(), by="@ana", now=NOW, until=NOW + 9 * HOUR).doc,
        alerts.unsilence(silent(), by="@ana", now=NOW).doc,
        alerts.resolve(silent(), by="@ana", now=NOW).doc,
    ):
        assert muted.reviewed(acted, by="@root", now=NOW + HOUR, cover=None).doc == acted
        assert muted.reviewed(acted, by="", now=NOW + HOUR, cover=cover("m2")).doc == acted


def test_alerts_that_end_resolve_it_without_a_page() -> None:
    change = alerts.received(silent(), [alert(firing=False)], now=NOW + HOUR)
    assert change.doc.status is Status.RESOLVED and pages(change) == []
