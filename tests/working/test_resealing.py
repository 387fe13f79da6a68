"""After a change of encryption keys everything works without the old one."""

import pytest

from bot import sealed
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.core.servers import Command, Secret, Server, Site
from bot.storage.stores import Stores
from bot.vault import KeyMissing, Vault, generate_keys
from bot.working.hourly import LEASE
from bot.working.resealing import AT_ONCE, TURN, Resealing
from tests.clock import HeldClock

OLD = generate_keys()
BOTH = generate_keys(OLD)
NEW = BOTH.partition(",")[0]


def server(clock: HeldClock, *, id_: str = "home", vault: Vault | None = None) -> Server:
    """With an envelope wherever there may be one."""
    vault = vault or Vault(OLD)
    webhook = vault.seal("webhook", about=sealed.webhook_secret(id_))
    return Server(
        id=id_,
        name="Home",
        created_at=clock(),
        secrets=(
            Secret(
                id="s1",
                sealed=vault.seal("install", about=sealed.install_secret(id_, "s1")),
                state="current",
                created_at=clock(),
            ),
        ),
        commands=(
            Command(
                team_id="t1", command_id="c1", sealed_token=vault.seal("command", about=sealed.command_token(id_, "t1"))
            ),
        ),
        sealed_push_token=vault.seal("push", about=sealed.push_token(id_)),
        sealed_lasting_token=vault.seal("lasting", about=sealed.lasting_token(id_)),
        sealed_webhook_secret=webhook,
        waiting_site=Site(url="https://other.example.com", bot_user_id="b", sealed_webhook_secret=webhook),
    )


def opened(found: Server, vault: Vault) -> list[str]:
    """Raises KeyMissing."""
    assert found.waiting_site is not None
    webhook = sealed.webhook_secret(found.id)
    return [
        vault.open(found.secrets[0].sealed, about=sealed.install_secret(found.id, "s1")),
        vault.open(found.commands[0].sealed_token, about=sealed.command_token(found.id, "t1")),
        vault.open(found.sealed_push_token, about=sealed.push_token(found.id)),
        vault.open(found.sealed_lasting_token, about=sealed.lasting_token(found.id)),
        vault.open(found.sealed_webhook_secret, about=webhook),
        vault.open(found.waiting_site.sealed_webhook_secret, about=webhook),
    ]


def resealing(stores: Stores, keys: str, told: list[int]) -> Resealing:
    return Resealing(
        servers=stores.servers,
        integrations=stores.integrations,
        once=stores.once,
        clock=HeldClock(),
        vault=Vault(keys),
        tell=told.append,
    )


async def looked(stores: Stores, keys: str) -> list[int]:
    """What was told."""
    told: list[int] = []
    left = await resealing(stores, keys, told).look()
    assert told == [left]
    return told


async def stored(stores: Stores, id_: str = "home") -> Server:
    found = await stores.servers.by_id(id_)
    assert found is not None
    return found


async def test_everything_opens_with_the_new_key_alone(stores: Stores, clock: HeldClock) -> None:
    await stores.servers.add(Change(doc=server(clock)))
    with pytest.raises(KeyMissing):
        opened(await stored(stores), Vault(NEW))
    assert await looked(stores, BOTH) == [0]
    assert opened(await stored(stores), Vault(NEW)) == ["install", "command", "push", "lasting", "webhook", "webhook"]


async def test_the_secrets_of_senders_open_with_the_new_key_alone(stores: Stores, clock: HeldClock) -> None:
    about = sealed.signing_secret("home", "i1")
    one = Integration(
        id="i1",
        server_id="home",
        name="Sentry",
        kind="sentry",
        key_digests=("d",),
        created_at=clock(),
        sealed_signing_secret=Vault(OLD).seal("signing", about=about),
    )
    await stores.servers.add(Change(doc=server(clock)))
    await stores.integrations.add(Change(doc=one))
    assert await looked(stores, BOTH) == [0]
    found = await stores.integrations.find("home", "i1")
    assert found is not None and Vault(NEW).open(found.sealed_signing_secret, about=about) == "signing"
    lost = replace(
        one, id="i2", key_digests=("e",), sealed_signing_secret=one.sealed_signing_secret.replace("k1", "k9")
    )
    await stores.integrations.add(Change(doc=lost))
    assert await looked(stores, BOTH) == [1]


async def test_one_process_after_the_other(stores: Stores, clock: HeldClock) -> None:
    told: list[int] = []
    await stores.once.reserve(TURN, until=clock() + LEASE)
    assert not await resealing(stores, BOTH, told).look_in_turn()
    assert told == []
    await stores.once.release(TURN)
    assert await resealing(stores, BOTH, told).look_in_turn()
    assert await resealing(stores, BOTH, told).look_in_turn()
    assert told == [0, 0]


async def test_doing_it_again_writes_nothing(stores: Stores, clock: HeldClock) -> None:
    await stores.servers.add(Change(doc=server(clock)))
    await looked(stores, BOTH)
    before = await stored(stores)
    assert await looked(stores, BOTH) == [0]
    assert await stored(stores) == before


async def test_what_cannot_be_opened_is_counted_and_kept(stores: Stores, clock: HeldClock) -> None:
    lost = replace(server(clock), sealed_push_token=server(clock, vault=Vault(generate_keys())).sealed_push_token)
    lost = replace(lost, sealed_push_token=lost.sealed_push_token.replace("v1.k1.", "v1.k9."))
    await stores.servers.add(Change(doc=lost))
    assert await looked(stores, BOTH) == [1]
    after = await stored(stores)
    assert after.sealed_push_token == lost.sealed_push_token
    assert Vault(NEW).open(after.sealed_lasting_token, about=sealed.lasting_token("home")) == "lasting"


async def test_all_servers_are_looked_at_however_many(stores: Stores, clock: HeldClock) -> None:
    ids = [f"server-{number:03}" for number in range(AT_ONCE + 1)]
    await stores.servers.put_many([(Change(doc=server(clock, id_=id_)), None) for id_ in ids])
    assert await looked(stores, BOTH) == [0]
    for id_ in ids:
        opened(await stored(stores, id_), Vault(NEW))
