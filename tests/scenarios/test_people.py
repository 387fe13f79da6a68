"""People: added, listed, shown, given roles, removed; what they say about themselves, and how they are paged."""

from functools import partial
from typing import Any

from bot.core.changes import Change
from bot.core.linking import confirmed
from bot.core.people import Person
from bot.storage.ids import new_id
from tests.scenarios.world import World


async def person(world: World, name: str) -> Any:
    return await world.services.stores.people.by_user(world.server_id, world.people[name].user.id)


def thread(world: World) -> str:
    return "\n".join(reply.words for card in world.cards() for reply in card.replies)


async def test_adding_somebody_says_what_comes_next(world: World) -> None:
    await world.root.types("/oncall people add Ana Schmidt --email ana.schmidt@example.com --zone berlin")
    assert (
        world.root.sees == "Ana Schmidt is added, a responder. `/oncall people invite ana.schmidt@example.com` "
        "gets a code that links their Mattermost account."
    )
    await world.root.types("/oncall people show ana.schmidt@example.com")
    assert "Time zone: Europe/Berlin" in world.root.sees
    assert "Cannot be paged before they are linked" in world.root.sees


async def test_adding_without_a_name_opens_the_form_and_mistakes_are_at_their_fields(world: World) -> None:
    await world.root.types("/oncall people add")
    assert world.root.modal is not None
    await world.root.submits(name="Ana Schmidt", email="ana@example", phone="12", zone="Mars/Base")
    errors = world.root.field_errors
    assert errors["email"] == "This is not an e-mail address. Write it like ana@example.com."
    assert errors["phone"] == "Write the number with its country code, like +49 151 23456789."
    assert errors["zone"] == "I do not know this time zone. Write it like Europe/Berlin or America/New_York."
    await world.root.submits(email="ana.schmidt@example.com", phone="+49 (151) 234-567", zone="Europe/Berlin")
    assert world.root.modal is None
    assert "Ana Schmidt is added, a responder." in world.heard("root")


async def test_an_address_belongs_to_one_person(world: World) -> None:
    await world.root.types("/oncall people add Ana Schmidt --email ana.schmidt@example.com")
    await world.root.types("/oncall people add Somebody --email Ana.Schmidt@example.com")
    assert "is the address of Ana Schmidt already. `/oncall people show` says more." in world.root.sees


async def test_names_from_outside_ping_nobody_and_break_nothing(world: World) -> None:
    await world.root.types('/oncall people add "@all **boo** [x](http://evil.example)"')
    assert "@all" not in world.root.sees
    assert "**boo**" not in world.root.sees
    await world.root.types("/oncall people list")
    assert "@all" not in world.root.sees


async def test_the_list_says_who_is_linked_and_who_is_not(world: World) -> None:
    await world.root.types("/oncall people add Ana Schmidt")
    await world.root.types("/oncall people add Ben Meier")
    await world.root.types("/oncall people invite Ben Meier")
    await world.cho.types("/oncall people list")
    lines = world.cho.sees.splitlines()
    assert lines[0] == "**6 people**, 0 linked"
    assert "- Ana Schmidt: responder, not in Mattermost yet" in lines
    assert "- Ben Meier: responder, invited until 10:10" in lines
    assert "- @root: admin, not linked" in lines


async def test_a_long_list_is_shown_page_by_page_and_searched_by_name(world: World) -> None:
    people = world.services.stores.people
    for number in range(60):
        await people.add(
            Change(doc=Person(id=new_id(world.clock()), server_id=world.server_id, name=f"Xaver {number:02}"))
        )
    await world.root.types("/oncall people list xaver")
    lines = world.root.sees.splitlines()
    assert lines[0] == "**60 people**, 0 linked"
    assert [lines[1], lines[50]] == [f"- Xaver {number}: responder, not in Mattermost yet" for number in ("00", "49")]
    assert lines[51] == "1 to 50 are shown. `/oncall people list xaver --page 2` shows the next."
    await world.root.types("/oncall people list xaver --page 2")
    assert [line[:10] for line in world.root.sees.splitlines()[1:]] == [f"- Xaver {number}" for number in range(50, 60)]
    await world.root.types("/oncall people list xaver --page 3")
    assert world.root.sees == "Nobody is found. `/oncall people list` shows everybody."
    await world.root.types("/oncall people list 07 Xaver")
    assert world.root.sees.splitlines()[1:] == ["- Xaver 07: responder, not in Mattermost yet"]


