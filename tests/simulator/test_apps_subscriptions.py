"""Subscriptions of Apps: who is told of which comings and goings (Apps plugin v1.2.2)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.simulator.apps.upstream import AUTHORIZATION_HEADER
from bot.simulator.server import Simulator
from tests.simulator.apps_world import PLUGIN, Json, World


@pytest.fixture
def world(run: Callable[..., Any], clock: Any) -> Iterator[World]:
    simulator = Simulator(version="9.5", apps=True, clock=clock)
    run(simulator.start())
    world = World(simulator, run)
    world.install("a-secret-of-the-app", http={"use_jwt": True})
    world.app.answers["/told"] = {}
    yield world
    world.close()
    run(simulator.stop())


def subscribe(world: World, token: str = "", **event: Any) -> None:
    call = {"path": "/told", "expand": {"acting_user": "summary", "user": "summary", "channel": "summary"}, "state": 7}
    body = {**event, "call": call}
    assert world.http("POST", f"{PLUGIN}/api/v1/subscribe", token=token or world.user_token(), body=body)[0] == 200


def told(world: World) -> list[Json]:
    world.run(world.plugin.settle())
    return [seen.body for seen in world.app.calls("/told")]


def joins(world: World, user: Any, channel_id: str) -> None:
    body = {"user_id": user.id}
    path = f"/api/v4/channels/{channel_id}/members"
    assert world.http("POST", path, token=world.session(world.admin), body=body)[0] == 201


def leaves(world: World, user: Any, channel_id: str) -> None:
    path = f"/api/v4/channels/{channel_id}/members/{user.id}"
    assert world.http("DELETE", path, token=world.session(world.admin))[0] == 200


def created(world: World, name: str) -> None:
    body = {"team_id": world.team.id, "name": name, "type": "O"}
    assert world.http("POST", "/api/v4/channels", token=world.session(world.admin), body=body)[0] == 201


def test_whoever_joins_or_leaves_the_channel_is_told_with_the_owner_as_acting_user(world: World) -> None:
    for subject in ("user_joined_channel", "user_left_channel"):
        subscribe(world, subject=subject, channel_id=world.channel.id)
    joins(world, world.admin, world.channel.id)
    leaves(world, world.admin, world.channel.id)
    joined, left = told(world)
    assert joined["context"]["subject"] == "user_joined_channel"
    assert (joined["context"]["acting_user"]["username"], joined["context"]["user"]["username"]) == ("amira", "root")
    assert joined["context"]["channel"]["id"] == world.channel.id
    assert (joined["state"], "values" in joined) == (7, False)
    assert left["context"]["subject"] == "user_left_channel"
    assert AUTHORIZATION_HEADER in world.app.calls("/told")[0].headers


def test_without_a_channel_only_the_owner_s_own_ways_are_told(world: World) -> None:
    subscribe(world, subject="user_joined_channel")
    created(world, "one")
    other = world.simulator.state.channel_names[(world.team.id, "one")]
    assert told(world) == []
    joins(world, world.user, other.id)
    assert [one["context"]["user"]["username"] for one in told(world)] == ["amira"]


def test_new_channels_of_the_team_are_told_and_direct_ones_are_not(world: World) -> None:
    subscribe(world, subject="channel_created", team_id=world.team.id)
    created(world, "one")
    ids = [world.user.id, world.admin.id]
    assert world.http("POST", "/api/v4/channels/direct", token=world.session(world.user), body=ids)[0] == 201
    assert [one["context"]["subject"] for one in told(world)] == ["channel_created"]


def test_the_bot_is_told_of_its_own_ways(world: World) -> None:
    subscribe(world, token=world.bot_token(), subject="bot_joined_team")
    subscribe(world, token=world.bot_token(), subject="bot_joined_channel")
    bot = world.simulator.state.users[world.plugin.app("oncall").bot_user_id]
    body = {"team_id": world.team.id, "user_id": bot.id}
    path = f"/api/v4/teams/{world.team.id}/members"
    assert world.http("POST", path, token=world.session(world.admin), body=body)[0] == 201
    joins(world, bot, world.channel.id)
    subjects = [one["context"]["subject"] for one in told(world)]
    assert subjects == ["bot_joined_team", "bot_joined_channel", "bot_joined_channel"]


@pytest.mark.parametrize("verb", ["disable", "uninstall"])
def test_an_app_that_is_off_or_gone_is_not_told(world: World, verb: str) -> None:
    subscribe(world, subject="user_joined_channel", channel_id=world.channel.id)
    world.on_app(verb)
    joins(world, world.admin, world.channel.id)
    assert told(world) == []


def test_an_app_that_is_down_is_not_told_again(world: World) -> None:
    subscribe(world, subject="user_joined_channel", channel_id=world.channel.id)
    world.simulator.faults.drop(direction="out", prefix=world.app.url, times=1)
    joins(world, world.admin, world.channel.id)
    assert told(world) == []
