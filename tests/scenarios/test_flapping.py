"""What comes and goes is one alert group with one post, and pages again only if it stays."""

from tests.scenarios.world import World


async def flap(world: World, times: int, *, severity: str = "warning") -> None:
    for _ in range(times):
        await world.fire("Link", severity=severity)
        await world.pass_time(minutes=1)
        await world.end("Link", severity=severity)
        await world.pass_time(minutes=1)


async def test_what_comes_and_goes_goes_on_in_one_post_and_pages_no_more(world: World):
    await flap(world, 8)

    assert len(world.cards()) == 4
    assert len(world.pages("ana")) == 4
    assert any("8 times in a row by now: it is flapping" in reply.words for reply in world.cards()[-1].replies)
    await world.ana.types("/oncall why 4", channel="alerts")
    assert "It is flapping: it came and went 8 times in a row" in world.ana.sees


async def test_maintenance_that_is_only_planned_changes_nothing(world: World):
    await world.root.types('/oncall maintenance plan all "tomorrow 2:00" 2h Backup --repeats weekly', channel="alerts")
    await flap(world, 8)

    assert len(world.cards()) == 4
    assert len(world.pages("ana")) == 4


async def test_what_stays_after_all_pages_from_the_beginning(world: World):
    await flap(world, 5)
    await world.fire("Link", severity="warning")
    assert "Flapping: fired 6 times in a row" in world.cards()[-1].words
    before = len(world.pages("ana"))
    await world.pass_time(minutes=4)
    assert len(world.pages("ana")) == before
    await world.pass_time(minutes=2)
    assert len(world.pages("ana")) == before + 1


async def test_what_comes_back_after_a_while_is_new(world: World):
    await flap(world, 5)
    await world.pass_time(minutes=40)
    await world.fire("Link", severity="warning")
    assert len(world.cards()) == 5
    assert len(world.pages("ana")) == 5


async def test_somebody_takes_a_flapping_group_on(world: World):
    await flap(world, 5)
    await world.fire("Link", severity="warning")
    await world.ana.clicks("Acknowledge", world.cards("ana")[-1])
    await world.pass_time(minutes=10)
    assert len(world.pages("ana")) == 4 and world.pages("ben") == []


async def test_what_is_critical_pages_each_time(world: World):
    await flap(world, 6, severity="critical")
    assert len(world.cards()) == 4
    assert len(world.pages("ana")) == 6
