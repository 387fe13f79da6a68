"""Dialogs on the server's side: checks, forwarding, and what comes back."""

from typing import Any

import pytest

from tests.simulator.conftest import Clock, MakeWorld, Run
from tests.simulator.small_bot import World

FORM = {"title": "Step 2", "callback_id": "two", "elements": [{"display_name": "A", "name": "a", "type": "text"}]}


def opened(world: World, run: Run, dialog: dict[str, Any]) -> dict[str, Any]:
    """Open it with a fresh trigger; what the client gets."""
    queue = world.simulator.events.subscribe(world.mira.id)
    _, trigger_id = world.simulator.trigger_key.make(world.mira.id, world.simulator.state.now())
    body = {"trigger_id": trigger_id, "url": f"{world.bot.url}/dialog", "dialog": dialog}
    status, answer = run(world.as_nobody("POST", "/actions/dialogs/open", body))
    assert status == 200, answer
    (shown,) = world.dialogs_in(queue)
    found: dict[str, Any] = shown["dialog"]
    return found


def submission(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "type": "dialog_submission",
        "url": f"{world.bot.url}/dialog",
        "callback_id": "override",
        "state": "sealed",
        "user_id": world.tomas.id,
        "channel_id": world.channel.id,
        "team_id": world.team.id,
        "submission": {"why": "", "count": 3},
        "cancelled": False,
        **changes,
    }


def element(**changes: Any) -> dict[str, Any]:
    return {"display_name": "Why", "name": "why", "type": "text", **changes}


@pytest.mark.parametrize(
    "dialog",
    [
        {"title": "x" * 25, "elements": []},
        {"title": "é" * 13, "elements": []},
        {"title": "x", "elements": [element(), element()]},
        {"title": "x", "elements": [element(type="date")]},
        {"title": "x", "elements": [element(type="select", options=[{"text": "a", "value": "a"}], default="b")]},
        {"title": "x", "elements": [element(type="select", data_source="dynamic", data_source_url="https://x")]},
        {"title": "x", "elements": [element(display_name="x" * 25)]},
        {"title": "x", "elements": [element(help_text="x" * 151)]},
        {"title": "x", "elements": [element(default=True)]},
    ],
)
def test_a_bad_dialog_still_opens_but_is_noted(world: World, run: Run, dialog: dict[str, Any]) -> None:
    opened(world, run, dialog)
    assert len(world.simulator.surprises) == 1


def test_a_good_dialog_is_not_noted(make_world: MakeWorld, run: Run) -> None:
    world = make_world(version="11.10")
    elements = [
        element(name="user", type="select", data_source="users"),
        element(name="many", type="select", multiselect=True, default="a,b", options=_options("a", "b")),
        element(name="day", type="date", datetime_config={"min_date": "today"}),
        element(name="yes", type="bool", default="true"),
        element(name="dynamic", type="select", data_source="dynamic", data_source_url="https://bot.example/x"),
    ]
    shown = opened(world, run, {"title": "x" * 24, "elements": elements})
    assert shown["elements"][1]["multiselect"] is True
    assert world.simulator.surprises == []


def _options(*values: str) -> list[dict[str, str]]:
    return [{"text": value, "value": value} for value in values]


def test_keys_of_later_versions_vanish(make_world: MakeWorld, run: Run) -> None:
    dialog = {
        "title": "x",
        "source_url": "https://bot.example/refresh",
        "elements": [element(type="select", multiselect=True, refresh=True, options=_options("a"))],
    }
    old = opened(make_world(version="10.5"), run, dialog)
    assert "source_url" not in old
    assert not {"multiselect", "refresh"} & old["elements"][0].keys()
    new = opened(make_world(version="11.1"), run, dialog)
    assert new["source_url"] == "https://bot.example/refresh"
    assert new["elements"][0]["refresh"] is True


def test_version_12_ignores_top_level_date_keys(make_world: MakeWorld, run: Run) -> None:
    dialog = {"title": "x", "elements": [element(type="datetime", min_date="today", time_interval=60)]}
    assert opened(make_world(version="11.7"), run, dialog)["elements"][0]["min_date"] == "today"
    assert "min_date" not in opened(make_world(version="12.0"), run, dialog)["elements"][0]


def test_an_odd_time_interval_is_noted(make_world: MakeWorld, run: Run) -> None:
    world = make_world(version="11.10")
    opened(world, run, {"title": "x", "elements": [element(type="datetime", datetime_config={"time_interval": 7})]})
    assert len(world.simulator.surprises) == 1


def test_a_submission_carries_the_sessions_user(world: World, run: Run) -> None:
    status, body = run(world.as_mira("POST", "/actions/dialogs/submit", submission(world, type="whatever")))
    assert (status, body) == (200, {})
    got = world.bot.last
    assert got.json == {
        "type": "dialog_submission",
        "callback_id": "override",
        "state": "sealed",
        "user_id": world.mira.id,
        "channel_id": world.channel.id,
        "team_id": world.team.id,
        "submission": {"why": "", "count": 3},
        "cancelled": False,
    }
    assert got.headers["Content-Type"] == got.headers["Accept"] == "application/json"
    assert "Authorization" not in got.headers


