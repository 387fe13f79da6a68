"""One Mattermost per test; what a strict one would not have expected fails the test."""

import pytest

from tests.mattermost.world import World


@pytest.fixture
def make_world(io_loop, clock):
    """`make_world(version=…, apps=…)`."""
    made = []

    def make(**options) -> World:
        world = World(clock, **options)
        io_loop.run_sync(world.start)
        made.append(world)
        return world

    yield make
    for world in made:
        io_loop.run_sync(world.close)
        assert list(world.simulator.surprises) == []


@pytest.fixture
def world(make_world) -> World:
    return make_world()
