"""A storm of alerts: one post instead of hundreds, one page for each person, and one button for all of it."""

import asyncio
import re
from datetime import timedelta
from functools import partial

import pytest

from bot.core import storms
from bot.core.changes import Change
from bot.core.neutral import BREAK
from bot.core.storms import Storm
from bot.simulator.client.rendering import RenderedPost
from tests.core.groups import blank
from tests.scenarios.world import World, payload

LIMIT = 20


async def burst(world: World, names: list[str], *, severity: str = "warning", resolved: bool = False) -> None:
    """All at the same time, as a switch that dies makes them."""

    async def send(name: str) -> None:
        instances = {"resolved": ("db-1",)} if resolved else {"firing": ("db-1",)}
        body = payload(name, now=world.clock(), severity=severity, **instances)
        async with world.session.post(world.alert_url, json=body) as answer:
            assert answer.status == 202, await answer.text()

    await asyncio.gather(*(send(name) for name in names))
    await world.settle()
    await world.pass_time(seconds=2)


def many(count: int, name: str = "Down") -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def digest(world: World, person: str = "root") -> RenderedPost:
    (found,) = [post for post in world.cards(person) if "Storm:" in post.words]
    return found


def own(world: World) -> list[RenderedPost]:
    return [post for post in world.cards() if "Storm:" not in post.words]


async def test_a_storm_is_one_post_with_counts_and_each_person_is_paged_for_it_once(world: World):
    await burst(world, many(60))

    assert len(own(world)) == LIMIT
    assert "Storm: 40 new alert groups" in digest(world).words
    assert "40 firing" in digest(world).words and "warning 40" in digest(world).words
    assert "Prometheus 40" in digest(world).words
    pages = world.pages("ana")
    assert len(pages) == LIMIT + 1
    assert sum("Storm:" in page.words for page in pages) == 1


async def test_the_page_of_a_storm_grows_with_it(world: World):
    await burst(world, many(30))
    await burst(world, many(70))

    (page,) = [page for page in world.pages("ana") if "Storm:" in page.words]
    assert "Storm: 50 new alert groups" in page.words
    assert "Storm: 50 new alert groups" in digest(world).words


async def test_the_posts_of_a_storm_are_edited_only_where_something_changed(world: World):
    await burst(world, many(40))
    await world.pass_time(seconds=5)

    async def edits(*, passes: int) -> int:
        before = world.simulator.count_requests("PUT", "/api/v4/posts/")
        for _ in range(passes):
            await world.pass_time(seconds=5)
        return world.simulator.count_requests("PUT", "/api/v4/posts/") - before

    assert await edits(passes=8) == 0
    await world.ana.types("/oncall ack 40", channel="alerts")
    assert await edits(passes=2) == 2
    assert "19 firing · 1 acknowledged" in digest(world).words


async def test_a_storm_of_very_many_kinds_is_counted_whole(world: World):
    """A sender that writes something else into the severity of each alert."""
    await burst(world, many(30))
    (storm,) = await world.services.stores.storms.recent(world.server_id, 10)
    made = {"server_id": world.server_id, "integration_name": "Prometheus", "storm": storm.id}
    docs = [
        blank(id=f"G{number}", number=number, key=str(number), severity=f"level {number}", **made)
        for number in range(31, 1_331)
    ]
    assert await world.services.stores.groups.put_many([(Change(doc=doc), None) for doc in docs]) == {}
    await world.ana.types("/oncall ack 30", channel="alerts")
    await world.pass_time(seconds=10)
    told = digest(world).words
    assert "Storm: 1310 new alert groups" in told and "1309 firing · 1 acknowledged" in told
    assert "Prometheus 1310" in told and "warning 10 · " in told and " · …" in told
    assert "Acknowledge all" in digest(world).buttons


async def test_every_group_of_a_storm_can_be_reached(world: World):
    await burst(world, many(30))

    await world.ana.types("/oncall list --page 2", channel="alerts")
    assert "**30 open alert groups**" in world.ana.sees and "Down" in world.ana.sees
    await world.ana.types("/oncall why 30", channel="alerts")
    assert "It is part of a storm" in world.ana.sees
    await world.ana.types("/oncall ack 30", channel="alerts")
    await world.pass_time(seconds=10)
    assert "9 firing · 1 acknowledged" in digest(world).words


async def test_the_list_counts_all_of_a_storm_and_reaches_the_last_of_it(world: World):
    await burst(world, ["Fire"], severity="critical")
    await burst(world, many(620))
    await world.ana.types("/oncall list", channel="alerts")
    assert "**621 open alert groups**" in world.ana.sees
    assert "**#1** Fire" in world.ana.sees.splitlines()[1]
    await world.ana.types("/oncall list firing --page 32", channel="alerts")
    assert world.ana.sees.splitlines()[1:] == [line for line in world.ana.sees.splitlines() if "**#2** " in line]
    await world.ana.types("/oncall list --page 33", channel="alerts")
    assert "There is nothing on page 33." in world.ana.sees


