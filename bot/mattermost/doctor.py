"""Examines servers: the whole loop bot → Mattermost → bot, step by step, and how to mend what is broken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock
from bot.core.servers import Server, State, Surface
from bot.core.text import say
from bot.errors import Upstream
from bot.mattermost.access import Access, can_renew
from bot.mattermost.client import Mattermost
from bot.mattermost.findings import Finding, bad, good, name_finding
from bot.mattermost.refusals import FORBIDDEN, NOT_FOUND, NOT_IMPLEMENTED
from bot.mattermost.wire import Team
from bot.secret import Secret

# A push token that ends later than this came within the last minute or so.
FRESH = timedelta(minutes=3, seconds=40)
LOOK_EVERY = 0.25
# No command of ours, so that it is answered but makes and changes nothing.
PROBE = "/oncall are-you-there"
TRIGGER = "oncall"
COMMAND = f"/{TRIGGER}"
AGAIN = say("Run `python -m bot setup --native` again: it repairs what is there")
UNREACHABLE = "api.command.execute_command.failed.app_error"

Reload = Callable[[], Awaitable[Server | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """`patience` is how many seconds Mattermost may take to call us back."""

    access: Access
    clock: Clock
    public_url: str
    patience: float = 5.0

    async def examine(self, server: Server, reload: Reload) -> list[Finding]:
        """`reload` reads the server document again. Never raises Upstream: what fails is a finding."""
        if server.state is State.REMOVED:
            return [good(say("Removed from Mattermost; installed again within seven days, it keeps its data"))]
        waiting = [] if server.waiting_site is None else [_waits(server.waiting_site.url)]
        if not server.installed:
            return [*waiting, _not_installed(server)]
        return [*waiting, *await self._examine(server, reload)]

    async def _examine(self, server: Server, reload: Reload) -> list[Finding]:
        if not server.site_url:
            return [bad(say("The server is not installed yet"), say("Finish the installation first"))]
        chat = self.access.for_server(server)
        findings = [await self._answers(server)]
        if findings[-1].ok:
            findings.append(await _token(server, chat))
        if not findings[-1].ok:
            return findings
        findings += [await _channel(server, chat), await _probe(server, chat)]
        if server.surface is Surface.APPS:
            findings.append(await self._called_back(server, reload))
        else:
            findings += await self.round_trips(server)
        return findings

    async def _answers(self, server: Server) -> Finding:
        nobody = Mattermost(self.access.outgoing, server.site_url, Secret(""))
        try:
            config = await nobody.client_config()
        except Upstream as failed:
            return bad(
                say("Mattermost does not answer at {url}: {reason}", url=server.site_url, reason=failed.said),
                say("Check that it is up and that the bot's machine may connect to it"),
            )
        own = (config.get("SiteURL") or "").rstrip("/")
        if own and own != server.site_url.rstrip("/"):
            return bad(
                say("Mattermost calls itself {own}, but it was installed as {url}", own=own, url=server.site_url),
                say("Correct the Site URL in the System Console, or install the bot again"),
            )
        return good(
            say("Mattermost {version} answers at {url}", version=config.get("Version", ""), url=server.site_url)
        )

    async def _called_back(self, server: Server, reload: Reload) -> Finding:
        """Our own webhook at Mattermost makes it call us, which brings a fresh token."""
        title = say("Mattermost reaches {url}", url=self.public_url)
        if _is_fresh(server, self.clock):
            return good(title)
        if not can_renew(server):
            return bad(
                say("The bot has no webhook at Mattermost, so it cannot renew its token by itself"),
                say("Install the app again, or give the bot a lasting token with `/oncall configure token`"),
            )
        try:
            await self.access.renew(server)
        except Upstream as refused:
            return bad(
                say("Mattermost refused the bot's webhook: {reason}", reason=refused.said),
                say("Install the app again with `/apps install`; everything the bot knows is kept"),
            )
        for _ in range(max(1, round(self.patience / LOOK_EVERY))):
            now_known = await reload()
            if now_known is not None and now_known.push_token_ends_at != server.push_token_ends_at:
                return good(title)
            await asyncio.sleep(LOOK_EVERY)
        return self._unreachable()

    async def round_trips(self, server: Server) -> list[Finding]:
        """A slash command of the bot itself, in each of its teams, makes Mattermost call us. For native servers."""
        chat = self.access.for_server(server)
        try:
            place = await chat.direct_channel((await chat.me())["id"])
            mine, seen, config = await chat.my_teams(), await chat.all_teams(), await chat.client_config()
        except Upstream as refused:
            return [bad(say("The bot cannot look at its teams: {reason}", reason=refused.said), AGAIN)]
        served = {command.team_id for command in server.commands}
        findings = [await self._round_trip(chat, place, team) for team in mine if team["id"] in served]
        if not findings:
            findings.append(bad(say("The bot is in no team that has {command}", command=COMMAND), AGAIN))
        findings.append(name_finding(config, server.bot_username or TRIGGER))
        return findings if server.settings.get("teams") else [*findings, *_new_teams(seen, served)]

    async def _round_trip(self, chat: Mattermost, place: str, team: Team) -> Finding:
        name = team.get("display_name") or team.get("name", "")
        try:
            await chat.execute_command(PROBE, place, team["id"])
        except Upstream as refused:
            return self._why_not(refused, name)
        return good(say("Mattermost reaches {url} from the team {team}", url=self.public_url, team=name))

    def _why_not(self, refused: Upstream, team: str) -> Finding:
        if refused.code == UNREACHABLE:
            return self._unreachable()
        if refused.status == NOT_FOUND:
            return bad(
                say("The slash command {command} is missing in the team {team}", command=COMMAND, team=team), AGAIN
            )
        if refused.status == NOT_IMPLEMENTED:
            return bad(
                say("Slash commands are off in Mattermost"),
                say("`mmctl config set ServiceSettings.EnableCommands true`"),
            )
        return bad(
            say(
                "Mattermost could not run {command} in the team {team}: {reason}",
                command=COMMAND,
                team=team,
                reason=refused.said,
            ),
            say("Check that {url} leads to this bot. {again}", url=self.public_url, again=AGAIN),
        )

    def _unreachable(self) -> Finding:
        return bad(
            say("Mattermost cannot reach {url}", url=self.public_url),
            say(
                "Check `PUBLIC_URL` and the way from Mattermost to it. If the address is private, add it to "
                "`ServiceSettings.AllowedUntrustedInternalConnections` in Mattermost"
            ),
        )


def _waits(site_url: str) -> Finding:
    return bad(
        say("A second Mattermost, {url}, waits with the secret of this one", url=site_url),
        say("Confirm or refuse it on the set-up page"),
    )


def _not_installed(server: Server) -> Finding:
    if server.state is State.PENDING:
        return bad(say("Not installed yet"), say("A Mattermost system admin has to type the install command"))
    return bad(say("Paused by its Mattermost admin"), say("Wake it there with `/apps enable {app}`", app=server.app_id))


def _new_teams(seen: Iterable[Team], served: Container[str]) -> list[Finding]:
    """Of those that the bot may see; all teams were wanted."""
    new = [team for team in seen if team["id"] not in served and not team.get("delete_at")]
    names = ", ".join(team.get("display_name") or team.get("name", "") for team in new)
    return [bad(say("{command} is not in {teams}", command=COMMAND, teams=names), AGAIN)] if new else []


async def _token(server: Server, chat: Mattermost) -> Finding:
    again = (
        say("Give the bot a lasting token with `/oncall configure token`, or install the app again")
        if server.surface is Surface.APPS
        else AGAIN
    )
    try:
        me = await chat.check_me()
    except Upstream as refused:
        return bad(say("The bot cannot log in: {reason}", reason=refused.said), again)
    if server.bot_user_id and me["id"] != server.bot_user_id:
        return bad(say("The token belongs to @{name}, not to the bot", name=me.get("username", "")), again)
    return good(say("The bot logs in as @{name}", name=me.get("username", "")))


async def _channel(server: Server, chat: Mattermost) -> Finding:
    if not server.channel_id:
        return bad(say("No channel for alerts is chosen"), say("Choose one with `/oncall configure channel`"))
    try:
        channel = await chat.channel(server.channel_id)
        member = await chat.channel_member(server.channel_id, (await chat.me())["id"])
    except Upstream as refused:
        if refused.status not in (FORBIDDEN, NOT_FOUND):
            title = say("The alert channel cannot be read: {reason}", reason=refused.said)
            return bad(title, say("Try again in a minute"))
        return bad(
            say("The bot may not see the alert channel"),
            say("Invite it there, or choose another with `/oncall configure channel`"),
        )
    name = channel.get("name", "")
    if channel.get("delete_at"):
        return bad(
            say("The alert channel ~{name} is archived", name=name),
            say("Bring it back, or choose another with `/oncall configure channel`"),
        )
    if member is None:
        return bad(
            say("The bot is not in the alert channel ~{name}", name=name),
            say("Invite it: `/invite @{name}`", name=server.bot_username or TRIGGER),
        )
    return good(say("The bot is in the alert channel ~{name}", name=name))


async def _probe(server: Server, chat: Mattermost) -> Finding:
    """A message to itself, which disturbs nobody."""
    try:
        channel_id = await chat.direct_channel((await chat.me())["id"])
        post = await chat.create_post(channel_id, "A probe of the bot's doctor", {})
        await chat.delete_post(post["id"])
    except Upstream as refused:
        return bad(
            say("The bot cannot write and delete messages: {reason}", reason=refused.said),
            say("Give the role of bots the permissions to create and delete their own posts"),
        )
    return good(say("The bot writes and deletes messages"))


def _is_fresh(server: Server, clock: Clock) -> bool:
    return server.push_token_ends_at is not None and server.push_token_ends_at - clock() > FRESH
