"""Acting on many alert groups at once, and the list of silences."""

import re
from datetime import timedelta
from random import Random

import pytest

from bot.call import Actor, Call, Opened
from bot.commands.silences import LISTED
from bot.core.alert_group import Status
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.simulator.client.rendering import RenderedPost
from tests.core.groups import blank
from tests.scenarios.world import World


async def fire(world: World, *names: str, severity: str = "warning") -> None:
    for name in names:
        await world.fire(name, severity=severity)


def offered(world: World, label: str, person: str = "ana") -> RenderedPost:
    """The private message with this button: in place, or by direct message where a surface has no other way."""
    posts = (*world.people[person].direct_messages(), *world.people[person].posts("alerts"))
    found = [post for post in posts if label in post.buttons]
    assert found, world.people[person].notices
    return found[-1]


def states(world: World) -> list[str]:
    """By number, as the cards tell them."""
    cards = [card for card in world.cards() if re.search(r"#\d+", card.words)]
    cards.sort(key=lambda card: int(re.findall(r"#(\d+)", card.words)[0]))
    return [re.findall(r"Firing|Acknowledged|Silenced|Resolved", card.words)[0] for card in cards]


async def test_several_are_acknowledged_in_one_line_and_one_answer_tells_what_became_of_each(world: World) -> None:
    await fire(world, "A", "B", "C", "D")
    await world.ben.types("/oncall resolve 3", channel="alerts")
    await world.ana.types("/oncall ack 1 2 3 9", channel="alerts")
    assert world.ana.sees.splitlines() == [
        "#1 and #2 are yours: nobody else is paged for them.",
        "#3 is already resolved.",
        "There is no alert group #9.",
    ]
    await world.pass_time(seconds=3)
    assert states(world) == ["Acknowledged", "Acknowledged", "Resolved", "Firing"]
    for card in world.cards():
        told = [reply.text for reply in card.replies if "Acknowledged by @" in reply.text]
        assert len(told) == ("Acknowledged" in card.words)
    await world.pass_time(minutes=6)
    assert [page.words.count("#4") > 0 for page in world.pages("ben")] == [True]


async def test_numbers_are_written_as_people_write_them(world: World) -> None:
    await fire(world, "A", "B", "C", "D", "E")
    await world.ana.types("/oncall ack 1,2", channel="alerts")
    assert world.ana.sees == "#1 and #2 are yours: nobody else is paged for them."
    await world.ana.types("/oncall unack #1, #2", channel="alerts")
    assert world.ana.sees == "#1 and #2 fire again; the people in line are paged."
    await world.ana.types("/oncall silence 1 3-4 2h --reason Deploy", channel="alerts")
    assert world.ana.sees == "#1, #3 and #4 are silenced until 12:00."
    await world.ana.types("/oncall unsilence 4-3", channel="alerts")
    assert world.ana.sees == "#3 and #4 fire again; the people in line are paged."
    await world.ana.types("/oncall resolve 1-5", channel="alerts")
    assert world.ana.sees == "#1–#5 are resolved."


async def test_a_number_before_a_span_belongs_to_the_span(world: World) -> None:
    await fire(world, "A", "B")
    await world.ana.types("/oncall silence 1 30", channel="alerts")
    assert world.ana.sees == "#1 is silenced until 10:30."
    await world.ana.types("/oncall silence 1 2 3 hours", channel="alerts")
    assert world.ana.sees == "#1 and #2 are silenced until 13:00."


async def test_too_many_or_no_numbers_are_told_in_the_form(world: World) -> None:
    await fire(world, "A")
    await world.ana.types("/oncall ack 1-200", channel="alerts")
    assert world.ana.modal is not None
    await world.ana.submits(group="1")
    assert "You have #1." in world.heard("ana")
    await world.ana.types("/oncall resolve db-3", channel="alerts")
    assert "I cannot read “db-3”. Write numbers such as `12 15-20`" in world.ana.sees


