"""Puts one process together: builds the parts in order, runs what its role needs, closes them in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
import uvloop
from tornado.netutil import bind_sockets

from bot import registry
from bot.clock import Clock, DatabaseClock
from bot.config import Config, Role
from bot.connections import BoundedServer, most_connections, raise_limit
from bot.contexts.making import MakeContexts
from bot.contexts.parts import Parts
from bot.core import alerts, heartbeats, integrations, maintenance, servers, storms
from bot.delivery.delivery import Delivery
from bot.dispatch import Dispatch
from bot.errors import Unavailable
from bot.installation.installing import Installing
from bot.installation.installing_natively import InstallingNatively
from bot.installation.moving import Moving
from bot.installation.setup import Setup
from bot.linking import Linking
from bot.log import REQUESTS
from bot.mattermost.access import Access
from bot.metrics import Metrics
from bot.notices import Notices
from bot.outgoing.client import Client
from bot.outgoing.guard import Guard
from bot.pauses import collect_in_quiet, shorten_pauses
from bot.receiving.budgets import LOOKS, Accounts, Budgets
from bot.receiving.flapping import Flapping
from bot.receiving.held import Held
from bot.receiving.intake import Intake
from bot.receiving.reception import Reception
from bot.receiving.sns import SnsMessages
from bot.receiving.storms import StormWatch
from bot.services import Services
from bot.storage.embedded import EmbeddedMongo
from bot.storage.mongo import Database
from bot.storage.stores import open_stores
from bot.templates.pool import Pool
from bot.templates.templating import Templating
from bot.vault import Vault
from bot.working.expiring import Expiring
from bot.working.resealing import Resealing
from bot.working.serving import LEASE, Work
from bot.working.watching import Watching
from bot.working.worker import Worker
from handlers import health_routes, routes
from handlers.counted import Counting
from handlers.front import Nothing

log = structlog.get_logger()

CORRECT_CLOCK_SECONDS = 60.0
WAIT_SECONDS = 2.0
# How often notices of other processes are looked for: nobody waits for them, and each look is two queries.
UNHURRIED_SECONDS = 10.0
# What anybody may send before anything is proven. Forms are taken apart in one go, so a larger one would hold all up.
MAX_BODY = 2 * 1024 * 1024


def build(
    config: Config,
    database: Database,
    clock: Clock,
    *,
    works: bool = True,
    lease: timedelta = LEASE,
    outgoing: Client | None = None,
) -> Services:
    """The parts of one process over an open database. `works` is whether it delivers effects.

    `lease` is how long a dead worker holds up what it served; tests that kill workers take a short one. Whoever gives
    no `outgoing` closes that of the services.
    """
    vault = Vault(config.encryption_keys.reveal())
    outgoing = outgoing or _outgoing(config)
    stores = open_stores(database, clock)
    access = Access(outgoing=outgoing, vault=vault, clock=clock)
    setup = Setup(servers=stores.servers, vault=vault, clock=clock, public_url=config.public_url)
    installing = Installing(
        servers=stores.servers, setup=setup, outgoing=outgoing, access=access, vault=vault, clock=clock
    )
    natively = InstallingNatively(
        servers=stores.servers, setup=setup, outgoing=outgoing, vault=vault, clock=clock, public_url=config.public_url
    )
    commands = registry.load()
    notices = Notices(stores.integrations, clock)
    intake = Intake(
        stores,
        clock,
        budgets=Budgets(config.alerts_per_second, notices, clock),
        storms=StormWatch(stores, clock),
        flapping=Flapping(stores.lately),
    )
    reception = Reception(stores, intake, clock, Templating(Pool(), notices))
    parts = Parts(
        stores=stores,
        access=access,
        installing=installing,
        linking=Linking(people=stores.people, vault=vault, clock=clock),
        vault=vault,
        registry=commands,
        reception=reception,
        clock=clock,
        public_url=config.public_url,
    )
    delivery = Delivery(stores=stores, access=access, vault=vault, clock=clock, public_url=config.public_url)
    metrics = Metrics()
    works_for = (
        Work(store=stores.groups, advance=alerts.advance, deliver=delivery.group),
        Work(store=stores.servers, advance=servers.advance, deliver=delivery.server),
        Work(
            store=stores.integrations,
            advance=integrations.advance,
            deliver=delivery.integration,
            poll_seconds=UNHURRIED_SECONDS,
        ),
        Work(store=stores.storms, advance=storms.advance, deliver=delivery.storm),
        Work(
            store=stores.heartbeats,
            advance=heartbeats.advance,
            deliver=Watching(stores, reception).heartbeat,
        ),
        Work(store=stores.maintenances, advance=maintenance.advance, deliver=delivery.maintenance),
    )
    return Services(
        config=config,
        clock=clock,
        vault=vault,
        outgoing=outgoing,
        stores=stores,
        access=access,
        registry=commands,
        dispatch=Dispatch(commands, MakeContexts(parts)),
        held=Held(),
        looks=Accounts(LOOKS, clock),
        intake=intake,
        reception=reception,
        sns=SnsMessages(outgoing, clock),
        setup=setup,
        installing=installing,
        installing_natively=natively,
        moving=Moving(servers=stores.servers, setup=setup, natively=natively),
        metrics=metrics,
        notices=notices,
        resealing=Resealing(
            servers=stores.servers,
            integrations=stores.integrations,
            once=stores.once,
            clock=clock,
            vault=vault,
            tell=metrics.sealed_with_old_keys,
        ),
        expiring=Expiring(groups=stores.groups, once=stores.once, clock=clock),
        worker=Worker(works_for, clock, lease=lease, watch=metrics, storing=intake.storing) if works else None,
    )


def _outgoing(config: Config) -> Client:
    return Client(Guard(config.allow_private_networks))


def application(services: Services) -> Counting:
    return Counting(
        health_routes(services) if services.config.role is Role.WORKER else routes(services),
        services,
        default_handler_class=Nothing,
        default_handler_args={"services": services},
        log_function=REQUESTS.tell,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A bot that serves: where it listens, and its parts."""

    services: Services
    port: int