async def test_critical_groups_keep_their_posts_and_pages(world: World):
    await burst(world, many(40))
    await burst(world, ["Fire"], severity="critical")

    (card,) = [post for post in own(world) if "Fire" in post.words]
    assert "Acknowledge" in card.buttons
    assert any("Fire" in page.words for page in world.pages("ana"))


async def test_a_group_that_somebody_calls_critical_gets_its_post_and_its_page(world: World):
    await burst(world, many(40))
    paged = len(world.pages("ana"))
    await world.ana.types("/oncall severity 40 info", channel="alerts")
    await world.pass_time(seconds=5)
    assert len(own(world)) == LIMIT and len(world.pages("ana")) == paged
    await world.ana.types("/oncall show 40", channel="alerts")
    title = re.search(r"#40 \w+", world.ana.sees)
    assert title

    await world.ana.types("/oncall severity 40 critical", channel="alerts")
    await world.pass_time(seconds=5)
    (card,) = [post for post in own(world) if title.group() in post.words]
    assert "Acknowledge" in card.buttons
    assert any(title.group() in page.words for page in world.pages("ana"))
    assert len(world.pages("ana")) == paged + 1
    await world.pass_time(minutes=5)
    assert any(title.group() in page.words for page in world.pages("ben"))


async def test_what_is_acknowledged_and_then_called_critical_pages_nobody(world: World):
    await burst(world, many(40))
    paged = len(world.pages("ana"))
    await world.ana.types("/oncall ack 40", channel="alerts")
    await world.ana.types("/oncall severity 40 critical", channel="alerts")
    await world.pass_time(seconds=5)
    assert len(own(world)) == LIMIT + 1 and len(world.pages("ana")) == paged


async def test_all_of_a_storm_is_acknowledged_with_one_press(world: World):
    await burst(world, many(230))
    await world.ana.clicks("Acknowledge all", digest(world, "ana"))
    assert "You have all 210 live alert groups of this storm, within moments." in world.heard("ana")

    await world.pass_time(minutes=2)
    assert "0 firing · 210 acknowledged" in digest(world).words
    assert "These are the latest 10 of 210." in digest(world).words
    assert f"Acknowledged by @{BREAK}ana at" in digest(world).words
    await world.pass_time(minutes=10)
    assert not any("Storm:" in page.words for page in world.pages("ben"))


async def test_what_is_done_to_a_very_large_storm_is_done_to_all_of_it(world: World):
    """More than is changed at once before it is noted how far that came."""
    await burst(world, many(1_130))
    await world.ana.clicks("Acknowledge all", digest(world, "ana"))
    await world.pass_time(seconds=5)
    await world.pass_time(seconds=5)
    assert "0 firing · 1110 acknowledged" in digest(world).words


async def test_all_of_a_storm_is_silenced_from_a_form(world: World):
    await burst(world, many(40))
    await world.ana.clicks("Silence all…", digest(world, "ana"))
    await world.ana.submits(duration="2h", reason="A switch died")
    await world.pass_time(seconds=10)
    assert "20 silenced" in digest(world).words
    assert f"Silenced by @{BREAK}ana until" in digest(world).words
    await world.ana.types("/oncall show 40", channel="alerts")
    assert "A switch died" in world.ana.sees


async def test_all_of_a_storm_is_resolved_with_one_press(world: World):
    await burst(world, many(40))
    await world.ana.clicks("Resolve all", digest(world, "ana"))
    await world.pass_time(minutes=4)
    assert "The storm is over, and all of its alert groups are resolved" in digest(world).words
    assert "Acknowledge all" not in digest(world).buttons


async def test_a_storm_ends_by_itself_and_the_few_that_are_left_get_their_posts(world: World):
    await burst(world, many(40))
    await burst(world, many(35), resolved=True)
    await world.pass_time(minutes=4)

    assert "The storm ended at" in digest(world).words
    assert len(own(world)) == LIMIT + 5
    await burst(world, ["Later"])
    assert any("Later" in post.words for post in own(world))


async def test_the_next_in_line_is_paged_once_for_all_of_a_storm(world: World):
    await burst(world, many(50))
    await world.pass_time(minutes=6)

    assert sum("Storm:" in page.words for page in world.pages("ben")) == 1


async def begun_and_killed(world: World) -> None:
    """The process that found the storm was killed before it stored the first of its groups."""
    [channel_id] = [channel.id for channel in world.simulator.state.channels.values() if channel.name == "alerts"]
    now = world.clock()
    storm = Storm(id="s", server_id=world.server_id, channel_id=channel_id, limit=LIMIT, began_at=now, minute_at=now)
    joined = storms.joined(storms.began(storm, now=now).doc, groups=40, now=now)
    await world.services.stores.storms.add(joined)
    await world.settle()


async def test_a_storm_without_any_alert_group_is_never_shown(world: World):
    await begun_and_killed(world)
    await world.pass_time(minutes=5)
    assert world.cards() == []
    storm = await world.services.stores.storms.find(world.server_id, "s")
    assert storm is not None and not storm.blows and storm.due_at is None


