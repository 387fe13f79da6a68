"""Slash commands as integrations meet them."""

from urllib.parse import urlsplit

import pytest

from tests.simulator.conftest import Clock, MakeWorld, Run
from tests.simulator.small_bot import World


def test_triggers_are_lower_cased_and_unique_in_their_team(world: World, run: Run) -> None:
    assert run(world.make_command(trigger="OnCall"))["trigger"] == "oncall"
    status, error = run(world.as_admin("POST", "/commands", world.command_body()))
    assert (status, error["id"]) == (400, "api.command.duplicate_trigger.app_error")
    other = world.simulator.add_team("other", world.admin)
    assert run(world.make_command(team_id=other.id))["token"]


@pytest.mark.parametrize("trigger", ["help", "/x", "a b", "x" * 129, ""])
def test_bad_triggers_are_refused(world: World, run: Run, trigger: str) -> None:
    assert run(world.as_admin("POST", "/commands", world.command_body(trigger=trigger)))[0] == 400


@pytest.mark.parametrize(
    "changes",
    [{"display_name": "x" * 65}, {"description": "x" * 129}, {"method": "X"}, {"url": "ftp://x"}, {"url": ""}],
)
def test_bad_command_fields_are_refused(world: World, run: Run, changes: dict[str, str]) -> None:
    assert run(world.as_admin("POST", "/commands", world.command_body(**changes)))[0] == 400


def test_only_team_admins_handle_commands(world: World, run: Run) -> None:
    assert run(world.as_mira("POST", "/commands", world.command_body()))[0] == 403
    command = run(world.make_command())
    assert run(world.as_outsider("GET", f"/commands/{command['id']}"))[0] == 404


def test_an_update_needs_the_complete_object_and_keeps_the_token(world: World, run: Run) -> None:
    command = run(world.make_command())
    assert run(world.as_admin("PUT", f"/commands/{command['id']}", {"trigger": "page"}))[0] == 400
    changed = {**command, "trigger": "page", "token": "mine"}
    status, updated = run(world.as_admin("PUT", f"/commands/{command['id']}", changed))
    assert (status, updated["trigger"], updated["token"]) == (200, "page", command["token"])
    assert run(world.run_command("/oncall"))[0] == 404
    assert run(world.run_command("/page"))[0] == 200


def test_a_regenerated_token_replaces_the_old_one_at_once(world: World, run: Run) -> None:
    command = run(world.make_command())
    token = run(world.as_admin("PUT", f"/commands/{command['id']}/regen_token"))[1]["token"]
    run(world.run_command("/oncall"))
    assert world.bot.last.form["token"] == [token] != [command["token"]]


def test_listing_hides_secrets_without_custom_only(world: World, run: Run) -> None:
    command = run(world.make_command())
    assert run(world.as_mira("GET", f"/commands?team_id={world.team.id}"))[1][0]["token"] == ""
    found = run(world.as_admin("GET", f"/commands?team_id={world.team.id}&custom_only=true"))[1]
    assert found[0]["token"] == command["token"]


def test_completion_offers_one_flat_line(world: World, run: Run) -> None:
    run(world.make_command(auto_complete=True, auto_complete_hint="[page|ack]"))
    path = f"/teams/{world.team.id}/commands/autocomplete_suggestions?user_input=/onc"
    assert run(world.as_mira("GET", path))[1][0]["Hint"] == "[page|ack]"


def test_a_post_command_arrives_as_form_with_its_token(world: World, run: Run) -> None:
    command = run(world.make_command())
    run(world.run_command("/oncall ack DB-412"))
    got = world.bot.last
    assert got.method == "POST"
    assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert got.headers["Accept"] == "application/json"
    assert got.headers["Authorization"] == f"Token {command['token']}"
    expected = {
        "token": command["token"],
        "team_id": world.team.id,
        "team_domain": "ops",
        "channel_id": world.channel.id,
        "channel_name": "incidents",
        "user_id": world.mira.id,
        "user_name": "mira",
        "command": "/oncall",
        "text": "ack DB-412",
        "root_id": "",
    }
    assert {key: got.form[key] for key in expected} == {key: [value] for key, value in expected.items()}
    assert got.form["response_url"][0].startswith(f"{world.simulator.site_url}/hooks/commands/")


