"""Opsgenie's Alert API, endpoint by endpoint: the lines of its documentation, sent with curl to another host."""

import asyncio
import json
import re
import shlex
from typing import Any

import pytest

from bot.contexts.integrations import KEY_LENGTH
from bot.core.alert_group import AlertGroup
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.receiving.opsgenie.api import AT_ONCE
from tests.scenarios.world import World

OK, ACCEPTED, FORBIDDEN, NOT_FOUND, INVALID = 200, 202, 403, 404, 422
API = "https://api.opsgenie.com"
JSON = "--header 'Content-Type: application/json'"
ALIAS = "identifierType=alias"
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CREATE = f"""curl -X POST {API}/v2/alerts {JSON} -d '{{
  "message": "An example alert message", "alias": "disk",
  "description": "Every alert needs a description",
  "responders": [{{"name": "NOC", "type": "team"}}], "visibleTo": [{{"name": "rocket_team", "type": "team"}}],
  "actions": ["Restart", "AnExampleAction"], "tags": ["OverwriteQuietHours", "Critical"],
  "details": {{"key1": "value1", "key2": "value2"}}, "entity": "An example entity", "priority": "P1"
}}'"""
WHO = '"user":"Monitoring Script", "source":"AWS Lambda", "note":"Action executed via Alert API"'

# What the documentation calls it; the line; the action and the status its request has afterwards.
ACTIONS = [
    ("close", f"-X POST '/disk/close?{ALIAS}' -d '{{{WHO}}}'", "Close", "Closed alert"),
    ("delete", f"-X DELETE '/disk?{ALIAS}&user=Monitoring%20Script'", "Delete", "Deleted alert"),
    ("acknowledge", f"-X POST '/disk/acknowledge?{ALIAS}' -d '{{{WHO}}}'", "Acknowledge", "Acknowledged alert"),
    ("unacknowledge", f"-X POST '/disk/unacknowledge?{ALIAS}' -d '{{}}'", "UnAcknowledge", "Unacknowledged alert"),
    (
        "snooze",
        f"-X POST '/disk/snooze?{ALIAS}' -d '{{\"endTime\": \"2126-04-03T20:05:50.894Z\", {WHO}}}'",
        "Snooze",
        "Snoozed alert",
    ),
    ("add note", f"-X POST '/disk/notes?{ALIAS}' -d '{{{WHO}}}'", "AddNote", "Added note to alert"),
    (
        "escalate",
        f'-X POST \'/disk/escalate?{ALIAS}\' -d \'{{"escalation": {{"id": "bcd5"}}, {WHO}}}\'',
        "EscalateNext",
        "Noted escalation",
    ),
    (
        "assign",
        f'-X POST \'/disk/assign?{ALIAS}\' -d \'{{"owner": {{"username": "admin@opsgenie.com"}}, {WHO}}}\'',
        "AssignOwnership",
        "Noted owner",
    ),
    ("team", f'-X POST \'/disk/teams?{ALIAS}\' -d \'{{"team": {{"id": "bcd5"}}, {WHO}}}\'', "AddTeam", "Noted team"),
    (
        "responder",
        f'-X POST \'/disk/responders?{ALIAS}\' -d \'{{"responder": {{"type": "user", "username": "a@b.co"}}}}\'',
        "AddResponder",
        "Noted responder",
    ),
    (
        "add tags",
        f'-X POST \'/disk/tags?{ALIAS}\' -d \'{{"tags": ["OverwriteQuietHours","Critical"], {WHO}}}\'',
        "AddTags",
        "Added tags to alert",
    ),
    (
        "remove tags",
        f"-X DELETE '/disk/tags?{ALIAS}&tags=OverwriteQuietHours,Critical&user=Monitoring%20Script&note=gone'",
        "RemoveTags",
        "Removed tags from alert",
    ),
    (
        "add details",
        f'-X POST \'/disk/details?{ALIAS}\' -d \'{{"details": {{"key3": "value3"}}, {WHO}}}\'',
        "AddDetails",
        "Added details to alert",
    ),
    (
        "remove details",
        f"-X DELETE '/disk/details?{ALIAS}&keys=key1,key2&user=Monitoring%20Script'",
        "RemoveDetails",
        "Removed details from alert",
    ),
    (
        "priority",
        f"-X PUT '/disk/priority?{ALIAS}' -d '{{\"priority\": \"P5\"}}'",
        "UpdatePriority",
        "Updated priority",
    ),
    (
        "message",
        f"-X PUT '/disk/message?{ALIAS}' -d '{{\"message\": \"Another message\"}}'",
        "UpdateMessage",
        "Updated message",
    ),
    (
        "description",
        f"-X PUT '/disk/description?{ALIAS}' -d '{{\"description\": \"Another description\"}}'",
        "UpdateDescription",
        "Updated description",
    ),
]


