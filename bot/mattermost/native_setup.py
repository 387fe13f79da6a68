"""Installing the bot in a Mattermost without the Apps framework: bot account, token, slash commands, settings.

Everything is done with an admin's token, which is used and forgotten. Running it again leaves alone what is right and
repairs what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.core.text import say
from bot.errors import BotError, Upstream
from bot.mattermost import wire
from bot.mattermost.client import Mattermost
from bot.mattermost.findings import Finding, address_finding, bad, good, name_finding, settings_findings
from bot.mattermost.refusals import UNAUTHORIZED
from bot.outgoing.client import Client
from bot.secret import Secret
from bot.surfaces.capabilities import read_version

TRIGGER = "oncall"
OLDEST = (9, 0)
PORTS = {"http": 80, "https": 443}
HINT = "[list | ack | resolve | silence | page | who | help]"

Progress = Callable[[str], None]


class NotReady(BotError):
    """Nothing was installed; `findings` say why and what to do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        titles = (finding.title for finding in findings if finding.stops)
        super().__init__("; ".join(title.english.format_map(title.values) for title in titles))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be installed, and where. `teams` are names or ids; none means all of them.

    `known_teams` are ids from an earlier installation: those that still exist are kept in step, too. `bot_token` is
    the one from then: it is kept if it still works.
    """

    url: str
    public_url: str
    server_id: str
    teams: tuple[str, ...] = ()
    known_teams: tuple[str, ...] = ()
    bot_username: str = TRIGGER
    bot_token: Secret | None = None
    hint: str = HINT

    @property
    def command_url(self) -> str:
        return f"{self.public_url.rstrip('/')}/native/{self.server_id}/command"

    @property
    def token_name(self) -> str:
        return f"OnCall {self.server_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledCommand:
    team_id: str
    team_name: str
    command_id: str
    token: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What the server document needs to know. `site_url` is Mattermost's own idea of its address."""

    site_url: str
    version: str
    signing_key: str
    installed_by: str
    bot_user_id: str
    bot_username: str
    bot_token: Secret
    commands: tuple[InstalledCommand, ...]
    findings: tuple[Finding, ...]


async def look(outgoing: Client, admin_token: Secret, wanted: Wanted) -> tuple[Finding, ...]:
    """What an installation would meet with; nothing is made or changed. Raises NotReady and Upstream."""
    found = await _look(Mattermost(outgoing, wanted.url, admin_token), wanted)
    names = ", ".join(team["display_name"] for team in found.teams)
    where = (good(say("{command} would be added to {teams}", command=f"/{TRIGGER}", teams=names)),) if names else ()
    return (*found.findings, *where)


async def install(
    outgoing: Client, admin_token: Secret, wanted: Wanted, *, tell: Progress = lambda _: None
) -> Installed:
    """Raises NotReady with everything that has to be put right first, and Upstream where Mattermost fails."""
    admin = Mattermost(outgoing, wanted.url, admin_token)
    tell("Looking at Mattermost's settings")
    found = await _look(admin, wanted)
    if any(finding.stops for finding in found.findings):
        raise NotReady(found.findings)
    tell(f"Preparing the bot account @{wanted.bot_username}")
    bot_user_id = await _bot(admin, wanted, found.bot_user)
    bot_token = await _token(outgoing, admin, wanted, bot_user_id)
    commands: list[InstalledCommand] = []
    taken: list[Finding] = []
    for team in found.teams:
        tell(f"Adding the bot and /{TRIGGER} to the team {team['display_name']}")
        await admin.add_team_member(team["id"], bot_user_id)
        made = await _command(admin, wanted, team)
        if made is None:
            taken.append(_taken(team))
        else:
            commands.append(made)
    tell("Checking what was made")
    works = await _verify(outgoing, wanted, bot_token, commands)
    return Installed(
        site_url=(found.config.get("SiteURL") or wanted.url).rstrip("/"),
        version=found.config.get("Version", ""),
        signing_key=found.config.get("AsymmetricSigningPublicKey", ""),
        installed_by=found.who["id"],
        bot_user_id=bot_user_id,
        bot_username=wanted.bot_username,
        bot_token=bot_token,
        commands=tuple(commands),
        findings=(*found.findings, *taken, *works),
    )


