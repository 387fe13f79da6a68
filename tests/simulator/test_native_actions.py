"""Clicks on message buttons and selects."""

from typing import Any

import pytest

from tests.simulator.conftest import MakeWorld, Run
from tests.simulator.small_bot import World

FAILED = "api.post.do_action.action_integration.app_error"


def stored(world: World, post: dict[str, Any]) -> Any:
    return world.simulator.state.posts[post["id"]]


def test_a_click_reaches_the_bot_with_all_that_is_promised(world: World, run: Run) -> None:
    post = run(world.post_card())
    status, answer = run(world.click(post["id"]))
    got = world.bot.last.json
    trigger_id = got.pop("trigger_id")
    assert got == {
        "user_id": world.mira.id,
        "user_name": "mira",
        "channel_id": world.channel.id,
        "channel_name": "incidents",
        "team_id": world.team.id,
        "team_domain": "ops",
        "post_id": post["id"],
        "type": "button",
        "data_source": "",
        "context": {"op": "ack"},
    }
    assert (status, answer["status"]) == (200, "OK")
    trigger = world.simulator.trigger_key.read(trigger_id, now=world.simulator.state.now(), ttl=30)
    assert (trigger.client_id, trigger.user_id) == (answer["trigger_id"], world.mira.id)
    assert world.simulator.surprises == []


def test_team_fields_are_empty_in_direct_channels(world: World, run: Run) -> None:
    direct = world.simulator.state.direct_channel(world.mira.id, world.bot_user.id)
    post = run(world.post_card(channel_id=direct.id))
    run(world.click(post["id"]))
    assert (world.bot.last.json["team_id"], world.bot.last.json["team_domain"]) == ("", "")


@pytest.mark.parametrize(("version", "status"), [("11.7", 404), ("11.10", 200)])
def test_action_ids_with_underscores_have_no_route_before_11_10(
    make_world: MakeWorld, run: Run, version: str, status: int
) -> None:
    world = make_world(version=version)
    post = run(world.post_card(world.button("ack_1"), world.button("ack1")))
    assert run(world.click(post["id"], "ack_1"))[0] == status
    assert run(world.click(post["id"], "ack1"))[0] == 200
    assert bool(world.simulator.surprises) == (status == 404)


def test_an_unknown_action_is_not_found(world: World, run: Run) -> None:
    post = run(world.post_card())
    status, error = run(world.click(post["id"], "other"))
    assert (status, error["id"]) == (404, "api.post.do_action.action_id.app_error")


def test_integrations_are_hidden_and_writing_a_post_back_kills_its_buttons(world: World, run: Run) -> None:
    post = run(world.post_card())
    _, read = run(world.as_bot("GET", f"/posts/{post['id']}"))
    for shown in (post, read):
        action = shown["props"]["attachments"][0]["actions"][0]
        assert "integration" not in action
        assert action["cookie"]
    run(world.as_bot("PUT", f"/posts/{post['id']}/patch", {"props": read["props"]}))
    assert run(world.click(post["id"]))[0] == 404
    assert world.simulator.surprises


def test_an_action_without_id_gets_one(world: World, run: Run) -> None:
    post = run(world.post_card(world.button("")))
    action_id = post["props"]["attachments"][0]["actions"][0]["id"]
    assert run(world.click(post["id"], action_id))[0] == 200


def test_who_cannot_read_the_channel_cannot_click(world: World, run: Run) -> None:
    post = run(world.post_card())
    assert run(world.click(post["id"], caller=world.as_outsider))[0] == 403
    assert world.bot.received == []


def test_a_selection_is_added_to_the_context(world: World, run: Run) -> None:
    select = {**world.button("assign"), "type": "select", "name": "Assign", "data_source": "users"}
    post = run(world.post_card(select))
    run(world.click(post["id"], "assign", selected_option=world.tomas.id))
    got = world.bot.last.json
    assert got["context"] == {"op": "ack", "selected_option": world.tomas.id}
    assert (got["type"], got["data_source"]) == ("select", "users")
    run(world.click(post["id"], "assign"))
    assert "selected_option" not in world.bot.last.json["context"]
    assert world.simulator.surprises == []


def test_an_update_without_props_keeps_the_buttons(world: World, run: Run) -> None:
    post = run(world.post_card())
    world.bot.answer = {"update": {"message": "acknowledged"}}
    run(world.click(post["id"]))
    assert stored(world, post).message == "acknowledged"
    assert run(world.click(post["id"]))[0] == 200


