"""The operator's API: proof first, then what is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tests.clock import HeldClock
from tests.handlers.operating import TOKEN, Bot


async def post(bot: Bot, body: Any, *headers: tuple[str, str]) -> HTTPResponse:
    given = dict(headers or [("Authorization", f"Bearer {TOKEN}")])
    content = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return await AsyncHTTPClient().fetch(
        f"{bot.address}/mattermost/setup", method="POST", body=content, headers=given, raise_error=False
    )


def answer(response: HTTPResponse) -> Any:
    return json.loads(response.body)


async def test_a_setup_is_created(bot: Bot, clock: HeldClock) -> None:
    response = await post(bot, {"name": " Example Ltd "})
    created = answer(response)
    assert response.code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert list(created) == [
        "server_id",
        "manifest_url",
        "install_secret",
        "install_code",
        "install_command",
        "expires_at",
    ]
    assert created["manifest_url"] == f"{bot.address}/mattermost/{created['server_id']}/manifest.json"
    assert created["install_command"] == f"/apps install http {created['manifest_url']}"
    assert created["expires_at"] == "2026-03-03T09:00:00+00:00"
    server = await bot.parts.stores.servers.by_id(created["server_id"])
    assert server is not None
    assert server.name == "Example Ltd"


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Nothing", "1")],
        [("Authorization", "")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer wrong-token-of-somebody")],
        [("Authorization", TOKEN)],
        [("Authorization", f"Basic {TOKEN}")],
        [("Authorization", f"Bearer {TOKEN}x")],
        [("Cookie", f"token={TOKEN}")],
    ],
)
async def test_without_the_admin_token_nothing_is_told(headers: list[tuple[str, str]], bot: Bot) -> None:
    for body in ({"name": "x"}, "no json", {"name": ""}):
        response = await post(bot, body, *headers)
        assert (response.code, answer(response)) == (401, {"error": "unauthorized"})
    assert await bot.parts.setup.listed() == []


async def test_a_token_in_the_query_or_the_body_is_no_proof(bot: Bot) -> None:
    response = await AsyncHTTPClient().fetch(
        f"{bot.address}/mattermost/setup?token={TOKEN}&access_token={TOKEN}",
        method="POST",
        body=json.dumps({"name": "x", "token": TOKEN}),
        raise_error=False,
    )
    assert response.code == 401


async def test_guessing_is_stopped_even_for_the_right_token_until_some_time_has_passed(
    bot: Bot, clock: HeldClock
) -> None:
    for _ in range(10):
        assert (await post(bot, {"name": "x"}, ("Authorization", "Bearer wrong"))).code == 401
    stopped = await post(bot, {"name": "x"})
    assert (stopped.code, stopped.headers["Retry-After"]) == (429, "600")
    clock.advance(minutes=10)
    assert (await post(bot, {"name": "x"})).code == 201


async def test_made_up_addresses_do_not_help_guessing(bot: Bot) -> None:
    for number in range(10):
        forwarded = ("X-Forwarded-For", f"198.51.100.{number}")
        await post(bot, {"name": "x"}, ("Authorization", "Bearer wrong"), forwarded)
    assert (await post(bot, {"name": "x"})).code == 429


async def test_the_right_token_may_be_used_any_number_of_times(bot: Bot) -> None:
    assert [(await post(bot, {"name": "x"})).code for _ in range(15)] == [201] * 15


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"name": ["This is needed."]}),
        ({"name": "  "}, {"name": ["This is needed."]}),
        ({"name": None}, {"name": ["This is needed."]}),
        ({"name": 7}, {"name": ["This has to be a text."]}),
        ({"name": "x" * 65}, {"name": ["At most 64 characters, please."]}),
        ({"name": "a\nb"}, {"name": ["Only ordinary characters, please."]}),
        ("no json", {"body": ['Send a JSON object, for example {"name": "Example Ltd"}.']}),
        ("[]", {"body": ['Send a JSON object, for example {"name": "Example Ltd"}.']}),
        (b"\xff", {"body": ['Send a JSON object, for example {"name": "Example Ltd"}.']}),
        (
            {"name": "x", "native": True, "url": "chat.example.com"},
            {
                "url": ["The address of your Mattermost is needed, for example https://chat.example.com."],
                "token": ["The access token of a Mattermost system admin is needed. It is not kept."],
            },
        ),
    ],
)
async def test_what_is_wrong_is_told_field_by_field(body: Any, errors: dict[str, list[str]], bot: Bot) -> None:
    response = await post(bot, body)
    assert (response.code, answer(response)) == (400, {"errors": errors})


async def test_the_doctor_needs_the_token_too(bot: Bot) -> None:
    response = await AsyncHTTPClient().fetch(f"{bot.address}/mattermost/doctor", raise_error=False)
    assert response.code == 401


async def test_the_doctor_says_what_is_still_to_do(bot: Bot) -> None:
    await bot.parts.setup.create("Example Ltd")
    response = await AsyncHTTPClient().fetch(
        f"{bot.address}/mattermost/doctor", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    (server,) = answer(response)["servers"]
    assert (server["name"], server["state"]) == ("Example Ltd", "pending")
    assert server["findings"] == [
        {
            "ok": False,
            "title": "Not installed yet",
            "remedy": "A Mattermost system admin has to type the install command",
        }
    ]
