"""People: who may act, how they are called, where they live on the clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.changes import Change
from bot.core.text import say


class Role(StrEnum):
    """What a person may do; each role may do everything the ones before it may."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    def includes(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of one server. `mattermost_user_id` is empty while they have not been seen in Mattermost.

    `role_from` says who decided the role: "mattermost" (a system admin there) or "assigned" (an admin of ours).
    """

    id: str
    server_id: str
    name: str
    username: str = ""
    mattermost_user_id: str = ""
    locale: str = ""
    zone: str = ""
    email: str = ""
    phone: str = ""
    role: Role = Role.RESPONDER
    role_from: str = "mattermost"

    @property
    def mention(self) -> str:
        return f"@{self.username}" if self.username else self.name


def seen(person: Person, *, username: str, locale: str, zone: str, admin: bool | None) -> Change[Person]:
    """Mattermost told us about this person again. `admin` is None where it did not say."""
    after = replace(
        person,
        username=username or person.username,
        locale=locale or person.locale,
        zone=zone or person.zone,
    )
    if admin is not None and person.role_from == "mattermost":
        after = replace(after, role=Role.ADMIN if admin else Role.RESPONDER)
    return Change(doc=after)


def assign_role(person: Person, *, role: Role) -> Change[Person]:
    after = replace(person, role=role, role_from="assigned")
    return Change(doc=after, note=say("{person} is now {role}.", person=person.mention, role=role.value))
