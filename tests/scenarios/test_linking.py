"""Linking: from an invitation to a person who is paged by what named their profile, and all who try to cheat."""

import re
from typing import Any

import pytest

from tests.scenarios.world import World

WRONG = "This link code is not valid: it is mistyped, used or older than ten minutes. Ask an admin for a new one."
TOO_MANY = "Too many wrong link codes. Wait ten minutes, then try again."
OUT_OF_DATE = "This is out of date or was made for somebody else. Please open it again."
LINKED = "You are linked to the profile Ana Schmidt. `/oncall me` shows it."


async def added(world: World, name: str = "Ana Schmidt", more: str = "--email ana.schmidt@example.com") -> None:
    await world.root.types(f"/oncall people add {name} {more}")
    assert f"{name} is added" in world.root.sees, world.root.sees


async def invited(world: World, person: str = "Ana Schmidt") -> str:
    await world.root.types(f"/oncall people invite {person}")
    found = re.search(r"```\n(\w{5}-\w{5})\n```", world.root.sees)
    assert found, world.root.sees
    return found[1]


async def enters(world: World, person: str, code: str) -> None:
    somebody = world.people[person]
    await somebody.types("/oncall link")
    assert somebody.modal is not None, somebody.sees
    await somebody.submits(code=code)


def question(world: World, person: str) -> str:
    """What the second step asks, in a form or above a button."""
    somebody = world.people[person]
    if somebody.modal is not None:
        return somebody.modal.header
    return button_post(world, person).words


def button_post(world: World, person: str) -> Any:
    private = [post for post in world.people[person].desk.private if post.buttons]
    return private[-1]


async def confirms(world: World, person: str, label: str = "Link") -> None:
    somebody = world.people[person]
    if somebody.modal is not None:
        await somebody.submits()
    else:
        await somebody.clicks(label, button_post(world, person))


async def linked(world: World, person: str = "ana", profile: str = "Ana Schmidt") -> None:
    await enters(world, person, await invited(world, profile))
    await confirms(world, person)
    assert "You are linked to the profile" in world.heard(person), world.heard(person)


async def test_an_invited_person_links_after_seeing_who_is_linked_to_whom(world: World) -> None:
    await added(world)
    await enters(world, "ana", await invited(world))
    assert "You are @ana in Mattermost. Link to the profile Ana Schmidt (ana.schmidt@\u200bexample.com)?" in question(
        world, "ana"
    )
    await confirms(world, "ana")
    assert LINKED in world.heard("ana")
    assert await world.services.stores.people.by_email(world.server_id, "ana.schmidt@example.com") == [
        await person(world, "ana")
    ]
    await world.ana.types("/oncall me")
    assert "**Ana Schmidt (@ana)**, a responder" in world.ana.sees
    assert "Linked to the profile Ana Schmidt since 10:00, by code." in world.ana.sees


async def test_whoever_got_the_code_is_told_who_used_it_and_when(world: World) -> None:
    await added(world)
    await enters(world, "ana", await invited(world))
    await world.settle()
    assert world.root.direct_messages() == []
    await confirms(world, "ana")
    await world.settle()
    [told] = world.root.direct_messages()
    assert told.words.startswith("@ana used the link code that you got for Ana Schmidt, at ")
    assert "`/oncall people remove @ana` takes it away from them." in told.words


async def test_who_uses_their_own_code_is_not_told_so(world: World) -> None:
    await added(world)
    await linked(world, "root")
    await world.settle()
    assert [post.words for post in world.root.direct_messages() if "used the link code" in post.words] == []


async def test_the_form_alone_takes_codes_never_the_message_box(world: World) -> None:
    await added(world)
    code = await invited(world)
    await world.ana.types(f"/oncall link {code}")
    assert "Link to the profile" not in world.heard("ana")
    assert (await person(world, "ana")).linked is False


async def test_what_names_the_profile_pages_the_person_once_linked(world: World) -> None:
    await added(world)
    url = await world.add_integration("Backups", "ana.schmidt@example.com")
    await linked(world)
    await world.send(payload_of(world), url=url)
    [page] = world.pages("ana")
    assert "@ana, you are on call" in page.words


async def test_paging_somebody_who_has_not_linked_says_so_in_the_thread(world: World) -> None:
    await added(world)
    url = await world.add_integration("Backups", "ana.schmidt@example.com @ben")
    await world.send(payload_of(world), url=url)
    await world.pass_time(seconds=3)
    thread = " ".join(reply.words for card in world.cards() for reply in card.replies)
    assert "Could not page Ana Schmidt: they have not linked their Mattermost account yet" in thread
    assert len(world.pages("ben")) == 1


