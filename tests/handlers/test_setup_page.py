"""The operator's page, as a browser uses it and as somebody else would like to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop

from bot.core import servers
from bot.core.servers import Site
from bot.storage.stores import Stores
from bot.web.sessions import ADMIN_COOKIE, GUEST_COOKIE
from tests.clock import HeldClock
from tests.handlers.operating import TOKEN, Bot, Browser, started

Start = Callable[..., Bot]


@pytest.fixture
def start(io_loop: IOLoop, tmp_path: Path, stores: Stores, clock: HeldClock) -> Iterator[Start]:
    bots: list[Bot] = []

    def _start(public_url: str = "", **settings: str) -> Bot:
        async def begin() -> Bot:
            return started(tmp_path, stores, clock, public_url, **settings)

        bots.append(io_loop.run_sync(begin))
        return bots[-1]

    yield _start
    for bot in bots:
        io_loop.run_sync(bot.stop)


@pytest.fixture
def bot(start: Start) -> Bot:
    return start()


@pytest.fixture
def browser(bot: Bot) -> Browser:
    return Browser(bot.address)


async def install(bot: Bot, name: str = "Example Ltd", url: str = "https://chat.example.com") -> str:
    created = await bot.parts.setup.create(name)
    await present(bot, created.server_id, url)
    return created.server_id


async def present(bot: Bot, server_id: str, url: str) -> None:
    site = Site(url=url, bot_user_id="o" * 26)
    now = bot.parts.clock()
    await bot.parts.stores.servers.change(
        server_id, server_id, lambda server: servers.installed(server, site=site, by="x", now=now)
    )


async def test_strangers_see_the_sign_in_and_nothing_else(bot: Bot, browser: Browser) -> None:
    await install(bot)
    shown = await browser.opens()
    assert shown.status == 200
    assert "Sign in with the admin token." in shown.words
    assert "Example Ltd" not in shown.text


async def test_the_operator_signs_in_and_sees_the_servers(bot: Bot, browser: Browser) -> None:
    await install(bot)
    await bot.parts.setup.create("Late Ltd")
    shown = await browser.signs_in()
    assert "Example Ltd installed" in shown.words
    assert "https://chat.example.com" in shown.words
    assert "Late Ltd pending" in shown.words
    assert "Example Ltd" in (await browser.opens()).words


async def test_a_wrong_token_is_told_and_nothing_is_opened(browser: Browser) -> None:
    shown = await browser.signs_in("not-the-token-at-all")
    assert shown.status == 403
    assert "That is not the admin token." in shown.words
    assert ADMIN_COOKIE not in browser.cookies


async def test_after_a_wrong_token_the_same_page_takes_the_right_one(browser: Browser) -> None:
    shown = await browser.signs_in("not-the-token-at-all")
    assert "Servers" in (await browser.submits(shown, "/setup/sign-in", token=TOKEN)).words


async def test_guessing_is_stopped_on_the_page_too(browser: Browser, clock: HeldClock) -> None:
    for _ in range(10):
        await browser.signs_in("not-the-token-at-all")
    assert (await browser.signs_in()).status == 429
    clock.advance(minutes=10)
    assert "Servers" in (await browser.signs_in()).words


async def test_a_setup_is_created_and_shown_once(bot: Bot, browser: Browser) -> None:
    shown = await browser.submits(await browser.signs_in(), "/setup/servers", name="Example Ltd")
    (server,) = await bot.parts.setup.listed()
    (key,) = bot.parts.setup.keys_in_force(server)
    assert shown.copyable("secret") == key.secret.reveal()
    assert shown.copyable("command") == f"/apps install http {bot.address}/mattermost/{server.id}/manifest.json"
    await bot.parts.setup.use_install_code(server, shown.copyable("code"))
    again = await browser.opens()
    assert "Example Ltd pending" in again.words
    assert key.secret.reveal() not in again.text


async def test_a_name_is_only_text_on_the_page(browser: Browser) -> None:
    name = "<script>alert(1)</script>"
    shown = await browser.submits(await browser.signs_in(), "/setup/servers", name=name)
    assert name not in shown.text
    assert "&lt;script&gt;" in shown.text
    assert name not in (await browser.opens()).text


async def test_a_name_that_is_missing_is_asked_for_again(bot: Bot, browser: Browser) -> None:
    shown = await browser.submits(await browser.signs_in(), "/setup/servers", name="   ")
    assert shown.status == 400
    assert "Name: This is needed." in shown.words
    assert await bot.parts.setup.listed() == []


@pytest.mark.parametrize("proof", ["", "wrong", "ü"])
async def test_a_form_of_another_site_is_refused(proof: str, bot: Bot, browser: Browser) -> None:
    await browser.signs_in()
    shown = await browser.sends("/setup/servers", name="Evil Ltd", proof=proof)
    assert shown.status == 403
    assert "This form was not sent from our page." in shown.words
    assert await bot.parts.setup.listed() == []


async def test_a_form_of_another_browser_is_refused(bot: Bot, browser: Browser) -> None:
    await browser.signs_in()
    theirs = await Browser(bot.address).signs_in()
    assert (await browser.submits(theirs, "/setup/servers", name="Evil Ltd")).status == 403
    assert await bot.parts.setup.listed() == []


async def test_a_guests_form_does_nothing_for_the_operator(bot: Bot, browser: Browser) -> None:
    guest = await browser.opens()
    await browser.signs_in()
    shown = await browser.submits(guest, "/setup/servers", name="Evil Ltd")
    assert (shown.status, await bot.parts.setup.listed()) == (403, [])


@pytest.mark.parametrize("path", ["/setup/servers", "/setup/servers/abcdefghijklmnop/secret", "/setup/sign-out"])
async def test_without_a_session_nothing_is_done(path: str, browser: Browser) -> None:
    shown = await browser.sends(path, name="x")
    assert shown.status == 403
    assert "Your session has ended, or the browser did not keep our cookie." in shown.words


async def test_a_refused_form_does_not_sign_the_operator_out(browser: Browser) -> None:
    await browser.signs_in()
    await Browser(browser.address).sends("/setup/servers", name="x")
    await browser.sends("/setup/servers", name="x", proof="wrong")
    assert "Servers" in (await browser.opens()).words


async def test_a_session_ends_after_an_hour(browser: Browser, clock: HeldClock) -> None:
    await browser.signs_in()
    clock.advance(minutes=59)
    assert "Servers" in (await browser.opens()).words
    clock.advance(minutes=1)
    assert "Sign in with the admin token." in (await browser.opens()).words


async def test_a_made_up_session_is_none(browser: Browser) -> None:
    await browser.signs_in()
    text, _, signature = browser.cookies[ADMIN_COOKIE].partition(".")
    for forged in (text, f"{text}.", f"{text}x.{signature}", f"{text}.{signature}x", "", ".", "ü.ü", "====.k1.x"):
        browser.cookies[ADMIN_COOKIE] = forged
        assert "Sign in with the admin token." in (await browser.opens()).words


async def test_a_guests_cookie_is_not_an_admins(browser: Browser) -> None:
    await browser.opens()
    browser.cookies[ADMIN_COOKIE] = browser.cookies[GUEST_COOKIE]
    assert "Sign in with the admin token." in (await browser.opens()).words


def test_another_admin_token_ends_all_sessions(start: Start, io_loop: IOLoop) -> None:
    browser = Browser(start().address)
    io_loop.run_sync(browser.signs_in)
    browser.address = start(ADMIN_TOKEN="a-new-admin-token-for-all").address
    shown = io_loop.run_sync(browser.opens)
    assert "Sign in with the admin token." in shown.words


async def test_signing_out_closes_the_page(browser: Browser) -> None:
    shown = await browser.signs_in()
    assert "Sign in with the admin token." in (await browser.submits(shown, "/setup/sign-out")).words


async def test_a_second_site_is_confirmed(bot: Bot, browser: Browser) -> None:
    server_id = await install(bot)
    await present(bot, server_id, "https://new.example.com")
    shown = await browser.signs_in()
    assert "A second Mattermost wants to be Example Ltd" in shown.words
    done = await browser.submits(shown, f"/setup/servers/{server_id}/confirm", site="https://new.example.com")
    assert "Example Ltd is now served at https://new.example.com." in done.words


async def test_the_site_that_is_confirmed_is_the_one_that_was_shown(bot: Bot, browser: Browser) -> None:
    server_id = await install(bot)
    await present(bot, server_id, "https://new.example.com")
    shown = await browser.signs_in()
    await present(bot, server_id, "https://evil.example.com")
    done = await browser.submits(shown, f"/setup/servers/{server_id}/confirm", site="https://new.example.com")
    assert done.status == 409
    assert "No Mattermost at that address is waiting here any more." in done.words
    server = await bot.parts.stores.servers.by_id(server_id)
    assert server is not None
    assert server.site_url == "https://chat.example.com"


async def test_a_second_site_is_refused(bot: Bot, browser: Browser) -> None:
    server_id = await install(bot)
    await present(bot, server_id, "https://evil.example.com")
    done = await browser.submits(await browser.signs_in(), f"/setup/servers/{server_id}/refuse")
    assert "Refused. Example Ltd stays at https://chat.example.com." in done.words
    assert "evil" not in done.text


async def test_a_new_secret_is_shown_once(bot: Bot, browser: Browser) -> None:
    server_id = await install(bot)
    shown = await browser.submits(await browser.signs_in(), f"/setup/servers/{server_id}/secret")
    server = await bot.parts.stores.servers.by_id(server_id)
    assert server is not None
    assert shown.copyable("secret") == bot.parts.setup.keys_in_force(server)[1].secret.reveal()


async def test_a_new_code_is_shown_once(bot: Bot, browser: Browser) -> None:
    server_id = await install(bot)
    shown = await browser.submits(await browser.signs_in(), f"/setup/servers/{server_id}/code")
    server = await bot.parts.stores.servers.by_id(server_id)
    assert server is not None
    await bot.parts.setup.use_install_code(server, shown.copyable("code"))


async def test_a_server_that_is_gone_is_told(browser: Browser) -> None:
    shown = await browser.submits(await browser.signs_in(), f"/setup/servers/{'a' * 32}/secret")
    assert shown.status == 409
    assert "That does not exist any more." in shown.words


async def test_pages_are_not_kept_not_framed_and_run_no_foreign_script(bot: Bot, browser: Browser) -> None:
    await install(bot)
    pages = [await browser.opens(), await browser.signs_in()]
    pages.append(await browser.submits(pages[-1], "/setup/servers", name="x"))
    for shown in pages:
        headers = shown.response.headers
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "<style" not in shown.text
        assert " style=" not in shown.text
        assert shown.text.count("<script") == shown.text.count('<script src="/setup/static/setup.js"') == 1


def cookies_of(start: Start, io_loop: IOLoop, public_url: str) -> list[str]:
    address = start(public_url).address
    response = io_loop.run_sync(lambda: AsyncHTTPClient().fetch(f"{address}/setup"))
    return response.headers.get_list("Set-Cookie")


def test_cookies_stay_with_the_page(start: Start, io_loop: IOLoop) -> None:
    (cookie,) = cookies_of(start, io_loop, "https://oncall.example.com")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" in cookie
    assert "Path=/setup" in cookie


def test_cookies_work_without_https_where_the_operator_chose_it(start: Start, io_loop: IOLoop) -> None:
    (cookie,) = cookies_of(start, io_loop, "http://oncall.internal:8080")
    assert "Secure" not in cookie


def test_below_a_path_of_a_proxy_links_and_cookies_carry_it(start: Start, io_loop: IOLoop) -> None:
    address = start("https://example.com/oncall").address
    response = io_loop.run_sync(lambda: AsyncHTTPClient().fetch(f"{address}/setup"))
    assert "Path=/oncall/setup" in response.headers["Set-Cookie"]
    assert 'action="/oncall/setup/sign-in"' in response.body.decode()


@pytest.mark.parametrize("name", ["setup.css", "setup.js", "bell.svg"])
async def test_the_pages_files_are_there(name: str, bot: Bot) -> None:
    response = await AsyncHTTPClient().fetch(f"{bot.address}/setup/static/{name}")
    assert response.code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_only_the_pages_files_are_there(bot: Bot) -> None:
    for path in ("../templates/base.html", "..%2ftemplates/base.html", "%2e%2e/sessions.py"):
        response = await AsyncHTTPClient().fetch(f"{bot.address}/setup/static/{path}", raise_error=False)
        assert response.code in (403, 404)


async def test_an_address_that_only_forms_use_leads_to_the_page(browser: Browser) -> None:
    for path in ("/setup/servers", "/setup/sign-in", f"/setup/servers/{'a' * 32}/code"):
        assert "Sign in with the admin token." in (await browser.opens(path)).words


async def test_a_form_that_is_too_long_is_refused(browser: Browser) -> None:
    shown = await browser.submits(await browser.opens(), "/setup/sign-in", token="x" * 20_000)
    assert shown.status == 413
