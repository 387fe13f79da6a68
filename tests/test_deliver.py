"""Effects carried out in a strict Mattermost, with the stored documents as the bot has them."""

from datetime import timedelta
from functools import partial

import pytest

from bot import sealed
from bot.core import alerts, outcomes, servers
from bot.core.alert_group import Alert, AlertGroup, Status, Step
from bot.core.changes import REDRAWN, Change, Draw, Effect, Page, RedrawGroups, RenewPushToken, Tell, TellAdmin
from bot.core.people import Person
from bot.core.replacing import replace
from bot.core.servers import State, Surface
from bot.core.text import say
from bot.delivery.delivery import Delivery
from bot.delivery.of_server import SLICE
from bot.errors import Upstream
from bot.storage.stores import open_stores
from bot.words import Reader, words
from tests.mattermost.world import World

PAGE_ANA = Page(page="0.0.P1", person_id="P1")


class Desk:
    """The delivery with its stores and its Mattermost, and one alert group to work on."""

    def __init__(self, world, stores):
        self.world, self.stores, self.clock = world, stores, world.clock
        self.delivery = self.new_delivery()

    def new_delivery(self, **other_stores):
        """As after a restart."""
        return Delivery(
            stores=replace(self.stores, **other_stores),
            access=self.world.access,
            vault=self.world.vault,
            clock=self.clock,
            public_url="http://oncall.example",
        )

    async def prepare(self):
        await self.stores.servers.add(Change(doc=self.world.server()))
        await self.person("P1", self.world.ana)
        await self.person("P2", self.world.ben)
        blank = AlertGroup(
            id="G1",
            server_id="S1",
            number=7,
            integration_id="I1",
            integration_name="Alertmanager",
            key="k",
            title="Disk full",
            opened_at=self.clock(),
            changed_at=self.clock(),
            channel_id=self.world.channel.id,
            chain=(Step(wait=0, people=("P1",)), Step(wait=300, people=("P2",))),
        )
        fired = Alert(fingerprint="a", firing=True, title="Disk full")
        await self.stores.groups.add(alerts.opened(blank, [fired], now=self.clock()))

    async def person(self, id_, user, **fields):
        person = Person(id=id_, server_id="S1", name=user.username, username=user.username, mattermost_user_id=user.id)
        await self.stores.people.add(Change(doc=replace(person, **fields)))

    async def change_server(self, **fields):
        await self.stores.servers.change("S1", "S1", lambda server: Change(doc=replace(server, **fields)))

    async def group(self) -> AlertGroup:
        return await self.stores.groups.find("S1", "G1")

    async def change(self, decide, **fields) -> Change:
        return await self.stores.groups.change("S1", "G1", partial(decide, **fields))

    async def deliver(self, do, *, group=None, **known) -> Change:
        """Deliver and store what was learned; gives the change."""
        learned = await self.delivery.group(group or await self.group(), Effect(key="k", do=do), **known)
        return await self.stores.groups.change("S1", "G1", learned)

    async def refused(self, do, **known) -> Upstream:
        with pytest.raises(Upstream) as caught:
            await self.deliver(do, **known)
        return caught.value

    async def last_words(self) -> str:
        text = (await self.group()).history[-1].text
        return words(text, Reader(now=self.clock()))


@pytest.fixture
def desk(io_loop, clock, stores):
    world = World(clock)
    io_loop.run_sync(world.start)
    desk = Desk(world, stores)
    io_loop.run_sync(desk.prepare)
    yield desk
    io_loop.run_sync(world.close)
    assert list(world.simulator.surprises) == []


def kinds(change) -> list[str]:
    return [type(effect.do).__name__ for effect in change.effects]


# ---- the card ----


async def test_the_card_is_posted_with_its_buttons_and_our_mark(desk):
    await desk.deliver(Draw())

    (post,) = desk.world.posts()
    assert "Disk full" in post.message
    assert (post.props["oncall"]["group"], post.props["oncall"]["post"]) == ("G1", "card")
    action = post.props["attachments"][0]["actions"][0]
    assert action["integration"]["url"] == "http://oncall.example/native/S1/action"
    assert (await desk.group()).card.post_id == post.id


