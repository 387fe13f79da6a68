"""What the bound parts of a context are made of."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.installation.installing import Installing
from bot.linking import Linking
from bot.mattermost.access import Access
from bot.receiving.reception import Reception
from bot.registry import Registry
from bot.storage.stores import Stores
from bot.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    stores: Stores
    access: Access
    installing: Installing
    linking: Linking
    vault: Vault
    registry: Registry
    reception: Reception
    clock: Clock
    public_url: str
