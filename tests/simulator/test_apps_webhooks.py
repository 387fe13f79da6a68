"""Webhooks of remote systems; numbers are lines of the conformance list of the Apps protocol."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.simulator.server import Simulator
from tests.simulator.apps_world import PLUGIN, Reply, World


@pytest.fixture
def world(make_simulator: Callable[..., Simulator], run: Callable[..., Any]) -> Iterator[World]:
    world = World(make_simulator(apps=True), run)
    world.install()
    yield world
    world.close()


def webhook(world: World, rest: str = "", method: str = "POST", body: bytes = b"{}", secret: str | None = None) -> int:
    known = world.plugin.app("oncall").webhook_secret if secret is None else secret
    query = f"?secret={known}" if known else ""
    headers = {"X-Provider": "Grafana"}
    path = f"{PLUGIN}/apps/oncall/webhook{rest}{query}"
    return int(world.http(method, path, body=body if method == "POST" else None, headers=headers)[0])


@pytest.mark.apps(78)
def test_a_webhook_reaches_the_app_as_values_with_a_fresh_bot_token(world: World) -> None:
    world.app.answers["/webhook/grafana"] = {}
    assert webhook(world, "/grafana", body=b'{"alert": "A-17"}') == 200
    world.run(world.plugin.settle())
    request = world.app.calls("/webhook/grafana")[0].body
    assert request["path"] == "/webhook/grafana"
    values = request["values"]
    assert values["data"] == {"alert": "A-17"}
    assert values["headers"]["X-Provider"] == "Grafana"
    assert values["httpMethod"] == "POST"
    assert values["rawQuery"] == f"secret={world.plugin.app('oncall').webhook_secret}"
    context = request["context"]
    assert "acting_user" not in context
    assert world.simulator.state.valid_token(context["bot_access_token"]) is not None


@pytest.mark.apps(78)
def test_a_webhook_of_text_arrives_as_a_string(world: World) -> None:
    world.app.answers["/hooks"] = {}
    world.install(on_remote_webhook="/hooks")
    assert webhook(world, body=b"disk full") == 200
    world.run(world.plugin.settle())
    assert world.app.calls("/hooks")[0].body["values"]["data"] == "disk full"


@pytest.mark.apps(78)
def test_a_missing_or_wrong_secret_is_a_400_and_two_segments_are_a_404(world: World) -> None:
    assert webhook(world, secret="") == 400
    assert webhook(world, secret="wrong") == 400
    assert webhook(world, "/a/b") == 404
    assert webhook(world, "/") == 404
    assert webhook(world, method="HEAD") == 200
    assert webhook(world, method="HEAD", secret="wrong") == 400
    world.run(world.plugin.settle())
    assert world.app.calls("/webhook") == []


def test_a_webhook_is_a_403_without_the_permission_and_a_500_when_too_large_or_of_unknown_kind(world: World) -> None:
    world.plugin.settings.webhook_bytes = 10
    assert webhook(world, body=b"x" * 11) == 500
    world.install(remote_webhook_auth_type="jwt")
    assert webhook(world) == 500
    world.install(remote_webhook_auth_type="none")
    assert webhook(world, secret="") == 200
    world.install(requested_permissions=["act_as_bot"])
    assert webhook(world) == 403
    world.on_app("uninstall")
    assert webhook(world, secret="x") == 404


def test_the_sender_of_a_webhook_is_answered_though_the_app_is_down_or_waiting(world: World) -> None:
    world.app.answers["/webhook"] = Reply(status=500)
    assert webhook(world) == 200
    world.run(world.plugin.settle())
    world.simulator.faults.drop(direction="out", prefix=world.app.url, times=1)
    assert webhook(world) == 200
    world.run(world.plugin.settle())
    assert len(world.app.calls("/webhook")) == 1


def test_a_slow_app_does_not_hold_up_the_sender(world: World) -> None:
    world.simulator.faults.slow(600.0, direction="out", prefix=world.app.url)

    async def bounded() -> int:
        secret = world.plugin.app("oncall").webhook_secret
        path = f"{PLUGIN}/apps/oncall/webhook?secret={secret}"
        async with asyncio.timeout(60):
            return (await world._http("POST", path, token="", cookie="", body=b"{}"))[0]

    assert world.run(bounded()) == 200


def test_an_app_that_behaves_surprises_nobody(world: World) -> None:
    leaf = {"location": "who", "label": "who", "submit": "/who"}
    world.bind({"location": "/command", "bindings": [leaf]})
    world.app.answers["/who"] = {"type": "form", "form": {"submit": "/x", "fields": [{"name": "a", "type": "text"}]}}
    world.app.answers["/webhook"] = {}
    world.bindings()
    world.call("/who", expand={"acting_user": "+summary"})
    webhook(world)
    world.run(world.plugin.settle())
    world.on_app("uninstall")
    assert world.simulator.surprises == []
