"""One stand-in of the demo: a simulated Mattermost with its page, its sample alerts and its file."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.demo.alarm import Alarm
from bot.demo.samples import SAMPLES
from bot.demo.tour import HINT, HINTS, tour
from bot.demo.town import ALERTS, NAMES, settle
from bot.simulator.page import PageSettings, routes
from bot.simulator.saving import Damaged, Saving, restore
from bot.simulator.server import Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Which Mattermost a stand-in plays. `name` is how files and memory call it."""

    name: str
    label: str
    version: str
    apps: bool
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """`is_new` means nobody has installed anything in it yet; `problem` says why an earlier life was given up."""

    kind: Kind
    simulator: Simulator
    saving: Saving
    is_new: bool
    problem: str = ""


def load(kind: Kind, folder: Path, *, keep: bool) -> StandIn:
    """The stand-in of the last run, or a new one where there is none, it cannot be used, or is not to be kept."""
    file = folder / f"stand-in-{kind.name}.json"
    problem = ""
    if keep:
        simulator = _simulator(kind)
        try:
            restore(simulator, file.read_bytes())
            return StandIn(kind=kind, simulator=simulator, saving=Saving(simulator, file), is_new=False)
        except FileNotFoundError:
            problem = f"{file} is gone"
        except OSError as refused:
            problem = f"{file} cannot be read: {refused.strerror}"
        except Damaged as damaged:
            problem = f"{file} is damaged: {damaged}"
    simulator = _simulator(kind)
    settle(simulator)
    return StandIn(kind=kind, simulator=simulator, saving=Saving(simulator, file), is_new=True, problem=problem)


def _simulator(kind: Kind) -> Simulator:
    """With what admins usually allow: an answer to a typed command then comes from the bot, not from oneself."""
    simulator = Simulator(version=kind.version, apps=kind.apps, port=kind.port)
    simulator.state.config["ServiceSettings"]["EnablePostUsernameOverride"] = True
    return simulator


@asynccontextmanager
async def serving(stand_in: StandIn, alarm: Alarm, siblings: Sequence[Kind]) -> AsyncIterator[None]:
    """Listening, with its page, and saved now and then; saved once more at the end."""
    simulator = stand_in.simulator
    simulator.add_routes(routes(simulator, _page(stand_in.kind, alarm, siblings)))
    await simulator.start()
    writing = asyncio.create_task(stand_in.saving.run())
    try:
        yield
    finally:
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        await simulator.stop()
        await stand_in.saving.save()


def _page(kind: Kind, alarm: Alarm, siblings: Sequence[Kind]) -> PageSettings:
    return PageSettings(
        title="OnCall demo",
        siblings=[(one.label, one.url) for one in siblings],
        surface=kind.label,
        people=NAMES,
        start_channel=ALERTS,
        samples=[sample.shown() for sample in SAMPLES],
        fire=alarm.fire,
        resolve=alarm.resolve,
        hint=HINT,
        hints=HINTS,
        tour=tour(apps=kind.apps),
    )