def test_a_get_command_arrives_as_query_beside_an_existing_one(world: World, run: Run) -> None:
    run(world.make_command(method="G", url=f"{world.bot.url}/command?key=1"))
    run(world.run_command("/oncall who"))
    assert world.bot.last.method == "GET"
    assert world.bot.last.query["key"] == ["1"]
    assert world.bot.last.query["text"] == ["who"]
    assert "Content-Type" not in world.bot.last.headers


@pytest.mark.parametrize("typed", ["/ONCALL ack", "/oncall\nack", "/oncall\tack"])
def test_any_whitespace_ends_the_trigger(world: World, run: Run, typed: str) -> None:
    run(world.make_command())
    run(world.run_command(typed))
    assert world.bot.last.form["command"] == ["/oncall"]
    assert world.bot.last.form["text"] == ["ack"]


def test_only_members_of_the_team_count_as_mentioned(world: World, run: Run) -> None:
    run(world.make_command())
    run(world.run_command("/oncall page @tomas, @outsider in ~incidents and ~secret"))
    form = world.bot.last.form
    assert (form["user_mentions"], form["user_mentions_ids"]) == (["tomas"], [world.tomas.id])
    assert (form["channel_mentions"], form["channel_mentions_ids"]) == (["incidents"], [world.channel.id])


def test_an_ephemeral_reply_lands_in_the_thread_of_the_command(world: World, run: Run) -> None:
    run(world.make_command())
    root = run(world.as_mira("POST", "/posts", {"channel_id": world.channel.id, "message": "root"}))[1]
    queue = world.simulator.events.subscribe(world.mira.id)
    other = world.simulator.events.subscribe(world.tomas.id)
    world.bot.answer = {"text": "done"}
    run(world.run_command("/oncall ack", root_id=root["id"]))
    assert world.bot.last.form["root_id"] == [root["id"]]
    shown = world.posts_in(queue, "ephemeral_message")
    assert [(post["root_id"], post["message"]) for post in shown] == [(root["id"], "done")]
    assert world.posts_in(other, "ephemeral_message") == []


def test_an_empty_text_reply_shows_nothing_and_an_empty_json_reply_fails(world: World, run: Run) -> None:
    run(world.make_command())
    world.bot.content_type, world.bot.answer = "text/plain", ""
    assert run(world.run_command("/oncall"))[0] == 200
    world.bot.content_type = "application/json; charset=utf-8"
    status, error = run(world.run_command("/oncall"))
    assert (status, error["id"]) == (500, "api.command.execute_command.failed.app_error")
    assert world.messages() == []


@pytest.mark.parametrize("status", [201, 204, 500])
def test_any_status_but_200_fails_the_command(world: World, run: Run, status: int) -> None:
    run(world.make_command())
    world.bot.status = status
    found, error = run(world.run_command("/oncall"))
    assert (found, error["id"]) == (500, "api.command.execute_command.failed_resp.app_error")


def test_a_bot_slower_than_the_limit_fails_the_command(world: World, run: Run) -> None:
    run(world.make_command())
    world.simulator.state.config["ServiceSettings"]["OutgoingIntegrationRequestsTimeout"] = 0.05
    world.simulator.faults.slow(5, direction="out")
    status, error = run(world.run_command("/oncall"))
    assert (status, error["id"]) == (500, "api.command.execute_command.failed.app_error")


def test_an_in_channel_reply_is_the_callers_post(world: World, run: Run) -> None:
    run(world.make_command())
    world.simulator.join(world.bot_user, world.channel)
    world.bot.answer = {"response_type": "in_channel", "text": "hello"}
    run(world.run_command("/oncall"))
    post = world.channel.posts[0]
    assert (post.user_id, post.props["from_webhook"]) == (world.mira.id, "true")
    assert run(world.as_bot("PUT", f"/posts/{post.id}/patch", {"message": "x"}))[0] == 403


def test_extra_responses_become_posts_in_order(world: World, run: Run) -> None:
    run(world.make_command())
    extra = [{"response_type": "in_channel", "text": str(number)} for number in (2, 3, 4)]
    world.bot.answer = {
        "response_type": "in_channel",
        "text": "1",
        "extra_responses": extra,
        "goto_location": "https://example.com",
    }
    assert run(world.run_command("/oncall"))[1]["goto_location"] == "https://example.com"
    assert world.messages() == ["1", "2", "3", "4"]


