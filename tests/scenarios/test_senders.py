"""Senders as people have them, pointed at the bot: another host must be all they need."""

import asyncio
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pagerduty
import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port

from bot.composition import application
from bot.contexts.integrations import KEY_LENGTH
from tests.certificates import server_side
from tests.scenarios.world import World

ACCEPTED, BAD_REQUEST, NOT_ALLOWED = 202, 400, 405


@dataclass(frozen=True)
class Secure:
    url: str
    trust: ssl.SSLContext


async def key_of(world: World, kind: str) -> str:
    await world.root.types(f"/oncall integration add Pager @ana @ben --kind {kind}", channel="alerts")
    found = re.search(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b", world.root.sees)
    assert found, world.root.notices
    return found.group()


async def away(world: World, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A blocking client, in a thread of its own; then everything due has happened."""
    answer = await asyncio.to_thread(call, *args, **options)
    await world.pass_time(seconds=3)
    return answer


@pytest.fixture(params=["native-11.1"])
def surface(request: pytest.FixtureRequest) -> str:
    """Senders do not care which surface there is."""
    return str(request.param)


@pytest.fixture
def secure(world: World, io_loop: IOLoop, tmp_path: Path) -> Iterator[Secure]:
    """The bot behind TLS: some clients speak nothing else."""
    context, trusted = server_side("localhost", tmp_path)
    server = HTTPServer(application(world.services), ssl_options=context)
    socket, port = bind_unused_port()
    server.add_socket(socket)
    yield Secure(url=f"https://127.0.0.1:{port}", trust=ssl.create_default_context(cafile=str(trusted)))
    server.stop()
    io_loop.run_sync(server.close_all_connections)


# ---- PagerDuty ----


async def test_pagerdutys_own_client_triggers_acknowledges_and_resolves(world: World, secure: Secure):
    key = await key_of(world, "pagerduty")
    with pagerduty.EventsApiV2Client(key, base_url=secure.url, verify=secure.trust) as client:
        key = await away(
            world,
            client.trigger,
            "Disk is full",
            "db-1",
            severity="critical",
            custom_details={"mount": "/var"},
            links=[{"href": "https://example.com/runbook", "text": "Runbook"}],
        )
        assert len(key) == 32
        assert "#1 Disk is full" in world.card().words and len(world.pages("ana")) == 1
        assert await away(world, client.trigger, "Disk is full", "db-1", dedup_key=key) == key
        assert "1 alert, 1 repeat" in world.card().words
        assert await away(world, client.acknowledge, key) == key
        assert "Acknowledged by Pager" in world.card().words
        await world.pass_time(minutes=10)
        assert world.pages("ben") == []
        await away(world, client.resolve, key)
        assert "Resolved by Pager" in world.card().words


async def test_pagerdutys_client_hears_of_a_wrong_key(world: World, secure: Secure):
    with pagerduty.EventsApiV2Client("x" * 32, base_url=secure.url, verify=secure.trust) as client:
        refused = await away(world, raised, client.trigger, "Disk is full", "db-1")
    assert isinstance(refused, pagerduty.HttpError) and refused.response.status_code == BAD_REQUEST


def raised(call: Callable[..., Any], *args: Any) -> Exception:
    with pytest.raises(Exception) as problem:
        call(*args)
    return problem.value


async def enqueue(world: World, body: Any, **headers: str) -> tuple[int, Any]:
    options = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with world.session.post(f"{world.url}/v2/enqueue", headers=headers, **options) as answer:
        return answer.status, await answer.json()


async def test_answers_to_the_letter(world: World):
    key = await key_of(world, "pagerduty")
    event = {"event_action": "trigger", "payload": {"summary": "x", "source": "y", "severity": "info"}}
    invalid = {"status": "invalid event", "message": "Event object is invalid"}
    assert await enqueue(world, {**event, "dedup_key": "d", "routing_key": key}) == (
        ACCEPTED,
        {"status": "success", "message": "Event processed", "dedup_key": "d"},
    )
    assert (await enqueue(world, event, **{"X-Routing-Key": key}))[0] == ACCEPTED
    assert await enqueue(world, event) == (BAD_REQUEST, invalid | {"errors": ["'routing_key' is missing or blank"]})
    assert await enqueue(world, {**event, "routing_key": "nobody"}) == (
        BAD_REQUEST,
        invalid | {"errors": ["Invalid routing key"]},
    )
    assert await enqueue(world, {"routing_key": key, "event_action": "trigger"}) == (
        BAD_REQUEST,
        invalid | {"errors": ["'payload' is missing or blank"]},
    )
    status, answer = await enqueue(world, b"{")
    assert (status, answer["status"]) == (BAD_REQUEST, "invalid event")
    async with world.session.get(f"{world.url}/v2/enqueue") as refused:
        assert refused.status == NOT_ALLOWED


async def test_a_key_of_another_kind_is_no_routing_key(world: World):
    key = await key_of(world, "webhook")
    event = {"event_action": "trigger", "payload": {"summary": "x", "source": "y", "severity": "info"}}
    assert (await enqueue(world, {**event, "routing_key": key}))[1]["errors"] == ["Invalid routing key"]


async def test_acknowledging_what_is_not_live_changes_nothing(world: World):
    key = await key_of(world, "pagerduty")
    event = {"routing_key": key, "event_action": "acknowledge", "dedup_key": "unheard of"}
    assert (await enqueue(world, event))[0] == ACCEPTED
    assert world.cards() == []
