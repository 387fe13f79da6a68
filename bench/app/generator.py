"""A load generator in a process of its own: keep-alive connections, every alert group a new one.

`python -m bench.app.generator PORTS PATH CONNECTIONS ALERTS SECONDS [COUNT [RATE [FIRST]]]`; prints one line of JSON.
Closed loop, and it ends after COUNT requests if that is not 0. With a RATE (per second) open loop: latency counts from
the time at which a request should have left, whether a connection was free or not. With FIRST alerts are not new but
those of the 20 groups from this number on, again and again.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

from bench.env import figures

WARM_UP_SECONDS = 0.5
REPEATED = 20
STAMP = "2026-11-22T00:33:16.602809Z"


def payload(number: int, alerts: int) -> bytes:
    """What Alertmanager 0.25 sends for one group, compact as on the wire; all of it is new."""
    common = {"alertname": f"HighErrorRate{number}", "grp": "payments", "job": "api", "severity": "critical"}
    annotations = {
        "description": "p99 latency 812ms > 500ms",
        "runbook_url": "https://runbooks.example.com/HighErrorRate",
        "summary": "HighErrorRate on payments",
    }
    document = {
        "receiver": "oncall",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {**common, "instance": f"10.0.{place // 256}.{place % 256}:8080"},
                "annotations": annotations,
                "startsAt": STAMP,
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example.com/graph?g0.expr=up%3D%3D0&g0.tab=1",
                "fingerprint": f"{number:010x}{place:06x}",
            }
            for place in range(alerts)
        ],
        "groupLabels": {"alertname": common["alertname"], "grp": "payments"},
        "commonLabels": common,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.example.com:9093",
        "version": "4",
        "groupKey": f'{{}}:{{alertname="HighErrorRate{number}", grp="payments"}}',
        "truncatedAlerts": 0,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def make_requests(path: str, alerts: int, repeated: int = 0) -> Iterator[bytes]:
    """Requests without end, made by replacing the number in one ready text."""
    mark = 0x7FFFFFFF
    body = payload(mark, alerts)
    decimal, hexadecimal = str(mark).encode(), f"{mark:010x}".encode()
    start = int(time.time()) % 1_000_000 * 1_000

    def request(number: int) -> bytes:
        text = body.replace(decimal, b"%d" % number).replace(hexadecimal, b"%010x" % number)
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(text)}\r\n\r\n"
        return head.encode() + text

    if repeated:
        return (request(number) for number in itertools.cycle(range(repeated, repeated + REPEATED)))
    return (request(number) for number in itertools.count(start * 1000))


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the last one is answered."""

    def __init__(self, requests, begin: float, end: float, done: asyncio.Event) -> None:
        self.requests, self.begin, self.end, self.done = requests, begin, end, done
        self.latencies: list[float] = []
        self.errors = 0
        self.buffer = b""
        self.answered_until = 0.0

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.sent = time.perf_counter()
        request = next(self.requests, None) if self.sent < self.end else None
        if request is None:
            self.done.set()
            self.transport.close()
            return
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        now = time.perf_counter()
        if self.sent >= self.begin and now <= self.end:
            self.latencies.append(now - self.sent)
        if not head.startswith(b"HTTP/1.1 2"):
            self.errors += 1
        self.answered()

    def answered(self) -> None:
        self.send()

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.done.is_set():
            self.errors += 1
            self.done.set()


class Waiting(Connection):
    """Sends when it is told to; for the open loop."""

    idle: "asyncio.Queue[Waiting]"

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.idle.put_nowait(self)

    def fire(self, due: float) -> None:
        self.sent = due
        self.transport.write(next(self.requests))

    def answered(self) -> None:
        self.idle.put_nowait(self)


async def connect(kind: type[Connection], ports: list[int], connections: int, *arguments) -> list[Connection]:
    """Each port gets as many, as behind a proxy."""
    loop = asyncio.get_running_loop()
    made = []
    for _, port in zip(range(connections), itertools.cycle(ports)):
        _, connection = await loop.create_connection(lambda: kind(*arguments, asyncio.Event()), "127.0.0.1", port)
        made.append(connection)
    return made


async def fire(connections: int, rate: float, begin: float, end: float, idle: "asyncio.Queue[Waiting]") -> None:
    due = begin - WARM_UP_SECONDS
    while due < end:
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        (await idle.get()).fire(due)
        due += 1 / rate
    for _ in range(connections):
        await asyncio.wait_for(idle.get(), 30)


async def run(
    ports: list[int], path: str, connections: int, alerts: int, seconds: float, count: int, rate: float, first: int
) -> None:
    requests = make_requests(path, alerts, first)
    begin = time.perf_counter() + (0 if count else WARM_UP_SECONDS)
    end = begin + seconds
    used, began = time.process_time(), time.perf_counter()
    if rate:
        idle = Waiting.idle = asyncio.Queue()
        made = await connect(Waiting, ports, connections, requests, begin, end + 30)
        await fire(connections, rate, begin, end, idle)
    else:
        limited = itertools.islice(requests, count) if count else requests
        made = await connect(Connection, ports, connections, limited, begin, end)
        await asyncio.gather(*(connection.done.wait() for connection in made))
    latencies = [latency for connection in made for latency in connection.latencies]
    errors = sum(connection.errors for connection in made)
    took = time.perf_counter() - began
    found = figures(latencies, took if count else seconds, errors=errors, busy=(time.process_time() - used) / took)
    print(json.dumps({**asdict(found), "began": began}))


if __name__ == "__main__":
    given = [*sys.argv[1:], *("0" * (9 - len(sys.argv)))]
    ports = [int(port) for port in given[0].split(",")]
    connections, alerts, count, first = (int(given[place]) for place in (2, 3, 5, 7))
    asyncio.run(run(ports, given[1], connections, alerts, float(given[4]), count, float(given[6]), first))
