"""Looks what became of the messages that people made notes of."""

from __future__ import annotations

from functools import partial

import structlog

from bot.clock import Clock
from bot.core import noted
from bot.core.alert_group import AlertGroup
from bot.core.noted import SeenMessage
from bot.delivery.scene import Learned, Scene
from bot.errors import Upstream
from bot.mattermost.wire import Channel
from bot.storage.records import stay

PUBLIC = "O"

log = structlog.get_logger()


async def follow_notes(scene: Scene, clock: Clock) -> Learned[AlertGroup]:
    """One request about all of a group. A lasting refusal tells nothing about the messages, so nothing changes."""
    ids = [note.post_id for note in noted.followed(scene.group)]
    if not ids:
        return stay
    try:
        posts = await scene.mattermost.posts_by_ids(ids)
    except Upstream as refused:
        if not refused.permanent:
            raise
        log.info("notes not looked up", server=scene.server.id, group=scene.group.id, status=refused.status)
        posts = []
    apart = await _apart(scene, {post["channel_id"] for post in posts})
    messages = {
        post["id"]: SeenMessage(
            text=post.get("message", ""), deleted=bool(post.get("delete_at")), apart=post["channel_id"] in apart
        )
        for post in posts
    }
    return partial(noted.seen, messages=messages, now=clock())


async def _apart(scene: Scene, channel_ids: set[str]) -> set[str]:
    """The channels that not everybody may read who sees the alert: all but its own, and public ones of its team."""
    others = channel_ids - {scene.group.channel_id}
    if not others:
        return set()
    own = await _channel(scene, scene.group.channel_id) if scene.group.channel_id else None
    return {id_ for id_ in others if not _public(await _channel(scene, id_), own)}


def _public(channel: Channel | None, own: Channel | None) -> bool:
    if channel is None or own is None:
        return False
    return channel.get("type") == PUBLIC and channel.get("team_id") == own.get("team_id")


async def _channel(scene: Scene, channel_id: str) -> Channel | None:
    try:
        return await scene.mattermost.channel(channel_id)
    except Upstream as refused:
        if not refused.permanent:
            raise
        return None
