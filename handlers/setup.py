"""The operator's API: create a set-up, see whether everything works. Proof: the admin token as a Bearer token."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError
from tornado.web import HTTPError

from bot.doctor import Doctor, Report
from bot.setup import Created
from bot.words import Reader, words
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
        self.answer(created_json(await self.services.setup.create(wanted["name"])), status=201)

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
        services = self.services
        doctor = Doctor(
            servers=services.stores.servers,
            access=services.access,
            clock=services.clock,
            public_url=services.config.public_url,
        )
        reports = await doctor.examine(await services.setup.listed())
        reader = Reader(now=services.clock())
        self.answer(
            {
                "public_url": services.config.public_url,
                "servers": [report_json(report, reader) for report in reports],
            }
        )


def report_json(report: Report, reader: Reader) -> dict[str, object]:
    return {
        "server_id": report.server.id,
        "name": report.server.name,
        "state": report.server.state.value,
        "findings": [{"good": one.good, "text": words(one.text, reader)} for one in report.findings],
    }
