"""How things look to their readers: cards as posts of the server's surface, in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.clock import Clock
from bot.core import cards
from bot.core.alert_group import AlertGroup, Link
from bot.core.cards import Card
from bot.core.channels import shown_buttons
from bot.core.people import Person
from bot.core.replacing import replace
from bot.core.servers import LANGUAGE, Server, Surface
from bot.core.text import say
from bot.delivery.twice import Twice
from bot.storage.stores import Stores
from bot.surfaces import apps, native
from bot.surfaces.drawn import Drawn
from bot.surfaces.tokens import Sealer
from bot.vault import Vault
from bot.words import Reader


class Pictures:
    """Draws for one installation of the bot. A card and the first page are drawn together and have most in common."""

    def __init__(self, *, stores: Stores, vault: Vault, clock: Clock, public_url: str) -> None:
        self._stores = stores
        self._vault = vault
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._cards = Twice[Card]()
        self._buttons = Twice[list[dict[str, Any]]]()

    def card(self, server: Server, group: AlertGroup, people: Mapping[str, Person], *, channel_id: str) -> Drawn:
        card = self._card(server, group, names(people), channel_id)
        return self.picture(server, card, self.channel_reader(server))

    def page(self, server: Server, group: AlertGroup, person_id: str, people: Mapping[str, Person]) -> Drawn:
        mentions = names(people)
        card = self._card(server, group, mentions, group.channel_id)
        links = (*card.links, *_to_channel(server, group))
        page = replace(card, links=links, addressed_to=mentions.get(person_id, ""))
        return self.picture(server, page, self.reader(server, people.get(person_id)))

    def _card(self, server: Server, group: AlertGroup, mentions: dict[str, str], channel_id: str) -> Card:
        extras = shown_buttons(server, channel_id)
        return self._cards.of(group, mentions, extras, make=lambda: cards.draw(group, names=mentions, extras=extras))

    def picture(self, server: Server, card: Card, reader: Reader) -> Drawn:
        buttons = self._buttons.of(card.buttons, server, reader.locale, make=lambda: self._drawn(server, card, reader))
        if server.surface is Surface.APPS:
            return apps.draw_post(card, buttons, reader=reader, app_id=server.app_id)
        return native.draw_post(card, buttons, reader=reader)

    def _drawn(self, server: Server, card: Card, reader: Reader) -> list[dict[str, Any]]:
        """The buttons. They tell no times, so that only the language matters."""
        sealer = Sealer(self._vault, server.id, self._clock)
        if server.surface is Surface.APPS:
            return apps.draw_buttons(card.buttons, sealer=sealer, reader=reader, app_id=server.app_id)
        action_url = f"{self._public_url}/native/{server.id}/action"
        return native.draw_buttons(card.buttons, sealer=sealer, reader=reader, action_url=action_url)

    def reader(self, server: Server, person: Person | None) -> Reader:
        reader = self.channel_reader(server)
        if person is None:
            return reader
        return replace(reader, locale=person.locale or reader.locale, zone=person.zone or reader.zone)

    def channel_reader(self, server: Server) -> Reader:
        locale, zone = server.settings.get(LANGUAGE, ""), server.settings.get("zone", "")
        return Reader(now=self._clock(), locale=locale or "en", zone=zone)

    async def people(self, group: AlertGroup, *others: str) -> dict[str, Person]:
        """Everybody in the chain, and these."""
        ids = {person_id for step in group.chain for person_id in step.people} | set(others)
        return await self._stores.people.recent(group.server_id, sorted(ids))


def _to_channel(server: Server, group: AlertGroup) -> tuple[Link, ...]:
    """To the post in the channel, once there is one: its thread is where people talk about it."""
    if group.card is None or not server.site_url:
        return ()
    return (Link(label=say("In the channel"), url=f"{server.site_url}/_redirect/pl/{group.card.post_id}"),)


def names(people: Mapping[str, Person]) -> dict[str, str]:
    return {person_id: person.mention for person_id, person in people.items()}