def test_an_update_with_empty_props_removes_the_buttons_and_a_missing_message_the_text(world: World, run: Run) -> None:
    post = run(world.post_card())
    world.bot.answer = {"update": {"props": {}}}
    queue = world.simulator.events.subscribe(world.tomas.id)
    run(world.click(post["id"]))
    assert (stored(world, post).message, stored(world, post).props) == ("", {})
    (edited,) = world.posts_in(queue, "post_edited")
    assert edited["id"] == post["id"]
    assert run(world.click(post["id"]))[0] == 404


def test_an_update_keeps_the_identity_of_the_post(world: World, run: Run) -> None:
    post = run(world.post_card())
    stored(world, post).props["override_username"] = "pager"
    world.bot.answer = {"update": {"message": "x", "props": {"override_username": "evil", "from_webhook": "true"}}}
    run(world.click(post["id"]))
    assert stored(world, post).props == {"override_username": "pager"}


def test_ephemeral_text_goes_to_the_clicker_in_the_thread(world: World, run: Run) -> None:
    post = run(world.post_card())
    mine, other = (world.simulator.events.subscribe(one.id) for one in (world.mira, world.tomas))
    world.bot.answer = {"ephemeral_text": "Too late"}
    run(world.click(post["id"]))
    (shown,) = world.posts_in(mine, "ephemeral_message")
    assert (shown["message"], shown["root_id"]) == ("Too late", post["id"])
    assert world.posts_in(other, "ephemeral_message") == []


@pytest.mark.parametrize(
    ("version", "answered", "shown"),
    [("9.5", 500, 400), ("9.5", 429, 400), ("11.10", 500, 502), ("11.10", 429, 429), ("11.10", 201, 400)],
)
def test_the_bots_failures_reach_the_client_by_version(
    make_world: MakeWorld, run: Run, version: str, answered: int, shown: int
) -> None:
    world = make_world(version=version)
    post = run(world.post_card())
    world.bot.status = answered
    status, error = run(world.click(post["id"]))
    assert (status, error["id"]) == (shown, FAILED)


def test_a_bot_that_is_down_or_answers_nonsense_fails_the_click(world: World, run: Run) -> None:
    post = run(world.post_card())
    world.bot.answer = b"{"
    assert run(world.click(post["id"]))[1]["id"] == FAILED
    world.simulator.faults.drop(direction="out")
    assert run(world.click(post["id"]))[0] == 400
    assert stored(world, post).message == "firing"


def test_an_empty_answer_is_fine(world: World, run: Run) -> None:
    post = run(world.post_card())
    world.bot.answer = b""
    assert run(world.click(post["id"]))[0] == 200


def ephemeral_card(world: World, run: Run) -> dict[str, Any]:
    """An ephemeral card as the clicker's client gets it, from a command reply."""
    run(world.make_command())
    queue = world.simulator.events.subscribe(world.mira.id)
    world.bot.answer = {"attachments": [{"fallback": "x", "title": "t", "actions": [world.button()]}]}
    run(world.run_command("/oncall"))
    (shown,) = world.posts_in(queue, "ephemeral_message")
    return shown


def test_a_button_of_an_ephemeral_post_works_with_its_cookie_only(world: World, run: Run) -> None:
    shown = ephemeral_card(world, run)
    action = shown["props"]["attachments"][0]["actions"][0]
    assert run(world.click(shown["id"]))[0] == 404
    queue = world.simulator.events.subscribe(world.mira.id)
    world.bot.answer = {"update": {"message": "done"}}
    assert run(world.click(shown["id"], action["id"], cookie=action["cookie"]))[0] == 200
    assert world.bot.last.json["context"] == {"op": "ack"}
    assert [post["message"] for post in world.posts_in(queue, "post_edited")] == ["done"]


def test_a_cookie_is_good_for_its_own_post_only(world: World, run: Run) -> None:
    first, second = run(world.post_card()), run(world.post_card())
    cookie = first["props"]["attachments"][0]["actions"][0]["cookie"]
    assert run(world.click(first["id"], cookie=cookie))[0] == 200
    assert run(world.click(second["id"], cookie=cookie))[0] == 400
    assert run(world.click(first["id"], cookie=cookie[:-4] + "AAA="))[0] == 400


def test_goto_location_is_passed_from_11_10(make_world: MakeWorld, run: Run) -> None:
    for version, expected in (("11.7", None), ("11.10", "https://example.com")):
        world = make_world(version=version)
        post = run(world.post_card())
        world.bot.answer = {"goto_location": "https://example.com"}
        assert run(world.click(post["id"]))[1].get("goto_location") == expected


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"type": ""}, {"type": "select"}, {"integration": {"url": "x"}}, {"style": "pink"}, {"cookie": "x"}],
)
def test_bad_actions_are_stored_but_noted(world: World, run: Run, changes: dict[str, Any]) -> None:
    run(world.post_card(world.button(**changes)))
    assert len(world.simulator.surprises) == 1
