"""Users, tokens, bots, teams and channels over REST."""

from typing import Any

from tests.simulator.conftest import Clock, Run
from tests.simulator.small_bot import Caller, World


def test_every_answer_names_the_version(world: World, run: Run) -> None:
    assert run(world.as_nobody("GET", "/system/ping"))[1]["status"] == "OK"
    assert world.as_nobody.headers["X-Version-Id"].startswith("9.5.0.")
    run(world.as_nobody("GET", "/users/me"))
    assert world.as_nobody.headers["X-Version-Id"].startswith("9.5.0.")


def test_errors_have_the_servers_form(world: World, run: Run) -> None:
    status, error = run(world.as_nobody("GET", "/users/me"))
    assert status == 401
    assert error.keys() == {"id", "message", "detailed_error", "request_id", "status_code"}
    assert (error["id"], error["status_code"]) == ("api.context.session_expired.app_error", 401)


def test_unknown_paths_are_404_and_noted(world: World, run: Run) -> None:
    status, error = run(world.as_bot("GET", "/nothing/here"))
    assert (status, error["id"]) == (404, "api.context.404.app_error")
    assert world.simulator.surprises == ["unknown path: GET /api/v4/nothing/here"]


def test_ids_of_the_wrong_form_are_refused_before_any_look_up(world: World, run: Run) -> None:
    status, error = run(world.as_bot("GET", "/channels/abc"))
    assert (status, error["id"]) == (400, "api.context.invalid_url_param.app_error")
    assert run(world.as_bot("GET", f"/channels/{'x' * 26}"))[0] == 404


def test_unknown_methods_are_405_and_noted(world: World, run: Run) -> None:
    assert run(world.as_bot("DELETE", "/users/me"))[0] == 405
    assert len(world.simulator.surprises) == 1


def test_people_are_found_in_every_way(world: World, run: Run) -> None:
    mira = world.mira
    assert run(world.as_mira("GET", "/users/me"))[1]["id"] == mira.id
    assert run(world.as_bot("GET", "/users/me"))[1]["is_bot"] is True
    assert run(world.as_bot("GET", f"/users/{mira.id}"))[1]["username"] == "mira"
    assert run(world.as_bot("GET", "/users/username/mira"))[1]["id"] == mira.id
    assert run(world.as_bot("GET", f"/users/email/{mira.email}"))[1]["id"] == mira.id
    found = run(world.as_bot("POST", "/users/ids", [mira.id, "x" * 26]))[1]
    assert [user["id"] for user in found] == [mira.id]
    assert run(world.as_bot("POST", "/users/usernames", ["mira", "nobody"]))[1][0]["id"] == mira.id
    assert run(world.as_bot("GET", f"/users/{'x' * 26}"))[0] == 404
    assert "notify_props" not in run(world.as_bot("GET", f"/users/{mira.id}"))[1]


def test_bot_accounts_and_tokens_are_made_by_admins(world: World, run: Run) -> None:
    body = {"username": "pager", "display_name": "Pager", "description": "pages"}
    assert run(world.as_mira("POST", "/bots", body))[0] == 403
    status, made = run(world.as_admin("POST", "/bots", body))
    assert (status, made["owner_id"]) == (201, world.admin.id)
    assert run(world.as_admin("POST", "/bots", body))[0] == 400
    assert run(world.as_admin("POST", "/bots", {"username": "9x"}))[0] == 400
    path = f"/users/{made['user_id']}/tokens"
    status, token = run(world.as_admin("POST", path, {"description": "for tests"}))
    assert status == 201
    as_pager = Caller(world.simulator, token["token"])
    assert run(as_pager("GET", "/users/me"))[1]["username"] == "pager"
    assert "token" not in run(world.as_admin("GET", path))[1][0]
    assert run(as_pager("POST", path, {"description": "more"}))[0] == 403
    assert run(world.as_admin("POST", "/users/tokens/revoke", {"token_id": token["id"]}))[0] == 200
    assert run(as_pager("GET", "/users/me"))[0] == 401


