"""A MongoDB of our own for trying out and for tests: a mongod child process, a single-node replica set on loopback.

Everything it needs is in `DATA_DIR/mongodb`: `data`, `key` (the one secret, mode 0600), `port`, `log` and `lock`.
The key is both the replica set's key file and the seed of our user's password, so the two cannot get out of step, and
it lets us set things up as the internal user `__system` without ever leaving the database open to strangers.
"""

import base64
import fcntl
import hashlib
import hmac
import os
import secrets
import socket
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeAlias

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import OperationFailure, PyMongoError

from bot.storage.mongod import (
    HOST,
    DataInUse,
    EmbeddedMongoError,
    Mongod,
    MongodFailed,
    find_mongod,
    until_free,
)

NAME = "oncall"  # of the database, of the user and of the replica set
ROLES = ("readWriteAnyDatabase", "dbAdminAnyDatabase", "clusterMonitor")
OPLOG_MEGABYTES = 256
PORTS = range(20_000, 32_000)  # below the ports that systems lend to outgoing connections, so it is free next time too
NOT_YET_INITIALIZED = 94  # it first asks the address it had before whether that is itself, for 30 s if need be

Client: TypeAlias = AsyncIOMotorClient[dict[str, Any]]


class EmbeddedMongo:
    """A running embedded MongoDB; make one with `start`, end it with `stop`."""

    def __init__(self, mongod: Mongod, *, lock: int, uri: str) -> None:
        self._mongod = mongod
        self._lock = lock
        self._uri = uri

    def __repr__(self) -> str:
        return f"<EmbeddedMongo on port {self._mongod.port}>"

    @property
    def uri(self) -> str:
        """The address with user and password: never log it."""
        return self._uri

    @property
    def process_id(self) -> int:
        return self._mongod.process_id

    @classmethod
    async def start(
        cls, data_dir: Path, *, cache_gb: float = 0.25, authentication: bool = True, program: Path | None = None
    ) -> Self:
        """Start it, or start it again on the same data; ready to write when this returns.

        Call it from the main thread. Raises MongodMissing, DataInUse or MongodFailed, each with a sentence for people.
        """
        home = _Home(folder=(data_dir / "mongodb").absolute())
        _make(home)
        lock = _take(home)
        mongod = None
        try:
            program = program or find_mongod()
            key = _key(home) if authentication else ""
            await until_free(home.data / "mongod.lock")
            mongod = _spawn(program, home, cache_gb=cache_gb, authentication=authentication)
            await _ready(mongod, key)
        except BaseException:
            if mongod is not None:
                await mongod.stop()
            os.close(lock)
            raise
        home.port.write_text(str(mongod.port), "ascii")
        return cls(mongod, lock=lock, uri=_uri(mongod.port, key))

    async def stop(self) -> None:
        """End it within 20 s; a second call does nothing."""
        await self._mongod.stop()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """Where everything lies."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def port(self) -> Path:
        return self.folder / "port"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"


def _make(home: _Home) -> None:
    try:
        home.data.mkdir(parents=True, exist_ok=True)
        home.folder.chmod(0o700)
    except OSError as problem:
        raise EmbeddedMongoError(
            f"The embedded MongoDB cannot keep its data in {home.folder}: {problem.strerror}. "
            "Set DATA_DIR to a folder this user may write to."
        ) from problem


def _take(home: _Home) -> int:
    """The folder's lock; the kernel gives it back when we die, and our children do not inherit it."""
    lock = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(lock)
        raise DataInUse(
            f"Another process already uses the embedded MongoDB in {home.folder}. "
            "Stop that one first, or give this one another DATA_DIR."
        ) from problem
    return lock


