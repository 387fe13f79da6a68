"""Pages: the first thing that must arrive. Each person is reached by their own rules, or it is learned why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Clock
from bot.core import cards, outcomes
from bot.core import people as core_people
from bot.core.alert_group import AlertGroup, Posted, Status
from bot.core.changes import Change, Page
from bot.core.people import Person, Way
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.core.text import say
from bot.delivery.cards import Cards
from bot.delivery.pictures import Pictures, names
from bot.delivery.scene import Learned, Scene, remember
from bot.delivery.storms import Storms, gathers
from bot.errors import Upstream
from bot.mattermost.posting import Mark, NoLongerWanted, PostGone, find_own, post_once
from bot.mattermost.wire import zone_of
from bot.reaching import reach
from bot.storage.records import stay
from bot.storage.stores import Stores
from bot.surfaces.cards import headline
from bot.surfaces.drawn import Drawn

SEEN_ACTIVE = timedelta(minutes=5)
# The post of an alert and the first page are on their way at the same time.
CARD_AWAITED = timedelta(seconds=30)
URGENT = "urgent"
OUTSIDE = say("they are not in the alert's channel")
DEACTIVATED = say("their Mattermost account is deactivated")
UNKNOWN = say("their Mattermost account does not exist any more")


class Pages:
    """Pages people about alert groups, and keeps their pages up to date."""

    def __init__(self, stores: Stores, pictures: Pictures, posts: Cards, storms: Storms, clock: Clock) -> None:
        self._stores = stores
        self._pictures = pictures
        self._posts = posts
        self._storms = storms
        self._clock = clock
        self._seen_active: dict[tuple[str, str], datetime] = {}

    async def page(self, scene: Scene, page: Page) -> Learned[AlertGroup]:
        group = scene.group
        if not _wanted(group, page):
            return await self._learn_late(scene, page)
        people = await self._pictures.people(group, page.person_id)
        if not _reachable(people.get(page.person_id)):
            people = await self._stores.people.with_ids(group.server_id, sorted({page.person_id, *people}))
        person = people.get(page.person_id)
        failed = partial(outcomes.page_failed, page=page.page, person_id=page.person_id, now=self._clock())
        if person is None:
            return partial(failed, name=say("somebody"), reason=say("they are not known here any more"))
        if not person.mattermost_user_id:
            return partial(failed, name=person.mention, reason=say("they have not linked their Mattermost account yet"))
        try:
            return await self._page_person(scene, page, person, people)
        except Upstream as refused:
            if not refused.permanent:
                raise
            return partial(failed, name=person.mention, reason=refused.said)

    async def _learn_late(self, scene: Scene, page: Page) -> Learned[AlertGroup]:
        """Nobody wants it any more. Where an earlier attempt came through all the same, its post must be true."""
        group = scene.group
        person = (await self._stores.people.with_ids(group.server_id, [page.person_id])).get(page.person_id)
        if person is None or not person.mattermost_user_id or page.page in group.pages or gathers(group, page):
            return stay
        channel_id = await scene.mattermost.direct_channel(person.mattermost_user_id)
        mark = Mark(about=group.id, post=page.page)
        post = await find_own(scene.mattermost, channel_id, mark, scene.tried_since or group.opened_at)
        if post is None:
            return stay
        return partial(
            outcomes.paged,
            page=page.page,
            person_id=page.person_id,
            name=person.mention,
            now=self._clock(),
            channel_id=channel_id,
            post_id=post["id"],
        )

    async def draw(self, scene: Scene, name: str) -> Learned[AlertGroup]:
        """Make the direct message show the group as it is now."""
        page = scene.group.pages.get(name)
        if page is None or page.post is None:
            return stay
        people = await self._pictures.people(scene.group, page.person_id)
        drawn = self._pictures.page(scene.server, scene.group, page.person_id, people)
        return await self._posts.edit(scene, page.post, name, Mark(about=scene.group.id, post=name), drawn)

    async def _page_person(
        self, scene: Scene, page: Page, person: Person, people: Mapping[str, Person]
    ) -> Learned[AlertGroup]:
        person = await self._as_known_now(scene, person)
        people = {**people, page.person_id: person}
        ways = {
            Way.DIRECT: partial(self._page_directly, scene, page, person, people),
            Way.MENTION: partial(self._page_in_thread, scene, page, person, people),
        }
        reached = await reach(person.rules, ways)
        if not reached:
            return await self._learn_late(scene, page)
        # What tells of a whole storm is a post of the storm.
        own = None if gathers(scene.group, page) else reached.get(Way.DIRECT)
        return partial(
            outcomes.paged,
            page=page.page,
            person_id=page.person_id,
            name=person.mention,
            now=self._clock(),
            channel_id=own.channel_id if own else "",
            post_id=own.post_id if own else "",
            in_thread=Way.MENTION in reached,
        )

    async def _page_directly(
        self, scene: Scene, page: Page, person: Person, people: Mapping[str, Person]
    ) -> Posted | None:
        channel_id = await scene.mattermost.direct_channel(person.mattermost_user_id)
        group = await self._still_wanted(scene, page)
        if group is None:
            return None
        if gathers(group, page):
            return await self._storms.page(scene, page, person)
        try:
            post = await post_once(
                scene.mattermost,
                channel_id,
                self._picture(scene.server, group, page.person_id, people),
                mark=Mark(about=group.id, post=page.page),
                tried_since=scene.tried_since,
                last_look=partial(self._is_wanted, scene, page),
            )
        except NoLongerWanted:
            return None
        return Posted(channel_id=channel_id, post_id=post["id"], edited_at=self._clock())

    def _picture(self, server: Server, group: AlertGroup, person_id: str, people: Mapping[str, Person]) -> Drawn:
        drawn = self._pictures.page(server, group, person_id, people)
        return replace(drawn, priority=URGENT) if cards.is_grave(group) else drawn

    async def _page_in_thread(
        self, scene: Scene, page: Page, person: Person, people: Mapping[str, Person]
    ) -> Posted | None:
        """Raises Upstream: passing while the alert may still get a post, permanent where it has none.

        Also permanent where the person is not in its channel: Mattermost takes such a mention and tells nobody.
        """
        group = await self._still_wanted(scene, page)
        if group is None:
            return None
        if group.card is None and not gathers(group, page):
            waited = self._clock() - (scene.tried_since or self._clock())
            hopeless = not group.channel_id or group.gathered or waited > CARD_AWAITED
            raise Upstream(say("the alert has no post in a channel"), permanent=hopeless, retry_after=1)
        if await scene.mattermost.channel_member(group.channel_id, person.mattermost_user_id) is None:
            raise Upstream(OUTSIDE, permanent=True)
        if group.card is None:
            return await self._storms.mention(scene, page, person)
        card = cards.draw_page(group, names=names(people), person_id=page.person_id)
        root = group.card
        try:
            post = await post_once(
                scene.mattermost,
                root.channel_id,
                Drawn(message=headline(card, self._pictures.channel_reader(scene.server))),
                mark=Mark(about=group.id, post=f"mention.{page.page}"),
                root_id=root.post_id,
                tried_since=scene.tried_since,
                last_look=partial(self._is_wanted, scene, page),
            )
        except NoLongerWanted:
            return None
        except PostGone:
            raise Upstream(say("the alert's post was deleted"), permanent=True) from None
        return Posted(channel_id=root.channel_id, post_id=post["id"], edited_at=self._clock())

    async def _still_wanted(self, scene: Scene, page: Page) -> AlertGroup | None:
        """Acknowledging means silence at once: looked at again right before sending, unless that was just now."""
        group: AlertGroup | None = scene.group
        if scene.meanwhile.happened:
            group = await self._stores.groups.find(scene.group.server_id, scene.group.id)
        return group if group is not None and _wanted(group, page) else None

    async def _is_wanted(self, scene: Scene, page: Page) -> bool:
        return await self._still_wanted(scene, page) is not None

    async def _as_known_now(self, scene: Scene, person: Person) -> Person:
        """Mattermost takes messages to deactivated people, and mentions by former names, without a word.
        Whoever travels, or has changed their language, is paged in the new one.

        Raises Upstream, permanent.
        """
        now, key = self._clock(), (scene.server.id, person.mattermost_user_id)
        seen = self._seen_active.get(key)
        if seen is not None and now - seen < SEEN_ACTIVE:
            return person
        users = await scene.mattermost.users_by_ids([person.mattermost_user_id])
        if not users or users[0].get("delete_at"):
            await self._note(person, partial(core_people.gone, now=now))
            raise Upstream(DEACTIVATED if users else UNKNOWN, permanent=True)
        user = users[0]
        username, locale = user.get("username", ""), user.get("locale", "")
        decide = partial(core_people.seen, username=username, locale=locale, zone=zone_of(user), admin=None)
        known = await self._note(person, decide)
        remember(self._seen_active, key, now)
        return known

    async def _note(self, person: Person, decide: Callable[[Person], Change[Person]]) -> Person:
        """Written only if it changes anything."""
        if decide(person).doc == person:
            return person
        return (await self._stores.people.change(person.server_id, person.id, decide)).doc


def _reachable(person: Person | None) -> bool:
    return person is not None and bool(person.mattermost_user_id)


def _wanted(group: AlertGroup, page: Page) -> bool:
    """A page is for one turn of firing: once somebody acted it has lost its reason. Nobody is paged twice for it."""
    if page.asked_by:
        return group.live and page.page not in group.pages
    turn = page.page.partition(".")[0]
    return group.status is Status.FIRING and turn == str(group.turn) and page.page not in group.pages
