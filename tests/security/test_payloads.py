"""What a sender with a key can write into a payload harms nobody else."""

import asyncio

from bot.core import alerts
from bot.core.alert_group import Alert
from bot.core.cards import draw
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.integrations.payload import Bundle, Payload
from bot.receiving.intake import TOGETHER, Accepted, Intake
from bot.storage.stores import Stores
from bot.surfaces.cards import attachment, details
from bot.words import Reader
from tests.clock import HeldClock
from tests.storage.samples import opened_group

SERVER = "server-one"


def bundle(key: str) -> Bundle:
    return Bundle(key=key, title=key, alerts=(Alert(fingerprint=key, firing=True, title=key),))


def payload(size: int, prefix: str) -> Payload:
    return Payload(bundles=tuple(bundle(f"{prefix}{number}") for number in range(size)))


async def test_others_are_served_between_the_parts_of_a_large_payload(stores: Stores, clock: HeldClock) -> None:
    source = Integration(id="i1", server_id=SERVER, name="Loud", kind="webhook", key_digests=("d",), created_at=clock())
    await stores.servers.add(Change(doc=Server(id=SERVER, name="Home", created_at=clock())))
    intake, size = Intake(stores, clock), 4 * TOGETHER
    large = asyncio.create_task(intake.accept(source, payload(size, "loud")))
    await asyncio.sleep(0)
    small = await intake.accept(source, payload(1, "quiet"))
    assert not large.done()
    assert small == Accepted(alerts=1, groups=small.groups)
    accepted = await large
    assert accepted.alerts == len(set(accepted.groups)) == size
    assert intake.taken == size + 1
    assert await stores.alerts.count(SERVER) == size + 1


def test_names_of_labels_carry_no_markup(clock: HeldClock) -> None:
    hostile = {"[free beer](https://evil.example)": "1", "`code` **loud** @all <x> |": "2", "kubernetes_pod": "3"}
    group = replace(opened_group(clock()).doc, labels=hostile)
    card, reader = draw(group, names={}), Reader(now=clock())
    drawn = " ".join([details(card, reader), *(field["title"] for field in attachment(card, reader)["fields"])])
    assert not any(sign in drawn.replace("\\", "") for sign in "[]<>`*|")
    assert "@all" not in drawn
    assert "kubernetes_pod" in drawn


def test_the_name_of_a_source_that_ends_its_alerts_carries_no_markup(clock: HeldClock) -> None:
    group = replace(opened_group(clock()).doc, integration_name="@all **Loud** [x](https://evil.example)")
    ended = alerts.received(group, [replace(sample, firing=False) for sample in group.samples], now=clock()).doc
    assert not ended.live
    text = attachment(draw(ended, names={}), Reader(now=clock()))["text"]
    assert "@all" not in text
    assert "[x](" not in text
