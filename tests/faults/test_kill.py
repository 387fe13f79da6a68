"""`kill -9` of the bot in the middle of everything: what was answered with 202 is posted and paged, and once."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.processes import SHORT_LEASE, BotProcess
from tests.faults.sender import Sender
from tests.town import Town, mark, town, twice
from tests.waiting import until

ALERTS = 200
ROUNDS = 2
PATIENCE = 120

Print = Callable[[str], None]
Processes = dict[str, BotProcess]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Print:
    """Figures are of interest even where all is well."""

    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return tell


@asynccontextmanager
async def bot_of(
    town: Town, folder: Path, *roles: str, lease: str = SHORT_LEASE
) -> AsyncIterator[dict[str, BotProcess]]:
    """Processes of these roles, installed in the town's Mattermost."""
    processes = {role: BotProcess(town, role, folder / f"{role}.log", lease=lease) for role in roles}
    try:
        for process in processes.values():
            await process.start()
        await town.install()
        yield processes
    finally:
        for process in processes.values():
            await process.stop()


async def send_and_kill(town: Town, victim: BotProcess, names: list[str], moment: int) -> Sender:
    """Kill when `moment` answers and cards have come, start again at once, and let the sender end its work."""
    sender = Sender(town)
    posted = len(town.cards)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sender.send(names))
        await until(lambda: len(sender.answered) + len(town.cards) - posted >= moment, PATIENCE)
        await victim.kill()
        await victim.start()
    return sender


async def everything_came_once(town: Town, names: set[str]) -> None:
    """Every alert is one group, one card, one page of the first in line and one line in the thread."""
    await until(lambda: _all_paged(town, len(names)), PATIENCE, pause=0.05)
    await until(town.all_is_delivered, PATIENCE, pause=0.05)
    groups = await town.groups()
    assert {group.title for group in groups} == names
    assert len({group.number for group in groups}) == len(groups)
    ids = {group.id for group in groups}
    assert twice(town.cards) == []
    assert {mark(post)["group"] for post in town.cards} == ids
    assert {group.card.post_id for group in groups if group.card} == {post.id for post in town.cards}
    pages = town.pages(town.ana)
    assert len(pages) == len({mark(post)["group"] for post in pages}) == len(ids)
    assert town.pages(town.ben) == []
    assert twice(town.told) == []
    assert {mark(post)["group"] for post in town.told} == ids


def _all_paged(town: Town, count: int) -> bool:
    return len(town.pages(town.ana)) >= count and len(town.cards) >= count


async def run_rounds(
    town: Town, victim: BotProcess, rounds: int, tell: Print, about: str, *, latest: int = 2 * ALERTS - 20
) -> None:
    chance = random.Random()
    names: list[str] = []
    for number in range(rounds):
        fresh = [f"Alert{number}-{place}" for place in range(ALERTS)]
        moment = chance.randrange(10, latest)
        posted = len(town.cards)
        began = time.monotonic()
        sender = await send_and_kill(town, victim, fresh, moment)
        names += fresh
        await everything_came_once(town, set(names))
        seconds = time.monotonic() - began
        assert sender.answered == set(fresh)
        assert not [status for status in sender.answers if isinstance(status, int) and 400 <= status < 500]
        tell(
            f"{about}: killed at {moment} answers and cards of {2 * ALERTS}; answers {dict(sender.answers)}; "
            f"{len(town.cards) - posted} cards, {len(town.pages(town.ana))} pages in all, "
            f"complete after {seconds:.1f} s"
        )


@pytest.mark.gen_test(timeout=600)
@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.1"])
async def test_kill_9_of_the_whole_bot_loses_nothing_and_repeats_nothing(
    surface: str, mongodb_uri: str, tmp_path: Path, tell: Print
) -> None:
    async with town(surface, mongodb_uri) as place, bot_of(place, tmp_path, "serve") as processes:
        await run_rounds(place, processes["serve"], ROUNDS, tell, f"{surface} serve")


@pytest.mark.gen_test(timeout=600)
@pytest.mark.parametrize("victim", ["worker", "web"])
async def test_kill_9_of_one_role_loses_nothing_and_repeats_nothing(
    victim: str, mongodb_uri: str, tmp_path: Path, tell: Print
) -> None:
    async with town("native-11.1", mongodb_uri) as place, bot_of(place, tmp_path, "web", "worker") as processes:
        await run_rounds(place, processes[victim], 1, tell, f"native-11.1 {victim}", latest=ALERTS - 20)


@pytest.mark.gen_test(timeout=600)
async def test_kill_9_with_the_lease_of_the_product(mongodb_uri: str, tmp_path: Path, tell: Print) -> None:
    """As it is run by `python -m bot serve`: what the dead process served waits until its lease has run out."""
    async with town("native-11.1", mongodb_uri) as place, bot_of(place, tmp_path, "serve", lease="") as processes:
        await run_rounds(place, processes["serve"], 1, tell, "python -m bot serve")
