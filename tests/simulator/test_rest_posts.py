"""Posts over REST: who may, what is kept, what is refused."""

from typing import Any

import pytest

from tests.simulator.conftest import Clock, MakeWorld, Run
from tests.simulator.small_bot import World


def member(world: World) -> World:
    world.simulator.join(world.bot_user, world.channel)
    return world


def in_channel(world: World, **changes: Any) -> dict[str, Any]:
    return {"channel_id": world.channel.id, "message": "hello", **changes}


def test_a_bot_posts_where_it_is_a_member(world: World, run: Run) -> None:
    status, post = run(member(world).as_bot("POST", "/posts", in_channel(world)))
    assert (status, post["user_id"], post["props"]["from_bot"]) == (201, world.bot_user.id, "true")
    assert world.simulator.surprises == []
    assert world.simulator.count_requests("POST", "/api/v4/posts", status=201) == 1


def test_a_bot_cannot_post_elsewhere_without_the_role(world: World, run: Run) -> None:
    assert run(world.as_bot("POST", "/posts", in_channel(world)))[0] == 403
    assert world.simulator.surprises == ["403 to a bot token: POST /api/v4/posts"]
    run(world.as_admin("PUT", f"/users/{world.bot_user.id}/roles", {"roles": "system_user system_post_all_public"}))
    assert run(world.as_bot("POST", "/posts", in_channel(world)))[0] == 201
    assert run(world.as_bot("POST", "/posts", in_channel(world, channel_id=world.private.id)))[0] == 403
    world.bot_user.roles = "system_user system_post_all"
    assert run(world.as_bot("POST", "/posts", in_channel(world, channel_id=world.private.id)))[0] == 201


def test_the_author_is_the_session_whatever_the_body_says(world: World, run: Run) -> None:
    post = run(world.as_mira("POST", "/posts", in_channel(world, user_id=world.tomas.id)))[1]
    assert post["user_id"] == world.mira.id
    assert "from_bot" not in post["props"]


@pytest.mark.parametrize(("message", "status"), [("x" * 16384, 400), ("\U0001f6a8" * 16383, 201)])
def test_the_message_limit_counts_runes(world: World, run: Run, message: str, status: int) -> None:
    found, body = run(world.as_mira("POST", "/posts", in_channel(world, message=message)))
    assert found == status
    assert status == 201 or body["id"] == "model.post.is_valid.message_length.app_error"


def test_too_large_props_are_refused(world: World, run: Run) -> None:
    status, error = run(world.as_mira("POST", "/posts", in_channel(world, props={"x": "y" * 800_000})))
    assert (status, error["id"]) == (400, "model.post.is_valid.props.app_error")


def test_the_same_pending_id_makes_one_post_for_half_a_minute(world: World, run: Run, clock: Clock) -> None:
    body = in_channel(member(world), pending_post_id="alert-1")
    first = run(world.as_bot("POST", "/posts", body))[1]
    clock.advance(29)
    assert run(world.as_bot("POST", "/posts", body))[1]["id"] == first["id"]
    assert world.simulator.surprises == []
    clock.advance(2)
    assert run(world.as_bot("POST", "/posts", body))[1]["id"] != first["id"]
    assert len(world.simulator.surprises) == 1


def test_a_dropped_answer_leaves_the_post_and_a_retry_finds_it(world: World, run: Run) -> None:
    import aiohttp

    body = in_channel(member(world), pending_post_id="alert-1")
    world.simulator.faults.drop(prefix="/api/v4/posts", times=1)
    with pytest.raises(aiohttp.ClientError):
        run(world.as_bot("POST", "/posts", body))
    post = run(world.as_bot("POST", "/posts", body))[1]
    assert [one.id for one in world.channel.posts] == [post["id"]]


def test_patching_props_replaces_them_all_and_patching_the_message_keeps_them(world: World, run: Run) -> None:
    post = run(world.as_mira("POST", "/posts", in_channel(world, props={"a": 1, "b": 2})))[1]
    path = f"/posts/{post['id']}/patch"
    assert run(world.as_mira("PUT", path, {"message": "x"}))[1]["props"] == {"a": 1, "b": 2}
    patched = run(world.as_mira("PUT", path, {"props": {"c": 3}}))[1]
    assert (patched["message"], patched["props"]) == ("x", {"c": 3})
    assert patched["edit_at"] > 0


