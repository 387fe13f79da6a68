"""`python -m bot people import`: bring a list of people into the running bot."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from bot.command_line.running_bot import ADDRESS_HELP, RunningBot

COLUMNS = ("name", "email", "phone", "zone", "role", "username")
AT_ONCE = 50
MOST_BYTES = 16 * 1024 * 1024

Row = dict[str, Any]


@click.group()
def people() -> None:
    """Manage people from the command line."""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--server", default="", metavar="NAME", help="Which Mattermost, by name or id, if there are several.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--bot", default="", metavar="URL", help=ADDRESS_HELP)
def import_(file: Path, server: str, dry_run: bool, bot: str) -> None:
    """Add the people of a CSV file, or bring them up to date.

    The first line names the columns: name, email, phone, zone, role (viewer, responder, admin), username. Only name or
    username is needed. Commas and semicolons both work.

    Importing a file again changes nothing: somebody with the same e-mail address or username is updated. A username
    links that Mattermost user at once; without one, `/oncall people invite` gets a code. Ends with status 1 if a line
    could not be imported.
    """
    rows = read_rows(file)
    running = RunningBot.find(bot)
    counted: Counter[str] = Counter()
    with click.progressbar(length=len(rows), label="Importing", file=sys.stderr) as progress:
        problems = []
        for some in _in_parts(rows):
            answer = running.ask("POST", "/mattermost/people", {"server": server, "dry_run": dry_run, "rows": some})
            counted.update(result["outcome"] for result in answer["results"])
            problems += [result for result in answer["results"] if result["outcome"] == "refused"]
            progress.update(len(some))
    for problem in problems:
        click.echo(f"Line {problem['line']}: {' '.join(problem['problems'])}", err=True)
    click.echo(summary(counted, dry_run=dry_run))
    if problems:
        sys.exit(1)


def summary(counted: Counter[str], *, dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    told = f"{counted['added']} {would}added, {counted['updated']} {would}updated, {counted['unchanged']} unchanged"
    return f"{told}, {counted['refused']} not imported." if counted["refused"] else f"{told}."


def read_rows(file: Path) -> list[Row]:
    """The lines of a CSV file with their numbers. Raises ClickException that says what is wrong with the file."""
    if file.stat().st_size > MOST_BYTES:
        raise click.ClickException(f"{file.name} is larger than 16 MiB. Split it.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(
            f"{file.name} is not UTF-8. Save it as “CSV UTF-8” in your spreadsheet, then try again."
        ) from None
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check(header, file)
        return [_row(reader.line_num, header, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as problem:
        raise click.ClickException(f"{file.name}, line {reader.line_num}: this is no CSV ({problem}).") from None


def _delimiter(text: str) -> str:
    """Spreadsheets write semicolons where the comma is the decimal sign."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _check(header: Sequence[str], file: Path) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        raise click.ClickException(
            f"{file.name} has the column {unknown[0]!r}. The first line names the columns: {', '.join(COLUMNS)}."
        )
    if len(set(header)) < len(header):
        raise click.ClickException(f"{file.name} names a column twice in its first line.")
    if not {"name", "username"} & set(header):
        raise click.ClickException(f"{file.name} needs a column called name or username.")


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) > len(header):
        raise click.ClickException(f"Line {line} has more columns than the first line. Put quotes around commas.")
    return {"line": line, "values": {name: cell.strip() for name, cell in zip(header, cells, strict=False)}}


def _in_parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), AT_ONCE):
        yield list(rows[start : start + AT_ONCE])
