"""Linking against a real database: races, limits, and a process that dies between two writes."""

import asyncio

import pytest

from bot.core.changes import Change
from bot.core.people import Person
from bot.core.replacing import replace
from bot.errors import Denied
from bot.linking import TOO_MANY, TRIES_PER_SERVER, WRONG_CODE, Linking
from bot.storage.stores import Stores
from bot.vault import Vault, generate_keys
from tests.clock import HeldClock


class Desk:
    def __init__(self, stores: Stores, clock: HeldClock) -> None:
        self.people, self.clock = stores.people, clock
        self.linking = Linking(people=stores.people, vault=Vault(generate_keys()), clock=clock)

    async def person(self, id_: str, *, server_id: str = "S1", **fields: str) -> Person:
        known = {"name": id_, **fields}
        return await self.people.add(Change(doc=Person(id=id_, server_id=server_id, **known)))

    async def user(self, name: str, *, server_id: str = "S1") -> Person:
        return await self.person(name, server_id=server_id, username=name, mattermost_user_id=f"U-{name}")

    async def refused(self, person: Person, code: str):
        with pytest.raises(Denied) as caught:
            await self.linking.recognise(person, code)
        return caught.value.text


@pytest.fixture
def desk(stores: Stores, clock: HeldClock) -> Desk:
    return Desk(stores, clock)


async def test_of_many_who_confirm_the_same_code_at_once_exactly_one_is_linked(desk: Desk):
    profile = await desk.person("profile")
    users = [await desk.user(f"user{number}") for number in range(8)]
    code = (await desk.linking.invite(profile, by="@root")).code.reveal()
    digest = (await desk.linking.recognise(users[0], code)).link_digest

    tried = [desk.linking.link(user, profile_id="profile", digest=digest) for user in users]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)

    assert sum(isinstance(outcome, Denied) for outcome in outcomes) == len(users) - 1
    stored = await desk.people.with_ids("S1", [user.id for user in users])
    assert [person.linked for person in stored.values()].count(True) == 1
    assert all(person.merging == "" for person in stored.values())


async def test_a_code_is_worth_nothing_at_another_server(desk: Desk):
    code = (await desk.linking.invite(await desk.person("profile"), by="@root")).code.reveal()
    assert await desk.refused(await desk.user("eve", server_id="S2"), code) == WRONG_CODE
    assert (await desk.linking.recognise(await desk.user("ana"), code)).id == "profile"


async def test_a_good_code_does_not_buy_more_guesses(desk: Desk):
    """Whoever has one code must not try others with it in between."""
    eve = await desk.user("eve")
    code = (await desk.linking.invite(await desk.person("profile"), by="@root")).code.reveal()
    for _ in range(4):
        assert await desk.refused(eve, "00000-00000") == WRONG_CODE
    await desk.linking.recognise(eve, code)
    assert await desk.refused(eve, code) == TOO_MANY


async def test_right_codes_do_not_count_as_guesses_of_the_server(desk: Desk):
    for number in range(TRIES_PER_SERVER + 1):
        code = (await desk.linking.invite(await desk.person(f"profile{number}"), by="@root")).code.reveal()
        user = await desk.user(f"user{number}")
        assert (await desk.linking.recognise(user, code)).id == f"profile{number}"


async def test_many_people_of_one_server_guess_no_faster_than_allowed(desk: Desk):
    users = [await desk.user(f"user{number}") for number in range(TRIES_PER_SERVER // 5 + 1)]
    for user in users[:-1]:
        for _ in range(5):
            assert await desk.refused(user, "00000-00000") == WRONG_CODE
    assert await desk.refused(users[-1], "00000-00000") == TOO_MANY
    elsewhere = await desk.user("ana", server_id="S2")
    assert await desk.refused(elsewhere, "00000-00000") == WRONG_CODE


async def test_small_letters_blanks_and_missing_dashes_do_not_matter(desk: Desk):
    code = (await desk.linking.invite(await desk.person("profile"), by="@root")).code.reveal()
    ana = await desk.user("ana")
    assert (await desk.linking.recognise(ana, f" {code.lower().replace('-', ' ')} ")).id == "profile"


async def test_the_code_itself_is_not_stored(desk: Desk):
    code = (await desk.linking.invite(await desk.person("profile"), by="@root")).code.reveal()
    stored = str(await desk.people.find("S1", "profile"))
    assert code not in stored
    assert code.replace("-", "") not in stored


async def test_a_link_that_lost_its_profile_meanwhile_is_given_up(desk: Desk):
    ana, profile = await desk.user("ana"), await desk.person("profile", email="a@example.com")
    begun = await desk.people.change("S1", ana.id, lambda one: Change(doc=replace(one, merging=profile.id)))
    assert (await desk.linking.finish(begun.doc)).merging == ""
    assert not (await desk.people.with_ids("S1", ["ana"]))["ana"].linked


async def test_two_profiles_with_one_address_link_nobody_by_it(desk: Desk):
    ana = await desk.user("ana")
    await desk.person("one", email="ana@example.com")
    await desk.person("two", email="ANA@example.com")
    assert await desk.linking.link_by_email(ana, "ana@example.com") is None


async def test_an_empty_address_fits_nobody(desk: Desk):
    ana = await desk.user("ana")
    await desk.person("one")
    assert await desk.linking.link_by_email(ana, "") is None
