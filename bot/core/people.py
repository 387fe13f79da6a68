"""People: who may act, how they are called, reached and paged, where they live on the clock. Pure.

A person whom Mattermost showed us has a `mattermost_user_id`. One whom an admin added beforehand has none until they
link (`bot.core.linking`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from bot.core.changes import Change
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.core.text import NOTHING, Text, say

NAME_SHOWN = 60
HISTORY_KEPT = 50
MATTERMOST = "mattermost"
ASSIGNED = "assigned"
# What Mattermost says of people who will hardly notice a message.
DO_NOT_DISTURB = "dnd"
OUT_OF_OFFICE = "ooo"


class Role(StrEnum):
    """What a person may do; each role may do everything the ones before it may."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    def includes(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Way(StrEnum):
    """A way to reach a person."""

    DIRECT = "direct"
    MENTION = "mention"


class Rule(Struct, frozen=True, kw_only=True):
    """One way to page a person, tried in the order of their rules; a `fallback` only if the ones before it failed."""

    way: Way
    fallback: bool = False


# What a person can choose; the first is what everybody has who chose nothing.
RULES: dict[str, tuple[Rule, ...]] = {
    "direct-then-mention": (Rule(way=Way.DIRECT), Rule(way=Way.MENTION, fallback=True)),
    "direct": (Rule(way=Way.DIRECT),),
    "both": (Rule(way=Way.DIRECT), Rule(way=Way.MENTION)),
    "mention-then-direct": (Rule(way=Way.MENTION), Rule(way=Way.DIRECT, fallback=True)),
}
USUAL_RULES = RULES["direct-then-mention"]


class Account(Struct, frozen=True, kw_only=True):
    """Something this person proved to be: `profile_id` is the profile that was merged into theirs, if one was.

    `how`: "code", "e-mail" or "import".
    """

    kind: str
    name: str
    linked_at: datetime
    how: str
    profile_id: str = ""


class Event(Struct, frozen=True, kw_only=True):
    """One line of what was done to a person's document, and by whom."""

    at: datetime
    text: Text
    by: str = ""


class Person(Struct, frozen=True, kw_only=True):
    """Somebody of one server. `mattermost_user_id` is empty while they have not been seen in Mattermost.

    `role_from` and `zone_from` say who decided: "mattermost" or "assigned" (the person or an admin of ours).
    `link_digest` is that of the one-time code they were invited with, `link_by` the Mattermost user who got it.
    `merging` is a profile that is on its way into this person, `merged_into` the person a profile went into: whatever
    names the profile means that person then. `gone_at`: Mattermost has deactivated the account.
    """

    id: str
    server_id: str
    name: str
    username: str = ""
    mattermost_user_id: str = ""
    locale: str = ""
    zone: str = ""
    zone_from: str = MATTERMOST
    email: str = ""
    phone: str = ""
    role: Role = Role.RESPONDER
    role_from: str = MATTERMOST
    rules: tuple[Rule, ...] = USUAL_RULES
    accounts: tuple[Account, ...] = ()
    link_digest: str = ""
    link_ends_at: datetime | None = None
    link_by: str = ""
    merging: str = ""
    merged_into: str = ""
    gone_at: datetime | None = None
    removed_at: datetime | None = None
    history: tuple[Event, ...] = ()

    @property
    def mention(self) -> str:
        return f"@{self.username}" if self.username else neutral(self.name, NAME_SHOWN)

    @property
    def described(self) -> str:
        """Name and mention, harmless in a text."""
        name = neutral(self.name, NAME_SHOWN)
        return f"{name} (@{self.username})" if self.username and self.username != self.name else self.mention

    @property
    def linked(self) -> bool:
        return bool(self.accounts)

    @property
    def current(self) -> bool:
        """Neither removed nor part of somebody else by now."""
        return self.removed_at is None and not self.merged_into


PersonChange = Change[Person]


def seen(person: Person, *, username: str, locale: str, zone: str, admin: bool | None) -> PersonChange:
    """Mattermost told us about this active account again. `admin` is None where it did not say."""
    after = replace(
        person,
        name=username if username and person.name == person.username else person.name,
        username=username or person.username,
        locale=locale or person.locale,
        zone=(zone if person.zone_from == MATTERMOST else "") or person.zone,
        gone_at=None,
    )
    if admin is not None and person.role_from == MATTERMOST:
        after = replace(after, role=Role.ADMIN if admin else Role.RESPONDER)
    return Change(doc=after)


