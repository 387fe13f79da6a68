"""The settings, read from the environment once. Nothing else reads the environment.

Every problem is found in one pass and told by name with its remedy. The table of settings is in docs/operations.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from bot import settings
from bot.generated import ADMIN_TOKEN_FILE, KEYS_FILE, CannotKeep, kept, read_kept
from bot.secret import Secret
from bot.settings import Network
from bot.vault import generate_keys

DATA_DIR = Path("data")
DEMO_DATA_DIR = DATA_DIR / "demo"  # apart, because its play Mattermosts are no business of a real bot
LOOPBACK = settings.read_networks("127.0.0.0/8, ::1/128")


class Role(StrEnum):
    """What a process is started for."""

    SERVE = "serve"
    WEB = "web"
    WORKER = "worker"
    DEMO = "demo"

    @property
    def may_embed(self) -> bool:
        """Whether it may bring its own database and keys: two processes could not share them."""
        return self in (Role.SERVE, Role.DEMO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one process. `mongodb_uri` None means the embedded database.

    `admin_token_file` is where the token lies when we generated it, None when the operator gave it.
    """

    role: Role
    host: str
    port: int
    trusted_proxies: tuple[Network, ...]
    public_url: str
    mongodb_uri: Secret | None
    data_dir: Path
    encryption_keys: Secret
    admin_token: Secret
    admin_token_file: Path | None
    allow_private_networks: tuple[Network, ...]
    alerts_per_second: int
    log_level: str
    log_format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How the command line reaches a running bot: addresses to try in order. `admin_token` None: nobody gave one."""

    addresses: tuple[str, ...]
    admin_token: Secret | None
    admin_token_file: Path


class ConfigProblems(Exception):
    """What is wrong with the settings, each as `NAME: what is wrong and what to do`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Settings(Schema):
    """The environment variables. Empty is the same as missing."""

    PORT = settings.Port(load_default=8080)
    HOST = settings.Host(load_default="")
    TRUSTED_PROXIES = settings.Networks(load_default=())
    PUBLIC_URL = settings.Address(load_default="")
    MONGODB_URI = settings.MongoUri(load_default=None)
    DATA_DIR = settings.Folder(load_default=None)
    ENCRYPTION_KEYS = settings.EncryptionKeys(load_default=None)
    ADMIN_TOKEN = settings.AdminToken(load_default=None)
    ALLOW_PRIVATE_NETWORKS = settings.Networks(load_default=())
    ALERTS_PER_SECOND = settings.Count(load_default=300)
    LOG_LEVEL = settings.OneOf("DEBUG", "INFO", "WARNING", "ERROR", load_default="INFO")
    LOG_FORMAT = settings.OneOf("text", "json", load_default="text")

    class Meta:
        unknown = EXCLUDE


NAMES = tuple(_Settings().fields)


def read_config(environ: Mapping[str, str], role: Role) -> Config:
    """The settings of a process. Generates what may be generated. Raises ConfigProblems with all of them."""
    values, problems = _load(environ)
    embedded = "MONGODB_URI" not in problems and values.get("MONGODB_URI") is None
    missing = _missing(role, {name for name, value in values.items() if value is not None} | set(problems), embedded)
    problems = problems | missing
    if problems:
        raise ConfigProblems([f"{name}: {problems[name]}" for name in NAMES if name in problems])
    return _build(role, values)


def read_connection(environ: Mapping[str, str]) -> Connection:
    """What the command line needs to talk to a running bot. Raises ConfigProblems."""
    values, problems = _load(environ, only=("PORT", "HOST", "PUBLIC_URL", "DATA_DIR", "ADMIN_TOKEN"))
    if problems:
        raise ConfigProblems([f"{name}: {problem}" for name, problem in problems.items()])
    file = (values["DATA_DIR"] or DATA_DIR) / ADMIN_TOKEN_FILE
    token = values["ADMIN_TOKEN"] or _read(file)
    host = settings.in_url(values["HOST"]) or "127.0.0.1"
    addresses = dict.fromkeys((f"http://{host}:{values['PORT']}", values["PUBLIC_URL"]))
    return Connection(addresses=tuple(filter(None, addresses)), admin_token=token, admin_token_file=file)


