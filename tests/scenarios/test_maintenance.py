"""Maintenance: alerts are recorded and posted, and page nobody before it is over."""

import re

import pytest

from bot.core.alert_group import Alert, Status
from bot.core.changes import Change
from bot.core.neutral import BREAK
from bot.core.replacing import replace
from bot.integrations.payload import Bundle, Payload
from bot.receiving.intake import Intake
from bot.storage.maintenances import Maintenances
from bot.storage.stores import open_stores
from tests.scenarios.world import World


async def typed(world: World, command: str, person: str = "root") -> str:
    await world.people[person].types(f"/oncall {command}", channel="alerts")
    await world.settle()
    return str(world.people[person].sees)


def said(world: World) -> list[str]:
    """What stands in the alert channel, oldest first."""
    return [post.words.replace(BREAK, "") for post in world.cards()]


def paged(world: World, *people: str) -> list[int]:
    return [len(world.pages(person)) for person in people or ("ana",)]


def alert_card(world: World) -> str:
    return next(words for words in said(world) if "HighErrorRate" in words)


async def test_alerts_in_maintenance_are_posted_silent_and_page_when_it_is_over(world: World) -> None:
    sees = await typed(world, "maintenance start Prometheus 2h Deploy of the shop")
    assert sees.splitlines() == [
        "**The maintenance “Deploy of the shop” runs until 11:00 UTC.**",
        "New alerts of Prometheus are posted and page nobody.",
        "Alert groups that are open already stay as they are.",
        "`/oncall maintenance end` ends it early.",
    ]
    [announced] = said(world)
    assert "🔧 **Maintenance: Deploy of the shop**" in announced and "Until 11:00 UTC" in announced
    await world.fire()
    assert "Silenced by maintenance “Deploy of the shop” until 11:00 UTC" in alert_card(world)
    assert "Silenced by maintenance “Deploy of the shop” until 12:00" in await typed(world, "why 1", "ben")
    [card] = [card for card in world.cards() if "HighErrorRate" in card.words]
    assert [reply.text for reply in card.replies] == ["Silenced by maintenance “Deploy of the shop” until 11:00 UTC"]
    await world.pass_time(hours=1, minutes=59)
    assert paged(world, "ana", "ben") == [0, 0]
    await world.pass_time(minutes=1, seconds=3)
    assert paged(world, "ana", "ben") == [1, 0]
    assert "Firing since" in alert_card(world)
    assert "The maintenance “Deploy of the shop” is over." in said(world)[-1]
    assert "Over" in said(world)[0] and "Until" not in said(world)[0]
    await world.pass_time(minutes=5)
    assert paged(world, "ana", "ben") == [1, 1]


async def test_a_time_needs_no_quotes_and_a_number_alone_is_not_guessed_at(world: World) -> None:
    sees = await typed(world, "maintenance start Prometheus 2 hours Deploy of the shop")
    assert "**The maintenance “Deploy of the shop” runs until 11:00 UTC.**" in sees
    sees = await typed(world, "maintenance start all until 18:00 Move --labels env=staging")
    assert "**The maintenance “Move” runs until 18:00 UTC.**" in sees
    sees = await typed(world, "maintenance plan all tomorrow 9:00 2 hours Backup")
    assert sees.splitlines()[-1] == "- Tue, Mar 3, 09:00 UTC to Tue, Mar 3, 11:00 UTC"
    await typed(world, "maintenance start all 2 Stunden Umzug")
    assert world.root.modal is not None
    await world.root.submits(duration="2h")
    assert "“Umzug” runs until 11:00 UTC" in world.heard("root")


async def test_what_ended_before_the_maintenance_is_over_pages_nobody(world: World) -> None:
    await typed(world, "maintenance start Prometheus 1h")
    await world.fire()
    await world.pass_time(minutes=30)
    await world.end()
    await world.pass_time(hours=1)
    assert paged(world, "ana", "ben") == [0, 0]
    assert "Resolved by Prometheus" in alert_card(world)


