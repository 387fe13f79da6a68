"""Who finishes an installation by hand is not proven before the code: nothing is told and no token goes elsewhere."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tornado.ioloop import IOLoop

from bot import sealed
from bot.core.servers import Surface
from bot.installation.setup import VISITS
from tests.scenarios.world import World


@pytest.fixture
def surface() -> str:
    return "native-9.5"


class Elsewhere:
    """A place that is no Mattermost of ours, and what it was sent."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._hear, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 418 teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()


@pytest.fixture
def elsewhere(io_loop: IOLoop) -> Iterator[Elsewhere]:
    place = Elsewhere()
    io_loop.run_sync(place.start)
    yield place
    io_loop.run_sync(place.stop)


async def asks(world: World, server_id: str, site: str) -> tuple[int, str]:
    said = {"text": "setup", "response_url": f"{site}/hooks/commands/{'a' * 26}", "trigger_id": "x", "token": "y"}
    async with world.session.post(f"{world.url}/native/{server_id}/command", data=said) as answer:
        return answer.status, await answer.text()


async def test_nobody_learns_what_answers_in_our_network(bare_world: World, elsewhere: Elsewhere) -> None:
    world = bare_world
    created = await world.services.setup.create("Example", surface=Surface.NATIVE)
    silent = await asks(world, created.server_id, "http://127.0.0.1:9")
    speaking = await asks(world, created.server_id, elsewhere.url)
    assert elsewhere.heard
    assert silent[0] == 200
    assert silent == speaking


async def test_nobody_has_us_ask_around_without_end(bare_world: World, elsewhere: Elsewhere) -> None:
    world = bare_world
    created = await world.services.setup.create("Example", surface=Surface.NATIVE)
    for _ in range(VISITS):
        await asks(world, created.server_id, elsewhere.url)
    asked = len(elsewhere.heard)
    status, answer = await asks(world, created.server_id, elsewhere.url)
    assert (status, "tried very often" in answer, len(elsewhere.heard)) == (200, True, asked)


async def test_nothing_is_asked_for_a_code_that_has_ended(bare_world: World) -> None:
    world = bare_world
    await world.install_natively()
    await world.services.setup.renew_install_code(world.server_id)
    assert (await asks(world, world.server_id, world.simulator.site_url))[0] == 200
    world.clock.advance(hours=24)
    assert (await asks(world, world.server_id, world.simulator.site_url))[0] == 401


async def test_the_bot_s_token_goes_to_its_own_mattermost_only(bare_world: World, elsewhere: Elsewhere) -> None:
    world = bare_world
    await world.install_natively()
    code = await world.services.setup.renew_install_code(world.server_id)
    user_id, vault = world.root.user.id, world.services.vault
    memory = {
        "site": elsewhere.url,
        "team": "t",
        "token": vault.seal("x", about=sealed.command_token(world.server_id, "t")),
        "answer": vault.seal(elsewhere.url, about=f"{world.server_id}|answer"),
    }
    ends_at = world.clock() + timedelta(hours=1)
    state = world.services.sealer(world.server_id).seal("by hand", memory, user_id=user_id, ends_at=ends_at)
    submitted = {"user_id": user_id, "state": state, "submission": {"code": code.code.reveal(), "bot_token": ""}}
    async with world.session.post(f"{world.url}/native/{world.server_id}/by-hand", json=submitted) as answer:
        assert "This is not the token of a bot account" in (await answer.json())["error"]
    assert not elsewhere.heard
