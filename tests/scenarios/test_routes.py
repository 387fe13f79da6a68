"""Routes: some alerts are posted elsewhere or page somebody else, by their labels."""

from functools import partial
from pathlib import Path

import pytest

from bot.core import routes
from bot.core.alert_group import AlertGroup
from bot.core.replacing import replace
from bot.simulator.client.rendering import RenderedPost
from tests.scenarios.world import World


async def typed(world: World, command: str, person: str = "root") -> str:
    await world.people[person].types(f"/oncall {command}", channel="alerts")
    return str(world.people[person].sees)


def open_channels(world: World, *names: str) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    for name in names:
        channel = world.simulator.add_channel(team, name)
        for person in world.people.values():
            world.simulator.join(person.user, channel)


def cards_in(world: World, channel: str) -> list[RenderedPost]:
    return [post for post in world.root.posts(channel) if post.is_bot and not post.is_private]


async def group(world: World, number: int = 1) -> AlertGroup:
    found = await world.services.stores.groups.by_number(world.server_id, number)
    assert found is not None
    return found


async def test_the_first_route_that_fits_says_where_it_is_posted_and_who_is_paged(world: World) -> None:
    open_channels(world, "databases")
    sees = await typed(world, "route add Prometheus Databases alertname=~Disk.* --channel databases --people @cho")
    assert sees.splitlines() == [
        "**Route 1 is “Databases”.**",
        'It takes alerts with `alertname=~"Disk.*"`: posted in ~databases, pages @cho.',
    ]
    await world.fire("DiskFull")
    assert world.cards() == []
    assert "#1 DiskFull" in cards_in(world, "databases")[0].words
    assert [len(world.pages(person)) for person in ("ana", "cho")] == [0, 1]
    await world.fire("HighErrorRate")
    assert "#2 HighErrorRate" in world.card().words
    assert [len(world.pages(person)) for person in ("ana", "cho")] == [1, 1]
    assert "It took the route “Databases”." in await typed(world, "why 1", "ben")
    assert (await typed(world, "who", "ben")).splitlines()[1:] == [
        "- Prometheus: @ana, then @ben",
        "- Prometheus, route “Databases”: @cho",
    ]
    assert "Some alerts go elsewhere by 1 route: `/oncall route list Prometheus`." in await typed(
        world, "integration show Prometheus", "ben"
    )
    assert "took the route" not in await typed(world, "why 2", "ben")


async def test_a_group_in_several_channels_is_kept_in_step_and_works_in_each(world: World) -> None:
    open_channels(world, "databases", "support")
    await typed(world, "route add Prometheus All --channel alerts --also databases,support --people @cho")
    await world.fire()
    [main], [databases], [support] = world.cards(), cards_in(world, "databases"), cards_in(world, "support")
    for card in (main, databases, support):
        assert "Firing since" in card.words
    await world.ana.clicks("Acknowledge", databases)
    await world.pass_time(seconds=3)
    for channel in ("alerts", "databases", "support"):
        [card] = cards_in(world, channel)
        assert "Acknowledged by @ana" in card.words
    assert [bool(cards_in(world, channel)[0].replies) for channel in ("alerts", "databases", "support")] == [
        True,
        False,
        False,
    ]
    await world.ben.clicks("Resolve", cards_in(world, "support")[0])
    await world.pass_time(seconds=3)
    assert "Resolved by @ben" in cards_in(world, "databases")[0].words


async def test_a_press_on_an_outdated_further_card_draws_that_one_anew(world: World) -> None:
    open_channels(world, "databases")
    await typed(world, "route add Prometheus All --channel alerts --also databases")
    await world.fire()
    [old] = cards_in(world, "databases")
    await typed(world, "resolve 1", "ben")
    await world.ana.clicks("Acknowledge", old)
    assert "#1 is already resolved." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert "Resolved by @ben" in cards_in(world, "databases")[0].words


