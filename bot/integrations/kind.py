"""What a kind of sender is: one declaration per format, from which commands, forms and URLs follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.integrations.payload import Payload
from bot.integrations.signing import Signature

Reader = Callable[[bytes, Sequence[str]], Awaitable[Payload]]
KEY_PLACE = "YOUR-KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a sender delivers. `host` is our public URL; the key is known to the sender only."""

    host: str
    kind: str
    key: str = KEY_PLACE

    @property
    def url(self) -> str:
        return f"{self.host}/integrations/v1/{self.kind}/{self.key}/"

    @property
    def heartbeat_url(self) -> str:
        """The same for every kind; below `url` it works, too."""
        return f"{self.host}/heartbeat/{self.key}/"

    def filled(self, text: str) -> str:
        """A text of a declaration with this address in its places: <url>, <host>, <domain>, <key>."""
        domain = self.host.partition("://")[2]
        for place, value in (("url", self.url), ("host", self.host), ("domain", domain), ("key", self.key)):
            text = text.replace(f"<{place}>", value)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A format that we can read.

    `name` is in the sender's URL and typed by people; `also` are other names that are accepted in URLs. `address` is
    what the sender needs to know, `configuration` what to paste into it, as Markdown: both are texts with places.
    `sample` is a payload as the sender would send it now. Where `groups_by_labels`, people may choose the labels.
    With a `signature` they may give the secret that the sender signs with.
    """

    name: str
    label: str
    read: Reader
    configuration: str
    sample: Callable[[datetime], bytes]
    address: str = "<url>"
    also: tuple[str, ...] = ()
    groups_by_labels: bool = False
    signature: Signature | None = None
