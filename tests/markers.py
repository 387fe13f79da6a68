"""Searches output for secrets: as they are, and in the disguises that logs and protocols give them.

As a plugin of pytest it fails every test that prints or logs one it was told of, whatever else the test is about.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterable, Mapping
from urllib.parse import quote

import pytest

from bot.simulator.server import Simulator

SHORTEST = 8
KNOWN = pytest.StashKey[dict[str, str]]()


def must_not_print(test: pytest.Item, secrets: Mapping[str, str]) -> None:
    """This test knows these secrets."""
    test.stash.setdefault(KNOWN, {}).update(secrets)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "teardown" and report.passed:
        leaked = told(item.stash.get(KNOWN, {}), "\n".join(text for _, text in report.sections))
        if leaked:
            report.outcome = "failed"
            report.longrepr = f"This test printed or logged secrets: {', '.join(leaked)}"
    return report


def told(secrets: Mapping[str, str], output: str) -> list[str]:
    """The names of the secrets that the output tells."""
    return sorted(name for name, secret in secrets.items() if any(one in output for one in disguises(secret)))


def disguises(secret: str) -> set[str]:
    """Plain, in an address, in hexadecimal and within base64, wherever it begins in there."""
    if len(secret) < SHORTEST:
        raise ValueError(f"{len(secret)} characters are found by accident")
    data = secret.encode()
    return {secret, quote(secret, safe=""), data.hex(), *_in_base64(data)}


def _in_base64(data: bytes) -> Iterable[str]:
    """The signs that depend on the secret alone, for each of the three places it can have."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(data)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].replace("+", "-").replace("/", "_")


def secrets_of(simulator: Simulator) -> dict[str, str]:
    """Everything this Mattermost has given out: sessions, tokens of bots and Apps, secrets of commands and webhooks."""
    state = simulator.state
    found = {f"{token.kind} token {number}": token.secret for number, token in enumerate(state.tokens.values())}
    found |= {f"command token of {command.team_id}": command.token for command in state.commands.values()}
    if simulator.apps is not None:
        for app in simulator.apps.core.store.apps.values():
            found |= {f"JWT secret of {app.app_id}": app.secret, f"webhook secret of {app.app_id}": app.webhook_secret}
    return {name: secret for name, secret in found.items() if secret}
