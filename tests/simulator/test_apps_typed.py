"""An admin and a user at their keyboards: the plugin and the browser model together."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.simulator.client.person import Person
from bot.simulator.server import Simulator
from tests.simulator.apps_world import World


@pytest.fixture
def world(make_simulator: Callable[..., Simulator], run: Callable[..., Any]) -> Iterator[World]:
    world = World(make_simulator(apps=True), run)
    yield world
    world.close()


def person(world: World, user: Any) -> Person:
    async def sit_down() -> Person:
        return Person(world.simulator, user)

    found: Person = world.run(sit_down())
    return found


def test_an_app_is_installed_used_and_removed_by_typing(world: World) -> None:
    admin = person(world, world.admin)
    world.app.answers["/manifest.json"] = world.manifest(http={"use_jwt": True})
    world.app.answers["/who"] = {"text": "Amira has the pager."}
    leaf = {"location": "who", "label": "who", "submit": {"path": "/who", "expand": {"acting_user": "+id"}}}
    world.bind({"location": "/command", "bindings": [{"location": "oncall", "label": "oncall", "bindings": [leaf]}]})
    world.run(admin.types(f"/apps install http {world.app.url}/manifest.json"))
    world.run(admin.submits(consent=True, secret="s3cret"))
    assert "Installed app `oncall`: On-call." in admin.sees
    assert world.plugin.app("oncall").secret == "s3cret"

    user = person(world, world.user)
    world.run(user.types("/OnCall who"))
    assert "Amira has the pager." in user.sees
    assert world.app.calls("/who")[0].context["acting_user"]["id"] == world.user.id

    world.run(admin.types("/apps uninstall oncall"))
    assert "Uninstalled On-call" in admin.sees
    assert world.simulator.surprises == []
