"""The operator's pages in a browser that wants German: every one of them, whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import pytest
from tornado.ioloop import IOLoop

from bot.core import servers
from bot.core.servers import Site
from bot.simulator.server import Simulator
from bot.words import declared
from tests.handlers.operating import Bot, Browser, Shown
from tests.words_in_code import everything

GERMAN = "de-AT,de;q=0.9,en;q=0.8"


def as_pattern(english: str) -> re.Pattern[str]:
    """How a sentence looks on a page; a short one has to be all there is, or it would be found in others."""
    bare = re.sub(r"\[([^\]]+)\]\(\{\w+\}\)|[`*]", r"\1", english)
    pattern = re.sub(r"\\\{\w+\\\}", ".+?", re.escape(bare))
    return re.compile(pattern if len(bare.split()) > 3 else f"^{pattern}$")


FOREIGN = [as_pattern(english) for english in everything()[0] if declared(english, "de") != english]


def english_left(shown: Shown) -> list[str]:
    assert '<html lang="de">' in shown.text
    return english_of(shown)


def english_of(shown: Shown) -> list[str]:
    return [piece for piece in shown.pieces if any(pattern.search(piece) for pattern in FOREIGN)]


@pytest.fixture
def browser(bot: Bot) -> Browser:
    return Browser(bot.address, languages=GERMAN)


@pytest.fixture
def mattermost(io_loop: IOLoop) -> Iterator[Simulator]:
    simulator = Simulator(version="12.0", apps=False)
    simulator.add_team("ops", simulator.add_user("root", admin=True))
    io_loop.run_sync(simulator.start)
    yield simulator
    io_loop.run_sync(simulator.stop)


async def installed(bot: Bot, *urls: str) -> str:
    """At the first of the addresses; the others wait."""
    server_id = (await bot.parts.setup.create("Beispiel GmbH")).server_id
    for url in urls:
        site = Site(url=url, bot_user_id="o" * 26)
        decide = partial(servers.installed, site=site, by="x", now=bot.parts.clock())
        await bot.parts.stores.servers.change(server_id, server_id, decide)
    return server_id


async def test_signing_in(browser: Browser) -> None:
    shown = [await browser.sends("/setup/servers", name="x"), await browser.opens(), await browser.signs_in("falsch")]
    shown.append(await browser.submits(shown[1], "/setup/sign-in", token="x" * 20_000))
    shown += [await browser.signs_in("falsch") for _ in range(10)]

    assert [english_left(one) for one in shown] == [[]] * len(shown)
    assert "Deine Sitzung ist zu Ende" in shown[0].words
    assert "Melde dich mit dem Admin-Token an." in shown[1].words
    assert "Das ist nicht das Admin-Token." in shown[2].words
    assert "Zu viele falsche Token" in shown[-1].words


async def test_the_servers(bot: Bot, browser: Browser) -> None:
    await bot.parts.setup.create("Spät GmbH")
    await installed(bot, "https://chat.example.com", "https://new.example.com")
    shown = await browser.signs_in()

    assert english_left(shown) == []
    assert "Spät GmbH ausstehend" in shown.words
    assert "Beispiel GmbH installiert" in shown.words
    assert "noch kein Kanal : Tipp dort /oncall configure channel" in shown.words
    assert "Ein zweites Mattermost will Beispiel GmbH sein" in shown.words


async def test_what_is_shown_once(bot: Bot, browser: Browser) -> None:
    server_id = await installed(bot, "https://chat.example.com")
    start = await browser.signs_in()
    made = await browser.submits(start, "/setup/servers", name="Neu GmbH")
    by_hand = await browser.submits(start, "/setup/by-hand", name="Neu GmbH")
    secret = await browser.submits(start, f"/setup/servers/{server_id}/secret")
    code = await browser.submits(start, f"/setup/servers/{server_id}/code")

    assert [english_left(one) for one in (made, by_hand, secret, code)] == [[]] * 4
    assert "OnCall bei Neu GmbH installieren" in made.words
    assert "OnCall bei Neu GmbH von Hand installieren" in by_hand.words
    assert "Ein neues Installationsgeheimnis" in secret.words
    assert re.search(r"gilt einmal und bis <time [^>]+>(?:\w+\., \d+\. \w+\.?, )?\d\d:\d\d UTC</time>\.", code.text)
    assert code.copyable("code")


async def test_a_second_site_is_confirmed_or_refused(bot: Bot, browser: Browser) -> None:
    server_id = await installed(bot, "https://chat.example.com", "https://new.example.com")
    start = await browser.signs_in()
    too_late = await browser.submits(start, f"/setup/servers/{server_id}/confirm", site="https://other.example.com")
    done = await browser.submits(start, f"/setup/servers/{server_id}/confirm", site="https://new.example.com")
    refused = await browser.submits(start, f"/setup/servers/{server_id}/refuse")

    assert [english_left(one) for one in (too_late, done, refused)] == [[], [], []]
    assert "Beispiel GmbH wird jetzt unter https://new.example.com bedient." in done.words
    assert "Abgelehnt. Beispiel GmbH bleibt unter https://new.example.com." in refused.words


@pytest.mark.parametrize(
    ("path", "given", "words"),
    [
        ("/setup/servers", {"name": " "}, "Name: Bitte ausfüllen."),
        ("/setup/servers", {"name": "x" * 65}, "Name: Höchstens 64 Zeichen, bitte."),
        ("/setup/servers", {"name": "a\u202eb"}, "Name: Bitte nur gewöhnliche Zeichen."),
        ("/setup/by-hand", {"name": " "}, "Name: Bitte ausfüllen."),
        ("/setup/natively", {"name": "x"}, "Adresse: Bitte die Adresse deines Mattermost angeben"),
        ("/setup/natively", {"name": "x"}, "Zugriffstoken: Bitte das Zugriffstoken eines Systemadmins"),
        (f"/setup/servers/{'a' * 32}/code", {}, "gibt es nicht mehr"),
        ("/setup", {}, "Das hat nicht geklappt"),
    ],
)
async def test_what_is_wrong(browser: Browser, path: str, given: dict[str, str], words: str) -> None:
    shown = await browser.submits(await browser.signs_in(), path, **given)

    assert shown.status >= 400
    assert words in shown.words
    assert english_left(shown) == []


async def test_installing_natively(browser: Browser, mattermost: Simulator) -> None:
    await browser.signs_in()
    given = {"name": "Ops", "url": mattermost.site_url, "token": mattermost.session(mattermost.state.usernames["root"])}
    settings = mattermost.state.config["ServiceSettings"]
    settings["EnableBotAccountCreation"] = False
    empty = await browser.opens("/setup/natively")
    not_ready = await browser.submits(empty, "/setup/natively", **given)
    settings["EnableBotAccountCreation"] = True
    looked = await browser.submits(empty, "/setup/natively", look="1", **given)
    stranger = await browser.submits(empty, "/setup/natively", **given | {"token": "x"})
    done = await browser.submits(empty, "/setup/natively", **given)

    assert [english_left(one) for one in (empty, not_ready, looked, stranger, done)] == [[]] * 5
    assert "Bot-Konten können nicht angelegt werden" in not_ready.words
    assert "mmctl config set ServiceSettings.EnableBotAccountCreation true" in not_ready.words
    assert "/oncall käme zu ops hinzu" in looked.words
    assert "Mattermost nimmt dieses Token nicht an" in stranger.words
    assert "OnCall ist bei Ops installiert" in done.words


async def test_a_mattermost_that_does_not_answer(browser: Browser, mattermost: Simulator) -> None:
    await mattermost.down()
    await browser.signs_in()
    page = await browser.opens("/setup/natively")
    shown = await browser.submits(page, "/setup/natively", name="Ops", url=mattermost.site_url, token="x")

    assert "Mattermost hat es nicht getan:" in shown.words


async def test_whoever_reads_neither_reads_english(bot: Bot) -> None:
    shown = await Browser(bot.address, languages="fr,de;q=0").opens()

    assert '<html lang="en">' in shown.text
    assert "Sign in with the admin token." in shown.words


async def test_english_left_on_a_page_is_noticed(bot: Bot) -> None:
    left = english_of(await Browser(bot.address).opens())

    assert {"Sign in", "This page is for whoever runs this bot. Sign in with the admin token."} < set(left)
    assert "Press Ctrl+C" in left
