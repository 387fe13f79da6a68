"""The formats we can read, by the kind in an integration's URL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType

from bot.integrations import alertmanager
from bot.integrations.payload import Payload

Reader = Callable[[bytes, Sequence[str]], Awaitable[Payload]]

READERS: Mapping[str, Reader] = MappingProxyType({"alertmanager": alertmanager.read})
