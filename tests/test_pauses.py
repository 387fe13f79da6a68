"""The garbage collector looks at everything when there is little to look at, and not beside large payloads."""

import asyncio
import gc
import json
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from bot.integrations import alertmanager
from bot.pauses import LOOKED_AFTER, TRIES, collect_in_quiet, shorten_pauses
from tests.waiting import until

ALL = 2


@pytest.fixture
def shortened() -> Iterator[None]:
    before = gc.get_threshold()
    shorten_pauses((500, *LOOKED_AFTER[1:]))  # as if there were forty times as many
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Knot:
    """Refers to itself, so that only the collector can take it away."""

    def __init__(self) -> None:
        self.itself = self


def knot() -> weakref.ref[Knot]:
    return weakref.ref(Knot())


@pytest.mark.usefixtures("shortened")
async def test_thousands_of_alerts_of_one_sender_bring_no_look_at_all_that_is_alive():
    labels = {"alertname": "Disk", "severity": "critical", "job": "node", "instance": "db-1"}
    alerts = [{"status": "firing", "labels": {**labels, "n": str(n)}, "annotations": {"a": "b"}} for n in range(20_000)]
    body = json.dumps({"alerts": alerts, "groupKey": "k"}).encode()
    looks: list[int] = []

    def looked(phase: str, info: dict[str, Any]) -> None:
        looks.append(info["generation"])

    gc.callbacks.append(looked)
    try:
        payload = await alertmanager.read(body, ())
    finally:
        gc.callbacks.remove(looked)
    assert payload.alerts == 20_000
    assert looks and ALL not in looks


@pytest.mark.usefixtures("shortened")
async def test_what_only_the_collector_can_take_away_goes_in_a_quiet_moment():
    gc.disable()
    try:
        gone, busy = knot(), [True]
        task = asyncio.create_task(collect_in_quiet(lambda: busy[0], every=0, again=0.001))
        await asyncio.sleep(0)
        assert gone() is not None
        busy[0] = False
        await until(lambda: gone() is None, pause=0.001)
        task.cancel()
    finally:
        gc.enable()


@pytest.mark.usefixtures("shortened")
async def test_where_it_is_never_quiet_it_goes_all_the_same():
    gc.disable()
    asked: list[bool] = []

    def busy() -> bool:
        asked.append(True)
        return True

    try:
        gone = knot()
        task = asyncio.create_task(collect_in_quiet(busy, every=0, again=0))
        await until(lambda: gone() is None, pause=0.001)
        task.cancel()
        assert len(asked) >= TRIES
    finally:
        gc.enable()