async def test_all_in_a_state_are_shown_before_a_button_does_it_to_just_those(world: World) -> None:
    await fire(world, "A", "B", "C")
    await world.ben.types("/oncall ack 2", channel="alerts")
    await world.ana.types("/oncall resolve all firing", channel="alerts")
    assert world.heard("ana").count("**This means 2 alert groups:**") >= 1
    assert "**#3** C" in world.heard("ana") and "**#2**" not in world.heard("ana")
    assert "Nothing has happened yet." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert states(world) == ["Firing", "Acknowledged", "Firing"]

    asked = offered(world, "Resolve all 2")
    await fire(world, "D")
    await world.ana.clicks("Resolve all 2", asked)
    assert "#1 and #3 are resolved." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert states(world) == ["Resolved", "Acknowledged", "Resolved", "Firing"]
    await world.ana.clicks("Resolve all 2", asked)
    assert "#1 and #3 are already resolved." in world.heard("ana")


async def test_those_for_which_conditions_hold_are_acted_on_after_a_look(world: World) -> None:
    await fire(world, "A", "B")
    await fire(world, "C", severity="critical")
    await world.ana.types("/oncall ack --where severity=warning", channel="alerts")
    assert "**#1** A" in world.heard("ana") and "**#3**" not in world.heard("ana")
    await world.ana.clicks("Acknowledge all 2", offered(world, "Acknowledge all 2"))
    assert "#1 and #2 are yours: nobody else is paged for them." in world.heard("ana")

    await world.ana.types("/oncall resolve severity=~crit.* alertname!=A", channel="alerts")
    await world.ana.clicks("Resolve it", offered(world, "Resolve it"))
    assert "#3 is resolved." in world.heard("ana")
    await world.ana.types("/oncall ack severity=nothing", channel="alerts")
    assert world.ana.sees == "No open alert group is meant by that. `/oncall list` shows them."


async def test_conditions_narrow_down_what_is_named(world: World) -> None:
    await fire(world, "A", "B")
    await fire(world, "C", severity="critical")
    await world.ana.types("/oncall resolve 2-3 severity=critical", channel="alerts")
    await world.ana.clicks("Resolve it", offered(world, "Resolve it"))
    await world.pass_time(seconds=3)
    assert states(world) == ["Firing", "Firing", "Resolved"]


async def test_conditions_that_cannot_be_read_do_nothing(world: World) -> None:
    await fire(world, "A", "B")
    await world.ana.types("/oncall resolve 1 2 now", channel="alerts")
    assert "I cannot read “now”." in world.ana.sees
    await world.ana.types("/oncall resolve --where severity=~(", channel="alerts")
    assert "severity" in world.ana.sees
    await world.pass_time(seconds=3)
    assert states(world) == ["Firing", "Firing"]


async def test_conditions_that_are_too_much_are_refused_instead_of_missing_some(world: World) -> None:
    dice = Random(1)
    await fire(world, *("".join(dice.choices("ab", k=190)) for _ in range(8)))
    await world.ana.types(f"/oncall resolve alertname=~(a|b)*a{'(a|b)' * 12}", channel="alerts")
    assert world.ana.sees == "This expression is too complicated."


async def test_a_silence_that_was_looked_at_ends_when_it_said(world: World) -> None:
    await fire(world, "A", "B")
    await world.ana.types("/oncall silence all until 10:15 --reason Deploy", channel="alerts")
    asked = offered(world, "Silence all 2")
    await world.pass_time(minutes=5)
    await world.ana.clicks("Silence all 2", asked)
    assert "#1 and #2 are silenced until 10:15." in world.heard("ana")
    await world.pass_time(minutes=15)
    assert states(world) == ["Firing", "Firing"]
    await world.ana.clicks("Silence all 2", asked)
    assert "That time has already passed." in world.heard("ana")


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ("silence", ["group", "duration", "reason", "where"]),
        ("silence 1", ["group", "duration", "reason"]),
        ("silence all firing", ["group", "duration", "reason", "where"]),
        ("silence 1 --where severity=warning", ["group", "duration", "reason", "where"]),
    ],
)
async def test_conditions_are_asked_for_where_they_can_choose(world: World, typed: str, fields: list[str]) -> None:
    await fire(world, "A")
    await world.ana.types(f"/oncall {typed}", channel="alerts")
    assert world.ana.modal is not None
    assert [field.name for field in world.ana.modal.fields] == fields