async def test_ending_early_with_one_tap_lets_what_was_silenced_fire(world: World) -> None:
    await typed(world, "maintenance start Prometheus 8h Deploy")
    await world.fire()
    await world.root.clicks("End now", world.cards()[0])
    assert "The maintenance “Deploy” is over." in world.heard("root")
    await world.pass_time(seconds=3)
    assert paged(world) == [1]
    assert "Firing since" in alert_card(world)
    assert "@root ended the maintenance “Deploy”." in said(world)[-1]
    assert "Ended by @root" in said(world)[0]
    await world.fire("DiskFull")
    assert paged(world) == [2]


async def test_a_second_press_says_that_it_is_over(world: World) -> None:
    await typed(world, "maintenance start Prometheus 8h Deploy")
    [old] = world.cards()
    await world.root.types("/oncall maintenance end Deploy", channel="alerts")
    await world.root.clicks("End now", old)
    assert "The maintenance “Deploy” is over already." in world.heard("root")


async def test_groups_that_are_open_already_stay_as_they_are(world: World) -> None:
    await world.fire()
    await typed(world, "maintenance start all 2h")
    assert "Firing since" in alert_card(world)
    await world.pass_time(minutes=6)
    assert paged(world, "ana", "ben") == [1, 1]


async def test_a_window_for_labels_leaves_the_rest_alone(world: World) -> None:
    await typed(world, "maintenance start all 2h Staging --labels severity=warning")
    await world.fire("Slow", severity="warning")
    await world.fire("Down", severity="critical")
    assert paged(world) == [1]
    groups = [await world.services.stores.groups.by_number(world.server_id, number) for number in (1, 2)]
    assert [group.status for group in groups if group] == [Status.SILENCED, Status.FIRING]


async def test_another_integration_pages_as_ever(world: World) -> None:
    url = await world.add_integration("Other", "@cho")
    await typed(world, "maintenance start Prometheus 2h")
    sent = await world.fire()
    assert sent and paged(world, "ana") == [0]
    world.alert_url = url
    await world.fire("DiskFull")
    assert paged(world, "cho") == [1]


async def test_planned_maintenance_begins_by_itself_and_is_announced(world: World) -> None:
    sees = await typed(world, "maintenance plan Prometheus 10:30 1h Database upgrade")
    assert sees.splitlines() == [
        "**The maintenance “Database upgrade” is planned.**",
        "For Prometheus, once:",
        "- 10:30 UTC to 11:30 UTC",
    ]
    await world.fire()
    assert paged(world) == [1]
    await world.pass_time(hours=1, minutes=29)
    assert not [words for words in said(world) if "Maintenance" in words]
    await world.pass_time(minutes=1)
    assert "🔧 **Maintenance: Database upgrade**" in said(world)[-1]
    await world.fire("DiskFull")
    assert paged(world) == [1]
    await world.pass_time(hours=1)
    assert "is over" in said(world)[-1]
    assert paged(world) == [2]


async def test_what_comes_again_is_ended_for_this_time_or_for_good(world: World) -> None:
    sees = await typed(world, "maintenance plan all now 2h Backup --repeats daily")
    assert sees.splitlines()[1:] == [
        "For all integrations, daily:",
        "- 09:00 UTC to 11:00 UTC",
        "- Tue, Mar 3, 09:00 UTC to Tue, Mar 3, 11:00 UTC",
        "- Wed, Mar 4, 09:00 UTC to Wed, Mar 4, 11:00 UTC",
    ]
    sees = await typed(world, "maintenance end Backup")
    assert "is over for now and comes again Tue, Mar 3, 09:00 UTC." in sees
    await world.fire()
    assert paged(world) == [1]
    assert "from Tue, Mar 3, 10:00" in await typed(world, "maintenance list", "ben")
    assert "is over for now and comes again" in await typed(world, "maintenance end Backup")
    await world.pass_time(minutes=2)
    assert "is called off" in await typed(world, "maintenance end Backup")
    assert "No maintenance runs or is planned." in await typed(world, "maintenance list", "ben")


async def test_a_missing_heartbeat_pages_nobody_before_the_end(world: World) -> None:
    await world.root.types("/oncall integration add Backup @cho --kind heartbeat --every 10m", channel="alerts")
    found = re.search(r"/heartbeat/([A-Za-z0-9]{32})/", world.root.sees)
    assert found
    async with world.session.get(f"{world.url}/heartbeat/{found.group(1)}/") as answer:
        await answer.read()
    await typed(world, "maintenance start Backup 1h")
    await world.pass_time(minutes=30)
    assert any("Backup has not reported" in words for words in said(world))
    assert paged(world, "cho") == [0]
    await world.pass_time(minutes=31)
    assert paged(world, "cho") == [1]


