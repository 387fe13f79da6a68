"""Two people who do the same at once get one alert group, and both an answer."""

import asyncio

from bot.call import Actor, Call, Opened
from bot.context import Draft
from bot.contexts.groups import GroupsOfServer
from bot.storage.stores import Stores
from tests.clock import HeldClock


async def test_a_message_becomes_one_alert_group_however_many_press_at_once(stores: Stores, clock: HeldClock) -> None:
    call = Call(server_id="server-one", command="create", actor=Actor(user_id="ana"), opened=Opened.MENU)
    groups = GroupsOfServer(stores=stores, server_id="server-one", clock=clock, call=call)
    draft = Draft(title="Customers cannot pay", key="post:p1", by="@ana")
    opened = await asyncio.gather(*(groups.open(draft) for _ in range(8)))
    assert len({group.id for group, _ in opened}) == 1
    assert sum(new for _, new in opened) == 1
    (group,) = await stores.groups.open("server-one", 10)
    assert group.repeats == 7