class Sender:
    """curl with the key of an integration."""

    def __init__(self, world: World, key: str) -> None:
        self._world = world
        self._key = key

    async def sends(self, line: str) -> tuple[int, dict[str, Any]]:
        """Status and answer, without what is different each time; then everything due has happened."""
        words = [word.replace(API, self._world.url) for word in shlex.split(line)]
        process = await asyncio.create_subprocess_exec(
            *words, "-s", "-H", f"Authorization: GenieKey {self._key}", "-w", "\n%{http_code}",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
        await self._world.pass_time(seconds=3)
        body, _, status = output.decode().rpartition("\n")
        answer = json.loads(body)
        assert REQUEST_ID.fullmatch(answer["requestId"]) and answer.pop("took") >= 0
        return int(status), answer

    async def asks(self, path: str) -> tuple[int, dict[str, Any]]:
        return await self.sends(f"curl -X GET '{API}{path}'")

    async def does(self, line: str) -> tuple[int, dict[str, Any]]:
        """One of the lines above, with the rest of what stands in each."""
        return await self.sends(re.sub(r"'/", f"'{API}/v2/alerts/", f"curl {line} {JSON}", count=1))


async def group(world: World, number: int = 1) -> AlertGroup:
    found = await world.services.stores.groups.by_number(world.server_id, number)
    assert found is not None
    return found


@pytest.fixture(params=["native-11.1"])
def surface(request: pytest.FixtureRequest) -> str:
    """Senders do not care which surface there is."""
    return str(request.param)


async def sender_in(world: World) -> Sender:
    await world.root.types("/oncall integration add Pager @ana @ben --kind opsgenie", channel="alerts")
    found = re.search(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b", world.root.sees)
    assert found
    return Sender(world, found.group())


def accepted(answered: tuple[int, dict[str, Any]]) -> str:
    """The id of the request."""
    status, answer = answered
    request = str(answer.pop("requestId"))
    assert (status, answer) == (ACCEPTED, {"result": "Request will be processed"})
    return request


@pytest.mark.parametrize(("line", "action", "done"), [pytest.param(*row[1:], id=row[0]) for row in ACTIONS])
async def test_each_action_is_accepted_and_its_request_tells_what_was_done(
    world: World, line: str, action: str, done: str
):
    sender = await sender_in(world)
    accepted(await sender.sends(CREATE))
    request = accepted(await sender.does(line))
    found = await group(world)
    status, answer = await sender.asks(f"/v2/alerts/requests/{request}")
    assert status == OK and answer["data"].pop("processedAt").endswith("Z")
    assert answer["data"] == {
        "success": True,
        "action": action,
        "integrationId": found.integration_id,
        "isSuccess": True,
        "status": done,
        "alertId": found.id,
        "alias": "disk",
    }


@pytest.mark.parametrize(("line", "action"), [pytest.param(*row[1:3], id=row[0]) for row in ACTIONS])
async def test_what_is_done_to_no_alert_is_accepted_and_its_request_says_so(world: World, line: str, action: str):
    sender = await sender_in(world)
    request = accepted(await sender.does(line))
    status, answer = await sender.asks(f"/v2/alerts/requests/{request}")
    assert status == OK and answer["data"].pop("processedAt").endswith("Z")
    del answer["data"]["integrationId"]
    assert answer["data"] == {
        "success": False,
        "action": action,
        "isSuccess": False,
        "status": "There is no open alert with this alias",
        "alertId": "",
        "alias": "",
    }


async def test_an_alias_is_read_from_the_address_as_it_was_given(world: World):
    """Percent signs and slashes of the alias itself are escaped once, and so they are read once."""
    sender = await sender_in(world)
    accepted(await sender.sends(CREATE.replace('"alias": "disk"', '"alias": "load 90%dead a%2Fb c/d"')))
    accepted(await sender.does(f"-X POST '/load%2090%25dead%20a%252Fb%20c%2Fd/close?{ALIAS}' -d '{{}}'"))
    assert not (await group(world)).live


async def test_an_id_that_nobody_has_does_not_exist(world: World):
    sender = await sender_in(world)
    request = accepted(await sender.does("-X POST '/8418d193-2dab-4490-b331-8c02cdd196b7/close' -d '{}'"))
    _, answer = await sender.asks(f"/v2/alerts/requests/{request}")
    assert (answer["data"]["success"], answer["data"]["status"]) == (False, "Alert does not exist")


async def test_creating_and_asking_about_it(world: World):
    sender = await sender_in(world)
    request = accepted(await sender.sends(CREATE))
    _, answer = await sender.asks(f"/v2/alerts/requests/{request}")
    assert (answer["data"]["action"], answer["data"]["status"]) == ("Create", "Created alert")
    status, answer = await sender.asks(f"/v2/alerts/{answer['data']['alertId']}?identifierType=id")
    shown = answer["data"]
    assert status == OK and all(shown.pop(name).endswith("Z") for name in ("createdAt", "updatedAt", "lastOccurredAt"))
    found = await group(world)
    assert shown == {
        "id": found.id,
        "tinyId": "1",
        "alias": "disk",
        "message": "An example alert message",
        "status": "open",
        "acknowledged": False,
        "isSeen": False,
        "tags": ["OverwriteQuietHours", "Critical"],
        "snoozed": False,
        "snoozedUntil": None,
        "count": 1,
        "source": "",
        "owner": "",
        "priority": "P1",
        "teams": [],
        "responders": [],
        "integration": {"id": found.integration_id, "name": "Pager", "type": "API"},
        "ownerTeamId": "",
        "actions": [],
        "entity": "An example entity",
        "description": "Every alert needs a description",
        "details": {"key1": "value1", "key2": "value2"},
    }


LINES = {name: line for name, line, *_ in ACTIONS}


async def test_tags_and_details_that_come_and_go_stand_on_the_card(world: World):
    sender = await sender_in(world)
    accepted(await sender.sends(CREATE))
    accepted(await sender.does(f'-X POST \'/disk/tags?{ALIAS}\' -d \'{{"tags": ["prod", "Critical"]}}\''))
    assert "OverwriteQuietHours, Critical, prod" in world.card().words
    accepted(await sender.does(LINES["remove tags"]))
    assert "prod" in world.card().words and "Critical" not in world.card().words.replace("critical", "")
    accepted(await sender.does(LINES["add details"]))
    assert "value3" in world.card().words and "value1" in world.card().words
    accepted(await sender.does(LINES["remove details"]))
    assert "value3" in world.card().words and "value1" not in world.card().words
    found = await group(world)
    assert found.labels == {"tags": "prod", "key3": "value3", "entity": "An example entity"}
    assert [note.text for note in found.notes] == [
        "Tags added: prod, Critical",
        "gone",
        "Tags removed: OverwriteQuietHours, Critical",
        "Action executed via Alert API",
        "Details added: key3 value3",
        "Details removed: key1, key2",
    ]


async def test_message_description_and_priority_are_changed(world: World):
    sender = await sender_in(world)
    accepted(await sender.sends(CREATE))
    for name in ("message", "description", "priority"):
        accepted(await sender.does(LINES[name]))
    assert "#1 Another message" in world.card().words and "Another description" in world.card().words
    _, answer = await sender.asks(f"/v2/alerts/disk?{ALIAS}")
    shown = [answer["data"][name] for name in ("message", "description", "priority")]
    assert shown == ["Another message", "Another description", "P5"]


async def test_a_closed_alert_is_known_by_its_id_and_what_is_done_to_it_opens_or_ends_no_other(world: World):
    sender = await sender_in(world)
    accepted(await sender.sends(CREATE))
    old = await group(world)
    accepted(await sender.does(LINES["close"]))
    accepted(await sender.sends(CREATE))
    new = await group(world, 2)
    accepted(await sender.does(f"-X POST '/{old.id}/close' -d '{{}}'"))
    accepted(await sender.does(f"-X POST '/{old.id}/notes' -d '{{\"note\": \"It was the disk\"}}'"))
    assert (await group(world, 2)).live and (await group(world, 2)).notes == ()
    assert [note.text for note in (await group(world)).notes][-1] == "It was the disk"
    accepted(await sender.does("-X POST '/2/close?identifierType=tiny' -d '{}'"))
    assert not (await group(world, 2)).live and new.id != old.id


async def test_notes_logs_and_recipients(world: World):
    sender = await sender_in(world)
    accepted(await sender.sends(CREATE))
    for text in ("first", "second", "third"):
        accepted(await sender.does(f'-X POST \'/disk/notes?{ALIAS}\' -d \'{{"note": "{text}", "user": "Ana"}}\''))
    status, answer = await sender.asks(f"/v2/alerts/disk/notes?{ALIAS}")
    assert status == OK and [row["note"] for row in answer["data"]] == ["third", "second", "first"]
    assert sorted(answer["data"][0]) == ["createdAt", "note", "offset", "owner"]
    assert answer["data"][0]["owner"] == "Pager (Ana)"
    after = answer["data"][0]["offset"]
    _, answer = await sender.asks(f"/v2/alerts/disk/notes?{ALIAS}&limit=1&offset={after}&direction=next")
    assert [row["note"] for row in answer["data"]] == ["second"]
    _, answer = await sender.asks(f"/v2/alerts/disk/notes?{ALIAS}&order=asc")
    assert [row["note"] for row in answer["data"]] == ["first", "second", "third"]
    status, answer = await sender.asks(f"/v2/alerts/disk/logs?{ALIAS}&order=asc")
    assert status == OK and answer["data"][0]["log"] == "Fired"
    assert sorted(answer["data"][0]) == ["createdAt", "log", "offset", "owner", "type"]
    status, answer = await sender.asks(f"/v2/alerts/disk/recipients?{ALIAS}")
    assert status == OK and [row["user"]["username"] for row in answer["data"]] == ["@ana"]
    assert sorted(answer["data"][0]) == ["createdAt", "method", "state", "updatedAt", "user"]


async def several(sender: Sender) -> None:
    """`web`, `db` (closed) and `disk`, in this order."""
    for message, priority, tag in (("web", "P1", "prod"), ("db", "P3", "test"), ("disk", "P2", "prod")):
        document = {"message": f"{message} is down", "alias": message, "priority": priority, "tags": [tag]}
        accepted(await sender.sends(f"curl -X POST {API}/v2/alerts {JSON} -d '{json.dumps(document)}'"))
    accepted(await sender.does(f"-X POST '/db/close?{ALIAS}' -d '{{}}'"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["disk", "db", "web"]),
        ("limit=2", ["disk", "db"]),
        ("limit=2&offset=2", ["web"]),
        ("order=asc", ["web", "db", "disk"]),
        ("sort=priority&order=asc", ["web", "disk", "db"]),
        ("sort=message", ["web", "disk", "db"]),
        ("query=status:open", ["disk", "web"]),
        ("query=status%3A%20closed", ["db"]),
        ("query=status=open%20AND%20tag:%20prod&limit=1", ["disk"]),
        ("query=priority:%20(P1%20OR%20P3)", ["db", "web"]),
        ("query=NOT%20alias:%20web", ["disk", "db"]),
        ("query=%22is%20down%22%20AND%20(alias:web%20OR%20alias:disk)", ["disk", "web"]),
        ("query=createdAt%20%3E%201000000000000", ["disk", "db", "web"]),
        ("query=createdAt%20%3C%201000000000000", []),
        ("query=tinyId:2", ["db"]),
        ("query=nothing", []),
    ],
)
async def test_alerts_are_listed_and_counted(world: World, asked: str, found: list[str]):
    sender = await sender_in(world)
    await several(sender)
    status, answer = await sender.asks(f"/v2/alerts?{asked}")
    assert (status, [one["alias"] for one in answer["data"]]) == (OK, found)
    assert sorted(answer) == ["data", "paging", "requestId"]
    if "limit" not in asked:
        _, answer = await sender.asks(f"/v2/alerts/count?{asked}")
        assert answer["data"] == {"count": len(found)}


async def test_one_that_only_a_newer_release_can_read_hides_none_that_is_older(world: World):
    sender = await sender_in(world)
    await several(sender)
    oldest, groups = await group(world), world.services.stores.groups
    more = [replace(oldest, id=f"G{number}", number=number, key=str(number)) for number in range(4, 4 + AT_ONCE)]
    assert await groups.put_many([(Change(doc=one), None) for one in more]) == {}
    kept = world.services.stores.database.collection("groups")
    await kept.update_one({"number": 9}, {"$set": {"doc.labels": "team=db"}})
    status, answer = await sender.asks("/v2/alerts?query=alias:web")
    assert (status, [one["alias"] for one in answer["data"]]) == (OK, ["web"])
    _, answer = await sender.asks("/v2/alerts/count?query=tag:prod")
    assert answer["data"] == {"count": 2 + AT_ONCE - 1}


async def test_pages_of_a_list_lead_to_each_other(world: World):
    sender = await sender_in(world)
    await several(sender)
    _, answer = await sender.asks("/v2/alerts?limit=1&query=status:open")
    paging = answer["paging"]
    assert sorted(paging) == ["first", "last", "next"]
    path = paging["next"].removeprefix(world.services.config.public_url)
    _, answer = await sender.asks(path)
    assert [one["alias"] for one in answer["data"]] == ["web"]
    assert sorted(answer["paging"]) == ["first", "last", "prev"] and answer["paging"]["first"] == paging["first"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("query=teams:%20rocket", "query"),
        ("query=status:", "query"),
        ("query=(status:open", "query"),
        ("query=status:open)", "query"),
        ("query=status%20%3E%20open", "query"),
        ("query=createdAt:yesterday", "query"),
        ("query=" + "(" * 500, "query"),
        ("query=" + "a%20" * 400, "query"),
        ("query=" + "a" * 1001, "query"),
        ("sort=colour", "sort"),
    ],
)
async def test_a_question_that_is_not_understood_finds_nothing_instead_of_too_much(
    world: World, asked: str, field: str
):
    sender = await sender_in(world)
    await several(sender)
    status, answer = await sender.asks(f"/v2/alerts?{asked}")
    assert status == INVALID and list(answer["errors"]) == [field]
    assert sorted(answer) == ["errors", "message", "requestId"]


