"""Bodies that are no alerts have a bound together: not of its own for anybody, and not that of the alerts."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest, RequestStartLine
from tornado.testing import bind_unused_port
from tornado.web import RequestHandler, url

from bot.receiving.held import MOST as MOST_OF_ALERTS
from bot.receiving.held import MOST_OF_ONE
from handlers.bodies import MOST
from handlers.counted import UNCOUNTED, Counted, Counting
from tests.scenarios.world import World
from tests.security.test_held import answered, begun
from tests.security.wire import request, status_of
from tests.waiting import until

LONG = 300_000
REFUSED = (400, 401, 403, 404, 413)  # whatever stands at the address: it was asked
ADDRESSES = ("/mattermost/setup", "/native/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/action", "/setup/sign-in", "/nothing/here")


@pytest.fixture
def surface() -> str:
    return "native-11.1"


def body_of(length: int) -> bytes:
    return json.dumps({"x": "x" * (length - len('{"x": ""}'))}).encode()


def long(path: str = "/nothing/here", length: int = LONG) -> bytes:
    return request("POST", path, [("Content-Type", "application/json")], body_of(length))


def asked() -> HTTPServerRequest:
    return HTTPServerRequest(start_line=RequestStartLine("POST", "/", "HTTP/1.0"))


@contextmanager
def full(world: World, *, but: int = 0) -> Iterator[None]:
    bodies, other = world.application.bodies, asked()
    assert bodies.hold(other, MOST - but)
    yield
    assert bodies.size == MOST - but
    bodies.give_back(other)


@pytest.mark.parametrize("path", ADDRESSES)
async def test_what_came_of_a_body_counts_until_it_is_answered(world: World, path: str) -> None:
    bodies, raw = world.application.bodies, long(path)
    async with begun(world, raw[:-1]) as (reader, writer):
        await until(lambda: bodies.size == LONG - 1)
        writer.write(raw[-1:])
        assert status_of(await asyncio.wait_for(reader.read(), timeout=60)) in REFUSED
        assert bodies.size == 0


async def test_what_somebody_began_and_did_not_end_counts_no_longer_than_the_connection(world: World) -> None:
    bodies, raw = world.application.bodies, long()[:-1]
    async with begun(world, raw), begun(world, raw):
        await until(lambda: bodies.size == 2 * (LONG - 1))
    await until(lambda: bodies.size == 0)


async def test_the_end_of_a_connection_gives_back_what_is_not_forgotten_yet(world: World) -> None:
    its, bodies = asked(), world.application.bodies
    counted = Counted(HTTPMessageDelegate(), its, world.application)
    counted.data_received(body_of(LONG))
    assert bodies.size == LONG
    counted.on_connection_close()
    assert bodies.size == 0


@pytest.mark.parametrize("path", ADDRESSES)
async def test_where_there_is_no_room_who_asks_is_told_to_come_back(world: World, path: str) -> None:
    with full(world):
        answer = await answered(world, long(path))
        assert status_of(answer) == 503 and re.search(rb"Retry-After: \d", answer)
        assert "at once" in json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert status_of(await answered(world, long(path))) in REFUSED
    assert world.application.bodies.size == 0


async def test_a_body_of_unknown_length_that_outgrows_the_room_is_held_no_longer(world: World) -> None:
    bodies = world.application.bodies
    chunk = b"20000\r\n" + b" " * 0x20000 + b"\r\n"
    with full(world, but=LONG):
        async with begun(
            world, request("POST", "/nothing/here", [("Transfer-Encoding", "chunked")], chunk + chunk)
        ) as (reader, writer):
            await until(lambda: bodies.size == MOST - LONG + 2 * 0x20000)
            writer.write(chunk)
            await until(lambda: bodies.size == MOST - LONG)
            writer.write(b"0\r\n\r\n")
            assert status_of(await asyncio.wait_for(reader.read(), timeout=60)) == 503


@pytest.mark.parametrize("path", ADDRESSES)
async def test_usual_bodies_pass_while_there_is_no_room(world: World, path: str) -> None:
    with full(world):
        assert status_of(await answered(world, long(path, UNCOUNTED))) in REFUSED
        assert status_of(await answered(world, long(path, UNCOUNTED + 1))) == 503


async def test_alerts_come_and_people_acknowledge_them_while_strangers_use_up_the_room(world: World) -> None:
    with full(world):
        await world.fire(summary="x" * 2 * UNCOUNTED)
        await world.ana.clicks("Acknowledge", world.card("ana"))
        assert world.ana.sees == "You have #1. Nobody else is paged for it."


async def test_alerts_do_not_use_up_the_room_of_the_others(world: World) -> None:
    held = world.services.held
    for sender in ("one", "two", "three"):
        assert held.take(sender, MOST_OF_ONE)
    assert held.size == MOST_OF_ALERTS
    assert status_of(await answered(world, long())) == 404


class Works(RequestHandler):
    """Takes its time, and fails if it is told to."""

    def initialize(self, begun: asyncio.Event, go_on: asyncio.Event) -> None:
        self._begun, self._go_on = begun, go_on

    async def post(self, what: str) -> None:
        self._begun.set()
        await self._go_on.wait()
        if what == "fails":
            raise ValueError


@pytest.mark.parametrize("what", ["works", "fails"])
async def test_a_body_counts_while_a_handler_works_on_it_also_for_nobody(world: World, what: str) -> None:
    begun_, go_on = asyncio.Event(), asyncio.Event()
    application = Counting(
        [url("/(works|fails)", Works, {"begun": begun_, "go_on": go_on})], world.services, log_function=lambda _: None
    )
    server, (socket, port) = HTTPServer(application), bind_unused_port()
    server.add_socket(socket)
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(long(f"/{what}"))
        await begun_.wait()
        assert application.bodies.size == LONG
        writer.close()
        await writer.wait_closed()
        assert application.bodies.size == LONG
        go_on.set()
        await until(lambda: application.bodies.size == 0)
    finally:
        server.stop()
        await server.close_all_connections()
