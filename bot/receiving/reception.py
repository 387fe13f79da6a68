"""What becomes of a payload: its alerts are taken in, and what the sender does to live groups beside is done.

Senders that acknowledge, silence or note (PagerDuty's and Opsgenie's protocols) act on one group at a time, so that has
its own short way and does not burden the intake.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.clock import Clock
from bot.core import alerts, restating, steering
from bot.core.alert_group import AlertGroup, Note
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.errors import Busy, NotFound, Unavailable
from bot.integrations.payload import Act, Payload, Verb
from bot.receiving.intake import Accepted, Intake
from bot.storage.groups import open_key
from bot.storage.stores import Stores
from bot.templates.templating import Templating

NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Reception:
    """One per process."""

    stores: Stores
    intake: Intake
    clock: Clock
    templating: Templating

    async def take(
        self, integration: Integration, payload: Payload, body: bytes = b"", *, sample: bool = False
    ) -> Accepted:
        """Returns when it is durable. Raises Unavailable: the sender should try again.

        `body` is the JSON that the payload was read from, without secrets of ours: templates see it, and it is kept for
        trying them unless it is a sample, or no alert at all, such as a confirmation of SNS with its token. What did
        not come from the sender has none, and no template touches it.
        """
        if body and not sample and (payload.bundles or payload.acts):
            self.stores.payloads.note(integration.server_id, integration.id, body)
        if body and integration.templates:
            payload = await self.templating.applied(integration, payload, body)
        accepted = await self.intake.accept(integration, payload)
        if not payload.acts:
            return accepted
        numbers = [await self._act(integration, act) for act in payload.acts]
        found = (*accepted.groups, *(number for number in numbers if number))
        return replace(accepted, groups=tuple(dict.fromkeys(found)))

    async def _act(self, integration: Integration, act: Act) -> int:
        """The number of the group that was acted on; 0 if none is live for this key."""
        server_id = integration.server_id
        live = await self.stores.groups.live({open_key(server_id, integration.id, act.key): server_id})
        claim = next(iter(live.values()), None)
        if claim is None or not await self.act(integration, claim.id, act):
            return 0
        return claim.doc.number

    async def act(self, integration: Integration, group_id: str, act: Act) -> bool:
        """On one group, whatever its key and state; false if it is not there any more. Raises Unavailable."""
        acting = partial(decide, act=act, by=_by(integration, act), now=self.clock())
        try:
            await self.stores.groups.change(integration.server_id, group_id, acting)
        except NotFound:
            return False
        except Busy as busy:
            raise Unavailable("Too many write to the same alert group") from busy
        return True


def decide(group: AlertGroup, act: Act, *, by: str, now: datetime) -> Change[AlertGroup]:
    """What an act means for a group. Pure."""
    match act.verb:
        case Verb.ACKNOWLEDGE:
            return alerts.acknowledge(group, by=by, now=now)
        case Verb.UNACKNOWLEDGE:
            return alerts.unacknowledge(group, by=by, now=now)
        case Verb.SILENCE:
            return alerts.silence(group, by=by, now=now, until=act.until or now, reason=act.text)
        case Verb.NOTE:
            return alerts.add_note(group, note=Note(at=now, by=by, text=act.text), now=now)
        case Verb.RESOLVE:
            return alerts.resolve(group, by=by, now=now)
        case Verb.RATE:
            return steering.rate(group, severity=act.text, by=by, now=now)
        case Verb.RESTATE:
            return restating.restate(group, said=act.said, note=Note(at=now, by=by, text=act.text), now=now)


def _by(integration: Integration, act: Act) -> str:
    """Foreign words in what becomes part of a sentence."""
    name = neutral(integration.name, NAME_LENGTH)
    return f"{name} ({neutral(act.by, NAME_LENGTH)})" if act.by else name
