"""A process that counts the numbers of alert groups by itself, and another that gives one meanwhile."""

from bot.storage.mongo import Database
from bot.storage.numbers import ALONE
from bot.storage.stores import open_stores
from tests.scenarios.world import World
from tests.storage.samples import opened_group


async def test_who_creates_an_alert_group_while_another_process_took_the_number_gets_the_next(
    world: World, database: Database
) -> None:
    for number in range(1, ALONE + 3):
        await world.ana.types(f'/oncall create "Disk {number} is full"')
    groups = open_stores(database, world.services.clock).groups
    (taken,) = await groups.reserve_numbers(world.server_id, 1)
    await groups.add(opened_group(world.services.clock(), number=taken, key="elsewhere", server_id=world.server_id))
    await world.ana.types('/oncall create "The shop is down"')
    assert taken == ALONE + 3
    assert f"Alert group #{taken + 1} is open." in world.ana.sees
