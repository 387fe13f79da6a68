"""Install, link, alert and fail at LOG_LEVEL=DEBUG: no secret is in anything printed, logged or shown as an error."""

from __future__ import annotations

import base64
import io
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog

from bot.log import configure_logging
from bot.simulator.client.person import Person
from bot.storage.embedded import EmbeddedMongo
from tests.faults.processes import BotProcess
from tests.markers import disguises, secrets_of, told
from tests.scenarios.world import ADMIN_TOKEN, World, payload
from tests.town import Town, town
from tests.waiting import until

FORMATS = ("text", "json")
GUESSED = "Gu3ssed"


def new_marker() -> str:
    return f"{GUESSED}{secrets.token_urlsafe(24)}"


# ---- the search itself can find ----


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_secret_is_found_in_base64_wherever_it_stands(before: str) -> None:
    secret = new_marker()
    hidden = base64.b64encode(f"{before}{secret}, and more".encode()).decode()
    assert secret not in hidden
    assert told({"it": secret}, f"Authorization: Basic {hidden}") == ["it"]


def test_an_output_without_the_secret_is_clean() -> None:
    output = base64.b64encode(new_marker().encode()).decode()
    assert told({"it": new_marker()}, output) == []
    assert all(len(one) > 20 for one in disguises(new_marker()))


# ---- the bot as a process: everything it prints ----


@dataclass
class Story:
    """What a bot is put through. `secrets` are those it knows, `shown` what strangers were answered."""

    town: Town
    secrets: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    async def installs(self) -> None:
        """With wrong proofs before the right ones."""
        for path in ("/mattermost/setup", "/setup"):
            await self.is_refused("POST", path, headers={"Authorization": f"Bearer {self.guess()}"}, json={"name": "x"})
        if self.town.apps:
            await self._installs_the_app()
        else:
            await self.town.install()
        self.secrets["integration key"] = urlsplit(self.town.alert_url).path.split("/")[4]

    async def _installs_the_app(self) -> None:
        first = await self.town.set_up({"name": "Never installed"})
        await self.town.root.types(first["install_command"])
        await self.town.root.submits(consent=True, secret=self.guess())
        await self.town.root.cancels()
        await self.town.install()
        for one in (first, self.town.created):
            self.secrets[f"install secret of {one['server_id']}"] = one["install_secret"]
            self.secrets[f"install code of {one['server_id']}"] = one["install_code"]

    async def links(self) -> None:
        for person, command in (
            (self.town.ana, f"/oncall link {self.guess()}"),
            (self.town.ana, "/oncall me"),
            (self.town.root, f"/oncall setup {self.guess()}"),
            (self.town.root, "/oncall doctor"),
            (self.town.root, "/oncall integration list"),
        ):
            await person.types(command, channel="alerts")
            close(person)

    async def has_an_alert(self) -> None:
        now = datetime.now(UTC)
        async with self.town.session.post(self.town.alert_url, json=payload("A", firing=("w",), now=now)) as answer:
            assert answer.status == 202
        await until(lambda: bool(self.town.cards and self.town.pages(self.town.ana)), pause=0.02)
        await self.town.ana.clicks("Acknowledge", self.town.cards[0].id)
        await until(lambda: "Acknowledged" in self.town.ana.drawn(self.town.cards[0].id).words, pause=0.02)

    async def meets_a_broken_mattermost(self) -> None:
        faults = self.town.simulator.faults
        faults.fail(500, prefix="/api/v4", times=2)
        faults.drop(prefix="/api/v4", times=2)
        async with self.town.session.post(
            self.town.alert_url, json=payload("B", firing=("w",), now=datetime.now(UTC))
        ) as answer:
            assert answer.status == 202
        await until(lambda: len(self.town.cards) == 2, pause=0.02)
        await until(self.town.all_is_delivered, pause=0.02)

    async def is_attacked(self) -> None:
        """Guesses in every place that carries a secret, and bodies that cannot be read."""
        server = self.town.server_id
        key = self.secrets["integration key"]
        bearer = {"Authorization": f"Bearer {key}"}
        app = {"Mattermost-App-Authorization": f"Bearer {self.guess()}"}
        await self.is_refused("POST", f"/integrations/v1/alertmanager/{self.guess()}/", json={})
        await self.is_refused("POST", f"/integrations/v1/alertmanager/{key}/", data=b"{not json")
        await self.is_refused("POST", "/integrations/v1/alertmanager/", headers=bearer, data=b"[]")
        await self.is_refused("POST", f"/integrations/v1/nothing/{key}/", json={})
        await self.is_refused("GET", f"/integrations/v1/alertmanager/{key}/")
        await self.is_refused("PUT", f"/integrations/v1/alertmanager/{key}/extra/{key}")
        await self.is_refused("GET", f"/oauth2/callback/x?code={self.guess()}&state={self.guess()}")
        await self.is_refused("GET", f"/oauth2/start/{self.guess()}")
        await self.is_refused("POST", f"/heartbeat/{self.guess()}/")
        await self.is_refused("GET", f"/nowhere?token={self.guess()}", headers={"Cookie": f"session={self.guess()}"})
        for path in ("ping", "bindings", "command/list", "webhook", "installed"):
            await self.is_refused("POST", f"/mattermost/{server}/{path}?secret={self.guess()}", headers=app, data=b"{")
        for path in ("command", "action", "dialog", "lookup"):
            body = {"token": self.guess(), "state": self.guess(), "context": {"token": self.guess()}}
            await self.is_refused("POST", f"/native/{server}/{path}", json=body)
            await self.is_refused("POST", f"/native/{server}/{path}", data=body["token"])
        await self.is_refused("POST", "/setup/sign-in", data={"token": self.guess()})

    async def is_refused(self, method: str, path: str, **more: object) -> None:
        async with self.town.session.request(method, f"{self.town.url}{path}", allow_redirects=False, **more) as answer:
            self.shown += [await answer.text(), str(answer.headers)]

    def guess(self) -> str:
        """Somebody's try at a secret: it may be one elsewhere."""
        guessed = new_marker()
        self.secrets[f"guess {len(self.secrets)}"] = guessed
        return guessed


