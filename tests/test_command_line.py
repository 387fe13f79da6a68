"""The command line as a newcomer types it, against a running bot and a strict Mattermost."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler, url

from bot.command_line import main
from bot.simulator.server import Simulator
from bot.storage.stores import Stores
from bot.vault import generate_keys
from tests.clock import HeldClock
from tests.handlers.operating import TOKEN, Bot, started
from tests.ports import free_port

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bot(io_loop: IOLoop, tmp_path: Path, stores: Stores, clock: HeldClock) -> Iterator[Bot]:
    async def start() -> Bot:
        return started(tmp_path / "data", stores, clock)

    bot = io_loop.run_sync(start)
    yield bot
    io_loop.run_sync(bot.stop)


async def typed(*words: str, typing: str = "", **environ: str) -> Result:
    """Somebody types `python -m bot WORDS`; in a thread, because it blocks until the bot has answered."""
    given = dict.fromkeys(("ADMIN_TOKEN", "DATA_DIR", "MONGODB_URI", "PORT", "HOST", "PUBLIC_URL"), None) | environ
    return await asyncio.to_thread(CliRunner().invoke, main, words, input=typing, env=given)


async def said_to(bot: Bot, *words: str, typing: str = "", **environ: str) -> Result:
    return await typed(*words, "--bot", bot.address, typing=typing, **{"ADMIN_TOKEN": TOKEN} | environ)


def ran(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("command", ["", "serve", "web", "worker", "demo", "setup", "doctor", "move", "remove"])
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(main, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert len(result.output.split("Options:")[0].split()) > 20


async def test_setup_says_what_to_type_and_to_paste(bot: Bot) -> None:
    result = await said_to(bot, "setup", "Example Ltd")
    assert result.exit_code == 0, result.output
    (server,) = await bot.parts.setup.listed()
    (key,) = bot.parts.setup.keys_in_force(server)
    manifest = f"{bot.address}/mattermost/{server.id}/manifest.json"
    assert f"\n       /apps install http {manifest}\n" in result.output
    assert f"\n       {key.secret.reveal()}\n" in result.output
    assert f"Manifest: {manifest} " in result.output
    code = result.output.split("works once:")[1].split()[0]
    await bot.parts.setup.use_install_code(server, code)


async def test_setup_answers_machines_in_json(bot: Bot) -> None:
    result = await said_to(bot, "setup", "Example Ltd", "--json")
    assert set(requests.compat.json.loads(result.output)) >= {"server_id", "install_secret", "install_code"}


async def test_setup_finds_the_bot_and_the_token_by_the_settings(bot: Bot, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "admin-token").write_text(TOKEN + "\n")
    port = bot.address.rpartition(":")[2]
    assert (await typed("setup", "x", DATA_DIR=str(folder), PORT=port)).exit_code == 0
    elsewhere = {"PORT": str(free_port()), "PUBLIC_URL": bot.address}
    assert (await typed("setup", "x", DATA_DIR=str(folder), **elsewhere)).exit_code == 0


async def test_without_a_running_bot_it_says_how_to_start_one() -> None:
    port = free_port()
    result = await typed("setup", "x", ADMIN_TOKEN=TOKEN, PORT=str(port))
    assert result.exit_code == 1
    assert result.output == (
        f"Error: No bot answers at http://127.0.0.1:{port}. Start it with `python -m bot serve`, "
        "or name its address with --bot.\n"
    )


async def test_a_wrong_token_is_told_with_where_it_came_from(bot: Bot, tmp_path: Path) -> None:
    result = await said_to(bot, "setup", "x", ADMIN_TOKEN="some-other-admin-token")
    assert result.exit_code == 1
    assert f"The bot at {bot.address} does not know this admin token (from ADMIN_TOKEN)." in result.output


async def test_a_missing_token_is_told_with_where_it_would_be(bot: Bot, tmp_path: Path) -> None:
    result = await typed("setup", "x", "--bot", bot.address, DATA_DIR=str(tmp_path / "nowhere"))
    assert result.exit_code == 1
    assert f"writes one to {tmp_path / 'nowhere' / 'admin-token'}" in result.output


async def test_after_many_wrong_tokens_it_says_to_wait(bot: Bot) -> None:
    for _ in range(10):
        await said_to(bot, "setup", "x", ADMIN_TOKEN="some-other-admin-token")
    result = await said_to(bot, "setup", "x")
    assert "Too many wrong admin tokens" in result.output


async def test_a_name_that_does_not_fit_is_told(bot: Bot) -> None:
    result = await said_to(bot, "setup", "x" * 65)
    assert result.exit_code == 1
    assert "name: At most 64 characters, please." in result.output


async def test_something_else_at_the_address_is_not_taken_for_the_bot(io_loop: IOLoop) -> None:
    class Other(RequestHandler):
        def get(self) -> None:
            self.finish("<html>hello")

        post = get

    server = Application([url("/healthz", Other), url("/mattermost/setup", Other)], log_function=lambda _: None).listen(
        0, "127.0.0.1"
    )
    (listening,) = server._sockets.values()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    result = await typed("setup", "x", "--bot", address, ADMIN_TOKEN=TOKEN)
    server.stop()
    assert result.exit_code == 1
    assert f"What answers at {address} is not this bot." in result.output


async def test_wrong_settings_are_told_by_name() -> None:
    result = await typed("setup", "x", PORT="eighty")
    assert result.exit_code == 2
    assert "PORT: 'eighty' is no port." in result.output


async def test_native_setup_installs_at_once(bot: Bot) -> None:
    async with simulated(bot) as (mattermost, token):
        result = await said_to(bot, "setup", "Ops", "--native", "--url", mattermost.site_url, typing=f"{token}\n")
        assert result.exit_code == 0, result.output
        assert f"OnCall is installed at Ops ({mattermost.site_url})." in result.output
        assert token not in result.output
        (server,) = await bot.parts.setup.listed()
        assert (server.name, server.site_url, server.installed) == ("Ops", mattermost.site_url, True)


async def test_native_setup_says_what_the_mattermost_needs_first(bot: Bot) -> None:
    async with simulated(bot) as (mattermost, token):
        mattermost.state.config["ServiceSettings"]["EnableCommands"] = False
        result = await said_to(bot, "setup", "Ops", "--native", "--url", mattermost.site_url, "--token", token)
        assert result.exit_code == 1
        assert "Mattermost is not ready for this:\n  - Slash commands are off. System Console >" in result.output
        assert await bot.parts.setup.listed() == []


async def test_native_setup_says_that_mattermost_refused(bot: Bot) -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    result = await said_to(bot, "setup", "Ops", "--native", "--url", closed, "--token", "wrong")
    assert result.exit_code == 1
    assert "Mattermost did not do it: " in result.output


async def test_options_of_the_native_way_need_it(bot: Bot) -> None:
    result = await said_to(bot, "setup", "Ops", "--url", "http://127.0.0.1")
    assert result.exit_code == 2
    assert "--url, --token, --team and --dry-run belong to --native." in result.output


async def test_the_doctor_tells_what_is_well_and_what_is_not(bot: Bot) -> None:
    async with simulated(bot) as (mattermost, token):
        await said_to(bot, "setup", "Ops", "--native", "--url", mattermost.site_url, "--token", token)
        await said_to(bot, "setup", "Late Ltd")
        result = await said_to(bot, "doctor")
    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert f"  ok  The bot answers at {bot.address}." in lines
    assert f"  ok  PUBLIC_URL {bot.address} leads to the bot." in lines
    assert "  ok  Ops: The bot logs in as @oncall." in lines
    assert "  !!  Ops: No channel for alerts is chosen. Choose one with `/oncall configure channel`." in lines
    assert "  !!  Late Ltd: Not installed yet. A Mattermost system admin has to type the install command." in lines
    assert lines[-1] == "Something needs attention: see the lines with !!."


async def test_the_doctor_says_how_to_begin(bot: Bot) -> None:
    result = await said_to(bot, "doctor")
    assert '  !!  No Mattermost is set up. Begin with: python -m bot setup "Example Ltd"' in result.output.splitlines()


def test_a_process_with_wrong_settings_ends_with_status_2_and_all_of_them(tmp_path: Path) -> None:
    ended = ran("web", DATA_DIR=str(tmp_path), PORT="0", LOG_LEVEL="loud")
    assert ended.returncode == 2
    told = [line.strip().split(":")[0] for line in ended.stderr.splitlines()[1:]]
    assert told == ["PORT", "MONGODB_URI", "ENCRYPTION_KEYS", "ADMIN_TOKEN", "LOG_LEVEL"]
    assert ended.stdout == ""


def test_a_port_that_is_taken_is_told(prepared_uri: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = ran(
            "web",
            MONGODB_URI=prepared_uri,
            ENCRYPTION_KEYS=generate_keys(),
            ADMIN_TOKEN=TOKEN,
            DATA_DIR=str(tmp_path),
            HOST="127.0.0.1",
            PORT=str(port),
        )
    assert ended.returncode == 1
    assert f"Another program already listens on 127.0.0.1, port {port}." in ended.stderr
    assert "Traceback" not in ended.stderr


@asynccontextmanager
async def simulated(bot: Bot) -> AsyncIterator[tuple[Simulator, str]]:
    """A native Mattermost that may call the bot, and its admin's token."""
    mattermost = Simulator(version="11.1", clock=lambda: bot.parts.clock().timestamp())
    admin = mattermost.add_user("root", admin=True)
    mattermost.add_team("ops", admin)
    await mattermost.start()
    try:
        yield mattermost, mattermost.session(admin)
    finally:
        await mattermost.stop()
