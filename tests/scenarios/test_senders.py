"""Senders as people have them, pointed at the bot: another host must be all they need."""

import asyncio
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import opsgenie_sdk
import pagerduty
import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port

from bot.composition import application
from bot.contexts.integrations import KEY_LENGTH
from bot.core.alert_group import Status
from tests.certificates import server_side
from tests.scenarios.world import World

OK, ACCEPTED, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED, INVALID = (
    200,
    202,
    400,
    401,
    403,
    404,
    405,
    422,
)


@dataclass(frozen=True)
class Secure:
    url: str
    trust: ssl.SSLContext


async def key_of(world: World, kind: str) -> str:
    await world.root.types(f"/oncall integration add Pager @ana @ben --kind {kind}", channel="alerts")
    found = re.search(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b", world.root.sees)
    assert found, world.root.notices
    return found.group()


async def away(world: World, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A blocking client, in a thread of its own; then everything due has happened."""
    answer = await asyncio.to_thread(call, *args, **options)
    await world.pass_time(seconds=3)
    return answer


@pytest.fixture(params=["native-11.1"])
def surface(request: pytest.FixtureRequest) -> str:
    """Senders do not care which surface there is."""
    return str(request.param)


@pytest.fixture
def secure(world: World, io_loop: IOLoop, tmp_path: Path) -> Iterator[Secure]:
    """The bot behind TLS: some clients speak nothing else."""
    context, trusted = server_side("localhost", tmp_path)
    server = HTTPServer(application(world.services), ssl_options=context)
    socket, port = bind_unused_port()
    server.add_socket(socket)
    yield Secure(url=f"https://127.0.0.1:{port}", trust=ssl.create_default_context(cafile=str(trusted)))
    server.stop()
    io_loop.run_sync(server.close_all_connections)


# ---- PagerDuty ----


async def test_pagerdutys_own_client_triggers_acknowledges_and_resolves(world: World, secure: Secure):
    key = await key_of(world, "pagerduty")
    with pagerduty.EventsApiV2Client(key, base_url=secure.url, verify=secure.trust) as client:
        key = await away(
            world,
            client.trigger,
            "Disk is full",
            "db-1",
            severity="critical",
            custom_details={"mount": "/var"},
            links=[{"href": "https://example.com/runbook", "text": "Runbook"}],
        )
        assert len(key) == 32
        assert "#1 Disk is full" in world.card().words and len(world.pages("ana")) == 1
        assert await away(world, client.trigger, "Disk is full", "db-1", dedup_key=key) == key
        assert "1 alert, 1 repeat" in world.card().words
        assert await away(world, client.acknowledge, key) == key
        assert "Acknowledged by Pager" in world.card().words
        await world.pass_time(minutes=10)
        assert world.pages("ben") == []
        await away(world, client.resolve, key)
        assert "Resolved by Pager" in world.card().words


async def test_pagerdutys_client_hears_of_a_wrong_key(world: World, secure: Secure):
    with pagerduty.EventsApiV2Client("x" * 32, base_url=secure.url, verify=secure.trust) as client:
        refused = await away(world, raised, client.trigger, "Disk is full", "db-1")
    assert isinstance(refused, pagerduty.HttpError) and refused.response.status_code == BAD_REQUEST


def raised(call: Callable[..., Any], *args: Any) -> Exception:
    with pytest.raises(Exception) as problem:
        call(*args)
    return problem.value


async def enqueue(world: World, body: Any, **headers: str) -> tuple[int, Any]:
    options = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with world.session.post(f"{world.url}/v2/enqueue", headers=headers, **options) as answer:
        return answer.status, await answer.json()


async def test_answers_to_the_letter(world: World):
    key = await key_of(world, "pagerduty")
    event = {"event_action": "trigger", "payload": {"summary": "x", "source": "y", "severity": "info"}}
    invalid = {"status": "invalid event", "message": "Event object is invalid"}
    assert await enqueue(world, {**event, "dedup_key": "d", "routing_key": key}) == (
        ACCEPTED,
        {"status": "success", "message": "Event processed", "dedup_key": "d"},
    )
    assert (await enqueue(world, event, **{"X-Routing-Key": key}))[0] == ACCEPTED
    assert await enqueue(world, event) == (BAD_REQUEST, invalid | {"errors": ["'routing_key' is missing or blank"]})
    assert await enqueue(world, {**event, "routing_key": "nobody"}) == (
        BAD_REQUEST,
        invalid | {"errors": ["Invalid routing key"]},
    )
    assert await enqueue(world, {"routing_key": key, "event_action": "trigger"}) == (
        BAD_REQUEST,
        invalid | {"errors": ["'payload' is missing or blank"]},
    )
    status, answer = await enqueue(world, b"{")
    assert (status, answer["status"]) == (BAD_REQUEST, "invalid event")
    async with world.session.get(f"{world.url}/v2/enqueue") as refused:
        assert refused.status == NOT_ALLOWED


async def posted(world: World, path: str, body: Any) -> tuple[int, Any]:
    async with world.session.post(f"{world.url}{path}", json=body) as answer:
        return answer.status, await answer.json()


async def test_the_older_api_of_pagerduty(world: World):
    key, path = await key_of(world, "pagerduty"), "/generic/2010-04-15/create_event.json"
    event = {"service_key": key, "incident_key": "disk", "description": "Disk is full", "details": {"host": "db-1"}}
    link = {"type": "link", "href": "https://example.com/runbook", "text": "Runbook"}
    processed = {"status": "success", "message": "Event processed", "incident_key": "disk"}
    assert await posted(world, path, {**event, "event_type": "trigger", "contexts": [link]}) == (OK, processed)
    group = await world.services.stores.groups.by_number(world.server_id, 1)
    assert group is not None
    assert (group.title, group.labels, [link.label for link in group.links]) == (
        "Disk is full",
        {"host": "db-1"},
        ["Runbook"],
    )
    assert await posted(world, path, {**event, "event_type": "acknowledge"}) == (OK, processed)
    await world.settle()
    assert "Acknowledged by Pager" in world.card().words
    assert await posted(world, path, {**event, "event_type": "resolve"}) == (OK, processed)
    await world.pass_time(minutes=1)
    assert "Resolved by Pager" in world.card().words
    for wrong, said in (
        ({}, "'service_key' is missing or blank"),
        ({"service_key": "nobody"}, "Invalid service key"),
        ({"service_key": key}, "'event_type' is missing or blank"),
        ({"service_key": key, "event_type": "trigger"}, "'description' is missing or blank"),
        ({"service_key": key, "event_type": "resolve"}, "'incident_key' is missing or blank"),
        ({"service_key": key, "event_type": ["trigger"]}, "'event_type' is missing or blank"),
    ):
        status, answer = await posted(world, path, wrong)
        assert (status, answer["errors"]) == (BAD_REQUEST, [said])


async def test_change_events_of_pagerduty_are_taken_and_open_nothing(world: World):
    key, path = await key_of(world, "pagerduty"), "/v2/change/enqueue"
    change = {"routing_key": key, "payload": {"summary": "Deployed 1.2.3", "timestamp": "2026-03-02T09:00:00Z"}}
    assert await posted(world, path, change) == (
        ACCEPTED,
        {"status": "success", "message": "Change event processed"},
    )
    assert (await posted(world, path, {"routing_key": key}))[1]["errors"] == ["'payload.summary' is missing or blank"]
    assert (await posted(world, path, {**change, "routing_key": "x"}))[1]["errors"] == ["Invalid routing key"]
    assert await world.services.stores.groups.by_number(world.server_id, 1) is None


async def test_a_key_of_another_kind_is_no_routing_key(world: World):
    key = await key_of(world, "webhook")
    event = {"event_action": "trigger", "payload": {"summary": "x", "source": "y", "severity": "info"}}
    assert (await enqueue(world, {**event, "routing_key": key}))[1]["errors"] == ["Invalid routing key"]


async def test_acknowledging_what_is_not_live_changes_nothing(world: World):
    key = await key_of(world, "pagerduty")
    event = {"routing_key": key, "event_action": "acknowledge", "dedup_key": "unheard of"}
    assert (await enqueue(world, event))[0] == ACCEPTED
    assert world.cards() == []


# ---- Opsgenie ----


def opsgenie(world: World, key: str) -> opsgenie_sdk.AlertApi:
    configuration = opsgenie_sdk.configuration.Configuration()
    configuration.host = world.url
    configuration.api_key["Authorization"] = key
    configuration.api_key_prefix["Authorization"] = "GenieKey"
    return opsgenie_sdk.AlertApi(opsgenie_sdk.ApiClient(configuration=configuration))


async def test_opsgenies_own_client_creates_acknowledges_notes_snoozes_and_closes(world: World):
    api = opsgenie(world, await key_of(world, "opsgenie"))
    wanted = opsgenie_sdk.CreateAlertPayload(
        message="Disk is full",
        alias="disk-db-1",
        description="/var on db-1",
        priority="P1",
        tags=["prod"],
        details={"mount": "/var"},
        entity="db-1",
        source="nagios",
    )
    made = await away(world, api.create_alert, wanted)
    assert made.result == "Request will be processed" and made.request_id
    assert "#1 Disk is full" in world.card().words and "prod" in world.card().words
    status = await away(world, api.get_request_status, made.request_id)
    assert (status.data.is_success, status.data.alias) == (True, "disk-db-1")
    by_alias: dict[str, Any] = {"identifier": "disk-db-1", "identifier_type": "alias"}
    user = {"user": "mon@example.com"}
    await away(world, api.acknowledge_alert, **by_alias, acknowledge_alert_payload={**user, "note": "looking"})
    assert "Acknowledged by Pager (mon@\u200bexample.com)" in world.card().words
    shown = (await away(world, api.get_alert, identifier=status.data.alert_id)).data
    assert (shown.acknowledged, shown.tiny_id, shown.priority, shown.status) == (True, "1", "P1", "open")
    await away(world, api.un_acknowledge_alert, **by_alias)
    assert "Firing since" in world.card().words
    until = {"endTime": (world.clock() + timedelta(hours=2)).isoformat()}
    await away(world, api.snooze_alert, identifier="1", identifier_type="tiny", snooze_alert_payload=until)
    assert "Silenced by Pager" in world.card().words
    await away(world, api.add_note, **by_alias, add_note_to_alert_payload={"note": "Deleted logs"})
    await away(world, api.close_alert, identifier=status.data.alert_id, close_alert_payload={"note": "done"})
    assert "Resolved by Pager" in world.card().words
    group = await world.services.stores.groups.by_number(world.server_id, 1)
    assert group is not None and [note.text for note in group.notes] == ["looking", "Deleted logs", "done"]


async def test_what_opsgenies_client_decides_about_people_becomes_a_note(world: World):
    api = opsgenie(world, await key_of(world, "opsgenie"))
    await away(world, api.create_alert, opsgenie_sdk.CreateAlertPayload(message="Disk is full", alias="disk"))
    await away(world, api.create_alert, opsgenie_sdk.CreateAlertPayload(message="Host is down", alias="host"))
    by_alias: dict[str, Any] = {"identifier": "disk", "identifier_type": "alias"}
    owner = opsgenie_sdk.AssignAlertPayload(owner=opsgenie_sdk.UserRecipient(username="ana@example.com"))
    await away(world, api.assign_alert, **by_alias, assign_alert_payload=owner)
    await away(world, api.add_tags, **by_alias, add_tags_to_alert_payload={"tags": ["prod", "db"]})
    await away(world, api.add_details, **by_alias, add_details_to_alert_payload={"details": {"disk": "sda"}})
    group = await world.services.stores.groups.by_number(world.server_id, 1)
    assert group is not None
    assert [note.text for note in group.notes] == [
        "Assigned to ana@example.com",
        "Tags added: prod, db",
        "Details added: disk sda",
    ]
    await away(world, api.close_alert, identifier="host", identifier_type="alias")
    assert [one.alias for one in (await away(world, api.list_alerts)).data] == ["host", "disk"]
    assert [one.alias for one in (await away(world, api.list_alerts, query="status: open")).data] == ["disk"]
    assert [one.alias for one in (await away(world, api.list_alerts, limit=1, offset=1)).data] == ["disk"]
    read = world.services.stores.groups.of_integration
    first = partial(read, world.server_id, group.integration_id, list(Status), limit=1)
    assert [[one.key for one in await first(skip=skip)] for skip in (0, 1, 2)] == [["host"], ["disk"], []]
    assert await read(world.server_id, "another", list(Status), limit=5, skip=0) == []
    assert await read("another", group.integration_id, list(Status), limit=5, skip=0) == []


async def test_opsgenies_own_client_removes_counts_and_reads_what_there_is_to_read(world: World):
    api = opsgenie(world, await key_of(world, "opsgenie"))
    wanted = opsgenie_sdk.CreateAlertPayload(
        message="Disk is full", alias="disk", tags=["prod", "db"], details={"mount": "/var", "host": "db-1"}
    )
    await away(world, api.create_alert, wanted)
    by_alias: dict[str, Any] = {"identifier": "disk", "identifier_type": "alias"}
    removed = await away(world, api.remove_tags, **by_alias, tags=["db"], user="cron", note="moved")
    assert (await away(world, api.get_request_status, removed.request_id)).data.action == "RemoveTags"
    await away(world, api.remove_details, **by_alias, keys=["host"])
    await away(world, api.update_alert_priority, **by_alias, update_alert_priority_payload={"priority": "P2"})
    shown = (await away(world, api.get_alert, **by_alias)).data
    assert (shown.tags, shown.details, shown.priority) == (["prod"], {"mount": "/var"}, "P2")
    notes = (await away(world, api.list_notes, **by_alias, order="asc")).data
    assert [note.note for note in notes] == ["moved", "Tags removed: db", "Details removed: host"]
    logs = (await away(world, api.list_logs, **by_alias, limit=1, order="asc")).data
    assert [one.log for one in logs] == ["Fired"] and logs[0].created_at.tzinfo is not None
    people = (await away(world, api.list_recipients, **by_alias)).data
    assert [one.user.username for one in people] == ["@ana"]
    assert (await away(world, api.count_alerts, query="tag:prod")).data.count == 1
    assert (await away(world, api.list_alerts, query="tag:db")).data == []
    await away(world, api.delete_alert, **by_alias)
    assert (await away(world, api.count_alerts, query="status:open")).data.count == 0


async def test_opsgenies_ping_keeps_the_heartbeat_alive(world: World):
    key = await key_of(world, "opsgenie")
    headers = {"Authorization": f"GenieKey {key}"}
    url = f"{world.url}/v2/heartbeats/nightly/ping"
    async with world.session.get(url, headers=headers) as answer:
        assert answer.status == NOT_FOUND
        assert (await answer.json())["message"] == "Heartbeat with name [nightly] does not exist"
    await world.root.types("/oncall integration heartbeat Pager 1h", channel="alerts")
    for method in ("GET", "PUT", "POST"):
        async with world.session.request(method, url, headers=headers) as answer:
            assert (answer.status, (await answer.json())["result"]) == (ACCEPTED, "PONG - Heartbeat received")
    async with world.session.get(url) as answer:
        assert answer.status == UNAUTHORIZED


async def ask(world: World, method: str, path: str, key: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"GenieKey {key}"} if key else {}
    async with world.session.request(method, f"{world.url}/v2/alerts{path}", json=body, headers=headers) as answer:
        said = await answer.json()
    assert said.pop("requestId") and said.pop("took") >= 0
    return answer.status, said


async def test_opsgenies_refusals(world: World):
    key = await key_of(world, "opsgenie")
    assert await ask(world, "POST", "", "", {}) == (UNAUTHORIZED, {"message": "Could not authenticate"})
    assert await ask(world, "POST", "", "wrong", {}) == (UNAUTHORIZED, {"message": "Could not authenticate"})
    assert await ask(world, "POST", "", key, {"priority": "P9"}) == (
        INVALID,
        {
            "message": "Request body is not processable. Please check the errors.",
            "errors": {
                "message": "Message can not be empty.",
                "priority": "Priority must be one of [P1, P2, P3, P4, P5].",
            },
        },
    )
    assert (await ask(world, "POST", "", key, [1]))[0] == BAD_REQUEST
    assert await ask(world, "GET", "/nothing?identifierType=alias", key) == (
        NOT_FOUND,
        {"message": "Alert with alias [nothing] does not exist"},
    )
    assert (await ask(world, "POST", "/x/close", key, {}))[0] == ACCEPTED  # what became of it, its request says
    assert (await ask(world, "POST", "/x/close?identifierType=alias", key, {}))[0] == ACCEPTED
    assert (await ask(world, "POST", "/x/attachments?identifierType=alias", key, {}))[0] == FORBIDDEN
    assert (await ask(world, "POST", "/x/assign?identifierType=alias", key, {}))[0] == INVALID
    assert (await ask(world, "POST", "/x/snooze?identifierType=alias", key, {"endTime": "1999-01-01"}))[0] == INVALID
    assert (await ask(world, "GET", "/requests/none", key))[0] == NOT_FOUND
    assert (await ask(world, "PUT", "", key))[0] == NOT_ALLOWED


async def test_an_alias_may_hold_anything_and_deleting_closes(world: World):
    key = await key_of(world, "opsgenie")
    alias = '{}:{alertname="Disk / full"} ä?'
    assert (await ask(world, "POST", "", key, {"message": "x", "alias": alias}))[0] == ACCEPTED
    path = f"/{quote(alias, safe='')}?identifierType=alias"
    status, shown = await ask(world, "GET", path, key)
    assert (status, shown["data"]["alias"]) == (OK, alias)
    assert (await ask(world, "DELETE", path, key))[0] == ACCEPTED
    assert (await ask(world, "GET", f"/{shown['data']['id']}", key))[1]["data"]["status"] == "closed"


async def test_an_integration_sees_its_own_alerts_only(world: World):
    key = await key_of(world, "opsgenie")
    await world.fire()
    group = await world.services.stores.groups.by_number(world.server_id, 1)
    assert group is not None
    for path in (f"/{group.id}", "/1?identifierType=tiny", f"/{quote(group.key, safe='')}?identifierType=alias"):
        assert (await ask(world, "GET", path, key))[0] == NOT_FOUND
