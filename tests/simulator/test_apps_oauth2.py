"""Connecting accounts of a remote system; numbers are lines of the conformance list of the Apps protocol."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.simulator.server import Simulator
from tests.simulator.apps_world import PLUGIN, Json, World

API = f"{PLUGIN}/api/v1"
CONNECT = f"{PLUGIN}/apps/oncall/oauth2/remote/connect"
COMPLETE = f"{PLUGIN}/apps/oncall/oauth2/remote/complete"


@pytest.fixture
def world(make_simulator: Callable[..., Simulator], run: Callable[..., Any]) -> Iterator[World]:
    world = World(make_simulator(apps=True), run)
    world.install()
    yield world
    world.close()


def connect(world: World) -> str:
    """Go through the first half; the state given to the App."""
    world.app.answers["/oauth2/connect"] = lambda body: {
        "data": f"https://pager.example.net/authorize?state={body['values']['state']}"
    }
    status, _, headers = world.http("GET", CONNECT, cookie=world.session(world.user))
    assert status == 307
    return headers["Location"].rpartition("=")[2]


@pytest.mark.apps(70)
def test_connecting_redirects_with_307_to_where_the_app_says(world: World) -> None:
    state = connect(world)
    random, user_id = state.split(".")
    assert (len(random), user_id) == (20, world.user.id)
    context = world.app.calls("/oauth2/connect")[0].context
    assert context["acting_user"]["username"] == "amira"
    assert context["acting_user_access_token"]
    assert context["oauth2"]["complete_url"].endswith(COMPLETE)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ({"data": {"url": "x"}}, "unexpected data type"),
        ({"type": "error", "text": "not today"}, "not today"),
        ({"type": "form", "form": {}}, "unexpected response type"),
    ],
)
@pytest.mark.apps(70)
def test_a_connect_answer_without_a_url_is_a_500(world: World, reply: Json, text: str) -> None:
    world.app.answers["/oauth2/connect"] = reply
    status, body, headers = world.http("GET", CONNECT, cookie=world.session(world.user))
    assert (status, headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert text in body


def test_connecting_without_a_session_calls_the_app_without_a_user(world: World) -> None:
    world.app.answers["/oauth2/connect"] = {"data": "https://pager.example.net"}
    assert world.http("GET", CONNECT)[0] == 307
    assert "acting_user" not in world.app.calls("/oauth2/connect")[0].context


@pytest.mark.apps(69)
def test_completing_passes_the_query_to_the_app_and_shows_a_page(world: World) -> None:
    world.app.answers["/oauth2/complete"] = {}
    state = connect(world)
    path = f"{COMPLETE}?code=c1&code=c2&state={state}"
    status, body, headers = world.http("GET", path, cookie=world.session(world.user))
    assert (status, headers["Content-Type"]) == (200, "text/html")
    assert "window.close()" in body
    assert world.app.calls("/oauth2/complete")[0].body["values"] == {"code": "c1", "state": state}


@pytest.mark.apps(69)
def test_a_state_works_once_for_15_minutes_and_one_user(world: World, clock: Any) -> None:
    world.app.answers["/oauth2/complete"] = {}

    def complete(state: str, user: Any) -> tuple[int, str]:
        return world.http("GET", f"{COMPLETE}?state={state}", cookie=world.session(user))[:2]

    state = connect(world)
    assert complete(state, world.admin) == (403, "forbidden\n")
    assert complete(state, world.user)[0] == 200
    assert complete(state, world.user) == (403, "state mismatch: forbidden\n")
    state = connect(world)
    clock.advance(900)
    assert complete(state, world.user)[0] == 403
    assert complete("", world.user)[0] == 401
    assert len(world.app.calls("/oauth2/complete")) == 1


@pytest.mark.apps(70)
def test_an_app_error_on_completion_is_a_500_with_its_text(world: World) -> None:
    world.app.answers["/oauth2/complete"] = {"type": "error", "text": "denied"}
    state = connect(world)
    found = world.http("GET", f"{COMPLETE}?state={state}&error=access_denied", cookie=world.session(world.user))
    assert found[:2] == (500, "denied\n")


def test_the_status_tells_disabled_uninstalled_and_unpermitted_apps_apart(world: World) -> None:
    world.on_app("disable")
    assert world.http("GET", CONNECT)[0] == 403
    world.on_app("uninstall")
    assert world.http("GET", CONNECT)[0] == 404
    world.install(requested_permissions=["act_as_bot"])
    assert (world.http("GET", CONNECT)[0], world.http("GET", f"{COMPLETE}?state=x")[0]) == (500, 401)


@pytest.mark.apps(72)
def test_bot_tokens_browser_sessions_and_personal_tokens_may_not_store_oauth2_data(world: World) -> None:
    personal = world.simulator.state.issue_token(world.admin.id, "personal").secret
    for token in (world.bot_token(), world.session(world.admin), personal, ""):
        assert world.http("PUT", f"{API}/oauth2/app", token=token, body={"client_id": "gw"})[0] == 401
        assert world.http("PUT", f"{API}/oauth2/user", token=token, body={})[0] == 401
        assert world.http("GET", f"{API}/oauth2/user", token=token)[0] == 401


def test_an_admins_token_stores_the_oauth2_app_whole(world: World) -> None:
    assert world.http("PUT", f"{API}/oauth2/app", token=world.user_token(), body={"client_id": "gw"})[0] == 401
    token = world.user_token(world.admin.id)
    record = {"client_id": "gw", "client_secret": "s", "remote_root_url": "https://x", "data": {"tenant": "eu"}}
    assert world.http("POST", f"{API}/oauth2/app", token=token, body=record)[:2] == (200, "")
    oauth2 = world.received({"oauth2_app": "all"})["oauth2"]
    assert {key: oauth2[key] for key in record} == record
    world.http("PUT", f"{API}/oauth2/app", token=token, body={"client_id": "gw2"})
    assert world.plugin.app("oncall").remote_oauth2 == {"client_id": "gw2"}


@pytest.mark.apps(74)
def test_user_data_is_empty_at_first_and_comes_back_verbatim(world: World) -> None:
    token = world.user_token()
    assert world.http("GET", f"{API}/oauth2/user", token=token)[:2] == (200, "")
    assert world.http("PUT", f"{API}/oauth2/user", token=token, body=b'{"a":  1}')[0] == 200
    assert world.http("GET", f"{API}/oauth2/user", token=token)[:2] == (200, '{"a":  1}')


def test_new_user_data_refreshes_that_users_bindings(world: World) -> None:
    async def subscribe() -> Any:
        return world.simulator.events.subscribe(world.user.id)

    queue = world.run(subscribe())
    token = world.user_token()
    for _ in range(2):
        world.http("PUT", f"{API}/oauth2/user", token=token, body={"a": 1})
    events = [queue.get_nowait()["event"] for _ in range(queue.qsize())]
    assert events == ["hello", "custom_com.mattermost.apps_refresh_bindings"]


@pytest.mark.parametrize("path", ["oauth2/user", "kv/key"])
@pytest.mark.apps(73)
def test_a_body_may_have_8192_bytes_of_json(world: World, path: str) -> None:
    token = world.user_token()

    def put(body: bytes) -> tuple[int, str]:
        return world.http("PUT", f"{API}/{path}", token=token, body=body)[:2]

    assert put(b"1".ljust(8192))[0] == 200
    assert put(b"1".ljust(8193)) == (500, "size limit of 8Kb exceeded\n")
    assert put(b"{")[0] == 400
