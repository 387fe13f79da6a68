"""`python -m bench.run [--quick] [SECTION …]`: measures the bot beside its limits, in the same run; medians.

Writes `bench/out/<time>.json` and prints a table. Ends with status 1 where a ratio is below its gate in `gates.toml`.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from bench.env import mongod
from bench.machine import Strangers
from bench.sections import SECTIONS, Effort, Row
from bot.storage.mongod import find_mongod

HERE = Path(__file__).parent
QUICK = Effort(runs=1, seconds=2.0, quick=True)
FULL = Effort(runs=3, seconds=4.0, quick=False)
PACKAGES = ("tornado", "motor", "pymongo", "aiohttp", "msgspec")


def conditions() -> dict[str, object]:
    found = subprocess.run([str(find_mongod()), "--version"], capture_output=True, text=True, check=True)
    return {
        "at": time.strftime("%Y-%m-%d %H:%M:%S"),
        "cores": os.cpu_count(),
        "load": [round(one, 1) for one in os.getloadavg()],
        "python": platform.python_version(),
        "mongod": found.stdout.splitlines()[0].removeprefix("db version v"),
        **{name: version(name) for name in PACKAGES},
    }


def line(row: Row) -> str:
    limit = f"{row.limit:.0f}/s" if row.limit else ""
    stretch = "" if row.stretch is None else f"{row.stretch:g}"
    sign = "≤" if row.at_most else "≥"
    goal = "" if row.goal is None else f"{sign} {row.goal:g}"
    cells = (row.id, row.what, f"{row.value:.3g}", row.figure, limit, goal, stretch, row.met)
    return f"| {' | '.join(cells)} |"


def below(rows: list[Row]) -> list[str]:
    """Ratios under their gates."""
    gates = tomllib.loads((HERE / "gates.toml").read_text())["ratios"]
    found = {f"{row.id} {row.what}": row.value for row in rows}
    missed = {name: gate for name, gate in gates.items() if found.get(name, gate) < gate}
    return [f"{name}: {found[name]:.2f}, gate {gate}" for name, gate in missed.items()]


async def main(names: list[str], effort: Effort) -> list[Row]:
    rows: list[Row] = []
    shares: dict[str, float] = {}
    before = conditions()
    print("| id | what | value | figures | limit | goal | stretch | met |\n|---|---|---|---|---|---|---|---|")
    async with mongod() as uri:
        for name in names:
            strangers = Strangers()
            found = await SECTIONS[name](uri, effort)
            shares[name] = strangers.share()
            rows += found
            print("\n".join(line(row) for row in found), flush=True)
    after = conditions()
    print(f"\n{before}\nload in the end: {after['load']}")
    print("cores that other programs took:", ", ".join(f"{name} {share:.2f}" for name, share in shares.items()))
    out = HERE / "out"
    out.mkdir(exist_ok=True)
    told = {
        "before": before,
        "after": after,
        "strangers": shares,
        "rows": [{**asdict(row), "met": row.met} for row in rows],
    }
    (out / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json").write_text(json.dumps(told, indent=1, default=asdict))
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run of each")
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="only these")
    chosen = parser.parse_args()
    measured = asyncio.run(main(chosen.sections or list(SECTIONS), QUICK if chosen.quick else FULL))
    problems = below(measured)
    sys.exit("\n".join(["Below the gates:", *problems]) if problems else 0)