async def remove(
    outgoing: Client,
    admin_token: Secret,
    wanted: Wanted,
    *,
    keep_bot: bool = False,
    tell: Progress = lambda _: None,
) -> None:
    """Take away our commands and tokens; the bot account rests unless it has tokens of others.

    With `keep_bot` only the commands go. Raises NotReady and Upstream.
    """
    admin = Mattermost(outgoing, wanted.url, admin_token)
    await _admin(admin)
    for team in await admin.all_teams():
        for command in await admin.commands(team["id"]):
            if command.get("url") == wanted.command_url:
                tell(f"Removing /{TRIGGER} from the team {team['display_name']}")
                await admin.delete_command(command["id"])
    if keep_bot:
        return
    bot_user = await _named(admin, wanted.bot_username)
    if bot_user is None or not bot_user.get("is_bot"):
        return
    tokens = await admin.tokens(bot_user["id"])
    await _revoke(admin, [token for token in tokens if token.get("description") == wanted.token_name])
    if all(token.get("description") == wanted.token_name for token in tokens):
        await admin.disable_bot(bot_user["id"])


# ---- what is there ----


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is there before anything is made."""

    who: wire.User
    config: wire.ClientConfig
    bot_user: wire.User | None
    teams: tuple[wire.Team, ...]
    findings: tuple[Finding, ...]


async def _look(admin: Mattermost, wanted: Wanted) -> _Found:
    who, config = await _admin(admin), await admin.client_config()
    bot_user = await _named(admin, wanted.bot_username)
    teams, choice = await _teams(admin, wanted)
    settings = (await admin.config()).get("ServiceSettings", {})
    allowed = settings.get("AllowedUntrustedInternalConnections", "")
    findings = (
        *_same_origin(wanted.url, config.get("SiteURL") or ""),
        _version(config),
        *settings_findings(settings, makes_bot=bot_user is None),
        name_finding(config, wanted.bot_username),
        await address_finding(wanted.public_url, allowed),
        *_bot_name(wanted, bot_user),
        *choice,
    )
    return _Found(who=who, config=config, bot_user=bot_user, teams=tuple(teams), findings=findings)


async def _admin(admin: Mattermost) -> wire.User:
    try:
        who = await admin.me()
    except Upstream as refused:
        if refused.status != UNAUTHORIZED:
            raise
        title = say("Mattermost does not accept this token")
        remedy = say("Make one in your profile: Security > Personal Access Tokens, or use your session's token")
        raise NotReady([bad(title, remedy, stops=True)]) from refused
    if "system_admin" not in who.get("roles", "").split():
        title = say("@{name} is not a system admin", name=who.get("username", ""))
        remedy = say("Use the token of a system admin; it is used once and not kept")
        raise NotReady([bad(title, remedy, stops=True)])
    return who


async def _named(admin: Mattermost, username: str) -> wire.User | None:
    found = await admin.users_by_usernames([username])
    return found[0] if found else None


async def _teams(admin: Mattermost, wanted: Wanted) -> tuple[list[wire.Team], list[Finding]]:
    """The chosen teams, and what is wrong with the choice."""
    teams = [team for team in await admin.all_teams() if not team.get("delete_at")]
    asked = [name for name in wanted.teams if name not in wanted.known_teams]
    unknown = [name for name in asked if not any(_is(team, name) for team in teams)]
    chosen = [team for team in teams if _chosen(team, wanted)]
    remedy = say("Use the name as it is in the team's address, or leave it out")
    findings = [bad(say("There is no team “{name}”", name=name), remedy, stops=True) for name in unknown]
    if not teams:
        findings.append(bad(say("There is no team yet"), say("Create a team in Mattermost first"), stops=True))
    return chosen, findings


def _chosen(team: wire.Team, wanted: Wanted) -> bool:
    if not wanted.teams:
        return True
    return team["id"] in wanted.known_teams or any(_is(team, name) for name in wanted.teams)


def _is(team: wire.Team, name: str) -> bool:
    return name.lower() in (team["id"], team["name"].lower(), team.get("display_name", "").lower())


def _version(config: wire.ClientConfig) -> Finding:
    version = config.get("Version", "")
    if read_version(version)[:2] >= OLDEST:
        return good(say("Mattermost {version}", version=version))
    title = say("Mattermost {version} is too old", version=version)
    return bad(title, say("Version 9.0 or newer is needed; upgrade it first"), stops=True)


def _same_origin(typed: str, site_url: str) -> list[Finding]:
    """Everything goes to the Site URL from now on, the bot's token too: the operator has to have meant that place."""
    if not site_url or _origin(typed) == _origin(site_url):
        return []
    return [
        bad(
            say("You typed {typed}, but Mattermost calls itself {url}", typed=typed, url=site_url),
            say(
                "Type its Site URL, which the bot has to reach; or correct it first: System Console > Environment > "
                "Web Server > Site URL, or: `mmctl config set ServiceSettings.SiteURL https://chat.example.com`"
            ),
            stops=True,
        )
    ]


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return "", url, None