async def test_a_wrong_code_is_told_at_its_field_and_can_be_mended(world: World) -> None:
    await added(world)
    code = await invited(world)
    await enters(world, "ana", "AAAAA-AAAAA")
    assert world.ana.field_errors == {"code": WRONG}
    await world.ana.submits(code=code)
    await confirms(world, "ana")
    assert LINKED in world.heard("ana")


async def test_a_code_serves_once(world: World) -> None:
    await added(world)
    code = await invited(world)
    await enters(world, "ana", code)
    await confirms(world, "ana")
    await enters(world, "ben", code)
    assert WRONG in world.heard("ben")


async def test_a_code_ends_after_ten_minutes_even_between_the_steps(world: World) -> None:
    await added(world)
    code = await invited(world)
    await enters(world, "ana", code)
    world.clock.advance(minutes=10)
    await confirms(world, "ana")
    assert WRONG in world.heard("ana")
    await enters(world, "ana", code)
    assert world.ana.sees == WRONG


async def test_a_new_code_replaces_the_last_one(world: World) -> None:
    await added(world)
    first = await invited(world)
    await invited(world)
    await enters(world, "ana", first)
    assert WRONG in world.heard("ana")


async def test_of_two_people_with_the_same_code_one_is_linked(world: World) -> None:
    await added(world)
    code = await invited(world)
    await enters(world, "ana", code)
    await enters(world, "ben", code)
    await confirms(world, "ana")
    await confirms(world, "ben")
    assert LINKED in world.heard("ana")
    assert WRONG in world.heard("ben")
    assert not (await person(world, "ben")).linked


async def test_guessing_codes_is_slowed_down_and_does_not_end_by_luck(world: World) -> None:
    await added(world)
    code = await invited(world)
    await world.ana.types("/oncall link")
    for _ in range(5):
        await world.ana.submits(code="AAAAA-AAAAA")
        assert world.ana.field_errors == {"code": WRONG}
    await world.ana.submits(code=code)
    assert world.ana.field_errors == {"code": TOO_MANY}
    world.clock.advance(minutes=11)
    await world.ana.submits(code=await invited(world))
    await confirms(world, "ana")
    assert LINKED in world.heard("ana")


async def test_somebody_else_cannot_use_the_confirmation(world: World) -> None:
    """Mallory has what Ana's browser holds: the state of her form, or her button."""
    await added(world)
    await enters(world, "ana", await invited(world))
    if world.apps:
        answer = await replayed_form(world)
        assert answer["text"] == OUT_OF_DATE
    elif world.ana.modal is not None:
        assert (await replayed_dialog(world))["error"] == OUT_OF_DATE
    else:
        await world.ben.press(button_post(world, "ana").cards[0].buttons[0].press, button_post(world, "ana"))
        assert world.ben.sees == OUT_OF_DATE
    assert not (await person(world, "ben")).linked


async def replayed_form(world: World) -> Any:
    form = world.ana.modal.origin.form
    context = {"app_id": "oncall", "channel_id": world.ben.channel.id}
    return await world.simulator.apps.call(world.ben.user.id, {**form["submit"], "context": context})


async def replayed_dialog(world: World) -> Any:
    step = world.ana.modal.origin.step
    body = {
        "url": step.url,
        "callback_id": step.callback_id,
        "state": step.state,
        "channel_id": world.ben.channel.id,
        "submission": {},
    }
    return await world.simulator.submit_dialog(world.ben.user.id, body)


async def test_the_second_step_alone_does_nothing(world: World) -> None:
    await world.ana.types("/oncall link confirm")
    assert not (await person(world, "ana")).linked
    if not world.apps:
        assert world.ana.sees == "Begin with `/oncall link`."


async def test_a_code_of_another_server_is_as_good_as_none(world: World) -> None:
    await added(world)
    profile = await stored(world, "ana.schmidt@example.com")
    foreign = await world.services.setup.create("Another")
    code = new_code_for(world, foreign.server_id)
    digest = world.services.vault.digest("link code", f"{foreign.server_id}|{code.replace('-', '')}")
    await change(world, profile, link_digest=digest, link_ends_at=world.clock.now.replace(hour=10))
    await enters(world, "ana", code)
    assert WRONG in world.heard("ana")


