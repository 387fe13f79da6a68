"""The demo as a newcomer starts it: one command, one address, everything still there after Ctrl-C."""

import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from bot.demo.memory import Installed, Memory
from bot.demo.ports import ports
from bot.demo.problem import DemoProblem
from tests.ports import three_free_ports
from tests.running_demo import START_SECONDS, Demo


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """`start()` runs the demo; the same folder and ports every time."""
    port = three_free_ports()
    runs: list[Demo] = []

    def _start(*arguments: str) -> Demo:
        runs.append(Demo(tmp_path / "data", port, *arguments))
        return runs[-1]

    yield _start
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate()


def mongods(folder: Path) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "mongod" in line and str(folder) in line]


def test_one_address_is_printed_and_what_was_done_survives_ctrl_c(start: Callable[..., Demo]) -> None:
    first = start().ready()
    assert first.said.count("http://") == 1
    assert len(first.said.strip().splitlines()) <= 7
    assert first.does(1, intent="fire", sample="DatabaseDown") == {
        "said": "“Database down” fires: its card is in ~alerts."
    }
    assert first.does(2, intent="fire", sample="DiskAlmostFull")
    for stand_in, title in ((1, "#1 DatabaseDown"), (2, "#1 DiskAlmostFull")):
        first.until_saved(stand_in, title)
        first.until_saved(stand_in, "you are on call")
    assert first.stop() == 0
    assert mongods(first.folder) == []

    second = start().ready()
    assert first.said.startswith(second.said)
    second.does(1, intent="fire", sample="HighErrorRate")
    second.until_saved(1, "#2 HighErrorRate")
    # The card and the page, in whichever order: they are sent at the same time.
    assert sorted("you are on call" in post for post in second.posts(1) if "#1 DatabaseDown" in post) == [False, True]
    second.does(2, intent="resolve", sample="DiskAlmostFull")
    second.until_saved(2, "Resolved")
    assert second.stop() == 0


def test_kill_nine_leaves_a_state_that_goes_on(start: Callable[..., Demo]) -> None:
    first = start().ready()
    first.does(2, intent="fire", sample="DatabaseDown")
    first.until_saved(2, "#1 DatabaseDown")
    first.process.kill()
    first.process.wait()
    second = start().ready()
    assert "anew" not in second.said
    second.does(2, intent="fire", sample="HighErrorRate")
    second.until_saved(2, "#2 HighErrorRate")
    assert second.stop() == 0


def test_files_with_secrets_are_for_their_owner_only(start: Callable[..., Demo]) -> None:
    demo = start().ready()
    demo.stop()
    for name in ("demo.json", "stand-in-apps.json", "stand-in-native.json"):
        assert stat.S_IMODE((demo.folder / name).stat().st_mode) == 0o600
    assert "event=ready" in (demo.folder / "demo.log").read_text()
    assert "/integrations/" not in (demo.folder / "demo.log").read_text()


def test_a_damaged_stand_in_begins_anew_and_says_so(start: Callable[..., Demo]) -> None:
    first = start().ready()
    first.does(1, intent="fire", sample="DatabaseDown")
    first.until_saved(1, "#1 DatabaseDown")
    first.stop()
    (first.folder / "stand-in-apps.json").write_bytes(b'{"format": 1')
    second = start().ready()
    assert "stand-in-apps.json is damaged: it cannot be read. Mattermost 9.5 with Apps begins anew." in second.said
    second.does(1, intent="fire", sample="HighErrorRate")
    second.until_saved(1, "#1 HighErrorRate")
    assert not any("DatabaseDown" in post for post in second.posts(1))
    second.stop()


def test_what_changed_is_told_before_a_mattermost_begins_anew(start: Callable[..., Demo]) -> None:
    start().ready().stop()
    other = start("--version", "11.1").ready()
    other.stop()
    assert "It was version 11.10 before. Mattermost 11.1 without Apps begins anew." in other.said
    assert "with Apps begins anew" not in other.said
    moved = Demo(other.folder, three_free_ports(), "--version", "11.1").ready()
    moved.stop()
    assert f"was at http://localhost:{other.port} before. Mattermost 9.5 with Apps begins anew." in moved.said


def test_another_version_of_the_native_mattermost_can_be_played(start: Callable[..., Demo]) -> None:
    demo = start("--version", "9.5").ready()
    demo.does(2, intent="fire", sample="DatabaseDown")
    demo.until_saved(2, "#1 DatabaseDown")
    picture = requests.get(f"http://127.0.0.1:{demo.port + 2}/api/v4/config/client?format=old", timeout=START_SECONDS)
    assert picture.json()["Version"].startswith("9.5")
    demo.stop()


def test_a_busy_port_is_told_with_the_remedy() -> None:
    port = three_free_ports()
    with socket.create_server(("127.0.0.1", port + 2)), pytest.raises(DemoProblem) as told:
        ports(port, "127.0.0.1")
    assert f"port {port + 2}, and the demo needs {port}, {port + 1} and {port + 2}" in str(told.value)
    assert "`PORT=9090 make run`" in str(told.value)


def test_the_program_ends_with_that_sentence(tmp_path: Path) -> None:
    port = three_free_ports()
    with socket.create_server(("127.0.0.1", port + 1)):
        demo = Demo(tmp_path / "data", port)
        said, _ = demo.process.communicate(timeout=START_SECONDS)
    assert demo.process.returncode == 1
    assert said.startswith(f"Another program already listens on port {port + 1}".encode())
    assert len(said.splitlines()) == 1


def test_the_memory_is_read_again_and_a_damaged_one_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    installed = Installed(server_id="s", version="9.5", place="here", alert_url="http://x/")
    Memory(file).remember("apps", installed)
    assert Memory(file).installed("apps") == installed
    assert not Memory(file).unreadable
    file.write_bytes(b"{")
    assert Memory(file).unreadable
    assert Memory(file).installed("apps") is None