def _bot_name(wanted: Wanted, user: wire.User | None) -> list[Finding]:
    if user is None or user.get("is_bot"):
        return []
    title = say("A person is called @{name}", name=wanted.bot_username)
    return [bad(title, say("Choose another name for the bot"), stops=True)]


def _taken(team: wire.Team) -> Finding:
    return bad(
        say(
            "Another integration uses {command} in the team {team}",
            command=f"/{TRIGGER}",
            team=team["display_name"],
        ),
        say("Remove it in Integrations > Slash Commands of that team, then run this again"),
    )


# ---- what is made ----


async def _bot(admin: Mattermost, wanted: Wanted, user: wire.User | None) -> str:
    if user is None:
        made = await admin.create_bot(wanted.bot_username, "OnCall", "Alerts, on-call and escalation, in chat")
        return made["user_id"]
    if user.get("delete_at"):
        await admin.enable_bot(user["id"])
    return user["id"]


async def _token(outgoing: Client, admin: Mattermost, wanted: Wanted, bot_user_id: str) -> Secret:
    """Earlier tokens of ours are known to nobody any more and go."""
    if wanted.bot_token is not None and await _works(outgoing, wanted, wanted.bot_token, bot_user_id):
        return wanted.bot_token
    earlier = [one for one in await admin.tokens(bot_user_id) if one.get("description") == wanted.token_name]
    made = await admin.create_token(bot_user_id, wanted.token_name)
    await _revoke(admin, earlier)
    return Secret(made["token"])


async def _works(outgoing: Client, wanted: Wanted, token: Secret, bot_user_id: str) -> bool:
    try:
        return (await Mattermost(outgoing, wanted.url, token).me())["id"] == bot_user_id
    except Upstream as refused:
        if refused.status == UNAUTHORIZED:
            return False
        raise


async def _revoke(admin: Mattermost, tokens: Sequence[wire.AccessToken]) -> None:
    for token in tokens:
        await admin.revoke_token(token["id"])


async def _command(admin: Mattermost, wanted: Wanted, team: wire.Team) -> InstalledCommand | None:
    """None where the command belongs to somebody else."""
    declared = _declared(wanted, team)
    there = [one for one in await admin.commands(team["id"]) if one.get("trigger") == TRIGGER]
    if not there:
        made = await admin.create_command(declared)
        return _installed(team, made, made["token"])
    (known,) = there[:1]
    if not _is_ours(known):
        return None
    if any(known.get(name) != value for name, value in declared.items()):
        await admin.update_command({**known, **declared})
    return _installed(team, known, known["token"])


def _declared(wanted: Wanted, team: wire.Team) -> wire.Command:
    return {
        "team_id": team["id"],
        "trigger": TRIGGER,
        "method": "P",
        "url": wanted.command_url,
        "username": wanted.bot_username,
        "auto_complete": True,
        "auto_complete_desc": "Alerts and on-call",
        "auto_complete_hint": wanted.hint,
        "display_name": "OnCall",
        "description": "Alerts, on-call and escalation, in chat",
    }


def _is_ours(command: wire.Command) -> bool:
    """Also one of an earlier installation, with another server id or address."""
    parts = urlsplit(command.get("url", "")).path.split("/")
    return len(parts) >= 4 and parts[-3] == "native" and parts[-1] == "command"


def _installed(team: wire.Team, command: wire.Command, token: str) -> InstalledCommand:
    return InstalledCommand(team_id=team["id"], team_name=team["name"], command_id=command["id"], token=Secret(token))


async def _verify(
    outgoing: Client, wanted: Wanted, bot_token: Secret, commands: Sequence[InstalledCommand]
) -> list[Finding]:
    bot = Mattermost(outgoing, wanted.url, bot_token)
    me, teams = await bot.me(), {team["id"] for team in await bot.my_teams()}
    missing = [command.team_name for command in commands if command.team_id not in teams]
    findings = [good(say("The bot @{name} works", name=me.get("username", "")))]
    if missing:
        title = say("The bot is not in {teams}", teams=", ".join(missing))
        findings.append(bad(title, say("Add it to these teams by hand")))
    if commands:
        teams_served = ", ".join(command.team_name for command in commands)
        findings.append(good(say("{command} works in {teams}", command=f"/{TRIGGER}", teams=teams_served)))
    return findings
