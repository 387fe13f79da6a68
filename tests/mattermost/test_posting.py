"""One post, however often it is tried, and never somebody else's."""

import pytest

from bot.errors import Upstream
from bot.mattermost.client import Mattermost
from bot.mattermost.posting import Mark, NoLongerWanted, PostGone, edit_post, find_own, pending_id, post_once, seq_of
from bot.secret import Secret
from bot.surfaces.drawn import Drawn

MARK = Mark(about="G1", post="card")
FIRES = Drawn(message="fires")


async def test_a_lost_answer_makes_no_second_post(world, clock):
    chat = world.as_bot()
    world.simulator.faults.drop(prefix="/api/v4/posts", method="POST", times=1)
    with pytest.raises(Upstream):
        await post_once(chat, world.channel.id, FIRES, mark=MARK)

    clock.advance(seconds=10)
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)

    assert [one.id for one in world.posts()] == [post["id"]]


async def test_after_the_window_our_mark_is_looked_for(world, clock):
    chat, began = world.as_bot(), clock()
    world.simulator.faults.drop(prefix="/api/v4/posts", method="POST", times=1)
    with pytest.raises(Upstream):
        await post_once(chat, world.channel.id, FIRES, mark=MARK)

    clock.advance(minutes=10)
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK, tried_since=began)

    assert [one.id for one in world.posts()] == [post["id"]]


async def test_where_no_attempt_came_through_it_is_posted(world, clock):
    began = clock()
    clock.advance(minutes=10)

    post = await post_once(world.as_bot(), world.channel.id, FIRES, mark=MARK, tried_since=began)

    assert [one.id for one in world.posts()] == [post["id"]]


async def test_a_mark_in_a_foreign_post_is_not_believed(world, clock):
    ana = world.simulator.state.issue_token(world.ana.id, "personal").secret
    chat = Mattermost(world.outgoing, world.simulator.site_url, Secret(ana))
    await chat.create_post(world.channel.id, "all is well", MARK.props())

    assert await find_own(world.as_bot(), world.channel.id, MARK, clock()) is None


async def test_a_deleted_post_of_ours_is_not_found(world, clock):
    chat = world.as_bot()
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    await chat.delete_post(post["id"])

    assert await find_own(chat, world.channel.id, MARK, clock()) is None


async def test_a_post_deleted_in_the_window_is_not_taken_for_a_new_one(world, clock):
    chat = world.as_bot()
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    await chat.delete_post(post["id"])

    with pytest.raises(Upstream) as caught:
        await post_once(chat, world.channel.id, FIRES, mark=MARK)

    assert not caught.value.permanent
    assert caught.value.retry_after >= 30


async def test_different_posts_have_different_names(world):
    chat = world.as_bot()
    await post_once(chat, world.channel.id, FIRES, mark=MARK)
    await post_once(chat, world.channel.id, FIRES, mark=Mark(about="G2", post="card"))
    await post_once(chat, world.channel.id, FIRES, mark=Mark(about="G1", post="tell1"))

    assert len(world.posts()) == 3
    assert pending_id("b", MARK).partition(":")[2].isalnum()


async def test_an_edit_keeps_our_mark(world, clock):
    chat = world.as_bot()
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    await edit_post(chat, post["id"], Drawn(message="over"), mark=MARK)

    found = await find_own(chat, world.channel.id, MARK, clock())
    assert found is not None
    assert found["message"] == "over"


async def test_editing_a_deleted_post_says_that_it_is_gone(world):
    chat = world.as_bot()
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    await chat.delete_post(post["id"])

    with pytest.raises(PostGone):
        await edit_post(chat, post["id"], FIRES, mark=MARK)


async def test_a_passed_time_limit_asks_for_a_new_post(world, clock):
    chat = world.as_bot()
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    world.simulator.state.config["ServiceSettings"]["PostEditTimeLimit"] = 60
    clock.advance(minutes=2)

    with pytest.raises(PostGone):
        await edit_post(chat, post["id"], FIRES, mark=MARK)


async def test_a_post_in_a_channel_we_were_thrown_out_of_is_not_gone(world):
    chat = world.as_bot()
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    del world.channel.members[world.bot.user_id]

    with pytest.raises(Upstream) as caught:
        await edit_post(chat, post["id"], FIRES, mark=MARK)

    assert caught.value.permanent
    world.expect(lambda surprise: surprise.startswith("403 to a bot token"))


async def test_an_edit_in_an_archived_channel_is_refused(world):
    chat = world.as_bot()
    post = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    world.channel.delete_at = 1

    with pytest.raises(Upstream) as caught:
        await edit_post(chat, post["id"], FIRES, mark=MARK)
    assert caught.value.permanent


async def test_a_thread_whose_root_is_gone_says_so(world):
    chat = world.as_bot()
    root = await post_once(chat, world.channel.id, FIRES, mark=MARK)
    await chat.delete_post(root["id"])

    with pytest.raises(PostGone):
        await post_once(chat, world.channel.id, FIRES, mark=Mark(about="G1", post="tell1"), root_id=root["id"])


async def test_a_post_says_how_far_it_tells(world):
    post = await post_once(world.as_bot(), world.channel.id, FIRES, mark=Mark(about="G1", post="tell1", seq=4))

    assert seq_of(post, 9) == 4
    assert seq_of({"id": "x", "props": {"oncall": "nonsense"}}, 9) == 9


async def test_what_nobody_wants_any_more_is_not_sent_after_a_long_look_for_an_earlier_attempt(world, clock):
    began = clock()
    clock.advance(minutes=10)

    async def acknowledged_meanwhile() -> bool:
        return False

    with pytest.raises(NoLongerWanted):
        await post_once(
            world.as_bot(), world.channel.id, FIRES, mark=MARK, tried_since=began, last_look=acknowledged_meanwhile
        )
    assert world.posts() == []
