"""A day and a time in a form: picked where Mattermost has a picker, typed elsewhere, meant where the person lives."""

import pytest

from tests.scenarios.world import World

every_version = pytest.mark.parametrize(
    "surface", ["apps-9.5", "native-9.5", "native-11.0", "native-11.1", "native-11.7", "native-11.10", "native-12.0"]
)


async def planning(world: World, typed: str = "maintenance plan all") -> None:
    """Ana, who lives in Berlin, an hour ahead of UTC."""
    await world.root.types("/oncall people role @ana --role admin", channel="alerts")
    await world.ana.types(f"/oncall {typed}", channel="alerts")
    assert world.ana.modal is not None, world.ana.notices


@every_version
async def test_a_moment_is_that_of_the_person_however_it_is_given(world: World) -> None:
    await planning(world)
    await world.ana.submits(begins="2026-03-03 18:15", duration="2h", reason="Deploy")
    assert world.ana.modal is None, world.ana.field_errors
    await world.ana.types("/oncall maintenance list", channel="alerts")
    assert "Tue, Mar 3, 18:15" in world.ana.sees
    await world.root.types("/oncall maintenance list", channel="alerts")
    assert "Tue, Mar 3, 17:15" in world.root.sees


@every_version
async def test_what_was_typed_is_in_the_picker(world: World) -> None:
    await planning(world, 'maintenance plan all "tomorrow 9:00"')
    assert world.ana.modal is not None
    assert world.ana.modal.values["begins"] in ("tomorrow 9:00", "2026-03-03T09:00:00+01:00")
    await world.ana.submits(duration="30m")
    await world.ana.types("/oncall maintenance list", channel="alerts")
    assert "Tue, Mar 3, 09:00" in world.ana.sees


@pytest.mark.parametrize("surface", ["apps-9.5", "native-9.5"])
async def test_what_is_no_moment_is_told_at_its_field(world: World) -> None:
    await planning(world)
    await world.ana.submits(begins="soon", duration="2h")
    assert world.ana.field_errors == {
        "begins": "Write a time such as 2026-12-01 18:00, `tomorrow 9:00`, 18:00 or `in 2h`."
    }


@pytest.mark.parametrize("surface", ["native-11.1", "native-12.0"])
async def test_a_picker_offers_nothing_of_yesterday(world: World) -> None:
    await planning(world)
    with pytest.raises(LookupError, match="no day before 2026-03-02"):
        await world.ana.submits(begins="2026-03-01 18:00", duration="2h")