def test_a_full_update_empties_what_is_missing(world: World, run: Run) -> None:
    post = run(world.as_mira("POST", "/posts", in_channel(world)))[1]
    run(world.as_mira("POST", f"/posts/{post['id']}/pin"))
    updated = run(world.as_mira("PUT", f"/posts/{post['id']}", {"id": post["id"]}))[1]
    assert (updated["message"], updated["is_pinned"]) == ("", False)
    assert run(world.as_mira("PUT", f"/posts/{post['id']}", {"id": "other"}))[0] == 400


def test_nobody_edits_or_deletes_the_posts_of_others(world: World, run: Run) -> None:
    post = run(world.as_mira("POST", "/posts", in_channel(world)))[1]
    assert run(world.as_tomas("PUT", f"/posts/{post['id']}/patch", {"message": "x"}))[0] == 403
    assert run(world.as_tomas("DELETE", f"/posts/{post['id']}"))[0] == 403
    assert run(world.as_mira("DELETE", f"/posts/{post['id']}"))[0] == 200


def test_a_deleted_post_is_gone_for_reading_and_forbidden_for_editing(world: World, run: Run) -> None:
    post = run(member(world).as_bot("POST", "/posts", in_channel(world)))[1]
    run(world.as_admin("DELETE", f"/posts/{post['id']}"))
    assert run(world.as_bot("GET", f"/posts/{post['id']}"))[0] == 404
    assert run(world.as_bot("PUT", f"/posts/{post['id']}/patch", {"message": "x"}))[0] == 403
    assert world.simulator.surprises == []


def test_replies_go_to_roots_of_the_same_channel(world: World, run: Run) -> None:
    root = run(world.as_mira("POST", "/posts", in_channel(world)))[1]
    reply = run(world.as_mira("POST", "/posts", in_channel(world, root_id=root["id"])))[1]
    assert run(world.as_mira("POST", "/posts", in_channel(world, root_id=reply["id"])))[0] == 400
    world.simulator.join(world.mira, world.private)
    other = in_channel(world, channel_id=world.private.id, root_id=root["id"])
    assert run(world.as_mira("POST", "/posts", other))[0] == 400
    thread = run(world.as_mira("GET", f"/posts/{reply['id']}/thread"))[1]
    assert thread["order"] == [root["id"], reply["id"]]


def test_an_archived_channel_takes_no_posts(world: World, run: Run) -> None:
    run(world.as_mira("DELETE", f"/channels/{world.channel.id}"))
    status, error = run(world.as_mira("POST", "/posts", in_channel(world)))
    assert (status, error["id"]) == (400, "api.post.create_post.can_not_post_to_deleted.error")


def test_channel_posts_come_newest_first_in_pages_and_since(world: World, run: Run, clock: Clock) -> None:
    made = []
    for number in range(5):
        clock.advance(1)
        made.append(run(world.as_mira("POST", "/posts", in_channel(world, message=str(number))))[1])
    path = f"/channels/{world.channel.id}/posts"
    ids = [post["id"] for post in made]
    assert run(world.as_tomas("GET", f"{path}?per_page=2&page=1"))[1]["order"] == [ids[2], ids[1]]
    assert run(world.as_tomas("GET", f"{path}?since={made[2]['create_at']}"))[1]["order"] == [ids[4], ids[3]]
    assert run(world.as_tomas("GET", f"{path}?before={ids[1]}"))[1]["order"] == [ids[0]]
    assert run(world.as_outsider("GET", path))[0] == 403


def test_ephemeral_posts_are_for_system_admins(world: World, run: Run) -> None:
    body = {"user_id": world.mira.id, "post": in_channel(member(world))}
    assert run(world.as_bot("POST", "/posts/ephemeral", body))[0] == 403
    assert world.simulator.surprises == ["403 to a bot token: POST /api/v4/posts/ephemeral"]
    queue = world.simulator.events.subscribe(world.mira.id)
    assert run(world.as_admin("POST", "/posts/ephemeral", body))[0] == 201
    assert [post["message"] for post in world.posts_in(queue, "ephemeral_message")] == ["hello"]
    assert world.channel.posts == []


