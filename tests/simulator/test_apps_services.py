"""The key-value store, subscriptions and look-ups of the Apps plugin; numbers are lines of its conformance list."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.simulator.server import Simulator
from tests.simulator.apps_world import PLUGIN, Reply, World

API = f"{PLUGIN}/api/v1"


@pytest.fixture
def world(make_simulator: Callable[..., Simulator], run: Callable[..., Any]) -> Iterator[World]:
    world = World(make_simulator(apps=True), run)
    world.install()
    yield world
    world.close()


@pytest.mark.apps(74)
def test_a_missing_key_is_an_empty_object_and_a_stored_one_comes_back(world: World) -> None:
    token = world.bot_token()
    assert world.http("GET", f"{API}/kv/key", token=token)[:2] == (200, "{}")
    assert world.http("PUT", f"{API}/kv/p/key", token=token, body=[1])[:2] == (200, '{"changed":true}')
    assert world.http("GET", f"{API}/kv/p/key", token=token)[1] == "[1]"
    assert world.http("GET", f"{API}/kv/key", token=token)[1] == "{}"
    assert world.http("DELETE", f"{API}/kv/p/key", token=token)[:2] == (200, "")
    assert world.http("GET", f"{API}/kv/p/key", token=token)[1] == "{}"


@pytest.mark.apps(76)
def test_bot_and_users_have_keys_of_their_own_and_prefixes_two_characters(world: World) -> None:
    tokens = [world.bot_token(), world.user_token(), world.user_token(world.admin.id)]
    for number, token in enumerate(tokens):
        world.http("POST", f"{API}/kv/key", token=token, body=number)
    assert [world.http("GET", f"{API}/kv/key", token=token)[1] for token in tokens] == ["0", "1", "2"]
    assert world.http("GET", f"{API}/kv/abc/key", token=tokens[0])[0] == 500
    assert world.http("GET", f"{API}/kv/key", token=world.session(world.user))[0] == 401


@pytest.mark.apps(77)
def test_a_subscription_replaces_its_like_and_can_be_ended_once(world: World) -> None:
    token = world.user_token()

    def post(path: str, **body: Any) -> int:
        return int(world.http("POST", f"{API}/{path}", token=token, body=body)[0])

    event = {"subject": "user_joined_channel", "channel_id": world.channel.id}
    assert world.http("GET", f"{API}/subscribe", token=token)[1] == "null"
    assert [post("subscribe", **event, call=call) for call in ("/a", "/b")] == [200, 200]
    stored = json.loads(world.http("GET", f"{API}/subscribe", token=token)[1])
    assert stored == [{**event, "call": {"path": "/b"}}]
    assert [post("unsubscribe", **event) for _ in range(2)] == [200, 404]
    assert post("subscribe", **event) == 400
    assert post("subscribe", subject="post_created", call="/a") == 400
    assert post("subscribe", subject="channel_created", call="/a") == 400
    assert post("subscribe", subject="bot_joined_team", call="/a") == 500
    assert world.http("POST", f"{API}/timer", token=token, body={})[0] == 404


def test_the_plugin_tells_its_version_its_bots_and_its_apps(world: World) -> None:
    assert world.http("POST", f"{API}/ping")[1] == '{"version":"1.2.2"}'
    app = world.plugin.app("oncall")
    assert app.bot_user_id in json.loads(world.http("GET", f"{API}/bot-ids")[1])
    assert json.loads(world.http("GET", f"{API}/oauth-app-ids")[1]) == [app.oauth_app_id]
    listed = json.loads(world.http("GET", f"{API}/marketplace?filter=call")[1])
    assert [one["manifest"]["app_id"] for one in listed] == ["oncall"]


def test_the_record_of_an_app_shows_secrets_to_admins_only(world: World) -> None:
    for user, shown in ((world.user, False), (world.admin, True)):
        status, text, _ = world.http("GET", f"{API}/apps/oncall", token=world.session(user))
        assert (status, "webhook_secret" in json.loads(text)) == (200, shown)


@pytest.mark.apps(54)
def test_bindings_come_as_a_bare_list_and_with_problems_for_tests(world: World) -> None:
    world.install(app_id="alpha", requested_locations=["/command/x"])
    leaf = {"location": "who", "label": "who", "submit": "/who"}
    world.bind({"location": "/command", "bindings": [leaf]}, {"location": "/in_post", "bindings": [leaf]})
    token, query = world.session(world.user), f"channel_id={world.channel.id}&team_id={world.team.id}"
    top = json.loads(world.http("GET", f"{API}/bindings?{query}&user_agent=webapp", token=token)[1])
    assert [(node["location"], [child["app_id"] for child in node["bindings"]]) for node in top] == [
        ("/command", ["apps", "oncall"])
    ]
    told = json.loads(world.http("GET", f"{API}/bindings?{query}&test=1", token=token)[1])
    assert "/in_post: not granted" in told["error"]
    assert world.dropped("app alpha, bindings: /command: not granted")
    assert world.http("GET", f"{API}/bindings")[1] == "null"


def test_the_bindings_call_has_the_channel_and_nothing_else_of_the_client(world: World) -> None:
    world.install(bindings={"path": "/bindings", "expand": {"channel": "+summary", "acting_user": "+id"}})
    world.bindings()
    request = world.app.calls("/bindings")[-1].body
    assert set(request) == {"path", "expand", "context"}
    assert request["context"]["channel"]["id"] == world.channel.id


def test_an_app_without_granted_locations_is_not_asked_for_bindings(world: World) -> None:
    world.install(requested_locations=None)
    world.app.seen.clear()
    world.bindings()
    assert world.app.seen == []


def test_an_app_that_fails_does_not_hide_the_bindings_of_others(world: World) -> None:
    world.app.answers["/bindings"] = Reply(status=500)
    assert [top["location"] for top in world.bindings()] == ["/command"]


def test_all_apps_are_asked_for_bindings_at_once(world: World) -> None:
    world.install(app_id="alpha")
    both = asyncio.Event()
    asked: list[str] = []

    async def meet(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request["path"])
        if len(asked) == 2:
            both.set()
        await both.wait()
        return {"type": "ok", "data": []}

    for name in ("oncall", "alpha"):
        world.plugin.app(name).deploy_type = "builtin"
        world.plugin.calls.builtin_apps[name] = meet
    world.bindings()
    assert asked == ["/bindings", "/bindings"]
