"""Ports below the ones that systems lend to outgoing connections: nothing clashes with them by chance."""

import random
import socket

LOW, HIGH = 18_000, 30_000


def free_port() -> int:
    for port in random.sample(range(LOW, HIGH), 50):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("There is no free port.")
