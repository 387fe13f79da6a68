"""What the post of a storm offers."""

from datetime import UTC, datetime

import pytest

from bot.core import storm_cards
from bot.core.alert_group import Status
from bot.core.storm_cards import Tally
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
    tallies = [Tally(status=status, severity="warning", source="Prom", count=count) for status, count in states.items()]
    card = storm_cards.draw(STORM, tallies, ())
    assert [button.command for button in card.buttons] == offered
