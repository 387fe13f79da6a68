"""The stand-in, used by a client that others wrote from Mattermost's published API description."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from mattermostautodriver import AsyncTypedDriver
from mattermostautodriver.exceptions import NoAccessTokenProvided, NotEnoughPermissions, ResourceNotFound

from bot.simulator.profiles import VERSIONS
from bot.simulator.server import Simulator


@asynccontextmanager
async def client_of(simulator: Simulator, token: str) -> AsyncIterator[AsyncTypedDriver]:
    parts = urlsplit(simulator.url)
    options = {"url": parts.hostname, "port": parts.port, "scheme": "http", "token": token}
    async with AsyncTypedDriver(options) as client:
        await client.login()
        yield client


@asynccontextmanager
async def town(version: str) -> AsyncIterator[Simulator]:
    simulator = Simulator(version=version)
    root, ana = simulator.add_user("root", admin=True), simulator.add_user("ana")
    simulator.add_team("ops", root, ana)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()
    assert simulator.surprises == []


def session(simulator: Simulator, name: str) -> str:
    return simulator.session(simulator.state.usernames[name])


@pytest.mark.parametrize("version", VERSIONS)
async def test_its_calls_for_people_teams_channels_and_posts_work(version: str) -> None:
    async with town(version) as simulator, client_of(simulator, session(simulator, "ana")) as client:
        me = await client.users.get_user("me")
        team = await client.teams.get_team_by_name("ops")
        place = await client.channels.get_channel_by_name(team["id"], "town-square")
        made = await client.posts.create_post(place["id"], "Hello")
        answer = await client.posts.create_post(place["id"], "And again", root_id=made["id"])
        changed = await client.posts.patch_post(made["id"], message="Hello there")
        thread = await client.posts.get_post_thread(made["id"])
        listed = await client.posts.get_posts_for_channel(place["id"])
        other = await client.users.get_users_by_usernames(["root"])
        direct = await client.channels.create_direct_channel([me["id"], other[0]["id"]])
        await client.posts.delete_post(answer["id"])
    assert (me["username"], changed["message"], direct["type"]) == ("ana", "Hello there", "D")
    assert set(thread["order"]) == {made["id"], answer["id"]} <= set(listed["order"])


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_admin_makes_bots_tokens_and_commands_with_it(version: str) -> None:
    async with town(version) as simulator, client_of(simulator, session(simulator, "root")) as client:
        team = await client.teams.get_team_by_name("ops")
        bot = await client.bots.create_bot("helper", display_name="Helper")
        token = await client.users.create_user_access_token(bot["user_id"], "for a test")
        await client.teams.add_team_member(team["id"], user_id=bot["user_id"])
        command = await client.commands.create_command(team["id"], "P", "help-me", "https://bot.example.com/command")
        listed = await client.commands.list_commands(team["id"], custom_only=True)
        await client.commands.delete_command(command["id"])
        async with client_of(simulator, token["token"]) as as_bot:
            who = await as_bot.users.get_user("me")
    assert [one["token"] for one in listed] == [command["token"]]
    assert (who["id"], who["is_bot"]) == (bot["user_id"], True)


async def test_its_errors_are_what_they_are_at_mattermost() -> None:
    async with town("11.10") as simulator:
        with pytest.raises(NoAccessTokenProvided):
            async with client_of(simulator, "wrong"):
                pass
        async with client_of(simulator, session(simulator, "ana")) as client:
            with pytest.raises(NotEnoughPermissions):
                await client.system.get_config()
            with pytest.raises(ResourceNotFound):
                await client.posts.get_post("p" * 26)
