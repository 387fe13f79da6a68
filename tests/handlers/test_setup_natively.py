"""The operator's page for a Mattermost without the Apps framework."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from bot.core.servers import State, Surface
from bot.simulator.server import Simulator
from tests.handlers.operating import Bot, Browser, Shown

PATH = "/setup/natively"


@pytest.fixture
def browser(bot: Bot) -> Browser:
    return Browser(bot.address)


@pytest.fixture
def mattermost(io_loop: IOLoop) -> Iterator[Simulator]:
    simulator = Simulator(version="12.0", apps=False)
    simulator.add_team("ops", simulator.add_user("root", admin=True))
    io_loop.run_sync(simulator.start)
    yield simulator
    io_loop.run_sync(simulator.stop)


def token_of(mattermost: Simulator) -> str:
    return mattermost.session(mattermost.state.usernames["root"])


async def fills_in(browser: Browser, mattermost: Simulator, **more: str) -> Shown:
    await browser.signs_in()
    given = {"name": "Ops", "url": mattermost.site_url, "token": token_of(mattermost), "teams": ""} | more
    return await browser.submits(await browser.opens(PATH), PATH, **given)


async def test_strangers_see_the_sign_in(browser: Browser, bot: Bot) -> None:
    assert "Sign in with the admin token." in (await browser.opens(PATH)).words
    shown = await browser.submits(await browser.opens(), PATH, name="Ops", url="https://chat.example.com", token="x")
    assert shown.status == 403
    assert await bot.parts.setup.listed() == []


async def test_the_servers_page_leads_to_it(browser: Browser) -> None:
    assert 'href="/setup/natively"' in (await browser.signs_in()).text


async def test_a_form_with_an_admin_s_token_installs_and_forgets_the_token(
    browser: Browser, bot: Bot, mattermost: Simulator
) -> None:
    token = token_of(mattermost)
    shown = await fills_in(browser, mattermost, token=token)
    assert "OnCall is installed at Ops" in shown.words
    assert shown.copyable("configure") == "/oncall configure channel"
    assert "/oncall works in ops" in shown.words
    assert token not in shown.text
    (server,) = await bot.parts.setup.listed()
    assert (server.name, server.site_url, server.installed) == ("Ops", mattermost.site_url, True)
    assert token not in repr(server)


async def test_only_looking_makes_nothing(browser: Browser, bot: Bot, mattermost: Simulator) -> None:
    shown = await fills_in(browser, mattermost, look="1", teams="ops")
    assert "Nothing was made or changed." in shown.words
    assert "/oncall would be added to ops" in shown.words
    assert 'value="ops"' in shown.text
    assert token_of(mattermost) not in shown.text
    assert await bot.parts.setup.listed() == []
    assert not mattermost.state.commands


async def test_what_prevents_it_is_shown_with_its_remedy(browser: Browser, bot: Bot, mattermost: Simulator) -> None:
    mattermost.state.config["ServiceSettings"]["EnableBotAccountCreation"] = False
    shown = await fills_in(browser, mattermost)
    assert shown.status == 409
    assert "EnableBotAccountCreation true" in shown.words
    assert f'value="{mattermost.site_url}"' in shown.text
    assert await bot.parts.setup.listed() == []


async def test_a_mattermost_that_does_not_answer_is_told(browser: Browser, mattermost: Simulator) -> None:
    await mattermost.down()
    shown = await fills_in(browser, mattermost)
    assert shown.status == 502
    assert "Mattermost did not do it" in shown.words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": " "}, "Name: This is needed."),
        ({"url": "chat"}, "Address: The address of your Mattermost is needed"),
        ({"token": ""}, "Access token: The access token of a Mattermost system admin is needed."),
    ],
)
async def test_what_is_wrong_is_told_by_field(
    browser: Browser, mattermost: Simulator, given: dict[str, str], words: str
) -> None:
    shown = await fills_in(browser, mattermost, **given)
    assert shown.status == 400
    assert words in shown.words


async def test_what_was_typed_is_shown_as_text(browser: Browser, mattermost: Simulator) -> None:
    shown = await fills_in(browser, mattermost, name='"><script>alert(1)</script>', url="chat")
    assert "<script>alert" not in shown.text


async def test_by_hand_the_page_shows_what_to_fill_in_and_the_code(browser: Browser, bot: Bot) -> None:
    await browser.signs_in()
    shown = await browser.submits(await browser.opens(PATH), "/setup/by-hand", name="Ops")
    (server,) = await bot.parts.setup.listed()
    assert (server.name, server.surface, server.state) == ("Ops", Surface.NATIVE, State.PENDING)
    assert shown.copyable("command-url") == f"{bot.address}/native/{server.id}/command"
    assert len(shown.copyable("code")) > 10
    assert "This is needed." in (await browser.submits(await browser.opens(PATH), "/setup/by-hand", name=" ")).words
