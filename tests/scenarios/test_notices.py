"""What a sender cannot be told, because nobody reads its logs, is told where its alerts are."""

import io
import re

import orjson
import pytest

from tests.scenarios.world import World, payload


async def test_what_was_left_out_of_a_payload_is_told_in_its_channel_once_an_hour(world: World):
    half = payload("DiskFull", firing=("db-1",), now=world.clock())
    half["alerts"].append(7)
    for _ in range(2):
        await world.send(half)

    notice, card = sorted(world.cards(), key=lambda post: "DiskFull" in post.words)
    assert "DiskFull" in card.words
    assert "Part of what **Prometheus** sent cannot be read and was left out; the rest was accepted:" in notice.words
    assert "alerts.1: This alert is not an object with labels; it was left out." in notice.words


async def test_what_cannot_be_read_at_all_is_told_with_the_way_out(world: World):
    async with world.session.post(world.alert_url, data=b"alert!") as answer:
        assert answer.status == 400
    await world.settle()
    assert "What **Prometheus** sent cannot be read, so its alerts are not here." in world.card().words
    assert "/oncall integration show" in world.card().words


async def test_a_payload_that_is_too_large_is_told_in_its_channel(world: World):
    async with world.session.post(world.alert_url, data=io.BytesIO(b" " * (16 * 1024 * 1024 + 1))) as answer:
        assert answer.status == 413
    await world.settle()
    assert "**Prometheus** sent more than 16 MiB at once." in world.card().words


async def key_of(world: World, kind: str) -> str:
    await world.root.types(f"/oncall integration add Other --kind {kind}", channel="alerts")
    found = re.search(r"[A-Za-z0-9]{32}", world.root.sees)
    assert found
    return found.group()


async def test_a_request_of_opsgenies_that_is_too_large_is_told_in_its_channel(world: World):
    key = await key_of(world, "opsgenie")
    body = {"message": "Disk", "description": "x" * 1024 * 1024}
    for known in ("nobody", key):
        headers = {"Authorization": f"GenieKey {known}"}
        async with world.session.post(
            f"{world.url}/v2/alerts", data=io.BytesIO(orjson.dumps(body)), headers=headers
        ) as answer:
            assert answer.status == (413 if known == key else 401)
    await world.settle()
    assert "**Other** sent more than 1 MiB at once." in world.card().words


@pytest.mark.parametrize(
    ("path", "name", "header"),
    [
        ("/v2/enqueue", "routing_key", False),
        ("/v2/enqueue", "routing_key", True),
        ("/generic/2010-04-15/create_event.json", "service_key", False),
    ],
)
@pytest.mark.parametrize("surface", ["native-12.0"])
async def test_an_event_of_pagerdutys_that_is_too_large_is_told_in_its_channel(
    world: World, path: str, name: str, header: bool
):
    key = await key_of(world, "pagerduty")
    for known in ("nobody", key):
        headers = {"X-Routing-Key": known} if header else {}
        body = {"details": "x" * 1024 * 1024} | ({} if header else {name: known})
        async with world.session.post(
            f"{world.url}{path}", data=io.BytesIO(orjson.dumps(body)), headers=headers
        ) as answer:
            assert answer.status == 413
            assert (await answer.json())["errors"] == ["The event is larger than 1 MiB"]
        await world.settle()
        assert len(world.cards()) == (1 if known == key else 0)
    assert "**Other** sent more than 1 MiB at once." in world.card().words


async def test_a_key_that_nobody_has_tells_nobody(world: World):
    async with world.session.post(world.alert_url.replace("/alertmanager/", "/alertmanager/x"), data=b"x") as answer:
        assert answer.status == 404
    await world.settle()
    assert world.cards() == []


async def test_who_sends_too_much_is_asked_to_come_back_and_the_channel_hears_of_it(world: World):
    instances = tuple(f"web-{number}" for number in range(1_000))
    for _ in range(10):
        await world.fire("Flood", instances=instances, severity="warning")
    again = payload("Flood", firing=instances[:600], now=world.clock(), severity="warning")
    async with world.session.post(world.alert_url, json=again) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert "too many alerts" in (await answer.json())["error"]
    await world.settle()
    assert "**Prometheus** sends more than 300 alerts a second" in world.cards()[-1].words

    world.clock.advance(seconds=2)
    await world.send(again)
