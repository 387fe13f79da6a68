"""A load generator in a process of its own: keep-alive connections, closed loop, every alert group a new one.

`python -m bench.app.generator PORT PATH CONNECTIONS ALERTS SECONDS`; prints one line of JSON.
"""

import asyncio
import itertools
import json
import sys
import time
from dataclasses import asdict

from bench.env import figures

WARM_UP_SECONDS = 0.5
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


def make_requests(path: str, alerts: int) -> "itertools.chain[bytes]":
    """Requests without end, made by replacing the number in one ready text."""
    mark = 0x7FFFFFFF
    body = payload(mark, alerts)
    decimal, hexadecimal = str(mark).encode(), f"{mark:010x}".encode()
    start = int(time.time()) % 1_000_000 * 1_000

    def request(number: int) -> bytes:
        text = body.replace(decimal, b"%d" % number).replace(hexadecimal, b"%010x" % number)
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(text)}\r\n\r\n"
        return head.encode() + text

    return itertools.chain(request(number) for number in itertools.count(start * 1000))


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
        if self.sent >= self.end:
            self.done.set()
            self.transport.close()
            return
        self.transport.write(next(self.requests))

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
        self.send()

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.done.is_set():
            self.errors += 1
            self.done.set()


async def run(port: int, path: str, connections: int, alerts: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    requests = make_requests(path, alerts)
    begin = time.perf_counter() + WARM_UP_SECONDS
    end = begin + seconds
    made = []
    for _ in range(connections):
        done = asyncio.Event()
        _, connection = await loop.create_connection(
            lambda done=done: Connection(requests, begin, end, done), "127.0.0.1", port
        )
        made.append(connection)
    used = time.process_time()
    await asyncio.gather(*(connection.done.wait() for connection in made))
    latencies = [latency for connection in made for latency in connection.latencies]
    errors = sum(connection.errors for connection in made)
    busy = (time.process_time() - used) / (seconds + WARM_UP_SECONDS)
    print(json.dumps(asdict(figures(latencies, seconds, errors=errors, busy=busy))))


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