async def test_a_deleted_further_card_is_made_anew(world: World) -> None:
    open_channels(world, "databases")
    await typed(world, "route add Prometheus All --channel alerts --also databases")
    await world.fire()
    [old] = cards_in(world, "databases")
    world.simulator.posting.delete(world.root.user.id, old.id)
    await typed(world, "ack 1", "ana")
    await world.pass_time(seconds=3)
    [new] = cards_in(world, "databases")
    assert new.id != old.id and "Acknowledged by @ana" in new.words


async def test_a_route_may_post_only_or_page_only_and_says_so(world: World) -> None:
    posting = await typed(world, "route add Prometheus Info severity=info")
    assert "posted in ~alerts, pages nobody." in posting
    paging = await typed(world, "route add Prometheus Quiet severity=page --people @cho --page-only")
    assert "posted in no channel, pages @cho." in paging
    neither = await typed(world, "route add Prometheus Nothing --page-only")
    assert neither == "This route would neither post nor page. Name people, or let it post."
    await world.fire("Slow", severity="info")
    assert "Nobody is paged: the route “Info” names no people" in world.card().words
    await world.fire("Fast", severity="page")
    assert len(world.cards()) == 1
    assert [len(world.pages(person)) for person in ("ana", "cho")] == [0, 1]
    assert "which pages only: it is posted in no channel." in await typed(world, "why 2", "ben")


async def test_routes_are_listed_moved_switched_and_removed(world: World) -> None:
    assert "**Prometheus** has no routes." in await typed(world, "route list Prometheus", "ben")
    await typed(world, "route add Prometheus Databases team=db --people @cho")
    await typed(world, "route add Prometheus Critical severity=critical --people '@ben' --position 1".replace("'", ""))
    assert (await typed(world, "route list Prometheus", "ben")).splitlines() == [
        "**Routes of Prometheus**, the first that fits is taken",
        '1. **Critical**: alerts with `severity="critical"`: posted in ~alerts, pages @ben.',
        '2. **Databases**: alerts with `team="db"`: posted in ~alerts, pages @cho.',
        "- Everything else: posted in ~alerts, pages @ana, then @ben, 5 min apart.",
    ]
    assert await typed(world, "route move Prometheus Databases 1") == "Route “Databases” is number 1 now."
    assert "is off" in await typed(world, "route off Prometheus Critical")
    assert "2. **Critical** (off)" in await typed(world, "route list Prometheus", "ben")
    await world.fire()
    assert [len(world.pages(person)) for person in ("ana", "ben")] == [1, 0]
    assert await typed(world, "route on Prometheus 2") == "Route “Critical” is on."
    assert "is removed" in await typed(world, "route remove Prometheus Databases")
    assert "Databases" not in await typed(world, "route list Prometheus", "ben")
    assert "has no route called Databases" in await typed(world, "route remove Prometheus Databases")


async def test_an_edit_changes_what_is_typed_and_leaves_the_rest(world: World) -> None:
    await typed(world, "route add Prometheus Databases team=db --people @cho --wait-minutes 7")
    sees = await typed(world, "route edit Prometheus Databases --name Storage --people '@cho'".replace("'", ""))
    assert sees.splitlines() == [
        "**Route “Storage” is changed.**",
        'It takes alerts with `team="db"`: posted in ~alerts, pages @cho.',
    ]
    sees = await typed(world, "route edit Prometheus Storage team=~db|disk")
    assert 'alerts with `team=~"db|disk"`: posted in ~alerts, pages @cho.' in sees


async def test_an_edit_without_more_opens_the_form_as_the_route_is(world: World) -> None:
    open_channels(world, "databases")
    await typed(world, "route add Prometheus Databases team=db --people @cho --channel databases --wait-minutes 7")
    await typed(world, "route edit Prometheus Databases")
    modal = world.root.modal
    assert modal is not None and modal.title == "Change a route"
    assert modal.values["conditions"] == 'team="db"'
    await world.root.submits(conditions="team=web")
    assert 'It takes alerts with `team="web"`: posted in ~databases, pages @cho.' in world.heard("root")
    one = (await world.services.stores.integrations.listed(world.server_id))[0]
    assert (one.routes[0].wait_minutes, len(one.routes[0].people)) == (7, 1)


