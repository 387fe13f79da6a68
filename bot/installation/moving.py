"""Moving a server between the Apps framework and native integrations, and away: for the operator.

The server document stays the same, so people, integrations and alert groups stay; posts stay, because the bot account
does: the Apps framework and we adopt a bot account of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.changes import Change
from bot.core.replacing import replace
from bot.core.servers import Server, State, Surface
from bot.core.text import say
from bot.errors import NotFound, UserError
from bot.installation.installing_natively import InstalledNatively, InstallingNatively
from bot.installation.setup import Setup
from bot.secret import Secret
from bot.storage.directory import Servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What an admin types and pastes to finish the move; shown once. Without a secret the move was finished already."""

    server: Server
    install_command: str = ""
    install_secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    servers: Servers
    setup: Setup
    natively: InstallingNatively

    async def find(self, named: str) -> Server:
        """By id or name. Raises NotFound, and UserError where several have the name."""
        known = await self.setup.listed()
        found = [server for server in known if server.id == named] or _called(named, known)
        if not found:
            raise NotFound(say("There is no server called {name}.", name=named))
        if len(found) > 1:
            ids = ", ".join(server.id for server in found)
            raise UserError(say("Several servers are called {name}. Use one of their ids: {ids}.", name=named, ids=ids))
        return found[0]

    async def to_native(self, server: Server, url: str, token: Secret, teams: tuple[str, ...]) -> InstalledNatively:
        """At once. Doing it again repairs what is there. Raises UserError, native_setup.NotReady and Upstream."""
        if not url and not server.site_url:
            raise UserError(say("It was never installed, so its address is needed."))
        return await self.natively.move(server, url, token, teams=teams)

    async def to_apps(self, server: Server, token: Secret | None) -> Prepared:
        """Mattermost finishes it by installing the app; until then everything works as before.

        Afterwards, with an admin's token, it takes away the slash commands of before. Raises Upstream.
        """
        if server.surface is Surface.APPS and server.installed:
            return Prepared(server=await self._clear(server, token))
        secret = await self.setup.rotate_secret(server.id)
        return Prepared(server=server, install_command=self.setup.install_command(server.id), install_secret=secret)

    async def _clear(self, server: Server, token: Secret | None) -> Server:
        if token is None:
            return server
        await self.natively.clear(server, token, keep_bot=True)
        return (await self.servers.change(server.id, server.id, lambda doc: Change(doc=replace(doc, commands=())))).doc

    async def remove(self, server: Server, token: Secret | None, *, forget: bool) -> Server:
        """Undo the installation, with `forget` only here. Raises UserError, native_setup.NotReady and Upstream."""
        if server.state is State.REMOVED:
            return server
        if forget or server.state is State.PENDING:
            return await self.natively.forget(server)
        if server.surface is Surface.APPS:
            raise UserError(say("It is an app there: a system admin types `/apps uninstall {app}`.", app=server.app_id))
        if token is None:
            raise UserError(say("The access token of a Mattermost system admin is needed. It is not kept."))
        return await self.natively.remove(server, token)


def _called(name: str, servers: list[Server]) -> list[Server]:
    """Those that are served go first: a name may have been used before."""
    same = [server for server in servers if server.name.lower() == name.strip().lower()]
    return [server for server in same if server.state is not State.REMOVED] or same