def test_priorities_follow_their_rules(world: World, run: Run) -> None:
    def priority(**wanted: Any) -> dict[str, Any]:
        return in_channel(world, metadata={"priority": {"priority": "urgent", **wanted}})

    root = run(world.as_mira("POST", "/posts", priority()))[1]
    assert root["metadata"]["priority"]["priority"] == "urgent"
    assert run(world.as_mira("POST", "/posts", {**priority(), "root_id": root["id"]}))[0] == 400
    assert run(world.as_mira("POST", "/posts", priority(requested_ack=True)))[0] == 501
    world.simulator.state.licensed = True
    assert run(world.as_mira("POST", "/posts", priority(requested_ack=True)))[0] == 201
    for number in range(6):
        world.simulator.add_user(f"person{number}")
    six = {"message": " ".join(f"@person{number}" for number in range(6))}
    five = {"message": " ".join(f"@person{number}" for number in range(5))}
    persistent = priority(persistent_notifications=True)
    assert run(world.as_mira("POST", "/posts", persistent | six))[0] == 500
    assert run(world.as_mira("POST", "/posts", persistent | five))[0] == 201
    world.simulator.state.config["ServiceSettings"]["PostPriority"] = False
    assert run(world.as_mira("POST", "/posts", priority()))[0] == 403


@pytest.mark.parametrize(("version", "dangerous"), [("10.11", True), ("11.1", True), ("11.7", False)])
def test_persistent_notifications_of_bots_are_noted_where_they_crash_servers(
    make_world: MakeWorld, run: Run, version: str, dangerous: bool
) -> None:
    world = member(make_world(version=version))
    world.simulator.state.licensed = True
    metadata = {"priority": {"priority": "urgent", "persistent_notifications": True}}
    body = in_channel(world, message="@mira", metadata=metadata)
    assert run(world.as_bot("POST", "/posts", body))[0] == 201
    assert bool(world.simulator.surprises) == dangerous


@pytest.mark.parametrize(("version", "kept"), [("11.10", True), ("12.0", False)])
def test_identity_props_are_stripped_from_12_0(make_world: MakeWorld, run: Run, version: str, kept: bool) -> None:
    world = member(make_world(version=version))
    body = in_channel(world, props={"override_username": "pager", "from_webhook": "true"})
    status, post = run(world.as_bot("POST", "/posts", body))
    assert (status, "override_username" in post["props"]) == (201, kept)


def test_events_tell_members_only(world: World, run: Run) -> None:
    mine = world.simulator.events.subscribe(world.tomas.id)
    other = world.simulator.events.subscribe(world.outsider.id)
    post = run(world.as_mira("POST", "/posts", in_channel(world)))[1]
    run(world.as_mira("DELETE", f"/posts/{post['id']}"))
    events = [mine.get_nowait() for _ in range(3)]
    assert [one["event"] for one in events] == ["hello", "posted", "post_deleted"]
    assert [one["seq"] for one in events] == [0, 1, 2]
    assert world.posts_in(other, "posted") == []


def test_reactions_count_once_and_only_for_oneself(world: World, run: Run) -> None:
    post = run(world.as_mira("POST", "/posts", in_channel(world)))[1]
    body = {"user_id": world.tomas.id, "post_id": post["id"], "emoji_name": "eyes"}
    assert run(world.as_mira("POST", "/reactions", body))[0] == 403
    for _ in range(2):
        assert run(world.as_tomas("POST", "/reactions", body))[0] == 201
    assert len(run(world.as_mira("GET", f"/posts/{post['id']}/reactions"))[1]) == 1
    assert run(world.as_tomas("DELETE", f"/users/me/posts/{post['id']}/reactions/eyes"))[0] == 200
    assert run(world.as_mira("GET", f"/posts/{post['id']}"))[1]["has_reactions"] is False


def test_bad_attachments_are_noted_only(world: World, run: Run) -> None:
    attachments = [{"fallback": "x", "color": "red", "title_link": "https://x", "fields": [{"title": "a", "value": 3}]}]
    props = {"attachments": attachments}
    assert run(member(world).as_bot("POST", "/posts", in_channel(world, message="", props=props)))[0] == 201
    assert len(world.simulator.surprises) == 3