async def test_the_card_is_edited_in_place(desk):
    await desk.deliver(Draw())
    await desk.change(alerts.acknowledge, by="@ana", now=desk.clock())
    desk.clock.advance(seconds=3)

    await desk.deliver(Draw())

    (post,) = desk.world.posts()
    assert "Acknowledged by @ana" in str(post.props["attachments"])
    assert (await desk.group()).card.edited_at == desk.clock()


async def test_over_the_apps_framework_the_buttons_are_bindings(desk):
    await desk.change_server(surface=Surface.APPS, app_id="oncall")

    await desk.deliver(Draw())

    (post,) = desk.world.posts()
    assert post.props["app_bindings"][0]["app_id"] == "oncall"


async def test_a_group_without_a_channel_has_no_card(desk):
    change = await desk.deliver(Draw(), group=replace(await desk.group(), channel_id=""))

    assert desk.world.posts() == []
    assert change.effects == ()


async def test_a_lost_answer_makes_no_second_card(desk):
    desk.world.simulator.faults.drop(prefix="/api/v4/posts", method="POST", times=1)
    assert not (await desk.refused(Draw())).permanent

    desk.clock.advance(seconds=5)
    await desk.deliver(Draw(), tries=1, since=(await desk.group()).opened_at)

    assert [post.id for post in desk.world.posts()] == [(await desk.group()).card.post_id]


@pytest.mark.parametrize("known", [True, False])
async def test_a_crash_long_ago_makes_no_second_card(desk, known):
    since = desk.clock()
    await desk.delivery.group(await desk.group(), Effect(key="draw:card", do=Draw()))
    desk.clock.advance(minutes=10)
    desk.delivery = desk.new_delivery()

    await desk.deliver(Draw(), **({"since": since} if known else {}))

    assert [post.id for post in desk.world.posts()] == [(await desk.group()).card.post_id]


async def test_a_fresh_card_needs_no_looking_around(desk):
    await desk.deliver(Draw())

    assert desk.world.requests("GET", "/channels") == 0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_left_to_the_worker(desk, status):
    faults = desk.world.simulator.faults
    if status == 429:
        faults.rate_limit(prefix="/api/v4/posts", reset=9, times=1)
    else:
        faults.fail(status, prefix="/api/v4/posts", times=1)

    passing = await desk.refused(Draw())
    desk.world.clock.advance(seconds=9)
    await desk.deliver(Draw(), tries=1)

    assert not passing.permanent
    assert passing.retry_after == (9 if status == 429 else 0)
    assert len(desk.world.posts()) == 1


async def test_a_deleted_card_is_made_anew_though_mattermost_remembers_the_old_one(desk):
    await desk.deliver(Draw())
    (old,) = desk.world.posts()
    await desk.world.as_bot().delete_post(old.id)

    lost = await desk.deliver(Draw())
    await desk.deliver(Draw())

    assert kinds(lost) == ["Draw"]
    (new,) = desk.world.posts()
    assert new.id != old.id
    assert (await desk.group()).card.post_id == new.id


async def test_an_archived_channel_is_noted_and_somebody_hears_of_it(desk):
    await desk.change(lambda group: Change(doc=replace(group, step=0)))
    desk.world.channel.delete_at = 1

    change = await desk.deliver(Draw())

    assert await desk.last_words() == "Could not post in the channel: the channel is archived"
    assert sorted(kinds(change)) == ["Page", "TellAdmin"]


async def test_a_channel_without_the_bot_is_noted_with_the_remedy(desk):
    del desk.world.channel.members[desk.world.bot.user_id]

    change = await desk.deliver(Draw())

    assert "invite it to the channel" in await desk.last_words()
    assert kinds(change) == ["TellAdmin"]
    desk.world.expect(lambda surprise: surprise.startswith("403 to a bot token"))


async def test_a_card_in_a_channel_archived_later_is_noted_not_lost(desk):
    await desk.deliver(Draw())
    desk.world.channel.delete_at = 1

    await desk.deliver(Draw())

    assert "archived" in await desk.last_words()
    assert (await desk.group()).card is not None


