"""The outgoing client against real servers on loopback: limits, errors in words, and no way around the guard."""

import asyncio
import gzip
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot.outgoing.client import Answer, Client
from bot.outgoing.errors import NoAnswer, NotJson, NotSendable, TooLarge, Unreachable, UnsafeDestination
from bot.outgoing.guard import Guard
from tests.waiting import until

HOME = Guard((ip_network("127.0.0.0/8"), ip_network("::1/128")))


class Echo(RequestHandler):
    def answer(self) -> None:
        request = self.request
        self.set_cookie("session", "1")
        self.finish(
            {
                "method": request.method,
                "uri": request.uri,
                "headers": dict(request.headers.get_all()),
                "body": request.body.decode(),
                "from_port": request.connection.context.address[1],
            }
        )

    get = post = put = delete = answer


class Redirect(RequestHandler):
    def get(self) -> None:
        self.redirect("/echo")


class Big(RequestHandler):
    async def get(self, size: str) -> None:
        if self.get_argument("chunked", ""):
            await self.flush()
        await self.finish(b"x" * int(size))


class Endless(RequestHandler):
    async def get(self) -> None:
        try:
            while True:
                self.write(b"x" * 65_536)
                await self.flush()
        except Exception:  # the client has gone
            self.application.settings["gone"].set()


class Slow(RequestHandler):
    def initialize(self) -> None:
        self._left = asyncio.Event()

    async def get(self) -> None:
        await self._left.wait()

    def on_connection_close(self) -> None:
        self._left.set()
        self.settings["gone"].set()


class Zipped(RequestHandler):
    def get(self) -> None:
        self.set_header("Content-Encoding", "gzip")
        self.finish(gzip.compress(b'{"zeros": "' + b"0" * 10_000_000 + b'"}'))


class Plain(RequestHandler):
    def get(self) -> None:
        self.set_status(503)
        self.set_header("Retry-After", "7")
        self.finish("<html>busy</html>")


class Names(AbstractResolver):
    """A name service that gives the next of its answers each time it is asked; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            raise OSError("no such name")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    async def close(self) -> None:
        """Nothing is open."""


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 120))

    return run


@asynccontextmanager
async def served(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A server on loopback: its port, and an event that tells that a client went away."""
    gone = asyncio.Event()
    urls = [
        (r"/echo.*", Echo),
        (r"/redirect", Redirect),
        (r"/big/(\d+)", Big),
        (r"/endless", Endless),
        (r"/slow", Slow),
        (r"/zipped", Zipped),
        (r"/plain", Plain),
    ]
    server = HTTPServer(Application(urls, gone=gone, log_function=lambda _: None), ssl_options=tls)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield sockets[0].getsockname()[1], gone
    finally:
        server.stop()
        await server.close_all_connections()


@asynccontextmanager
async def client(guard: Guard = HOME, **options: Any) -> AsyncIterator[Client]:
    made = Client(guard, **options)
    try:
        yield made
    finally:
        await made.close()


def echoed(answer: Answer) -> dict[str, Any]:
    found = answer.json()
    assert isinstance(found, dict)
    return found


@asynchronous
async def test_json_form_and_bytes_arrive_as_sent() -> None:
    async with served() as (port, _), client() as http:
        url = f"http://127.0.0.1:{port}/echo/a%2Fb?x=%20y&z=ü"
        sent = echoed(await http.request("POST", url, json={"text": "ü"}, headers={"Authorization": "Bearer t"}))
        assert (sent["method"], sent["uri"], sent["body"]) == ("POST", "/echo/a%2Fb?x=%20y&z=%C3%BC", '{"text":"ü"}')
        assert sent["headers"]["Content-Type"] == "application/json"
        assert sent["headers"]["Authorization"] == "Bearer t"
        assert sent["headers"]["User-Agent"] == "OnCall-for-Mattermost"
        sent = echoed(await http.request("PUT", url, form={"a": "1 2", "b": "ü"}))
        assert (sent["method"], sent["body"]) == ("PUT", "a=1+2&b=%C3%BC")
        assert sent["headers"]["Content-Type"] == "application/x-www-form-urlencoded"
        sent = echoed(await http.request("POST", url, body=b"<a/>", headers={"content-type": "text/xml"}))
        assert (sent["body"], sent["headers"]["Content-Type"]) == ("<a/>", "text/xml")
        sent = echoed(await http.request("POST", url, json=[], headers={"content-type": "application/x+json"}))
        assert sent["headers"]["Content-Type"] == "application/x+json"
        sent = echoed(await http.request("GET", url))
        assert (sent["body"], "Content-Type" in sent["headers"]) == ("", False)


