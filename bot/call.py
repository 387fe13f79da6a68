"""The neutral words between surfaces and commands: who asks for what, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from bot.core.cards import Button
from bot.core.servers import Site
from bot.core.text import NOTHING, Text
from bot.secret import Secret
from forms.base import Form, Option

Value = str | bool | tuple[str, ...] | None
# In the memory of a form that cannot be drawn anew while it is open: the fields that it has.
SEEN = "fields_seen"


class Opened(StrEnum):
    """How the person got here: it decides whether missing input opens the form or is reported in it."""

    TYPED = "typed"
    FORM = "form"
    BUTTON = "button"
    ASKING_BUTTON = "asking-button"
    MENU = "menu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, as Mattermost proved it. `admin` is None where the request did not say."""

    user_id: str
    username: str = ""
    admin: bool | None = None
    locale: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing a person did. `values` are raw input by field name, not validated yet.

    `memory` are claims that we sealed ourselves, into a button or a form, and that came back unharmed. `quoted` is the
    text of the message that the person acts on. `mentions` maps the names in typed text to user ids where the surface
    resolved them. `user_token` lets us act as the person during this call; it is never stored. `site` is the Mattermost
    as it presented itself in this call, where it did.
    """

    server_id: str
    command: str
    actor: Actor
    opened: Opened
    values: Mapping[str, Value] = field(default_factory=dict)
    memory: Mapping[str, str] = field(default_factory=dict)
    leftover: str = ""
    channel_id: str = ""
    team_id: str = ""
    root_id: str = ""
    post_id: str = ""
    quoted: str = ""
    mentions: Mapping[str, str] = field(default_factory=dict)
    user_token: Secret | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Words for the person alone, line by line, and what they can press below."""

    lines: tuple[Text, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """It did not happen; the text says why and what to do."""

    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Open the form, or keep it open: with these values, and what is wrong with them.

    `introduction` says what the form cannot know beforehand. A command may answer a filled-in form with the next one.
    """

    command: str
    form: type[Form]
    values: Mapping[str, Value] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    problem: Text = NOTHING
    introduction: Text = NOTHING
    memory: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)


Reply = Say | Refuse | Ask


def digest_of(quoted: str) -> str:
    """By this a form knows the text of a message again without carrying it."""
    return blake2b(quoted.strip().encode("utf-8", "replace"), digest_size=8).hexdigest()


def tell(*lines: Text) -> Say:
    return Say(lines=lines)