# ---- pages ----


async def test_a_page_is_a_direct_message_with_the_alert(desk):
    change = await desk.deliver(PAGE_ANA)

    (post,) = desk.world.messages_to(desk.world.ana)
    assert "@ana" in post.message
    assert "Disk full" in post.message
    assert await desk.last_words() == "Paged @ana by direct message"
    assert (await desk.group()).pages["0.0.P1"].post.post_id == post.id
    assert change.note is not None


async def test_nobody_is_paged_once_somebody_acknowledged(desk):
    claimed = await desk.group()
    await desk.change(alerts.acknowledge, by="@ben", now=desk.clock())

    await desk.deliver(PAGE_ANA, group=claimed)

    assert desk.world.messages_to(desk.world.ana) == []
    assert (await desk.group()).pages == {}


async def test_whoever_was_linked_by_another_process_just_now_is_paged(desk, database):
    """People are remembered for a second, but nobody is called unreachable from memory."""
    linked = {"mattermost_user_id": desk.world.ana.id}
    await desk.stores.people.change("S1", "P1", lambda ana: Change(doc=replace(ana, mattermost_user_id="")))
    await desk.deliver(Draw())
    elsewhere = open_stores(database, desk.clock)
    await elsewhere.people.change("S1", "P1", lambda ana: Change(doc=replace(ana, **linked)))

    await desk.deliver(PAGE_ANA)

    assert len(desk.world.messages_to(desk.world.ana)) == 1


async def test_an_acknowledgement_while_the_page_prepares_still_stops_it(desk):
    """The person's account is looked up and the conversation opened; only then is the page decided upon."""
    claimed, find = await desk.group(), desk.stores.groups.find
    asked = []

    class Groups:
        async def find(self, server_id, id_):
            asked.append(desk.world.requests("POST", "/channels/direct"))
            await desk.change(alerts.acknowledge, by="@ben", now=desk.clock())
            return await find(server_id, id_)

    desk.delivery = desk.new_delivery(groups=Groups())
    await desk.deliver(PAGE_ANA, group=claimed)

    assert asked == [1]
    assert desk.world.messages_to(desk.world.ana) == []


async def test_a_page_of_an_earlier_turn_is_not_sent(desk):
    await desk.change(alerts.acknowledge, by="@ben", now=desk.clock())
    await desk.change(alerts.unacknowledge, by="@ben", now=desk.clock())

    await desk.deliver(PAGE_ANA)

    assert desk.world.messages_to(desk.world.ana) == []


async def test_a_page_is_sent_once_though_its_answer_is_lost(desk):
    desk.world.simulator.faults.drop(prefix="/api/v4/posts", method="POST", times=1)
    since = desk.clock()
    assert not (await desk.refused(PAGE_ANA)).permanent

    desk.clock.advance(minutes=3)
    await desk.deliver(PAGE_ANA, since=since, tries=1)

    assert len(desk.world.messages_to(desk.world.ana)) == 1


async def test_a_page_that_was_sent_is_not_sent_again(desk):
    await desk.deliver(PAGE_ANA)
    await desk.deliver(PAGE_ANA)

    assert len(desk.world.messages_to(desk.world.ana)) == 1


async def test_a_deactivated_person_is_passed_over_at_once(desk):
    desk.world.ana.delete_at = 1

    await desk.deliver(PAGE_ANA)

    assert await desk.last_words() == "Could not page @ana: their Mattermost account is deactivated"
    assert (await desk.group()).due_at == desk.clock()
    assert desk.world.messages_to(desk.world.ana) == []


async def test_somebody_without_a_mattermost_account_is_passed_over(desk):
    await desk.stores.people.change("S1", "P1", lambda one: Change(doc=replace(one, mattermost_user_id="")))

    await desk.deliver(PAGE_ANA)

    assert "have not linked their Mattermost account yet" in await desk.last_words()