@asynchronous
async def test_an_answer_has_status_headers_and_duration_whatever_the_status() -> None:
    ticks = iter([100.0, 100.25])
    async with served() as (port, _), client(clock=lambda: next(ticks)) as http:
        answer = await http.request("GET", f"http://127.0.0.1:{port}/plain")
    assert (answer.status, answer.headers["retry-after"], answer.seconds) == (503, "7", 0.25)
    with pytest.raises(NotJson, match="something that is not JSON"):
        answer.json()


@asynchronous
async def test_connections_are_kept_and_cookies_are_not() -> None:
    # A name, because cookie jars take nothing from bare addresses anyway.
    async with served() as (port, _), client(names=Names(["127.0.0.1"])) as http:
        seen = [echoed(await http.request("GET", f"http://chat.example.com:{port}/echo")) for _ in range(3)]
    assert len({one["from_port"] for one in seen}) == 1
    assert not any("Cookie" in one["headers"] for one in seen)


@asynchronous
async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with served() as (port, _), client() as http:
        answer = await http.request("GET", f"http://127.0.0.1:{port}/redirect")
    assert (answer.status, answer.headers["Location"]) == (302, "/echo")


@pytest.mark.parametrize("query", ["", "?chunked=1"])
@asynchronous
async def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not(query: str) -> None:
    async with served() as (port, _), client() as http:
        url = f"http://127.0.0.1:{port}/big"
        assert len((await http.request("GET", f"{url}/262144{query}")).body) == 262_144
        with pytest.raises(TooLarge, match="more than 262,144 bytes"):
            await http.request("GET", f"{url}/262145{query}")
        assert len((await http.request("GET", f"{url}/262145{query}", max_bytes=262_145)).body) == 262_145


@asynchronous
async def test_an_endless_body_is_cut_off() -> None:
    async with served() as (port, gone), client() as http:
        with pytest.raises(TooLarge):
            await http.request("GET", f"http://127.0.0.1:{port}/endless")
        await gone.wait()


@asynchronous
async def test_a_compressed_body_is_not_blown_up() -> None:
    async with served() as (port, _), client() as http:
        answer = await http.request("GET", f"http://127.0.0.1:{port}/zipped")
    assert len(answer.body) < 100_000
    with pytest.raises(NotJson):
        answer.json()


@asynchronous
async def test_a_slow_server_is_given_up_and_the_connection_dropped() -> None:
    async with served() as (port, gone), client() as http:

        async def seen() -> bool:
            """By the server, which the request may not reach in so short a time."""
            with pytest.raises(NoAnswer, match=r"127\.0\.0\.1 cannot be reached"):
                await http.request("GET", f"http://127.0.0.1:{port}/slow", timeout=0.05)
            return gone.is_set()

        await until(seen)


@asynchronous
async def test_a_closed_port_and_a_silent_one_read_the_same() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with served() as (port, _), client() as http:
            with pytest.raises(Unreachable) as refused:
                await http.request("GET", f"http://127.0.0.1:{closed.getsockname()[1]}/")
            with pytest.raises(NoAnswer) as silent:
                await http.request("GET", f"http://127.0.0.1:{port}/slow", timeout=0.05)
    assert str(refused.value) == str(silent.value)
    assert refused.value.__cause__ is not None


@asynchronous
async def test_a_connection_that_is_not_taken_up_is_given_up_before_the_whole_time() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # the queue is full now, and further greetings are dropped
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        async with client(connect_seconds=0.1) as http:
            with pytest.raises(Unreachable):
                await http.request("GET", f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=15)


