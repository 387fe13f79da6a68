"""What is told in threads: the history of an alert group under its card, and its state where somebody asked for it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import structlog

from bot.clock import Clock
from bot.core import alert_group, outcomes
from bot.core.alert_group import AlertGroup, Kind
from bot.core.neutral import plain
from bot.core.servers import Timeline
from bot.delivery.cards import refused_for_good
from bot.delivery.pictures import Pictures
from bot.delivery.scene import Learned, Scene
from bot.errors import Upstream
from bot.mattermost.posting import Mark, PostGone, post_once, seq_of
from bot.storage.records import stay
from bot.surfaces.drawn import Drawn
from bot.words import Reader, moment, words

log = structlog.get_logger()

LATE = timedelta(minutes=1)
LINE = 1000
TOLD = {
    Timeline.QUIET: frozenset({Kind.STATE}),
    Timeline.NORMAL: frozenset({Kind.STATE, Kind.PAGE, Kind.NOTE}),
    Timeline.FULL: frozenset(Kind),
}


class Threads:
    """Tells in threads what they do not show yet."""

    def __init__(self, pictures: Pictures, clock: Clock) -> None:
        self._pictures = pictures
        self._clock = clock

    async def tell(self, scene: Scene) -> Learned[AlertGroup]:
        group, entries = scene.group, alert_group.untold(scene.group)
        if group.card is None or not entries:
            return stay
        first, last = entries[0].seq, entries[-1].seq
        timeline = scene.server.timeline_in(group.channel_id)
        shown = [entry for entry in entries if entry.kind in TOLD[timeline]]
        if not shown:
            return partial(outcomes.told, seq=last)
        reader = self._pictures.channel_reader(scene.server)
        try:
            post = await post_once(
                scene.mattermost,
                group.card.channel_id,
                Drawn(message="\n".join(_line(entry, reader) for entry in shown)),
                mark=Mark(about=group.id, post=f"tell{group.cards_lost}.{first}", seq=last),
                root_id=group.card.post_id,
                tried_since=scene.tried_since,
            )
        except PostGone:
            return partial(outcomes.lost_post, post="card")
        except Upstream as refused:
            return refused_for_good(scene, refused, self._clock)
        return partial(outcomes.told, seq=seq_of(post, last))

    async def mirror(self, scene: Scene) -> Learned[AlertGroup]:
        """Into the thread of whoever asked. The bot may not be in that channel: then they look at the alert itself."""
        group, entries = scene.group, alert_group.unmirrored(scene.group)
        if not entries:
            return stay
        first, last = entries[0].seq, entries[-1].seq
        reader = self._pictures.channel_reader(scene.server)
        try:
            asked = await scene.mattermost.post(group.about_post)
            post = await post_once(
                scene.mattermost,
                asked["channel_id"],
                Drawn(message="\n".join(f"{group.name}: {_line(entry, reader)}" for entry in entries)),
                mark=Mark(about=group.id, post=f"mirror.{first}", seq=last),
                root_id=asked.get("root_id") or group.about_post,
                tried_since=scene.tried_since,
            )
        except PostGone:
            return partial(outcomes.mirrored, seq=last)
        except Upstream as refused:
            if not refused.permanent:
                raise
            log.info("not mirrored", server=scene.server.id, group=group.id, status=refused.status)
            return partial(outcomes.mirrored, seq=last)
        return partial(outcomes.mirrored, seq=seq_of(post, last))


def _line(entry: alert_group.Entry, reader: Reader) -> str:
    """One line of the thread; it pings nobody: that is what pages are for."""
    line = plain(words(entry.text, reader), LINE)
    return line if reader.now - entry.at < LATE else f"{moment(entry.at, reader)}: {line}"
