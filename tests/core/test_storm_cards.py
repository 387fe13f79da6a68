"""What the post of a storm offers."""

from datetime import UTC, datetime

import pytest

from bot.core import storm_cards
from bot.core.alert_group import Status
from bot.core.storm_cards import KINDS_SHOWN, Tally
from bot.core.storms import Storm

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STORM = Storm(id="s", server_id="S1", channel_id="town", limit=20, began_at=NOW, minute_at=NOW)


@pytest.mark.parametrize(
    ("states", "offered"),
    [
        ({Status.FIRING: 1, Status.RESOLVED: 2}, ["storm ack", "storm resolve", "storm silence"]),
        ({Status.FIRING: 1, Status.ACKNOWLEDGED: 2}, ["storm ack", "storm resolve", "storm silence"]),
        ({Status.ACKNOWLEDGED: 2, Status.RESOLVED: 1}, ["storm resolve"]),
        ({Status.SILENCED: 3}, ["storm resolve"]),
        ({Status.RESOLVED: 3}, []),
    ],
)
def test_only_what_is_still_to_be_done_is_offered(states: dict[Status, int], offered: list[str]):
    card = storm_cards.draw(STORM, Tally(states=states, severities={"warning": 3}, sources={"Prom": 3}), ())
    assert [button.command for button in card.buttons] == offered


def test_the_most_frequent_kinds_are_told_and_that_there_are_more():
    severities = {"": 40, **{f"s{number}": number for number in range(1, KINDS_SHOWN + 1)}}
    card = storm_cards.draw(STORM, Tally(states={Status.FIRING: 76}, severities=severities, sources={"Prom": 76}), ())
    assert [field.value for field in card.fields[-2:]] == [
        "Prom 76",
        "- 40 · s8 8 · s7 7 · s6 6 · s5 5 · s4 4 · s3 3 · s2 2 · …",
    ]
