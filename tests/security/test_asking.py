"""Whoever asks and asks about alerts in Opsgenie's protocol is told to wait, and nobody else notices."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.receiving.budgets import BURST, LOOKS, OF_SERVER
from tests.scenarios.world import World
from tests.security.test_hostile_senders import key_of

OK, ACCEPTED, NOT_FOUND, TOO_MANY, NOT_NOW = 200, 202, 404, 429, 503
HARD = f"/v2/alerts/count?query={quote('message: disk')}"
COSTS = 10


@pytest.fixture
def surface() -> str:
    return "native-11.1"


async def asked(world: World, path: str, key: str) -> tuple[int, Mapping[str, str], Any]:
    headers = {"Authorization": f"GenieKey {key}"}
    async with world.session.get(f"{world.url}{path}", headers=headers) as answer:
        return answer.status, answer.headers, await answer.json()


async def created(world: World, key: str) -> int:
    headers, body = {"Authorization": f"GenieKey {key}"}, json.dumps({"message": "disk", "alias": "disk"})
    async with world.session.post(f"{world.url}/v2/alerts", data=body, headers=headers) as answer:
        return answer.status


async def another(world: World) -> str:
    """A second integration's key."""
    await world.root.types("/oncall integration add Second @ana --kind opsgenie", channel="alerts")
    return next(word for word in world.root.sees.replace("`", " ").split() if word.isalnum() and len(word) == 32)


async def source_of(world: World) -> Integration:
    listed = await world.services.stores.integrations.listed(world.server_id)
    return next(one for one in listed if one.kind == "opsgenie")


@pytest.mark.parametrize(
    "path",
    [
        HARD,
        f"/v2/alerts?query={quote('message: disk')}",
        f"/v2/alerts?limit=1&query={quote('tag: prod')}",
        "/v2/alerts?limit=0&query=disk",
    ],
)
async def test_who_asks_without_end_is_told_when_to_ask_again(world: World, path: str) -> None:
    key = await key_of(world, "opsgenie")
    for _ in range(int(LOOKS.burst) // COSTS):
        assert (await asked(world, path, key))[0] == OK
    status, headers, answer = await asked(world, path, key)
    assert status == TOO_MANY and sorted(answer) == ["message", "requestId", "took"]
    assert (headers["X-RateLimit-State"], headers["X-RateLimit-Reason"]) == ("THROTTLED", "INTEGRATION")
    assert headers["Retry-After"] == headers["X-RateLimit-Period-In-Sec"] == "3"
    assert await created(world, key) == ACCEPTED
    assert (await asked(world, "/v2/alerts/disk?identifierType=alias", key))[0] == OK
    world.clock.advance(seconds=3)
    assert (await asked(world, path, key))[0] == OK


async def test_what_the_database_can_answer_alone_costs_little(world: World) -> None:
    key = await key_of(world, "opsgenie")
    for _ in range(int(LOOKS.burst) // 2 - 1):
        assert (await asked(world, "/v2/alerts?query=status:open", key))[0] == OK
    assert [(await asked(world, "/v2/alerts/count", key))[0] for _ in range(3)] == [OK, OK, TOO_MANY]


async def test_one_integration_does_not_use_up_what_another_may_ask(world: World) -> None:
    key, other = await key_of(world, "opsgenie"), await another(world)
    while (await asked(world, HARD, key))[0] == OK:
        pass
    assert (await asked(world, HARD, other))[0] == OK


async def test_all_integrations_of_a_server_have_a_bound_together(world: World) -> None:
    key = await key_of(world, "opsgenie")
    source = await source_of(world)
    for number in range(OF_SERVER):
        world.services.looks.spend(replace(source, id=f"other-{number}"), int(LOOKS.burst))
    status, headers, _ = await asked(world, HARD, key)
    assert (status, headers["X-RateLimit-Reason"]) == (TOO_MANY, "ACCOUNT")


async def test_who_asks_about_one_alert_spends_what_an_alert_costs(world: World) -> None:
    key = await key_of(world, "opsgenie")
    refused = world.services.intake.refused
    source = await source_of(world)
    world.services.intake.spend(source, BURST - 1)
    path = "/v2/alerts/disk?identifierType=alias"
    assert [(await asked(world, path, key))[0] for _ in range(2)] == [NOT_FOUND, NOT_NOW]
    assert world.services.intake.refused == refused + 1