def test_a_submission_needs_a_session_and_a_readable_channel(world: World, run: Run) -> None:
    assert run(world.as_nobody("POST", "/actions/dialogs/submit", submission(world)))[0] == 401
    private = submission(world, channel_id=world.private.id)
    assert run(world.as_mira("POST", "/actions/dialogs/submit", private))[0] == 403
    assert world.bot.received == []


def test_cancelling_is_forwarded(world: World, run: Run) -> None:
    run(world.as_mira("POST", "/actions/dialogs/submit", submission(world, cancelled=True, submission={})))
    assert (world.bot.last.json["cancelled"], world.bot.last.json["submission"]) == (True, {})


def test_field_errors_reach_the_client(world: World, run: Run) -> None:
    world.bot.answer = {"errors": {"why": "Too short"}, "error": "Locked"}
    assert run(world.as_mira("POST", "/actions/dialogs/submit", submission(world)))[1] == world.bot.answer


def test_an_empty_answer_closes(world: World, run: Run) -> None:
    world.bot.answer = b""
    assert run(world.as_mira("POST", "/actions/dialogs/submit", submission(world))) == (200, {})


def test_a_malformed_answer_fails(world: World, run: Run) -> None:
    world.bot.answer = b"{"
    status, error = run(world.as_mira("POST", "/actions/dialogs/submit", submission(world)))
    assert (status, error["id"]) == (500, "app.submit_interactive_dialog.decode_json_error")


@pytest.mark.parametrize(
    ("version", "answered", "shown"),
    [
        ("9.5", 500, 400),
        ("11.7", 503, 400),
        ("11.10", 500, 502),
        ("11.10", 503, 503),
        ("11.10", 429, 429),
        ("11.10", 404, 400),
        ("11.10", 204, 400),
    ],
)
def test_the_bots_failures_reach_the_client_by_version(
    make_world: MakeWorld, run: Run, version: str, answered: int, shown: int
) -> None:
    world = make_world(version=version)
    world.bot.status = answered
    assert run(world.as_mira("POST", "/actions/dialogs/submit", submission(world)))[0] == shown


def test_a_next_step_passes_from_11_1_and_is_dropped_before(make_world: MakeWorld, run: Run) -> None:
    old, new = make_world(version="10.11"), make_world(version="11.1")
    old.bot.answer = {"type": "form", "form": FORM}
    assert run(old.as_mira("POST", "/actions/dialogs/submit", submission(old)))[1] == {}
    answer = run(new.as_mira("POST", "/actions/dialogs/submit", submission(new)))[1]
    assert (answer["type"], answer["form"]["title"]) == ("form", "Step 2")


@pytest.mark.parametrize("answer", [{"type": "banana"}, {"type": "form"}])
def test_unknown_answers_are_refused_from_11_1(make_world: MakeWorld, run: Run, answer: dict[str, str]) -> None:
    world = make_world(version="11.1")
    world.bot.answer = answer
    status, error = run(world.as_mira("POST", "/actions/dialogs/submit", submission(world)))
    assert (status, error["id"]) == (400, "app.submit_interactive_dialog.invalid_response")


def test_a_refresh_is_one_only_from_11_1(make_world: MakeWorld, run: Run) -> None:
    for version, kind in (("11.0", "dialog_submission"), ("11.1", "refresh")):
        world = make_world(version=version)
        run(world.as_mira("POST", "/actions/dialogs/submit", submission(world, type="refresh")))
        assert world.bot.last.json["type"] == kind


def test_lookup_gives_items_from_11_0(make_world: MakeWorld, run: Run) -> None:
    world = make_world(version="11.0")
    world.bot.answer = {"items": [{"text": "db-main", "value": "1"}]}
    body = submission(world, submission={"query": "db"})
    assert run(world.as_mira("POST", "/actions/dialogs/lookup", body)) == (200, world.bot.answer)
    assert world.bot.last.json["type"] == "dialog_lookup"
    world.bot.answer = b""
    assert run(world.as_mira("POST", "/actions/dialogs/lookup", body))[1] == {"items": []}
    old = make_world(version="10.11")
    assert run(old.as_mira("POST", "/actions/dialogs/lookup", submission(old)))[0] == 404


@pytest.mark.parametrize(("version", "derived"), [("11.7", False), ("11.10", True)])
def test_the_team_of_a_direct_channel_is_the_clients_until_11_10(
    make_world: MakeWorld, run: Run, version: str, derived: bool
) -> None:
    world = make_world(version=version)
    direct = world.simulator.state.direct_channel(world.mira.id, world.bot_user.id)
    run(world.as_mira("POST", "/actions/dialogs/submit", submission(world, channel_id=direct.id)))
    assert world.bot.last.json["team_id"] == ("" if derived else world.team.id)


def test_an_action_button_gives_a_fresh_trigger(make_world: MakeWorld, run: Run, clock: Clock) -> None:
    world = make_world(version="11.10")
    body = {"url": f"{world.bot.url}/press", "context": {"op": "x"}, "channel_id": world.channel.id}
    status, answer = run(world.as_mira("POST", "/actions/dialogs/execute", body))
    got = world.bot.last.json
    assert (status, got["type"], got["user_id"], got["context"]) == (200, "dialog_action", world.mira.id, {"op": "x"})
    trigger = world.simulator.trigger_key.read(got["trigger_id"], now=world.simulator.state.now(), ttl=30)
    assert trigger.client_id == answer["trigger_id"]