async def test_the_list_shows_only_those_who_are_not_linked_or_cannot_be_paged(world: World) -> None:
    await world.root.types("/oncall people add Somebody Else")
    world.ben.user.delete_at = 1
    await world.root.types("/oncall people list")
    await world.root.types("/oncall people list --which unreachable")
    assert world.root.sees.splitlines()[1:] == [
        "- @ben: responder, deactivated in Mattermost",
        "- Somebody Else: responder, not in Mattermost yet",
    ]
    ana = await person(world, "ana")
    decide = partial(confirmed, how="import", by="import", now=world.clock())
    await world.services.stores.people.change(world.server_id, ana.id, decide)
    await world.root.types("/oncall people list --which unlinked")
    assert "@ana" not in world.root.sees
    assert "- @root: admin, not linked" in world.root.sees


async def test_two_people_of_one_name_are_told_apart_by_address(world: World) -> None:
    await world.root.types("/oncall people add Ana Schmidt --email one@example.com")
    await world.root.types("/oncall people add Ana Schmidt --email two@example.com")
    await world.root.types("/oncall people show Ana Schmidt")
    assert world.root.sees == "Several people are called Ana Schmidt. Use their e-mail address or @username."


async def test_somebody_nobody_knows_is_not_invited(world: World) -> None:
    await world.root.types("/oncall people invite Nobody")
    assert world.root.sees == "I know nobody called Nobody, and neither does Mattermost. Check the spelling."


async def test_people_change_their_own_profile_in_a_form_that_shows_it(world: World) -> None:
    await world.ana.types("/oncall profile")
    assert world.ana.modal is not None
    assert world.ana.modal.values["zone"] == "Europe/Berlin"
    await world.ana.submits(name="Ana Schmidt", phone="0049 151 2345678", email="ana@example.org")
    assert "Saved." in world.heard("ana")
    await world.ana.types("/oncall me")
    assert "**Ana Schmidt (@ana)**, a responder" in world.ana.sees
    assert "Phone: +491512345678" in world.ana.sees
    assert "Missing" not in world.ana.sees


async def test_typing_one_thing_leaves_the_rest_of_the_profile_as_it_is(world: World) -> None:
    await world.ana.types("/oncall profile --phone +491512345678")
    await world.ana.types("/oncall profile --zone tokyo")
    ana = await person(world, "ana")
    assert (ana.phone, ana.zone) == ("+491512345678", "Asia/Tokyo")


async def test_a_chosen_zone_is_not_overwritten_by_mattermost(world: World) -> None:
    await world.ana.types("/oncall profile --zone tokyo")
    await world.ana.types("/oncall list")
    assert (await person(world, "ana")).zone == "Asia/Tokyo"


async def test_me_says_what_is_missing(world: World) -> None:
    await world.ana.types("/oncall me")
    assert "- Missing: e-mail address and phone. `/oncall profile` adds it." in world.ana.sees
    assert "- Not linked. If an admin added you beforehand, `/oncall link` links you." in world.ana.sees


# ---- roles ----


async def test_viewers_look_and_do_not_act(world: World) -> None:
    await world.fire()
    await world.root.types("/oncall people role @ana --role viewer")
    assert world.root.sees == "@ana is now a viewer, who can look but not act."
    await world.ana.clicks("Acknowledge", world.card("ana"))
    assert world.ana.sees == "You can look but not act here. Ask an admin to make you a responder."
    await world.ana.types("/oncall resolve 1")
    await world.ana.types("/oncall list")
    assert "HighErrorRate" in world.ana.sees
    await world.pass_time(seconds=3)
    assert "Firing since" in world.card().words


async def test_a_viewer_in_mattermost_only_by_assignment(world: World) -> None:
    await world.ana.types("/oncall me")
    assert (await person(world, "ana")).role == "responder"
    await world.root.types("/oncall people role @ana --role viewer")
    await world.ana.types("/oncall me")
    assert (await person(world, "ana")).role == "viewer"


async def test_admins_cannot_lock_themselves_out(world: World) -> None:
    await world.root.types("/oncall people role @root --role viewer")
    assert world.root.sees == "You cannot take the admin role from yourself. Ask another admin."
    await world.root.types("/oncall people remove @root")
    assert world.root.sees == "You cannot remove yourself. Ask another admin."


async def test_only_admins_change_people(world: World) -> None:
    before = await world.services.stores.people.listed(world.server_id, 100)
    for command in ("people add Eve", "people role @ana --role admin", "people remove @ben"):
        await world.ana.types(f"/oncall {command}")
    after = await world.services.stores.people.listed(world.server_id, 100)
    assert [(one.id, one.role) for one in after] == [(one.id, one.role) for one in before]


async def test_an_admin_of_ours_need_not_be_one_of_mattermost(world: World) -> None:
    await world.root.types("/oncall people role @ana --role admin")
    world.ana.apps.forget()
    await world.ana.types("/oncall people add Ben Meier")
    assert "Ben Meier is added" in world.ana.sees


