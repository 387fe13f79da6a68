"""Posts of ours that exist once, however often their sending is tried, and that we find again.

Mattermost recognises a repeated `pending_post_id` for 30 seconds (per node). Where an earlier attempt may have come
through without our learning of it, we look in the channel for our mark in the post's props before posting again.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.core.replacing import replace
from bot.core.text import say
from bot.errors import BotError, Upstream
from bot.mattermost import wire
from bot.mattermost.client import Mattermost
from bot.mattermost.refusals import BAD_REQUEST, FORBIDDEN, NOT_FOUND

PROP = "oncall"
# The clocks of Mattermost and of our database may differ.
CLOCKS_APART = timedelta(seconds=60)
# Posts with a repeated pending id are not made anew for this long.
REMEMBERED = timedelta(seconds=30)

GONE = ("api.post.create_post.root_id.app_error",)
ARCHIVED = (
    "api.post.create_post.can_not_post_to_deleted.error",
    "api.post.update_post.can_not_update_post_in_deleted.error",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Our name for a post, for ever: what it is about, and which of the posts about it.

    `seq` is how far it tells; `attempt` tells apart what several attempts at the same post had to show.
    """

    about: str
    post: str
    seq: int = 0
    attempt: str = ""

    def props(self) -> dict[str, Any]:
        attempt = {"attempt": self.attempt} if self.attempt else {}
        return {PROP: {"group": self.about, "post": self.post, "seq": self.seq, **attempt}}


class Content(Protocol):
    """What a post says: text, props and label as a surface draws them."""

    @property
    def message(self) -> str: ...
    @property
    def props(self) -> Mapping[str, Any]: ...
    @property
    def priority(self) -> str: ...


class PostGone(Exception):
    """The post was deleted, or cannot be edited any more."""


class NoLongerWanted(BotError):
    """Somebody acted while it was being sent."""


async def post_once(
    mattermost: Mattermost,
    channel_id: str,
    content: Content,
    *,
    mark: Mark,
    root_id: str = "",
    tried_since: datetime | None = None,
    last_look: Callable[[], Awaitable[bool]] | None = None,
    as_now: bool = False,
) -> wire.Post:
    """Create the post, or find it where an attempt since `tried_since` may have made it already.

    `last_look` says right before sending whether it is still wanted, because looking for an earlier attempt may take
    seconds. A post of an earlier attempt is as it was then; `as_now` brings it up to date. Raises Upstream, PostGone
    where the post or the thread's root is gone, and NoLongerWanted.
    """
    if not as_now:
        return await _post_once(mattermost, channel_id, content, mark, root_id, tried_since, last_look)
    mark = replace(mark, attempt=f"{random.getrandbits(32):08x}")
    post = await _post_once(mattermost, channel_id, content, mark, root_id, tried_since, last_look)
    if _marks(post).get("attempt") != mark.attempt:
        await edit_post(mattermost, post["id"], content, mark=mark)
    return post


async def _post_once(
    mattermost: Mattermost,
    channel_id: str,
    content: Content,
    mark: Mark,
    root_id: str,
    tried_since: datetime | None,
    last_look: Callable[[], Awaitable[bool]] | None,
) -> wire.Post:
    bot_user_id = (await mattermost.me())["id"]
    if tried_since is not None:
        found = await find_own(mattermost, channel_id, mark, tried_since)
        if found is not None:
            return found
        if last_look is not None and not await last_look():
            raise NoLongerWanted("nobody wants this post any more")
    try:
        post = await mattermost.create_post(
            channel_id,
            content.message,
            {**content.props, **mark.props()},
            root_id=root_id,
            pending_post_id=pending_id(bot_user_id, mark),
            priority=content.priority,
        )
    except Upstream as refused:
        if root_id and refused.code in GONE:
            raise PostGone from refused
        raise
    if post.get("delete_at"):
        reason = say("The post was deleted right after it was made; Mattermost needs a moment to forget it")
        raise Upstream(reason, permanent=False, retry_after=REMEMBERED.total_seconds())
    return post


async def edit_post(mattermost: Mattermost, post_id: str, content: Content, *, mark: Mark) -> None:
    """Show something else in a post of ours. Raises PostGone where it has to be made anew, and Upstream."""
    try:
        await mattermost.patch_post(post_id, content.message, {**content.props, **mark.props()})
    except Upstream as refused:
        if await _is_gone(mattermost, post_id, refused):
            raise PostGone from refused
        raise


async def find_own(mattermost: Mattermost, channel_id: str, mark: Mark, since: datetime) -> wire.Post | None:
    """The post with this mark. Only our own account's posts count: anybody could write our mark into theirs."""
    bot_user_id = (await mattermost.me())["id"]
    for post in await mattermost.posts_since(channel_id, since - CLOCKS_APART):
        if post.get("user_id") == bot_user_id and not post.get("delete_at") and _bears(post, mark):
            return post
    return None


def seq_of(post: wire.Post, otherwise: int) -> int:
    """How far the post tells, according to its mark."""
    seq = _marks(post).get("seq")
    return seq if isinstance(seq, int) else otherwise


def pending_id(bot_user_id: str, mark: Mark) -> str:
    """The same for every attempt at the same post, also after a crash."""
    name = hashlib.sha256(f"{mark.about}|{mark.post}".encode()).hexdigest()[:26]
    return f"{bot_user_id}:{name}"


def is_archived(refused: Upstream) -> bool:
    return refused.code in ARCHIVED


def _bears(post: wire.Post, mark: Mark) -> bool:
    found = _marks(post)
    return (found.get("group"), found.get("post")) == (mark.about, mark.post)


def _marks(post: wire.Post) -> dict[str, Any]:
    found = (post.get("props") or {}).get(PROP)
    return found if isinstance(found, dict) else {}


async def _is_gone(mattermost: Mattermost, post_id: str, refused: Upstream) -> bool:
    """An edit of a deleted post is refused with 403, like one without permission: so look (Mattermost server source).

    Any other 400 but that of an archived channel, such as a passed time limit for edits, asks for a new post, too.
    """
    if is_archived(refused) or refused.status not in (BAD_REQUEST, FORBIDDEN, NOT_FOUND):
        return False
    if refused.status != FORBIDDEN:
        return True
    try:
        return bool((await mattermost.post(post_id)).get("delete_at"))
    except Upstream as missing:
        if missing.status == NOT_FOUND:
            return True
        if missing.permanent:
            return False
        raise
