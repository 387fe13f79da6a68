"""Templates applied: whatever happens to one, the alert is taken as it was read, and the channel is told why."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from tornado.ioloop import IOLoop

from bot.core.alert_group import Alert
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.integrations import alertmanager
from bot.integrations.payload import Bundle, Payload
from bot.notices import Notices
from bot.storage.stores import Stores
from bot.templates.pool import Pool
from bot.templates.process import Renderer
from bot.templates.templating import LARGEST_BODY, REST_SECONDS, Templating
from tests.clock import HeldClock
from tests.scenarios.world import payload as sent
from tests.templates.patient import patient_pool

SLOW = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
# Comparing these takes 2**40 steps, none of them in Python, so that only the end of the process ends it.
STUCK = (
    "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(40) %}"
    "{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}{{ n.a == n.b }}"
)
ALERT = Alert(fingerprint="f", firing=True, title="Disk", labels={"host": "db-1"})
PAYLOAD = Payload(bundles=(Bundle(key="k", title="Disk", alerts=(ALERT,)),))


class Bench:
    def __init__(self, stores: Stores, clock: HeldClock) -> None:
        self.stores = stores
        self.clock = clock
        self.seconds = 0.0
        self.pool = patient_pool()
        self.notices = Notices(stores.integrations, clock)
        self.templating = Templating(self.pool, self.notices, ticks=lambda: self.seconds)

    async def integration(self, **templates: str) -> Integration:
        one = Integration(
            id="i1", server_id="s1", name="Checks", kind="webhook", key_digests=("d",), created_at=self.clock()
        )
        await self.stores.integrations.add(Change(doc=one))
        return with_templates(one, templates)

    async def told(self) -> list[str]:
        """What was told, by matter."""
        await self.notices.written()
        one = await self.stores.integrations.find("s1", "i1")
        assert one is not None
        return sorted(one.told)


def with_templates(doc: Integration, templates: dict[str, str]) -> Integration:
    return replace(doc, templates=templates)


@pytest.fixture
def bench(io_loop: IOLoop, stores: Stores, clock: HeldClock) -> Iterator[Bench]:
    bench = Bench(stores, clock)
    yield bench
    io_loop.run_sync(bench.templating.close)


async def test_without_templates_no_process_starts(bench: Bench):
    one = await bench.integration()
    assert await bench.templating.applied(one, PAYLOAD, b"{}") is PAYLOAD
    assert (await bench.templating.tried(one, {}, PAYLOAD, b"{}")).payload is PAYLOAD
    assert bench.pool.pids == ()


async def test_a_slow_template_rests_and_is_tried_again_later_or_when_it_changes(bench: Bench):
    one = await bench.integration(title=SLOW)
    with capture_logs() as logs:
        for _ in range(3):
            assert await bench.templating.applied(one, PAYLOAD, b"{}") == PAYLOAD
    assert [line["why"] for line in logs if line["event"] == "template not used"] == ["slow"]
    assert await bench.told() == ["template title"]
    mended = with_templates(one, {"title": "{{ title }}!"})
    assert (await bench.templating.applied(mended, PAYLOAD, b"{}")).bundles[0].title == "Disk!"
    bench.seconds += REST_SECONDS
    with capture_logs() as logs:
        await bench.templating.applied(one, PAYLOAD, b"{}")
    assert [line["why"] for line in logs] == ["slow"]


async def test_a_template_that_was_only_late_does_not_rest(bench: Bench):
    pids = []

    async def held() -> Renderer:
        renderer = await Renderer.start(seconds=0.05)
        os.kill(renderer.pid, signal.SIGSTOP)
        pids.append(renderer.pid)
        return renderer

    one = await bench.integration(title="{{ title }}!")
    templating = Templating(Pool(start=held), bench.notices)
    for _ in range(2):
        assert await templating.applied(one, PAYLOAD, b"{}") == PAYLOAD
    assert len(pids) == 2 and await bench.told() == ["template title"]
    await templating.close()


async def test_a_failing_part_falls_back_alone(bench: Bench):
    one = await bench.integration(title="{{ 1 / 0 }}", severity="info", nothing_known="{{ x }}")
    made = await bench.templating.applied(one, PAYLOAD, b"{}")
    assert (made.bundles[0].title, made.bundles[0].severity) == ("Disk", "info")
    assert await bench.told() == ["template title"]


async def test_a_payload_that_is_too_large_is_taken_as_it_was_read(bench: Bench):
    one = await bench.integration(title="x", key="y")
    assert await bench.templating.applied(one, PAYLOAD, b" " * (LARGEST_BODY + 1)) == PAYLOAD
    assert await bench.told() == ["template key", "template title"] and bench.pool.pids == ()


async def test_where_no_process_answers_the_alert_is_taken_as_it_was_read(bench: Bench):
    one = await bench.integration(title=STUCK, key="{{ x }}")
    assert await bench.templating.applied(one, PAYLOAD, b"{}") == PAYLOAD
    assert await bench.told() == ["template key", "template title"]


async def test_a_large_notification_of_alertmanager_is_regrouped_in_one_go(bench: Bench):
    body: Any = sent("Disk", now=datetime(2026, 3, 2, tzinfo=UTC), firing=tuple(f"db-{n}" for n in range(500)))
    raw = orjson.dumps(body)
    read = await alertmanager.read(raw, ())
    one = await bench.integration(
        key="{{ alert.labels.instance[-1] }}",
        title="{{ labels.alertname }} on {{ payload.alerts | length }}",
        resolve="{{ alert.labels.instance == 'db-7' }}",
    )
    made = await bench.templating.applied(one, read, raw)
    assert sorted(bundle.key for bundle in made.bundles) == [str(digit) for digit in range(10)]
    assert {len(bundle.alerts) for bundle in made.bundles} == {50}
    assert {bundle.title for bundle in made.bundles} == {"Disk on 500"}
    assert sum(not alert.firing for bundle in made.bundles for alert in bundle.alerts) == 1
    assert await bench.told() == []
