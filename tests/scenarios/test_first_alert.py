"""One alert all the way through: posted, paged, acknowledged, escalated, silenced, resolved."""

import pytest

from tests.scenarios.world import World


async def test_an_alert_becomes_a_post_and_a_page_for_the_first_in_line(world: World) -> None:
    await world.fire()
    card = world.card()
    assert "#1 HighErrorRate" in card.words
    assert "Firing since" in card.words
    assert card.buttons == ["Acknowledge", "Resolve", "More people…", "Note…", "Timeline"]
    [page] = world.pages("ana")
    assert "@ana, you are on call" in page.words
    assert world.pages("ben") == []


async def test_acknowledging_by_button_changes_the_post_in_place_and_stops_the_escalation(world: World) -> None:
    await world.fire()
    await world.ana.clicks("Acknowledge", world.card("ana"))
    assert world.ana.sees == "You have #1. Nobody else is paged for it."
    await world.pass_time(seconds=3)
    assert "Acknowledged by @ana" in world.card().words
    await world.pass_time(minutes=30)
    assert world.pages("ben") == []


async def test_acknowledging_by_command_does_the_same(world: World) -> None:
    await world.fire()
    await world.ben.types("/oncall ack 1")
    assert world.ben.sees == "You have #1. Nobody else is paged for it."
    await world.pass_time(seconds=3)
    assert "Acknowledged by @ben" in world.card().words


async def test_acknowledging_in_the_page_works_too(world: World) -> None:
    await world.fire()
    [page] = world.pages("ana")
    await world.ana.clicks("Acknowledge", page)
    await world.pass_time(seconds=3)
    assert "Acknowledged by @ana" in world.card().words
    [page] = world.pages("ana")
    assert "Acknowledged by @ana" in page.words


async def test_without_acknowledgement_the_next_in_line_is_paged(world: World) -> None:
    await world.fire()
    await world.pass_time(minutes=4, seconds=59)
    assert world.pages("ben") == []
    await world.pass_time(seconds=1)
    assert len(world.pages("ben")) == 1
    assert len(world.pages("ana")) == 1


async def test_a_command_without_its_arguments_opens_its_form(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall ack")
    assert world.ana.modal is not None
    assert world.ana.modal.title == "Choose alert groups"
    await world.ana.submits(group="1")
    assert world.ana.modal is None
    assert world.ana.sees == "You have #1. Nobody else is paged for it."


async def test_silencing_opens_a_form_that_reports_mistakes_at_the_field(world: World) -> None:
    await world.fire()
    await world.ana.chooses("Silence for…", "Another time…", world.card("ana"))
    assert world.ana.modal is not None
    await world.ana.submits(duration="soon")
    assert "30m, 2h or 1d" in world.ana.field_errors["duration"]
    await world.ana.submits(duration="2h", reason="Deploy is running")
    assert world.ana.modal is None
    assert "#1 is silenced until 12:00." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert "Silenced by @ana until 11:00 UTC" in world.card().words
    await world.pass_time(hours=2)
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 2


@pytest.mark.parametrize(
    ("option", "until"),
    [
        ("30 minutes", "10:30"),
        ("2 hours", "12:00"),
        ("8 hours", "18:00"),
        ("Until tomorrow, 9:00", "Tue, Mar 3, 09:00"),
    ],
)
async def test_silencing_is_one_choice_on_the_post(world: World, option: str, until: str) -> None:
    await world.fire()
    assert [*world.card("ana").selects] == ["Silence for…"]
    await world.ana.chooses("Silence for…", option, world.card("ana"))
    assert world.ana.modal is None
    assert f"#1 is silenced until {until}." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert world.card().selects == {}
    assert "Silenced by @ana" in world.card().words


async def test_a_page_is_silenced_by_a_choice_too(world: World) -> None:
    await world.fire()
    await world.ana.chooses("Silence for…", "2 hours", world.pages("ana")[-1])
    assert "#1 is silenced until 12:00." in world.heard("ana")


async def test_a_group_is_resolved_when_all_its_alerts_have_ended(world: World) -> None:
    await world.fire(instances=("web-1", "web-2"))
    await world.end(instances=("web-1",))
    await world.pass_time(seconds=3)
    assert "Firing since" in world.card().words
    await world.end(instances=("web-2",))
    await world.pass_time(seconds=3)
    assert "Resolved by Prometheus" in world.card().words
    assert world.card().buttons == ["Reopen", "Note…", "Timeline"]


async def test_a_resolved_group_that_fires_anew_is_a_new_group(world: World) -> None:
    await world.fire()
    await world.end()
    await world.pass_time(minutes=1)
    await world.fire()
    assert [card.words.split()[1] for card in world.cards()] == ["**#1", "**#2"]


async def test_repeats_are_counted_and_post_nothing_new(world: World) -> None:
    await world.fire()
    await world.fire()
    await world.fire()
    await world.pass_time(seconds=3)
    assert "1 alert, 2 repeats" in world.card().words
    assert len(world.pages("ana")) == 1
