"""The world of a story: builds it, and has the words for what monitoring systems and time do in it."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import aiohttp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from bot.composition import MAX_BODY, application, build
from bot.config import Role, read_config
from bot.secret import Secret
from bot.services import Services
from bot.simulator.client.person import Person
from bot.simulator.client.rendering import RenderedPost
from bot.simulator.server import Simulator
from bot.storage.mongo import Database
from bot.vault import generate_keys
from tests.clock import HeldClock
from tests.markers import secrets_of

# One of each kind in every run; `make test-all` adds the versions between them, where the client changed its ways.
SURFACES = ("apps-9.5", "native-9.5", "native-11.10", "native-12.0")
MORE_SURFACES = ("native-10.11", "native-11.1")
ADMIN_TOKEN = "an-admin-token-that-is-long-enough-for-this"


class World:
    def __init__(self, surface: str, database: Database, clock: HeldClock) -> None:
        kind, _, version = surface.partition("-")
        self.apps = kind == "apps"
        self.clock = clock
        self.database = database
        self.simulator = Simulator(version=version, apps=self.apps, clock=lambda: clock().timestamp())
        self.people: dict[str, Person] = {}
        self.server_id = ""
        self.alert_url = ""

    # ---- building ----

    async def open(self) -> None:
        sockets = bind_sockets(0, "127.0.0.1")
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        environ = {
            "PUBLIC_URL": self.url,
            "MONGODB_URI": "mongodb://127.0.0.1/unused",
            "ENCRYPTION_KEYS": generate_keys(),
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        }
        config = read_config(environ, Role.SERVE)
        self.services: Services = build(config, self.database, self.clock)
        self.application = application(self.services)
        self._http = HTTPServer(self.application, max_body_size=MAX_BODY)
        self._http.add_sockets(sockets)
        await self.simulator.start()
        self._seed()
        self.session = aiohttp.ClientSession()

    def _seed(self) -> None:
        simulator = self.simulator
        root = simulator.add_user("root", admin=True)
        ana, ben, cho = (simulator.add_user(name, timezone="Europe/Berlin") for name in ("ana", "ben", "cho"))
        team = simulator.add_team("ops", root, ana, ben, cho)
        alerts = simulator.add_channel(team, "alerts")
        for user in (root, ana, ben, cho):
            simulator.join(user, alerts)
            self.people[user.username] = Person(simulator, user)

    async def close(self) -> None:
        await self.session.close()
        self._http.stop()
        await self._http.close_all_connections()
        await self.services.stores.payloads.written()
        await self.services.reception.templating.close()
        await self.services.outgoing.close()
        await self.simulator.stop()

    def __getattr__(self, name: str) -> Person:
        """`world.ana` is Ana at her keyboard."""
        people = self.__dict__.get("people", {})
        if name in people:
            return people[name]
        raise AttributeError(name)

    @property
    def secrets(self) -> dict[str, str]:
        """What nobody may print."""
        key = {"integration key": self.alert_url.rstrip("/").rpartition("/")[2]} if self.alert_url else {}
        return {"admin token": ADMIN_TOKEN, **key, **secrets_of(self.simulator)}

    # ---- installing ----

    async def install(self) -> None:
        await (self.install_app() if self.apps else self.install_natively())
        await self.root.types("/oncall configure channel alerts", channel="alerts")
        assert self.root.sees == "Alerts are posted in ~alerts from now on.", self.root.sees
        self.alert_url = await self.add_integration("Prometheus", "@ana @ben")

    async def install_app(self) -> None:
        created = await self.services.setup.create("Example")
        self.server_id = created.server_id
        await self.root.types(created.install_command)
        await self.root.submits(consent=True, secret=created.install_secret.reveal())
        assert "OnCall is installed" in self.root.sees, self.root.notices

    async def install_natively(self) -> None:
        token = Secret(self.simulator.session(self.root.user))
        made = await self.services.installing_natively.install("Example", self.simulator.site_url, token)
        assert [finding.title for finding in made.findings if not finding.ok] == []
        self.server_id = made.server.id

    async def add_integration(self, name: str, people: str) -> str:
        """The URL to send alerts to."""
        await self.root.types(f'/oncall integration add "{name}" {people}', channel="alerts")
        found = re.search(r"http://\S+/integrations/v1/alertmanager/\S+/", self.root.sees)
        assert found, self.root.notices
        return found.group()

    # ---- what happens ----

    async def fire(self, name: str = "HighErrorRate", *, instances: tuple[str, ...] = ("web-1",), **more: Any) -> Any:
        return await self.send(payload(name, firing=instances, now=self.clock(), **more))

    async def end(self, name: str = "HighErrorRate", *, instances: tuple[str, ...] = ("web-1",), **more: Any) -> Any:
        return await self.send(payload(name, resolved=instances, now=self.clock(), **more))

    async def send(self, body: Any, *, url: str = "") -> Any:
        async with self.session.post(url or self.alert_url, json=body) as answer:
            assert answer.status == 202, await answer.text()
            accepted = await answer.json()
        await self.services.stores.payloads.written()
        await self.settle()
        return accepted

    async def settle(self) -> None:
        """Everything that is due now has happened."""
        assert self.services.worker is not None
        await self.services.notices.written()
        await self.services.worker.drain()
        if self.simulator.apps is not None:
            await self.simulator.apps.settle()
            await self.services.worker.drain()

    async def pass_time(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Minute by minute, as it does in life: what is due in between happens in between."""
        left = seconds + 60 * minutes + 3600 * hours
        while left > 0:
            step = min(left, 60)
            self.clock.advance(seconds=step)
            await self.settle()
            left -= step

    # ---- what is to be seen ----

    def cards(self, person: str = "root") -> list[RenderedPost]:
        """The posts of the bot in the alert channel."""
        return [post for post in self.people[person].posts("alerts") if post.is_bot and not post.is_private]

    def card(self, person: str = "root") -> RenderedPost:
        cards = self.cards(person)
        assert len(cards) == 1, [post.words for post in cards]
        return cards[0]

    def heard(self, person: str) -> str:
        """All that was said to this person alone: in place, or by direct message where a surface has no other way."""
        return "\n".join(
            [
                *self.people[person].notices,
                *self.people[person].field_errors.values(),
                *(post.words for post in self.people[person].direct_messages()),
            ]
        )

    def pages(self, person: str) -> list[RenderedPost]:
        return [post for post in self.people[person].direct_messages() if "you are on call" in post.words]


def payload(
    name: str,
    *,
    now: datetime,
    firing: tuple[str, ...] = (),
    resolved: tuple[str, ...] = (),
    severity: str = "critical",
    summary: str = "Errors are above 5 %",
) -> dict[str, Any]:
    """A notification as Alertmanager 0.25 sends it."""
    started = datetime(2026, 3, 2, 8, 59, tzinfo=UTC)
    alerts = [
        {
            "status": "firing" if instance in firing else "resolved",
            "labels": {"alertname": name, "instance": instance, "severity": severity},
            "annotations": {"summary": summary, "runbook_url": "https://runbooks.example.com/errors"},
            "startsAt": started.isoformat(),
            "endsAt": "0001-01-01T00:00:00Z" if instance in firing else now.isoformat(),
            "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
            "fingerprint": sha256(f"{name}\0{instance}".encode()).hexdigest()[:16],
        }
        for instance in (*firing, *resolved)
    ]
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "oncall",
        "groupLabels": {"alertname": name},
        "commonLabels": {"alertname": name, "severity": severity},
        "commonAnnotations": {"summary": summary},
        "externalURL": "http://alertmanager.example.com",
        "alerts": alerts,
    }
