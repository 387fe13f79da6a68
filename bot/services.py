"""What the handlers get: the parts of one process, put together in `bot.composition`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.config import Config
from bot.dispatch import Dispatch
from bot.installation.installing import Installing
from bot.installation.installing_natively import InstallingNatively
from bot.installation.moving import Moving
from bot.installation.setup import Setup
from bot.mattermost.access import Access
from bot.metrics import Metrics
from bot.notices import Notices
from bot.outgoing.client import Client
from bot.receiving.budgets import Accounts
from bot.receiving.held import Held
from bot.receiving.intake import Intake
from bot.receiving.reception import Reception
from bot.receiving.sns import SnsMessages
from bot.registry import Registry
from bot.storage.stores import Stores
from bot.surfaces.tokens import Sealer
from bot.vault import Vault
from bot.working.expiring import Expiring
from bot.working.resealing import Resealing
from bot.working.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    config: Config
    clock: Clock
    vault: Vault
    outgoing: Client
    stores: Stores
    access: Access
    registry: Registry
    dispatch: Dispatch
    held: Held
    looks: Accounts
    intake: Intake
    reception: Reception
    sns: SnsMessages
    setup: Setup
    installing: Installing
    installing_natively: InstallingNatively
    moving: Moving
    metrics: Metrics
    notices: Notices
    resealing: Resealing
    expiring: Expiring
    worker: Worker | None = None

    def sealer(self, server_id: str) -> Sealer:
        return Sealer(self.vault, server_id, self.clock)
