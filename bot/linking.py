"""Linking at work: one-time codes, and profiles that go over into the Mattermost user who proves to be that person.

A code is only recognised, so just its keyed digest is kept, in the profile it is for. What happens to the documents,
and in which order, is decided in `bot.core.linking`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Clock
from bot.codes import new_code, read_code
from bot.core import linking as core
from bot.core.people import Person, PersonChange
from bot.core.text import say
from bot.errors import Denied, NotFound
from bot.secret import Secret
from bot.storage.directory import People
from bot.throttle import Throttle
from bot.vault import Vault

CODE_PURPOSE = "link code"
TRIES_PER_PERSON = 5
TRIES_PER_SERVER = 50
TRIES_WITHIN = timedelta(minutes=10)
# How often it is asked whether an unlinked person's address is that of somebody who was added beforehand.
LOOKS = 1

WRONG_CODE = say(
    "This link code is not valid: it is mistyped, used or older than ten minutes. Ask an admin for a new one."
)
TOO_MANY = say("Too many wrong link codes. Wait ten minutes, then try again.")


Decide = Callable[[Person], PersonChange]
Good = Callable[[Person, Person], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """Shown once, to the admin who asked for it."""

    code: Secret
    ends_at: datetime


class Linking:
    """Issues and recognises link codes; merges profiles and takes them apart again."""

    def __init__(self, *, people: People, vault: Vault, clock: Clock) -> None:
        self._people = people
        self._vault = vault
        self._clock = clock
        self._per_person = Throttle(tries=TRIES_PER_PERSON, within=TRIES_WITHIN, clock=clock)
        self._per_server = Throttle(tries=TRIES_PER_SERVER, within=TRIES_WITHIN, clock=clock)
        self._looks = Throttle(tries=LOOKS, within=TRIES_WITHIN, clock=clock)

    async def invite(self, person: Person, *, by: str, by_user: str = "") -> LinkCode:
        """Another code in place of the last one."""
        code, now = new_code(), self._clock()
        digest = self._digests(person.server_id, code)[0]
        await self._change(person, partial(core.invited, digest=digest, by=by, by_user=by_user, now=now))
        return LinkCode(code=Secret(code), ends_at=now + core.CODE_LIFE)

    async def recognise(self, person: Person, typed: str) -> Person:
        """The profile this code is for; nothing is used up yet. Raises Denied, with the same words for every reason."""
        if not self._per_person.admit(_key(person)) or not self._per_server.admit(person.server_id):
            raise Denied(TOO_MANY)
        profile = await self._people.by_link_digest(person.server_id, self._digests(person.server_id, typed))
        if profile is None or not self._good(profile.link_digest, profile, person):
            raise Denied(WRONG_CODE)
        self._per_server.take_back(person.server_id)
        return profile

    async def link(self, person: Person, *, profile_id: str, digest: str) -> PersonChange:
        """Use the code up and merge. Raises Denied where the code is no longer good."""
        profile = await self._people.find(person.server_id, profile_id)
        if profile is None or not self._good(digest, profile, person):
            raise Denied(WRONG_CODE)
        if profile.id == person.id:
            change = await self._confirm(person, digest)
        else:
            change = await self._merge(person, profile, how="code", good=partial(self._good, digest))
        self._per_person.forget(_key(person))
        return change

    async def link_by_email(self, person: Person, email: str) -> PersonChange | None:
        """Mattermost vouches for the address: merge the one profile that was added with it, if there is one."""
        found = [one for one in await self._people.by_email(person.server_id, email) if not one.mattermost_user_id]
        if len(found) != 1 or not email:
            return None
        try:
            return await self._merge(person, found[0], how="e-mail", good=partial(_has_email, email))
        except Denied:
            return None

    async def adopt(self, person: Person, profile: Person) -> PersonChange:
        """The operator vouches that the profile is this person's. Raises Denied where it is another's by now."""
        return await self._merge(person, profile, how="import", good=core.may_take)

    async def vouch(self, person: Person) -> PersonChange:
        """The operator vouches that this Mattermost user is who they say."""
        decide = partial(core.confirmed, how="import", by="import", now=self._clock())
        return await self._change(person, decide)

    def may_look(self, person: Person) -> bool:
        """Whether it is time to ask Mattermost for this person's address again."""
        return self._looks.admit(_key(person))

    async def waiting(self, server_id: str) -> bool:
        return await self._people.waiting(server_id)

    async def finish(self, person: Person) -> Person:
        """Complete a link that was interrupted between two writes."""
        profile = await self._people.find(person.server_id, person.merging)
        if profile is None or profile.merged_into != person.id:
            return (await self._change(person, partial(core.abandoned, profile_id=person.merging))).doc
        return (await self._arrive(person, profile, how="code")).doc

    async def unlink(self, person: Person) -> PersonChange:
        """The profile is on its own again."""
        now, id_ = self._clock(), core.profile_of(person)
        profile = await self._people.find(person.server_id, id_) if id_ else None
        change = await self._change(person, partial(core.unlinked, profile=profile, now=now))
        if profile is not None:
            await self._change(profile, partial(core.released, person=person, now=now))
        return change

    # ---- the writes, in their order ----

    async def _merge(self, person: Person, profile: Person, *, how: str, good: Good) -> PersonChange:
        await self._change(person, partial(core.begun, profile_id=profile.id))
        try:
            taken = await self._change(profile, partial(_take, person=person, good=good, now=self._clock()))
        except (Denied, NotFound):
            await self._change(person, partial(core.abandoned, profile_id=profile.id))
            raise Denied(WRONG_CODE) from None
        return await self._arrive(person, taken.doc, how=how)

    async def _arrive(self, person: Person, profile: Person, *, how: str) -> PersonChange:
        now, former = self._clock(), core.profile_of(person)
        change = await self._change(person, partial(core.merged, profile=profile, how=how, now=now))
        if former and former != profile.id:
            earlier = await self._people.find(person.server_id, former)
            if earlier is not None:
                await self._change(earlier, partial(core.released, person=change.doc, now=now))
        return change

    async def _confirm(self, person: Person, digest: str) -> PersonChange:
        """The code was for this Mattermost user all along."""
        now = self._clock()

        def decide(stored: Person) -> PersonChange:
            if not core.code_fits(stored, digest, now=now):
                raise Denied(WRONG_CODE)
            return core.confirmed(stored, how="code", by=person.mention, now=now)

        return await self._change(person, decide)

    def _good(self, digest: str, profile: Person, person: Person) -> bool:
        return core.may_take(profile, person) and core.code_fits(profile, digest, now=self._clock())

    def _digests(self, server_id: str, code: str) -> tuple[str, ...]:
        return self._vault.digests(CODE_PURPOSE, f"{server_id}|{read_code(code)}")

    async def _change(self, person: Person, decide: Decide) -> PersonChange:
        return await self._people.change(person.server_id, person.id, decide)


def _take(profile: Person, *, person: Person, good: Good, now: datetime) -> PersonChange:
    if not good(profile, person):
        raise Denied(WRONG_CODE)
    return core.taken(profile, person=person, now=now)


def _has_email(email: str, profile: Person, person: Person) -> bool:
    return profile.current and not profile.mattermost_user_id and profile.email.casefold() == email.casefold()


def _key(person: Person) -> str:
    return f"{person.server_id}|{person.mattermost_user_id}"
