"""Sources of alerts, as an admin sets them up: add, show, try out, give a new key, remove."""

import re

import pytest

from bot.integrations.kinds import KINDS
from tests.scenarios.world import World

ACCEPTED, NOT_FOUND = 202, 404


async def added(world: World, command: str) -> str:
    await world.root.types(f"/oncall integration add {command}", channel="alerts")
    assert "is added" in world.root.sees, world.root.notices
    return str(world.root.sees)


def url_in(text: str) -> str:
    found = re.search(r"https?://\S+/integrations/v1/\w+/[A-Za-z0-9]{32}/", text)
    assert found, text
    return found.group()


async def status(world: World, url: str, body: object) -> int:
    async with world.session.post(url, json=body) as answer:
        await answer.read()
    await world.settle()
    return answer.status


BODIES = {
    "alertmanager": {"alerts": [{"labels": {"alertname": "Disk", "severity": "warning"}}]},
    "webhook": {"title": "Disk", "id": 5, "status": "firing"},
    "grafana": {"version": "1", "alerts": [{"labels": {"alertname": "Disk"}, "values": {"B": 44.2}}]},
}
kinds = pytest.mark.parametrize("kind", BODIES)


@kinds
async def test_what_is_added_shows_what_to_paste_and_takes_alerts(world: World, kind: str):
    shown = await added(world, f"Cluster @ana --kind {kind}")
    assert shown.count(url_in(shown)) >= 2 and "<url>" not in shown
    assert await status(world, url_in(shown), BODIES[kind]) == ACCEPTED
    assert "#1 Disk" in world.card().words


@kinds
async def test_showing_tells_all_but_the_key(world: World, kind: str):
    url = url_in(await added(world, f"Cluster @ana @ben --kind {kind} --wait-minutes 7"))
    await world.ana.types("/oncall integration show Cluster", channel="alerts")
    assert "Pages @ana, @ben, 7 minutes apart." in world.ana.sees
    assert f"/integrations/v1/{kind}/YOUR-KEY/" in world.ana.sees
    assert url not in world.ana.sees


@kinds
async def test_a_sample_goes_all_the_way(world: World, kind: str):
    await added(world, f"Cluster @ben --kind {kind}")
    await world.ana.types("/oncall integration test Cluster", channel="alerts")
    assert world.ana.sees == "A sample alert of Cluster is in #1. Resolve it when you have seen enough."
    await world.settle()
    assert "A sample alert, to see that everything is connected." in world.card().words
    assert len(world.pages("ben")) == 1


@kinds
async def test_a_key_is_rotated_without_downtime(world: World, kind: str):
    old = url_in(await added(world, f"Cluster @ana --kind {kind}"))
    await world.root.types("/oncall integration rotate Cluster", channel="alerts")
    assert "**Cluster has a new key.** The old one works until " in world.root.sees
    new = url_in(world.root.sees)
    assert [await status(world, url, BODIES[kind]) for url in (old, new)] == [ACCEPTED, ACCEPTED]
    await world.pass_time(minutes=61)
    assert [await status(world, url, BODIES[kind]) for url in (old, new)] == [NOT_FOUND, ACCEPTED]


@kinds
async def test_a_removed_one_takes_nothing_with_any_key(world: World, kind: str):
    old = url_in(await added(world, f"Cluster @ana --kind {kind}"))
    await world.root.types("/oncall integration rotate Cluster", channel="alerts")
    new = url_in(world.root.sees)
    await world.root.types("/oncall integration remove Cluster", channel="alerts")
    assert [await status(world, url, BODIES[kind]) for url in (old, new)] == [NOT_FOUND, NOT_FOUND]
    await world.root.types("/oncall integration show Cluster", channel="alerts")
    assert "There is no integration called Cluster." in world.root.sees


async def test_a_name_with_blanks_needs_quotes_only_before_other_words(world: World):
    await added(world, '"Web shop" @ana')
    await world.root.types("/oncall integration show Web shop", channel="alerts")
    assert "**Web shop**" in world.root.sees, world.root.sees
    await world.root.types("/oncall integration edit Web @ben", channel="alerts")
    assert (
        'There is no integration called Web. A name with blanks stands in quotes before other words: `"Web shop"`.'
        in (world.heard("root"))
    )
    await world.root.types('/oncall maintenance start "web shop" 2h', channel="alerts")
    assert "Web shop" in world.root.sees, world.root.sees


async def test_only_admins_make_keys(world: World):
    await world.ana.types("/oncall integration rotate Prometheus", channel="alerts")
    assert "has a new key" not in world.heard("ana")
    assert await status(world, world.alert_url, BODIES["alertmanager"]) == ACCEPTED


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
@pytest.mark.parametrize("surface", ["apps-9.5", "native-12.0"])
async def test_every_kind_shows_what_to_paste_and_sends_its_sample(world: World, kind: str):
    shown = await added(world, f"Source @ben --kind {kind} --every 10m")
    assert "```" in shown and world.url in shown
    await world.root.types("/oncall integration test Source", channel="alerts")
    assert world.root.sees == "A sample alert of Source is in #1. Resolve it when you have seen enough."
    await world.settle()
    assert "sample alert" in world.card().words and len(world.pages("ben")) == 1
    await world.root.types("/oncall integration show Source", channel="alerts")
    assert "YOUR-KEY" in world.root.sees


async def test_labels_are_chosen_only_where_the_sender_has_them(world: World):
    await world.root.types("/oncall integration add Pager --kind pagerduty --group-by host", channel="alerts")
    assert "only Prometheus Alertmanager, Grafana Alerting can be grouped by labels" in world.heard("root")