async def test_somebody_who_is_not_known_is_passed_over(desk):
    await desk.deliver(Page(page="0.0.P9", person_id="P9"))

    assert "not known here" in await desk.last_words()


async def test_a_page_speaks_in_the_zone_of_the_person(desk):
    await desk.stores.people.change("S1", "P1", lambda one: Change(doc=replace(one, zone="Europe/Berlin")))

    await desk.deliver(PAGE_ANA)

    (post,) = desk.world.messages_to(desk.world.ana)
    assert "Firing since 10:00" in str(post.props)


async def test_a_page_shows_later_what_became_of_it(desk):
    await desk.deliver(PAGE_ANA)
    await desk.change(alerts.resolve, by="@ben", now=desk.clock())

    await desk.deliver(Draw(post="0.0.P1"))

    (post,) = desk.world.messages_to(desk.world.ana)
    assert "Resolved by @ben" in str(post.props)


async def test_a_page_that_the_person_cannot_have_any_more_is_forgotten(desk):
    await desk.deliver(PAGE_ANA)
    (post,) = desk.world.messages_to(desk.world.ana)
    await desk.world.as_bot().delete_post(post.id)

    change = await desk.deliver(Draw(post="0.0.P1"))

    assert (await desk.group()).pages["0.0.P1"].post is None
    assert change.effects == ()


# ---- the thread ----


async def test_the_thread_tells_what_happened_once(desk):
    await desk.deliver(Draw())
    await desk.change(alerts.acknowledge, by="@ana", now=desk.clock())

    await desk.deliver(Tell())
    await desk.deliver(Tell())

    card, told = desk.world.posts()
    assert told.root_id == card.id
    assert "Acknowledged by" in told.message


async def test_the_thread_pings_nobody(desk):
    await desk.deliver(Draw())
    await desk.change(alerts.acknowledge, by="@ana", now=desk.clock())

    await desk.deliver(Tell())

    assert "@ana" not in desk.world.posts()[-1].message


async def test_late_lines_say_when_it_was(desk):
    await desk.deliver(Draw())
    await desk.change(alerts.acknowledge, by="@ana", now=desk.clock())
    desk.clock.advance(minutes=5)

    await desk.deliver(Tell())

    assert desk.world.posts()[-1].message.startswith("09:00 UTC: ")


async def test_a_telling_whose_answer_was_lost_swallows_nothing(desk):
    await desk.deliver(Draw())
    await desk.change(alerts.acknowledge, by="@ana", now=desk.clock())
    desk.world.simulator.faults.drop(prefix="/api/v4/posts", method="POST", times=1)
    await desk.refused(Tell())
    await desk.change(alerts.resolve, by="@ben", now=desk.clock())

    first = await desk.deliver(Tell(), tries=1)
    await desk.deliver(Tell())

    assert kinds(first) == ["Tell"]
    told = [post.message for post in desk.world.posts()[1:]]
    assert len(told) == 2
    assert "Acknowledged" in told[0]
    assert "Resolved" in told[1]


async def test_a_thread_that_is_gone_brings_a_new_card(desk):
    await desk.deliver(Draw())
    await desk.change(alerts.acknowledge, by="@ana", now=desk.clock())
    await desk.world.as_bot().delete_post(desk.world.posts()[0].id)

    change = await desk.deliver(Tell())

    assert kinds(change) == ["Draw"]
    assert (await desk.group()).card is None


# ---- admins and tokens ----


async def test_the_admin_is_told_the_same_once_an_hour(desk):
    trouble = TellAdmin(text=say("Alerts of {name} cannot be posted", name="Prometheus"))

    await desk.deliver(trouble)
    desk.clock.advance(minutes=59)
    await desk.deliver(trouble)
    assert len(desk.world.messages_to(desk.world.admin)) == 1

    desk.clock.advance(minutes=2)
    await desk.deliver(trouble)
    assert [post.message for post in desk.world.messages_to(desk.world.admin)] == [
        "Alerts of Prometheus cannot be posted"
    ] * 2


