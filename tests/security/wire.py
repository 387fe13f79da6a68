"""A sender that keeps to nothing: any bytes to the port of a running bot, and what came of them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

from hypothesis import HealthCheck, settings
from structlog.testing import capture_logs

from tests.markers import told
from tests.scenarios.world import World

ANSWERS_WITHIN = 60.0
NOT_NOW = 503
SHOWN = 1_000
GO_ON = b"HTTP/1.1 100 (Continue)\r\n\r\n"  # as Tornado spells it
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
# A few in every run; `HOSTILE_EXAMPLES=3000` looks for longer. One world serves all of them.
HOSTILE = settings(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "30")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Overheard(logging.Handler):
    """What Tornado and asyncio tell about mistakes of ours."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(f"{record.name}: {record.getMessage()} {record.exc_info}")


def request(method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes, *, length: str = "") -> bytes:
    """As it goes over the wire, with whatever its parts hold."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bot", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        lines.append(f"Content-Length: {length or len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + body


async def answer_to(world: World, raw: bytes, *, breaks_off: bool = False) -> bytes:
    """Everything that comes back until the bot closes the connection; nothing where the sender breaks off before."""
    async with asyncio.timeout(ANSWERS_WITHIN):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(world.url).port)
        try:
            writer.write(raw)
            if breaks_off:
                writer.write_eof()
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


def status_of(answer: bytes) -> int:
    """That of the last word; 0 where there was none."""
    answer = answer.removeprefix(GO_ON)
    first = answer.split(b"\r\n", 1)[0].split(b" ")
    return int(first[1]) if len(first) > 1 else 0


async def harmless(
    world: World,
    raw: bytes,
    *,
    secrets: Mapping[str, str] | None = None,
    breaks_off: bool = False,
    unheard: bool = False,
    also: Collection[int] = (),
) -> tuple[int, bytes]:
    """The answer, after making sure that it was no mistake of ours, and that no log tells a secret.

    There has to be one, unless it may go `unheard`: the end of a connection with unread data overtakes it.
    """
    overheard = Overheard()
    logging.getLogger().addHandler(overheard)
    try:
        with capture_logs() as logs:
            answer = await answer_to(world, raw, breaks_off=breaks_off)
    finally:
        logging.getLogger().removeHandler(overheard)
    status = status_of(answer)
    assert status or unheard, raw[:SHOWN]
    passing = {NOT_NOW, *also}
    assert status < 500 or status in passing, (status, raw[:SHOWN], logs)
    wrong = [line for line in logs if line["log_level"] in ("error", "critical") and line.get("status") not in passing]
    assert not (wrong or overheard.told), (wrong, overheard.told, raw[:SHOWN])
    assert told({**world.secrets, **(secrets or {})}, f"{logs}") == []
    return status, answer.partition(b"\r\n\r\n")[2]


async def stored(world: World) -> Mapping[str, str]:
    """The sum of every collection."""
    sums = await world.database.collection("servers").database.command("dbHash")
    return dict(sums["collections"])
