"""The REST client against a strict Mattermost: what it sends, and what its refusals become."""

import asyncio
import socket
from datetime import timedelta

import pytest

from bot.errors import Upstream
from bot.mattermost.client import Mattermost
from bot.secret import Secret
from tests.waiting import until


async def refused(call) -> Upstream:
    with pytest.raises(Upstream) as caught:
        await call
    return caught.value


async def test_the_bot_knows_itself_and_asks_once(world):
    chat = world.as_bot()

    assert (await chat.me())["id"] == world.bot.user_id
    assert (await chat.me())["is_bot"] is True
    assert world.requests("GET", "/users/me") == 1


async def test_people_are_found_by_id_and_name_and_unknown_ones_are_left_out(world):
    chat = world.as_bot()
    unknown = "x" * 26

    assert [one["username"] for one in await chat.users_by_ids([world.ana.id, unknown])] == ["ana"]
    assert [one["id"] for one in await chat.users_by_usernames(["ben", "nobody"])] == [world.ben.id]
    assert (await chat.user(world.ana.id))["username"] == "ana"


async def test_a_conversation_is_opened_once(world):
    chat = world.as_bot()

    first = await chat.direct_channel(world.ana.id)
    again = await chat.direct_channel(world.ana.id)

    assert first == again
    assert world.requests("POST", "/channels/direct") == 1


async def test_a_post_is_made_edited_and_deleted(world):
    chat = world.as_bot()
    post = await chat.create_post(world.channel.id, "fires", {"oncall": {"group": "G1"}})

    await chat.patch_post(post["id"], "over", {"oncall": {"group": "G1"}, "attachments": []})
    read = await chat.post(post["id"])
    assert read["message"] == "over"
    assert read["props"]["oncall"] == {"group": "G1"}

    await chat.delete_post(post["id"])
    gone = await refused(chat.post(post["id"]))
    assert (gone.status, gone.permanent) == (404, True)


async def test_the_same_pending_id_makes_one_post(world):
    chat = world.as_bot()
    pending = f"{world.bot.user_id}:abc1"

    first = await chat.create_post(world.channel.id, "once", {}, pending_post_id=pending)
    second = await chat.create_post(world.channel.id, "once", {}, pending_post_id=pending)

    assert first["id"] == second["id"]
    assert len(world.posts()) == 1


async def test_posts_since_an_instant_are_found(world, clock):
    chat = world.as_bot()
    await chat.create_post(world.channel.id, "early", {})
    clock.advance(minutes=10)
    await chat.create_post(world.channel.id, "late", {})

    found = await chat.posts_since(world.channel.id, clock() - timedelta(minutes=1))

    assert [post["message"] for post in found] == ["late"]


async def test_many_who_look_into_a_channel_at_once_share_two_answers(world, clock):
    """The second for those who asked while the first was on its way: what they look for may be newer than it."""
    chat, path = world.as_bot(), f"/api/v4/channels/{world.channel.id}/posts"
    await chat.create_post(world.channel.id, "once", {})
    looks = [chat.posts_since(world.channel.id, clock() - timedelta(minutes=number)) for number in range(1, 40)]
    first = asyncio.ensure_future(looks[0])
    await until(lambda: first.done() or world.simulator.count_requests("GET", path) > 0)
    found = await asyncio.gather(first, *looks[1:])
    assert {post["message"] for posts in found for post in posts} == {"once"}
    assert world.simulator.count_requests("GET", path) <= 2


async def test_a_look_that_fails_fails_for_all_who_share_it(world, clock):
    chat, path = world.as_bot(), f"/api/v4/channels/{world.channel.id}/posts"
    world.simulator.faults.fail(503, prefix=path, times=1)
    looks = [chat.posts_since(world.channel.id, clock()) for _ in range(5)]
    found = await asyncio.gather(*looks, return_exceptions=True)
    assert [type(one) for one in found] == [Upstream] * 5
    assert world.simulator.count_requests("GET", path) == 1
    assert await chat.posts_since(world.channel.id, clock()) == []


async def test_channels_and_teams_are_found(world):
    chat = world.as_bot()

    assert (await chat.channel(world.channel.id))["name"] == "incidents"
    assert (await chat.channel_by_name(world.team.id, "incidents"))["id"] == world.channel.id
    assert {one["name"] for one in await chat.team_channels(world.team.id)} >= {"incidents"}
    assert [one["id"] for one in await chat.my_teams()] == [world.team.id]
    assert (await chat.channel_member(world.channel.id, world.ana.id))["user_id"] == world.ana.id
    assert await chat.channel_member(world.channel.id, world.admin.id) is None


