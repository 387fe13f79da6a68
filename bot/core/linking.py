"""Linking: a profile that an admin added becomes part of the Mattermost user who proves to be that person. Pure.

Two documents take part, and each write changes one. So the acting person first notes which profile comes (`begun`),
then the profile goes over (`taken`, the moment that decides), then its data arrives (`merged`). Whoever finds a begun
link later can finish it. The profile's document stays and points to the person: what names it goes on working.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from bot.core.changes import Change, Effect, TellAdmin
from bot.core.people import ASSIGNED, MATTERMOST, Account, Person, PersonChange, Role, logged
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.core.text import Text, say

CODE_LIFE = timedelta(minutes=10)


def invited(person: Person, *, digest: str, by: str, now: datetime, by_user: str = "") -> PersonChange:
    """A fresh one-time code in place of the one before."""
    after = replace(person, link_digest=digest, link_ends_at=now + CODE_LIFE, link_by=by_user)
    return Change(doc=logged(after, now, say("Invited"), by=by))


def code_fits(profile: Person, digest: str, *, now: datetime) -> bool:
    """Whether this is the profile's code and still good; compared in constant time."""
    equal = hmac.compare_digest(digest, profile.link_digest)
    in_time = profile.link_ends_at is not None and profile.link_ends_at > now
    return equal and bool(digest) and in_time and profile.current


def may_take(profile: Person, person: Person) -> bool:
    """A profile that belongs to another Mattermost user is not to be had."""
    return profile.current and profile.mattermost_user_id in ("", person.mattermost_user_id)


def begun(person: Person, *, profile_id: str) -> PersonChange:
    return Change(doc=replace(person, merging=profile_id))


def abandoned(person: Person, *, profile_id: str) -> PersonChange:
    """The profile went to somebody else, or its code was no longer good."""
    return Change(doc=replace(person, merging="") if person.merging == profile_id else person)


def taken(profile: Person, *, person: Person, now: datetime) -> PersonChange:
    """The profile is this person's from now on; its code is used up."""
    after = replace(profile, merged_into=person.id, link_digest="", link_ends_at=None)
    return Change(doc=logged(after, now, say("Linked by {who}", who=person.mention), by=person.mention))


def merged(person: Person, *, profile: Person, how: str, now: datetime) -> PersonChange:
    """The profile's data replaces the person's, and the link they may have had before."""
    if any(account.profile_id == profile.id for account in person.accounts):
        return Change(doc=replace(person, merging=""), note=_linked(profile))
    after = replace(
        person,
        merging="",
        name=profile.name or person.name,
        email=profile.email or person.email,
        phone=profile.phone or person.phone,
        accounts=(_account(profile, how=how, now=now),),
    )
    if profile.zone:
        after = replace(after, zone=profile.zone, zone_from=ASSIGNED)
    if profile.role_from == ASSIGNED:
        after = replace(after, role=profile.role, role_from=ASSIGNED)
    text = say("Linked to the profile {name} by {how}", name=profile.described, how=how_in_words(how))
    return Change(doc=logged(after, now, text, by=person.mention), note=_linked(profile))


def told_of_use(server: Server, *, profile: Person, person: Person, now: datetime) -> Change[Server]:
    """Whoever got the code should know that it was used, and by whom: a code may get into wrong hands."""
    if profile.link_by in ("", person.mattermost_user_id):
        return Change(doc=server)
    text = say(
        "{who} used the link code that you got for {profile}, at {at}. Is that not who it was for? "
        "`/oncall people remove {who}` takes it away from them.",
        who=person.mention,
        profile=profile.described,
        at=now,
    )
    told = TellAdmin(text=text, user_id=profile.link_by)
    return Change(doc=server, effects=(Effect(key=f"linked:{profile.id}", do=told),))


def confirmed(person: Person, *, how: str, by: str, now: datetime) -> PersonChange:
    """A Mattermost user we know already proved to be the person the admin means: no second profile takes part."""
    account = _account(person, how=how, now=now)
    after = replace(person, accounts=(account,), link_digest="", link_ends_at=None)
    return Change(doc=logged(after, now, say("Linked by {how}", how=how_in_words(how)), by=by), note=_linked(person))


def unlinked(person: Person, *, profile: Person | None, now: datetime) -> PersonChange:
    """Only what Mattermost says remains, and what the person changed themselves. Unlinking never gives more rights."""
    if not person.linked:
        return Change(doc=person, note=say("You are not linked. `/oncall link` does that."))
    after = replace(person, accounts=())
    if profile is not None:
        after = replace(
            after,
            name=person.username if person.name == profile.name else person.name,
            email="" if person.email == profile.email else person.email,
            phone="" if person.phone == profile.phone else person.phone,
            zone_from=MATTERMOST if person.zone == profile.zone else person.zone_from,
        )
        if profile.role_from == ASSIGNED and person.role is Role.ADMIN:
            after = replace(after, role=Role.RESPONDER, role_from=MATTERMOST)
    text = say("You are no longer linked. `/oncall link` links you again.")
    return Change(doc=logged(after, now, say("Unlinked"), by=person.mention), note=text)


def released(profile: Person, *, person: Person, now: datetime) -> PersonChange:
    """The profile is on its own again, as it was before it was linked."""
    if profile.merged_into != person.id:
        return Change(doc=profile)
    after = replace(profile, merged_into="")
    return Change(doc=logged(after, now, say("Unlinked by {who}", who=person.mention), by=person.mention))


def profile_of(person: Person) -> str:
    """The id of the profile that is part of this person, if one is."""
    return next((one.profile_id for one in person.accounts if one.profile_id not in ("", person.id)), "")


def _account(profile: Person, *, how: str, now: datetime) -> Account:
    return Account(kind="profile", name=profile.name, linked_at=now, how=how, profile_id=profile.id)


def how_in_words(how: str) -> Text:
    match how:
        case "code":
            return say("code")
        case "e-mail":
            return say("e-mail")
        case "import":
            return say("import")
        case _:
            return say("{how}", how=how)


def _linked(profile: Person) -> Text:
    return say("You are linked to the profile {name}. `/oncall me` shows it.", name=profile.described)
