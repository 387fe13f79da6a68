"""What the simulator keeps over a restart, and what it does with a file it cannot use."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.simulator.errors import ApiError
from bot.simulator.records import Json
from bot.simulator.saving import Damaged, Saving, encode, restore
from bot.simulator.server import Simulator
from tests.waiting import until

Run = Callable[..., Any]


@pytest.fixture
def lived(run: Run) -> Simulator:
    """A server on which something has happened."""
    simulator = Simulator(version="9.5", apps=True)
    ana = simulator.add_user("ana", admin=True, timezone="Europe/Berlin")
    team = simulator.add_team("ops", ana)
    channel = simulator.add_channel(team, "alerts", private=True)
    simulator.join(ana, channel)
    root = run(simulator.create_post(ana.id, {"channel_id": channel.id, "message": "Grüße", "pending_post_id": "p:1"}))
    run(simulator.create_post(ana.id, {"channel_id": channel.id, "message": "answer", "root_id": root.id}))
    simulator.commands.create(
        ana.id, {"team_id": team.id, "trigger": "oncall", "url": "http://127.0.0.1:1/", "method": "P"}
    )
    assert simulator.apps is not None
    simulator.apps.store.kv[("oncall", ana.id, "", "key")] = b'{"a": "\xc3\xa9"}'
    return simulator


def again(simulator: Simulator) -> Simulator:
    found = Simulator(version="9.5", apps=True)
    restore(found, encode(simulator))
    return found


def test_what_was_saved_is_the_same_after_loading_it(lived: Simulator) -> None:
    assert encode(again(lived)) == encode(lived)


def test_people_channels_threads_and_tokens_are_found_again(lived: Simulator) -> None:
    token = lived.session(lived.state.usernames["ana"])
    state = again(lived).state
    ana = state.usernames["ana"]
    assert state.emails["ana@example.com"] is ana
    [team] = state.teams.values()
    channel = state.channel_names[(team.id, "alerts")]
    root, answer = channel.posts
    assert (root.message, root.replies) == ("Grüße", [answer])
    assert state.posts[root.id] is root
    assert state.pending_posts["p:1"] == (root.id, root.create_at)
    assert state.valid_token(token) is state.tokens[token]
    assert state.triggers[(team.id, "oncall")].creator_id == ana.id


def test_triggers_and_cookies_of_the_earlier_life_are_still_good(lived: Simulator) -> None:
    _, trigger = lived.trigger_key.make("somebody", now=1000)
    cookie = lived.cookies.seal({"a": 1})
    found = again(lived)
    assert found.trigger_key.public_der() == lived.trigger_key.public_der()
    assert found.trigger_key.read(trigger, now=1000, ttl=3).user_id == "somebody"
    assert found.cookies.open(cookie) == {"a": 1}
    with pytest.raises(ApiError):
        Simulator().cookies.open(cookie)


def test_the_apps_plugin_keeps_its_store_and_its_own_command(lived: Simulator, run: Run) -> None:
    found = again(lived)
    assert found.apps is not None
    ana = found.state.usernames["ana"]
    assert found.apps.store.kv[("oncall", ana.id, "", "key")] == b'{"a": "\xc3\xa9"}'
    assert sum(user.username == "appsbot" for user in found.state.users.values()) == 1
    team = next(iter(found.state.teams))
    [channel] = [one for one in found.state.channels.values() if one.name == "alerts"]
    bindings = run(found.apps.bindings(ana.id, channel_id=channel.id, team_id=team))
    assert bindings[0]["bindings"][0]["label"] == "apps"


def test_settings_that_an_older_server_did_not_know_keep_their_defaults(lived: Simulator) -> None:
    saved = msgspec.json.decode(encode(lived))
    del saved["config"]["PluginSettings"]
    saved["config"]["ServiceSettings"] = {"EnableCommands": False}
    found = Simulator(version="9.5", apps=True)
    restore(found, msgspec.json.encode(saved))
    assert found.state.config["PluginSettings"]["Enable"] is True
    assert found.state.config["ServiceSettings"]["PostPriority"] is True
    assert found.state.config["ServiceSettings"]["EnableCommands"] is False


def _damage_format(saved: Json) -> None:
    saved["format"] = 2


def _damage_channel(saved: Json) -> None:
    saved["posts"][0]["channel_id"] = "elsewhere"


def _damage_key(saved: Json) -> None:
    saved["trigger_key"] = "AAAA"


def _damage_kind(saved: Json) -> None:
    saved["users"] = 3


@pytest.mark.parametrize("damage", [_damage_format, _damage_channel, _damage_key, _damage_kind])
def test_a_file_that_does_not_fit_is_refused(lived: Simulator, damage: Callable[[Json], None]) -> None:
    saved = msgspec.json.decode(encode(lived))
    damage(saved)
    with pytest.raises(Damaged):
        restore(Simulator(version="9.5", apps=True), msgspec.json.encode(saved))


def test_half_a_file_is_refused(lived: Simulator) -> None:
    with pytest.raises(Damaged):
        restore(Simulator(version="9.5", apps=True), encode(lived)[:-10])


def test_the_memory_of_the_other_kind_of_server_is_refused(lived: Simulator) -> None:
    with pytest.raises(Damaged):
        restore(Simulator(version="9.5", apps=False), encode(lived))


async def test_a_change_is_on_disk_soon_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    simulator = Simulator()
    file = tmp_path / "new" / "stand-in.json"
    writing = asyncio.create_task(Saving(simulator, file).run())
    simulator.add_user("late")
    await until(lambda: file.exists() and b"late@example.com" in file.read_bytes())
    writing.cancel()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]


async def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    saving = Saving(Simulator(), tmp_path / "stand-in.json")
    await saving.save()
    (tmp_path / "stand-in.json").unlink()
    await saving.save()
    assert not (tmp_path / "stand-in.json").exists()