async def test_who_is_removed_is_paged_no_more_and_their_data_is_gone(world: World) -> None:
    await world.ana.types("/oncall profile --phone +491512345678")
    ana = await person(world, "ana")
    await world.root.types("/oncall people remove @ana")
    assert "@ana is removed." in world.root.sees
    stored = await world.services.stores.people.find(world.server_id, ana.id)
    assert (stored.phone, stored.mattermost_user_id) == ("", "")
    await world.fire()
    assert world.pages("ana") == []
    assert len(world.pages("ben")) == 1
    await world.pass_time(seconds=3)
    assert "Could not page somebody: they are not known here any more" in thread(world)
    await world.ana.types("/oncall me")
    assert (await person(world, "ana")).id != ana.id


# ---- what Mattermost knows ----


async def test_a_new_username_is_noticed_on_next_sight(world: World) -> None:
    await world.ana.types("/oncall me")
    world.simulator.state.rename_user(world.ana.user, "ana.schmidt")
    await world.root.types("/oncall people list")
    assert "- @ana.schmidt: responder" in world.root.sees


async def test_who_is_renamed_is_mentioned_by_their_new_name(world: World) -> None:
    await world.ana.types("/oncall rules mention-then-direct")
    world.simulator.state.rename_user(world.ana.user, "ana.schmidt")
    await world.fire()
    await world.pass_time(seconds=5)
    assert "🔴 @ana.schmidt, you are on call" in thread(world)
    assert "Paged @\u200bana.schmidt in this thread" in thread(world)


async def test_who_is_deactivated_is_skipped_with_a_line_in_the_thread_and_shown_in_the_list(world: World) -> None:
    world.ana.user.delete_at = 1
    await world.fire()
    assert len(world.pages("ben")) == 1
    await world.pass_time(seconds=3)
    assert "Could not page @\u200bana: their Mattermost account is deactivated" in thread(world)
    assert (await person(world, "ana")).gone_at is not None
    await world.root.types("/oncall people list")
    assert "- @ana: responder, deactivated in Mattermost" in world.root.sees
    world.ana.user.delete_at = 0
    await world.root.types("/oncall people list")
    assert "- @ana: responder, not linked" in world.root.sees


# ---- rules ----


async def test_people_choose_how_they_are_paged(world: World) -> None:
    await world.ana.types("/oncall rules")
    assert world.ana.modal is not None
    assert world.ana.modal.values["rules"] == "direct-then-mention"
    await world.ana.submits(rules="both")
    assert "You are paged like this from now on: direct message and a mention in the alert's thread." in world.heard(
        "ana"
    )
    await world.ana.types("/oncall me")
    assert "Paged by: direct message and a mention in the alert's thread." in world.ana.sees


async def test_both_means_a_direct_message_and_a_mention(world: World) -> None:
    await world.ana.types("/oncall rules both")
    await world.fire()
    await world.pass_time(seconds=5)
    assert len(world.pages("ana")) == 1
    assert "🔴 @ana, you are on call: **#1 HighErrorRate**" in thread(world)
    assert "Paged @\u200bana by direct message and in this thread" in thread(world)
    assert thread(world).count("you are on call") == 1


async def test_a_mention_first_spares_the_direct_message(world: World) -> None:
    await world.ana.types("/oncall rules mention-then-direct")
    await world.fire()
    await world.pass_time(seconds=5)
    assert world.pages("ana") == []
    assert "@ana, you are on call" in thread(world)
    assert world.pages("ben") == []


async def test_without_a_post_to_mention_in_the_direct_message_comes_after_all(world: World) -> None:
    await world.ana.types("/oncall rules mention-then-direct")
    world.simulator.faults.fail(403, prefix="/api/v4/posts", times=1000)
    await world.fire()
    await world.pass_time(seconds=20)
    world.simulator.faults.clear()
    world.simulator.surprises.clear()
    await world.pass_time(minutes=2)
    assert len(world.pages("ana")) == 1


async def test_when_the_direct_message_fails_they_are_mentioned_in_the_thread(world: World) -> None:
    world.simulator.faults.fail(403, prefix="/api/v4/channels/direct", times=2)
    await world.fire()
    await world.pass_time(seconds=5)
    world.simulator.surprises.clear()
    assert world.pages("ana") == []
    assert "@ana, you are on call" in thread(world)
    assert world.pages("ben") == []


async def test_who_wants_direct_messages_only_is_not_mentioned_when_they_fail(world: World) -> None:
    await world.ana.types("/oncall rules direct")
    world.simulator.faults.fail(403, prefix="/api/v4/channels/direct", times=1)
    await world.fire()
    await world.pass_time(seconds=5)
    world.simulator.surprises.clear()
    assert "@ana, you are on call" not in thread(world)
    assert "Could not page @\u200bana" in thread(world)
    assert len(world.pages("ben")) == 1
