"""To which step, whom no more, and how grave."""

from datetime import timedelta

import pytest

from bot.core import alerts, outcomes, steering
from bot.core.alert_group import AlertGroup, Status, Step
from bot.core.changes import Page
from bot.core.replacing import replace
from bot.words import Reader, words
from tests.core.groups import NOW, fired, pages

SOON = NOW + timedelta(minutes=1)
READER = Reader(now=NOW)
CHAIN = tuple(Step(wait=60 * place, people=(name,)) for place, name in enumerate(("ana", "ben", "cho")))


def firing() -> AlertGroup:
    """The first in line was paged, the others wait."""
    group = replace(fired(), chain=CHAIN, step=1, due_at=NOW + timedelta(minutes=5))
    return outcomes.paged(group, page=f"{group.turn}.0.ana", person_id="ana", name="@ana", now=NOW).doc


def escalated(group: AlertGroup, step: int):
    return steering.escalate_to(group, step=step, by="@dan", now=SOON)


def test_a_later_step_is_paged_now_and_the_line_goes_on_behind_it():
    change = escalated(firing(), 3)
    assert [do.person_id for do in pages(change)] == ["cho"]
    assert (change.doc.step, change.doc.due_at) == (3, None)
    assert words(change.note, READER) == "Step 3 of #7 is paged."
    assert words(change.doc.history[-1].text, READER) == "Escalated to step 3 by @dan"


def test_an_earlier_step_is_paged_again_and_the_line_starts_over_there():
    change = escalated(firing(), 1)
    [page] = pages(change)
    assert (page.person_id, page.asked_by) == ("ana", "@dan")
    assert change.doc.step == 1
    assert change.doc.due_at == SOON + timedelta(minutes=1)


@pytest.mark.parametrize("step", [0, 4])
def test_there_is_no_such_step(step: int):
    change = escalated(firing(), step)
    assert words(change.note, READER) == "#7 has 3 steps. `/oncall why 7` shows them."
    assert change.effects == ()


def test_what_does_not_fire_pages_nobody():
    acknowledged = alerts.acknowledge(firing(), by="@ana", now=NOW).doc
    assert pages(escalated(acknowledged, 2)) == []


def relieved(group: AlertGroup, *people: str):
    return steering.relieve(group, people={name: f"@{name}" for name in people}, by="@ana", now=SOON)


def test_whoever_is_not_needed_leaves_the_line_and_the_next_takes_their_place():
    change = relieved(firing(), "ben")
    assert [step.people for step in change.doc.chain] == [("ana",), ("cho",)]
    assert words(change.note, READER) == "@ben is not paged for #7 any more."
    due = firing().due_at
    assert due is not None
    assert [do.person_id for do in pages(alerts.advance(change.doc, now=due))] == ["cho"]


def test_without_anybody_left_nothing_is_due():
    change = relieved(firing(), "ben", "cho")
    assert (change.doc.chain, change.doc.due_at) == (CHAIN[:1], None)


def test_a_page_that_waits_to_be_sent_is_dropped():
    group = replace(firing(), step=2)
    assert f"page:{group.turn}.1.ben" in relieved(replace(group, chain=(*CHAIN, CHAIN[1])), "ben").dropped


@pytest.mark.parametrize("name", ["ana", "somebody"])
def test_whoever_does_not_wait_stays_as_they_are(name: str):
    change = relieved(firing(), name)
    assert change.doc == firing()
    assert words(change.note, READER) == f"@{name} is not waiting to be paged for #7."


def test_what_is_over_pages_nobody_anyway():
    resolved = alerts.resolve(firing(), by="@ana", now=NOW).doc
    assert relieved(resolved, "ben").doc == resolved


def test_a_severity_is_changed_with_a_line_and_pings_nobody():
    change = steering.rate(firing(), severity="@all\n**low**", by="@ana", now=SOON)
    assert "@all" not in change.doc.severity
    assert "\n" not in change.doc.severity
    assert change.doc.status is Status.FIRING
    assert steering.rate(change.doc, severity=change.doc.severity, by="@ana", now=SOON).effects == ()
    assert not any(isinstance(effect.do, Page) for effect in change.effects)


def test_one_at_a_time_opens_a_channel_and_who_vanished_in_between_holds_up_nobody():
    asked = steering.room_asked(firing(), now=NOW).doc
    assert "at this moment" in words(steering.room_asked(asked, now=NOW).note, READER)
    assert steering.room_asked(asked, now=SOON).doc.room_asked_at == SOON
    assert steering.room_asked(steering.room_given_up(asked).doc, now=NOW).doc.room_asked_at == NOW
    opened = steering.room_opened(asked, room="alert-1", by="@ana", now=NOW).doc
    assert opened.room_asked_at is None
    assert steering.room_asked(opened, now=SOON).doc is opened
