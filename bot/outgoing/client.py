"""The one way out by HTTP: kept-alive connections to destinations the guard allows, with limits on time and size."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from bot.outgoing.errors import NoAnswer, NotJson, NotSendable, TooLarge, Unreachable
from bot.outgoing.guard import Guard, ParsedUrl
from bot.outgoing.resolver import GuardedResolver

CONNECTIONS: Final = 100
CONNECTIONS_PER_HOST: Final = 50
CONNECT_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 30.0  # less than servers keep idle connections (Mattermost: 60 s)
USER_AGENT: Final = "OnCall-for-Mattermost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status. `headers` do not care about case when they come from the network."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0

    def json(self) -> object:
        """Raises NotJson."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as problem:
            raise NotJson("The other side answered with something that is not JSON.") from problem


class Client:
    """Build it inside a running event loop; close it in the end."""

    def __init__(
        self,
        guard: Guard,
        *,
        clock: Callable[[], float] = time.monotonic,
        names: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self._guard = guard
        self._clock = clock
        self._connect_seconds = connect_seconds
        names = names or ThreadedResolver()
        # Two sessions, because a resolver does not learn the scheme of the request it resolves for.
        self._anywhere = _session(GuardedResolver(guard, names, listed_only=False), tls)
        self._listed = _session(GuardedResolver(guard, names, listed_only=True), tls)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        form: Mapping[str, str] | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109  a limit per request is what every caller wants
        max_bytes: int = 262_144,
    ) -> Answer:
        """Send one request with `json`, `body`, `form` or nothing; redirects are not followed, cookies not kept.

        Raises UnsafeDestination, NotSendable, Unreachable, NoAnswer or TooLarge. `timeout` is in seconds, in all.
        """
        began = self._clock()
        destination = self._guard.check_url(url)
        content, content_type = _content(json, body, form)
        sent = CIMultiDict(content_type)
        sent.update(headers or {})
        session = self._listed if destination.listed_only else self._anywhere
        try:
            async with session.request(
                method,
                _address(destination),
                headers=sent,
                data=content,
                allow_redirects=False,
                timeout=ClientTimeout(total=timeout, sock_connect=self._connect_seconds),
            ) as response:
                received = await _read(response, max_bytes)
                status, found = response.status, response.headers
        except (ClientConnectorError, ConnectionTimeoutError) as problem:
            raise Unreachable(_no_luck(destination)) from problem
        except (ClientError, TimeoutError, OSError) as problem:
            raise NoAnswer(_no_luck(destination)) from problem
        except ValueError as problem:
            raise NotSendable("A header contains a character that cannot be sent, such as a line break.") from problem
        return Answer(status=status, headers=found, body=received, seconds=self._clock() - began)

    async def close(self) -> None:
        await asyncio.gather(self._anywhere.close(), self._listed.close())


def _session(resolver: AbstractResolver, tls: ssl.SSLContext | None) -> ClientSession:
    connector = TCPConnector(
        resolver=resolver,
        ssl=tls or True,
        limit=CONNECTIONS,
        limit_per_host=CONNECTIONS_PER_HOST,
        keepalive_timeout=IDLE_SECONDS,
    )
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        trust_env=False,  # no proxy from the environment: it would connect where the guard cannot look
        auto_decompress=False,  # a small compressed answer can hide a huge one
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        skip_auto_headers=("Content-Type",),
    )


def _address(destination: ParsedUrl) -> URL:
    """Built from the checked parts, so that no second parser can understand them differently."""
    path, _, query = destination.target.partition("?")
    return URL.build(
        scheme=destination.scheme,
        host=destination.host,
        port=destination.port,
        path=path,
        query_string=query,
        encoded=True,
    )


def _content(json: object, body: bytes | None, form: Mapping[str, str] | None) -> tuple[bytes | None, dict[str, str]]:
    if sum(one is not None for one in (json, body, form)) > 1:
        raise ValueError("A request has one body: give json, body or form.")
    try:
        if json is not None:
            return orjson.dumps(json), {"Content-Type": "application/json"}
        if form is not None:
            return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    except (orjson.JSONEncodeError, UnicodeEncodeError) as problem:
        raise NotSendable("The message contains something that cannot be sent, such as half a character.") from problem
    return body, {}


async def _read(response: ClientResponse, max_bytes: int) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > max_bytes:
            raise TooLarge(f"{response.url.host} answered with more than {max_bytes:,} bytes, which is too much.")
    return bytes(received)


def _no_luck(destination: ParsedUrl) -> str:
    return f"{destination.host} cannot be reached. Check the address, and that the other side is up."