async def test_a_server_can_tell_its_admin_too(desk):
    effect = Effect(key="k", do=TellAdmin(text=say("Hello")))
    server = await desk.stores.servers.by_id("S1")

    learned = await desk.delivery.server(server, effect)

    assert learned(server).doc == server
    assert len(desk.world.messages_to(desk.world.admin)) == 1


async def test_a_refused_renewal_is_left_to_the_core(desk):
    envelope = desk.world.vault.seal("secret", about=sealed.webhook_secret("S1"))
    await desk.change_server(surface=Surface.APPS, app_id="oncall", sealed_webhook_secret=envelope)
    server = await desk.stores.servers.by_id("S1")

    learned = await desk.delivery.server(server, Effect(key="renew", do=RenewPushToken()))

    assert learned(server).doc == server
    desk.world.expect(lambda surprise: "webhook/renew" in surprise)


async def test_a_paused_server_keeps_what_is_to_be_done(desk):
    await desk.change_server(state=State.DISABLED)

    assert not (await desk.refused(PAGE_ANA)).permanent
    assert desk.world.messages_to(desk.world.ana) == []


async def test_a_removed_server_gets_nothing_any_more(desk):
    await desk.stores.servers.change("S1", "S1", partial(servers.uninstalled, now=desk.clock()))

    change = await desk.deliver(PAGE_ANA)

    assert change.doc.status is Status.FIRING
    assert desk.world.simulator.count_requests("POST", "/") == 0


async def test_pages_do_not_need_a_card(desk):
    desk.world.simulator.faults.fail(503, prefix="/api/v4/posts", times=1)
    await desk.refused(Draw())

    await desk.deliver(PAGE_ANA)

    assert len(desk.world.messages_to(desk.world.ana)) == 1


async def test_a_second_try_looks_around_because_nodes_of_mattermost_do_not_share_pending_ids(desk):
    desk.world.simulator.faults.drop(prefix="/api/v4/posts", method="POST", times=1)
    await desk.refused(PAGE_ANA)
    desk.world.simulator.state.pending_posts.clear()

    await desk.deliver(PAGE_ANA, since=desk.clock(), tries=1)

    assert len(desk.world.messages_to(desk.world.ana)) == 1


async def test_how_long_ago_a_first_attempt_may_be_decides_about_looking(desk):
    desk.clock.advance(seconds=26)

    await desk.deliver(Draw(), since=desk.clock() - timedelta(seconds=1))
    assert desk.world.requests("GET", "/channels") == 0

    await desk.world.as_bot().delete_post(desk.world.posts()[0].id)
    await desk.change(outcomes.lost_post, post="card")
    await desk.deliver(Draw(), since=desk.clock() - timedelta(seconds=26))
    assert desk.world.requests("GET", "/channels") == 1


async def test_many_posts_are_drawn_anew_in_slices_and_the_next_one_goes_on(desk):
    first = await desk.group()
    groups = [replace(first, id=f"H{number}", number=number, key=f"k{number}") for number in range(10, 10 + SLICE)]
    await desk.stores.groups.put_many([(Change(doc=group), None) for group in groups])
    server, key = await desk.stores.servers.by_id("S1"), "redraw"

    learned = await desk.delivery.server(server, Effect(key=key, do=RedrawGroups()))
    (rest,) = learned(server).effects
    assert (rest.key, rest.do.before, rest.do.left) == (key, 10, REDRAWN - SLICE)
    learned = await desk.delivery.server(server, rest)
    (last,) = learned(server).effects
    assert (last.do.before, last.do.left) == (first.number, REDRAWN - SLICE - 1)
    learned = await desk.delivery.server(server, last)
    assert learned(server).effects == ()

    drawn = await desk.stores.groups.load([("S1", group.id) for group in (first, *groups)])
    assert sum(any(one.key == "draw:card" for one in claim.outbox) for claim in drawn.values()) == SLICE + 1


async def test_no_more_posts_are_drawn_anew_than_anybody_looks_at(desk):
    server = await desk.stores.servers.by_id("S1")
    learned = await desk.delivery.server(server, Effect(key="redraw", do=RedrawGroups(before=8, left=1)))
    assert learned(server).effects == ()
