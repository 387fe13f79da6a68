"""The operator's page for a Mattermost without the Apps framework: with an admin's token, or by hand.

The token goes into the request that uses it and nowhere else: it is neither stored nor shown again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from bot.core.servers import Surface
from bot.core.text import NOTHING, Text, say
from bot.errors import Upstream
from bot.mattermost.findings import Finding
from bot.mattermost.native_setup import HINT, NotReady
from bot.secret import Secret
from forms.new_server import NewServer
from handlers.setup import doctor_of
from handlers.setup_page import NAME, SetupEndpoint, at_field

LABELS: Mapping[str, Text] = MappingProxyType(
    {"name": NAME, "url": say("Address"), "token": say("Access token"), "teams": say("Teams")}
)


class SetupNatively(SetupEndpoint):
    """`GET`: the form. `POST`: look, or install; what was found is shown with its remedies."""

    route = "setup-natively"

    async def get(self) -> None:
        if not self.session.admin:
            return self.show_sign_in(status=200)
        self.show({})

    async def post(self) -> None:
        given = {name: self.get_body_argument(name, "") for name in ("name", "url", "token", "teams")}
        try:
            wanted = NewServer().load({**given, "native": True, "teams": given["teams"].replace(",", " ").split()})
        except ValidationError as problem:
            texts = [at_field(LABELS[name], found) for name, found in problem.messages_dict.items()]
            return self.show(given, *texts, status=400)
        try:
            await self._do(given, wanted, only_look=bool(self.get_body_argument("look", "")))
        except NotReady as stopped:
            self.show(given, say("Mattermost is not ready for this."), findings=stopped.findings, status=409)
        except Upstream as failed:
            self.show(given, say("Mattermost did not do it: {reason}", reason=failed.said), status=502)

    async def _do(self, given: Mapping[str, str], wanted: Mapping[str, Any], *, only_look: bool) -> None:
        natively, token, teams = self.services.installing_natively, Secret(wanted["token"]), tuple(wanted["teams"])
        if only_look:
            found = await natively.look(wanted["url"], token, teams=teams)
            return self.show(given, findings=found, done=say("Nothing was made or changed."))
        made = await natively.install(wanted["name"], wanted["url"], token, teams=teams)
        trips = await doctor_of(self.services).round_trips(made.server)
        self.render("natively_done.html", server=made.server, findings=[*made.findings, *trips])

    def show(
        self,
        given: Mapping[str, str],
        *problems: Text,
        findings: Sequence[Finding] = (),
        done: Text = NOTHING,
        status: int = 200,
    ) -> None:
        self.set_status(status)
        shown = {name: given.get(name, "") for name in ("name", "url", "teams")}
        self.render("natively.html", proof=self.proof, findings=findings, problems=problems, done=done, **shown)


class SetupByHand(SetupEndpoint):
    """What somebody makes in Mattermost without our help, shown once with the code that connects it."""

    route = "setup-by-hand"

    async def get(self) -> None:
        self.redirect(f"{self.base}/setup/natively")

    async def post(self) -> None:
        try:
            wanted = NewServer().load({"name": self.get_body_argument("name", "")})
        except ValidationError as problem:
            return await self.show_servers(at_field(NAME, problem.messages_dict.get("name")), status=400)
        created = await self.services.setup.create(wanted["name"], surface=Surface.NATIVE)
        url = f"{self.services.config.public_url}/native/{created.server_id}/command"
        self.render("by_hand.html", created=created, command_url=url, hint=HINT)
