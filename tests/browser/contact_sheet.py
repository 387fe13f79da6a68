"""Every form of the product as a modal, on the surfaces side by side: `make contact-sheet` writes docs/modals.png.

Each form opens as a bot that runs opens it for an admin, filled with what is so. It is drawn by its surface, kept by
the stand-in as that version of Mattermost would, shown by its client and photographed on its page in a real Chromium.
Whoever changes a form looks at the picture.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from selenium import webdriver

from bot.call import Actor, Ask, Call, Opened, Value
from bot.core.replacing import replace
from bot.registry import Command, load
from bot.simulator.apps.forms_cleaning import clean_form
from bot.simulator.client import apps_form, dialog
from bot.simulator.client.modal import Modal, ModalField
from bot.simulator.native import dialog_checks
from bot.simulator.page import PageSettings, routes
from bot.simulator.page.seats import Seat
from bot.simulator.profiles import profile_of
from bot.storage.embedded import EmbeddedMongo
from bot.storage.mongo import Database
from bot.storage.stores import open_stores
from bot.surfaces import apps_forms, native_dialogs
from bot.surfaces.capabilities import capabilities
from bot.surfaces.tokens import Sealer
from bot.vault import Vault, generate_keys
from bot.words import Reader
from forms.base import Kind, Option, is_empty
from tests.browser.conftest import start_chromium
from tests.browser.screen import Screen
from tests.clock import HeldClock
from tests.scenarios.world import World

SHEET = Path(__file__).parents[2] / "docs" / "modals.png"
SURFACES = ("apps-9.5", "native-9.5", "native-11.10", "native-12.0")
CAPTIONS = {
    "apps-9.5": "Apps framework, 9.5",
    "native-9.5": "native, 9.5",
    "native-11.10": "native, 11.10",
    "native-12.0": "native, 12.0",
}
# A form that changes with a choice is shown once more for each that adds fields.
SHAPES: dict[str, tuple[dict[str, Value], ...]] = {"integration add": ({}, {"kind": "heartbeat"})}
# What is typed before a form opens that shows one of several as it is.
TYPED: dict[str, dict[str, Value]] = {
    "integration edit": {"integration": "Prometheus"},
    "integration template": {"name": "Prometheus"},
    "route edit": {"integration": "Prometheus", "route": "Databases"},
}
ROUTE = "/oncall route add Prometheus Databases team=db --people @ana,@cho --channel alerts"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OFFERED = (
    Option(value="12", label="#12 Disk full on db-3 (firing)"),
    Option(value="11", label="#11 Errors (silenced)"),
)
WIDTH, COLOURS, BETWEEN = 300, 40, "#dfe3ea"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    command: Command
    values: dict[str, Value]

    @property
    def name(self) -> str:
        chosen = " ".join(f"{name}={value}" for name, value in self.values.items())
        return f"/oncall {self.command.name} {chosen}".strip()

    @property
    def runs_at_once(self) -> bool:
        """It needs nothing, so there is a form only for those who ask for one."""
        needed = any(field.required for field in self.command.form.inputs().values())
        return self.command.known is None and not needed

    def asked(self, opened: Ask) -> Ask:
        """With something to choose where nothing is chosen and there is nothing."""
        lookups = [name for name, field in opened.form.inputs().items() if field.kind in (Kind.LOOKUP, Kind.LOOKUPS)]
        empty = [name for name in lookups if is_empty(opened.values.get(name)) and not opened.options.get(name)]
        return replace(opened, options={**opened.options, **dict.fromkeys(empty, OFFERED)})


class Still:
    """What is behind a modal that is only looked at."""

    async def submit(self, modal: Modal, button: str) -> None: ...
    async def cancel(self, modal: Modal) -> None: ...
    async def refresh(self, modal: Modal, changed: ModalField) -> None: ...
    async def lookup(self, modal: Modal, field: ModalField, query: str) -> None: ...


def pictures() -> Iterator[Picture]:
    for command in load():
        if command.has_input:
            for values in SHAPES.get(command.name, ({},)):
                yield Picture(command=command, values=values)


async def opened(world: World, picture: Picture) -> Ask:
    """As the bot asks an admin who types the command."""
    command = picture.command
    empty = Ask(command=command.name, form=command.form, values=picture.values)
    if picture.runs_at_once:
        return picture.asked(empty)
    room = next(one for one in world.simulator.state.channels.values() if one.name == "alerts")
    call = Call(
        server_id=world.server_id,
        command=command.name,
        actor=Actor(user_id=world.root.user.id, username="root", admin=True),
        opened=Opened.TYPED,
        values={**picture.values, **TYPED.get(command.name, {})},
        channel_id=room.id,
        team_id=room.team_id,
    )
    reply = await world.services.dispatch(call)
    same = isinstance(reply, Ask) and reply.form is command.form
    return picture.asked(reply if isinstance(reply, Ask) and same else empty)


@asynccontextmanager
async def town(surface: str, uri: str) -> AsyncIterator[tuple[World, Seat]]:
    """A Mattermost with a page, the bot, and something to change."""
    database = Database(uri, name=f"contact_sheet_{surface.replace('.', '_')}")
    clock = HeldClock()
    await open_stores(database, clock).prepare()
    world = World(surface, database, clock)
    rules = routes(world.simulator, PageSettings(people=("root",), start_channel="alerts"))
    world.simulator.add_routes(rules)
    await world.open()
    try:
        await world.install()
        await world.root.types(ROUTE, channel="alerts")
        yield world, rules[0][2]["seats"].take("root")
    finally:
        await world.close()
        database.close()


def modal_on(surface: str, picture: Picture, ask: Ask, seat: Seat) -> Modal:
    kind, _, version = surface.partition("-")
    modal = Modal(title="", origin=Still())
    sealer = Sealer(Vault(generate_keys()), "S1", lambda: NOW)
    reader = Reader(now=NOW, zone="Europe/Berlin")
    if kind == "apps":
        form = apps_forms.draw_form(ask, picture.command, apps_forms.Drawing(sealer=sealer, reader=reader))
        cleaned, _ = clean_form(json.loads(json.dumps(form)), icon_url=str)
        apps_form.draw(modal, cleaned, fallback_title=picture.command.name)
        return modal
    url, profile = "https://bot.example.com/native/S1", profile_of(version)
    drawing = native_dialogs.Drawing(
        sealer=sealer,
        reader=reader,
        capabilities=capabilities(version),
        dialog_url=f"{url}/dialog",
        lookup_url=f"{url}/lookup",
        refresh_url=f"{url}/refresh",
    )
    sent = dialog_checks.kept(json.loads(json.dumps(native_dialogs.draw_dialog(ask, drawing))), profile)
    names = seat.person.desk.names
    drawer = dialog.Drawer(known=profile.element_types, directory=names, zone=reader.zone, today=date(2026, 3, 2))
    dialog.draw(modal, sent, drawer)
    return modal


async def photograph(surface: str, driver: webdriver.Chrome, folder: Path, uri: str) -> None:
    async with town(surface, uri) as (world, seat):
        screen = Screen(driver)
        await asyncio.to_thread(screen.open, world.simulator.url)
        for number, picture in enumerate(pictures()):
            modal = modal_on(surface, picture, await opened(world, picture), seat)
            seat.person.desk.modals = [modal]
            seat.changed()
            await asyncio.to_thread(_shoot, screen, modal.title, folder / f"{number:03}-{surface}.png")
            seat.person.desk.modals = []
            seat.changed()
            await asyncio.to_thread(screen.is_gone, "modal")


def _shoot(screen: Screen, title: str, file: Path) -> None:
    screen.sees(title)
    modal = screen.find("modal")
    # Long forms scroll in life; in the picture all of them is seen.
    screen.driver.execute_script(
        "document.activeElement.blur();"
        "for (const one of [arguments[0], ...arguments[0].querySelectorAll('form, .modal-fields')])"
        " { one.style.maxHeight = 'none'; one.style.overflow = 'visible'; }",
        modal,
    )
    file.write_bytes(modal.screenshot_as_png)


def compose(folder: Path, sheet: Path) -> None:
    """One row for each form, one column for each surface; the rows in two piles, or the picture is too high to open."""
    rows = []
    for number, picture in enumerate(pictures()):
        row = folder / f"row-{number:03}.png"
        tiles = [part for one in SURFACES for part in ("-label", CAPTIONS[one], str(folder / f"{number:03}-{one}.png"))]
        style = ["-tile", f"{len(SURFACES)}x1", "-geometry", f"{WIDTH}x+8+6", "-gravity", "north"]
        look = ["-background", BETWEEN, "-pointsize", "10", "-title", picture.name]
        _run("montage", *tiles, *style, *look, str(row))
        rows.append(str(row))
    small = ["-strip", "+dither", "-colors", str(COLOURS), "-define", "png:compression-level=9"]
    half = (len(rows) + 1) // 2
    piles = ["(", *rows[:half], "-append", ")", "(", *rows[half:], "-append", ")"]
    _run("convert", *piles, "-background", BETWEEN, "+append", *small, f"PNG8:{sheet}")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


async def main(sheet: Path) -> None:
    missing = [one for one in ("montage", "convert") if shutil.which(one) is None]
    if missing:
        raise SystemExit(f"The contact sheet needs ImageMagick: {', '.join(missing)} is not on the PATH.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mongo = await EmbeddedMongo.start(folder, authentication=False)
        driver = start_chromium(folder / "chromium")
        try:
            driver.set_window_size(1100, 2200)
            for surface in SURFACES:
                await photograph(surface, driver, folder, mongo.uri)
        finally:
            driver.quit()
            await mongo.stop()
        compose(folder, sheet)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHEET))