async def test_a_storm_is_shown_once_its_sender_tried_again(world: World):
    await begun_and_killed(world)
    await world.pass_time(seconds=20)
    await burst(world, many(40))
    shown = re.search(r"Storm: (\d+) new alert groups", digest(world).words)
    assert shown and int(shown.group(1)) + len(own(world)) == 40


async def test_an_admin_chooses_when_there_is_a_storm(world: World):
    await world.root.types("/oncall configure storms 0", channel="alerts")
    assert "every alert group has a post of its own" in world.root.sees
    await burst(world, many(25))
    assert len(own(world)) == 25

    await world.root.types("/oncall configure storms 5 alerts", channel="alerts")
    assert "In ~alerts, more than 5 new alert groups in a minute share one post." in world.root.sees
    await world.pass_time(minutes=2)
    await burst(world, many(12, "Later"))
    assert "Storm: 7 new alert groups" in digest(world).words


def storm_pages(world: World, person: str) -> int:
    return sum("Storm:" in page.words for page in world.pages(person))


async def test_silences_that_end_one_after_the_other_page_each_time(world: World):
    await burst(world, many(40))
    await world.ana.types("/oncall silence 39 1h", channel="alerts")
    await world.ana.types("/oncall silence 40 3h", channel="alerts")
    await world.pass_time(seconds=10)
    assert storm_pages(world, "ana") == 1

    await world.pass_time(minutes=61)
    assert storm_pages(world, "ana") == 2
    await world.pass_time(hours=2)
    assert storm_pages(world, "ana") == 3


async def test_a_storm_that_goes_on_pages_again_after_a_while(world: World):
    await burst(world, many(40))
    for minute in range(12):
        await burst(world, many(15, f"More{minute}x"))
        await world.pass_time(minutes=1)
    assert storm_pages(world, "ana") == 2


async def test_what_comes_after_a_storm_was_acknowledged_pages_again_and_once(world: World):
    await burst(world, many(40))
    await world.ana.clicks("Acknowledge all", digest(world, "ana"))
    await world.pass_time(seconds=5)
    await burst(world, many(15, "More"))
    await burst(world, many(15, "Still"))
    assert storm_pages(world, "ana") == 2


async def test_what_opens_before_all_are_resolved_is_not_resolved_with_them(world: World):
    await burst(world, many(40))
    body = payload("Early", firing=("a",), now=world.clock(), severity="warning")
    async with world.session.post(world.alert_url, json=body) as answer:
        assert answer.status == 202
    (storm,) = await world.services.stores.storms.recent(world.server_id, 1)
    pressed = world.clock() - timedelta(seconds=1)
    act = partial(storms.act_on_all, verb="resolve", by="@ana", at=pressed)
    await world.services.stores.storms.change(world.server_id, storm.id, act)
    await world.settle()
    await world.ana.types("/oncall list", channel="alerts")
    assert "Early" in world.ana.sees


async def test_the_next_in_line_waits_while_all_are_being_acknowledged(world: World):
    await burst(world, many(40))
    await world.pass_time(seconds=290)
    (storm,) = await world.services.stores.storms.recent(world.server_id, 1)
    pressed = partial(storms.act_on_all, verb="none", by="@ana", at=world.clock())
    await world.services.stores.storms.change(world.server_id, storm.id, pressed)
    await world.pass_time(seconds=20)
    assert storm_pages(world, "ben") == 0
    await world.pass_time(seconds=60)
    assert storm_pages(world, "ben") == 1


async def mentioned(world: World, person: str, number: int) -> None:
    """In the thread of a post that the group has to itself, and nowhere else."""
    (card,) = [post for post in own(world) if f"#{number} " in post.words]
    told = [reply.text for reply in card.replies]
    assert any(f"@{person}, you are on call" in text for text in told), told
    assert world.pages(person) == []
    assert len(own(world)) == LIMIT + 1


@pytest.mark.parametrize("typed", ["responders 40 @cho", "assign 40 @cho"])
async def test_who_is_wanted_for_one_of_a_storm_finds_its_own_post_and_thread(world: World, typed: str):
    await world.cho.types("/oncall rules mention-then-direct", channel="alerts")
    await burst(world, many(40))
    await world.pass_time(minutes=1)
    await world.ana.types(f"/oncall {typed}", channel="alerts")
    await world.settle()
    await world.pass_time(seconds=5)
    await mentioned(world, "cho", 40)
    assert "Storm: 20 new alert groups" in digest(world).words
    await world.ana.types("/oncall why 40", channel="alerts")
    assert "It opened in a storm, and has a post of its own by now." in world.ana.sees


async def test_who_is_paged_by_mention_is_so_for_one_of_a_storm_that_is_called_critical(world: World):
    await world.ana.types("/oncall rules mention-then-direct", channel="alerts")
    await burst(world, many(40))
    await world.pass_time(minutes=1)
    await world.ben.types("/oncall severity 40 critical", channel="alerts")
    await world.settle()
    await world.pass_time(seconds=5)
    await mentioned(world, "ana", 40)
