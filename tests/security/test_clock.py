"""Setting a machine's clock makes nothing due that is not."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import DatabaseClock


@pytest.mark.parametrize("jump", [timedelta(hours=1), -timedelta(hours=1)])
def test_a_clock_that_is_set_between_two_measurements_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    clock = DatabaseClock()
    asked = clock.local()
    clock.correct(datetime(2026, 1, 31, 3, 12, tzinfo=UTC), asked=asked, answered=asked)
    before, true_time = clock(), time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + jump.total_seconds())
    assert timedelta() <= clock() - before < timedelta(minutes=1)
