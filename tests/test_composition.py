"""One process put together: what each role listens for, and that nothing is left open when building fails."""

from __future__ import annotations

import gc

import pytest
from structlog.testing import capture_logs
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from bot.composition import running
from bot.config import Config, Role, read_config
from bot.core.replacing import replace
from bot.secret import Secret
from bot.vault import BadKeys, generate_keys
from tests.conftest import TEST_DATABASE
from tests.ports import free_port


@pytest.fixture
def config(prepared_uri: str) -> Config:
    scheme, _, rest = prepared_uri.partition("://")
    host, _, options = rest.partition("/")
    environ = {
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "MONGODB_URI": f"{scheme}://{host}/{TEST_DATABASE}?{options.partition('?')[2]}",
        "ENCRYPTION_KEYS": generate_keys(),
        "ADMIN_TOKEN": "an-admin-token-that-is-long-enough-for-this",
    }
    return read_config(environ, Role.WORKER)


async def fetch(config: Config, path: str) -> HTTPResponse:
    return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{config.port}{path}", raise_error=False)


async def test_a_worker_answers_how_it_is_and_nothing_else(config: Config) -> None:
    with capture_logs() as told:
        await _answers_how_it_is(config)
    (ready,) = [line for line in told if line["event"] == "ready"]
    assert (ready["role"], ready["port"]) == ("worker", config.port)


async def _answers_how_it_is(config: Config) -> None:
    async with running(config) as bot:
        assert bot.port == config.port
        assert (await fetch(config, "/healthz")).code == 200
        assert (await fetch(config, "/readyz")).code in (200, 503)
        assert b"oncall_oldest_unsent_seconds" in (await fetch(config, "/metrics")).body
        for path in ("/", "/setup", "/mattermost/doctor", "/integrations/v1/alertmanager/key/"):
            assert (await fetch(config, path)).code == 404, path


async def test_the_part_that_answers_has_every_address(config: Config) -> None:
    async with running(replace(config, role=Role.WEB)):
        assert (await fetch(config, "/setup")).code == 200
        assert (await fetch(config, "/readyz")).code == 200


async def test_what_was_opened_is_closed_when_building_fails(config: Config) -> None:
    """An aiohttp session that is left open warns when it is collected, and warnings are errors."""
    with pytest.raises(BadKeys):
        async with running(replace(config, encryption_keys=Secret("k1:not-a-key"))):
            pass
    gc.collect()
