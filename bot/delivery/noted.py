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
from bot.storage.records import stay

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
    messages = {
        post["id"]: SeenMessage(text=post.get("message", ""), deleted=bool(post.get("delete_at"))) for post in posts
    }
    return partial(noted.seen, messages=messages, now=clock())