@pytest.mark.parametrize(
    "line",
    [
        "-X POST '/disk/actions/Restart?identifierType=alias' -d '{}'",
        "-X GET '/disk/attachments?alertIdentifierType=alias'",
        "-X POST '/disk/attachments?alertIdentifierType=alias' -F file=@/dev/null",
        "-X GET '/disk/attachments/1?alertIdentifierType=alias'",
        "-X DELETE '/disk/attachments/1?alertIdentifierType=alias'",
        "-X GET '/saved-searches'",
        '-X POST \'/saved-searches\' -d \'{"name": "mine", "query": "status:open"}\'',
        "-X GET '/saved-searches/mine?identifierType=name'",
        "-X PATCH '/saved-searches/mine?identifierType=name' -d '{}'",
        "-X DELETE '/saved-searches/mine?identifierType=name'",
        "-X GET '/count?searchIdentifier=mine&searchIdentifierType=name'",
    ],
)
async def test_what_there_is_not_here_is_forbidden_in_words(world: World, line: str):
    sender = await sender_in(world)
    accepted(await sender.sends(CREATE))
    status, answer = await sender.does(line)
    assert status == FORBIDDEN and "not supported here" in answer["message"]
    assert (await group(world)).live


async def test_a_request_that_was_not_made_here_is_not_found(world: World):
    sender = await sender_in(world)
    for made_up in ("513085b8-caf3-4f91-aa23-be5fdefc3570", "f" * 8 + "-ffff" * 3 + "-" + "f" * 12, "none"):
        status, answer = await sender.asks(f"/v2/alerts/requests/{made_up}")
        assert (status, answer["message"]) == (NOT_FOUND, "Request not found. It might not be processed, yet.")


