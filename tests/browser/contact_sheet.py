"""Every form of the product as a modal, on the surfaces side by side: `make contact-sheet` writes docs/modals.png.

Each form is drawn by its surface, kept by the stand-in as that version of Mattermost would, shown by its client and
photographed on its page in a real Chromium. Whoever changes a form looks at the picture.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from selenium import webdriver

from bot.call import Ask, Value
from bot.registry import Command, load
from bot.simulator.apps.forms_cleaning import clean_form
from bot.simulator.client import apps_form, dialog
from bot.simulator.client.modal import Modal, ModalField
from bot.simulator.native import dialog_checks
from bot.simulator.page import PageSettings, routes
from bot.simulator.page.seats import Seat
from bot.simulator.profiles import profile_of
from bot.simulator.server import Simulator
from bot.surfaces import apps_forms, native_dialogs
from bot.surfaces.capabilities import capabilities
from bot.surfaces.tokens import Sealer
from bot.vault import Vault, generate_keys
from bot.words import Reader
from forms.base import Kind, Option
from tests.browser.conftest import start_chromium
from tests.browser.screen import Screen

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
    def ask(self) -> Ask:
        lookups = (Kind.LOOKUP, Kind.LOOKUPS)
        options = {name: OFFERED for name, field in self.command.form.inputs().items() if field.kind in lookups}
        return Ask(command=self.command.name, form=self.command.form, values=self.values, options=options)


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


def modal_on(surface: str, picture: Picture, seat: Seat) -> Modal:
    kind, _, version = surface.partition("-")
    modal = Modal(title="", origin=Still())
    sealer = Sealer(Vault(generate_keys()), "S1", lambda: NOW)
    reader = Reader(now=NOW, zone="Europe/Berlin")
    if kind == "apps":
        form = apps_forms.draw_form(picture.ask, picture.command, apps_forms.Drawing(sealer=sealer, reader=reader))
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
    sent = dialog_checks.kept(json.loads(json.dumps(native_dialogs.draw_dialog(picture.ask, drawing))), profile)
    names = seat.person.desk.names
    drawer = dialog.Drawer(known=profile.element_types, directory=names, zone=reader.zone, today=date(2026, 3, 2))
    dialog.draw(modal, sent, drawer)
    return modal


async def photograph(surface: str, driver: webdriver.Chrome, folder: Path) -> None:
    kind, _, version = surface.partition("-")
    simulator = Simulator(version=version, apps=kind == "apps")
    ana = simulator.add_user("ana")
    simulator.join(ana, simulator.add_channel(simulator.add_team("ops", ana), "alerts"))
    rules = routes(simulator, PageSettings(people=("ana",), start_channel="alerts"))
    simulator.add_routes(rules)
    await simulator.start()
    try:
        seat: Seat = rules[0][2]["seats"].take("ana")
        screen = Screen(driver)
        await asyncio.to_thread(screen.open, simulator.url)
        for number, picture in enumerate(pictures()):
            seat.person.desk.modals = [modal_on(surface, picture, seat)]
            seat.changed()
            title = seat.person.desk.modals[0].title
            await asyncio.to_thread(_shoot, screen, title, folder / f"{number:03}-{surface}.png")
            seat.person.desk.modals = []
            seat.changed()
            await asyncio.to_thread(screen.is_gone, "modal")
    finally:
        await simulator.stop()


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
        driver = start_chromium(folder / "chromium")
        try:
            driver.set_window_size(1100, 2200)
            for surface in SURFACES:
                await photograph(surface, driver, folder)
        finally:
            driver.quit()
        compose(folder, sheet)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHEET))
