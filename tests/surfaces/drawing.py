"""What the surfaces' tests draw with."""

from datetime import UTC, datetime, timedelta

from bot.core import alerts, cards
from bot.core.alert_group import Link
from bot.core.cards import Card
from bot.registry import load
from bot.surfaces.tokens import Sealer
from bot.vault import Vault, generate_keys
from bot.words import Reader
from tests.clock import HeldClock
from tests.core.groups import alert, blank

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READER = Reader(now=NOW, zone="UTC")
VAULT = Vault(generate_keys())
REGISTRY = load()
NAMES = {"ana": "@ana", "ben": "@ben", "cho": "@cho", "dan": "@dan"}
NASTY = "Disk *full* @all [x](y)\n# now"


def sealer(server_id: str = "S1", clock: HeldClock | None = None) -> Sealer:
    return Sealer(VAULT, server_id, clock or HeldClock())


def card(state: str = "firing", *, page: bool = False) -> Card:
    """With something nasty in every place that comes from outside."""
    group = blank(
        opened_at=NOW,
        title=NASTY,
        summary=NASTY,
        severity="critical @here",
        labels={"instance @all": NASTY},
        links=(Link(label="Runbook @all", url="https://x.example/a(b)"),),
        integration_name="Prod @channel",
    )
    group = alerts.opened(group, [alert("a"), alert("b")], now=NOW).doc
    match state:
        case "acknowledged":
            group = alerts.acknowledge(group, by="@ana", now=NOW).doc
        case "silenced":
            group = alerts.silence(group, by="@ana", now=NOW, until=NOW + timedelta(hours=2)).doc
        case "resolved":
            group = alerts.resolve(group, by="@ana", now=NOW).doc
    return cards.draw_page(group, names=NAMES, person_id="ana") if page else cards.draw(group, names=NAMES)


STATES = ("firing", "acknowledged", "silenced", "resolved")
