"""A source of alerts is changed: whom it pages, where it posts. Its address and key stay."""

from functools import partial

from bot.core import integrations
from bot.core.integrations import Integration
from bot.core.replacing import replace
from tests.scenarios.world import World


async def typed(world: World, command: str, person: str = "root") -> str:
    await world.people[person].types(f"/oncall integration {command}", channel="alerts")
    return str(world.people[person].sees)


async def source(world: World) -> Integration:
    [one] = await world.services.stores.integrations.listed(world.server_id)
    return one


async def test_what_is_typed_changes_and_the_rest_stays(world: World) -> None:
    sees = await typed(world, "edit Prometheus @cho @ben")
    assert sees.splitlines() == [
        "**Prometheus is changed.**",
        "All alerts: posted in ~alerts, pages @cho, then @ben, 5 min apart.",
    ]
    sees = await typed(world, "edit Prometheus --wait-minutes 2 --name Production")
    assert "**Production is changed.**" in sees and "pages @cho, then @ben, 2 min apart." in sees
    await world.fire()
    assert [len(world.pages(person)) for person in ("ana", "cho")] == [0, 1]
    await world.pass_time(minutes=2)
    assert len(world.pages("ben")) == 1


async def test_without_more_the_form_opens_as_it_is_and_keeps_what_nobody_touches(world: World) -> None:
    before = await source(world)
    await typed(world, "edit Prometheus")
    assert world.root.modal is not None and world.root.modal.title == "Change an integration"
    await world.root.submits(wait_minutes="9")
    after = await source(world)
    assert after == replace(before, wait_minutes=9)


async def test_the_form_loses_nobody_who_is_not_in_mattermost_yet(world: World) -> None:
    await world.root.types('/oncall people add "Dora Doe" --email dora@example.com', channel="alerts")
    await typed(world, 'edit Prometheus --people "@cho dora@example.com"')
    before = await source(world)
    assert len(before.people) == 2
    await typed(world, "edit Prometheus")
    await world.root.submits(wait_minutes="9")
    assert (await source(world)).people == before.people
    await typed(world, "edit Prometheus @cho")
    assert (await source(world)).people == before.people[:1]


async def test_a_channel_of_its_own_is_joined(world: World) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    channel = world.simulator.add_channel(team, "databases")
    world.simulator.join(world.root.user, channel)
    assert "posted in ~databases" in await typed(world, "edit Prometheus --channel databases")
    await world.fire()
    assert world.cards() == []
    assert [post for post in world.root.posts("databases") if post.is_bot and "#1 HighErrorRate" in post.words]


async def test_names_stay_apart_and_only_admins_edit(world: World) -> None:
    await world.add_integration("Other", "@cho")
    assert "There is an integration called other already." in await typed(world, "edit Prometheus --name other")
    await typed(world, "edit Prometheus @cho", "ana")
    assert "is changed" not in world.heard("ana")


async def test_two_admins_at_once_keep_what_the_other_did(world: World) -> None:
    one = await source(world)
    change = world.services.stores.integrations.change
    await change(world.server_id, one.id, partial(integrations.edit, decide=lambda now: replace(now, wait_minutes=7)))
    await typed(world, "edit Prometheus @cho")
    after = await source(world)
    assert (after.wait_minutes, len(after.people)) == (7, 1)
    await change(world.server_id, one.id, partial(integrations.remove, now=world.clock()))
    gone = await change(world.server_id, one.id, partial(integrations.edit, decide=lambda now: replace(now, name="X")))
    assert gone.doc.name == "Prometheus" and "is removed" in gone.note.english