@asynchronous
async def test_something_that_does_not_speak_http_is_no_answer() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server, client() as http:
        with pytest.raises(NoAnswer):
            await http.request("GET", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


@asynchronous
async def test_line_breaks_in_headers_and_half_characters_are_not_sent() -> None:
    async with served() as (port, _), client() as http:
        url = f"http://127.0.0.1:{port}/echo"
        with pytest.raises(NotSendable, match="A header contains a character"):
            await http.request("GET", url, headers={"X-Note": "a\r\nX-Evil: b"})
        for content in ({"json": "\ud800"}, {"form": {"a": "\ud800"}}):
            with pytest.raises(NotSendable, match="something that cannot be sent"):
                await http.request("POST", url, **content)
        with pytest.raises(ValueError, match="one body"):
            await http.request("POST", url, json={}, body=b"")


# --- the guard at work ---


@asynchronous
async def test_literal_addresses_are_checked_though_no_name_is_looked_up() -> None:
    names = Names(["127.0.0.1"])
    async with served() as (port, _), client(Guard((ip_network("10.0.0.0/8"),)), names=names) as http:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0", "127.1"):
            with pytest.raises(UnsafeDestination):
                await http.request("GET", f"http://{host}:{port}/echo")
    assert names.asked == []


@asynchronous
async def test_a_name_that_leads_inside_is_refused() -> None:
    async with served() as (port, _), client(Guard((ip_network("10.0.0.0/8"),))) as http:
        for url in (f"http://localhost:{port}/echo", "https://localhost/"):
            with pytest.raises(UnsafeDestination, match="leads to a network this bot may not call"):
                await http.request("GET", url)


@asynchronous
async def test_a_listed_name_is_connected_to_the_address_that_was_checked_without_another_look_up() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with served() as (port, _), client(names=names) as http:
        url = f"http://chat.example.com:{port}/echo"
        first = echoed(await http.request("GET", url))
        assert first["headers"]["Host"] == f"chat.example.com:{port}"
        assert names.asked == ["chat.example.com"]


@asynchronous
async def test_a_name_that_was_bound_again_to_the_inside_is_refused() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with served() as (port, _):
        url = f"http://chat.example.com:{port}/echo"
        async with client(names=names) as http:
            assert (await http.request("GET", url)).status == 200
        async with client(names=names) as http:
            with pytest.raises(UnsafeDestination):
                await http.request("GET", url)


@pytest.mark.parametrize("found", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "fe80::1%2"]])
@asynchronous
async def test_one_forbidden_address_spoils_the_name(found: list[str]) -> None:
    async with served() as (port, _), client(names=Names(found)) as http:
        with pytest.raises(UnsafeDestination):
            await http.request("GET", f"http://chat.example.com:{port}/echo")


@asynchronous
async def test_plain_http_does_not_go_to_a_public_address() -> None:
    async with client(names=Names(["8.8.8.8"])) as http:
        for url in ("http://dns.example.com/", "https://dns.example.com:8080/", "http://dns.example.com:443/"):
            with pytest.raises(UnsafeDestination, match="Only https addresses"):
                await http.request("GET", url)


@asynchronous
async def test_a_name_nobody_knows_is_unreachable() -> None:
    async with client(names=Names([])) as http:
        with pytest.raises(Unreachable, match=r"nowhere\.example\.com cannot be reached"):
            await http.request("GET", "https://nowhere.example.com/")


@asynchronous
async def test_proxies_from_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with served() as (port, _), client() as http:
        assert (await http.request("GET", f"http://127.0.0.1:{port}/echo")).status == 200


# --- TLS ---


def certificate_for(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@asynchronous
async def test_a_certificate_we_do_not_trust_ends_the_request(tmp_path: Path) -> None:
    certificate = certificate_for("chat.example.com", tmp_path)
    async with served(server_side(certificate)) as (port, _), client(names=Names(["127.0.0.1"])) as http:
        with pytest.raises(Unreachable):
            await http.request("GET", f"https://chat.example.com:{port}/echo")


@asynchronous
async def test_a_trusted_certificate_must_be_for_the_name(tmp_path: Path) -> None:
    certificate = certificate_for("chat.example.com", tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate))
    async with (
        served(server_side(certificate)) as (port, _),
        client(names=Names(["127.0.0.1"]), tls=trust) as http,
    ):
        answer = await http.request("POST", f"https://chat.example.com:{port}/echo", json={"a": 1})
        assert orjson.loads(echoed(answer)["body"]) == {"a": 1}
        assert (await http.request("GET", f"https://127.0.0.1:{port}/echo")).status == 200
        with pytest.raises(Unreachable):
            await http.request("GET", f"https://other.example.com:{port}/echo")