def _load(environ: Mapping[str, str], only: tuple[str, ...] | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """The values by name, and what is wrong by name."""
    given = {name: environ[name].strip() for name in NAMES if environ.get(name, "").strip()}
    schema = _Settings(only=only)
    try:
        return schema.load(given), {}
    except ValidationError as found:
        messages = found.messages_dict
        wrong = {name: " ".join(messages[name]) for name in messages}
        sound = schema.load({name: value for name, value in given.items() if name not in wrong})
        return {name: value for name, value in sound.items() if name not in wrong}, wrong


def _missing(role: Role, present: set[str], embedded: bool) -> dict[str, str]:
    """What this role cannot do without, by name with the remedy."""
    found = {}
    if "MONGODB_URI" not in present and not role.may_embed:
        found["MONGODB_URI"] = (
            f"`{role}` shares its database with other processes, so it needs the address of one, for example "
            "mongodb://user:password@host/oncall?replicaSet=rs0. To try out without one use `serve` or `demo`."
        )
    if role is Role.DEMO or (embedded and role.may_embed):
        return found
    if "ENCRYPTION_KEYS" not in present:
        found["ENCRYPTION_KEYS"] = (
            f"needed with a database of your own, the same for every process. Make them with: {settings.MAKE_KEYS}"
        )
    if "ADMIN_TOKEN" not in present:
        found["ADMIN_TOKEN"] = (
            f"needed with a database of your own, the same for every process. Make one with: {settings.MAKE_TOKEN}"
        )
    return found


def _build(role: Role, values: dict[str, Any]) -> Config:
    demo = role is Role.DEMO
    folder: Path = values["DATA_DIR"] or (DEMO_DATA_DIR if demo else DATA_DIR)
    generated = values["ADMIN_TOKEN"] is None
    return Config(
        role=role,
        host=values["HOST"] or ("127.0.0.1" if demo else ""),
        port=values["PORT"],
        trusted_proxies=values["TRUSTED_PROXIES"],
        public_url=values["PUBLIC_URL"] or f"http://localhost:{values['PORT']}",
        mongodb_uri=values["MONGODB_URI"],
        data_dir=folder,
        encryption_keys=values["ENCRYPTION_KEYS"] or _keys(folder, embedded=values["MONGODB_URI"] is None),
        admin_token=values["ADMIN_TOKEN"] or _keep("ADMIN_TOKEN", folder / ADMIN_TOKEN_FILE, _new_admin_token),
        admin_token_file=folder / ADMIN_TOKEN_FILE if generated else None,
        allow_private_networks=values["ALLOW_PRIVATE_NETWORKS"] or (LOOPBACK if demo else ()),
        alerts_per_second=values["ALERTS_PER_SECOND"],
        log_level=values["LOG_LEVEL"],
        log_format=values["LOG_FORMAT"],
    )


_new_admin_token = partial(secrets.token_urlsafe, 32)


def _keys(folder: Path, *, embedded: bool) -> Secret:
    """Our own encryption keys. Fresh keys for an old database would make every secret in it unreadable."""
    file = folder / KEYS_FILE
    if embedded and not file.exists() and (folder / "mongodb" / "data").exists():
        raise ConfigProblems(
            [
                f"ENCRYPTION_KEYS: {folder / 'mongodb'} holds data, but its keys are not in {file}. Set "
                "ENCRYPTION_KEYS to the keys it was used with, or choose another DATA_DIR to begin anew."
            ]
        )
    keys = _keep("ENCRYPTION_KEYS", file, generate_keys)
    try:
        return settings.EncryptionKeys().read(keys.reveal())
    except ValidationError as problem:
        raise ConfigProblems([f"ENCRYPTION_KEYS: {file} is damaged. {problem.messages[0]}"]) from problem


def _keep(name: str, file: Path, make: Callable[[], str]) -> Secret:
    try:
        return kept(file, make)
    except CannotKeep as problem:
        raise ConfigProblems(
            [f"{name}: {problem}. Set {name}, or set DATA_DIR to a folder this user may write to."]
        ) from problem


def _read(file: Path) -> Secret | None:
    try:
        return read_kept(file)
    except CannotKeep as problem:
        raise ConfigProblems(
            [f"ADMIN_TOKEN: {problem}. Set ADMIN_TOKEN, or run this as the user the bot runs as."]
        ) from problem
