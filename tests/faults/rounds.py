"""Rounds of faults drawn by chance: `python -m tests.faults.rounds --rounds 200 --seed 7` (or `make faults`).

Alerts are sent all the while. A round is over when the bot believes to have done everything; then the world is looked
at. Goes on after a failed round, on a fresh rig, and ends with a table and status 1 if any failed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic

import structlog

from tests.faults.kinds import Deck, Kind
from tests.faults.rig import Layout, Rig, rig
from tests.faults.sender import ANSWERED_WITHIN, Sender
from tests.waiting import lasting, until

SEND_SECONDS = 2.0
PER_SECOND = 18
EVERY = 4  # alert ends in the same round, and another is acknowledged
RECOVERED_WITHIN = 30.0
ROUNDS_ON_A_RIG = 20
PATIENCE = 120.0

LAYOUTS = (
    Layout(name="web + worker", surface="native-11.1", roles=("web", "worker")),
    Layout(name="serve", surface="apps-9.5", roles=("serve",)),
    Layout(name="three mongods", surface="native-11.1", roles=("web", "worker"), members=3),
)

Print = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of one: `recovery` is seconds from the end of the faults until everything was done."""

    name: str
    faults: tuple[str, ...]
    alerts: int = 0
    answers: Counter[int | str] = field(default_factory=Counter)
    recovery: float = 0.0
    slowest: float = 0.0
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        answers = ", ".join(f"{count}x {what}" for what, count in sorted(self.answers.items(), key=str))
        told = "".join(f"\n      PROBLEM {problem}" for problem in self.problems)
        return (
            f"{self.name}: {' and '.join(self.faults)}: {self.alerts} alerts, {answers}; slowest answer "
            f"{self.slowest:.1f} s; all done after {self.recovery:.1f} s{told}"
        )


class Rounds:
    """One layout's rounds, on one rig after the other."""

    def __init__(self, layout: Layout, seed: str, tell: Print, folder: Path, *, hurried: bool = True) -> None:
        """`hurried` is whether answers and recovery may take no longer than on a machine with nothing else to do."""
        self._layout = layout
        self._recovered_within = RECOVERED_WITHIN if hurried else PATIENCE
        self._answered_within = ANSWERED_WITHIN if hurried else PATIENCE
        self._chance = Random(f"{seed}/{layout.name}")
        self._deck = Deck(self._chance, layout.members)
        self._tell = tell
        self._folder = folder
        self._number = 0

    async def run(self, rounds: int) -> list[Round]:
        done: list[Round] = []
        while len(done) < rounds:
            done += await self._on_a_rig(min(rounds - len(done), ROUNDS_ON_A_RIG))
        return done

    async def _on_a_rig(self, rounds: int) -> list[Round]:
        """So many, or until one fails: what it left behind would look like failures of the next."""
        done: list[Round] = []
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        async with rig(self._layout, folder) as place:
            while len(done) < rounds and not (done and done[-1].problems):
                done.append(await self._round(place))
                self._tell(str(done[-1]))
            place.town.simulator.surprises.clear()  # told already
        if not done[-1].problems:
            shutil.rmtree(folder)
        else:
            self._tell(f"      logs are in {folder}")
        return done

    async def _round(self, place: Rig) -> Round:
        self._number += 1
        faults = self._deck.draw()
        sender = Sender(place.town, within=self._answered_within)
        names = [f"Alert{self._number}-{number}" for number in range(int(SEND_SECONDS * PER_SECOND))]
        problems: list[str] = []
        place.sent.update(names)
        place.taken.update(names[2::EVERY])
        over = monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                over = await self._play(place, sender, names, faults)
                recovery = monotonic() - over
        except Exception as failed:
            recovery = monotonic() - over
            problems.append(f"not done: {failed!r}")
        problems += await place.problems()
        if recovery > self._recovered_within:
            problems.append(f"took longer than {self._recovered_within:.0f} s")
        problems += [f"answered {answer}" for answer in sender.answers if not _repeatable(answer)]
        return Round(
            name=f"{self._layout.name} {self._number}",
            faults=tuple(kind.name for kind in faults),
            alerts=len(names),
            answers=sender.answers,
            recovery=recovery,
            slowest=sender.slowest,
            problems=tuple(problems),
        )

    async def _play(self, place: Rig, sender: Sender, names: list[str], faults: tuple[Kind, ...]) -> float:
        """Returns when the faults were over."""
        hastening = asyncio.create_task(place.hasten(self._chance))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_send(place, sender, names))
                playing = tasks.create_task(self._faults(place, faults))
                await playing
                over = monotonic()
            await until(place.is_done, PATIENCE, pause=0.1)
            return over
        finally:
            hastening.cancel()

    async def _faults(self, place: Rig, faults: tuple[Kind, ...]) -> None:
        await lasting(self._chance.uniform(0.3, SEND_SECONDS - 0.5))
        async with asyncio.TaskGroup() as tasks:
            for kind in faults:
                tasks.create_task(kind.do(place, self._chance))  # type: ignore[arg-type]


async def _send(place: Rig, sender: Sender, names: list[str]) -> None:
    """At an even pace, whether answers come or not; then some of them end."""
    async with asyncio.TaskGroup() as tasks:
        for name in names:
            tasks.create_task(sender.send([name]))
            await lasting(1 / PER_SECOND)
    ended = names[::EVERY]
    place.ended.update(ended)
    await sender.end(ended)


def _repeatable(answer: int | str) -> bool:
    """Taken, or a sender comes back: 5xx and lost connections. A sender that waits in vain has too long a wait."""
    if isinstance(answer, str):
        return "Timeout" not in answer
    return answer == 202 or 500 <= answer < 600


def shares(rounds: int) -> list[tuple[Layout, int]]:
    """Half of the rounds with two processes, a quarter each with one and on three mongods."""
    quarter = max(rounds // 4, 1)
    return list(zip(LAYOUTS, (max(rounds - 2 * quarter, 0), quarter, quarter), strict=True))


def table(rounds: Sequence[Round]) -> Iterable[str]:
    yield f"{'fault':<32}{'rounds':>7}{'failed':>7}{'recovery: median':>18}{'worst':>8}{'slowest answer':>16}"
    for kind in sorted({name for one in rounds for name in one.faults}):
        mine = [one for one in rounds if kind in one.faults]
        recovery = [one.recovery for one in mine]
        failed = sum(bool(one.problems) for one in mine)
        yield (
            f"{kind:<32}{len(mine):>7}{failed:>7}{statistics.median(recovery):>16.1f} s{max(recovery):>6.1f} s"
            f"{max(one.slowest for one in mine):>14.1f} s"
        )
    failed = sum(bool(one.problems) for one in rounds)
    answers: Counter[int | str] = sum((one.answers for one in rounds), Counter())
    alerts = sum(one.alerts for one in rounds)
    yield f"{len(rounds)} rounds, {failed} failed; {alerts} alerts, answers {dict(answers)}"


async def main(rounds: int, seed: str) -> int:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
    )  # our own database client
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    began, done = monotonic(), list[Round]()
    print(f"seed {seed}")
    for layout, share in shares(rounds):
        done += await Rounds(layout, seed, _print, folder).run(share)
    print(*table(done), sep="\n")
    print(f"{monotonic() - began:.0f} s")
    return int(any(one.problems for one in done))


def _print(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", default=str(Random().randrange(10**6)))
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.rounds, given.seed)))
