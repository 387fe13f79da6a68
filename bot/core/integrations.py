"""Integrations: where alerts come from, and what becomes of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from bot.core.alert_group import Step
from bot.core.changes import Change, Effect, TellChannel
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.core.routing import Route, in_line
from bot.core.text import Text, say

OLD_KEY_LASTS = timedelta(hours=1)
TOLD_AGAIN = timedelta(hours=1)
TOLD_KEPT = 20


class Integration(Struct, frozen=True, kw_only=True):
    """A source of alerts. Its key is known to the sender only; we keep its keyed digests.

    After a rotation the key before works until `old_until`.

    `people` are paged in this order, `wait_minutes` apart. `group_by` are label names; empty means the sender's own
    grouping. `channel_id` is empty where the server's default channel serves. `told` is when its channel was last told
    about what, by matter. `templates` are texts by the part of an alert that they decide. With a signing secret, only
    what the sender signed with it is taken.
    """

    id: str
    server_id: str
    name: str
    kind: str
    key_digests: tuple[str, ...]
    channel_id: str = ""
    people: tuple[str, ...] = ()
    wait_minutes: int = 5
    group_by: tuple[str, ...] = ()
    created_at: datetime
    created_by: str = ""
    removed_at: datetime | None = None
    old_digests: tuple[str, ...] = ()
    old_until: datetime | None = None
    rotated_at: datetime | None = None
    routes: tuple[Route, ...] = ()
    templates: dict[str, str] = field(default_factory=dict)
    told: dict[str, datetime] = field(default_factory=dict)
    sealed_signing_secret: str = ""

    @property
    def chain(self) -> tuple[Step, ...]:
        """The escalation chain, as it is copied into an alert group when that opens."""
        return in_line(self.people, self.wait_minutes)

    def knows(self, digests: Sequence[str], *, now: datetime) -> bool:
        """Whether a key with these digests may be used now."""
        if self.removed_at is not None:
            return False
        if any(digest in self.key_digests for digest in digests):
            return True
        return self.old_until is not None and now < self.old_until and any(one in self.old_digests for one in digests)


def recognised(integration: Integration, *, digests: Sequence[str]) -> Change[Integration]:
    """Its key was shown. `digests` are all it may be known by, newest first; from now on it is known by that one."""
    if integration.removed_at is not None or not digests:
        return Change(doc=integration)
    newest, known = digests[0], (integration.key_digests, integration.old_digests)
    if any(newest in some for some in known):
        return Change(doc=integration)
    current, old = ((newest, *some) if set(some) & set(digests) else some for some in known)
    return Change(doc=replace(integration, key_digests=current, old_digests=old))


def rotate(integration: Integration, *, digests: tuple[str, ...], now: datetime) -> Change[Integration]:
    """A new key. The one before goes on working for a while; one before that ends now."""
    if integration.removed_at:
        return Change(doc=integration, note=say("{name} is removed, so it has no key.", name=integration.name))
    until = now + OLD_KEY_LASTS
    rotated = replace(
        integration, key_digests=digests, old_digests=integration.key_digests, old_until=until, rotated_at=now
    )
    note = say(
        "**{name} has a new key.** The old one works until {until}.", name=neutral(integration.name, 60), until=until
    )
    return Change(doc=rotated, note=note)


def edit(integration: Integration, *, decide: Callable[[Integration], Integration]) -> Change[Integration]:
    """`decide` gets the integration as it is by now, and changes what is to be changed."""
    if integration.removed_at:
        return Change(doc=integration, note=say("{name} is removed, so it cannot be changed.", name=integration.name))
    edited = decide(integration)
    return Change(doc=edited, note=say("**{name} is changed.**", name=neutral(edited.name, 60)))


def remove(integration: Integration, *, now: datetime) -> Change[Integration]:
    if integration.removed_at:
        return Change(doc=integration, note=say("{name} is already removed.", name=integration.name))
    gone = replace(integration, removed_at=now, key_digests=(), old_digests=(), sealed_signing_secret="")
    return Change(doc=gone, note=say("{name} is removed. Its URL is refused from now on.", name=integration.name))


def noticed(integration: Integration, *, about: str, text: Text, now: datetime) -> Change[Integration]:
    """Something its channel should know; of one matter at most once an hour."""
    told_at = integration.told.get(about)
    if integration.removed_at or (told_at is not None and now - told_at < TOLD_AGAIN):
        return Change(doc=integration)
    others = [(other, at) for other, at in integration.told.items() if other != about]
    after = replace(integration, told=dict([*others[-TOLD_KEPT + 1 :], (about, now)]))
    return Change(doc=after, effects=(Effect(key=f"notice:{about}", do=TellChannel(about=about, text=text)),))


def advance(integration: Integration, *, now: datetime) -> Change[Integration]:
    """Time does nothing to integrations: only notices wait here."""
    return Change(doc=integration)
