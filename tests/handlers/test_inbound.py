"""Delivering alerts over HTTP, with the real server, database and intake."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application, url

from bot.clock import Clock
from bot.contexts.integrations import KEY_PURPOSE
from bot.core.changes import Change
from bot.core.integrations import Integration, remove, rotate
from bot.core.servers import Server, uninstalled
from bot.metrics import Metrics
from bot.notices import Notices
from bot.receiving.held import MOST_OF_ONE, Held
from bot.receiving.intake import Intake
from bot.receiving.reception import Reception
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from bot.templates.pool import Pool
from bot.templates.templating import Templating
from bot.vault import Vault, generate_keys
from bot.working.worker import Worker
from handlers import health
from handlers.bounded import HEARD_OUT, HEARD_OUT_KNOWN
from handlers.inbound import MAX_BODY, Inbound
from tests.clock import HeldClock
from tests.waiting import until

SERVER = "server-one"
KEY = "key-of-prometheus"
PATH = f"/integrations/v1/alertmanager/{KEY}/"
DATA = Path(__file__).parent.parent / "data" / "alertmanager"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What these endpoints use of the services."""

    clock: Clock
    vault: Vault
    stores: Stores
    intake: Intake
    reception: Reception
    metrics: Metrics
    notices: Notices
    worker: Worker | None
    held: Held = field(default_factory=Held)


