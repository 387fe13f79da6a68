"""All that an alert says, where the card has no room for it."""

from tests.scenarios.world import World

MANY = tuple(f"web-{number}" for number in range(1, 8))


async def test_what_the_card_leaves_out_is_shown_on_request(world: World) -> None:
    await world.fire(instances=MANY)
    assert "web-2" not in world.card().words
    assert "Not all fits here: `/oncall show 1 --all`" in world.card().words
    await world.ana.clicks("Timeline", world.card("ana"))
    assert world.ana.sees.endswith("`/oncall show 1 --all` shows everything that its alerts say.")
    await world.ana.types("/oncall show 1 --all")
    assert [name for name in MANY if f"{name}: Errors are above 5 %" not in world.ana.sees] == []
    assert "- 10:00: Fired" in world.ana.sees


async def test_a_long_text_is_shown_in_full_length(world: World) -> None:
    await world.fire(summary=f"{'Replication is behind. ' * 60}The end of it.")
    await world.ana.types("/oncall show 1")
    assert "The end of it." not in world.ana.sees
    await world.ana.types("/oncall show 1 --all")
    assert "The end of it." in world.ana.sees


async def test_what_fits_has_no_such_hint(world: World) -> None:
    await world.fire()
    assert "--all" not in world.card().words
    await world.ana.types("/oncall show 1")
    assert "--all" not in world.ana.sees
    await world.ana.types("/oncall show 1 --all")
    assert "- web-1: Errors are above 5 %" in world.ana.sees


async def test_everything_fits_into_one_message_whatever_was_sent(world: World) -> None:
    await world.fire("*_" * 2_000, instances=tuple(f"web-{number}" for number in range(20)), summary="*_~" * 5_000)
    await world.ana.types("/oncall show 1 --all")
    assert 0 < len(world.ana.sees) <= 16_383
    assert "Fired" in world.ana.sees