def gone(person: Person, *, now: datetime) -> PersonChange:
    """Mattermost has deactivated this account."""
    return Change(doc=person if person.gone_at else replace(person, gone_at=now))


def assign_role(person: Person, *, role: Role, by: str, now: datetime) -> PersonChange:
    note = say("{person} is now {role}.", person=person.described, role=role_in_words(role))
    if person.role is role and person.role_from == ASSIGNED:
        return Change(doc=person, note=note)
    after = replace(person, role=role, role_from=ASSIGNED)
    return Change(doc=logged(after, now, say("Role: {role}", role=role_name(role)), by=by), note=note)


def edit(
    person: Person,
    *,
    name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    zone: str | None = None,
    role: Role | None = None,
    by: str,
    now: datetime,
) -> PersonChange:
    """What is not given (None) stays; an empty zone is the one that Mattermost tells."""
    after = replace(
        person,
        name=name or person.name,
        email=person.email if email is None else email,
        phone=person.phone if phone is None else phone,
    )
    if zone is not None and zone != person.zone:
        after = replace(after, zone=zone or person.zone, zone_from=ASSIGNED if zone else MATTERMOST)
    if role is not None and (role is not person.role or person.role_from != ASSIGNED):
        after = replace(after, role=role, role_from=ASSIGNED)
    if after == person:
        return Change(doc=person, note=say("Nothing has changed."))
    return Change(doc=logged(after, now, say("Contact data changed"), by=by), note=say("Saved."))


def choose_rules(person: Person, *, rules: tuple[Rule, ...]) -> PersonChange:
    after = replace(person, rules=rules)
    return Change(doc=after, note=say("You are paged like this from now on: {rules}.", rules=rules_in_words(rules)))


def remove(person: Person, *, by: str, now: datetime) -> PersonChange:
    """Nobody by this identity is known any more; contact data goes at once. Acting again makes a new person."""
    after = replace(
        person,
        removed_at=now,
        username="",
        mattermost_user_id="",
        email="",
        phone="",
        link_digest="",
        link_ends_at=None,
        merging="",
    )
    return Change(doc=logged(after, now, say("Removed"), by=by), note=say("{who} is removed.", who=person.described))


def logged(person: Person, now: datetime, text: Text, *, by: str = "") -> Person:
    return replace(person, history=(*person.history, Event(at=now, text=text, by=by))[-HISTORY_KEPT:])


# ---- in words ------------------------------------------------------------------------------------------------------


def role_in_words(role: Role) -> Text:
    match role:
        case Role.ADMIN:
            return say("an admin")
        case Role.RESPONDER:
            return say("a responder")
        case Role.VIEWER:
            return say("a viewer, who can look but not act")


def role_name(role: Role) -> Text:
    match role:
        case Role.ADMIN:
            return say("admin")
        case Role.RESPONDER:
            return say("responder")
        case Role.VIEWER:
            return say("viewer")


def rules_in_words(rules: tuple[Rule, ...]) -> Text:
    for name, text in RULES_IN_WORDS.items():
        if RULES[name] == rules:
            return text
    return say("{ways}", ways=", ".join(rule.way.value for rule in rules))


RULES_IN_WORDS = {
    "direct-then-mention": say("direct message, and if that fails a mention in the alert's thread"),
    "direct": say("direct message only"),
    "both": say("direct message and a mention in the alert's thread"),
    "mention-then-direct": say("mention in the alert's thread, and if that fails a direct message"),
}


def warning(person: Person, status: str) -> Text:
    """Why this person will hardly notice a page; `status` is what Mattermost says. Nothing if they will."""
    if person.gone_at is not None:
        return say("{who} is deactivated in Mattermost and cannot be paged.", who=person.described)
    if not person.mattermost_user_id:
        return say("{who} has not linked a Mattermost account yet and cannot be paged.", who=person.described)
    if status == DO_NOT_DISTURB:
        return say("{who} does not want to be disturbed at the moment and may not notice.", who=person.described)
    if status == OUT_OF_OFFICE:
        return say("{who} is out of office and may not notice.", who=person.described)
    return NOTHING


def state_in_words(person: Person, *, now: datetime) -> Text:
    """Whether this person can be paged and may be believed to be who they are."""
    if person.gone_at is not None:
        return say("deactivated in Mattermost")
    if person.linked:
        return say("linked")
    if person.link_digest and person.link_ends_at is not None and person.link_ends_at > now:
        return say("invited until {ends}", ends=person.link_ends_at)
    return say("not linked") if person.mattermost_user_id else say("not in Mattermost yet")