@dataclass(frozen=True, kw_only=True)
class Bot:
    parts: Parts
    port: int

    async def fetch(self, path: str, **options: Any) -> HTTPResponse:
        return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{self.port}{path}", raise_error=False, **options)

    async def post(self, body: object, path: str = PATH, **options: Any) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body)
        response = await self.fetch(path, method="POST", body=data, **options)
        return response.code, json.loads(response.body)

    async def send_raw(self, *pieces: bytes) -> bytes:
        """As a sender that takes no heed of the answer would; returns all that came back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
        finally:
            writer.close()


Start = Callable[..., Bot]


@pytest.fixture
def start(io_loop: IOLoop, clock: HeldClock) -> Iterator[Start]:
    servers: list[HTTPServer] = []

    def _start(stores: Stores, keys: str = "") -> Bot:
        intake = Intake(stores, clock)
        notices = Notices(stores.integrations, clock)
        parts = Parts(
            clock=clock,
            vault=Vault(keys or generate_keys()),
            stores=stores,
            intake=intake,
            reception=Reception(stores, intake, clock, Templating(Pool(), notices)),
            metrics=Metrics(),
            notices=notices,
            worker=Worker([], clock),
        )
        given = {"services": parts}
        routes = [
            url(r"/integrations/v1/([a-z_]{1,40})/([^/]{1,100})/?", Inbound, given),
            url(r"/integrations/v1/([a-z_]{1,40})/?", Inbound, given),
            url("/healthz", health.Alive, given),
            url("/readyz", health.Ready, given),
            url("/metrics", health.Metrics, given),
        ]
        socket, port = bind_unused_port()
        server = HTTPServer(Application(routes, log_function=lambda _: None))
        server.add_socket(socket)
        servers.append(server)
        return Bot(parts=parts, port=port)

    yield _start
    for server in servers:
        server.stop()
        io_loop.run_sync(server.close_all_connections)


@pytest.fixture
def bot(start: Start, stores: Stores, io_loop: IOLoop, clock: HeldClock) -> Bot:
    bot = start(stores)

    async def prepare() -> None:
        await stores.servers.add(Change(doc=Server(id=SERVER, name="Home", created_at=clock(), channel_id="town")))
        digest = bot.parts.vault.digest(KEY_PURPOSE, KEY)
        source = Integration(
            id="i1", server_id=SERVER, name="Prom", kind="alertmanager", key_digests=(digest,), created_at=clock()
        )
        await stores.integrations.add(Change(doc=source))

    io_loop.run_sync(prepare)
    return bot


def alerts(count: int) -> dict[str, Any]:
    return {"alerts": [{"labels": {"alertname": "Disk", "n": str(number)}} for number in range(count)]}


async def test_a_real_alert_is_accepted_and_stored(bot: Bot, stores: Stores):
    code, answer = await bot.post((DATA / "firing-multi.json").read_bytes())
    assert (code, answer) == (HTTPStatus.ACCEPTED, {"accepted": 3, "groups": [1]})
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None and (group.title, group.alerts) == ("HighErrorRate (grp: payments)", 3)


async def test_the_key_may_come_as_bearer(bot: Bot):
    headers = {"Authorization": f"Bearer {KEY}"}
    code, answer = await bot.post(alerts(1), "/integrations/v1/alertmanager/", headers=headers)
    assert (code, answer["accepted"]) == (HTTPStatus.ACCEPTED, 1)


async def test_a_key_survives_a_change_of_encryption_keys(start: Start, bot: Bot, stores: Stores, clock: HeldClock):
    old = generate_keys()
    both = generate_keys(old)
    source = Integration(
        id="i2",
        server_id=SERVER,
        name="Old",
        kind="alertmanager",
        key_digests=(Vault(old).digest(KEY_PURPOSE, "key-of-old"),),
        created_at=clock(),
    )
    await stores.integrations.add(Change(doc=source))
    path = "/integrations/v1/alertmanager/key-of-old/"
    for keys, wanted in ((both.partition(",")[0], 404), (both, 202), (both, 202), (both.partition(",")[0], 202)):
        assert (await start(stores, keys).post(alerts(1), path))[0] == wanted
    after = await stores.integrations.find(SERVER, "i2")
    assert after is not None and len(after.key_digests) == 2
    # Processes that still have the old ring only know it, too.
    assert (await start(stores, old).post(alerts(1), path))[0] == 202


async def test_unknown_and_revoked_keys_get_the_same_answer(bot: Bot, stores: Stores, clock: HeldClock):
    unknown = await bot.post(alerts(1), "/integrations/v1/alertmanager/never-made/")
    await stores.integrations.change(SERVER, "i1", lambda doc: remove(doc, now=clock()))
    revoked = await bot.post(alerts(1))
    odd_kind = await bot.post(alerts(1), f"/integrations/v1/nothing/{KEY}/")
    keyless = await bot.post(alerts(1), "/integrations/v1/alertmanager/")
    expected = (HTTPStatus.NOT_FOUND, {"error": "There is no such integration.", "errors": {}})
    assert unknown == revoked == odd_kind == keyless == expected


async def test_what_is_refused_before_it_is_looked_at_leaves_no_trace_in_the_log(
    bot: Bot, caplog: pytest.LogCaptureFixture
):
    for method, path, expected in (("GET", PATH, 405), ("PUT", PATH, 405), ("POST", f"{PATH[:-1]}%ff/", 400)):
        response = await bot.fetch(path, method=method, body=b"{}", allow_nonstandard_methods=True)
        assert response.code == expected
    assert [record.getMessage() for record in caplog.records] == []
    assert bot.parts.held.size == 0


async def test_whoever_is_turned_away_keeps_the_connection(bot: Bot):
    """Were it closed with the body unread, senders would see a reset connection in place of the answer."""
    body = (DATA / "firing-single.json").read_bytes()
    length = f"Host: bot\r\nContent-Length: {len(body)}\r\n"
    unknown = f"POST /integrations/v1/alertmanager/unknown-key/ HTTP/1.1\r\n{length}\r\n".encode()
    known = f"POST {PATH} HTTP/1.1\r\n{length}Connection: close\r\n\r\n".encode()
    answers = await bot.send_raw(unknown, body, known, body)
    assert answers.startswith(b"HTTP/1.1 404 Not Found")
    assert b"HTTP/1.1 202 Accepted" in answers


async def test_a_stranger_cannot_send_a_large_body(bot: Bot):
    declared = f"Host: bot\r\nContent-Length: {HEARD_OUT + 1}\r\n"
    answer = await bot.send_raw(f"POST /integrations/v1/alertmanager/unknown/ HTTP/1.1\r\n{declared}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 Not Found")
    chunk = f"{HEARD_OUT + 1:x}\r\n".encode() + b"x" * (HEARD_OUT + 1)
    head = b"POST /integrations/v1/alertmanager/unknown/ HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await bot.send_raw(head, chunk)
    assert answer.startswith(b"HTTP/1.1 404 Not Found")


async def test_a_removed_server_takes_nothing(bot: Bot, stores: Stores, clock: HeldClock):
    await stores.servers.change(SERVER, SERVER, lambda doc: uninstalled(doc, now=clock()))
    assert (await bot.post(alerts(1)))[0] == HTTPStatus.NOT_FOUND


async def test_a_payload_without_alerts_is_explained(bot: Bot):
    assert await bot.post({"alerts": []}) == (
        HTTPStatus.BAD_REQUEST,
        {
            "error": "The payload cannot be read.",
            "errors": {"alerts": "There must be a list of at least one alert."},
        },
    )
    code, answer = await bot.post(b"alert!")
    assert code == HTTPStatus.BAD_REQUEST and answer["errors"][""].startswith("This is not JSON: ")


async def test_the_readable_part_is_accepted_and_the_rest_is_told(bot: Bot):
    code, answer = await bot.post({"alerts": [*alerts(1)["alerts"], 7]})
    assert (code, answer["accepted"], list(answer["errors"])) == (HTTPStatus.ACCEPTED, 1, ["alerts.1"])
    assert await told(bot) == ["left out"]


async def told(bot: Bot) -> list[str]:
    """What waits to be told in the channel, by matter."""
    await bot.parts.notices.written()
    claims = await bot.parts.stores.integrations.load([(SERVER, "i1")])
    return [waiting.do["about"] for waiting in claims["i1"].outbox]


async def test_what_was_accepted_whole_is_not_spoken_of(bot: Bot):
    await bot.post(alerts(2))
    await bot.post(b"{}", path="/integrations/v1/alertmanager/nobody/")
    assert await told(bot) == []


async def test_what_nobody_could_take_is_told_in_the_channel_too(bot: Bot):
    await bot.post(b"alert!")
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
    await bot.send_raw(head.encode())
    assert sorted(await told(bot)) == ["too large", "unreadable"]


async def test_ten_thousand_alerts_in_one_request(bot: Bot, stores: Stores):
    code, answer = await bot.post(alerts(10_000))
    assert (code, answer) == (HTTPStatus.ACCEPTED, {"accepted": 10_000, "groups": [1]})
    assert await stores.alerts.count(SERVER) == 10_000


async def test_who_asks_before_sending_too_much_is_refused_at_once(bot: Bot):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
    answer = await bot.send_raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 16 MiB" in answer and answer.count(b"HTTP/1.1") == 1


async def test_a_body_above_the_limit_is_heard_out_so_that_its_sender_gets_the_answer(bot: Bot):
    """The end of a connection with unread data overtakes the answer: the sender would see a reset."""
    size = HEARD_OUT_KNOWN
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
    piece = b" " * 1024 * 1024
    answer = await bot.send_raw(head.encode(), *[piece] * (size // len(piece)))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 16 MiB" in answer and answer.count(b"HTTP/1.1") == 1


async def test_a_hundred_times_the_limit_is_refused_the_same_way(bot: Bot):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY * 100}\r\n\r\n"
    answer = await bot.send_raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ") and answer.count(b"HTTP/1.1") == 1


async def test_a_chunked_body_is_refused_where_it_passes_the_limit(bot: Bot):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    answer = await bot.send_raw(head, *[chunk] * 17, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ") and answer.count(b"HTTP/1.1") == 1


async def test_a_chunked_body_without_end_is_refused_before_it_ends(bot: Bot):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    answer = await bot.send_raw(head, *[chunk] * 64, b"1\r\n \r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_of_exactly_the_limit_is_read(bot: Bot):
    body = json.dumps(alerts(1)).encode()
    code, answer = await bot.post(body + b" " * (MAX_BODY - len(body)), request_timeout=120)
    assert (code, answer["accepted"]) == (HTTPStatus.ACCEPTED, 1)


async def test_where_too_many_large_bodies_are_on_their_way_the_sender_is_asked_to_come_back(bot: Bot, stores: Stores):
    assert bot.parts.held.take(SERVER, MOST_OF_ONE)
    response = await bot.fetch(PATH, method="POST", body=json.dumps(alerts(1)))
    assert response.code == HTTPStatus.SERVICE_UNAVAILABLE and int(response.headers["Retry-After"]) > 0
    assert b"at once" in response.body and await stores.alerts.count(SERVER) == 0
    bot.parts.held.give_back(SERVER, MOST_OF_ONE)
    assert (await bot.post(alerts(1)))[0] == HTTPStatus.ACCEPTED
    assert bot.parts.held.size == 0


async def test_what_a_sender_began_and_left_is_held_no_longer(bot: Bot):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY}\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", bot.port)
    writer.write(head.encode() + b" " * 100_000)
    await until(lambda: bot.parts.held.size == 100_000)
    writer.close()
    await until(lambda: bot.parts.held.size == 0)


async def test_without_a_database_the_sender_is_asked_to_come_back(start: Start, clock: HeldClock):
    database = Database("mongodb://127.0.0.1:1", selection_seconds=0.05)
    bot = start(open_stores(database, clock))
    response = await bot.fetch(PATH, method="POST", body="{}")
    assert (response.code, response.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "2")
    ready = await bot.fetch("/readyz")
    assert ready.code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "The database cannot be reached." in json.loads(ready.body)["problems"]
    assert (await bot.fetch("/healthz")).code == HTTPStatus.OK
    database.close()


async def test_only_post_is_served_and_a_browser_is_told_so(bot: Bot):
    response = await bot.fetch(PATH)
    assert (response.code, response.headers["Allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, "POST")
    assert json.loads(response.body)["error"].startswith("Alerts are delivered with POST.")


async def test_a_kind_may_have_another_name_in_urls(bot: Bot, stores: Stores, clock: HeldClock):
    digest = bot.parts.vault.digest(KEY_PURPOSE, "key-of-grafana")
    source = Integration(
        id="i2", server_id=SERVER, name="Grafana", kind="grafana", key_digests=(digest,), created_at=clock()
    )
    await stores.integrations.add(Change(doc=source))
    for name in ("grafana", "grafana_alerting"):
        assert (await bot.post(alerts(1), f"/integrations/v1/{name}/key-of-grafana/"))[0] == HTTPStatus.ACCEPTED
    assert (await bot.post(alerts(1), "/integrations/v1/alertmanager/key-of-grafana/"))[0] == HTTPStatus.NOT_FOUND


async def test_after_a_rotation_both_keys_work_for_an_hour(bot: Bot, stores: Stores, clock: HeldClock):
    fresh = bot.parts.vault.digest(KEY_PURPOSE, "fresh")
    await stores.integrations.change(SERVER, "i1", lambda doc: rotate(doc, digests=(fresh,), now=clock()))
    assert (await bot.post(alerts(1)))[0] == HTTPStatus.ACCEPTED
    assert (await bot.post(alerts(1), "/integrations/v1/alertmanager/fresh/"))[0] == HTTPStatus.ACCEPTED
    clock.advance(hours=1)
    assert (await bot.post(alerts(1)))[0] == HTTPStatus.NOT_FOUND
    assert (await bot.post(alerts(1), "/integrations/v1/alertmanager/fresh/"))[0] == HTTPStatus.ACCEPTED


async def test_figures_name_no_tenant(bot: Bot):
    await bot.post(alerts(3))
    page = (await bot.fetch("/metrics")).body.decode()
    assert "oncall_alerts_accepted_total 3.0" in page
    assert SERVER not in page and "i1" not in page


async def test_ready_needs_a_recent_pass_of_the_worker(bot: Bot):
    response = await bot.fetch("/readyz")
    assert response.code == HTTPStatus.SERVICE_UNAVAILABLE
    assert json.loads(response.body)["problems"] == ["The worker has not started yet."]