def test_a_disabled_bot_is_locked_out(world: World, run: Run) -> None:
    assert run(world.as_admin("POST", f"/bots/{world.bot_user.id}/disable"))[0] == 200
    assert run(world.as_bot("GET", "/users/me"))[0] == 401
    run(world.as_admin("POST", f"/bots/{world.bot_user.id}/enable"))
    assert run(world.as_bot("GET", "/users/me"))[0] == 200


def test_a_bot_is_renamed_and_described(world: World, run: Run) -> None:
    path = f"/bots/{world.bot_user.id}"
    changed = run(world.as_admin("PUT", path, {"username": "pager", "description": "new"}))[1]
    assert (changed["username"], changed["description"], changed["display_name"]) == ("pager", "new", "On-call")
    assert run(world.as_mira("GET", "/users/username/pager"))[0] == 200
    assert run(world.as_mira("GET", path))[0] == 404


def test_personal_tokens_need_the_setting(world: World, run: Run) -> None:
    path = f"/users/{world.admin.id}/tokens"
    assert run(world.as_admin("POST", path, {"description": "x"}))[0] == 501
    world.simulator.state.config["ServiceSettings"]["EnableUserAccessTokens"] = True
    assert run(world.as_admin("POST", path, {"description": "x"}))[0] == 201


def test_app_sessions_expire_and_make_no_tokens(world: World, run: Run, clock: Clock) -> None:
    state = world.simulator.state
    token = state.issue_token(world.admin.id, "app", expires_at=state.now() + 600_000, app_id="oncall")
    as_app = Caller(world.simulator, token.secret)
    assert run(as_app("GET", "/users/me"))[0] == 200
    assert run(as_app("POST", f"/users/{world.bot_user.id}/tokens", {"description": "x"}))[0] == 403
    clock.advance(601)
    assert run(as_app("GET", "/users/me"))[0] == 401
    assert world.simulator.surprises[-1] == "expired app token used: GET /api/v4/users/me"


def test_cookies_need_a_csrf_header_to_write(world: World, run: Run) -> None:
    cookie = {"Cookie": f"MMAUTHTOKEN={world.simulator.session(world.mira)}"}
    body = {"channel_id": world.channel.id, "message": "x"}
    assert run(world.as_nobody("GET", "/users/me", headers=cookie))[0] == 200
    assert run(world.as_nobody("POST", "/posts", body, headers=cookie))[0] == 401
    safe = {**cookie, "X-Requested-With": "XMLHttpRequest"}
    assert run(world.as_nobody("POST", "/posts", body, headers=safe))[0] == 201


def test_status_is_ones_own(world: World, run: Run) -> None:
    assert run(world.as_bot("GET", f"/users/{world.mira.id}/status"))[1]["status"] == "offline"
    assert run(world.as_mira("PUT", "/users/me/status", {"status": "away"}))[1]["status"] == "away"
    assert run(world.as_bot("PUT", f"/users/{world.mira.id}/status", {"status": "dnd"}))[0] == 403


def test_teams_are_joined_before_channels(world: World, run: Run) -> None:
    joining = {"user_id": world.bot_user.id}
    assert run(world.as_admin("POST", f"/channels/{world.channel.id}/members", joining))[0] == 404
    into_team = {**joining, "team_id": world.team.id}
    assert run(world.as_admin("POST", f"/teams/{world.team.id}/members", into_team))[0] == 201
    assert run(world.as_admin("POST", f"/teams/{world.team.id}/members", joining))[0] == 400
    assert run(world.as_bot("POST", f"/channels/{world.channel.id}/members", joining))[0] == 201
    assert run(world.as_bot("POST", f"/channels/{world.private.id}/members", joining))[0] == 403


