"""Which token serves, and how a fresh one is asked for."""

from datetime import timedelta

import pytest

from bot import sealed
from bot.core.replacing import replace
from bot.core.servers import Surface
from bot.errors import Upstream


def push_token(world, *, minutes: float) -> str:
    """A session of an app, as Mattermost knows it; 0 minutes: already over."""
    ends_at = int((world.clock() + timedelta(minutes=minutes)).timestamp() * 1000)
    return world.simulator.state.issue_token(world.bot.user_id, "app", expires_at=ends_at, app_id="oncall").secret


def server_with_push_token(world, *, minutes: float, **fields):
    envelope = world.vault.seal(push_token(world, minutes=minutes), about=sealed.push_token("S1"))
    return world.server(
        sealed_push_token=envelope,
        push_token_ends_at=world.clock() + timedelta(minutes=minutes),
        sealed_lasting_token="",
        **fields,
    )


def renewable(world, server, secret="w" * 26):
    return replace(
        server,
        surface=Surface.APPS,
        app_id="oncall",
        sealed_webhook_secret=world.vault.seal(secret, about=sealed.webhook_secret("S1")),
    )


def renewals(world) -> int:
    return world.simulator.count_requests("POST", "/plugins/com.mattermost.apps/apps/oncall/webhook/renew")


async def refused(call) -> Upstream:
    with pytest.raises(Upstream) as caught:
        await call
    return caught.value


def renewal_was_met(world):
    """The simulator without the Apps plugin knows no webhooks: that one was called is all we want to see."""
    world.expect(lambda surprise: "com.mattermost.apps/apps/oncall/webhook/renew" in surprise)


def kinds_used(world) -> list[str]:
    return [seen.kind for seen in world.simulator.requests if seen.kind]


async def test_the_lasting_token_comes_first(world):
    server = replace(server_with_push_token(world, minutes=5), sealed_lasting_token=world.server().sealed_lasting_token)

    await world.access.for_server(server).me()

    assert kinds_used(world) == ["bot"]


async def test_the_push_token_serves_until_its_end(world, clock):
    chat = world.access.for_server(server_with_push_token(world, minutes=5))

    clock.advance(minutes=4, seconds=54)
    await chat.check_me()

    assert kinds_used(world) == ["app"]


async def test_a_push_token_is_never_used_after_its_end(world, clock):
    chat = world.access.for_server(server_with_push_token(world, minutes=5))

    clock.advance(minutes=5)
    waits = await refused(chat.me())

    assert not waits.permanent
    assert not world.simulator.requests


async def test_a_fresh_token_is_asked_for_through_the_webhook(world, clock):
    chat = world.access.for_server(renewable(world, server_with_push_token(world, minutes=-1)))

    waits = await refused(chat.me())

    assert not waits.permanent
    assert renewals(world) == 1
    renewal_was_met(world)


async def test_many_waiting_messages_ask_once(world, clock):
    server = renewable(world, server_with_push_token(world, minutes=-1))

    for _ in range(5):
        await refused(world.access.for_server(server).me())
    assert renewals(world) == 1

    clock.advance(seconds=16)
    await refused(world.access.for_server(server).me())
    assert renewals(world) == 2
    renewal_was_met(world)


async def test_a_server_without_any_way_to_a_token_waits_too(world):
    native = world.server(sealed_lasting_token="")

    assert not (await refused(world.access.for_server(native).me())).permanent
    assert not (await refused(world.access.for_server(replace(native, site_url="")).me())).permanent
    assert not world.simulator.requests


async def test_a_refused_lasting_token_gives_way_to_the_push_token(world, clock):
    server = replace(
        server_with_push_token(world, minutes=5),
        sealed_lasting_token=world.vault.seal("revoked", about=sealed.lasting_token("S1")),
    )

    assert (await refused(world.access.for_server(server).me())).status == 401
    assert (await world.access.for_server(server).me())["id"] == world.bot.user_id
    assert kinds_used(world) == ["app"]


async def test_a_refused_token_is_tried_again_after_a_while(world, clock):
    server = world.server()
    world.bot_user.delete_at = 1
    assert (await refused(world.access.for_server(server).me())).status == 401
    world.bot_user.delete_at = 0

    waits = await refused(world.access.for_server(server).me())
    assert waits.status == 0
    clock.advance(seconds=61)
    assert (await world.access.for_server(server).me())["id"] == world.bot.user_id


async def test_a_token_sealed_for_another_server_is_not_sent(world):
    stolen = world.server(id="S2")

    assert not (await refused(world.access.for_server(stolen).me())).permanent
    assert not world.simulator.requests


async def test_clients_of_one_server_share_what_they_know(world):
    server = world.server()

    await world.access.for_server(server).direct_channel(world.ana.id)
    await world.access.for_server(server).direct_channel(world.ana.id)

    assert world.requests("POST", "/channels/direct") == 1
    assert world.requests("GET", "/users/me") == 1


async def test_the_webhook_secret_is_not_in_what_is_told(world, clock):
    server = renewable(world, server_with_push_token(world, minutes=-1), secret="topsecret")

    failed = await refused(world.access.renew(server))

    assert "topsecret" not in f"{failed!r} {failed.reason} {failed.__cause__!r}"
    renewal_was_met(world)
