"""The operator's API: create a set-up, see whether everything works. Proof: the admin token as a Bearer token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError
from tornado.web import HTTPError

from bot.doctor import Report, examine
from bot.errors import Upstream
from bot.mattermost.doctor import Doctor
from bot.mattermost.findings import Finding
from bot.mattermost.native_setup import NotReady
from bot.secret import Secret
from bot.setup import Created
from forms.new_server import NewServer
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


class SetupApi(OperatorEndpoint):
    """`POST {"name"}`: a pending server, its secret and its code, shown this once."""

    route = "setup-api"

    async def post(self) -> None:
        try:
            wanted = NewServer().load(self._body())
        except ValidationError as problem:
            return self.answer({"errors": problem.messages_dict}, status=400)
        if wanted["native"]:
            return await self._natively(wanted["name"], wanted["url"], Secret(wanted["token"]))
        self.answer(created_json(await self.services.setup.create(wanted["name"])), status=201)

    async def _natively(self, name: str, url: str, token: Secret) -> None:
        try:
            made = await self.services.installing_natively.install(name, url, token)
        except NotReady as problem:
            return self.answer({"findings": findings_json(problem.findings)}, status=409)
        except Upstream as failed:
            return self.answer({"error": failed.reason}, status=502)
        server = made.server
        body = {"server_id": server.id, "site_url": server.site_url, "findings": findings_json(made.findings)}
        self.answer(body, status=201)

    def _body(self) -> dict[str, Any]:
        try:
            return self.read_json()
        except HTTPError as problem:
            raise ValidationError({"body": ['Send a JSON object, for example {"name": "Example Ltd"}.']}) from problem


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
        services, public_url = self.services, self.services.config.public_url
        doctor = Doctor(access=services.access, clock=services.clock, public_url=public_url)
        reports = await examine(await services.setup.listed(), store=services.stores.servers, doctor=doctor)
        self.answer({"public_url": public_url, "servers": [report_json(report) for report in reports]})


def report_json(report: Report) -> dict[str, object]:
    return {
        "server_id": report.server.id,
        "name": report.server.name,
        "state": report.server.state.value,
        "findings": findings_json(report.findings),
    }


def findings_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [{"ok": finding.ok, "title": finding.title, "remedy": finding.remedy} for finding in findings]