async def test_linking_again_replaces_the_link_after_asking_and_frees_the_first_profile(world: World) -> None:
    await added(world)
    await added(world, "Ana Meier", "--email ana.meier@example.com")
    await linked(world)
    await enters(world, "ana", await invited(world, "Ana Meier"))
    assert "It replaces your link to Ana Schmidt." in question(world, "ana")
    assert (await person(world, "ana")).name == "Ana Schmidt"
    await confirms(world, "ana")
    ana = await person(world, "ana")
    assert (ana.name, ana.email) == ("Ana Meier", "ana.meier@example.com")
    assert (await stored(world, "ana.schmidt@example.com")).mattermost_user_id == ""


async def test_unlinking_takes_the_profile_apart_again(world: World) -> None:
    await added(world, more="--email ana.schmidt@example.com --phone +4915123456789")
    await linked(world)
    await world.ana.types("/oncall unlink")
    assert "Unlink?" in question(world, "ana")
    assert (await person(world, "ana")).linked
    await confirms(world, "ana", "Unlink")
    assert "You are no longer linked." in world.heard("ana")
    ana = await person(world, "ana")
    assert (ana.name, ana.email, ana.phone, ana.linked) == ("ana", "", "", False)
    assert (await stored(world, "ana.schmidt@example.com")).phone == "+4915123456789"


async def test_an_interrupted_link_is_finished_when_the_person_acts_again(world: World) -> None:
    """The process died after the profile went over and before its data arrived."""
    await added(world)
    await world.ana.types("/oncall me")
    ana, profile = await person(world, "ana"), await stored(world, "ana.schmidt@example.com")
    await change(world, profile, merged_into=ana.id)
    await change(world, ana, merging=profile.id)
    await world.ana.types("/oncall me")
    assert "**Ana Schmidt (@ana)**" in world.ana.sees
    assert (await person(world, "ana")).merging == ""


async def test_who_linked_what_is_kept_and_shown_to_admins(world: World) -> None:
    await added(world)
    await linked(world)
    await world.root.types("/oncall people show @ana")
    assert "Linked to the profile Ana Schmidt by code (@ana)" in world.root.sees
    await world.ben.types("/oncall people show @ana")
    assert "Linked to the profile" not in world.ben.sees


async def test_codes_are_never_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await added(world)
    code = await invited(world)
    await enters(world, "ana", code)
    await confirms(world, "ana")
    printed = "".join(capsys.readouterr())
    assert "link confirm" in printed or "link.confirm" in printed
    assert code not in printed
    assert code.replace("-", "") not in printed


async def test_only_admins_invite(world: World) -> None:
    await added(world)
    await world.ana.types("/oncall people invite Ana Schmidt")
    assert "```" not in world.ana.sees
    assert (await stored(world, "ana.schmidt@example.com")).link_digest == ""


async def test_an_invitation_for_somebody_known_is_for_them_alone(world: World) -> None:
    code = await invited(world, "@ana")
    await enters(world, "ben", code)
    assert WRONG in world.heard("ben")
    await enters(world, "ana", code)
    await confirms(world, "ana")
    assert "You are linked to the profile @ana." in world.heard("ana")


# ---- the policy ----


async def only_linked(world: World) -> None:
    await world.root.types("/oncall configure policy --who-may-act linked", channel="alerts")


async def test_admins_are_warned_before_they_lock_everybody_out(world: World) -> None:
    await only_linked(world)
    assert "**Nobody is linked yet, so nobody may act on alerts.**" in world.root.sees


async def test_configuring_something_else_leaves_the_policy_as_it_is(world: World) -> None:
    await only_linked(world)
    await world.root.types("/oncall configure channel alerts", channel="alerts")
    assert (await server(world)).who_may_act == "linked"


@pytest.mark.parametrize("way", ["button", "command", "form", "asking button"])
async def test_unlinked_people_get_the_explanation_and_the_form_instead(world: World, way: str) -> None:
    await world.fire()
    await only_linked(world)
    if way == "button":
        await world.ana.clicks("Acknowledge", world.card("ana"))
    elif way == "command":
        await world.ana.types("/oncall ack 1")
    elif way == "form":
        await world.ana.types("/oncall silence")
    else:
        await world.ana.chooses("Silence for…", "Another time…", world.card("ana"))
    assert world.ana.modal is not None
    assert world.ana.modal.title == "Link your account"
    assert "Only linked people may act on alerts here, and you are not linked yet." in world.ana.modal.header
    await world.pass_time(seconds=3)
    assert "Firing since" in world.card().words