async def test_the_form_of_a_route_names_its_channels_and_takes_names_and_ids(world: World) -> None:
    open_channels(world, "databases", "support", "audit")
    team = next(iter(world.simulator.state.teams.values()))
    elsewhere = world.simulator.add_channel(world.simulator.add_team("other"), "support")
    server = await world.services.stores.servers.find(world.server_id, world.server_id)
    assert server is not None
    for user in (world.root.user, world.simulator.state.users[server.bot_user_id]):
        world.simulator.join(user, elsewhere)
    added = f"route add Prometheus All --channel databases --also ~support,{elsewhere.id}"
    assert "posted in ~databases, ~support, ~support" in await typed(world, added)

    await typed(world, "route edit Prometheus All")
    modal = world.root.modal
    assert modal is not None
    assert modal.values["also"] == f"~support {elsewhere.id}"
    assert "databases" in modal.field("channel").value["label"].lower()
    before = (await world.services.stores.integrations.listed(world.server_id))[0].routes
    await world.root.submits(wait_minutes="5")
    assert (await world.services.stores.integrations.listed(world.server_id))[0].routes == before

    await typed(world, "route edit Prometheus All")
    audit = next(
        one for one in world.simulator.state.channels.values() if one.name == "audit" and one.team_id == team.id
    )
    await world.root.submits(also=f"{audit.id}, ~support")
    assert "posted in ~databases, ~audit, ~support, pages nobody." in world.heard("root")


async def test_a_channel_that_the_admin_cannot_see_stays_in_the_route(world: World) -> None:
    open_channels(world, "databases", "hidden")
    await typed(world, "route add Prometheus All --channel databases --also hidden")
    channel = next(one for one in world.simulator.state.channels.values() if one.name == "hidden")
    channel.type = "P"
    channel.members.pop(world.ana.user.id)
    await typed(world, "people role @ana --role admin")
    before = (await world.services.stores.integrations.listed(world.server_id))[0].routes[0]
    await typed(world, "route edit Prometheus All", "ana")
    await world.ana.submits(wait_minutes="9")
    after = (await world.services.stores.integrations.listed(world.server_id))[0].routes[0]
    assert after == replace(before, wait_minutes=9)
    # Only with the Apps framework the bot looks with the eyes of whoever asks.
    assert all(f"GET /api/v4/channels/{channel.id}" in one for one in world.simulator.surprises)
    world.simulator.surprises.clear()


async def test_adding_without_words_opens_a_form(world: World) -> None:
    await typed(world, "route add")
    assert world.root.modal is not None and world.root.modal.title == "Add a route"
    await world.root.submits(integration="Prometheus", route="Databases", conditions="team=~(")
    assert "is not closed" in world.heard("root")
    if world.root.modal is None:
        await typed(world, "route add")
    await world.root.submits(integration="Prometheus", route="Databases", conditions="team=db")
    assert "**Route 1 is “Databases”.**" in world.heard("root")


async def test_a_dry_run_explains_each_route_and_reaches_nobody(world: World) -> None:
    await typed(world, "route add Prometheus Databases team=db severity=critical --people @cho")
    await typed(world, "route add Prometheus Web team=web")
    await typed(world, "route add Prometheus Critical severity=critical --people @ben")
    await typed(world, "route off Prometheus Web")
    assert (await typed(world, "route test Prometheus severity=critical team=web", "ben")).splitlines() == [
        '**An alert with** `severity="critical", team="web"`',
        '1. **Databases**: no, `team="db"` does not hold: it is “web”.',
        "2. **Web**: is off.",
        "3. **Critical**: takes it.",
        "As things are now: posted in ~alerts, pages @ben.",
    ]
    sees = await typed(world, "route test Prometheus severity=info", "ben")
    assert "No route takes it, so it goes the integration's own way." in sees
    assert "pages @ana, then @ben, 5 min apart." in sees
    assert world.cards() == [] and world.pages("ben") == []
    assert "Say what the alert has" in await typed(world, "route test Prometheus severity!=info", "ben")


