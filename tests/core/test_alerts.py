"""The life of an alert group: every verb from every status, and what holds whatever people do."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import alert_group, alerts, outcomes
from bot.core.alert_group import AlertGroup, GroupChange, Link, Note, Status
from bot.core.replacing import replace
from bot.core.text import Text
from bot.words import Reader, words
from tests.core.groups import CHAIN, NOW, alert, blank, fired, keys, pages

SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=2)
READER = Reader(now=NOW, zone="UTC")

FIRING = fired()
STATES: dict[str, AlertGroup] = {
    "firing": FIRING,
    "acknowledged": alerts.acknowledge(FIRING, by="@ana", now=NOW).doc,
    "silenced": alerts.silence(FIRING, by="@ana", now=NOW, until=LATER).doc,
    "resolved": alerts.resolve(FIRING, by="@ana", now=NOW).doc,
}
VERBS: dict[str, Callable[[AlertGroup], GroupChange]] = {
    "acknowledge": lambda group: alerts.acknowledge(group, by="@ben", now=SOON),
    "acknowledge again": lambda group: alerts.acknowledge(group, by="@ana", now=SOON),
    "unacknowledge": lambda group: alerts.unacknowledge(group, by="@ben", now=SOON),
    "resolve": lambda group: alerts.resolve(group, by="@ben", now=SOON),
    "silence": lambda group: alerts.silence(group, by="@ben", now=SOON, until=LATER),
    "silence until the past": lambda group: alerts.silence(group, by="@ben", now=SOON, until=NOW),
    "unsilence": lambda group: alerts.unsilence(group, by="@ben", now=SOON),
    "reopen": lambda group: alerts.reopen(group, by="@ben", now=SOON),
    "escalate": lambda group: alerts.escalate(group, by="@ben", now=SOON),
    "ask": lambda group: alerts.ask_for_help(group, people={"cho": "@cho"}, by="@ben", now=SOON),
    "assign": lambda group: alerts.assign(group, person_id="cho", to="@cho", by="@ben", now=SOON),
    "assign to its owner": lambda group: alerts.assign(group, person_id="ana", to="@ana", by="@ben", now=SOON),
}
F, A, S, R = Status.FIRING, Status.ACKNOWLEDGED, Status.SILENCED, Status.RESOLVED
FIRES_AGAIN = "#7 is firing again; the people in line are paged."
OVER = "#7 is already resolved."
TAKEN = "You have #7. Nobody else is paged for it."
LIFE: list[tuple[str, str, Status, str]] = [
    ("firing", "acknowledge", A, TAKEN),
    ("acknowledged", "acknowledge", A, "@ana already acknowledged #7."),
    ("silenced", "acknowledge", A, TAKEN),
    ("resolved", "acknowledge", R, OVER),
    ("firing", "acknowledge again", A, TAKEN),
    ("acknowledged", "acknowledge again", A, "You already have #7."),
    ("silenced", "acknowledge again", A, TAKEN),
    ("resolved", "acknowledge again", R, OVER),
    ("firing", "unacknowledge", F, "#7 is not acknowledged."),
    ("acknowledged", "unacknowledge", F, FIRES_AGAIN),
    ("silenced", "unacknowledge", S, "#7 is not acknowledged."),
    ("resolved", "unacknowledge", R, "#7 is not acknowledged."),
    ("firing", "resolve", R, "#7 is resolved."),
    ("acknowledged", "resolve", R, "#7 is resolved."),
    ("silenced", "resolve", R, "#7 is resolved."),
    ("resolved", "resolve", R, OVER),
    ("firing", "silence", S, "#7 is silenced until 14:00."),
    ("acknowledged", "silence", S, "#7 is silenced until 14:00."),
    ("silenced", "silence", S, "#7 is silenced until 14:00."),
    ("resolved", "silence", R, OVER),
    ("firing", "silence until the past", F, "That time has already passed. Choose a later one."),
    ("resolved", "silence until the past", R, OVER),
    ("firing", "unsilence", F, "#7 is not silenced."),
    ("acknowledged", "unsilence", A, "#7 is not silenced."),
    ("silenced", "unsilence", F, FIRES_AGAIN),
    ("resolved", "unsilence", R, "#7 is not silenced."),
    ("firing", "reopen", F, "#7 is not resolved."),
    ("acknowledged", "reopen", A, "#7 is not resolved."),
    ("silenced", "reopen", S, "#7 is not resolved."),
    ("resolved", "reopen", F, FIRES_AGAIN),
    ("firing", "escalate", F, "The next in line for #7 is paged."),
    ("acknowledged", "escalate", A, "#7 is not firing, so nobody is paged for it."),
    ("silenced", "escalate", S, "#7 is not firing, so nobody is paged for it."),
    ("resolved", "escalate", R, "#7 is not firing, so nobody is paged for it."),
    ("firing", "ask", F, "@cho is paged for #7."),
    ("acknowledged", "ask", A, "@cho is paged for #7."),
    ("silenced", "ask", S, "@cho is paged for #7."),
    ("resolved", "ask", R, OVER),
    ("firing", "assign", A, "@cho has #7 now."),
    ("acknowledged", "assign", A, "@cho has #7 now."),
    ("silenced", "assign", A, "@cho has #7 now."),
    ("resolved", "assign", R, OVER),
    ("acknowledged", "assign to its owner", A, "@ana already has #7."),
]


def said(text: Text) -> str:
    return words(text, READER)


@pytest.mark.parametrize(("before", "verb", "after", "note"), LIFE)
def test_a_verb_leads_to_a_status_and_says_so(before: str, verb: str, after: Status, note: str):
    change = VERBS[verb](STATES[before])

    assert change.doc.status is after
    assert said(change.note) == note


@pytest.mark.parametrize(("before", "verb", "after", "note"), LIFE)
def test_what_is_already_so_changes_nothing(before: str, verb: str, after: Status, note: str):
    change = VERBS[verb](STATES[before])
    if "already" in note or " is not " in note:
        assert change.doc is STATES[before]
        assert change.effects == ()


def test_a_new_group_shows_a_card_and_pages_whoever_is_first_at_once():
    change = alerts.opened(blank(), [alert()], now=NOW)

    assert keys(change.effects) == ["draw:card", "page:0.0.ana"]
    assert change.doc.due_at == NOW + timedelta(seconds=300)
    assert said(change.note) == "#7 opened."


def test_a_group_without_a_channel_pages_all_the_same():
    assert keys(alerts.opened(blank(channel_id=""), [alert()], now=NOW).effects) == ["page:0.0.ana"]


def test_a_group_without_a_chain_waits_for_nobody():
    assert alerts.opened(blank(chain=()), [alert()], now=NOW).doc.due_at is None


def test_time_pages_the_line_one_after_the_other_and_then_stops():
    group, paged, now = FIRING, [], NOW
    for _ in range(10):
        now = group.due_at or now + timedelta(hours=1)
        change = alerts.advance(group, now=now)
        group = change.doc
        paged += [(page.person_id, now - NOW) for page in pages(change)]

    assert paged == [
        ("ben", timedelta(seconds=300)),
        ("cho", timedelta(seconds=600)),
        ("dan", timedelta(seconds=600)),
    ]
    assert group.due_at is None


def test_acknowledging_drops_the_pages_of_this_turn_that_are_not_sent_yet():
    change = alerts.acknowledge(FIRING, by="@ben", now=SOON)

    assert change.withdrawn == ("page:0.0.ana", "page:0.1.ben", "page:0.2.cho", "page:0.2.dan")
    again = alerts.unacknowledge(change.doc, by="@ben", now=SOON)
    assert [page.page for page in pages(again)] == ["1.0.ana"]


def test_a_silence_ends_by_itself_and_the_line_starts_over():
    silenced = STATES["silenced"]

    assert alerts.advance(silenced, now=LATER - timedelta(microseconds=1)).doc is silenced
    over = alerts.advance(silenced, now=LATER)
    assert over.doc.status is Status.FIRING
    assert over.doc.silenced_until is None
    assert [page.page for page in pages(over)] == ["1.0.ana"]
    assert said(over.doc.history[-1].text) == "The silence is over"


def test_the_reason_of_a_silence_stands_in_the_history_and_pings_nobody():
    change = alerts.silence(FIRING, by="@ana", now=NOW, until=LATER, reason="deploy *now* @all")

    assert said(change.doc.history[-1].text) == "Silenced by @ana until 14:00: deploy \\*now\\* @\u200ball"


def test_a_second_press_of_escalate_pages_nobody_further():
    once = alerts.escalate(FIRING, by="@ben", now=SOON, seen=1)
    twice = alerts.escalate(once.doc, by="@cho", now=SOON, seen=1)

    assert [page.person_id for page in pages(once)] == ["ben"]
    assert said(twice.note) == "#7 was already escalated."
    assert twice.doc is once.doc


def test_nobody_is_left_to_escalate_to():
    last = replace(FIRING, step=len(CHAIN), due_at=None)

    assert said(alerts.escalate(last, by="@ben", now=SOON).note) == (
        "Everyone in line for #7 has been paged. Ask somebody with `responders`."
    )


def test_two_who_are_asked_are_named_in_the_plural():
    change = alerts.ask_for_help(FIRING, people={"cho": "@cho", "dan": "@dan"}, by="@ben", now=SOON)

    assert said(change.note) == "@cho, @dan are paged for #7."
    assert {page.asked_by for page in pages(change)} == {"@ben"}


def test_who_is_asked_twice_is_paged_twice():
    once = alerts.ask_for_help(FIRING, people={"cho": "@cho"}, by="@ben", now=SOON)
    twice = alerts.ask_for_help(once.doc, people={"cho": "@cho"}, by="@ben", now=SOON)

    assert pages(once)[0].page != pages(twice)[0].page


def test_who_takes_a_group_by_assigning_it_to_themselves_is_not_paged():
    assert pages(alerts.assign(FIRING, person_id="ben", to="@ben", by="@ben", now=SOON)) == []


def test_the_same_message_is_noted_once():
    note = Note(at=NOW, by="@ana", text="Old logs removed", post_id="p1")
    once = alerts.add_note(FIRING, note=note, now=NOW)

    assert said(once.note) == "Noted on #7."
    assert said(alerts.add_note(once.doc, note=note, now=NOW).note) == "That message is already a note of #7."


def test_repeats_are_counted_and_the_last_end_resolves():
    more = alerts.received(FIRING, [alert("a"), alert("b")], now=SOON).doc
    assert (more.alerts, more.repeats, more.firing) == (2, 1, ("a", "b"))

    one_left = alerts.received(more, [alert("a", firing=False)], now=SOON)
    assert one_left.doc.status is Status.FIRING
    ended = alerts.received(one_left.doc, [alert("b", firing=False)], now=SOON)
    assert ended.doc.status is Status.RESOLVED
    assert said(ended.doc.history[-1].text) == "Resolved: all alerts ended"
    assert ended.doc.changed_by == "Production"


@pytest.mark.parametrize("state", ["acknowledged", "silenced"])
def test_more_alerts_do_not_wake_what_people_have_quietened(state: str):
    change = alerts.received(STATES[state], [alert("b")], now=SOON)

    assert change.doc.status is STATES[state].status
    assert pages(change) == []


def test_somebody_who_cannot_be_paged_hands_on_at_once():
    reason = "their Mattermost account is deactivated"
    change = outcomes.page_failed(FIRING, page="0.0.ana", person_id="ana", name="@ana", reason=reason, now=SOON)

    assert change.doc.due_at == SOON
    assert change.doc.pages["0.0.ana"].failed == reason
    assert [page.person_id for page in pages(alerts.advance(change.doc, now=SOON))] == ["ben"]


def test_edits_of_one_post_wait_for_two_seconds():
    shown = outcomes.drawn(FIRING, post="card", channel_id="town", post_id="p1", now=NOW).doc
    change = alerts.acknowledge(shown, by="@ana", now=NOW + timedelta(seconds=1))

    assert {effect.key: effect.at for effect in change.effects}["draw:card"] == NOW + timedelta(seconds=2)


# ---- whatever people do --------------------------------------------------------------------------------------------

PEOPLE = st.sampled_from(["@ana", "@ben", "@cho"])
STEPS = st.one_of(
    st.tuples(
        st.sampled_from(
            ["acknowledge", "unacknowledge", "resolve", "unsilence", "reopen", "escalate", "ask", "assign"]
        ),
        PEOPLE,
    ),
    st.tuples(st.sampled_from(["silence", "note", "paged", "failed", "advance", "drawn", "lost", "refused"]), PEOPLE),
    st.tuples(st.sampled_from(["fires", "ends"]), st.sampled_from(["a", "b", "c"])),
)


def step(group: AlertGroup, verb: str, who: str, now) -> GroupChange:
    person = who.removeprefix("@")
    page = f"{group.turn}.{max(group.step - 1, 0)}.{person}"
    match verb:
        case "acknowledge" | "unacknowledge" | "resolve" | "unsilence" | "reopen" | "escalate":
            return getattr(alerts, verb)(group, by=who, now=now)
        case "ask":
            return alerts.ask_for_help(group, people={person: who}, by="@eve", now=now)
        case "assign":
            return alerts.assign(group, person_id=person, to=who, by="@eve", now=now)
        case "silence":
            return alerts.silence(group, by=who, now=now, until=now + timedelta(minutes=7))
        case "note":
            return alerts.add_note(group, note=Note(at=now, by=who, text="x" * 5000), now=now)
        case "paged":
            told = {"page": page, "person_id": person, "name": who, "now": now}
            return outcomes.paged(group, channel_id="dm", post_id="p", **told)
        case "failed":
            return outcomes.page_failed(group, page=page, person_id=person, name=who, reason="gone", now=now)
        case "drawn":
            return outcomes.drawn(group, post="card", channel_id="town", post_id="p1", now=now)
        case "lost":
            return outcomes.lost_post(group, post="card")
        case "refused":
            return outcomes.card_refused(group, reason="archived", now=now)
        case "fires" | "ends":
            return alerts.received(group, [alert(who, firing=verb == "fires")], now=now)
        case _:
            return alerts.advance(group, now=now)


def check(before: AlertGroup, change: GroupChange, verb: str) -> None:
    after = change.doc
    if after.status is Status.RESOLVED:
        assert after.due_at is None
    if after.status is not Status.FIRING:
        assert all(page.asked_by for page in pages(change)), "nobody is paged by the line while nothing fires"
    if after.status is Status.RESOLVED:
        assert pages(change) == []
    if after.status is Status.SILENCED:
        assert after.due_at == after.silenced_until
    assert (after.status is Status.ACKNOWLEDGED) == bool(after.acknowledged_by)
    assert after.turn >= before.turn
    assert len(set(keys(change.effects))) == len(change.effects)
    seqs = [entry.seq for entry in after.history]
    assert seqs == list(range(seqs[-1] - len(seqs) + 1, seqs[-1] + 1))
    assert after.told <= seqs[-1]
    assert len(after.history) <= alert_group.HISTORY_KEPT
    assert len(after.pages) <= alert_group.PAGES_KEPT
    assert len(after.notes) <= alert_group.NOTES_KEPT
    assert len(after.samples) <= alert_group.SAMPLES_KEPT
    if change.doc is before and verb != "refused":
        assert change.effects == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(STEPS, st.integers(0, 600)), max_size=30))
def test_whatever_people_do_an_alert_group_stays_sound(story):
    group, now = FIRING, NOW
    sent: set[str] = set()
    for (verb, who), seconds in story:
        now += timedelta(seconds=seconds)
        change = step(group, verb, who, now)
        check(group, change, verb)
        fresh = [page.page for page in pages(change)]
        if verb != "refused":  # pages the first in line early, under the same key, so that it stays one page
            assert not sent.intersection(fresh), "a page has one name for ever"
            sent.update(fresh)
        group = change.doc


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(STEPS, st.integers(0, 600)), max_size=12), st.integers(0, 1200))
def test_time_is_never_early_and_does_a_thing_once(story, seconds):
    group, now = FIRING, NOW
    for (verb, who), pause in story:
        now += timedelta(seconds=pause)
        group = step(group, verb, who, now).doc
    at = now + timedelta(seconds=seconds)

    once = alerts.advance(group, now=at)
    if group.due_at is None or group.due_at > at:
        assert once.doc is group
        assert once.effects == ()
    twice = alerts.advance(once.doc, now=at)
    assert twice.doc == once.doc
    assert twice.effects == ()


def test_a_group_that_lives_long_stays_bounded():
    group = replace(FIRING, links=(Link(label="x", url="https://x"),))
    for number in range(300):
        now = NOW + timedelta(minutes=number)
        group = alerts.received(group, [alert(f"f{number}")], now=now).doc
        group = alerts.add_note(group, note=Note(at=now, by="@ana", text="x", post_id=f"p{number}"), now=now).doc
        told = {"page": f"asked-{number}.ana", "person_id": "ana", "name": "@ana", "now": now}
        group = outcomes.paged(group, channel_id="dm", post_id="p", **told).doc

    assert len(group.history) == alert_group.HISTORY_KEPT
    assert len(group.notes) == alert_group.NOTES_KEPT
    assert len(group.pages) == alert_group.PAGES_KEPT
    assert len(group.samples) == alert_group.SAMPLES_KEPT
    assert group.history[-1].seq == 601


def test_every_verb_leaves_the_document_it_got_alone():
    before = repr(FIRING)
    for verb in VERBS.values():
        verb(FIRING)
    assert repr(FIRING) == before


def test_the_askers_thread_has_a_counter_of_its_own():
    group = fired(about_post="p1")
    assert alert_group.unmirrored(group) == ()
    taken = alerts.acknowledge(group, by="@ana", now=NOW)
    assert "mirror" in keys(taken.effects)
    assert [entry.seq for entry in alert_group.unmirrored(taken.doc)] == [2]
    shown = outcomes.mirrored(taken.doc, seq=2)
    assert alert_group.unmirrored(shown.doc) == ()
    assert "mirror" not in keys(shown.effects)
    paged = outcomes.paged(shown.doc, page="0.0.ana", person_id="ana", name="@ana", now=NOW)
    assert "mirror" not in keys(paged.effects)
    assert "mirror" not in keys(alerts.acknowledge(fired(), by="@ana", now=NOW).effects)


def test_counts_are_told_where_they_changed_and_somebody_wants_them():
    card = {"post": "card", "channel_id": "c", "post_id": "p", "now": NOW}
    group = outcomes.drawn(fired(), **card, counting=True).doc
    assert [entry.kind for entry in group.history] == ["state"]
    assert outcomes.drawn(group, **card, counting=True).doc.history == group.history
    more = alerts.received(group, [alert("b")], now=NOW).doc
    assert outcomes.drawn(more, **card).doc.history == group.history
    told = outcomes.drawn(more, **card, counting=True)
    assert [entry.kind for entry in told.doc.history] == ["state", "count"]
    assert "tell" in keys(told.effects)
