"""Rows of docs/features.md that no other story tells."""

import pytest

from tests.scenarios.world import World


async def test_who_is_on_call_is_told_by_command(world: World) -> None:
    await world.cho.types("/oncall who")
    assert "Prometheus: @ana, then @ben" in world.cho.sees


async def test_the_verbs_of_other_tools_work_by_number(world: World) -> None:
    await world.fire()
    for typed, answer in (
        ("take 1", "You have #1."),
        ("unack 1", "#1 is firing again"),
        ("snooze 1 2h", "#1 is silenced until 12:00."),
        ("unsnooze 1", "#1 is firing again"),
        ("close 1", "#1 is resolved."),
    ):
        await world.ana.types(f"/oncall {typed}")
        assert answer in world.ana.sees


async def test_a_note_is_written_in_the_form_behind_its_button(world: World) -> None:
    await world.fire()
    await world.ana.clicks("Note…", world.card("ana"))
    assert world.ana.modal is not None
    await world.ana.submits(text="Disk of db-3 was full")
    await world.pass_time(seconds=3)
    assert any("Disk of db-3 was full" in reply.text for reply in world.card().replies)


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_a_message_becomes_a_note_from_its_menu(world: World) -> None:
    await world.fire()
    await world.cho.types("It was a cable", channel="alerts")
    await world.cho.picks("Add as resolution note", world.cho.posts("alerts")[-1])
    assert world.cho.modal is not None
    assert world.cho.modal.values["text"] == "It was a cable"
    await world.cho.submits(group="1")
    assert "Noted on #1." in world.cho.sees