async def test_what_zabbix_sends_to_opsgenie_and_asks_about(world: World):
    """Its media type creates by the id of the event, then asks for the id of the alert; later it goes by the alias."""
    sender = await sender_in(world)
    problem = {
        "message": "Problem: Disk is full",
        "alias": "4711",
        "description": "Host: db-1",
        "priority": "P1",
        "source": "Zabbix",
        "details": {
            "Zabbix server": "https://zabbix.example.com/",
            "Problem": "https://zabbix.example.com/tr_events.php",
        },
        "responders": [{"type": "team", "name": ""}],
        "tags": ["scope:capacity", ""],
    }
    request = accepted(await sender.sends(f"curl -X POST {API}/v2/alerts/ {JSON} -d '{json.dumps(problem)}'"))
    _, answer = await sender.asks(f"/v2/alerts/requests/{request}")
    assert answer["data"]["success"] and answer["data"]["alertId"] == (await group(world)).id
    for method, success in (("acknowledge", True), ("notes", True), ("close", True), ("close", False)):
        line = f'-X POST \'/4711/{method}?{ALIAS}\' -d \'{{"user": "", "note": "Said in Zabbix"}}\''
        _, answer = await sender.asks(f"/v2/alerts/requests/{accepted(await sender.does(line))}")
        assert answer["data"]["success"] is success
    assert "There is no open alert" in answer["data"]["status"]
    assert "Resolved by Pager" in world.card().words and (await group(world)).labels["tags"] == "scope:capacity"
