"""Setting up a Mattermost: the pending server, its install secret and its single-use install code.

The secret is the HS256 key of this server's calls, so it has to be kept, sealed. The code is only recognised, so just
its digest is kept, behind the instant at which it ends: `<unix seconds> <digest>`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from bot import sealed
from bot.clock import Clock
from bot.codes import new_code, read_code
from bot.core import servers as core
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.core.servers import Server, ServerChange, Surface
from bot.core.text import say
from bot.errors import Denied, NotFound
from bot.identity.app_tokens import Key
from bot.secret import Secret
from bot.storage.directory import Servers
from bot.throttle import Throttle
from bot.vault import Vault

APP_ID = "oncall"  # also the name of the bot user that the Apps plugin creates
CODE_PURPOSE = "install code"
SERVER_ID_BYTES = 20  # 160 random bits, 32 small letters and digits
SECRET_BYTES = 32
TRIES_PER_PERSON = 5
TRIES_PER_SOURCE = 50
VISITS = 100  # of the form for installing by hand
SIGN_INS = 10  # with a wrong admin token, per address
TRIES_WITHIN = timedelta(minutes=10)
MOST_LISTED = 500

Decide = Callable[[Server], ServerChange]

WRONG_CODE = say(
    "This install code is not valid: it is mistyped, used or older than a day. "
    "The operator makes a new one on the set-up page."
)


def unchanged(server: Server) -> ServerChange:
    return Change(doc=server)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallCode:
    """Shown once. Proves that somebody may finish this server's installation."""

    code: Secret
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A new set-up with everything to show once."""

    server_id: str
    name: str
    manifest_url: str
    install_secret: Secret
    install_code: Secret
    install_command: str
    expires_at: datetime


class Setup:
    """Creates set-ups, makes and recognises their secrets and codes."""

    def __init__(self, *, servers: Servers, vault: Vault, clock: Clock, public_url: str) -> None:
        self._servers = servers
        self._vault = vault
        self._clock = clock
        self._public_url = public_url
        self._per_person = Throttle(tries=TRIES_PER_PERSON, within=TRIES_WITHIN, clock=clock)
        self._per_source = Throttle(tries=TRIES_PER_SOURCE, within=TRIES_WITHIN, clock=clock)
        self._visits = Throttle(tries=VISITS, within=TRIES_WITHIN, clock=clock)
        self.sign_ins = Throttle(tries=SIGN_INS, within=TRIES_WITHIN, clock=clock)

    async def create(self, name: str, *, surface: Surface = Surface.APPS) -> Created:
        """A pending server. Its secret and code are in the answer and nowhere else to be read again."""
        now = self._clock()
        server_id = new_server_id()
        text, secret = self._new_secret(server_id, state="current")
        code = new_code()
        expires_at = now + core.SETUP_LIFE
        server = Server(
            id=server_id,
            name=name,
            surface=surface,
            app_id=APP_ID,
            created_at=now,
            expires_at=expires_at,
            due_at=expires_at + core.PENDING_KEPT,
            install_code_digest=self._code_digest(server_id, code, expires_at),
            secrets=(secret,),
        )
        await self._servers.add(Change(doc=server))
        return Created(
            server_id=server_id,
            name=name,
            manifest_url=self.manifest_url(server_id),
            install_secret=text,
            install_code=Secret(code),
            install_command=self.install_command(server_id),
            expires_at=expires_at,
        )

    def manifest_url(self, server_id: str) -> str:
        return f"{self._public_url}/mattermost/{server_id}/manifest.json"

    def install_command(self, server_id: str) -> str:
        """What a Mattermost admin types."""
        return f"/apps install http {self.manifest_url(server_id)}"

    async def rotate_secret(self, server_id: str) -> Secret:
        """A second install secret; the first call signed with it retires the one in use. Raises NotFound."""
        text, secret = self._new_secret(server_id, state="next")
        await self._servers.change(server_id, server_id, partial(core.secret_added, secret=secret))
        return text

    async def renew_install_code(self, server_id: str) -> InstallCode:
        """Another single-use code in place of the last one. Raises NotFound."""
        code, ends_at = new_code(), self._clock() + core.SETUP_LIFE
        digest = self._code_digest(server_id, code, ends_at)
        await self._servers.change(
            server_id, server_id, lambda server: Change(doc=replace(server, install_code_digest=digest))
        )
        return InstallCode(code=Secret(code), ends_at=ends_at)

    def may_visit(self, server: Server, source: str) -> bool:
        """Whether so many from this address may have something asked of a Mattermost that nobody has proven yet."""
        return self._visits.admit(f"{server.id}|{source}")

    async def check_install_code(self, server: Server, typed: str, *, user_id: str = "", source: str = "") -> None:
        """Before anything is done for whoever typed it; it stays good. Raises Denied.

        `source` is the address it came from where nothing proves that `user_id` typed it: what is tried from another
        address, in whoever's name, must not keep anybody from their code.
        """
        self._count_try(server, user_id, source)
        digests = self._vault.digests(CODE_PURPOSE, f"{server.id}|{read_code(typed)}")
        if not code_fits(server, digests, now=self._clock()):
            raise Denied(WRONG_CODE)
        self._was_right(server, user_id, source)

    async def use_install_code(
        self, server: Server, typed: str, *, user_id: str = "", source: str = "", then: Decide = unchanged
    ) -> ServerChange:
        """Use the code up and decide `then`, in one write: the code is spent only if the decision is stored.

        `user_id` is who typed it. Raises Denied, with the same words for an unknown, expired or used code.
        """
        self._count_try(server, user_id, source)
        digests = self._vault.digests(CODE_PURPOSE, f"{server.id}|{read_code(typed)}")
        now = self._clock()

        def decide(stored: Server) -> ServerChange:
            if not code_fits(stored, digests, now=now):
                raise Denied(WRONG_CODE)
            return then(replace(stored, install_code_digest=""))

        change = await self._servers.change(server.id, server.id, decide)
        self._was_right(server, user_id, source)
        return change

    def _was_right(self, server: Server, user_id: str, source: str) -> None:
        self._per_person.forget(f"{server.id}|{source}|{user_id}")
        self._per_source.take_back(f"{server.id}|{source}")

    def _count_try(self, server: Server, user_id: str, source: str) -> None:
        free = self._per_person.admit(f"{server.id}|{source}|{user_id}")
        if not free or (source and not self._per_source.admit(f"{server.id}|{source}")):
            raise Denied(say("Too many wrong install codes. Wait ten minutes, then try again."))

    async def confirm_site(self, server_id: str, *, site_url: str, by: str) -> ServerChange:
        """The operator confirms the second Mattermost that waits, if it is still the one they saw."""
        now = self._clock()

        def decide(server: Server) -> ServerChange:
            if server.waiting_site is None or server.waiting_site.url != site_url:
                raise NotFound(say("No Mattermost at that address is waiting here any more."))
            return core.bound(server, site=server.waiting_site, by=by, now=now)

        return await self._servers.change(server_id, server_id, decide)

    async def refuse_site(self, server_id: str) -> ServerChange:
        """The operator does not want the second Mattermost. Its secret has leaked, so rotate it, too."""
        return await self._servers.change(
            server_id, server_id, lambda server: Change(doc=replace(server, waiting_site=None))
        )

    async def listed(self, *, most: int = MOST_LISTED) -> list[Server]:
        """All servers for the operator, newest first; set-ups that expired are left out."""
        now = self._clock()
        newest_first = ("doc.created_at", -1)
        found = [claim.doc for claim in await self._servers.read({}, limit=most, sort=newest_first)]
        return [server for server in found if not expired(server, now=now)]

    def keys_in_force(self, server: Server) -> tuple[Key, ...]:
        """The secrets that may sign this server's calls now. Raises VaultError where the ring of keys lacks one."""
        in_force = core.secrets_in_force(server, now=self._clock())
        return tuple(Key(id=secret.id, secret=self._open(server.id, secret)) for secret in in_force)

    def _open(self, server_id: str, secret: core.Secret) -> Secret:
        return Secret(self._vault.open(secret.sealed, about=sealed.install_secret(server_id, secret.id)))

    def _new_secret(self, server_id: str, *, state: str) -> tuple[Secret, core.Secret]:
        text, secret_id = secrets.token_urlsafe(SECRET_BYTES), secrets.token_hex(4)
        envelope = self._vault.seal(text, about=sealed.install_secret(server_id, secret_id))
        return Secret(text), core.Secret(id=secret_id, sealed=envelope, state=state, created_at=self._clock())

    def _code_digest(self, server_id: str, code: str, ends_at: datetime) -> str:
        digest = self._vault.digest(CODE_PURPOSE, f"{server_id}|{read_code(code)}")
        return f"{int(ends_at.timestamp())} {digest}"


def new_server_id() -> str:
    """Unguessable, fit for a path, readable without telling small from capital letters."""
    return base64.b32encode(secrets.token_bytes(SERVER_ID_BYTES)).decode().lower()


def code_waits(server: Server, *, now: datetime) -> bool:
    """Whether there is an install code that nobody has used and that has not ended."""
    ends, _, expected = server.install_code_digest.partition(" ")
    return bool(expected) and datetime.fromtimestamp(int(ends), UTC) > now


def code_fits(server: Server, digests: tuple[str, ...], *, now: datetime) -> bool:
    """Whether the digests of a typed code are those of this server's; compared in constant time."""
    ends, _, expected = server.install_code_digest.partition(" ")
    equal = [hmac.compare_digest(digest, expected) for digest in digests]
    return any(equal) and datetime.fromtimestamp(int(ends), UTC) > now


def expired(server: Server, *, now: datetime) -> bool:
    return server.state is core.State.PENDING and server.expires_at is not None and server.expires_at <= now
