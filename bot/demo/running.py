"""Puts the demo together: the bot, its two stand-ins and what connects them; takes it all down on Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import click
import uvloop

from bot import composition
from bot.config import Config
from bot.demo import APPS_VERSION, NATIVE_VERSION
from bot.demo.alarm import Alarm
from bot.demo.installing import Installer, place_of
from bot.demo.logs import open_log
from bot.demo.memory import Memory
from bot.demo.ports import ports
from bot.demo.stand_in import Kind, StandIn, load, serving
from bot.services import Services

MEMORY = "demo.json"


def run(config: Config, *, version: str = NATIVE_VERSION) -> None:
    """Until Ctrl-C. `version` is what the native stand-in plays. Raises DemoProblem, EmbeddedMongoError, OSError."""
    uvloop.run(_until_stopped(config, version))


async def _until_stopped(config: Config, version: str) -> None:
    """A signal ends whatever is going on, once: the second must not disturb the cleaning up."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        for one in signals:
            loop.add_signal_handler(one, lambda: None)
        task.cancel()

    for one in signals:
        loop.add_signal_handler(one, stop)
    try:
        async with running(config, version=version) as url:
            click.echo(words(url))
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        click.echo("\nStopped. Everything is kept; `make run` goes on from here.")


@asynccontextmanager
async def running(config: Config, *, version: str = NATIVE_VERSION) -> AsyncIterator[str]:
    """The demo, ready; gives the address to open."""
    open_log(config)
    _, apps_port, native_port = ports(config.port, config.host)
    kinds = (
        Kind(
            name="apps", label=f"Mattermost {APPS_VERSION} with Apps", version=APPS_VERSION, apps=True, port=apps_port
        ),
        Kind(name="native", label=f"Mattermost {version} without Apps", version=version, apps=False, port=native_port),
    )
    memory = Memory(config.data_dir / MEMORY)
    if memory.unreadable:
        _tell(f"{config.data_dir / MEMORY} is damaged, so both stand-ins begin anew.")
    # The bot goes first when all ends, so that it never finds its Mattermosts gone.
    async with AsyncExitStack() as town, composition.running(config) as bot:
        demo = _Demo(
            config=config,
            services=bot.services,
            memory=memory,
            session=await town.enter_async_context(aiohttp.ClientSession()),
        )
        for kind in kinds:
            await demo.open(kind, kinds, town)
        yield f"{kinds[0].url}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demo:
    """What is there before the first stand-in opens."""

    config: Config
    services: Services
    memory: Memory
    session: aiohttp.ClientSession

    async def open(self, kind: Kind, siblings: tuple[Kind, ...], town: AsyncExitStack) -> None:
        """Open a stand-in as it was, or a new one with everything installed."""
        change = await self._change(kind)
        stand_in = load(kind, self.config.data_dir, keep=not change)
        problem = stand_in.problem or change
        if problem and self.memory.installed(kind.name):
            _tell(f"{problem}. {kind.label} begins anew.")
        alarm = Alarm(self.session, lambda: self._alert_url(kind), self.services.clock)
        await town.enter_async_context(serving(stand_in, alarm, siblings))
        if stand_in.is_new:
            await self._install(stand_in)

    async def _change(self, kind: Kind) -> str:
        """Empty, or why the bot and the stand-in of the last run do not know each other any more."""
        installed = self.memory.installed(kind.name)
        if installed is None or not installed.alert_url:
            return "The first start was interrupted"
        if installed.place != place_of(self.config):
            return f"The demo was at {installed.place} before"
        if installed.version != kind.version:
            return f"It was version {installed.version} before"
        server = await self.services.stores.servers.by_id(installed.server_id)
        return "" if server is not None and server.installed else "The bot does not know it any more"

    async def _install(self, stand_in: StandIn) -> None:
        await self._forget(stand_in.kind)
        installer = Installer(config=self.config, session=self.session, remember=self.memory.remember)
        await installer.install(stand_in)

    async def _forget(self, kind: Kind) -> None:
        """The stand-in of an earlier life is gone, so the bot must not try to reach it any more."""
        known = self.memory.installed(kind.name)
        server = await self.services.stores.servers.by_id(known.server_id) if known else None
        if server is not None:
            await self.services.installing.uninstalled(server)

    def _alert_url(self, kind: Kind) -> str:
        installed = self.memory.installed(kind.name)
        return installed.alert_url if installed else ""


def words(url: str) -> str:
    return f"""OnCall is running. Open this address in your browser:

    {url}

  - Fire a sample alert there, press Acknowledge on its card, or type /oncall in the message box.
  - Be somebody else, or go to the Mattermost without Apps, with the menus at the top.
  - Ctrl-C ends it; what you did is kept."""


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)
