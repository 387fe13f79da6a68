"""What anybody may send before anything is proven is small: it is kept in memory, and a form is taken apart at once."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.composition import running
from bot.config import Config, Role
from bot.core.replacing import replace
from handlers.bounded import HEARD_OUT
from tests.test_composition import config

__all__ = ["config"]

LARGE = 4 * 1024 * 1024
PATHS = ("/native/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/command", "/setup/sign-in", "/nothing/here")


async def answered(port: int, head: str) -> bytes:
    """What comes back before a byte of the body was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.read(), timeout=60)
    writer.close()
    return answer


@pytest.mark.parametrize("path", PATHS)
async def test_a_large_body_of_a_stranger_is_not_read(config: Config, path: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bot\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {LARGE}\r\n\r\n"
    )
    async with running(replace(config, role=Role.WEB)) as bot:
        assert (await answered(bot.port, head)).startswith(b"HTTP/1.1 400 ")


async def test_an_unknown_key_is_refused_before_a_large_body_comes(config: Config) -> None:
    head = (
        f"POST /integrations/v1/alertmanager/unknown/ HTTP/1.1\r\nHost: bot\r\nContent-Length: {HEARD_OUT + 1}\r\n\r\n"
    )
    async with running(replace(config, role=Role.WEB)) as bot:
        assert (await answered(bot.port, head)).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("path", ["/integrations/v1/alertmanager/unknown/", "/v2/enqueue", "/setup/sign-in"])
async def test_a_length_of_thousands_of_digits_is_no_failure_of_ours(config: Config, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: bot\r\nContent-Length: {'9' * 5_000}\r\n\r\n"
    async with running(replace(config, role=Role.WEB)) as bot:
        with capture_logs() as logs:
            assert not (await answered(bot.port, head)).startswith(b"HTTP/1.1 5")
    assert [line for line in logs if line["log_level"] == "error"] == []
