"""PagerDuty's Events APIs: the lines of its documentation, sent with curl to another host, and its answers."""

import asyncio
import json
import re
import shlex
from typing import Any

import pytest

from bot.contexts.integrations import KEY_LENGTH
from tests.scenarios.world import World

OK, ACCEPTED, BAD_REQUEST, NOT_FOUND = 200, 202, 400, 404
HOST = "https://events.pagerduty.com"
KEY = "samplekeyhere"
INVALID = {"status": "invalid event", "message": "Event object is invalid"}
TRIGGER = f"""curl --request POST --header 'Content-Type: application/json' --url {HOST}/v2/enqueue --data '{{
  "payload": {{
    "summary": "Example alert on host1.example.com", "timestamp": "2015-07-17T08:42:58.315+0000",
    "source": "monitoringtool:host1/prod-07", "severity": "info", "component": "postgres", "group": "prod-datapipe",
    "class": "deploy", "custom_details": {{"ping time": "1500ms", "load avg": 0.75}}
  }},
  "routing_key": "{KEY}", "dedup_key": "{KEY}-1", "event_action": "trigger", "client": "Sample Monitoring Service",
  "client_url": "https://monitoring.service.com",
  "links": [{{"href": "http://pagerduty.example.com", "text": "An example link."}}],
  "images": [{{"src": "https://chart.example.com/a.png", "href": "https://google.com", "alt": "An example image"}}]
}}'"""
OLDER = f"""curl -H 'Content-type: application/json' -X POST {HOST}/generic/2010-04-15/create_event.json -d '{{
  "service_key": "{KEY}", "event_type": "trigger", "incident_key": "srv01/HTTP",
  "description": "FAILURE for production",
  "client": "Sample Monitoring Service", "client_url": "https://monitoring.service.com",
  "details": {{"ping time": "1500ms", "load avg": 0.75}},
  "contexts": [{{"type": "link", "href": "http://acme.pagerduty.com"}}]
}}'"""
CHANGE = f"""curl --request POST --header 'Content-Type: application/json' --url {HOST}/v2/change/enqueue --data '{{
  "routing_key": "{KEY}",
  "payload": {{"summary": "Build Success", "timestamp": "2020-07-17T08:42:58.315+0000", "source": "build-pipeline",
               "custom_details": {{"build_state": "passed", "build_number": "2"}}}},
  "links": [{{"href": "https://acme.pagerduty.dev/build/2", "text": "View more details"}}]
}}'"""


@pytest.fixture(params=["native-11.1"])
def surface(request: pytest.FixtureRequest) -> str:
    """Senders do not care which surface there is."""
    return str(request.param)


async def key_of(world: World) -> str:
    await world.root.types("/oncall integration add Pager @ana @ben --kind pagerduty", channel="alerts")
    found = re.search(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b", world.root.sees)
    assert found
    return found.group()


async def sends(world: World, line: str, key: str) -> tuple[int, Any]:
    words = [word.replace(HOST, world.url).replace(KEY, key) for word in shlex.split(line)]
    process = await asyncio.create_subprocess_exec(*words, "-s", "-w", "\n%{http_code}", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    await world.pass_time(seconds=3)
    body, _, status = output.decode().rpartition("\n")
    return int(status), json.loads(body)


async def test_an_event_triggers_is_acknowledged_and_resolved(world: World):
    key = await key_of(world)
    processed = {"status": "success", "message": "Event processed", "dedup_key": f"{key}-1"}
    assert await sends(world, TRIGGER, key) == (ACCEPTED, processed)
    words = world.card().words
    assert "#1 Example alert on host1.example.com" in words and "postgres" in words and "1500ms" in words
    assert "An example link." in words and "Sample Monitoring Service" in words
    acknowledge = TRIGGER.replace('"trigger"', '"acknowledge"')
    assert await sends(world, acknowledge, key) == (ACCEPTED, processed)
    assert "Acknowledged by Pager" in world.card().words
    resolve = f"""curl -X POST {HOST}/v2/enqueue -H 'Content-Type: application/json' -d '{{
      "routing_key": "{KEY}", "dedup_key": "{KEY}-1", "event_action": "resolve"}}'"""
    assert await sends(world, resolve, key) == (ACCEPTED, processed)
    assert "Resolved by Pager" in world.card().words


async def test_without_a_key_of_its_own_an_event_gets_one(world: World):
    status, answer = await sends(world, TRIGGER.replace(f'"dedup_key": "{KEY}-1", ', ""), await key_of(world))
    assert status == ACCEPTED and re.fullmatch(r"[0-9a-f]{32}", answer["dedup_key"])


async def test_the_older_api(world: World):
    key = await key_of(world)
    processed = {"status": "success", "message": "Event processed", "incident_key": "srv01/HTTP"}
    for kind, said in (
        ("trigger", "#1 FAILURE for production"),
        ("acknowledge", "Acknowledged by Pager"),
        ("resolve", "Resolved by Pager"),
    ):
        assert await sends(world, OLDER.replace('"trigger"', f'"{kind}"'), key) == (OK, processed)
        assert said in world.card().words


async def test_a_change_event_is_taken_and_opens_nothing(world: World):
    processed = {"status": "success", "message": "Change event processed"}
    assert await sends(world, CHANGE, await key_of(world)) == (ACCEPTED, processed)
    assert world.cards() == []


@pytest.mark.parametrize(
    ("line", "changed", "to", "errors"),
    [
        (TRIGGER, f'"{KEY}", "dedup', '"nobody", "dedup', ["Invalid routing key"]),
        (TRIGGER, '"routing_key"', '"other"', ["'routing_key' is missing or blank"]),
        (TRIGGER, '"event_action"', '"other"', ["'event_action' is missing or blank"]),
        (
            TRIGGER,
            '"trigger"',
            '"explode"',
            ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"],
        ),
        (TRIGGER, '"summary"', '"other"', ["'payload.summary' is missing or blank"]),
        (TRIGGER, '"source"', '"other"', ["'payload.source' is missing or blank"]),
        (TRIGGER, '"severity"', '"other"', ["'payload.severity' is missing or blank"]),
        (
            TRIGGER,
            '"info"',
            '"loud"',
            ["'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"],
        ),
        (OLDER, '"service_key"', '"other"', ["'service_key' is missing or blank"]),
        (OLDER, '"description"', '"other"', ["'description' is missing or blank"]),
        (CHANGE, '"summary"', '"other"', ["'payload.summary' is missing or blank"]),
    ],
)
async def test_what_is_wrong_is_told_in_pagerdutys_words(
    world: World, line: str, changed: str, to: str, errors: list[str]
):
    key = await key_of(world)
    assert changed in line
    assert await sends(world, line.replace(changed, to), key) == (BAD_REQUEST, INVALID | {"errors": errors})
    assert world.cards() == []


async def test_a_key_in_a_query_is_no_key(world: World):
    """Queries stand in the logs of proxies."""
    key = world.alert_url.rstrip("/").rpartition("/")[2]
    for path in (f"/integrations/v1/alertmanager/?key={key}", f"/integrations/v1/alertmanager/?token={key}"):
        async with world.session.post(f"{world.url}{path}", json={}) as answer:
            assert answer.status == NOT_FOUND
    status, answer = await sends(
        world,
        TRIGGER.replace('"routing_key"', '"x"').replace("enqueue", f"enqueue?routing_key={KEY}"),
        await key_of(world),
    )
    assert (status, answer["errors"]) == (BAD_REQUEST, ["'routing_key' is missing or blank"])