def test_a_reply_into_a_channel_the_caller_is_not_in_fails(world: World, run: Run) -> None:
    run(world.make_command())
    world.bot.answer = {"response_type": "in_channel", "text": "x", "channel_id": world.private.id}
    assert run(world.run_command("/oncall"))[0] == 500
    assert world.private.posts == []


def test_a_response_url_works_five_times(world: World, run: Run) -> None:
    run(world.make_command())
    run(world.run_command("/oncall"))
    url = world.bot.last.form["response_url"][0]
    for number in range(4):
        assert run(world.as_nobody("POST", url, {"response_type": "in_channel", "text": str(number)}))[0] == 200
    plain = {"Content-Type": "text/plain"}
    assert run(world.as_nobody("POST", url, data=b"plain", headers=plain))[0] == 200
    assert 400 <= run(world.as_nobody("POST", url, {"text": "6"}))[0] < 500
    assert world.messages() == ["0", "1", "2", "3"]


def test_a_response_url_dies_after_half_an_hour(world: World, run: Run, clock: Clock) -> None:
    run(world.make_command())
    run(world.run_command("/oncall"))
    url = world.bot.last.form["response_url"][0]
    clock.advance(30 * 60 + 1)
    assert run(world.as_nobody("POST", url, {"text": "late"}))[0] == 404
    unknown = f"{world.simulator.url}/hooks/commands/{'a' * 26}"
    assert urlsplit(url).path != urlsplit(unknown).path
    assert run(world.as_nobody("POST", unknown, {"text": "x"}))[0] == 404


@pytest.mark.parametrize(("skip", "shown"), [(False, "[y](https://x)"), (True, "<https://x|y>")])
def test_angle_bracket_links_are_rewritten_unless_skipped(world: World, run: Run, skip: bool, shown: str) -> None:
    run(world.make_command())
    world.bot.answer = {"response_type": "in_channel", "text": "<https://x|y>", "skip_slack_parsing": skip}
    run(world.run_command("/oncall"))
    assert world.messages() == [shown]


def test_commands_need_a_site_url(world: World, run: Run) -> None:
    run(world.make_command())
    world.simulator.state.config["ServiceSettings"]["SiteURL"] = ""
    assert run(world.run_command("/oncall"))[0] == 400
    assert world.bot.received == []


def test_commands_fail_where_they_cannot_run(world: World, run: Run) -> None:
    run(world.make_command())
    assert run(world.run_command("/nothing"))[1]["id"] == "api.command.execute_command.not_found.app_error"
    assert run(world.run_command("no slash"))[1]["id"] == "api.command.execute_command.start.app_error"
    assert run(world.run_command("/oncall", caller=world.as_outsider))[0] == 403
    world.simulator.state.config["ServiceSettings"]["EnableCommands"] = False
    assert run(world.run_command("/oncall"))[0] == 501
    world.simulator.state.config["ServiceSettings"]["EnableCommands"] = True
    world.channel.delete_at = 1
    assert run(world.run_command("/oncall"))[1]["id"] == "api.command.execute_command.deleted.error"


def test_in_a_direct_channel_the_given_team_answers(world: World, run: Run) -> None:
    run(world.make_command())
    direct = world.simulator.state.direct_channel(world.mira.id, world.bot_user.id)
    assert run(world.run_command("/oncall", channel_id=direct.id))[0] == 200
    assert world.bot.last.form["channel_name"] == [direct.name]
    assert world.bot.last.form["team_id"] == [world.team.id]


def test_internal_addresses_are_called_only_if_allowed(world: World, run: Run) -> None:
    run(world.make_command())
    world.simulator.state.config["ServiceSettings"]["AllowedUntrustedInternalConnections"] = ""
    assert run(world.run_command("/oncall"))[1]["id"] == "api.command.execute_command.failed.app_error"
    assert world.bot.received == []


def test_answers_are_read_up_to_one_mebibyte(make_world: MakeWorld, run: Run) -> None:
    world = make_world()
    run(world.make_command())
    world.bot.answer = b'{"text":"' + b"x" * (1 << 20) + b'"}'
    assert run(world.run_command("/oncall"))[1]["id"] == "api.command.execute_command.failed.app_error"
