"""Set-ups against a real database: what is made, what is kept, and how an install code is used up."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.codes import ALPHABET, new_code, read_code
from bot.core import servers
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.core.servers import Server, ServerChange, Site, State
from bot.errors import Denied, NotFound
from bot.installation.setup import Created, Setup, expired, new_server_id
from bot.storage.mongo import Database
from bot.storage.stores import Stores
from bot.throttle import Throttle
from bot.vault import Vault, generate_keys
from tests.clock import HeldClock

OLD_KEYS = generate_keys()
ANA = "a" * 26
WRONG = "This install code is not valid"


@pytest.fixture
def setup(stores: Stores, clock: HeldClock) -> Setup:
    return made(stores, clock, OLD_KEYS)


def made(stores: Stores, clock: HeldClock, keys: str) -> Setup:
    return Setup(servers=stores.servers, vault=Vault(keys), clock=clock, public_url="https://oncall.example.com")


async def stored(stores: Stores, created: Created) -> Server:
    server = await stores.servers.by_id(created.server_id)
    assert server is not None
    return server


async def installed(setup: Setup, stores: Stores, clock: HeldClock) -> tuple[Created, Server]:
    created = await setup.create("Example Ltd")
    site = Site(url="https://chat.example.com", bot_user_id="o" * 26)
    id_ = created.server_id
    await stores.servers.change(id_, id_, lambda server: servers.installed(server, site=site, by=ANA, now=clock()))
    return created, await stored(stores, created)


async def test_a_setup_has_everything_a_mattermost_admin_needs(setup: Setup, clock: HeldClock) -> None:
    created = await setup.create("Example Ltd")
    manifest = f"https://oncall.example.com/mattermost/{created.server_id}/manifest.json"
    assert re.fullmatch(r"[a-z2-7]{32}", created.server_id)
    assert created.manifest_url == manifest
    assert created.install_command == f"/apps install http {manifest}"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", created.install_secret.reveal())
    assert re.fullmatch(rf"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", created.install_code.reveal())
    assert created.expires_at == clock() + timedelta(hours=24)


async def test_a_pending_server_is_stored_and_none_of_its_secrets_can_be_read(
    setup: Setup, stores: Stores, database: Database
) -> None:
    created = await setup.create("Example Ltd")
    server = await stored(stores, created)
    assert (server.name, server.state, server.app_id) == ("Example Ltd", State.PENDING, "oncall")
    assert [secret.state for secret in server.secrets] == ["current"]
    raw = str(await database.collection("servers").find_one({}))
    for secret in (
        created.install_secret.reveal(),
        created.install_code.reveal(),
        read_code(created.install_code.reveal()),
    ):
        assert secret not in raw


async def test_the_stored_secret_is_the_key_of_calls(setup: Setup, stores: Stores) -> None:
    created = await setup.create("Example Ltd")
    (key,) = setup.keys_in_force(await stored(stores, created))
    assert key.secret == created.install_secret


async def test_a_secret_copied_to_another_server_does_not_open(setup: Setup, stores: Stores) -> None:
    ours, theirs = [await stored(stores, await setup.create("x")) for _ in range(2)]
    with pytest.raises(Exception, match="belongs to something else"):
        setup.keys_in_force(replace(theirs, secrets=ours.secrets))


async def test_names_need_not_be_unique_and_many_may_wait(setup: Setup) -> None:
    made = [await setup.create("Example Ltd") for _ in range(3)]
    assert len({created.server_id for created in made}) == 3
    assert len(await setup.listed()) == 3


async def test_expired_setups_are_not_listed_and_installed_servers_are(
    setup: Setup, stores: Stores, clock: HeldClock
) -> None:
    await installed(setup, stores, clock)
    await setup.create("Late Ltd")
    clock.advance(hours=24)
    assert [server.name for server in await setup.listed()] == ["Example Ltd"]


async def test_the_newest_is_listed_first(setup: Setup, clock: HeldClock) -> None:
    for name in ("first", "second"):
        await setup.create(name)
        clock.advance(minutes=1)
    assert [server.name for server in await setup.listed()] == ["second", "first"]


async def test_an_install_code_works_once(setup: Setup, stores: Stores) -> None:
    created = await setup.create("Example Ltd")
    server = await stored(stores, created)
    await setup.use_install_code(server, created.install_code.reveal(), user_id=ANA)
    with pytest.raises(Denied, match=WRONG):
        await setup.use_install_code(server, created.install_code.reveal(), user_id=ANA)


@pytest.mark.parametrize("write", [str.lower, lambda code: f"  {code} ", lambda code: code.replace("-", " ")])
async def test_a_code_may_be_typed_carelessly(write: object, setup: Setup, stores: Stores) -> None:
    created = await setup.create("Example Ltd")
    typed = write(created.install_code.reveal())  # type: ignore[operator]
    await setup.use_install_code(await stored(stores, created), typed)


async def test_a_code_ends_after_a_day_even_on_an_installed_server(
    setup: Setup, stores: Stores, clock: HeldClock
) -> None:
    created, server = await installed(setup, stores, clock)
    clock.advance(hours=24)
    with pytest.raises(Denied, match=WRONG):
        await setup.use_install_code(server, created.install_code.reveal())


async def test_another_servers_code_does_not_fit(setup: Setup, stores: Stores) -> None:
    ours, theirs = await setup.create("ours"), await setup.create("theirs")
    with pytest.raises(Denied, match=WRONG):
        await setup.use_install_code(await stored(stores, theirs), ours.install_code.reveal())


@pytest.mark.parametrize("typed", ["", "-", "0000000000", "ÄÖÜ", "x" * 10_000, "00000-00000 "])
async def test_a_wrong_code_is_refused(typed: str, setup: Setup, stores: Stores) -> None:
    with pytest.raises(Denied, match=WRONG):
        await setup.use_install_code(await stored(stores, await setup.create("x")), typed)


async def test_a_used_up_code_leaves_nothing_that_an_empty_one_fits(setup: Setup, stores: Stores) -> None:
    created = await setup.create("x")
    server = await stored(stores, created)
    await setup.use_install_code(server, created.install_code.reveal())
    for typed in ("", " ", "0"):
        with pytest.raises(Denied, match=WRONG):
            await setup.use_install_code(server, typed)


async def test_after_five_wrong_codes_a_person_has_to_wait(setup: Setup, stores: Stores, clock: HeldClock) -> None:
    created = await setup.create("x")
    server = await stored(stores, created)
    for _ in range(5):
        with pytest.raises(Denied, match=WRONG):
            await setup.use_install_code(server, "wrong", user_id=ANA)
    with pytest.raises(Denied, match="Too many"):
        await setup.use_install_code(server, created.install_code.reveal(), user_id=ANA)
    clock.advance(minutes=10)
    await setup.use_install_code(server, created.install_code.reveal(), user_id=ANA)


async def test_many_people_cannot_guess_together(setup: Setup, stores: Stores) -> None:
    server = await stored(stores, await setup.create("x"))
    for number in range(50):
        with pytest.raises(Denied, match=WRONG):
            await setup.use_install_code(server, "wrong", user_id=f"person {number}", source="203.0.113.1")
    with pytest.raises(Denied, match="Too many"):
        await setup.use_install_code(server, "wrong", user_id="somebody else", source="203.0.113.1")


async def test_nobody_is_locked_out_by_others_who_guess(setup: Setup, stores: Stores) -> None:
    created = await setup.create("x")
    server = await stored(stores, created)
    for number in range(100):
        with pytest.raises(Denied):
            await setup.use_install_code(server, "wrong", user_id=ANA, source="203.0.113.1")
        with pytest.raises(Denied):
            await setup.use_install_code(server, "wrong", user_id=f"person {number}")
    await setup.check_install_code(server, created.install_code.reveal(), user_id=ANA, source="203.0.113.2")
    await setup.use_install_code(server, created.install_code.reveal(), user_id=ANA)


async def test_the_newest_servers_are_listed_first_and_before_all_others(setup: Setup, clock: HeldClock) -> None:
    for name in ("first", "second", "third"):
        await setup.create(name)
        clock.advance(minutes=1)
    assert [server.name for server in await setup.listed(most=2)] == ["third", "second"]


async def test_a_code_is_spent_only_with_what_it_allows(setup: Setup, stores: Stores) -> None:
    created = await setup.create("x")
    server = await stored(stores, created)

    def refuse(_: Server) -> ServerChange:
        raise NotFound(servers.say("No."))

    with pytest.raises(NotFound):
        await setup.use_install_code(server, created.install_code.reveal(), user_id=ANA, then=refuse)
    change = await setup.use_install_code(
        server, created.install_code.reveal(), user_id=ANA, then=lambda stored: Change(doc=replace(stored, name="y"))
    )
    assert (change.doc.name, change.doc.install_code_digest) == ("y", "")


async def test_a_new_code_ends_the_last_one(setup: Setup, stores: Stores, clock: HeldClock) -> None:
    created, server = await installed(setup, stores, clock)
    clock.advance(hours=48)
    renewed = await setup.renew_install_code(server.id)
    assert renewed.ends_at == clock() + timedelta(hours=24)
    with pytest.raises(Denied):
        await setup.use_install_code(server, created.install_code.reveal(), user_id="one")
    await setup.use_install_code(server, renewed.code.reveal(), user_id="two")


async def test_a_code_outlives_a_rotation_of_the_encryption_keys(
    setup: Setup, stores: Stores, clock: HeldClock
) -> None:
    created = await setup.create("x")
    rotated = made(stores, clock, generate_keys(OLD_KEYS))
    await rotated.use_install_code(await stored(stores, created), created.install_code.reveal())


async def test_a_rotated_secret_is_valid_beside_the_old_one_until_its_first_use(
    setup: Setup, stores: Stores, clock: HeldClock
) -> None:
    created, server = await installed(setup, stores, clock)
    fresh = await setup.rotate_secret(server.id)
    server = await stored(stores, created)
    old_key, new_key = setup.keys_in_force(server)
    assert (old_key.secret, new_key.secret) == (created.install_secret, fresh)

    await stores.servers.change(
        server.id, server.id, lambda stored: servers.secret_used(stored, secret_id=new_key.id, now=clock())
    )
    clock.advance(hours=1)
    (key,) = setup.keys_in_force(await stored(stores, created))
    assert key.secret == fresh


async def test_rotating_twice_leaves_two_secrets(setup: Setup, stores: Stores, clock: HeldClock) -> None:
    created, server = await installed(setup, stores, clock)
    await setup.rotate_secret(server.id)
    last = await setup.rotate_secret(server.id)
    keys = setup.keys_in_force(await stored(stores, created))
    assert [key.secret for key in keys] == [created.install_secret, last]


async def waiting(setup: Setup, stores: Stores, clock: HeldClock) -> Server:
    created, server = await installed(setup, stores, clock)
    second = Site(url="https://other.example.com", bot_user_id="p" * 26)
    await stores.servers.change(
        server.id, server.id, lambda stored: servers.installed(stored, site=second, by="x", now=clock())
    )
    return await stored(stores, created)


async def test_the_operator_confirms_a_second_site(setup: Setup, stores: Stores, clock: HeldClock) -> None:
    server = await waiting(setup, stores, clock)
    assert server.site_url == "https://chat.example.com"
    change = await setup.confirm_site(server.id, site_url="https://other.example.com", by="operator")
    assert (change.doc.site_url, change.doc.waiting_site) == ("https://other.example.com", None)


async def test_another_site_than_the_one_that_was_seen_is_not_confirmed(
    setup: Setup, stores: Stores, clock: HeldClock
) -> None:
    server = await waiting(setup, stores, clock)
    with pytest.raises(NotFound):
        await setup.confirm_site(server.id, site_url="https://third.example.com", by="operator")


async def test_the_operator_refuses_a_second_site(setup: Setup, stores: Stores, clock: HeldClock) -> None:
    server = await waiting(setup, stores, clock)
    change = await setup.refuse_site(server.id)
    assert (change.doc.site_url, change.doc.waiting_site) == ("https://chat.example.com", None)


@pytest.mark.parametrize("act", ["rotate_secret", "renew_install_code", "refuse_site"])
async def test_what_does_not_exist_is_not_found(act: str, setup: Setup) -> None:
    with pytest.raises(NotFound):
        await getattr(setup, act)(new_server_id())


def test_only_pending_setups_expire(clock: HeldClock) -> None:
    server = Server(id="x", name="x", created_at=clock(), expires_at=clock())
    assert expired(server, now=clock())
    assert not expired(replace(server, state=State.INSTALLED), now=clock())
    assert not expired(replace(server, expires_at=None), now=clock())


def test_codes_are_read_as_they_are_misread() -> None:
    assert read_code("o1iIL-abcde") == "01111ABCDE"
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert {read_code(code) for code in codes} == {code.replace("-", "") for code in codes}


def test_a_throttle_forgets_who_waited(clock: HeldClock) -> None:
    throttle = Throttle(tries=2, within=timedelta(minutes=1), clock=clock)
    assert [throttle.admit("a") for _ in range(3)] == [True, True, False]
    assert throttle.admit("b")
    clock.advance(seconds=60)
    assert throttle.admit("a")
    throttle.forget("b")
    assert [throttle.admit("b") for _ in range(2)] == [True, True]


def test_a_try_that_is_taken_back_does_not_count(clock: HeldClock) -> None:
    throttle = Throttle(tries=2, within=timedelta(minutes=1), clock=clock)
    for _ in range(5):
        assert throttle.admit("a")
        throttle.take_back("a")
    assert [throttle.admit("a") for _ in range(3)] == [True, True, False]


def test_a_flood_of_strangers_does_not_fill_the_memory(clock: HeldClock) -> None:
    throttle = Throttle(tries=2, within=timedelta(minutes=1), clock=clock)
    for number in range(25_000):
        throttle.admit(str(number))
    assert len(throttle._seen) <= 10_001
