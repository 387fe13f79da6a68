"""People from a file: what an operator types, with a real bot and a strict Mattermost."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.command_line import main
from tests.scenarios.world import ADMIN_TOKEN, World

HEADER = "name,email,phone,zone,role,username\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def write(file: Path, content: str | bytes) -> None:
    file.write_bytes(content.encode() if isinstance(content, str) else content)


async def imports(world: World, file: Path, *more: str) -> Result:
    environ = {"ADMIN_TOKEN": ADMIN_TOKEN, "MONGODB_URI": None, "DATA_DIR": None, "PUBLIC_URL": None}
    words = ("people", "import", str(file), "--bot", world.url, *more)
    return await asyncio.to_thread(CliRunner().invoke, main, words, env=environ)


async def people(world: World) -> dict[str, Any]:
    return {one.name: one for one in await world.services.stores.people.listed(world.server_id, 100)}


async def test_a_list_is_imported_and_importing_it_again_changes_nothing(world: World, file: Path) -> None:
    write(
        file,
        HEADER + "Ana Schmidt,ana.schmidt@example.com,+49 151 2345678,Europe/Berlin,,ana\n"
        "Dora Diaz,dora@example.com,,America/New_York,viewer,\nEmil,,,,,\n",
    )
    first = await imports(world, file)
    assert "2 added, 1 updated, 0 unchanged." in first.output, first.output
    assert first.exit_code == 0
    known = await people(world)
    ana, dora = known["Ana Schmidt"], known["Dora Diaz"]
    assert (ana.username, ana.phone, ana.linked) == ("ana", "+491512345678", True)
    assert (dora.zone, dora.role, dora.linked) == ("America/New_York", "viewer", False)
    again = await imports(world, file)
    assert "0 added, 0 updated, 3 unchanged." in again.output
    assert await people(world) == known


async def test_a_dry_run_says_the_same_and_writes_nothing(world: World, file: Path) -> None:
    write(file, HEADER + "Ana Schmidt,,,,,ana\nDora Diaz,dora@example.com,,,,\n")
    before = await people(world)
    result = await imports(world, file, "--dry-run")
    assert "1 would be added, 1 would be updated, 0 unchanged." in result.output
    assert await people(world) == before


async def test_mistakes_are_told_by_line_and_the_rest_is_imported(world: World, file: Path) -> None:
    write(file, HEADER + "Dora,dora at home,,,,\nEmil,emil@example.com,,,,\n,,,,boss,\nFay,,,,,nobody\n")
    result = await imports(world, file)
    assert result.exit_code == 1
    assert "Line 2: email: This is not an e-mail address. Write it like ana@example.com." in result.output
    assert "Line 4: role: Choose one of: viewer, responder, admin." in result.output
    assert "Line 5: Mattermost has no active user @nobody. Check the spelling" in result.output
    assert "1 added, 0 updated, 0 unchanged, 3 not imported." in result.output
    assert "Emil" in await people(world)


async def test_spreadsheets_mark_their_files_and_use_semicolons(world: World, file: Path) -> None:
    write(file, "\ufeffName;E-Mail\r\n".replace("E-Mail", "email").encode() + "Zoë;zoe@example.com\r\n".encode())
    result = await imports(world, file)
    assert "1 added" in result.output, result.output
    assert (await people(world))["Zoë"].email == "zoe@example.com"


async def test_a_username_given_later_links_the_profile_that_was_added_first(world: World, file: Path) -> None:
    write(file, HEADER + "Ana Schmidt,ana.schmidt@example.com,,,,\n")
    await imports(world, file)
    url = await world.add_integration("Backups", "ana.schmidt@example.com")
    write(file, HEADER + "Ana Schmidt,ana.schmidt@example.com,,,,ana\n")
    result = await imports(world, file)
    assert "0 added, 1 updated" in result.output, result.output
    await world.fire()
    assert url
    assert (await people(world))["Ana Schmidt"].username == "ana"
    assert "0 added, 0 updated, 1 unchanged." in (await imports(world, file)).output


async def test_an_address_of_one_and_a_username_of_another_do_not_fit(world: World, file: Path) -> None:
    write(file, HEADER + "Ana,ana@example.com,,,,ana\n")
    await imports(world, file)
    write(file, HEADER + "Ana,ana@example.com,,,,ben\n")
    result = await imports(world, file)
    assert "Line 2: ana@example.com is the address of @ana, not of @ben. Correct one of the two." in result.output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name,age\nAna,3\n", "has the column 'age'. The first line names the columns: name, email"),
        (b"email\na@example.com\n", "needs a column called name or username."),
        (b"name\nAna,Berlin\n", "Line 2 has more columns than the first line."),
        (b"name\nJ\xf6rg\n", "is not UTF-8. Save it as"),
        (b"", "needs a column called name or username."),
        (b'name\n"Ana\n', "this is no CSV"),
    ],
)
@pytest.mark.parametrize("surface", ["native-9.5"], indirect=True)
async def test_files_that_are_no_list_of_people(world: World, file: Path, content: bytes, words: str) -> None:
    write(file, content)
    result = await imports(world, file)
    assert result.exit_code == 1
    assert words in result.output


@pytest.mark.parametrize("surface", ["native-9.5"], indirect=True)
async def test_an_unknown_server_is_answered_with_those_there_are(world: World, file: Path) -> None:
    write(file, "name\nAna\n")
    result = await imports(world, file, "--server", "Elsewhere")
    assert f"Name one of these with --server: Example ({world.server_id})." in result.output


@pytest.mark.parametrize("surface", ["native-9.5"], indirect=True)
async def test_without_the_admin_token_nothing_is_read(world: World) -> None:
    async with world.session.post(f"{world.url}/mattermost/people", json={"rows": []}) as answer:
        assert answer.status == 401
