"""What an alert group makes of the answers from outside: lost cards, refused channels, late tellings."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core import alerts, outcomes
from bot.core.alert_group import Alert, AlertGroup, Posted, Status, Step
from bot.core.changes import Draw, Page, Tell, TellAdmin
from bot.core.replacing import replace

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CHAIN = (Step(wait=300, people=("ana",)), Step(wait=300, people=("ben",)))


def group(**fields):
    blank = AlertGroup(
        id="G1",
        server_id="S1",
        number=7,
        integration_id="I1",
        integration_name="Alertmanager @all",
        key="k",
        title="Disk full",
        opened_at=NOW,
        changed_at=NOW,
        channel_id="town",
        chain=CHAIN,
    )
    fired = alerts.opened(blank, [Alert(fingerprint="a", firing=True, title="Disk full")], now=NOW).doc
    return replace(fired, **fields)


def doings(change, kind):
    return [effect.do for effect in change.effects if isinstance(effect.do, kind)]


def test_a_refused_channel_is_noted_told_to_the_admin_and_the_first_in_line_is_paged():
    change = outcomes.card_refused(group(), reason="the channel is archived", now=NOW)

    assert change.doc.history[-1].text.values["reason"] == "the channel is archived"
    assert [page.page for page in doings(change, Page)] == ["0.0.ana"]
    told = doings(change, TellAdmin)[0].text
    assert "@all" not in str(told.values["integration"])


def test_a_channel_that_refuses_again_is_not_noted_again():
    once = outcomes.card_refused(group(), reason="the channel is archived", now=NOW).doc
    again = outcomes.card_refused(once, reason="the channel is archived", now=NOW + timedelta(minutes=1))

    assert again.doc == once
    assert again.effects == ()


def test_the_chain_that_has_begun_pages_by_itself():
    begun = alerts.advance(group(), now=NOW + timedelta(seconds=300)).doc

    assert doings(outcomes.card_refused(begun, reason="archived", now=NOW), Page) == []


@pytest.mark.parametrize("status", [Status.ACKNOWLEDGED, Status.RESOLVED, Status.SILENCED])
def test_a_refused_channel_pages_nobody_once_somebody_has_acted(status):
    assert doings(outcomes.card_refused(group(status=status), reason="archived", now=NOW), Page) == []


def test_a_refused_channel_without_a_chain_still_reaches_the_admin():
    change = outcomes.card_refused(group(chain=()), reason="archived", now=NOW)

    assert doings(change, Page) == []
    assert len(doings(change, TellAdmin)) == 1


def test_each_new_card_of_a_group_is_another_one():
    shown = group(card=Posted(channel_id="town", post_id="p1", edited_at=NOW))
    lost = outcomes.lost_post(shown, post="card")

    assert lost.doc.card is None
    assert lost.doc.cards_lost == 1
    assert doings(lost, Draw) == [Draw(post="card")]


def test_what_was_not_told_is_told_next():
    shown = group(card=Posted(channel_id="town", post_id="p1", edited_at=NOW))
    busy = alerts.acknowledge(shown, by="@ana", now=NOW).doc
    busy = alerts.unacknowledge(busy, by="@ana", now=NOW).doc
    last = busy.history[-1].seq

    assert doings(outcomes.told(busy, seq=last - 1), Tell) == [Tell()]
    assert doings(outcomes.told(busy, seq=last), Tell) == []


def test_a_page_that_arrives_after_the_acknowledgement_is_redrawn():
    page = {"page": "0.0.ana", "person_id": "ana", "name": "@ana", "now": NOW, "channel_id": "dm", "post_id": "p2"}
    acknowledged = alerts.acknowledge(group(), by="@ben", now=NOW).doc

    assert Draw(post="0.0.ana") in doings(outcomes.paged(acknowledged, **page), Draw)
    assert doings(outcomes.paged(group(), **page), Draw) == []
