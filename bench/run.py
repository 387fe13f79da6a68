"""`python -m bench.run [--quick]`: every ratio pairs a limit and the bot in the same run, alternating; medians."""

import argparse
import asyncio
import json
import time
from dataclasses import asdict
from pathlib import Path

from bench.app import ingest, loop_block
from bench.env import Figures, middle, mongod
from bench.limits import mongo_rates

OUT = Path(__file__).parent / "out"
CELLS = (("T1", 1, 1, 64, 0.50), ("T3", 100, 100, 16, 0.30))


async def ratio(uri: str, per_bulk: int, alerts: int, connections: int, role: str, runs: int, seconds: float):
    limits: list[Figures] = []
    bots: list[Figures] = []
    for _ in range(runs):
        limits.append(await mongo_rates.measure(uri, per_bulk=per_bulk, seconds=seconds))
        bots.append(await ingest.measure(uri, connections=connections, alerts=alerts, seconds=seconds, role=role))
    return middle(limits), middle(bots)


async def main(runs: int, seconds: float, roles: list[str]) -> None:
    results = []
    async with mongod() as uri:
        for role in roles:
            for name, per_bulk, alerts, connections, goal in CELLS:
                limit, bot = await ratio(uri, per_bulk, alerts, connections, role, runs, seconds)
                share = bot.rate / limit.rate if limit.rate else 0
                print(
                    f"{name} {role:5} {alerts:3} alerts, {connections} connections: {bot.rate:7.0f}/s "
                    f"p50 {bot.p50:5.1f} p99 {bot.p99:6.1f} ms, errors {bot.errors}, generator {bot.busy:.0%}; "
                    f"limit {limit.rate:6.0f}/s; ratio {share:.2f} (goal {goal})",
                    flush=True,
                )
                results.append({"id": name, "role": role, "limit": asdict(limit), "bot": asdict(bot), "ratio": share})
        for alerts in (100, 1_000, 10_000):
            blocks = await loop_block.measure(uri, alerts=alerts)
            seen, computing = blocks[len(blocks) // 2]
            worst = max(busy for _, busy in blocks)
            print(
                f"T12 {alerts} alerts: median {seen:.1f} ms seen, {computing:.1f} ms computing; "
                f"worst {blocks[-1][0]:.1f} seen, {worst:.1f} computing (goal 20)"
            )
            results.append({"id": "T12", "alerts": alerts, "blocks": blocks})
    OUT.mkdir(exist_ok=True)
    (OUT / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run of each")
    parser.add_argument("--role", choices=("web", "serve"), help="only this role")
    chosen = parser.parse_args()
    roles = [chosen.role] if chosen.role else ["web", "serve"]
    asyncio.run(main(1 if chosen.quick else 3, 2.0 if chosen.quick else 4.0, roles))
