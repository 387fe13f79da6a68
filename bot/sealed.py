"""What each sealed envelope in a server document is about: the one home of these names.

The vault binds an envelope to its name, so that one copied to another field, secret or server cannot be opened.
"""

from __future__ import annotations


def install_secret(server_id: str, secret_id: str) -> str:
    return f"{server_id}|install_secret|{secret_id}"


def push_token(server_id: str) -> str:
    return f"{server_id}|push_token"


def lasting_token(server_id: str) -> str:
    return f"{server_id}|lasting_token"


def webhook_secret(server_id: str) -> str:
    return f"{server_id}|webhook_secret"


def signing_secret(server_id: str, integration_id: str) -> str:
    return f"{server_id}|signing_secret|{integration_id}"


def command_token(server_id: str, team_id: str) -> str:
    return f"{server_id}|command_token|{team_id}"
