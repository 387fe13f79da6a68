"""What whoever opens the bare address sees, and what stands where nothing else does."""

from __future__ import annotations

import json

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse


async def fetch(url: str, method: str = "GET", **headers: str) -> HTTPResponse:
    return await AsyncHTTPClient().fetch(
        url, method=method, headers=headers, raise_error=False, allow_nonstandard_methods=True
    )


async def test_the_front_page_leads_to_the_set_up_even_without_the_database(without_database: str) -> None:
    answer = await fetch(f"{without_database}/")
    assert answer.code == 200
    assert "OnCall for Mattermost is running" in answer.body.decode()
    assert 'href="/setup"' in answer.body.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Server" not in answer.headers


async def test_the_front_page_speaks_the_browser_s_language(without_database: str) -> None:
    answer = await fetch(f"{without_database}/", **{"Accept-Language": "de-CH, en;q=0.5"})
    assert '<html lang="de">' in answer.body.decode()
    assert 'Einrichten kannst du ihn unter <a href="/setup">/setup</a>.' in answer.body.decode()


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_address_is_answered_in_our_own_words(without_database: str, method: str) -> None:
    answer = await fetch(f"{without_database}/wp-login.php?token=x", method)
    assert (answer.code, json.loads(answer.body)) == (404, {"error": "There is nothing at this address."})
    assert "Server" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [("/setup/static/setup.css", 200), ("/setup/static/nothing.css", 404), ("/mattermost/any/static/oncall.png", 200)],
)
async def test_files_do_not_name_the_server_either(without_database: str, path: str, status: int) -> None:
    answer = await fetch(without_database + path)
    assert (answer.code, "Server" in answer.headers) == (status, False)
