"""Talks to a running bot over HTTP and turns whatever goes wrong into a sentence with the remedy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import click
import requests
from requests.auth import AuthBase

from bot.command_line.processes import tell_problems
from bot.config import ConfigProblems, Connection, read_connection
from bot.secret import Secret

CONNECT_SECONDS = 5
ANSWER_SECONDS = 60
ADDRESS_HELP = "Address of the running bot; by default the one on this machine, then PUBLIC_URL."
OURS = ("127.0.0.1", "localhost", "::1")


class Bearer(AuthBase):
    """Set this way, no ~/.netrc can replace it."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class RunningBot:
    """One bot that answers. `find` it, then `ask` it."""

    def __init__(self, address: str, connection: Connection) -> None:
        self.address = address
        self._connection = connection

    @classmethod
    def find(cls, address: str = "") -> RunningBot:
        """The first of the addresses where a bot answers. Raises ClickException."""
        connection = _connection()
        addresses = (address.rstrip("/"),) if address else connection.addresses
        problems = []
        for candidate in addresses:
            try:
                _send("GET", f"{candidate}/healthz")
            except click.ClickException as problem:
                problems.append(problem.message)
                continue
            return cls(candidate, connection)
        raise click.ClickException("\n".join(problems))

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """The JSON answer of an operator's request. Raises ClickException."""
        token = self._connection.admin_token
        if token is None:
            raise click.ClickException(
                f"I have no admin token. A bot without ADMIN_TOKEN writes one to {self._connection.admin_token_file}: "
                "run this in the bot's folder and as its user, or set DATA_DIR or ADMIN_TOKEN as the bot has them."
            )
        answer = _send(method, f"{self.address}{path}", Bearer(token), body)
        if answer.status_code in (200, 201):
            return _json(answer, self.address)
        raise click.ClickException(self._refusal(answer))

    def ready(self) -> str:
        """Empty when the bot says that it is ready, else what it says."""
        answer = _send("GET", f"{self.address}/readyz")
        return "" if answer.status_code == 200 else answer.text.strip()[:500] or f"status {answer.status_code}"

    def _refusal(self, answer: requests.Response) -> str:
        status = answer.status_code
        if status == 401:
            return (
                f"The bot at {self.address} does not know this admin token (from {self._origin()}). "
                "Use the ADMIN_TOKEN or the DATA_DIR that the bot was started with."
            )
        if status == 429:
            return "Too many wrong admin tokens came from this address. Wait ten minutes, then try again."
        if status == 400:
            errors = _json(answer, self.address).get("errors", {})
            return "\n".join(f"{name}: {' '.join(texts)}" for name, texts in errors.items())
        if status == 409:
            return "\n".join(["Mattermost is not ready for this:", *refused(_json(answer, self.address))])
        if status == 502:
            return f"Mattermost did not do it: {_json(answer, self.address).get('error', '')}"
        if status == 503:
            return f"The bot at {self.address} cannot reach its database. Look at its log, then try again."
        if status >= 500:
            return f"Something went wrong in the bot at {self.address} (status {status}). Its log says more."
        return f"What answers at {self.address} is not this bot (status {status}). Name the right address with --bot."

    def _origin(self) -> str:
        given = os.environ.get("ADMIN_TOKEN", "").strip()
        return "ADMIN_TOKEN" if given else str(self._connection.admin_token_file)


def refused(answer: Mapping[str, Any]) -> list[str]:
    """What has to be put right, a line each."""
    return [f"  - {told(finding)}" for finding in answer.get("findings", []) if not finding["ok"]]


def told(finding: Mapping[str, Any]) -> str:
    """A finding as one or two sentences."""
    remedy = finding["remedy"]
    return f"{finding['title']}. {remedy}." if remedy else f"{finding['title']}."


def _connection() -> Connection:
    try:
        return read_connection(os.environ)
    except ConfigProblems as problem:
        tell_problems(problem)


def reaches_bot(address: str) -> str:
    """Empty when a bot answers at the address, else a sentence why not."""
    try:
        _send("GET", f"{address}/healthz")
    except click.ClickException as problem:
        return problem.message
    return ""


def _send(
    method: str, url: str, auth: AuthBase | None = None, body: Mapping[str, object] | None = None
) -> requests.Response:
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}"
    session = requests.Session()
    session.trust_env = parts.hostname not in OURS  # a proxy does not know this machine's loopback address
    try:
        answer = session.request(
            method, url, auth=auth, json=body, timeout=(CONNECT_SECONDS, ANSWER_SECONDS), allow_redirects=False
        )
    except requests.exceptions.SSLError:
        raise click.ClickException(
            f"The certificate of {place} is not valid for this machine. Mend it, or name another address with --bot."
        ) from None
    except requests.Timeout:
        raise click.ClickException(f"The bot at {place} does not answer in time. Its log may say why.") from None
    except (requests.ConnectionError, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
        raise click.ClickException(
            f"No bot answers at {place}. Start it with `python -m bot serve`, or name its address with --bot."
        ) from None
    except requests.RequestException as problem:
        raise click.ClickException(f"{place} cannot be asked: {type(problem).__name__}.") from None
    if answer.is_redirect:
        there = answer.headers["Location"]
        raise click.ClickException(f"{place} sends us on to {there}. Name the right address with --bot.")
    if parts.path == "/healthz" and answer.status_code in (401, 403, 404):
        raise click.ClickException(f"What answers at {place} is not this bot. Name its address with --bot.")
    return answer


def _json(answer: requests.Response, address: str) -> dict[str, Any]:
    try:
        content = answer.json()
    except requests.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise click.ClickException(f"What answers at {address} is not this bot. Name its address with --bot.")
    return content
