"""Noticing what comes and goes."""

from datetime import UTC, datetime, timedelta

from bot.core.alerts import FLAPS
from bot.flapping import REMEMBERED, WITHIN, Flapping

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_key_flaps_when_it_opened_too_often_lately():
    flapping = Flapping()
    for number in range(FLAPS):
        assert flapping.last("k", NOW + number * MINUTE) == ""
        flapping.opened("k", f"g{number}", NOW + number * MINUTE)
    assert flapping.last("k", NOW + 5 * MINUTE) == f"g{FLAPS - 1}"
    assert flapping.last("other", NOW + 5 * MINUTE) == ""
    assert flapping.last("k", NOW + WITHIN) == ""


def test_no_more_keys_are_remembered_than_fit_and_the_oldest_go_first():
    flapping = Flapping()
    for _ in range(FLAPS):
        flapping.opened("first", "g", NOW)
    for number in range(REMEMBERED):
        flapping.opened(f"k{number}", "g", NOW)
    assert flapping.last("first", NOW) == ""
    for _ in range(FLAPS):
        flapping.opened("late", "g", NOW)
    assert flapping.last("late", NOW) == "g"