@asynccontextmanager
async def running(config: Config, *, lease: timedelta = LEASE) -> AsyncIterator[Running]:
    """Everything a role needs, up and ready; taken down in reverse when the block ends."""
    async with AsyncExitStack() as stack:
        uri = config.mongodb_uri.reveal() if config.mongodb_uri else await _embedded(config, stack)
        database = Database(uri)
        stack.callback(database.close)
        clock = DatabaseClock()
        await _reached(lambda: database.correct(clock))
        outgoing = _outgoing(config)
        stack.push_async_callback(outgoing.close)  # whatever fails from here on
        services = build(config, database, clock, works=config.role is not Role.WEB, lease=lease, outgoing=outgoing)
        stack.push_async_callback(services.reception.templating.close)
        await _reached(services.stores.prepare)
        stack.callback(asyncio.create_task(_keep_correcting(database, clock)).cancel)
        if services.worker is None:
            services.stores.nudge_others()
            stack.push_async_callback(services.stores.nudges.close)
        else:
            await _work(services.worker, stack)
            stack.push_async_callback(_ended, asyncio.create_task(services.stores.hear_nudges()))
            stack.callback(asyncio.create_task(services.resealing.run()).cancel)
            stack.callback(asyncio.create_task(services.expiring.run()).cancel)
        port = await _listen(services, stack)
        shorten_pauses()
        stack.callback(asyncio.create_task(collect_in_quiet(lambda: services.intake.storing() > 0)).cancel)
        log.info("ready", role=config.role.value, port=port)
        yield Running(services=services, port=port)


async def _embedded(config: Config, stack: AsyncExitStack) -> str:
    mongo = await EmbeddedMongo.start(config.data_dir)
    stack.push_async_callback(mongo.stop)
    return mongo.uri


async def _work(worker: Worker, stack: AsyncExitStack) -> None:
    task = asyncio.create_task(worker.run())
    task.add_done_callback(_report)
    stack.push_async_callback(worker.stop)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the worker ended", exc_info=task.exception())


async def _listen(services: Services, stack: AsyncExitStack) -> int:
    config = services.config
    sockets = bind_sockets(config.port, config.host or None)
    server = BoundedServer(
        application(services),
        most=most_connections(),
        watch=services.metrics,
        max_body_size=MAX_BODY,
    )
    server.add_sockets(sockets)
    stack.push_async_callback(server.close_all_connections)
    stack.callback(server.stop)
    return int(sockets[0].getsockname()[1])


async def _reached(ask: Callable[[], Awaitable[None]]) -> None:
    """Wait for the database: after a power cut it may well come up later than we do, and a new index takes its time."""
    while True:
        try:
            return await ask()
        except Unavailable as problem:
            log.warning("waiting for the database", why=str(problem))
            await asyncio.sleep(WAIT_SECONDS)


async def _keep_correcting(database: Database, clock: DatabaseClock) -> None:
    while True:
        await asyncio.sleep(CORRECT_CLOCK_SECONDS)
        with contextlib.suppress(Exception):
            await database.correct(clock)


async def serve(config: Config, *, lease: timedelta = LEASE) -> None:
    """Until somebody stops us (SIGTERM, Ctrl-C), be it before we are ready: then finish what has begun, and end."""
    serving = asyncio.create_task(_serve(config, lease))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _stop, serving)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _serve(config: Config, lease: timedelta) -> None:
    async with running(config, lease=lease):
        await asyncio.Event().wait()


def _stop(serving: asyncio.Task[None]) -> None:
    """Once: a second signal must not keep us from giving back what we hold."""
    if not serving.cancelling():
        log.info("stopping")
        serving.cancel()


def run(role: Role, config: Config) -> None:
    """Run one process of this role until it is stopped."""
    raise_limit()
    uvloop.run(serve(config))
