"""The server's own HTTP requests to integrations: one attempt, a time limit, a read cap, and blocked internal hosts."""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from bot.simulator.faults import Fault, Faults
from bot.simulator.state import State

READ_LIMIT = 1 << 20
LOG_LENGTH = 100_000
"""How many requests each log keeps, so that a long demonstration does not fill the memory."""

_AGENT = "Mattermost-Bot/1.1"


class Unreachable(Exception):
    """No answer: refused, timed out, cut off, or an address the server may not call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    media_type: str
    """Lower case, without parameters; empty if the answer names none."""
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request as it left the server, for tests to look at."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Outgoing:
    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._client: aiohttp.ClientSession | None = None
        self.sent: deque[Sent] = deque(maxlen=LOG_LENGTH)

    @property
    def timeout(self) -> float:
        """OutgoingIntegrationRequestsTimeout, in seconds."""
        return float(self._state.config["ServiceSettings"]["OutgoingIntegrationRequestsTimeout"])

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        seconds: float | None = None,
        limit: int = READ_LIMIT,
    ) -> Answer:
        """One attempt; raises ``Unreachable``. ``seconds`` is the time limit, by default the configured one.

        At most ``limit`` bytes of the answer are read, the rest is thrown away.
        """
        self._refuse_internal(url)
        fault = self._faults.take("out", method, url)
        allowed = self.timeout if seconds is None else seconds
        try:
            async with asyncio.timeout(allowed):
                return await self._send(Sent(method=method, url=url, headers=headers, body=body), fault, limit)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(f"{method} {url}: {error or 'timed out'}") from error

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _send(self, sent: Sent, fault: Fault | None, limit: int) -> Answer:
        if fault is None:
            return await self._exchange(sent, limit)
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.drop:
            raise OSError("connection refused (fault)")
        if fault.status:
            return Answer(status=fault.status, media_type="text/plain", body=b"fault", headers={})
        if fault.duplicate:
            await self._exchange(sent, limit)
        answer = await self._exchange(sent, limit)
        if fault.malformed:
            cut = answer.body[: len(answer.body) // 2] + b"{"
            return Answer(status=answer.status, media_type=answer.media_type, body=cut, headers=answer.headers)
        return answer

    async def _exchange(self, sent: Sent, limit: int) -> Answer:
        self.sent.append(sent)
        if self._client is None:
            self._client = aiohttp.ClientSession(
                headers={"User-Agent": _AGENT}, skip_auto_headers=("Content-Type", "Accept")
            )
        url = URL(sent.url, encoded=True)
        async with self._client.request(sent.method, url, data=sent.body or None, headers=sent.headers) as response:
            body = await _read(response, limit)
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Answer(
                status=response.status, media_type=media_type, body=body, headers=dict(response.headers.items())
            )

    def _refuse_internal(self, url: str) -> None:
        host = urlsplit(url).hostname or ""
        if not _is_internal(host):
            return
        allowed = str(self._state.config["ServiceSettings"]["AllowedUntrustedInternalConnections"]).split()
        if host not in allowed and not _in_networks(host, allowed):
            raise Unreachable(f"{url}: address forbidden, see AllowedUntrustedInternalConnections")


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    parts = bytearray()
    async for chunk in response.content.iter_any():
        parts += chunk
        if len(parts) >= limit:
            response.close()
            break
    return bytes(parts[:limit])


def _is_internal(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _in_networks(host: str, networks: list[str]) -> bool:
    for network in networks:
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False):
                return True
        except ValueError:
            continue
    return False