async def test_two_maintenances_hold_until_the_later_end(world: World) -> None:
    await typed(world, "maintenance start Prometheus 1h Deploy")
    await typed(world, "maintenance start all 3h Network")
    await world.fire()
    assert "Silenced by maintenance “Network” until 12:00 UTC" in alert_card(world)
    await typed(world, "maintenance end Network")
    await world.pass_time(seconds=3)
    assert "Silenced by maintenance “Deploy” until 10:00 UTC" in alert_card(world)
    assert paged(world) == [0]
    await world.pass_time(hours=1)
    assert paged(world) == [1]


async def test_one_that_begins_later_holds_what_an_earlier_one_silenced(world: World) -> None:
    await typed(world, "maintenance start Prometheus 1h Deploy")
    await world.fire()
    await world.pass_time(minutes=10)
    await typed(world, "maintenance start all 3h Network")
    await world.pass_time(seconds=3)
    assert "Silenced by maintenance “Network” until 12:10 UTC" in alert_card(world)
    await world.pass_time(hours=1)
    assert paged(world) == [0]
    await typed(world, "maintenance end Network")
    await world.pass_time(seconds=3)
    assert paged(world) == [1]


async def test_ending_what_follows_ends_the_silence_there(world: World) -> None:
    """The group was silenced by the first, until the end of the second."""
    await typed(world, "maintenance start Prometheus 1h Deploy")
    await typed(world, "maintenance plan all 10:00 2h Network")
    await world.fire()
    assert "Silenced by maintenance “Deploy” until 12:00 UTC" in alert_card(world)
    await typed(world, "maintenance end Network")
    await world.pass_time(seconds=3)
    assert "Silenced by maintenance “Deploy” until 10:00 UTC" in alert_card(world)
    await world.pass_time(hours=1)
    assert paged(world) == [1]


async def test_people_may_act_on_what_maintenance_silenced(world: World) -> None:
    await typed(world, "maintenance start Prometheus 2h Deploy")
    await world.fire()
    await typed(world, "unsilence 1", "ben")
    assert paged(world) == [1]
    await typed(world, "silence 1 4h", "ben")
    await typed(world, "maintenance end Deploy")
    await world.pass_time(minutes=5)
    assert "Silenced by @ben until" in alert_card(world)
    assert paged(world) == [1]


async def test_the_form_opens_without_words_and_reports_mistakes(world: World) -> None:
    await typed(world, "maintenance start")
    assert world.root.modal is not None and world.root.modal.title == "Start maintenance"
    await world.root.submits(what="Prometheus", duration="until 18:00", reason="Deploy")
    await world.settle()
    assert "runs until 18:00 UTC." in world.heard("root")
    assert "There is no integration called Nagios." in await typed(world, "maintenance start Nagios 2h")
    assert "I cannot read" in await typed(world, "maintenance start all 2h --labels staging")
    assert "may last 22 hours at most" in await typed(world, "maintenance plan all now 2d --repeats daily")
    assert "already passed" in await typed(world, 'maintenance plan all "2026-01-01 9:00" 2h')


async def test_only_admins_silence_the_pager(world: World) -> None:
    await world.ana.types("/oncall maintenance start Prometheus 2h", channel="alerts")
    await typed(world, "maintenance start all 2h Deploy")
    assert len(world.cards()) == 1
    await world.ana.clicks("End now", world.cards()[0])
    assert "Only admins can do that." in world.heard("ana")
    await world.fire()
    assert paged(world) == [0]


async def test_a_maintenance_of_another_server_is_not_there(world: World) -> None:
    await typed(world, "maintenance start all 2h Deploy")
    [own] = await world.services.stores.maintenances.current(world.server_id)
    stores = world.services.stores
    assert await stores.maintenances.find("another-server", own.id) is None
    assert await stores.maintenances.current("another-server") == []
    assert await stores.maintenances.recent(["another-server"]) == {"another-server": ()}
    foreign = replace(own, id="01KZZZZZZZZZZZZZZZZZZZZZZZ", server_id="another-server", reason="Theirs")
    await stores.maintenances.add(Change(doc=foreign))
    for name in (foreign.id, "Theirs"):
        assert "There is no maintenance called" in await typed(world, f"maintenance end {name}")
    assert await stores.maintenances.current("another-server") == [foreign]
    assert "Theirs" not in await typed(world, "maintenance list")