async def test_a_name_with_a_slash_stays_one_name(world):
    missing = await refused(world.as_bot().channel_by_name(world.team.id, "../town-square"))

    assert missing.permanent
    world.expect(lambda surprise: surprise.startswith("unknown path"))


async def test_a_rate_limit_says_when_to_come_back(world):
    world.simulator.faults.rate_limit(reset=7, times=1)

    limited = await refused(world.as_bot().create_post(world.channel.id, "x", {}))

    assert (limited.status, limited.permanent, limited.retry_after) == (429, False, 7)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_broken_mattermost_may_recover(world, status):
    world.simulator.faults.fail(status, times=1)

    broken = await refused(world.as_bot().me())

    assert (broken.status, broken.permanent) == (status, False)


async def test_a_feature_that_is_off_stays_off(world):
    world.simulator.faults.fail(501, times=1)

    assert (await refused(world.as_bot().me())).permanent


async def test_a_dead_token_is_no_reason_to_give_up_the_message(world):
    chat = Mattermost(world.outgoing, world.simulator.site_url, Secret("wrong"))

    dead = await refused(chat.create_post(world.channel.id, "x", {}))

    assert (dead.status, dead.permanent) == (401, False)


async def test_a_refusal_carries_the_id_and_the_words_of_mattermost(world):
    archived = world.simulator.add_channel(world.team, "old")
    world.simulator.join(world.bot_user, archived)
    archived.delete_at = 1

    told = await refused(world.as_bot().create_post(archived.id, "x", {}))

    assert told.code == "api.post.create_post.can_not_post_to_deleted.error"
    assert told.reason == "The channel is archived"
    assert told.permanent


async def test_a_dropped_answer_is_temporary(world):
    world.simulator.faults.drop(prefix="/api/v4/posts", times=1)

    lost = await refused(world.as_bot().create_post(world.channel.id, "x", {}))

    assert not lost.permanent
    assert len(world.posts()) == 1


async def test_a_mattermost_that_is_down_is_temporary(world):
    await world.simulator.down()

    assert not (await refused(world.as_bot().me())).permanent


async def test_text_that_no_json_can_hold_is_never_tried_again(world):
    broken = await refused(world.as_bot().create_post(world.channel.id, "half a pair: \ud83d", {}))

    assert broken.permanent
    assert world.requests("POST", "/posts") == 0


async def test_a_login_page_in_between_is_temporary(world):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n<html>login!")
        await writer.drain()
        writer.close()

    listener = socket.create_server(("127.0.0.1", 0))
    proxy = await asyncio.start_server(answer, sock=listener)
    chat = Mattermost(world.outgoing, f"http://127.0.0.1:{listener.getsockname()[1]}", Secret("t"))

    between = await refused(chat.me())
    proxy.close()
    await proxy.wait_closed()

    assert not between.permanent


async def test_what_is_open_to_all_needs_no_token(world):
    nobody = Mattermost(world.outgoing, world.simulator.site_url, Secret(""))

    config = await nobody.client_config()
    assert config["Version"].startswith("10.5")
    assert config["SiteURL"] == world.simulator.site_url
    assert (await nobody.ping())["status"] == "OK"


async def test_an_admin_makes_a_bot_its_token_and_a_command(world):
    admin = world.as_admin()
    bot = await admin.create_bot("pager", "Pager", "Pages people")
    token = await admin.create_token(bot["user_id"], "for the test")
    await admin.add_team_member(world.team.id, bot["user_id"])
    await admin.add_channel_member(world.channel.id, bot["user_id"])
    chat = Mattermost(world.outgoing, world.simulator.site_url, Secret(token["token"]))
    assert (await chat.me())["id"] == bot["user_id"]

    command = await admin.create_command(
        {"team_id": world.team.id, "trigger": "pager", "method": "P", "url": "http://127.0.0.1/x"}
    )
    changed = await admin.update_command({**command, "description": "Pages"})
    assert (changed["description"], changed["token"]) == ("Pages", command["token"])
    assert [one["id"] for one in await admin.commands(world.team.id)] == [command["id"]]
    await admin.delete_command(command["id"])
    assert await admin.commands(world.team.id) == []

    assert [one["id"] for one in await admin.tokens(bot["user_id"])] == [token["id"]]
    await admin.revoke_token(token["id"])
    assert (await refused(chat.check_me())).status == 401
    assert [one["name"] for one in await admin.all_teams()] == ["ops"]
    assert (await admin.config())["ServiceSettings"]["EnableCommands"] is True


def test_a_client_does_not_show_its_token(world):
    assert world.bot_token not in repr(world.as_bot())
