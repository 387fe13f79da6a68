"""The alert groups of one server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from bot.call import Call, Opened
from bot.clock import Clock
from bot.context import DecideGroup, Draft
from bot.core import alerts, many, outcomes
from bot.core.alert_group import Alert, AlertGroup, Heading, Line, Status
from bot.core.changes import Change
from bot.core.many import Outline
from bot.core.retention import retention
from bot.core.text import Text, say
from bot.errors import BotError, NotFound, Unavailable, UserError
from bot.storage.documents import AlreadyThere, Saved
from bot.storage.groups import open_key
from bot.storage.ids import new_id
from bot.storage.records import Write
from bot.storage.stores import Stores

MANUAL = "manual"
# Groups are large: so many are changed, or looked through, before others get their turn.
SLICE = 20
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsOfServer:
    stores: Stores
    server_id: str
    clock: Clock
    call: Call

    async def numbered(self, number: int) -> AlertGroup | None:
        return await self.stores.groups.by_number(self.server_id, number)

    async def with_numbers(self, numbers: Sequence[int]) -> list[AlertGroup]:
        ids = await self.stores.groups.ids_of(self.server_id, numbers)
        claims = await self.stores.groups.load([(self.server_id, id_) for id_ in ids.values()])
        return [claims[ids[one]].doc for one in numbers if one in ids and ids[one] in claims]

    async def silenced(self, *, skip: int, limit: int) -> list[AlertGroup]:
        found = await self.with_numbers(await self.stores.groups.silenced(self.server_id, skip=skip, limit=limit))
        return [group for group in found if group.status is Status.SILENCED]

    async def of_post(self, post_id: str) -> AlertGroup | None:
        return await self.stores.groups.of_post(self.server_id, post_id)

    async def headings(self, statuses: tuple[Status, ...], *, limit: int) -> list[Heading]:
        """All states at the same time: whoever opens a form waits for it."""
        groups = self.stores.groups
        found = await asyncio.gather(*(groups.headings(self.server_id, status, limit) for status in statuses))
        return list(chain.from_iterable(found))[:limit]

    async def severities(self, statuses: tuple[Status, ...], *, most: int) -> dict[Status, dict[str, int]]:
        groups = self.stores.groups
        found = await asyncio.gather(*(groups.severities(self.server_id, status, most=most) for status in statuses))
        return dict(zip(statuses, found, strict=True))

    async def lines(self, status: Status, severities: Sequence[str], *, skip: int, limit: int) -> list[Line]:
        return await self.stores.groups.lines(self.server_id, status, severities, skip=skip, limit=limit)

    async def outlined(
        self, statuses: tuple[Status, ...], *, fits: Callable[[Outline], bool], most: int
    ) -> list[Outline]:
        found: list[Outline] = []
        for status in statuses:
            async for page in self.stores.groups.outlines(self.server_id, status, page=PAGE):
                found += filter(fits, page)
                if len(found) >= most:
                    return found[:most]
        return found

    async def change_each(self, numbers: Sequence[int], decide: DecideGroup) -> dict[int, Text]:
        """Slice by slice, so that the loop gets its turn."""
        ids = await self.stores.groups.ids_of(self.server_id, numbers)
        notes = dict.fromkeys(numbers, many.MISSING)
        there = [number for number in numbers if number in ids]
        for start in range(0, len(there), SLICE):
            part = there[start : start + SLICE]
            notes |= dict(zip(part, await self._change_part([ids[one] for one in part], decide), strict=True))
        return notes

    async def _change_part(self, ids: list[str], decide: DecideGroup) -> list[Text]:
        try:
            outcomes = await self.stores.groups.change_many(
                [Write(server_id=self.server_id, id=id_, decide=decide) for id_ in ids]
            )
        except Unavailable:
            return [many.FAILED] * len(ids)
        return [_note(outcome) for outcome in outcomes]

    async def change(self, group: AlertGroup, decide: DecideGroup) -> Change[AlertGroup]:
        """Raises UserError where another group is live for the same alerts, so that this one cannot come back.

        Whoever pressed a button without effect looks at a post that is out of date: it is drawn anew.
        """
        try:
            change = await self.stores.groups.change(self.server_id, group.id, decide)
        except AlreadyThere as problem:
            raise UserError(
                say(
                    "A newer alert group is open for the same alerts as {name}. `/oncall list` shows it.",
                    name=group.name,
                )
            ) from problem
        if self._pressed and not change.effects:
            redraw = partial(outcomes.redrawn, now=self.clock(), post_id=self.call.post_id)
            await self.stores.groups.change(self.server_id, group.id, redraw)
        return change

    @property
    def _pressed(self) -> bool:
        """Only what we sealed into a button ourselves names the group beforehand, also after a form in between."""
        return self.call.opened is not Opened.TYPED and "group" in self.call.memory

    async def open(self, draft: Draft) -> tuple[AlertGroup, bool]:
        now = self.clock()
        identity = new_id(now)
        key = draft.key or identity
        alert = Alert(fingerprint=key, firing=True, title=draft.title, summary=draft.summary, begun_at=now)
        again = partial(alerts.received, alerts=(alert,), now=now)
        live = await self._live(key)
        if live is not None:
            return (await self.change(live, again)).doc, False
        (number,) = await self.stores.groups.reserve_numbers(self.server_id, 1)
        group = AlertGroup(
            id=identity,
            server_id=self.server_id,
            number=number,
            integration_id=MANUAL,
            integration_name=draft.by,
            key=key,
            title=draft.title,
            summary=draft.summary,
            severity=draft.severity,
            links=draft.links,
            opened_at=now,
            opened_by=draft.by,
            about_post=draft.about_post,
            changed_at=now,
            channel_id=draft.channel_id,
            chain=draft.chain,
            kept_days=retention(await self.stores.servers.recent(self.server_id)).groups,
        )
        try:
            return await self.stores.groups.add(alerts.opened(group, (alert,), now=now)), True
        except AlreadyThere as taken:
            if "number" in taken.fields:  # another process gave the same
                return await self.open(draft)
            # somebody else made it of the same message just now
            live = await self._live(key)
            if live is None:
                raise
            return (await self.change(live, again)).doc, False

    async def _live(self, key: str) -> AlertGroup | None:
        found = await self.stores.groups.live({open_key(self.server_id, MANUAL, key): self.server_id})
        return next((claim.doc for claim in found.values()), None)


def _note(outcome: Saved[AlertGroup] | BotError) -> Text:
    if isinstance(outcome, Saved):
        return outcome.change.note
    return many.MISSING if isinstance(outcome, NotFound) else many.FAILED
