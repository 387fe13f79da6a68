"""What a sender cannot be told, because nobody reads its logs, is told where its alerts are."""

import io

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
