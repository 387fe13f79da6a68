"""The demo's three ports: the bot's own and the two after it, so that addresses stay the same."""

import socket
from collections.abc import Sequence

from bot.demo.problem import DemoProblem

PORTS = 3
HIGHEST = 65_535


def ports(first: int, host: str) -> Sequence[int]:
    """All of them, free a moment ago. Raises DemoProblem naming those that are not."""
    wanted = range(first, first + PORTS)
    if wanted[-1] > HIGHEST:
        raise DemoProblem(f"The demo needs {PORTS} ports from PORT on. {_remedy(first)}")
    busy = [port for port in wanted if not _is_free(port, host)]
    if busy:
        taken = f"port {busy[0]}" if len(busy) == 1 else f"ports {_listed(busy)}"
        raise DemoProblem(
            f"Another program already listens on {taken}, and the demo needs {_listed(wanted)}. "
            f"Perhaps a demo runs already? If not: {_remedy(first)}"
        )
    return wanted


def _listed(ports: Sequence[int]) -> str:
    *others, last = map(str, ports)
    return f"{', '.join(others)} and {last}"


def _remedy(first: int) -> str:
    other = 9090 if first != 9090 else 8080
    return f"`PORT={other} make run` takes others."


def _is_free(port: int, host: str) -> bool:
    """As a server asks for it: a connection of the last run that lingers does not count."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