def close(person: Person) -> None:
    """Leave whatever is open."""
    if person.modal is not None:
        person.desk.close_modal(person.modal)


@pytest.mark.gen_test(timeout=300)
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.1"])
async def test_a_bot_at_debug_prints_no_secret(surface: str, form: str, tmp_path: Path) -> None:
    mongo = await EmbeddedMongo.start(tmp_path)
    try:
        async with town(surface, mongo.uri) as place:
            await tell_a_story(place, form, tmp_path / "bot.log")
    finally:
        await mongo.stop()


async def tell_a_story(place: Town, form: str, log: Path) -> None:
    place.environ |= {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": form}
    story = Story(place)
    bot = BotProcess(place, "serve", log)
    try:
        await bot.start()
        await story.installs()
        await story.links()
        await story.has_an_alert()
        await story.meets_a_broken_mattermost()
        await story.is_attacked()
    finally:
        await bot.stop()
    password = urlsplit(place.environ["MONGODB_URI"]).password
    assert password
    _, _, key = place.environ["ENCRYPTION_KEYS"].partition(":")
    known = {"admin token": place.admin_token, "password of MongoDB": password, "encryption key": key.split(",")[0]}
    known |= story.secrets | secrets_of(place.simulator)
    assert len(known) > 20
    output = bot.log
    assert "inbound" in output
    assert "request" in output
    assert told(known, output) == []
    assert told(known, "\n".join(story.shown)) == []
    place.simulator.surprises.clear()  # a stranger's wrong calls are what this is about


@pytest.mark.gen_test(timeout=300)
@pytest.mark.parametrize("role", ["serve", "worker"])
async def test_a_wrong_password_of_the_database_is_not_printed(role: str, tmp_path: Path) -> None:
    mongo = await EmbeddedMongo.start(tmp_path)
    password = new_marker()
    try:
        right = urlsplit(mongo.uri)
        wrong = right._replace(netloc=right.netloc.replace(str(right.password), password)).geturl()
        async with town("native-11.1", mongo.uri) as place:
            place.environ |= {"MONGODB_URI": wrong, "LOG_LEVEL": "DEBUG"}
            bot = BotProcess(place, role, tmp_path / "bot.log")
            with pytest.raises(AssertionError, match="database"):
                await bot.start()
    finally:
        await mongo.stop()
    assert bot.log
    assert told({"password": password, "encryption keys": place.environ["ENCRYPTION_KEYS"]}, bot.log) == []


# ---- the bot in this process, with held time: what becomes of tokens that end ----


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    structlog.reset_defaults()


@dataclass
class Loudest:
    log_format: str
    log_level: str = "DEBUG"


@pytest.fixture(params=FORMATS)
def output(request: pytest.FixtureRequest, logging_as_it_was: None) -> io.StringIO:
    stream = io.StringIO()
    configure_logging(Loudest(request.param), stream=stream)
    return stream


@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.1"])
async def test_a_night_of_failures_logs_no_secret(
    output: io.StringIO, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Renewals of the push token carry the webhook secret in the query: they fail in every way."""
    faults = world.simulator.faults
    key = urlsplit(world.alert_url).path.split("/")[4]
    known = {"admin token": ADMIN_TOKEN, "integration key": key}
    for fault in (
        lambda: faults.fail(500),
        lambda: faults.drop(),
        lambda: faults.rate_limit(),
        lambda: faults.fail(403, times=40),
    ):
        known |= secrets_of(world.simulator)
        fault()
        world.clock.advance(minutes=15)
        await world.fire()
        await world.pass_time(minutes=3)
        faults.clear()
        await world.pass_time(minutes=3)
    known |= secrets_of(world.simulator)
    printed = "".join(capsys.readouterr())
    assert "delivery failed" in output.getvalue()
    assert told(known, output.getvalue() + printed) == []
    world.simulator.surprises.clear()
