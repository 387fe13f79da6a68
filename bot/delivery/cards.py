"""Posts that show an alert group: the card in its channel, and what becomes of posts that are gone or refused."""

from __future__ import annotations

from functools import partial

import structlog

from bot.clock import Clock
from bot.core import outcomes
from bot.core.alert_group import CARD, COPY, AlertGroup, Posted, places
from bot.core.servers import Timeline
from bot.core.text import Text, say
from bot.delivery.pictures import Pictures
from bot.delivery.scene import Learned, Scene
from bot.errors import Upstream
from bot.mattermost.posting import Mark, PostGone, edit_post, is_archived, post_once
from bot.mattermost.refusals import FORBIDDEN, NOT_FOUND
from bot.storage.records import stay
from bot.surfaces.drawn import Drawn

log = structlog.get_logger()


class Cards:
    """Draws what is in the channel."""

    def __init__(self, pictures: Pictures, clock: Clock) -> None:
        self._pictures = pictures
        self._clock = clock

    async def draw(self, scene: Scene, name: str = CARD) -> Learned[AlertGroup]:
        """`name` is that of the card: there may be some in further channels."""
        group, place = scene.group, places(scene.group).get(name)
        if place is None:
            return stay
        people = await self._pictures.people(group)
        drawn = self._pictures.card(scene.server, group, people, channel_id=place.channel_id)
        mark = Mark(about=group.id, post=f"{name}{place.lost or ''}")
        if place.post is not None:
            return await self.edit(scene, place.post, name, mark, drawn)
        try:
            post = await post_once(
                scene.mattermost, place.channel_id, drawn, mark=mark, tried_since=scene.tried_since, as_now=True
            )
        except PostGone:
            return partial(outcomes.lost_post, post=name)
        except Upstream as refused:
            return refused_for_good(scene, refused, self._clock, name)
        return self._drawn(scene, name, place.channel_id, post["id"])

    async def edit(self, scene: Scene, post: Posted, name: str, mark: Mark, drawn: Drawn) -> Learned[AlertGroup]:
        """`name` is that of a card or the key of a page."""
        try:
            await edit_post(scene.mattermost, post.post_id, drawn, mark=mark)
        except PostGone:
            return partial(outcomes.lost_post, post=name)
        except Upstream as refused:
            return refused_for_good(scene, refused, self._clock, name)
        return self._drawn(scene, name, post.channel_id, post.post_id)

    def _drawn(self, scene: Scene, name: str, channel_id: str, post_id: str) -> Learned[AlertGroup]:
        return partial(
            outcomes.drawn,
            post=name,
            channel_id=channel_id,
            post_id=post_id,
            now=self._clock(),
            counting=scene.server.timeline_in(scene.group.channel_id) is Timeline.FULL,
        )


def refused_for_good(scene: Scene, refused: Upstream, clock: Clock, name: str = CARD) -> Learned[AlertGroup]:
    """What is learned from a lasting refusal. Raises it again if it may pass."""
    if not refused.permanent:
        raise refused
    log.warning("a post was refused", server=scene.server.id, group=scene.group.id, status=refused.status)
    learned = outcomes.copy_refused if name.startswith(COPY) else outcomes.card_refused
    return partial(learned, reason=_why(refused), now=clock())


def _why(refused: Upstream) -> Text | str:
    if is_archived(refused):
        return say("the channel is archived")
    if refused.status == FORBIDDEN:
        return say("the bot may not post there; invite it to the channel")
    if refused.status == NOT_FOUND:
        return say("the channel does not exist any more")
    return refused.said
