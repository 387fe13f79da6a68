"""The Apps endpoints when the database is away: an answer Mattermost shows, and nothing done before the proof."""

from __future__ import annotations

import json

import orjson
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

NO_DATABASE = "The database cannot be reached at the moment. Please try again shortly."


async def fetch(url: str, body: bytes | None = b"{}") -> HTTPResponse:
    method = "POST" if body is not None else "GET"
    return await AsyncHTTPClient().fetch(url, method=method, body=body, raise_error=False)


@pytest.mark.apps(41, 42)
@pytest.mark.parametrize("path", ["ping", "installed", "bindings", "command/list", "button", "lookup/page", "webhook"])
async def test_without_its_database_every_call_is_answered_in_words(
    without_database: str, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    response = await fetch(f"{without_database}/mattermost/{'s' * 32}/{path}")
    assert (response.code, orjson.loads(response.body)) == (200, {"type": "error", "text": NO_DATABASE})
    told = [line for line in "".join(capfd.readouterr()).splitlines() if "database away" in line]
    assert len(told) == 1 and "Traceback" not in told[0]


async def test_what_is_no_call_says_that_it_passes(without_database: str) -> None:
    response = await fetch(f"{without_database}/mattermost/{'s' * 32}/manifest.json", None)
    assert (response.code, json.loads(response.body)) == (503, {"error": NO_DATABASE})


async def test_health_and_senders_keep_their_status(without_database: str) -> None:
    assert (await fetch(f"{without_database}/healthz", None)).code == 200
    assert (await fetch(f"{without_database}/readyz", None)).code == 503
    assert (await fetch(f"{without_database}/integrations/v1/alertmanager/some-key/")).code == 503
