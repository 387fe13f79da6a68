"""A whole world for stories: a strict Mattermost, the bot over a real database, people at keyboards, held time.

Every story runs on each surface: the `world` fixture is parametrised, and a story never asks which one it is on.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tornado.ioloop import IOLoop

from bot.storage.mongo import Database
from tests.clock import HeldClock
from tests.markers import must_not_print
from tests.scenarios.world import MORE_SURFACES, SURFACES, World

WANTED = (*SURFACES, *MORE_SURFACES) if os.environ.get("ALL_SURFACES") else SURFACES


@pytest.fixture(params=WANTED)
def surface(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(
    surface: str, io_loop: IOLoop, database: Database, clock: HeldClock, request: pytest.FixtureRequest
) -> Iterator[World]:
    """Installed, with a channel for alerts and one integration that pages @ana, then @ben."""
    with _opened(surface, io_loop, database, clock, request.node) as world:
        io_loop.run_sync(world.install)
        yield world


@pytest.fixture
def bare_world(
    surface: str, io_loop: IOLoop, database: Database, clock: HeldClock, request: pytest.FixtureRequest
) -> Iterator[World]:
    """A Mattermost and a bot that do not know each other yet."""
    with _opened(surface, io_loop, database, clock, request.node) as world:
        yield world


@contextmanager
def _opened(surface: str, io_loop: IOLoop, database: Database, clock: HeldClock, test: pytest.Item) -> Iterator[World]:
    world = World(surface, database, clock)
    io_loop.run_sync(world.open)
    try:
        yield world
    finally:
        must_not_print(test, world.secrets)
        io_loop.run_sync(world.close)
    assert world.simulator.surprises == []
