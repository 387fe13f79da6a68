"""What is on its way to the senders' own protocols counts for the memory that all bodies have together."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from bot.receiving.held import MOST_OF_ONE
from handlers.base import MAX_BODY
from handlers.enqueue import NOBODY, UNCOUNTED
from tests.scenarios.world import World
from tests.security.test_hostile_senders import key_of
from tests.security.wire import request, status_of
from tests.waiting import until

LONG = 300_000
EVENT = {"event_action": "trigger", "payload": {"summary": "Disk", "source": "db", "severity": "info"}}


@pytest.fixture
def surface() -> str:
    return "native-11.1"


@asynccontextmanager
async def begun(world: World, raw: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A request of which more is to come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(world.url).port)
    try:
        writer.write(raw)
        yield reader, writer
    finally:
        writer.close()


def event(key: str, *, last: bool = False, length: int = LONG) -> bytes:
    """One for PagerDuty that is so long; `last` puts the key where nobody finds it before the end."""
    named, rest = {"routing_key": key}, {**EVENT, "client": "x" * length}
    return json.dumps({**rest, **named} if last else {**named, **rest}).encode()


def posted(path: str, body: bytes, *, key: str = "") -> bytes:
    headers = [("Authorization", f"GenieKey {key}")] if path.startswith("/v2/alerts") else []
    return request("POST", path, headers, body)


async def answered(world: World, raw: bytes) -> bytes:
    async with begun(world, raw) as (reader, _):
        return await asyncio.wait_for(reader.read(), timeout=60)


async def raw_of(world: World, protocol: str, *, last: bool = False) -> bytes:
    key = await key_of(world, protocol)
    if protocol == "pagerduty":
        return posted("/v2/enqueue", event(key, last=last))
    return posted("/v2/alerts", json.dumps({"message": "Disk", "description": "x" * LONG}).encode(), key=key)


@pytest.mark.parametrize("protocol", ["opsgenie", "pagerduty"])
async def test_what_a_sender_began_is_held_for_its_server_until_it_leaves(world: World, protocol: str) -> None:
    raw = await raw_of(world, protocol)
    held = world.services.held
    async with begun(world, raw[:-1]):
        await until(lambda: held.size == len(raw.partition(b"\r\n\r\n")[2]) - 1)
        assert not held.take(world.server_id, MOST_OF_ONE - held.size + 1)
        assert held.take("another", MOST_OF_ONE)
    await until(lambda: held.size == MOST_OF_ONE)


@pytest.mark.parametrize("protocol", ["opsgenie", "pagerduty"])
async def test_where_there_is_no_room_the_sender_is_asked_to_come_back(world: World, protocol: str) -> None:
    raw, held = await raw_of(world, protocol), world.services.held
    assert held.take(world.server_id, MOST_OF_ONE)
    answer = await answered(world, raw)
    assert status_of(answer) == 503 and re.search(rb"Retry-After: \d", answer) and b"at once" in answer
    assert held.size == MOST_OF_ONE
    held.give_back(world.server_id, MOST_OF_ONE)
    assert status_of(await answered(world, raw)) == 202
    assert held.size == 0


async def test_strangers_cannot_use_up_the_room_of_those_who_show_their_key(world: World) -> None:
    key = await key_of(world, "pagerduty")
    held = world.services.held
    assert held.take(NOBODY, MOST_OF_ONE)
    assert status_of(await answered(world, posted("/v2/enqueue", event("k" * 32)))) == 503
    assert status_of(await answered(world, posted("/v2/enqueue", event(key, last=True)))) == 503
    assert status_of(await answered(world, posted("/v2/enqueue", event(key)))) == 202
    in_header = request("POST", "/v2/enqueue", [("X-Routing-Key", key)], event(key, last=True))
    assert status_of(await answered(world, in_header)) == 202
    usual = event(key, last=True, length=UNCOUNTED // 2)
    assert status_of(await answered(world, posted("/v2/enqueue", usual))) == 202
    assert held.size == MOST_OF_ONE


async def test_what_strangers_began_is_counted_together(world: World) -> None:
    held = world.services.held
    raw = posted("/v2/enqueue", event("k" * 32, length=MAX_BODY - 1000))[:-1]
    async with begun(world, raw), begun(world, raw):
        await until(lambda: held.size > 2 * (MAX_BODY - 1000))
        assert not held.take(NOBODY, MOST_OF_ONE - held.size + 1)
    await until(lambda: held.size == 0)


@pytest.mark.parametrize("protocol", ["opsgenie", "pagerduty"])
async def test_what_turns_out_too_large_is_held_no_longer(world: World, protocol: str) -> None:
    key, held = await key_of(world, protocol), world.services.held
    path = "/v2/enqueue" if protocol == "pagerduty" else "/v2/alerts"
    headers = [("Authorization", f"GenieKey {key}"), ("X-Routing-Key", key), ("Transfer-Encoding", "chunked")]
    chunk = b"80000\r\n" + b" " * 0x80000 + b"\r\n"
    async with begun(world, request("POST", path, headers, chunk)) as (reader, writer):
        await until(lambda: held.size == 0x80000)
        writer.write(chunk + chunk)
        await until(lambda: held.size == 0)
        writer.write(b"0\r\n\r\n")
        assert status_of(await asyncio.wait_for(reader.read(), timeout=60)) == 413