async def test_a_silence_from_a_post_asks_for_no_conditions(world: World) -> None:
    await fire(world, "A", "B")
    card = next(card for card in world.cards("ana") if "#2" in card.words)
    await world.ana.chooses("Silence for…", "Another time…", card)
    assert world.ana.modal is not None
    assert list(world.ana.modal.values) == ["group", "duration", "reason"]
    await world.ana.submits(duration="nonsense")
    assert world.ana.modal is not None and list(world.ana.modal.errors) == ["duration"]
    await world.ana.submits(duration="2h")
    assert "#2 is silenced until 12:00." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert states(world) == ["Firing", "Silenced"]

    other = next(card for card in world.cards("ana") if "#1" in card.words)
    if world.apps:
        await world.ana.picks("Silence…", other)
    else:
        await world.ana.types("/oncall silence", channel="alerts", root=other)
    assert list(world.ana.modal.values) == ["group", "duration", "reason"]


async def test_several_are_chosen_in_the_form_where_it_can_offer_that(world: World) -> None:
    await fire(world, "A", "B", "C")
    await world.ana.types("/oncall ack", channel="alerts")
    assert world.ana.modal is not None
    several = world.ana.modal.field("group").multiselect
    await world.ana.submits(group=["1", "3"] if several else "1")
    await world.pass_time(seconds=3)
    assert states(world) == ["Acknowledged", "Firing", "Acknowledged" if several else "Firing"]


async def test_more_than_can_be_done_at_once_is_done_step_by_step(world: World) -> None:
    await world.root.types("/oncall configure storms 0", channel="alerts")
    for number in range(103):
        await world.fire(f"Down{number}")
    await world.ana.types("/oncall resolve all", channel="alerts")
    assert "There are more. 100 can be done at once; write the same again for the others." in world.heard("ana")
    await world.ana.clicks("Resolve all 100", offered(world, "Resolve all 100"))
    assert "#4–#103 are resolved." in world.heard("ana")
    await world.ana.types("/oncall resolve all", channel="alerts")
    await world.ana.clicks("Resolve all 3", offered(world, "Resolve all 3"))
    assert "#1–#3 are resolved." in world.heard("ana")


async def test_one_that_only_a_newer_release_can_read_takes_no_list_away(world: World) -> None:
    await fire(world, "A", "B", "C")
    kept = world.database.collection("groups")
    await kept.update_one({"number": 2}, {"$set": {"doc.labels": "severity=warning", "doc.flaps": "often"}})
    await world.ana.types("/oncall list", channel="alerts")
    assert world.ana.sees.startswith("**3 open alert groups**")
    assert "**#3** C" in world.ana.sees and "**#1** A" in world.ana.sees and "**#2**" not in world.ana.sees
    await world.ana.types("/oncall resolve all", channel="alerts")
    await world.ana.clicks("Resolve all 2", offered(world, "Resolve all 2"))
    assert "#1 and #3 are resolved." in world.heard("ana")
    await world.ana.types("/oncall list", channel="alerts")
    assert world.ana.sees == "**1 open alert group**"


async def test_who_may_only_look_can_neither_act_on_many_nor_press_the_button(world: World) -> None:
    await fire(world, "A", "B")
    await world.ana.types("/oncall resolve all", channel="alerts")
    asked = offered(world, "Resolve all 2")
    await world.root.types("/oncall people role @ana --role viewer", channel="alerts")
    await world.ana.clicks("Resolve all 2", asked)
    assert "You can look but not act here." in world.heard("ana")
    await world.ana.types("/oncall resolve 1 2", channel="alerts")
    assert "You can look but not act here." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert states(world) == ["Firing", "Firing"]


# ---- silences ------------------------------------------------------------------------------------------------------


async def test_silences_are_listed_with_end_person_and_reason_and_ended_with_one_tap(world: World) -> None:
    await fire(world, "A", "B", "C", "D")
    await world.ana.types("/oncall silence 1 until tomorrow 9:00", channel="alerts")
    await world.ben.types('/oncall silence 2 3h --reason "Known issue"', channel="alerts")
    await world.root.types("/oncall maintenance start all 2h Deploy", channel="alerts")
    await world.fire("E")
    await world.ana.types("/oncall silences", channel="alerts")
    heard = world.heard("ana")
    assert "**3 silenced alert groups**" in heard
    assert "**#5** E: Silenced by maintenance “Deploy” until 12:00" in heard
    assert "**#2** B: Silenced by @ben until 13:00" in heard and ": Known issue" in heard
    assert heard.index("**#5**") < heard.index("**#2**") < heard.index("**#1** A: Silenced by @ana until")
    listed = offered(world, "End #2")
    assert [button for button in listed.buttons if button.startswith("End")] == ["End #5", "End #2", "End #1"]
    await world.ana.clicks("End #2", listed)
    assert "#2 is firing again; the people in line are paged." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert states(world) == ["Silenced", "Firing", "Firing", "Firing", "Silenced"]


