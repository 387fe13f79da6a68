"""What a context holds for each expand level; numbers are lines of the conformance list of the Apps protocol."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.simulator.server import Simulator
from tests.simulator.apps_world import Json, World


@pytest.fixture
def world(make_simulator: Callable[..., Simulator], run: Callable[..., Any]) -> Iterator[World]:
    world = World(make_simulator(apps=True), run)
    world.install()
    yield world
    world.close()


def refusal(world: World, expand: Json, **more: Any) -> str:
    """The error text of a call that must fail before the App is reached."""
    world.app.answers["/do"] = {}
    response = world.call("/do", expand=expand, **more)
    assert response["type"] == "error"
    assert world.app.calls("/do") == []
    return str(response["text"])


@pytest.mark.apps(25)
def test_a_required_acting_user_that_is_missing_fails_the_call_early(world: World) -> None:
    app = world.plugin.app("oncall")
    call = {"path": "/do", "expand": {"acting_user": "+id"}}
    response = world.run(world.plugin.calls.call(app, call, acting_user_id=""))
    expected = "failed to expand context: failed to expand required acting_user: no user ID to expand"
    assert response == {"type": "error", "text": expected}
    assert world.app.calls("/do") == []
    world.app.answers["/do"] = {}
    call["expand"] = {"acting_user": "id"}
    assert world.run(world.plugin.calls.call(app, call, acting_user_id=""))["type"] == "ok"


@pytest.mark.parametrize("level", ["-all", "none", "full", "++id"])
@pytest.mark.apps(26)
def test_an_unknown_level_fails_the_call(world: World, level: str) -> None:
    assert refusal(world, {"channel": level}).endswith("is not a known expand level")


@pytest.mark.apps(26)
def test_an_unknown_key_is_ignored_and_not_passed_on(world: World) -> None:
    world.received({"moon": "all", "locale": "all"})
    assert world.app.calls("/do")[-1].body["expand"] == {"locale": "all"}


@pytest.mark.parametrize("level", ["summary", "+summary", "id", ""])
@pytest.mark.apps(27)
def test_the_users_token_comes_only_at_level_all(world: World, level: str) -> None:
    assert "acting_user_access_token" not in world.received({"acting_user_access_token": level})
    assert world.received({"acting_user_access_token": "all"})["acting_user_access_token"]


@pytest.mark.apps(28)
def test_an_app_that_may_act_as_nobody_can_expand_nothing(world: World) -> None:
    world.install(requested_permissions=None)
    assert refusal(world, {"locale": "id"}).endswith("can't expand: unauthorized")
    assert "bot_access_token" not in world.received({})


def test_a_bot_only_app_gets_no_user_token(world: World) -> None:
    world.install(requested_permissions=["act_as_bot"])
    assert "acting_user_access_token" not in world.received({"acting_user_access_token": "all"})
    assert "required acting_user_access_token" in refusal_text(world, {"acting_user_access_token": "+all"})


def refusal_text(world: World, expand: Json) -> str:
    return str(world.call("/do", expand=expand)["text"])


@pytest.mark.apps(29)
def test_a_user_at_level_id_has_all_other_keys_empty(world: World) -> None:
    assert world.received({"acting_user": "id"})["acting_user"] == {
        "id": world.user.id,
        "delete_at": 0,
        "username": "",
        "auth_service": "",
        "email": "",
        "nickname": "",
        "first_name": "",
        "last_name": "",
        "position": "",
        "roles": "",
        "locale": "",
        "timezone": None,
        "disable_welcome_email": False,
    }


def test_a_user_at_level_summary_has_roles_and_timezone_but_no_times(world: World) -> None:
    user = world.received({"acting_user": "summary"})["acting_user"]
    assert (user["username"], user["roles"], user["locale"]) == ("amira", "system_user", "en")
    assert user["timezone"]["useAutomaticTimezone"] == "true"
    assert "create_at" not in user
    full = world.received({"acting_user": "all"})["acting_user"]
    assert full["create_at"] == world.user.create_at
    assert "auth_data" not in full


@pytest.mark.apps(30)
def test_a_team_at_level_all_has_a_blank_email_and_a_summary_has_it(world: World) -> None:
    assert world.received({"team": "all"})["team"]["email"] == ""
    summary = world.received({"team": "summary"})["team"]
    assert summary["email"] == "ops@example.com"
    assert summary["create_at"] == 0
    assert world.received({"team": "id"})["team"]["name"] == ""


@pytest.mark.parametrize("level", ["id", "summary", "+all"])
@pytest.mark.apps(31)
def test_the_channel_of_a_group_message_fails_the_call(world: World, level: str) -> None:
    group = world.simulator.state.add_channel(team_id="", type="G", name="group")
    group.members = {world.user.id: "channel_user", world.admin.id: "channel_user"}
    text = refusal(world, {"channel": level}, context={"channel_id": group.id})
    assert "failed post-expand consistency check: expanded channel's team ID  is different" in text
    in_post = {"channel_id": group.id, "team_id": ""}
    assert world.received({"channel": level}, context=in_post)["channel"]["id"] == group.id


@pytest.mark.apps(31)
def test_the_channel_of_a_direct_message_fails_at_level_id_only(world: World) -> None:
    direct = world.simulator.state.direct_channel(world.user.id, world.admin.id)
    there = {"channel_id": direct.id}
    assert "consistency check" in refusal(world, {"channel": "id"}, context=there)
    assert world.received({"channel": "summary"}, context=there)["channel"]["type"] == "D"


@pytest.mark.apps(32)
def test_required_oauth2_data_that_is_not_there_does_not_fail(world: World) -> None:
    assert world.received({"oauth2_user": "+all"})["oauth2"] == {}
    store = world.plugin.store.oauth2_users
    for data, user in ((b"{}", None), (b"null", None), (b'{"token": "t"}', {"token": "t"})):
        store[("oncall", world.user.id)] = data
        assert world.received({"oauth2_user": "+all"})["oauth2"].get("user") == user


def test_the_oauth2_app_brings_its_urls(world: World) -> None:
    world.plugin.app("oncall").remote_oauth2 = {"client_id": "gw"}
    remote = f"{world.simulator.site_url}/plugins/com.mattermost.apps/apps/oncall/oauth2/remote"
    assert world.received({"oauth2_app": "all"})["oauth2"] == {
        "client_id": "gw",
        "connect_url": f"{remote}/connect",
        "complete_url": f"{remote}/complete",
    }


@pytest.mark.apps(33)
def test_the_locale_of_a_user_at_level_id_falls_back_to_the_servers(world: World) -> None:
    world.user.locale = "de"
    assert world.received({"locale": "all"})["locale"] == "de"
    assert world.received({"locale": "id", "acting_user": "summary"})["locale"] == "de"
    assert world.received({"locale": "all", "acting_user": "id"})["locale"] == "en"


def test_a_channel_the_user_cannot_read_is_left_out_or_passed_through_by_id(world: World) -> None:
    secret = world.simulator.add_channel(world.team, "secret", private=True)
    there = {"channel_id": secret.id}
    assert "channel" not in world.received({"channel": "all"}, context=there)
    passed = world.received({"channel": "id"}, context=there)["channel"]
    assert (passed["id"], passed["team_id"], passed["name"]) == (secret.id, world.team.id, "")
    assert "required channel" in refusal_text_in(world, {"channel": "+all"}, there)


def refusal_text_in(world: World, expand: Json, context: Json) -> str:
    return str(world.call("/do", expand=expand, context=context)["text"])


def test_a_bot_only_app_reads_with_the_rights_of_its_bot(world: World) -> None:
    world.install(requested_permissions=["act_as_bot"])
    assert "channel" not in world.received({"channel": "all"})
    bot = world.simulator.state.users[world.plugin.app("oncall").bot_user_id]
    world.simulator.join(bot, world.channel)
    assert world.received({"channel": "all"})["channel"]["name"] == "alerts"


def test_members_come_for_the_acting_user(world: World) -> None:
    context = world.received({"channel_member": "all", "team_member": "id"})
    assert context["channel_member"]["user_id"] == world.user.id
    assert context["channel_member"]["roles"] == "channel_user"
    assert (context["team_member"]["team_id"], context["team_member"]["roles"]) == (world.team.id, "")


def test_the_app_record_shows_the_webhook_secret_only_to_admins(world: World) -> None:
    assert "app" not in world.received({"app": "id"})
    assert "webhook_secret" not in world.received({"app": "all"})["app"]
    record = world.received({"app": "all"}, user_id=world.admin.id)["app"]
    assert record["webhook_secret"] == world.plugin.app("oncall").webhook_secret
    assert record["deploy_type"] == "http"
    assert set(world.received({"app": "summary"})["app"]) == {
        "app_id",
        "version",
        "bot_user_id",
        "bot_username",
        "remote_oauth2",
    }


def test_a_post_must_be_in_the_channel_the_client_names(world: World) -> None:
    post = world.run(world.simulator.create_post(world.user.id, {"channel_id": world.channel.id, "message": "down"}))
    context = {"post_id": post.id}
    assert world.received({"post": "summary"}, context=context)["post"]["message"] == "down"
    elsewhere = {**context, "channel_id": world.simulator.state.channel_names[(world.team.id, "town-square")].id}
    assert "expanded post's channel ID" in refusal_text_in(world, {"post": "all"}, elsewhere)


def test_the_root_id_of_web_clients_never_expands_the_root_post(world: World) -> None:
    post = world.run(world.simulator.create_post(world.user.id, {"channel_id": world.channel.id, "message": "down"}))
    assert "root_post" not in world.received({"root_post": "all"}, context={"root_id": post.id})
    assert "root_post" in world.received({"root_post": "all"}, context={"root_post_id": post.id})


@pytest.mark.apps(81)
def test_tokens_are_reused_and_extended_when_five_minutes_or_less_are_left(world: World, clock: Any) -> None:
    def token() -> str:
        return str(world.received({})["bot_access_token"])

    first, start = token(), clock.now
    clock.advance(299)
    assert token() == first
    tokens = world.simulator.state.tokens
    assert tokens[first].expires_at == int((start + 600) * 1000)
    clock.advance(1)
    assert token() == first
    assert tokens[first].expires_at == int((start + 900) * 1000)
    clock.advance(601)
    assert token() != first


@pytest.mark.apps(81, 82)
def test_a_token_older_than_its_session_is_refused_everywhere(world: World, clock: Any) -> None:
    token = world.received({"acting_user_access_token": "all"})["acting_user_access_token"]
    paths = ("/plugins/com.mattermost.apps/api/v1/kv/key", "/api/v4/users/me")
    assert [world.http("GET", path, token=token)[0] for path in paths] == [200, 200]
    clock.advance(600)
    assert [world.http("GET", path, token=token)[0] for path in paths] == [401, 401]
    assert world.received({"acting_user_access_token": "all"})["acting_user_access_token"] != token


@pytest.mark.apps(82)
def test_an_app_session_may_not_make_personal_access_tokens(world: World) -> None:
    world.simulator.state.config["ServiceSettings"]["EnableUserAccessTokens"] = True
    expand = {"acting_user_access_token": "all"}
    token = world.received(expand, user_id=world.admin.id)["acting_user_access_token"]
    path = f"/api/v4/users/{world.admin.id}/tokens"
    assert world.http("POST", path, token=token, body={"description": "mine"})[0] in (401, 403)
    session = world.session(world.admin)
    assert world.http("POST", path, token=session, body={"description": "mine"})[0] == 201
