"""Bots for the endpoints: one whose pages an operator opens, and one in trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port

from bot.composition import application, build
from bot.config import Role, read_config
from bot.services import Services
from bot.storage.mongo import Database
from bot.storage.stores import Stores
from bot.vault import generate_keys
from tests.clock import HeldClock
from tests.handlers.operating import Bot, started
from tests.ports import free_port


@pytest.fixture
def bot(io_loop: IOLoop, tmp_path: Path, stores: Stores, clock: HeldClock) -> Iterator[Bot]:
    async def begin() -> Bot:
        return started(tmp_path, stores, clock)

    bot = io_loop.run_sync(begin)
    yield bot
    io_loop.run_sync(bot.stop)


@pytest.fixture
def without_database(io_loop: IOLoop, clock: HeldClock) -> Iterator[str]:
    """The address of a bot whose database is away."""
    socket, port = bind_unused_port()
    environ = {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MONGODB_URI": "mongodb://127.0.0.1/unused",
        "ENCRYPTION_KEYS": generate_keys(),
        "ADMIN_TOKEN": "an-admin-token-that-is-long-enough-for-this",
    }
    database = Database(f"mongodb://127.0.0.1:{free_port()}/gone", selection_seconds=0.1)

    async def start() -> tuple[Services, HTTPServer]:
        services = build(read_config(environ, Role.WEB), database, clock, works=False)
        server = HTTPServer(application(services))
        server.add_socket(socket)
        return services, server

    services, server = io_loop.run_sync(start)
    yield f"http://127.0.0.1:{port}"
    server.stop()
    io_loop.run_sync(server.close_all_connections)
    io_loop.run_sync(services.outgoing.close)
    database.close()