async def test_where_nothing_is_silenced_the_list_says_so(world: World) -> None:
    await fire(world, "A")
    await world.ana.types("/oncall silences", channel="alerts")
    assert world.ana.sees == "Nothing is silenced. `/oncall maintenance list` shows the maintenance."


async def test_many_silences_are_listed_page_by_page(world: World) -> None:
    await world.root.types("/oncall configure storms 0", channel="alerts")
    for number in range(23):
        await world.fire(f"Down{number}")
    await world.ana.types("/oncall silence 1-23 2h", channel="alerts")
    await world.ana.types("/oncall silences", channel="alerts")
    assert "**23 silenced alert groups**" in world.heard("ana") and "**#20**" in world.heard("ana")
    assert "1 to 20 are shown. `/oncall silences 2` shows more." in world.heard("ana")
    assert "**#21**" not in world.heard("ana")
    await world.ana.types("/oncall silences 2", channel="alerts")
    assert "**#23**" in world.heard("ana")
    await world.ana.types("/oncall silences 3", channel="alerts")
    assert world.ana.sees == "There is nothing on page 3. `/oncall silences` shows the first."


@pytest.mark.parametrize("surface", ["apps-9.5", "native-12.0"])
async def test_all_silences_are_counted_and_the_oldest_alert_group_is_first_where_it_ends_first(world: World) -> None:
    """Though there are more of them than pages."""
    until = world.clock() + timedelta(hours=2)
    made = {"server_id": world.server_id, "status": Status.SILENCED, "silenced_until": until, "changed_by": "@ben"}
    docs = [blank(id=f"G{number}", number=number, key=str(number), **made) for number in range(1, LISTED + 4)]
    docs[0] = replace(docs[0], silenced_until=until - timedelta(hours=1))
    docs[2] = replace(docs[2], silenced_until=until + timedelta(hours=1))
    assert await world.services.stores.groups.put_many([(Change(doc=doc), None) for doc in docs]) == {}
    await world.ana.types("/oncall silences", channel="alerts")
    heard = world.heard("ana")
    assert f"**{LISTED + 3} silenced alert groups**" in heard.replace(",", "")
    assert heard.index("**#1** Disk full: Silenced by @ben until 11:00") < heard.index("**#2** Disk full")
    assert "**#3**" not in heard and "**#21**" in heard
    await world.ana.types("/oncall silences 100", channel="alerts")
    assert f"**#{LISTED + 1}** Disk full: Silenced by @ben until 12:00" in world.heard("ana")
    assert "/oncall silences 101" not in world.heard("ana")


@pytest.mark.parametrize("surface", ["native-12.0"])
async def test_forms_offer_only_what_they_are_for(world: World) -> None:
    await fire(world, "A", "B", "C", "D")
    await world.ana.types("/oncall ack 2", channel="alerts")
    await world.ana.types("/oncall silence 3 2h", channel="alerts")
    await world.ana.types("/oncall resolve 4", channel="alerts")

    async def choices(command: str) -> list[str]:
        actor = Actor(user_id=world.ana.user.id, username="ana")
        call = Call(server_id=world.server_id, command=command, actor=actor, opened=Opened.FORM)
        return [option.value for option in await world.services.dispatch.options(call, "group", "")]

    assert await choices("ack") == ["1", "2", "3"]
    assert await choices("unack") == ["2"]
    assert await choices("unsilence") == ["3"]
    assert await choices("reopen") == ["4"]


async def test_who_may_only_look_sees_the_silences_without_buttons(world: World) -> None:
    await fire(world, "A")
    await world.ana.types("/oncall silence 1 2h", channel="alerts")
    await world.root.types("/oncall people role @ben --role viewer", channel="alerts")
    await world.ben.types("/oncall silences", channel="alerts")
    assert "**#1** A: Silenced by @ana until 12:00" in world.ben.sees
    posts = (*world.ben.direct_messages(), *world.ben.posts("alerts"))
    assert not any("End #1" in post.buttons for post in posts)
