"""The native endpoints when the bot itself is in trouble: words, and never a status that closes a dialog."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tornado.httpclient import AsyncHTTPClient

NO_DATABASE = "The database cannot be reached at the moment. Please try again shortly."


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("command", {"response_type": "ephemeral", "text": NO_DATABASE, "skip_slack_parsing": True}),
        ("action", {"ephemeral_text": NO_DATABASE, "skip_slack_parsing": True}),
        ("dialog", {"error": NO_DATABASE}),
        ("lookup", {"items": []}),
    ],
)
async def test_without_its_database_every_endpoint_answers_in_words(
    without_database: str, path: str, answer: dict[str, Any]
) -> None:
    response = await AsyncHTTPClient().fetch(
        f"{without_database}/native/{'s' * 32}/{path}", method="POST", body=b"{}", raise_error=False
    )
    assert (response.code, orjson.loads(response.body)) == (200, answer)