async def test_the_list_ends_each_with_one_tap(world: World) -> None:
    await typed(world, "maintenance start Prometheus 8h Deploy")
    await typed(world, "maintenance plan all 18:00 1h Backup --repeats daily")
    await world.fire()
    sees = await typed(world, "maintenance list")
    assert sees.splitlines()[:3] == [
        "**2 maintenances**",
        "- “Deploy” for Prometheus: runs until 17:00 UTC (by @root)",
        "- “Backup” for all integrations: from 18:00 UTC to 19:00 UTC, daily (by @root)",
    ]
    [listed] = [
        post
        for post in (*world.root.direct_messages(), *world.root.posts("alerts"))
        if "Call off Backup" in post.buttons
    ]
    assert listed.buttons == ["End Deploy", "Call off Backup"]
    await world.root.clicks("Call off Backup", listed)
    assert "The maintenance “Backup” is called off." in world.heard("root")
    await world.root.clicks("End Deploy", listed)
    await world.pass_time(seconds=3)
    assert paged(world) == [1]
    assert "No maintenance runs or is planned." in await typed(world, "maintenance list")


async def test_one_without_a_reason_is_listed_by_what_it_is_for(world: World) -> None:
    await typed(world, "maintenance start all 1h --labels env=staging")
    lines = (await typed(world, "maintenance list", "ben")).splitlines()
    assert lines[1] == '- all integrations with `env="staging"`: runs until 11:00 (by @root)'


async def test_how_often_it_comes_is_told_while_it_is_planned_and_while_one_that_comes_again_runs(world: World) -> None:
    await typed(world, "maintenance plan all 10:00 1h Move")
    await typed(world, "maintenance plan all 10:00 1h Backup --repeats daily")
    assert (await typed(world, "maintenance list")).splitlines()[1:3] == [
        "- “Move” for all integrations: from 10:00 UTC to 11:00 UTC, once (by @root)",
        "- “Backup” for all integrations: from 10:00 UTC to 11:00 UTC, daily (by @root)",
    ]
    await world.pass_time(minutes=61)
    assert (await typed(world, "maintenance list")).splitlines()[1:3] == [
        "- “Move” for all integrations: runs until 11:00 UTC (by @root)",
        "- “Backup” for all integrations: runs until 11:00 UTC, daily (by @root)",
    ]


async def test_who_may_not_end_it_sees_the_list_without_buttons(world: World) -> None:
    await typed(world, "maintenance start Prometheus 8h Deploy")
    assert "“Deploy” for Prometheus" in await typed(world, "maintenance list", "ana")
    posts = (*world.ana.direct_messages(), *world.ana.posts("alerts"))
    assert not [post for post in posts if "End Deploy" in post.buttons]


@pytest.mark.parametrize("surface", ["native-12.0"])
async def test_another_process_knows_of_it_and_forgets_it(world: World) -> None:
    """What it remembers is at most a second old; looking again after an early end finds what it let in late."""
    await typed(world, "maintenance start all 2h Deploy")
    planned = Maintenances(world.database, world.clock, ticks=lambda: 0.0)  # all of this within one second
    other = replace(open_stores(world.database, world.clock), maintenances=planned)
    [one] = (await planned.recent([world.server_id]))[world.server_id]
    assert one.reason == "Deploy"
    await typed(world, "maintenance end Deploy")
    [integration] = await other.integrations.listed(world.server_id)
    alert = Alert(fingerprint="f", firing=True, title="Late")
    late = Intake(other, world.clock)
    await late.accept(integration, Payload(bundles=(Bundle(key="late", title="Late", alerts=(alert,)),)))
    group = await world.services.stores.groups.by_number(world.server_id, 1)
    assert group is not None and group.status is Status.SILENCED
    await world.pass_time(seconds=6)
    assert paged(world) == [1]
