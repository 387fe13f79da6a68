"""What a responder does with an alert group beside acknowledging it: notes, more people, handing over, calling."""

from copy import deepcopy

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


@pytest.mark.parametrize("surface", ["native-9.5", "native-12.0"])
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("silence 30", "#1 is silenced until 10:30."),
        ("silence 30 minutes", "#1 is silenced until 10:30."),
        ("silence 2 h", "#1 is silenced until 12:00."),
        ("silence 2h", "#1 is silenced until 12:00."),
        ("silence until 18:00", "#1 is silenced until 18:00."),
        ("silence --duration 2", "#1 is silenced until 10:02."),
        ("silence 1 30", "#1 is silenced until 10:30."),
        ("silence 2 30", "#2 is silenced until 10:30."),
        ("silence #2 30", "#2 is silenced until 10:30."),
        (
            "silence 2",
            "2 could be another alert group, too. Write `/oncall silence --duration 2` for the one of this thread, "
            "or `/oncall silence #2 …` for the other.",
        ),
        ("silence 30 2h", "There is no alert group 30. `/oncall list` shows the open ones."),
        ("silence #30 2h", "There is no alert group 30. `/oncall list` shows the open ones."),
        ("note 500 errors in a minute", "Noted on #1."),
        ("note 2 the same fault", "Noted on #2."),
    ],
)
async def test_a_number_in_a_thread_is_a_group_only_where_that_makes_sense(world: World, typed: str, said: str) -> None:
    await world.fire()
    await world.fire("Other")
    thread = next(post for post in world.cards("ana") if "HighErrorRate" in post.words)
    await world.ana.types(f"/oncall {typed}", root=thread, channel="alerts")
    assert world.ana.modal is None
    assert world.ana.sees == said


@pytest.mark.parametrize("surface", ["native-9.5", "native-12.0"])
async def test_a_number_that_needs_more_is_asked_for_it(world: World) -> None:
    await world.fire()
    for typed, group in (("silence 1", "1"), ("silence #7", "7")):
        await world.ana.types(f"/oncall {typed}", root=world.card("ana"), channel="alerts")
        assert world.ana.modal is not None
        assert world.ana.modal.values["group"] in (group, [group])
        await world.ana.cancels()


async def test_the_list_begins_with_the_worst_and_says_how_to_see_more(world: World) -> None:
    for number in range(21):
        await world.fire(f"Disk{number}", severity="info")
    await world.fire("Fire", severity="critical")
    await world.ana.types("/oncall ack 22")
    await world.fire("Smoke", severity="warning")
    await world.ana.types("/oncall list")
    heading, worst, *_, more = world.ana.sees.splitlines()
    assert heading == "**23 open alert groups**"
    assert "**#23** Smoke" in worst
    assert len(world.ana.sees.splitlines()) == 22
    assert "`/oncall list --page 2` shows the next" in more
    await world.ana.types("/oncall list --page 2")
    assert [line.split("**")[1] for line in world.ana.sees.splitlines()[1:]] == ["#2", "#1", "#22"]
    await world.ana.types("/oncall list acknowledged")
    assert "Fire" in world.ana.sees
    assert "Disk" not in world.ana.sees


# ---- row 50: a press on an outdated post ----


async def test_pressing_an_outdated_button_says_so_and_draws_the_post_as_it_is(world: World) -> None:
    await world.fire()
    posts, old = world.simulator.state.posts, world.card("ana")
    kept = deepcopy(posts[old.id])
    await world.ben.types("/oncall resolve 1")
    await world.pass_time(seconds=3)
    # Somebody else's node of Mattermost, or an edit that was lost: the post still shows what was.
    stale = posts[old.id]
    stale.message, stale.props, stale.public_props = kept.message, kept.props, kept.public_props
    assert "Firing since" in world.card().words
    edits = world.simulator.count_requests("PUT", f"/api/v4/posts/{old.id}/patch")
    await world.ana.clicks("Acknowledge", old)
    await world.ana.clicks("Acknowledge", old)
    assert "#1 is already resolved." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert "Resolved by @ben" in world.card().words
    assert world.simulator.count_requests("PUT", f"/api/v4/posts/{old.id}/patch") == edits + 1


@pytest.mark.parametrize("surface", ["native-9.5", "native-11.10", "native-12.0"])
async def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(world: World) -> None:
    """Over Apps the web client itself refuses what no binding offers, before the bot is asked."""
    await world.ana.types("/oncall silense 1 2h")
    assert world.ana.sees == (
        "There is no command `silense`. Did you mean `/oncall silence`? `/oncall help` lists them all."
    )


async def test_the_help_begins_with_what_is_needed_most(world: World) -> None:
    await world.ana.types("/oncall help")
    told = [line.split()[2].strip("`:") for line in world.ana.sees.splitlines() if line.startswith("- ")]
    assert told[:5] == ["list", "show", "ack", "resolve", "silence"]
    assert told.index("page") < told.index("who") < told.index("people")


async def test_why_tells_the_key_in_one_line(world: World) -> None:
    await world.fire()
    await world.ben.types("/oncall why 1")
    assert 'until it is resolved: `{alertname="HighErrorRate"}`' in world.ben.sees


async def test_the_page_tells_times_where_the_person_lives_and_the_channel_says_utc(world: World) -> None:
    await world.fire()
    [page] = world.pages("ana")
    assert "Firing since 10:00" in page.words
    assert "UTC" not in page.words
    assert "Firing since 09:00 UTC" in world.card().words


async def test_a_silence_until_tonight_is_told_as_it_was_understood(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall silence 1 until tonight 9:00")
    assert world.ana.sees == "#1 is silenced until 21:00."


async def test_a_silence_until_working_hours_ends_on_the_next_working_day(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall silence 1 until working hours")
    assert world.ana.sees == "#1 is silenced until Tue, Mar 3, 09:00."
    await world.pass_time(seconds=3)
    assert "Silenced by @ana until" in world.card().words


async def test_whoever_was_paged_sees_the_resolution_and_nobody_is_pinged_by_it(world: World) -> None:
    await world.fire()
    await world.pass_time(minutes=6)
    assert len(world.pages("ben")) == 1
    await world.ana.types("/oncall resolve 1")
    await world.pass_time(seconds=3)
    for person in ("ana", "ben"):
        [page] = world.pages(person)
        assert "Resolved by @\u200bana at" in page.words or "Resolved by @ana at" in page.words
    told = world.card().replies[-1].text
    assert told == "Resolved by @\u200bana"