def test_teams_are_found_by_id_and_name(world: World, run: Run) -> None:
    assert run(world.as_mira("GET", "/teams/name/ops"))[1]["id"] == world.team.id
    assert run(world.as_mira("GET", f"/teams/{world.team.id}"))[1]["name"] == "ops"
    assert [team["name"] for team in run(world.as_mira("GET", "/teams"))[1]] == ["ops"]
    assert run(world.as_mira("GET", "/teams/name/none"))[0] == 404
    assert run(world.as_mira("GET", f"/teams/{world.team.id}/members/{world.outsider.id}"))[0] == 404


def test_public_channels_are_seen_by_the_team_and_private_ones_by_members(world: World, run: Run) -> None:
    names = [one["name"] for one in run(world.as_mira("GET", f"/teams/{world.team.id}/channels"))[1]]
    assert names == ["town-square", "incidents"]
    found = run(world.as_mira("POST", f"/teams/{world.team.id}/channels/search", {"term": "inc"}))[1]
    assert [one["id"] for one in found] == [world.channel.id]
    by_name = f"/teams/{world.team.id}/channels/name"
    assert run(world.as_mira("GET", f"{by_name}/incidents"))[0] == 200
    assert run(world.as_mira("GET", f"{by_name}/secret"))[0] == 404
    assert run(world.as_mira("GET", f"/channels/{world.private.id}"))[0] == 403
    assert run(world.as_outsider("GET", f"/teams/{world.team.id}/channels"))[0] == 403


def test_direct_channels_are_made_once(world: World, run: Run) -> None:
    pair = [world.bot_user.id, world.mira.id]
    first = run(world.as_bot("POST", "/channels/direct", pair))
    second = run(world.as_mira("POST", "/channels/direct", pair[::-1]))
    assert (first[0], second[0]) == (201, 201)
    assert first[1]["id"] == second[1]["id"]
    assert first[1]["name"] == "__".join(sorted(pair))
    assert run(world.as_tomas("POST", "/channels/direct", pair))[0] == 403
    assert run(world.as_bot("POST", "/channels/direct", pair[:1]))[0] == 400


def test_group_channels_hold_three_to_eight(world: World, run: Run) -> None:
    ids = [world.bot_user.id, world.mira.id, world.tomas.id]
    first = run(world.as_bot("POST", "/channels/group", ids))[1]
    assert run(world.as_mira("POST", "/channels/group", ids))[1]["id"] == first["id"]
    assert run(world.as_bot("POST", "/channels/group", ids[:2]))[0] == 400


def test_members_leave_and_are_removed(world: World, run: Run) -> None:
    path = f"/channels/{world.channel.id}/members"
    assert len(run(world.as_mira("GET", path))[1]) == 2
    assert run(world.as_mira("DELETE", f"{path}/{world.mira.id}"))[0] == 200
    assert run(world.as_tomas("GET", f"{path}/{world.mira.id}"))[0] == 404
    assert run(world.as_outsider("DELETE", f"{path}/{world.tomas.id}"))[0] == 403


def test_a_new_header_makes_a_system_post(world: World, run: Run) -> None:
    changes: dict[str, Any] = {"header": "on call: mira"}
    assert run(world.as_mira("PUT", f"/channels/{world.channel.id}/patch", changes))[1]["header"] == "on call: mira"
    assert world.channel.posts[0].type == "system_header_change"
    assert run(world.as_outsider("PUT", f"/channels/{world.channel.id}/patch", changes))[0] == 403


def test_the_configuration_is_for_admins(world: World, run: Run) -> None:
    assert run(world.as_mira("GET", "/config"))[0] == 403
    assert run(world.as_admin("GET", "/config"))[1]["ServiceSettings"]["SiteURL"] == world.simulator.site_url
    run(world.as_admin("PUT", "/config/patch", {"ServiceSettings": {"EnableCommands": False}}))
    assert run(world.as_admin("POST", "/commands", world.command_body()))[0] == 501
    assert "MaxPostSize" not in run(world.as_nobody("GET", "/config/client?format=old"))[1]
    assert run(world.as_mira("GET", "/config/client?format=old"))[1]["MaxPostSize"] == "16383"
