"""Deciding about an alert group beside its state: to which step, whom no more, how grave."""

from tests.scenarios.world import World


async def test_a_chosen_step_is_paged_now_and_an_earlier_one_again(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall escalate 1 2")
    assert world.ana.sees == "Step 2 of #1 is paged."
    await world.settle()
    assert len(world.pages("ben")) == 1
    await world.ana.types("/oncall escalate 1 1")
    await world.settle()
    assert len(world.pages("ana")) == 2
    await world.ana.types("/oncall escalate 1 9")
    assert world.ana.sees == "#1 has 2 steps. `/oncall why 1` shows them."


async def test_the_form_asks_for_the_alert_and_leaves_the_step_free(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall escalate")
    assert world.ana.modal is not None
    await world.ana.submits(group="1")
    await world.settle()
    assert len(world.pages("ben")) == 1


async def test_whoever_is_not_needed_is_not_paged(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall responders 1 --remove @ben")
    assert world.ana.sees == "@ben is not paged for #1 any more."
    await world.pass_time(minutes=30)
    assert world.pages("ben") == []
    assert "Everyone in line has been paged" in world.card().words
    assert "@\u200bben is not paged any more, by @\u200bana" in "\n".join(reply.text for reply in world.card().replies)


async def test_more_and_fewer_people_at_once(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall responders 1 @cho --remove @ben")
    assert world.ana.sees == "@cho is paged for #1.\n@ben is not paged for #1 any more."
    await world.pass_time(minutes=30)
    assert len(world.pages("cho")) == 1
    assert world.pages("ben") == []


async def test_a_severity_is_changed_by_command_and_sorts_the_list(world: World) -> None:
    await world.fire("Disk", severity="info")
    await world.fire("Shop", severity="warning")
    await world.ana.types("/oncall severity 1 critical")
    assert world.ana.sees == "#1 has the severity critical now."
    await world.pass_time(seconds=3)
    [card] = [card for card in world.cards() if "#1 Disk" in card.words]
    assert "critical" in card.words
    assert "info" not in card.words
    await world.ana.types("/oncall list")
    assert world.ana.sees.splitlines()[1].endswith("Disk: Firing since 10:00")
    await world.ana.types("/oncall priority 1 critical")
    assert world.ana.sees == "#1 has that severity already."


async def test_the_card_shows_what_the_latest_alert_says(world: World) -> None:
    await world.fire(summary="Errors are above 5 %")
    await world.fire(summary="Errors are above 50 %")
    await world.pass_time(seconds=3)
    assert "Errors are above 5 %" in world.card().words
    assert "- Errors are above 50 %" in world.card().words
    await world.fire(instances=("web-2",), summary="Errors everywhere")
    await world.fire(summary="Errors are above 70 %")
    await world.pass_time(seconds=3)
    lines = [line for line in world.card().words.splitlines() if line.startswith("- ")]
    assert [line.split(": ")[0] for line in lines] == ["- web-2", "- web-1"]
