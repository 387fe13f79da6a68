"""What is measured, one function per section; each gives rows for the table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.app import claims, cost, deliveries, ingest, interactions, loop_block, people, resources
from bench.app.growth import Archive
from bench.app.place import Place, place
from bench.app.timers import Timers
from bench.env import Figures, middle
from bench.limits import mongo_rates, tornado_floor
from bench.peers import alertmanager
from bench.waiting import until


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line. `value` is what the goal is about, where there is one; `at_most` says which side of it is good."""

    id: str
    what: str
    value: float
    goal: float | None = None
    stretch: float | None = None
    at_most: bool = True
    limit: float | None = None
    figure: str = ""
    raw: Any = field(default=None, repr=False)

    @property
    def met(self) -> str:
        if self.goal is None:
            return ""
        if self.stretch is not None and self._within(self.stretch):
            return "stretch"
        return "yes" if self._within(self.goal) else "no"

    def _within(self, bound: float) -> bool:
        return self.value <= bound if self.at_most else self.value >= bound


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long and how often."""

    runs: int
    seconds: float
    quick: bool


Section = Callable[[str, Effort], Awaitable[list[Row]]]

INGEST = (
    ("T1", ("web",), 1, 64, 0.50, 0.85),
    ("T1", ("web", "web"), 1, 64, 0.50, 0.85),
    ("T1", ("serve",), 1, 64, 0.50, 0.85),
    ("T1", ("serve", "web"), 1, 64, 0.50, 0.85),
    ("T2", ("web",), 5, 64, 0.50, 0.90),
    ("T2", ("web", "web"), 5, 64, 0.50, 0.90),
    ("T3", ("web",), 100, 16, 0.30, 0.48),
    ("T3", ("serve",), 100, 16, 0.30, 0.48),
)


async def ingestion(uri: str, effort: Effort) -> list[Row]:
    rows = []
    for name, roles, alerts, connections, goal, stretch in INGEST:
        limits: list[Figures] = []
        bots: list[Figures] = []
        for _ in range(effort.runs):
            limits.append(await mongo_rates.measure(uri, per_bulk=alerts, seconds=effort.seconds))
            bots.append(
                await ingest.measure(uri, connections=connections, alerts=alerts, seconds=effort.seconds, roles=roles)
            )
        limit, bot = middle(limits), middle(bots)
        share = median(mine.rate / theirs.rate for mine, theirs in zip(bots, limits, strict=True) if theirs.rate)
        figure = f"{bot.rate:.0f}/s, p50 {bot.p50:.0f}, p99 {bot.p99:.0f} ms, {bot.errors} errors"
        who = " and ".join(f"`{role}`" for role in roles)
        what = f"{alerts} per request, {connections} connections, {who}"
        rows.append(
            Row(
                id=name,
                what=what,
                value=share,
                goal=goal,
                stretch=stretch,
                at_most=False,
                limit=limit.rate,
                figure=figure,
                raw=[bots, limits],
            )
        )
        if name == "T1":
            rows.append(Row(id="T5", what=f"p99 of T1, {who} (ms)", value=bot.p99, goal=120, stretch=75))
    return rows


async def answering(uri: str, effort: Effort) -> list[Row]:
    """T4."""
    limits: list[Figures] = []
    bots: list[Figures] = []
    for _ in range(effort.runs):
        limits.append(await tornado_floor.measure(uri, seconds=effort.seconds))
        bots.append(await ingest.measure(uri, connections=1, alerts=1, seconds=effort.seconds, roles=("web",)))
    rows = []
    for name, goal, stretch in (("p50", 1.5, 1.1), ("p99", 2.0, None)):
        pairs = [(getattr(mine, name), getattr(theirs, name)) for mine, theirs in zip(bots, limits, strict=True)]
        rows.append(
            Row(
                id="T4",
                what=f"1 per request, 1 connection, `web`: {name} beside Tornado with two writes",
                value=median(mine / theirs for mine, theirs in pairs),
                goal=goal,
                stretch=stretch,
                figure=f"{getattr(middle(bots), name):.1f} ms, limit {getattr(middle(limits), name):.1f} ms",
                raw=pairs,
            )
        )
    return rows


async def delivering(uri: str, effort: Effort) -> list[Row]:
    """T6, T7, T8."""
    rows: list[Row] = []
    async with place(uri) as here:
        for rate in (1, 10, 50):
            runs = [
                await deliveries.latency(
                    here, per_second=rate, seconds=effort.seconds * 3, first=(rate * 10 + run) * 100_000
                )
                for run in range(effort.runs)
            ]
            rows += _latency_rows(rate, runs)
        bursts = [
            await deliveries.burst(here, groups=300 if effort.quick else 2_000) for _ in range(max(effort.runs, 2))
        ]
        limit = await deliveries.ceiling(here, seconds=1)
    rate = median(one["per_second"] for one in bursts)
    lost, twice = (sum(one[name] for one in bursts) for name in ("lost", "twice"))
    taken = median(one["taken_per_second"] for one in bursts)
    figure = f"{rate:.0f}/s while {taken:.0f}/s were taken in; lost {lost}, twice {twice}"
    rows.append(
        Row(
            id="T6",
            what="new groups posted and first person paged, a burst (per second)",
            value=rate,
            goal=290,
            stretch=870,
            at_most=False,
            limit=limit,
            figure=figure,
            raw=bursts,
        )
    )
    return rows


def _latency_rows(rate: int, runs: list[dict[str, Any]]) -> list[Row]:
    bounds = {"T7": ("chat post", 25, 12, 100, 50), "T8": ("first page", 50, 20, 200, 80)}
    rows = []
    for name, (what, p50, p50_stretch, p99, p99_stretch) in bounds.items():
        lost, twice = (sum(run[wrong] for run in runs) for wrong in ("lost", "twice"))
        for key, goal, stretch in (("p50", p50, p50_stretch), ("p99", p99, p99_stretch)):
            value = median(run[name][key] for run in runs)
            text = f"POST → {what}, {rate}/s, {key} (ms)"
            figure = f"lost {lost}, twice {twice}"
            rows.append(Row(id=name, what=text, value=value, goal=goal, stretch=stretch, figure=figure, raw=runs))
    return rows


async def timers(uri: str, effort: Effort) -> list[Row]:
    """T9: `serve` alone, then two workers of their own beside a web process, each idle and under load."""
    rows: list[Row] = []
    waiting = 5_000 if effort.quick else 100_000
    for roles, name in ((("serve",), "`serve`"), (("web", "worker", "worker"), "`web` and two workers")):
        async with place(uri, roles=roles) as here:
            steps = Timers(here)
            await steps.fill(waiting)
            await steps.measure(per_second=20, seconds=1)  # each worker makes its first acquaintances
            for load, goal, stretch in ((0, 50, 15), (LOAD, 250, 100)):
                busy = f"{load} new groups/s" if load else "idle"
                runs = [
                    await steps.measure(per_second=20, seconds=effort.seconds * 2, load=load)
                    for _ in range(effort.runs)
                ]
                wrong = {each: sum(run[each] for run in runs) for each in ("early", "lost", "twice")}
                worst = max(run["worst"] for run in runs)
                p50 = median(run["late"]["p50"] for run in runs)
                rows.append(
                    Row(
                        id="T9",
                        what=f"lateness p99 (ms), {name}, {waiting:,} waiting, {busy}",
                        value=median(run["late"]["p99"] for run in runs),
                        goal=goal,
                        stretch=stretch,
                        figure=f"p50 {p50:.0f}, worst {worst:.0f}; " + ", ".join(f"{k} {v}" for k, v in wrong.items()),
                        raw=runs,
                    )
                )
            steps.close()
    return rows


LOAD = 150
"""New groups per second: half of what one process carries to the end (T6)."""


async def interacting(uri: str, effort: Effort) -> list[Row]:
    """T11: beside the bot, its database and the generator the strict Mattermost needs its share of the same cores."""
    rows: list[Row] = []
    groups, sources = (60, 10) if effort.quick else (500, 200)
    for surface in ("native-9.5", "apps-9.5"):
        async with place(uri, surface=surface, fast=False, integrations=sources, people=6) as here:
            await interactions.prepare(here, groups=groups)
            for load, goal, stretch in ((0, 20, 10), (LOAD, 80, 40)):
                runs = [
                    await interactions.measure(here, seconds=effort.seconds * 2, load=load) for _ in range(effort.runs)
                ]
                for kind in sorted({kind for run in runs for kind in run["kinds"]}):
                    seen = [run["kinds"][kind] for run in runs if kind in run["kinds"]]
                    p50 = median(one["p50"] for one in seen)
                    failed = sum(run["failed"] for run in runs)
                    rows.append(
                        Row(
                            id="T11",
                            what=f"{surface} {kind}, p99 (ms), {f'{load} alerts/s' if load else 'alone'}",
                            value=median(one["p99"] for one in seen),
                            goal=goal,
                            stretch=stretch,
                            figure=f"p50 {p50:.0f}; failed {failed}",
                            raw=runs,
                        )
                    )
            if surface.startswith("apps"):
                one = await interactions.bindings(here, times=100)
                what = f"bindings with {sources} integrations and {groups} open groups, p99 (ms)"
                rows.append(Row(id="T11", what=what, value=one["p99"], goal=20, figure=f"p50 {one['p50']:.0f}"))
    return rows


async def blocking(uri: str, effort: Effort) -> list[Row]:
    """T12."""
    rows = []
    async with place(uri) as here:
        await loop_block.prepare(here)
        for alerts in (100, 1_000, 10_000):
            blocks = await loop_block.measure(here, alerts=alerts, requests=3 if effort.quick else 9)
            seen, computing = blocks[len(blocks) // 2]
            figure = f"computing {computing:.1f}; worst {blocks[-1][0]:.1f}, {max(busy for _, busy in blocks):.1f}"
            rows.append(
                Row(
                    id="T12",
                    what=f"longest block of the loop, {alerts:,} alerts in a request, median (ms)",
                    value=seen,
                    goal=20,
                    stretch=10,
                    figure=figure,
                    raw=blocks,
                )
            )
    return rows


async def taking_up(uri: str, effort: Effort) -> list[Row]:
    """T13, T14."""
    half = 5_000 if effort.quick else 100_000
    async with place(uri) as here:
        used = await resources.memory(here, half=half)
        start = await resources.cold_start(here, times=3 if effort.quick else 5)
    embedded = await resources.cold_start_embedded(times=effort.runs)
    return [
        Row(id="T13", what="memory of `serve`, idle (MB)", value=used["idle"], goal=90, stretch=60),
        Row(id="T13", what=f"after {2 * half:,} alerts (MB)", value=used["full"], goal=150, stretch=110, raw=used),
        Row(id="T13", what=f"growth from {half:,} to {2 * half:,}", value=used["growth"], goal=0.05, stretch=0.02),
        Row(id="T14", what="cold start, database running (s)", value=start, goal=1.0, stretch=0.6),
        Row(
            id="T14", what="cold start with the embedded database, known folder (s)", value=embedded["again"], goal=2.5
        ),
        Row(id="T14", what="the same, empty folder (s)", value=embedded["first"], goal=2.5),
    ]


async def costing(uri: str, effort: Effort) -> list[Row]:
    """What one of each costs: figures that hardly depend on what else runs, to compare before and after a change."""
    rows: list[Row] = []
    async with place(uri) as here:
        await cost.group(here, groups=200)
        runs = [await cost.group(here, groups=300 if effort.quick else 1_500) for _ in range(effort.runs)]
    rows.append(_cost("one new alert group, from POST to card, page and thread line", runs))
    groups, sources, count = (60, 10, 40) if effort.quick else (300, 50, 150)
    for surface in ("native-9.5", "apps-9.5"):
        async with place(uri, surface=surface, fast=False, integrations=sources, people=6) as here:
            await interactions.prepare(here, groups=groups)
            for kind in people.KINDS:
                await cost.interaction(here, kind, count=10)
                runs = [await cost.interaction(here, kind, count=count) for _ in range(effort.runs)]
                rows.append(_cost(f"{surface} {kind}, with all its requests and what follows", runs))
    return rows


def _cost(what: str, runs: list[dict[str, Any]]) -> Row:
    bot, mongod, requests = (median(run[name] for run in runs) for name in ("bot_ms", "mongod_ms", "requests"))
    figure = f"mongod {mongod:.1f} ms, {requests:.1f} requests to it"
    return Row(id="", what=f"CPU of the bot (ms): {what}", value=bot, figure=figure, raw=runs)


async def growing(uri: str, effort: Effort) -> list[Row]:
    """The same work beside more and more groups that are over; "x" compares with the smallest archive."""
    rows: list[Row] = []
    sizes = (1_000, 10_000) if effort.quick else (1_000, 100_000, 1_000_000)
    async with place(uri) as here:
        archive = Archive(here)
        await deliveries.burst(here, groups=300)
        first: dict[str, float] = {}
        for turn, size in enumerate(sizes):
            await archive.fill(size)
            runs = [await _beside(here, turn * 10 + run, effort) for run in range(effort.runs)]
            for name in runs[0]:
                value = median(run[name] for run in runs)
                first.setdefault(name, value)
                figure = f"x {value / first[name]:.2f}"
                rows.append(Row(id="", what=f"{name}, beside {size:,} groups", value=value, figure=figure, raw=runs))
    return rows


async def _beside(here: Place, turn: int, effort: Effort) -> dict[str, float]:
    burst = await deliveries.burst(here, groups=300 if effort.quick else 1_000)
    assert await until(here.is_all_delivered, 60, pause=0.2)
    calm = await deliveries.latency(here, per_second=20, seconds=effort.seconds, first=(900 + turn) * 100_000)
    return {
        "new groups posted and paged (per second)": burst["per_second"],
        "CPU of the bot for each (ms)": burst["cpu_ms_per_group"],
        "POST → chat post at 20/s, p50 (ms)": calm["T7"]["p50"],
        "POST → chat post at 20/s, p99 (ms)": calm["T7"]["p99"],
    }


async def bursting(uri: str, effort: Effort) -> list[Row]:
    """T15."""
    if not alertmanager.is_installed():
        print("T15 is left out: it needs the Debian package prometheus-alertmanager.")
        return []
    rows = []
    for role in ("web", "serve"):
        async with place(uri, roles=(role,)) as here:
            one = await alertmanager.burst(here, groups=500 if effort.quick else 2_000)
        figure = f"lost {one['lost']}, double {one['more']}, requests {one['sent']}, of which refused {one['failed']}"
        what = f"burst of {one['groups']:,} groups from a real Alertmanager, all durable (s), `{role}`"
        rows.append(Row(id="T15", what=what, value=one["seconds"], goal=5, stretch=2, figure=figure, raw=one))
    return rows


async def claiming(uri: str, effort: Effort) -> list[Row]:
    """T17."""
    rows = []
    for claimers in (1, 2, 4):
        runs = [
            await claims.measure(uri, jobs=2_000 if effort.quick else 10_000, claimers=claimers)
            for _ in range(effort.runs)
        ]
        share = median(run.bot_per_second / run.limit_per_second for run in runs)
        conflicts = median(run.conflicts_per_job for run in runs)
        rate, limit = median(run.bot_per_second for run in runs), median(run.limit_per_second for run in runs)
        wrong = f"twice {sum(run.twice for run in runs)}, left {sum(run.left for run in runs)}"
        rows.append(
            Row(
                id="T17",
                what=f"claims, {claimers} at once",
                value=share,
                goal=0.5,
                stretch=0.8,
                at_most=False,
                limit=limit,
                figure=f"{rate:.0f}/s, {conflicts:.3f} conflicts per job; {wrong}",
                raw=[str(run) for run in runs],
            )
        )
    return rows


SECTIONS: dict[str, Section] = {
    "ingestion": ingestion,
    "answering": answering,
    "delivering": delivering,
    "timers": timers,
    "interacting": interacting,
    "blocking": blocking,
    "taking-up": taking_up,
    "bursting": bursting,
    "claiming": claiming,
    "costing": costing,
    "growing": growing,
}
