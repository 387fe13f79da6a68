"""Senders that sign: without the signature nothing is stored, once an admin gave the secret."""

import hashlib
import hmac
import re
from datetime import timedelta

import pytest

from bot.integrations.kinds import kind_named
from tests.scenarios.world import World

ACCEPTED, UNAUTHORIZED = 202, 401
SECRET = "client-secret-of-the-sender"
HEADERS = {"sentry": "Sentry-Hook-Signature", "grafana": "X-Grafana-Alerting-Signature"}


async def added(world: World, kind: str) -> str:
    """The address."""
    await world.root.types(f"/oncall integration add Errors @ana --kind {kind}", channel="alerts")
    found = re.search(rf"/integrations/v1/{kind}/[A-Za-z0-9]{{32}}/", world.root.sees)
    assert found
    return f"{world.url}{found.group()}"


async def gives_secret(world: World, secret: str = SECRET) -> None:
    await world.root.types("/oncall integration sign Errors", channel="alerts")
    assert world.root.modal is not None
    await world.root.submits(secret=secret)


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def sends(world: World, address: str, body: bytes, **headers: str) -> int:
    async with world.session.post(address, data=body, headers=headers) as answer:
        await answer.read()
    await world.pass_time(seconds=3)
    return answer.status


def sample(world: World, kind: str) -> bytes:
    declared = kind_named(kind)
    assert declared is not None
    return declared.sample(world.clock())


@pytest.mark.parametrize("kind", list(HEADERS))
async def test_only_what_is_signed_with_the_secret_is_taken(world: World, kind: str):
    address, body = await added(world, kind), sample(world, kind)
    await gives_secret(world)
    assert "**Whatever Errors does not sign is refused from now on.**" in world.root.sees
    assert f"`{HEADERS[kind]}`" in world.root.sees
    assert await sends(world, address, body) == UNAUTHORIZED
    assert await sends(world, address, body, **{HEADERS[kind]: signed(body, "another")}) == UNAUTHORIZED
    assert await world.services.stores.groups.by_number(world.server_id, 1) is None
    assert "What **Errors** sent is not signed with its secret, so it was refused." in world.card().words
    assert len(world.cards()) == 1  # it is told once an hour
    assert await sends(world, address, body, **{HEADERS[kind]: signed(body)}) == ACCEPTED
    assert await world.services.stores.groups.by_number(world.server_id, 1) is not None


async def test_nothing_of_an_unsigned_payload_is_kept(world: World):
    address = await added(world, "sentry")
    [one] = [one for one in await world.services.stores.integrations.listed(world.server_id) if one.name == "Errors"]
    await gives_secret(world)
    await sends(world, address, sample(world, "sentry"))
    assert await world.services.stores.payloads.last(world.server_id, one.id) == b""


async def test_the_secret_is_sealed_and_shown_to_nobody(world: World):
    await added(world, "sentry")
    await gives_secret(world)
    [one] = [one for one in await world.services.stores.integrations.listed(world.server_id) if one.name == "Errors"]
    assert one.sealed_signing_secret and SECRET not in repr(one)
    await world.root.types("/oncall integration show Errors", channel="alerts")
    assert "Only what the sender signs with its secret is taken." in world.root.sees
    await world.root.types("/oncall integration sign Errors", channel="alerts")
    assert world.root.modal is not None and not world.root.modal.values.get("secret")
    assert SECRET not in "".join(world.root.notices)


@pytest.mark.parametrize("first", ["sign", "heartbeat"])
async def test_reports_of_its_heartbeat_need_no_signature_and_the_answer_says_so(world: World, first: str):
    address, told = await added(world, "grafana"), "Reports of its heartbeat need no signature"
    for step in (first, "heartbeat" if first == "sign" else "sign"):
        assert told not in world.root.sees
        if step == "sign":
            await gives_secret(world)
        else:
            await world.root.types("/oncall integration heartbeat Errors 10m", channel="alerts")
    assert told in world.root.sees and "--kind heartbeat" in world.root.sees
    assert await sends(world, f"{address}heartbeat/", b"") == 200
    [heartbeat] = (await world.services.stores.heartbeats.of_server(world.server_id)).values()
    assert heartbeat.last_at is not None
    assert await sends(world, address, sample(world, "grafana")) == UNAUTHORIZED


async def test_grafana_may_sign_the_time_too(world: World):
    address, body = await added(world, "grafana"), sample(world, "grafana")
    await gives_secret(world)
    for ago, status in ((timedelta(), ACCEPTED), (timedelta(hours=1), UNAUTHORIZED)):
        stamp = str(int((world.clock() - ago).timestamp()))
        headers = {"X-Grafana-Alerting-Timestamp": stamp, HEADERS["grafana"]: signed(f"{stamp}:".encode() + body)}
        assert await sends(world, address, body, **headers) == status


async def test_the_check_ends_and_another_secret_takes_the_place_of_the_first(world: World):
    address, body = await added(world, "sentry"), sample(world, "sentry")
    await gives_secret(world)
    await gives_secret(world, "a second one")
    assert await sends(world, address, body, **{HEADERS["sentry"]: signed(body)}) == UNAUTHORIZED
    assert await sends(world, address, body, **{HEADERS["sentry"]: signed(body, "a second one")}) == ACCEPTED
    await world.root.types("/oncall integration unsign Errors", channel="alerts")
    assert "Signatures of Errors are not looked at any more." in world.root.sees
    assert await sends(world, address, body) == ACCEPTED


async def test_who_does_not_sign_has_no_secret(world: World):
    await world.root.types("/oncall integration sign Prometheus", channel="alerts")
    await world.root.submits(secret=SECRET)
    assert "Signatures of Grafana Alerting, Sentry can be checked" in world.heard("root")
    await world.fire()
    assert "HighErrorRate" in world.card().words


async def test_only_admins_say_who_has_to_sign(world: World):
    address, body = await added(world, "sentry"), sample(world, "sentry")
    await gives_secret(world)
    await world.ana.types("/oncall integration unsign Errors", channel="alerts")
    assert "not looked at any more" not in world.ana.sees
    assert await sends(world, address, body) == UNAUTHORIZED
