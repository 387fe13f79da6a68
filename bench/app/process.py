"""The process under test: the bot's endpoint, intake and (if asked) worker, with deliveries that cost nothing.

`python -m bench.app.process URI PORT web|serve`. Beside the bot's own URLs there is `/bench/block`: the longest time
the event loop did not get its turn since the last question, in milliseconds, seen by a 5 ms ticker; and how much of
the longest such time its own thread computed, because on a busy machine other processes hold it up, too.
"""

import asyncio
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler, url

from bot.clock import Clock, DatabaseClock
from bot.contexts.integrations import KEY_PURPOSE
from bot.core import alerts
from bot.core.alerts import AlertGroup
from bot.core.changes import Change, Draw, Effect, Page
from bot.core.integrations import Integration
from bot.core.servers import Server, State
from bot.intake import Intake
from bot.metrics import Metrics
from bot.pauses import shorten_pauses
from bot.serving import Learned, Work
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from bot.vault import Vault, generate_keys
from bot.worker import Worker
from handlers.inbound import Inbound

SERVER = "bench"
KEY = "bench-key"
PATH = f"/integrations/v1/alertmanager/{KEY}/"
TICK_SECONDS = 0.005


@dataclass(frozen=True, kw_only=True)
class Parts:
    clock: Clock
    vault: Vault
    stores: Stores
    intake: Intake
    metrics: Metrics
    worker: Worker | None


class Ticker:
    """Notices when the event loop is held up."""

    def __init__(self) -> None:
        self.worst = self.worst_busy = 0.0

    async def run(self) -> None:
        while True:
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK_SECONDS)
            self.worst = max(self.worst, time.perf_counter() - before - TICK_SECONDS)
            self.worst_busy = max(self.worst_busy, time.thread_time() - used)


class Block(RequestHandler):
    def initialize(self, ticker: Ticker) -> None:
        self.ticker = ticker

    def get(self) -> None:
        self.write(f"{self.ticker.worst * 1000:.2f} {self.ticker.worst_busy * 1000:.2f}")
        self.ticker.worst = self.ticker.worst_busy = 0.0


async def deliver(clock: Clock, group: AlertGroup, effect: Effect, **_: object) -> Learned[AlertGroup]:
    """As if Mattermost had answered at once."""
    if isinstance(effect.do, Draw):
        post = effect.do.post
        return partial(alerts.drawn, post=post, channel_id="c", post_id=f"{group.id}{post}", now=clock())
    if isinstance(effect.do, Page):
        page, person = effect.do.page, effect.do.person_id
        post = f"{group.id}{page}"
        return partial(
            alerts.paged, page=page, person_id=person, name=person, now=clock(), channel_id="d", post_id=post
        )
    return partial(alerts.told, seq=group.history[-1].seq)


async def prepare(stores: Stores, vault: Vault, clock: Clock) -> None:
    await stores.prepare()
    server = Server(id=SERVER, name="Bench", state=State.INSTALLED, created_at=clock(), channel_id="town")
    await stores.servers.add(Change(doc=server))
    source = Integration(
        id="bench",
        server_id=SERVER,
        name="Prometheus",
        kind="alertmanager",
        key_digests=(vault.digest(KEY_PURPOSE, KEY),),
        people=("ana", "ben"),
        created_at=clock(),
    )
    await stores.integrations.add(Change(doc=source))


async def main(uri: str, port: int, role: str) -> None:
    clock = DatabaseClock()
    database = Database(uri, name=f"bench_{port}")
    await database.correct(clock)
    stores = open_stores(database, clock)
    vault = Vault(generate_keys())
    await prepare(stores, vault, clock)
    metrics = Metrics()
    work = Work(store=stores.groups, advance=alerts.advance, deliver=partial(deliver, clock))
    worker = Worker([work], clock, watch=metrics) if role == "serve" else None
    parts = Parts(clock=clock, vault=vault, stores=stores, intake=Intake(stores, clock), metrics=metrics, worker=worker)
    ticker = Ticker()
    routes = [
        url(r"/integrations/v1/([a-z_]{1,40})/([^/]{1,100})/?", Inbound, {"services": parts}),
        url("/bench/block", Block, {"ticker": ticker}),
    ]
    server = HTTPServer(Application(routes, log_function=lambda _: None))
    server.listen(port, "127.0.0.1")
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    tasks = [asyncio.create_task(ticker.run())]
    if worker:
        tasks.append(asyncio.create_task(worker.run()))
    shorten_pauses()
    print("ready", flush=True)
    await stopped.wait()
    server.stop()
    if worker:
        await worker.stop(grace_seconds=2)
    tasks[0].cancel()
    await database._client.drop_database(database.name)
    database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