def _key(home: _Home) -> str:
    if not home.key.exists():
        # First a temporary file (mode 0600), then its name: a crash never leaves half a key.
        handle, temporary = tempfile.mkstemp(dir=home.folder)
        with os.fdopen(handle, "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(48)).decode())
        Path(temporary).replace(home.key)
    home.key.chmod(0o600)
    return home.key.read_text("ascii").strip()


def _spawn(program: Path, home: _Home, *, cache_gb: float, authentication: bool) -> Mongod:
    arguments = {
        "--dbpath": str(home.data),
        "--replSet": NAME,
        "--oplogSize": str(OPLOG_MEGABYTES),
        "--wiredTigerCacheSizeGB": str(cache_gb),
    }
    if authentication:
        arguments["--keyFile"] = str(home.key)
    settings = (
        "enableLocalhostAuthBypass=false",
        "diagnosticDataCollectionEnabled=false",
        "shutdownTimeoutMillisForSignaledShutdown=0",  # there is no other node to wait for
    )
    words = [word for pair in arguments.items() for word in pair]
    words += [word for setting in settings for word in ("--setParameter", setting)]
    if home.log.exists():
        home.log.replace(home.log.with_name("log.previous"))
    return Mongod(program, [*words, "--quiet", "--nounixsocket"], port=_free_port(home), log=home.log)


def _free_port(home: _Home) -> int:
    """The port of last time when it is free, so that the replica set's configuration still fits; else another one."""
    try:
        remembered = [int(home.port.read_text("ascii"))]
    except (OSError, ValueError):
        remembered = []
    for port in (*remembered, *secrets.SystemRandom().sample(PORTS, 100)):
        with socket.socket() as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # as mongod does, or closed connections block it
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise MongodFailed("There is no free port on the loopback address.")


async def _ready(mongod: Mongod, key: str) -> None:
    await mongod.until_listening()
    login: dict[str, Any] = {"username": "__system", "password": key, "authSource": "local"} if key else {}
    client: Client = AsyncIOMotorClient(
        HOST, mongod.port, directConnection=True, serverSelectionTimeoutMS=10_000, **login
    )
    try:
        await _belong_to_replica_set(client, mongod)
        await mongod.until(partial(_writable, client))
        if key:
            await _ensure_user(client, _password(key))
    except PyMongoError as problem:
        mongod.check()
        raise MongodFailed(f"The embedded MongoDB could not be set up: {problem}") from problem
    finally:
        client.close()


async def _belong_to_replica_set(client: Client, mongod: Mongod) -> None:
    address = f"{HOST}:{mongod.port}"
    stored = await client["local"]["system.replset"].find_one()
    if stored is None:
        await client.admin.command("replSetInitiate", {"_id": NAME, "members": [{"_id": 0, "host": address}]})
        return
    member = stored["members"][0]
    if member["host"] == address:
        return
    # The port changed, so the node does not find itself in its configuration; only a forced one is taken then.
    moved = stored | {"version": stored["version"] + 1, "members": [member | {"host": address}]}
    moved.pop("term", None)
    await mongod.until(partial(_reconfigured, client, moved))


async def _reconfigured(client: Client, configuration: dict[str, Any]) -> bool:
    try:
        await client.admin.command("replSetReconfig", configuration, force=True)
    except OperationFailure as problem:
        if problem.code == NOT_YET_INITIALIZED:
            return False
        raise
    return True


async def _writable(client: Client) -> bool:
    return bool((await client.admin.command("hello"))["isWritablePrimary"])


async def _ensure_user(client: Client, password: str) -> None:
    """Create our user, or bring it up to date when the key was replaced or the roles changed."""
    fingerprint = hashlib.sha256(" ".join((password, *ROLES)).encode()).hexdigest()
    found = (await client.admin.command("usersInfo", NAME))["users"]
    if found and found[0].get("customData", {}).get("fingerprint") == fingerprint:
        return
    wanted = {
        "updateUser" if found else "createUser": NAME,
        "pwd": password,
        "roles": list(ROLES),
        "mechanisms": ["SCRAM-SHA-256"],
        "customData": {"fingerprint": fingerprint},
    }
    await client.admin.command(wanted)


def _password(key: str) -> str:
    return hmac.digest(key.encode(), f"password of {NAME}".encode(), "sha256").hex()


def _uri(port: int, key: str) -> str:
    if not key:
        return f"mongodb://{HOST}:{port}/{NAME}?replicaSet={NAME}"
    return f"mongodb://{NAME}:{_password(key)}@{HOST}:{port}/{NAME}?replicaSet={NAME}&authSource=admin"
