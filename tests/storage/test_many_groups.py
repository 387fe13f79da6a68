"""Many alert groups of one server, changed at once."""

import asyncio
from functools import partial

from bot.call import Actor, Call, Opened
from bot.contexts.groups import SLICE, GroupsOfServer
from bot.core import alerts, many
from bot.core.alert_group import AlertGroup, GroupChange, Status
from bot.core.changes import Change
from bot.core.text import say
from bot.errors import UserError
from bot.storage.mongo import Database
from bot.storage.stores import Stores
from tests.clock import HeldClock
from tests.core.groups import blank

MANY = 2 * SLICE + 5


def groups_of(stores: Stores, clock: HeldClock, server_id: str = "S1") -> GroupsOfServer:
    call = Call(server_id=server_id, command="ack", actor=Actor(user_id="ana"), opened=Opened.TYPED)
    return GroupsOfServer(stores=stores, server_id=server_id, clock=clock, call=call)


async def opened(stores: Stores, clock: HeldClock, server_id: str = "S1", count: int = MANY) -> None:
    for number in range(1, count + 1):
        group = blank(
            id=f"{server_id}-{number}",
            server_id=server_id,
            number=number,
            key=str(number),
            labels={"team": "db" if number % 2 else "web", "a.b$c": "odd"},
            opened_at=clock(),
            changed_at=clock(),
        )
        await stores.groups.add(Change(doc=group))


def taking(by: str, clock: HeldClock) -> partial[GroupChange]:
    return partial(many.together, act=partial(alerts.acknowledge, by=by, now=clock()), verb=many.ACKNOWLEDGE, by=by)


async def test_all_of_several_slices_are_changed_and_what_is_not_there_is_said(stores: Stores, clock: HeldClock):
    await opened(stores, clock)
    notes = await groups_of(stores, clock).change_each([*range(1, MANY + 1), 999], taking("@ana", clock))

    assert [number for number, note in notes.items() if note != many.ACKNOWLEDGE.done] == [999]
    assert notes[999] == many.MISSING
    assert len(await stores.groups.listed("S1", (Status.ACKNOWLEDGED,), 100)) == MANY


async def test_one_that_fails_keeps_none_of_the_others_from_being_changed(stores: Stores, clock: HeldClock):
    await opened(stores, clock)

    def decide(group: AlertGroup) -> GroupChange:
        if group.number == 7:
            raise UserError(say("No."))
        return taking("@ana", clock)(group)

    notes = await groups_of(stores, clock).change_each(range(1, MANY + 1), decide)
    assert [number for number, note in notes.items() if note == many.FAILED] == [7]
    assert [group.number for group in await stores.groups.listed("S1", (Status.FIRING,), 100)] == [7]


async def test_nobody_reaches_the_groups_of_another_server(stores: Stores, clock: HeldClock):
    await opened(stores, clock, "S2", count=3)
    groups = groups_of(stores, clock)

    notes = await groups.change_each([1, 2, 3], taking("@ana", clock))
    assert list(notes.values()) == [many.MISSING] * 3
    assert await groups.with_numbers([1, 2, 3]) == []
    assert await groups.outlined((Status.FIRING,), fits=lambda _: True, most=10) == []
    assert len(await stores.groups.listed("S2", (Status.FIRING,), 10)) == 3


async def test_two_who_take_the_same_at_once_are_each_told_which_ones_they_have(stores: Stores, clock: HeldClock):
    await opened(stores, clock)
    wanted = range(1, MANY + 1)
    told = await asyncio.gather(
        *(groups_of(stores, clock).change_each(wanted, taking(by, clock)) for by in ("@ana", "@ben"))
    )
    taken = await stores.groups.listed("S1", (Status.ACKNOWLEDGED,), 100)
    for by, notes in zip(("@ana", "@ben"), told, strict=True):
        theirs = {number for number, note in notes.items() if note == many.ACKNOWLEDGE.done}
        assert theirs == {group.number for group in taken if group.acknowledged_by == by}


async def test_outlines_are_looked_through_page_by_page_until_enough_fit(stores: Stores, clock: HeldClock):
    await opened(stores, clock, count=9)
    groups = groups_of(stores, clock)
    odd = await groups.outlined((Status.FIRING,), fits=lambda one: one.labels["team"] == "db", most=3)

    assert [one.number for one in odd] == [9, 7, 5]
    assert odd[0].labels["a.b$c"] == "odd"
    pages = [[one.number for one in page] async for page in stores.groups.outlines("S1", Status.FIRING, page=4)]
    assert pages == [[9, 8, 7, 6], [5, 4, 3, 2], [1]]


async def test_one_that_only_a_newer_release_can_read_ends_no_looking_through(
    stores: Stores, database: Database, clock: HeldClock
):
    await opened(stores, clock, count=9)
    await database.collection("groups").update_one({"number": 8}, {"$set": {"doc.labels": "team=db"}})
    pages = [[one.number for one in page] async for page in stores.groups.outlines("S1", Status.FIRING, page=2)]
    assert pages == [[9], [7, 6], [5, 4], [3, 2], [1]]
