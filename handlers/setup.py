"""The operator's API: create a set-up, see whether everything works. Proof: the admin token as a Bearer token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError
from tornado.web import HTTPError

from bot.core.servers import Server
from bot.errors import Upstream, UserError
from bot.installation.installing_natively import InstalledNatively
from bot.installation.setup import Created
from bot.mattermost.doctor import Doctor
from bot.mattermost.findings import Finding
from bot.mattermost.native_setup import NotReady
from bot.secret import Secret
from bot.services import Services
from bot.words import Reader, words
from forms.new_server import NewServer
from forms.operating import MoveServer, RemoveServer
from handlers.base import Endpoint
from handlers.operator import RETRY_AFTER, is_admin_token, may_try, proved_right, shown_token, true_status


class OperatorEndpoint(Endpoint):
    """Nothing is read before the admin token is shown."""

    def prepare(self) -> None:
        if not may_try(self.services, self.request):
            self.set_header("Retry-After", str(RETRY_AFTER))
            return self.answer({"error": "too many wrong tokens from this address"}, status=429)
        if not is_admin_token(self.services, shown_token(self.request.headers.get_list("Authorization"))):
            self.set_header("WWW-Authenticate", "Bearer")
            return self.refuse_proof()
        proved_right(self.services, self.request)
        return None

    def write_error(self, status_code: int, **more: Any) -> None:
        super().write_error(true_status(self, status_code, more), **more)

    async def understood(self, schema: Schema) -> Mapping[str, Any] | None:
        """The body, or None where its mistakes were told."""
        try:
            wanted: Mapping[str, Any] = schema.load(self.read_json())
        except ValidationError as problem:
            self.answer({"errors": problem.messages_dict}, status=400)
            return None
        return wanted

    async def tried(self, work: Awaitable[None]) -> None:
        """Whatever prevents it is told, with the remedy."""
        try:
            await work
        except NotReady as problem:
            self.answer({"findings": findings_json(self.services, problem.findings)}, status=409)
        except UserError as problem:
            text = words(problem.text, Reader(now=self.services.clock()))
            self.answer({"errors": {"server": [text]}}, status=400)
        except Upstream as failed:
            self.answer({"error": failed.reason}, status=502)


class SetupApi(OperatorEndpoint):
    """`POST {"name"}`: a pending server, its secret and its code, shown this once."""

    route = "setup-api"

    async def post(self) -> None:
        try:
            wanted = NewServer().load(self._body())
        except ValidationError as problem:
            return self.answer({"errors": problem.messages_dict}, status=400)
        if wanted["native"]:
            return await self.tried(self._natively(wanted))
        self.answer(created_json(await self.services.setup.create(wanted["name"])), status=201)

    async def _natively(self, wanted: Mapping[str, Any]) -> None:
        natively, token, teams = self.services.installing_natively, Secret(wanted["token"]), tuple(wanted["teams"])
        if wanted["dry_run"]:
            found = await natively.look(wanted["url"], token, teams=teams)
            return self.answer({"findings": findings_json(self.services, found)})
        made = await natively.install(wanted["name"], wanted["url"], token, teams=teams)
        self.answer(await installed_json(self.services, made), status=201)

    def _body(self) -> dict[str, Any]:
        try:
            return self.read_json()
        except HTTPError as problem:
            raise ValidationError({"body": ['Send a JSON object, for example {"name": "Example Ltd"}.']}) from problem


class RemoveApi(OperatorEndpoint):
    """`POST {"server", "token"}`: undo an installation."""

    route = "remove-api"

    async def post(self) -> None:
        wanted = await self.understood(RemoveServer())
        if wanted is not None:
            await self.tried(self._remove(wanted))

    async def _remove(self, wanted: Mapping[str, Any]) -> None:
        server = await self.services.moving.find(wanted["server"])
        token = Secret(wanted["token"]) if wanted["token"] else None
        removed = await self.services.moving.remove(server, token, forget=wanted["forget"])
        self.answer({"server_id": removed.id, "name": removed.name, "state": removed.state.value})


class MoveApi(OperatorEndpoint):
    """`POST {"server", "to", "token"}`: between the Apps framework and native integrations."""

    route = "move-api"

    async def post(self) -> None:
        wanted = await self.understood(MoveServer())
        if wanted is not None:
            await self.tried(self._move(wanted))

    async def _move(self, wanted: Mapping[str, Any]) -> None:
        moving, token = self.services.moving, Secret(wanted["token"])
        server = await moving.find(wanted["server"])
        if wanted["to"] == "native":
            made = await moving.to_native(server, wanted["url"], token, tuple(wanted["teams"]))
            return self.answer(await installed_json(self.services, made))
        prepared = await moving.to_apps(server, token if token else None)
        secret = prepared.install_secret
        self.answer(
            {
                "server_id": server.id,
                "install_command": prepared.install_command,
                "install_secret": secret.reveal() if secret else "",
            }
        )


async def installed_json(services: Services, made: InstalledNatively) -> dict[str, object]:
    """With a real round trip over every team."""
    trips = await doctor_of(services).round_trips(made.server)
    return {
        "server_id": made.server.id,
        "site_url": made.server.site_url,
        "findings": findings_json(services, [*made.findings, *trips]),
    }


def created_json(created: Created) -> dict[str, str]:
    return {
        "server_id": created.server_id,
        "manifest_url": created.manifest_url,
        "install_secret": created.install_secret.reveal(),
        "install_code": created.install_code.reveal(),
        "install_command": created.install_command,
        "expires_at": created.expires_at.isoformat(),
    }


class DoctorApi(OperatorEndpoint):
    """`GET`: does the way bot → Mattermost → bot work at every server?"""

    route = "doctor-api"

    async def get(self) -> None:
        """All servers at once; each takes some seconds at most."""
        services = self.services
        reports = await asyncio.gather(*(self._report(server) for server in await services.setup.listed()))
        self.answer({"public_url": services.config.public_url, "servers": reports})

    async def _report(self, server: Server) -> dict[str, object]:
        reload = partial(self.services.stores.servers.by_id, server.id)
        findings = await doctor_of(self.services).examine(server, reload)
        return {
            "server_id": server.id,
            "name": server.name,
            "state": server.state.value,
            "findings": findings_json(self.services, findings),
        }


def doctor_of(services: Services) -> Doctor:
    return Doctor(access=services.access, clock=services.clock, public_url=services.config.public_url)


def findings_json(services: Services, findings: Sequence[Finding]) -> list[dict[str, object]]:
    """In English, as for all programs."""
    reader = Reader(now=services.clock())
    return [
        {"ok": finding.ok, "title": words(finding.title, reader), "remedy": words(finding.remedy, reader)}
        for finding in findings
    ]
