"""Ports that a program of its own is told to listen on.

They are below those that systems lend to outgoing connections and to whoever asks for any port at all, so that nobody
is given one of them between the moment it is chosen here and the moment the program listens on it, or comes back to it.
"""

import socket
from contextlib import ExitStack, suppress
from random import SystemRandom

OURS = range(10_000, 20_000)


def free_port() -> int:
    """Free a moment ago."""
    return _free_ports(1)


def three_free_ports() -> int:
    """The first of three in a row, all free a moment ago."""
    return _free_ports(3)


def _free_ports(count: int) -> int:
    while True:
        first = SystemRandom().choice(OURS)
        with ExitStack() as stack, suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
