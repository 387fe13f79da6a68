"""Calls from clients to Apps and back; numbers are lines of the conformance list of the Apps protocol."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest

from bot.simulator.server import Simulator
from tests.simulator.apps_world import PLUGIN, Json, Reply, World

SECRET = "a secret that is long enough for HS256"


@pytest.fixture
def world(make_simulator: Callable[..., Simulator], run: Callable[..., Any]) -> Iterator[World]:
    world = World(make_simulator(apps=True), run)
    world.install(SECRET, http={"use_jwt": True}, on_install="/installed", on_remote_webhook={"path": "/hooks"})
    world.app.seen.clear()
    yield world
    world.close()


def claims(world: World, path: str) -> Json:
    header = world.app.calls(path)[-1].headers["Mattermost-App-Authorization"]
    found: Json = jwt.decode(
        header.removeprefix("Bearer "), SECRET, algorithms=["HS256"], options={"verify_exp": False}
    )
    return found


@pytest.mark.apps(22)
def test_the_context_holds_nothing_the_client_said(world: World) -> None:
    world.app.answers["/do"] = {}
    world.call("/do", context={"post_id": "p", "user_id": "u", "acting_user": {"id": "forged"}}, values={"a": "b"})
    request = world.app.calls("/do")[0].body
    assert set(request) == {"path", "expand", "values", "context"}
    context = request["context"]
    assert set(context) == {"app_id", "mattermost_site_url", "app_path", "bot_user_id", "bot_access_token", "oauth2"}
    assert context["app_id"] == ""
    assert context["app_path"] == f"{PLUGIN}/apps/oncall"
    assert context["mattermost_site_url"] == world.simulator.site_url


def test_a_forged_subject_is_passed_on(world: World) -> None:
    assert world.received({}, context={"subject": "user_joined_channel"})["subject"] == "user_joined_channel"


def test_state_query_and_command_are_passed_on(world: World) -> None:
    world.app.answers["/do"] = {}
    world.call("/do", state={"v": 1}, query="db", selected_field="service", raw_command="/oncall do")
    body = world.app.calls("/do")[0].body
    assert (body["state"], body["query"], body["selected_field"]) == ({"v": 1}, "db", "service")
    assert body["raw_command"] == "/oncall do"


@pytest.mark.parametrize(
    ("path", "arrives", "query"),
    [("//do", "/do", ""), ("/do/", "/do", ""), ("/do/?a=1&b", "/do", "a=1&b"), ("/x/../do", "/do", "")],
)
@pytest.mark.apps(34)
def test_paths_are_cleaned_and_keep_their_query(world: World, path: str, arrives: str, query: str) -> None:
    world.app.answers["/do"] = {}
    assert world.call(path)["type"] == "ok"
    assert [(seen.path, seen.query) for seen in world.app.seen] == [(arrives, query)]


@pytest.mark.parametrize("path", ["/ping", "/installed", "/oauth2/connect", "/oauth2/complete", "/hooks", "/hooks/"])
@pytest.mark.apps(35)
def test_lifecycle_paths_are_forbidden_to_clients(world: World, path: str) -> None:
    assert "forbidden call path: path" in world.call(path)["text"]
    assert world.app.seen == []


@pytest.mark.parametrize("path", ["/oauth2/complete?x", "/oauth2/%63omplete", "/hooks/x", "/webhook", "/bindings"])
@pytest.mark.apps(35)
def test_encoded_or_queried_variants_pass(world: World, path: str) -> None:
    world.call(path)
    assert len(world.app.seen) == 1


def test_a_path_without_slash_is_refused_and_an_empty_one_breaks_the_handler(world: World) -> None:
    assert world.call("do")["text"] == 'call path must start with a "/": "do": invalid input'
    body = {"path": "", "context": {"app_id": "oncall"}}
    assert world.http("POST", f"{PLUGIN}/api/v1/call", token=world.session(world.user), body=body)[0] == 500


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply(status=201, body=b"made"), "upstream call failed: failed to invoke via HTTP: made"),
        (Reply(status=204), "upstream call failed: failed to invoke via HTTP: "),
        (Reply(status=500, body=b"broken"), "upstream call failed: failed to invoke via HTTP: broken"),
        (Reply(body=b""), "upstream call failed: EOF"),
        (Reply(body=b"<html>"), "upstream call failed: invalid character '<' looking for beginning of value"),
        (Reply(body=b'{"type":'), "upstream call failed: unexpected EOF"),
        ({"type": "error", "text": "x"}, "x"),
    ],
)
@pytest.mark.apps(37, 38)
def test_failures_of_the_app_become_an_error_text(world: World, reply: Any, text: str) -> None:
    world.app.answers["/do"] = reply
    response = world.call("/do")
    assert (response["type"], response["text"]) == ("error", text)
    assert response["app_metadata"]["bot_username"] == "oncall"


@pytest.mark.apps(37)
def test_a_redirect_is_followed_with_get_and_404_names_the_url(world: World) -> None:
    world.app.answers["/do"] = Reply(status=302, headers={"Location": "/other"})
    world.app.answers["/other"] = {"text": "there"}
    assert world.call("/do")["text"] == "there"
    assert world.app.calls("/other")[0].method == "GET"
    expected = f"upstream call failed: failed to invoke via HTTP: {world.app.url}/gone: not found"
    assert world.call("/gone")["text"] == expected


def test_an_app_that_is_down_or_slow_becomes_an_error_text(world: World) -> None:
    world.simulator.faults.drop(direction="out", prefix=world.app.url, times=1)
    assert world.call("/do")["text"].startswith("upstream call failed: failed to invoke via HTTP: ")
    world.plugin.settings.call_seconds = 0.05
    world.simulator.faults.slow(5.0, direction="out", prefix=world.app.url)
    assert world.call("/do")["text"].startswith("upstream call failed: failed to invoke via HTTP: ")


def test_a_wrong_json_type_is_an_error(world: World) -> None:
    world.app.answers["/do"] = {"text": 5}
    expected = "json: cannot unmarshal number into Go struct field CallResponse.text of type string"
    assert world.call("/do")["text"] == f"upstream call failed: {expected}"
    assert world.dropped(expected)


@pytest.mark.parametrize(
    ("reply", "type_"), [({}, "ok"), (Reply(body=b"null"), "ok"), ({"type": "dance"}, "dance"), ({"type": ""}, "ok")]
)
@pytest.mark.apps(39)
def test_a_missing_type_is_ok_and_an_unknown_one_passes(world: World, reply: Any, type_: str) -> None:
    world.app.answers["/do"] = reply
    assert world.call("/do")["type"] == type_


@pytest.mark.apps(40)
def test_the_call_endpoint_answers_200_with_metadata_whatever_happens(world: World) -> None:
    def post(body: Any, token: str) -> tuple[int, Any]:
        status, text, _ = world.http("POST", f"{PLUGIN}/api/v1/call", token=token, body=body)
        return status, json.loads(text) if status == 200 else text

    token = world.session(world.user)
    status, response = post({"path": "/do", "context": {"app_id": "oncall"}}, token)
    assert (status, response["type"]) == (200, "error")
    assert response["app_metadata"]["bot_user_id"] == world.plugin.app("oncall").bot_user_id
    status, response = post({"path": "/do", "context": {"app_id": "nobody"}}, token)
    assert (status, response["text"]) == (200, "app nobody is not installed: not found")
    assert response["app_metadata"] == {}
    status, response = post({"path": "/do", "context": {"app_id": "oncall"}}, "")
    assert (status, response["text"]) == (200, "user ID is required: unauthorized")


@pytest.mark.apps(40)
def test_a_request_that_is_no_call_is_answered_with_400(world: World) -> None:
    token = world.session(world.user)
    for body in (b"{", b"[]", b'{"path":"/x"}', b'{"path":5,"context":{"app_id":"oncall"}}'):
        status, _, headers = world.http("POST", f"{PLUGIN}/api/v1/call", token=token, body=body)
        assert (status, headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_a_cookie_needs_the_csrf_header_to_call(world: World) -> None:
    body = {"path": "/do", "context": {"app_id": "oncall"}}
    _, text, _ = world.http("POST", f"{PLUGIN}/api/v1/call", cookie=world.session(world.user), body=body)
    assert "user ID is required" in text


@pytest.mark.apps(43)
def test_refresh_bindings_reaches_the_user_except_with_errors_and_on_the_bindings_path(world: World) -> None:
    async def subscribe() -> Any:
        return world.simulator.events.subscribe(world.user.id)

    queue = world.run(subscribe())
    world.app.answers["/error"] = {"type": "error", "text": "x", "refresh_bindings": True}
    world.app.answers["/bindings"] = {"type": "ok", "data": [], "refresh_bindings": True}
    world.call("/error")
    world.call("/bindings")
    assert queue.qsize() == 1
    world.app.answers["/do"] = {"refresh_bindings": True}
    world.call("/do")
    queue.get_nowait()
    assert queue.get_nowait()["event"] == "custom_com.mattermost.apps_refresh_bindings"


def test_a_form_in_a_response_is_cleaned_and_the_loss_is_noted(world: World) -> None:
    form = {"submit": "/do", "icon": "bell.png", "fields": [{"name": "a b"}, {"name": "good", "type": "text"}]}
    world.app.answers["/do"] = {"type": "form", "form": form}
    found = world.call("/do")["form"]
    assert found["submit"] == {"path": "/do"}
    assert found["icon"] == f"{world.simulator.site_url}{PLUGIN}/apps/oncall/static/bell.png"
    assert [field["label"] for field in found["fields"]] == ["good"]
    assert world.dropped('app oncall, form from /do: field name "a b" has a blank in it')


@pytest.mark.apps(44)
def test_the_jwt_lasts_15_minutes_and_names_only_an_expanded_user(world: World) -> None:
    world.app.answers["/do"] = {}
    world.call("/do")
    expires = int(world.simulator.clock()) + 900
    assert claims(world, "/do") == {"exp": expires}
    world.call("/do", expand={"acting_user": "id"})
    assert claims(world, "/do") == {"exp": expires, "acting_user_id": world.user.id}


@pytest.mark.apps(44)
def test_the_jwt_of_an_asynchronous_call_names_the_bot(world: World) -> None:
    app = world.plugin.app("oncall")
    world.app.answers["/hooks"] = {}
    world.http("POST", f"{PLUGIN}/apps/oncall/webhook?secret={app.webhook_secret}", body={"a": 1})
    world.run(world.plugin.settle())
    assert claims(world, "/hooks")["acting_user_id"] == app.bot_user_id


def test_a_blank_secret_signs_with_an_empty_key(world: World) -> None:
    world.install("", app_id="other", http={"use_jwt": True})
    token = world.app.calls("/ping")[-1].headers["Mattermost-App-Authorization"].removeprefix("Bearer ")
    signed, _, signature = token.rpartition(".")
    expected = base64.urlsafe_b64encode(hmac.digest(b"", signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    assert signature == expected


def test_without_jwt_no_header_is_sent(world: World) -> None:
    world.install()
    assert "Mattermost-App-Authorization" not in world.app.calls("/ping")[-1].headers
