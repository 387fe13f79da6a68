"""A bot in real time with a strict Mattermost: settings, installing over HTTP, and what is to be seen in the end.

The bot runs where a test wants it: as processes of their own or in this one. It has a database to itself.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp

from bot.clock import DatabaseClock
from bot.core.alert_group import AlertGroup
from bot.simulator.client.person import Person
from bot.simulator.records import Post
from bot.simulator.server import Simulator
from bot.storage.mongo import Database
from bot.storage.records import Claim
from bot.storage.stores import Stores, open_stores
from bot.vault import generate_keys
from tests.ports import free_port

CREATED = 201
MOST_GROUPS = 100_000


class Town:
    """One Mattermost with @root, @ana and @ben, one bot, one integration that pages @ana and after minutes @ben."""

    def __init__(self, surface: str, uri: str) -> None:
        kind, _, version = surface.partition("-")
        self.apps = kind == "apps"
        self.simulator = Simulator(version=version, apps=self.apps)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin_token = secrets.token_urlsafe(32)
        self.environ = {
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "PUBLIC_URL": self.url,
            "MONGODB_URI": uri,
            "ENCRYPTION_KEYS": generate_keys(),
            "ADMIN_TOKEN": self.admin_token,
            "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        }
        self.database = Database(uri)
        self.stores: Stores = open_stores(self.database, DatabaseClock())
        self.alert_url = ""
        self.server_id = ""
        self.created: dict[str, Any] = {}

    # ---- life ----

    async def open(self) -> None:
        await self.simulator.start()
        root = self.simulator.add_user("root", admin=True)
        ana, ben = (self.simulator.add_user(name, timezone="Europe/Berlin") for name in ("ana", "ben"))
        team = self.simulator.add_team("ops", root, ana, ben)
        self.channel = self.simulator.add_channel(team, "alerts")
        for user in (root, ana, ben):
            self.simulator.join(user, self.channel)
        self.root, self.ana, self.ben = (Person(self.simulator, user) for user in (root, ana, ben))
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))

    async def close(self) -> None:
        await self.session.close()
        await self.simulator.stop()
        client = self.database.collection("groups").database.client
        await client.drop_database(self.database.name)
        self.database.close()

    # ---- installing, as an operator and an admin do it ----

    async def install(self) -> None:
        """With a running bot."""
        await (self._as_app() if self.apps else self._natively())
        await self.root.types("/oncall configure channel alerts", channel="alerts")
        assert "~alerts" in self.root.sees, self.root.notices
        await self.root.types('/oncall integration add "Prometheus" @ana @ben', channel="alerts")
        found = re.search(r"http://\S+/integrations/v1/alertmanager/[^/\s]+/", self.root.sees)
        assert found, self.root.notices
        self.alert_url = found.group()

    async def _as_app(self) -> None:
        created = await self.set_up({"name": "Example"})
        await self.root.types(created["install_command"])
        await self.root.submits(consent=True, secret=created["install_secret"])
        assert "OnCall is installed" in self.root.sees, self.root.notices

    async def _natively(self) -> None:
        token = self.simulator.session(self.root.user)
        await self.set_up({"name": "Example", "native": True, "url": self.simulator.site_url, "token": token})

    async def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        async with self.session.post(f"{self.url}/mattermost/setup", json=wanted, headers=headers) as answer:
            assert answer.status == CREATED, await answer.text()
            created: dict[str, Any] = await answer.json()
        self.server_id = created["server_id"]
        self.created = created
        return created

    # ---- what is to be seen ----

    @property
    def cards(self) -> list[Post]:
        """The bot's posts in the alert channel that are no answers."""
        return [post for post in self._of_bot(self.channel.posts) if not post.root_id]

    @property
    def told(self) -> list[Post]:
        """What the bot wrote into threads."""
        return [post for post in self._of_bot(self.channel.posts) if post.root_id]

    def pages(self, person: Person) -> list[Post]:
        """Direct messages with a card for this person."""
        state = self.simulator.state
        mine = [one for one in state.channels.values() if one.type == "D" and person.user.id in one.members]
        return [post for channel in mine for post in self._of_bot(channel.posts) if "group" in mark(post)]

    def _of_bot(self, posts: list[Post]) -> list[Post]:
        users = self.simulator.state.users
        return [post for post in posts if users[post.user_id].is_bot and not post.delete_at and mark(post)]

    async def claims(self) -> list[Claim[AlertGroup]]:
        """All alert groups with what still waits to be delivered for them."""
        return await self.stores.groups.read({"server_id": self.server_id}, limit=MOST_GROUPS)

    async def groups(self) -> list[AlertGroup]:
        return [claim.doc for claim in await self.claims()]

    async def all_is_delivered(self) -> bool:
        """Nothing is left in outboxes, nobody serves a group, and every group has told its thread all."""
        unfinished = {"server_id": self.server_id, "$or": [{"outbox": {"$ne": []}}, {"lease": {"$exists": True}}]}
        return await self.database.collection("groups").count_documents(unfinished, limit=1) == 0


@asynccontextmanager
async def town(surface: str, uri: str) -> AsyncIterator[Town]:
    """An open town, with a database of its own; its Mattermost must have met with nothing unexpected."""
    town = Town(surface, named(uri, f"oncall_test_{secrets.token_hex(4)}"))
    await town.open()
    try:
        yield town
    finally:
        await town.close()
    assert town.simulator.surprises == []


def mark(post: Post) -> dict[str, Any]:
    """Our mark in a post of ours."""
    found = post.props.get("oncall")
    return found if isinstance(found, dict) else {}


def twice(posts: list[Post]) -> list[tuple[str, str]]:
    """Marks that more than one post bears: there must be none."""
    marks = Counter((mark(post)["group"], mark(post)["post"]) for post in posts)
    return [one for one, count in marks.items() if count > 1]


def named(uri: str, name: str) -> str:
    """The same deployment, another database."""
    parts = urlsplit(uri)
    options = dict(parse_qsl(parts.query))
    if "@" in parts.netloc:
        options.setdefault("authSource", parts.path.strip("/") or "admin")
    return parts._replace(path=f"/{name}", query=urlencode(options)).geturl()