async def test_a_dry_run_knows_of_maintenance(world: World) -> None:
    await typed(world, "maintenance start Prometheus 2h Deploy --labels team=db")
    sees = await typed(world, "route test Prometheus team=db", "ben")
    assert "The maintenance “Deploy” keeps it silent until 12:00." in sees
    assert "keeps it silent" not in await typed(world, "route test Prometheus team=web", "ben")


async def test_a_dry_run_with_a_group_that_was_there(world: World) -> None:
    await world.fire("DiskFull")
    await typed(world, "route add Prometheus Databases alertname=DiskFull --people @cho")
    sees = await typed(world, "route test Prometheus #1", "ben")
    assert "**#1 DiskFull**" in sees and "1. **Databases**: takes it." in sees
    assert len(world.pages("cho")) == 0


async def test_two_admins_at_once_keep_what_the_other_did(world: World) -> None:
    """One has the form open while the other moves and adds."""
    await typed(world, "route add Prometheus Databases team=db")
    await typed(world, "route edit Prometheus Databases")
    one = (await world.services.stores.integrations.listed(world.server_id))[0]
    other = one.routes[0]
    added = replace(other, id="other", name="Other", matchers=())
    await world.services.stores.integrations.change(
        world.server_id, one.id, partial(routes.add, route=added, position=1)
    )
    await world.root.submits(conditions="team=web")
    assert (await typed(world, "route list Prometheus")).splitlines()[1:3] == [
        "1. **Other**: every alert: posted in ~alerts, pages nobody.",
        '2. **Databases**: alerts with `team="web"`: posted in ~alerts, pages nobody.',
    ]


async def test_only_admins_change_routes_and_bad_conditions_are_explained(world: World) -> None:
    await world.ana.types("/oncall route add Prometheus Mine --people @cho", channel="alerts")
    assert "Route 1 is" not in world.heard("ana")
    assert "I cannot read “critical”." in await typed(world, "route add Prometheus Mine critical")
    assert "is not closed" in await typed(world, 'route add Prometheus Mine team=~"(db"')
    assert "There is no integration called Nagios." in await typed(world, "route add Nagios Mine team=db")
    one = (await world.services.stores.integrations.listed(world.server_id))[0]
    assert one.routes == ()


@pytest.mark.parametrize("surface", ["native-12.0"])
async def test_a_further_channel_that_went_away_hurries_nobody(world: World) -> None:
    open_channels(world, "databases")
    await typed(world, "route add Prometheus All --channel alerts --also databases --people @cho")
    channel = next(one for one in world.simulator.state.channels.values() if one.name == "databases")
    channel.delete_at = 1
    await world.fire()
    assert len(world.cards()) == 1
    assert len(world.pages("cho")) == 1
    assert "Could not post in a further channel: {reason}" in [
        entry.text.english for entry in (await group(world)).history
    ]


async def test_the_examples_of_the_documentation_work_as_they_stand_there(world: World) -> None:
    open_channels(world, "databases", "ops", "support", "noise")
    written = (Path(__file__).parents[2] / "docs" / "routing.md").read_text()
    examples = [line.removeprefix("/oncall ") for line in written.splitlines() if line.startswith("/oncall ")]
    assert len(examples) > 8
    done = ("is “", "**Routes of", "**An alert with**", "runs until", "is planned", "maintenances**", "is called off")
    for example in examples:
        sees = await typed(world, example)
        assert any(words in sees for words in done), (example, sees)