async def test_a_form_that_was_open_already_does_not_get_around_the_policy(world: World) -> None:
    await world.fire()
    await world.ana.chooses("Silence for…", "Another time…", world.card("ana"))
    await only_linked(world)
    await world.ana.submits(duration="2h")
    await world.pass_time(seconds=3)
    assert "Firing since" in world.card().words
    assert "Only linked people may act on alerts here" in everything(world, "ana")


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_the_post_menu_is_no_way_around_the_policy(world: World) -> None:
    """Post menus exist over the Apps framework only."""
    await world.fire()
    await only_linked(world)
    world.ana.opens("alerts")
    await world.ana.picks("Acknowledge", world.card("ana"))
    assert world.ana.modal is not None
    assert world.ana.modal.title == "Link your account"


async def test_linked_people_may_act_and_the_form_that_was_offered_leads_there(world: World) -> None:
    await world.fire()
    await only_linked(world)
    await added(world)
    code = await invited(world)
    await world.ana.clicks("Acknowledge", world.card("ana"))
    await world.ana.submits(code=code)
    if world.ana.modal is None:
        await world.ana.clicks("Link", [post for post in world.ana.direct_messages() if post.buttons == ["Link"]][-1])
    else:
        await confirms(world, "ana")
    assert LINKED in world.heard("ana")
    await world.ana.clicks("Acknowledge", world.card("ana"))
    assert world.ana.sees == "You have #1. Nobody else is paged for it."


async def test_looking_needs_no_link(world: World) -> None:
    await world.fire()
    await only_linked(world)
    await world.ana.types("/oncall list")
    assert "HighErrorRate" in world.ana.sees


# ---- by e-mail ----


async def by_email(world: World, *, verified: bool = True) -> None:
    world.simulator.state.config.setdefault("EmailSettings", {})["RequireEmailVerification"] = verified
    await world.root.types("/oncall configure policy --link-by-email on", channel="alerts")


async def test_a_verified_address_links_the_profile_added_with_it_and_says_so(world: World) -> None:
    await by_email(world)
    await added(world, more="--email ANA@example.com")
    await world.ana.types("/oncall list")
    assert "You were linked to the profile Ana Schmidt (@ana), because Mattermost verified" in world.ana.sees
    assert (await person(world, "ana")).linked


async def test_without_the_admins_switch_addresses_link_nobody(world: World) -> None:
    world.simulator.state.config.setdefault("EmailSettings", {})["RequireEmailVerification"] = True
    await added(world, more="--email ana@example.com")
    await world.ana.types("/oncall list")
    assert not (await person(world, "ana")).linked


async def test_an_address_that_nobody_verified_links_nobody_and_the_admin_is_told(world: World) -> None:
    await by_email(world, verified=False)
    assert "This Mattermost does not verify e-mail addresses" in world.root.sees
    await added(world, more="--email ana@example.com")
    await world.ana.types("/oncall list")
    assert not (await person(world, "ana")).linked


async def test_what_people_write_into_their_own_profile_links_nobody_else(world: World) -> None:
    await by_email(world)
    await world.ben.types("/oncall profile --email ana@example.com")
    await world.ana.types("/oncall list")
    assert not (await person(world, "ana")).linked


# ---- looking behind the scenes ----


def everything(world: World, name: str) -> str:
    modal = world.people[name].modal
    private = "\n".join(post.words for post in world.people[name].desk.private)
    return "\n".join([world.heard(name), private, modal.header if modal else ""])


async def server(world: World) -> Any:
    return await world.services.stores.servers.by_id(world.server_id)


async def person(world: World, name: str) -> Any:
    return await world.services.stores.people.by_user(world.server_id, world.people[name].user.id)


async def stored(world: World, email: str) -> Any:
    [found] = await world.services.stores.people.by_email(world.server_id, email)
    return found


async def change(world: World, doc: Any, **fields: Any) -> None:
    from bot.core.changes import Change
    from bot.core.replacing import replace

    await world.services.stores.people.change(world.server_id, doc.id, lambda one: Change(doc=replace(one, **fields)))


def new_code_for(world: World, server_id: str) -> str:
    from bot.codes import new_code

    return new_code()


def payload_of(world: World) -> Any:
    from tests.scenarios.world import payload

    return payload("BackupFailed", firing=("db-1",), now=world.clock())
