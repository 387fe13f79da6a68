"""Protocols with an answer of their own to bodies that are too large: it comes however large they are."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.contexts.integrations import KEY_LENGTH
from handlers.base import MAX_BODY
from handlers.bounded import HEARD_OUT_KNOWN
from tests.scenarios.world import World

ACCEPTED, UNAUTHORIZED, TOO_LARGE = 202, 401, 413
EVENT = b'{"event_action": "trigger", "payload": {"summary": "x", "source": "y", "severity": "info"}, '
TOLD = "**Pager** sent more than 1 MiB at once."
PAGERDUTY = {
    "status": "invalid event",
    "message": "Event object is invalid",
    "errors": ["The event is larger than 1 MiB"],
}


@pytest.fixture(params=["native-11.1"])
def surface(request: pytest.FixtureRequest) -> str:
    """Senders do not care which surface there is."""
    return str(request.param)


async def key_of(world: World, kind: str) -> str:
    await world.root.types(f"/oncall integration add Pager --kind {kind}", channel="alerts")
    found = re.search(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b", world.root.sees)
    assert found
    return found.group()


async def sent(world: World, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    data = io.BytesIO(body) if isinstance(body, bytes) else body
    async with world.session.post(f"{world.url}{path}", data=data, headers=headers) as answer:
        said = answer.status, await answer.json()
    await world.settle()
    return said


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), MAX_BODY):
        yield body[start : start + MAX_BODY]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", ["/v2/alerts", "/v2/alerts/disk/notes?identifierType=alias"])
async def test_opsgenies_answer_to_what_is_too_large(world: World, path: str, chunked: bool):
    key, body = await key_of(world, "opsgenie"), b'{"message": "' + b"x" * 3 * MAX_BODY + b'"}'
    for _ in range(2):
        given = in_chunks(body) if chunked else body
        status, answer = await sent(world, path, given, Authorization=f"GenieKey {key}")
        assert status == TOO_LARGE and sorted(answer) == ["message", "requestId", "took"]
        assert answer["message"] == "The request is larger than 1 MiB."
    assert [card.words for card in world.cards() if TOLD in card.words] == [world.card().words]


@pytest.mark.parametrize("name", ["routing_key", "service_key"])
@pytest.mark.parametrize("place", ["begin", "end", "header"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_pagerdutys_answer_to_what_is_too_large(world: World, name: str, place: str, chunked: bool):
    path = "/v2/enqueue" if name == "routing_key" else "/generic/2010-04-15/create_event.json"
    key, rest = await key_of(world, "pagerduty"), b'"x": "' + b"x" * 3 * MAX_BODY + b'"'
    named = f'"{name}": "{key}"'.encode()
    body = {"begin": b"{" + named + b", " + rest, "end": b"{" + rest + b", " + named, "header": b"{" + rest}[
        place
    ] + b"}"
    headers = {"X-Routing-Key": key} if place == "header" else {}
    for _ in range(2):
        assert await sent(world, path, in_chunks(body) if chunked else body, **headers) == (TOO_LARGE, PAGERDUTY)
    assert [card.words for card in world.cards() if TOLD in card.words] == [world.card().words]


async def test_whose_key_nobody_has_is_refused_and_nobody_is_told(world: World):
    await key_of(world, "opsgenie")
    body = b'{"routing_key": "' + b"k" * KEY_LENGTH + b'", "x": "' + b"x" * 3 * MAX_BODY + b'"}'
    assert await sent(world, "/v2/enqueue", body, **{"X-Routing-Key": "k" * KEY_LENGTH}) == (TOO_LARGE, PAGERDUTY)
    status, answer = await sent(world, "/v2/alerts", b"{}" + b" " * 1000, Authorization="GenieKey nobody")
    assert (status, answer["message"]) == (UNAUTHORIZED, "Could not authenticate")
    assert world.cards() == []


async def test_exactly_the_limit_is_read(world: World):
    key = await key_of(world, "pagerduty")
    event = EVENT + f'"routing_key": "{key}"}}'.encode()
    assert (await sent(world, "/v2/enqueue", event + b" " * (MAX_BODY - len(event))))[0] == ACCEPTED


@pytest.mark.parametrize(
    ("path", "header", "length", "status"),
    [
        ("/v2/alerts", "Authorization: GenieKey {key}", HEARD_OUT_KNOWN + 1, TOO_LARGE),
        ("/v2/alerts", "Authorization: GenieKey {key}\r\nExpect: 100-continue", MAX_BODY + 1, TOO_LARGE),
        ("/v2/alerts", "Authorization: GenieKey nobody", MAX_BODY + 1, UNAUTHORIZED),
        ("/v2/enqueue", "X-Routing-Key: {key}", HEARD_OUT_KNOWN, TOO_LARGE),
    ],
)
async def test_what_is_announced_far_too_large_is_answered_before_it_comes(
    world: World, path: str, header: str, length: int, status: int
):
    key = await key_of(world, "opsgenie" if "Genie" in header else "pagerduty")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{header.format(key=key)}\r\nContent-Length: {length}\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()) and answer.count(b"HTTP/1.1") == 1
    await world.settle()
    assert [TOLD in card.words for card in world.cards()] == ([True] if status == TOO_LARGE else [])
