"""What a card says: the state, what happens next, and the buttons that fit it."""

from datetime import timedelta

import pytest

from bot.core import alerts, cards
from bot.core.alert_group import Status
from bot.core.neutral import BREAK
from bot.core.replacing import replace
from bot.words import Reader, words
from tests.core.groups import NOW, alert, fired

READER = Reader(now=NOW, zone="UTC")
NAMES = {"ana": "@ana", "ben": "@ben", "cho": "@cho", "dan": "@dan"}
LATER = NOW + timedelta(hours=2)
STATES = {
    "firing": fired(),
    "acknowledged": alerts.acknowledge(fired(), by="@ana", now=NOW).doc,
    "silenced": alerts.silence(fired(), by="@ana", now=NOW, until=LATER).doc,
    "resolved": alerts.resolve(fired(), by="@ana", now=NOW).doc,
}


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("firing", "Firing since 12:00"),
        ("acknowledged", "Acknowledged by @ana at 12:00"),
        ("silenced", "Silenced by @ana until 14:00"),
        ("resolved", "Resolved by @ana at 12:00"),
    ],
)
def test_the_state_is_said_in_words(state: str, line: str):
    assert words(cards.draw(STATES[state], names=NAMES).state, READER) == line


@pytest.mark.parametrize(
    ("state", "commands"),
    [
        ("firing", ["ack", "resolve", "silence"]),
        ("acknowledged", ["resolve", "unack", "silence"]),
        ("silenced", ["ack", "resolve", "unsilence"]),
    ],
)
def test_the_buttons_fit_the_state(state: str, commands: list[str]):
    buttons = cards.draw(STATES[state], names=NAMES).buttons

    assert [button.command for button in buttons][:3] == commands
    assert all(button.args == {"group": "7"} for button in buttons)


def test_a_resolved_group_offers_nothing_that_cannot_be_done():
    offered = {button.command for button in cards.draw(STATES["resolved"], names=NAMES).buttons}

    assert not offered & {"ack", "unack", "resolve", "silence", "unsilence", "responders"}


def test_states_differ_in_colour_and_mark():
    drawn = [cards.draw(group, names=NAMES) for group in STATES.values()]

    assert len({card.colour for card in drawn}) == len({card.mark for card in drawn}) == len(Status)


def test_it_says_who_is_paged_next():
    drawn = words(cards.draw(STATES["firing"], names=NAMES).next, READER)
    assert drawn.replace(BREAK, "") == "Pages @ben at 12:05 unless somebody acknowledges"
    last = replace(fired(), step=3, due_at=None)
    assert words(cards.draw(last, names=NAMES).next, READER) == "Everyone in line has been paged"
    nobody = fired(chain=())
    assert words(cards.draw(nobody, names=NAMES).next, READER) == "Nobody is paged: this integration names no people"
    assert not cards.draw(STATES["acknowledged"], names=NAMES).next


def test_alerts_and_repeats_are_counted():
    group = alerts.received(fired(), [alert("a"), alert("b")], now=NOW).doc
    (counted, *_) = cards.draw(group, names=NAMES).fields

    assert words(counted.value, READER) == "2 alerts, 1 repeat"


def test_many_labels_and_samples_are_cut():
    group = fired()
    for number in range(20):
        group = alerts.received(group, [alert(f"f{number}")], now=NOW).doc
    card = cards.draw(replace(group, labels={f"l{number}": "v" for number in range(50)}), names=NAMES)

    assert len(card.samples) == cards.SAMPLES_SHOWN
    assert len(card.fields) <= cards.LABELS_SHOWN + 3


def test_a_page_addresses_the_person():
    assert cards.draw_page(fired(), names=NAMES, person_id="ana").addressed_to == "@ana"
