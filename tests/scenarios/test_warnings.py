"""Whoever pages somebody is warned when that person will hardly notice."""

import pytest

from tests.scenarios.world import World

ELSE = "`/oncall responders 1 @name` pages somebody else."


@pytest.mark.parametrize(
    ("status", "warning"),
    [
        ("dnd", "@ben does not want to be disturbed at the moment and may not notice."),
        ("ooo", "@ben is out of office and may not notice."),
    ],
)
async def test_whoever_pages_is_warned_of_a_status(world: World, status: str, warning: str) -> None:
    await world.ben.types("/oncall me")
    world.ben.user.status = status
    await world.ana.types("/oncall page @ben The shop is down")
    assert world.ana.sees == f"@ben is paged. It is alert group #1.\n{warning}\n{ELSE}"
    await world.settle()
    assert len(world.pages("ben")) == 1


async def test_whoever_hands_over_or_asks_for_help_is_warned_of_who_is_deactivated(world: World) -> None:
    await world.fire()
    world.ben.user.delete_at = 1
    for typed in ("responders 1 ben", "assign 1 ben"):
        await world.ana.types(f"/oncall {typed}")
        assert f"@ben is deactivated in Mattermost and cannot be paged.\n{ELSE}" in world.ana.sees


async def test_whoever_is_there_is_no_reason_for_a_warning(world: World) -> None:
    await world.ben.types("/oncall me")
    world.ben.user.status = "online"
    await world.ana.types("/oncall page @ben The shop is down")
    assert world.ana.sees == "@ben is paged. It is alert group #1."


async def test_a_mattermost_that_does_not_say_keeps_nobody_waiting(world: World) -> None:
    await world.ben.types("/oncall me")
    world.simulator.faults.fail(503, prefix="/api/v4/users/status/ids", times=1)
    await world.ana.types("/oncall page @ben The shop is down")
    assert world.ana.sees == "@ben is paged. It is alert group #1."


async def test_the_form_says_who_cannot_be_paged(world: World) -> None:
    await world.root.types("/oncall people add Ann Other --email ann@example.com")
    await world.add_integration("Shop", "ann@example.com @ben")
    world.ben.user.delete_at = 1
    await world.root.types("/oncall people list")
    await world.ana.types("/oncall page")
    found = await world.ana.searches("who", "(")
    assert sorted(found) == ["@ben (deactivated in Mattermost)", "Ann Other (not in Mattermost yet)"]
