"""The kinds of settings: each reads the text of an environment variable, or says what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

from bot.secret import Secret
from bot.vault import BadKeys, Vault

Network: TypeAlias = IPv4Network | IPv6Network
Value = TypeVar("Value")

ADMIN_TOKEN_LENGTH = 16
MAKE_KEYS = 'python -c "from bot.vault import generate_keys; print(generate_keys())"'
MAKE_TOKEN = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


class Setting(fields.Field[Value], Generic[Value]):
    """Text in, value out."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Value:
        return self.read(str(value))

    def read(self, text: str) -> Value:
        """Raises ValidationError with what is wrong and what to do."""
        raise NotImplementedError


class Port(Setting[int]):
    def read(self, text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
            raise ValidationError(f"{text!r} is no port. Use a number from 1 to 65535, for example 8080.")
        return int(text)


class Count(Setting[int]):
    def read(self, text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) > 1_000_000:
            raise ValidationError(f"{text!r} is no number from 0 to 1000000. Use for example 300.")
        return int(text)


class Host(Setting[str]):
    """An address of this machine to listen on; empty is all of them."""

    def read(self, text: str) -> str:
        if any(character.isspace() or character in "/@" for character in text):
            raise ValidationError(f"{text!r} is no address to listen on. Use for example 127.0.0.1, or leave it out.")
        return text.strip("[]")


class Networks(Setting[tuple[Network, ...]]):
    def read(self, text: str) -> tuple[Network, ...]:
        return read_networks(text)


def read_networks(text: str) -> tuple[Network, ...]:
    """Address ranges, separated by commas. Raises ValidationError naming each that is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in parts if not _is_network(part)]
    if wrong:
        raise ValidationError(
            f"{', '.join(wrong)}: no address range. Use for example 10.0.0.0/8 or fd00::/8, separated by commas."
        )
    return tuple(ip_network(part) for part in parts)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


class Address(Setting[str]):
    """Our own web address, without the slash at its end."""

    def read(self, text: str) -> str:
        try:
            parts = urlsplit(text)
            sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            sound = False
        if not sound or parts.query or parts.fragment or "@" in parts.netloc or any(map(str.isspace, text)):
            raise ValidationError("not a web address. Use for example https://oncall.example.com, nothing after it.")
        return text.rstrip("/")


class MongoUri(Setting[Secret]):
    """Only the scheme is looked at here; the driver knows the rest. The text is never repeated: it has a password."""

    def read(self, text: str) -> Secret:
        if not text.startswith(("mongodb://", "mongodb+srv://")) or not text.partition("://")[2]:
            raise ValidationError(
                "it has to begin with mongodb:// or mongodb+srv://, "
                "for example mongodb://user:password@host/oncall?replicaSet=rs0."
            )
        return Secret(text)


class Folder(Setting[Path]):
    def read(self, text: str) -> Path:
        folder = Path(text).expanduser()
        if folder.exists() and not folder.is_dir():
            raise ValidationError(f"{folder} is a file. Use a folder this user may write to.")
        return folder


class EncryptionKeys(Setting[Secret]):
    def read(self, text: str) -> Secret:
        try:
            Vault(text)
        except BadKeys as problem:
            raise ValidationError(f"{problem} Make a new ring with: {MAKE_KEYS}") from problem
        return Secret(text)


class AdminToken(Setting[Secret]):
    def read(self, text: str) -> Secret:
        if len(text) < ADMIN_TOKEN_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
            raise ValidationError(
                f"use at least {ADMIN_TOKEN_LENGTH} characters without blanks. Make one with: {MAKE_TOKEN}"
            )
        return Secret(text)


class OneOf(Setting[str]):
    def __init__(self, *choices: str, **more: Any) -> None:
        super().__init__(**more)
        self._choices = choices

    def read(self, text: str) -> str:
        for choice in self._choices:
            if text.lower() == choice.lower():
                return choice
        raise ValidationError(f"{text!r} is none of {', '.join(self._choices)}.")


def in_url(host: str) -> str:
    """How a listening address is reached from this machine, as part of an address; empty for all addresses."""
    if host in ("", "0.0.0.0", "::"):
        return ""
    return f"[{host}]" if ":" in host else host
