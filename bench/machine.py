"""What else goes on on this machine while we measure."""

import os
import resource
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process_id: int) -> float:
    """What a process has computed, in all its threads."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Strangers:
    """How many cores other programs took since: what the machine computed less what we and our children did."""

    def __init__(self) -> None:
        self._began, self._machine, self._ours = time.monotonic(), _machine(), _ours()

    def share(self) -> float:
        took = time.monotonic() - self._began
        return max((_machine() - self._machine) - (_ours() - self._ours), 0) / took


def _machine() -> float:
    """Seconds that all cores were busy or taken away by the host."""
    user, nice, system, _, _, interrupts, soft, stolen = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / TICK


def _ours() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + sum(cpu_seconds(one) for one in _family())


def _family() -> list[int]:
    """Us and all who descend from us."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family = {os.getpid()}
    while grown := {one for one, parent in parents.items() if parent in family} - family:
        family |= grown
    return [one for one in family if Path(f"/proc/{one}").exists()]
