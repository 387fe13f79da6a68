"""What a responder does with an alert group beside acknowledging it: notes, more people, handing over, calling."""

import pytest

from tests.scenarios.world import World


async def test_reopening_a_resolved_group_pages_again(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall resolve 1")
    assert world.ana.sees == "#1 is resolved."
    await world.pass_time(seconds=3)
    await world.ana.clicks("Reopen", world.card("ana"))
    assert world.ana.sees == "#1 is firing again; the people in line are paged."
    await world.pass_time(seconds=3)
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 2


async def test_a_group_cannot_come_back_while_a_newer_one_is_open(world: World) -> None:
    await world.fire()
    await world.end()
    await world.fire()
    await world.ana.types("/oncall reopen 1")
    assert "A newer alert group is open for the same alerts as #1." in world.ana.sees


async def test_a_note_stands_in_the_thread_with_its_author(world: World) -> None:
    await world.fire()
    await world.ben.types("/oncall note 1 Disk of db-3 was full @all")
    assert world.ben.sees == "Noted on #1."
    await world.pass_time(seconds=3)
    replies = [reply.text for reply in world.card().replies]
    assert any("Note by @" in reply and "Disk of db-3 was full" in reply for reply in replies), replies
    assert not any("@all" in reply for reply in replies)


async def test_more_people_are_paged_on_request_whatever_the_chain_says(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall ack 1")
    await world.ana.types("/oncall responders 1 @cho")
    assert world.ana.sees == "@cho is paged for #1."
    await world.settle()
    assert len(world.pages("cho")) == 1
    await world.ana.types("/oncall responders 1")
    assert "Paged for #1" in world.ana.sees
    assert "@cho" in world.ana.sees


async def test_assigning_hands_over_and_tells_the_other(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall assign 1 @ben")
    assert world.ana.sees == "@ben has #1 now."
    await world.pass_time(seconds=3)
    assert "Acknowledged by @ben" in world.card().words
    assert len(world.pages("ben")) == 1
    await world.pass_time(minutes=10)
    assert len(world.pages("ben")) == 1


async def test_escalating_pages_the_next_in_line_now_and_once(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall escalate 1")
    assert world.ana.sees == "The next in line for #1 is paged."
    await world.settle()
    assert len(world.pages("ben")) == 1
    await world.ana.types("/oncall escalate 1")
    assert "Everyone in line for #1 has been paged." in world.ana.sees


async def test_why_explains_origin_line_and_what_comes_next(world: World) -> None:
    await world.fire()
    await world.ben.types("/oncall why 1")
    assert "#1 came from Prometheus at 10:00." in world.ben.sees
    assert "Next: @ben is paged at 10:05 unless somebody acknowledges." in world.ben.sees


async def test_paging_somebody_in_one_line(world: World) -> None:
    await world.cho.types("/oncall page @ben db is down")
    assert world.cho.sees == "@ben is paged. It is alert group #1."
    await world.settle()
    assert "db is down" in world.card().words
    assert len(world.pages("ben")) == 1
    assert world.pages("ana") == []


async def test_paging_the_people_of_an_integration_goes_on_to_the_next(world: World) -> None:
    await world.cho.types("/oncall page Prometheus customers cannot pay")
    await world.settle()
    assert len(world.pages("ana")) == 1
    await world.pass_time(minutes=5)
    assert len(world.pages("ben")) == 1


async def test_paging_without_arguments_opens_the_form(world: World) -> None:
    await world.cho.types("/oncall page")
    assert world.cho.modal is not None
    assert world.cho.modal.title == "Page somebody"
    await world.cho.submits(who="Prometheus", text="Checkout is slow", urgency="low")
    assert "@ana is paged. It is alert group #1." in world.heard("cho")


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_a_message_becomes_an_alert_group_from_its_menu(world: World) -> None:
    await world.cho.types("The shop is down", channel="alerts")
    message = world.cho.posts("alerts")[-1]
    await world.cho.picks("Acknowledge", message)
    assert "This message is no alert of mine." in world.cho.sees
    await world.cho.picks("Create alert group from this message…", message)
    assert world.cho.modal is not None
    assert world.cho.modal.values["text"] == "The shop is down"
    await world.cho.submits()
    assert world.cho.sees == "Alert group #1 is open."
    await world.settle()
    assert "The shop is down" in world.cards()[-1].words
    assert f"_redirect/pl/{message.id}" in world.cards()[-1].words


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_paging_about_a_message_twice_counts_instead_of_paging_again(world: World) -> None:
    await world.cho.types("The shop is down", channel="alerts")
    message = world.cho.posts("alerts")[-1]
    for expected in (
        "@ben is paged. It is alert group #1.",
        "#1 is open for this message already. It was counted once more.",
    ):
        await world.cho.picks("Page on-call about this…", message)
        await world.cho.submits(who="@ben")
        assert world.cho.sees == expected
    await world.settle()
    assert len(world.pages("ben")) == 1


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_acknowledging_from_the_post_menu_of_a_card(world: World) -> None:
    await world.fire()
    await world.ana.picks("Acknowledge", world.card("ana"))
    assert world.ana.sees == "You have #1. Nobody else is paged for it."


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_the_channel_header_says_who_is_on_call(world: World) -> None:
    await world.ana.header("Who is on call", channel="alerts")
    assert "Prometheus: @ana, then @ben" in world.ana.sees


@pytest.mark.parametrize("surface", ["native-9.5", "native-12.0"])
async def test_a_command_in_the_thread_of_an_alert_is_about_that_alert(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall ack", root=world.card("ana"), channel="alerts")
    assert world.ana.sees == "You have #1. Nobody else is paged for it."
