"""The life of an installation: one server document per Mattermost. Pure.

Secrets are here only as sealed envelopes (`bot.vault`); the core moves them without being able to read them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from bot.core.changes import Change, DeleteServer, Effect, RedrawGroups, RenewPushToken
from bot.core.replacing import replace
from bot.core.text import Text, say

SETUP_LIFE = timedelta(hours=24)
PREVIOUS_SECRET_LIFE = timedelta(hours=1)
DATA_KEPT = timedelta(days=7)
PENDING_KEPT = timedelta(days=1)  # after its end; who comes late is told that it has expired
RENEW_BEFORE = timedelta(seconds=75)
RENEW_AGAIN = timedelta(seconds=20)
HARDLY_FRESHER = timedelta(seconds=60)
# In the settings: whether people are linked to the profile with the e-mail address that Mattermost verified.
LINK_BY_EMAIL = "link_by_email"
ON = "on"
DELETE = "delete"
# In the settings: the language of posts in channels; people are told in their own.
LANGUAGE = "locale"
# In the settings: which buttons posts have beside those of their state, with spaces between. Not there means all.
BUTTONS = "buttons"
# In the settings: how much of the history the threads tell.
TIMELINE = "timeline"
# In the settings: how many new alert groups a minute in one channel are still no storm; 0 means there are no storms.
STORM = "storm"


class Surface(StrEnum):
    APPS = "apps"
    NATIVE = "native"


class State(StrEnum):
    PENDING = "pending"
    INSTALLED = "installed"
    DISABLED = "disabled"
    REMOVED = "removed"


class Who(StrEnum):
    """Who may act on alert groups."""

    MEMBERS = "members"
    LINKED = "linked"


class Timeline(StrEnum):
    """How much threads tell: changes of state; pages and notes, too; each further alert, too."""

    QUIET = "quiet"
    NORMAL = "normal"
    FULL = "full"


class ChannelSettings(Struct, frozen=True, kw_only=True):
    """What is different in one channel. None is as everywhere on this server."""

    timeline: Timeline | None = None
    buttons: tuple[str, ...] | None = None
    storm: int | None = None


EVERYWHERE = ChannelSettings()


class Secret(Struct, frozen=True, kw_only=True):
    """A key that signs Mattermost's calls. `state` is current, next or previous; `ends_at` None means no end."""

    id: str
    sealed: str
    state: str
    created_at: datetime
    ends_at: datetime | None = None


class Command(Struct, frozen=True, kw_only=True):
    """A native slash command: it belongs to one team and has a token of its own."""

    team_id: str
    command_id: str
    sealed_token: str


class Site(Struct, frozen=True, kw_only=True):
    """A Mattermost as it presented itself at an installation."""

    url: str
    bot_user_id: str
    sealed_webhook_secret: str = ""
    version: str = ""


class Server(Struct, frozen=True, kw_only=True):
    """One Mattermost installation: the tenant."""

    id: str
    name: str
    surface: Surface = Surface.APPS
    state: State = State.PENDING
    created_at: datetime
    expires_at: datetime | None = None
    install_code_digest: str = ""
    secrets: tuple[Secret, ...] = ()
    site_url: str = ""
    bot_user_id: str = ""
    bot_username: str = ""
    app_id: str = "oncall"
    sealed_webhook_secret: str = ""
    version: str = ""
    signing_key: str = ""
    installed_at: datetime | None = None
    installed_by: str = ""
    waiting_site: Site | None = None
    sealed_push_token: str = ""
    push_token_ends_at: datetime | None = None
    sealed_lasting_token: str = ""
    commands: tuple[Command, ...] = ()
    team_id: str = ""
    channel_id: str = ""
    who_may_act: Who = Who.MEMBERS
    removed_at: datetime | None = None
    due_at: datetime | None = None
    settings: dict[str, str] = field(default_factory=dict)
    channels: dict[str, ChannelSettings] = field(default_factory=dict)

    @property
    def installed(self) -> bool:
        return self.state is State.INSTALLED

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.settings.get(TIMELINE, Timeline.NORMAL))

    @property
    def buttons(self) -> tuple[str, ...] | None:
        """The chosen ones; None where nobody chose."""
        chosen = self.settings.get(BUTTONS)
        return None if chosen is None else tuple(chosen.split())

    def timeline_in(self, channel_id: str) -> Timeline:
        return self.channels.get(channel_id, EVERYWHERE).timeline or self.timeline

    def buttons_in(self, channel_id: str) -> tuple[str, ...] | None:
        """The chosen ones; None where nobody chose."""
        chosen = self.channels.get(channel_id, EVERYWHERE).buttons
        return self.buttons if chosen is None else chosen


ServerChange = Change[Server]


def secrets_in_force(server: Server, *, now: datetime) -> tuple[Secret, ...]:
    """The keys that may sign a call now; at most two."""
    return tuple(secret for secret in server.secrets if secret.ends_at is None or secret.ends_at > now)


def secret_used(server: Server, *, secret_id: str, now: datetime) -> ServerChange:
    """A call was signed with this key. The first use of the next one retires the current one."""
    used = next((secret for secret in server.secrets if secret.id == secret_id), None)
    if used is None or used.state != "next":
        return Change(doc=server)
    current = replace(used, state="current", ends_at=None)
    previous = tuple(
        replace(secret, state="previous", ends_at=now + PREVIOUS_SECRET_LIFE)
        for secret in server.secrets
        if secret.state == "current"
    )
    return Change(doc=replace(server, secrets=(current, *previous)))


def secret_added(server: Server, *, secret: Secret) -> ServerChange:
    """A new key is waiting for its first use; an unused next one and a previous one give way (two at most)."""
    kept = tuple(old for old in server.secrets if old.state == "current")
    return Change(doc=replace(server, secrets=(*kept, replace(secret, state="next"))))


def installed(server: Server, *, site: Site, by: str, now: datetime) -> ServerChange:
    """Mattermost finished an installation: bind its site, or remember a second one until a person confirms it."""
    if server.state is State.PENDING and server.expires_at is not None and server.expires_at <= now:
        return Change(doc=server, note=say("This set-up has expired. Create a new one with `python -m bot setup`."))
    if server.site_url and server.site_url != site.url:
        waiting = replace(server, waiting_site=site)
        return Change(
            doc=waiting,
            note=say(
                "This secret already belongs to {site}. Somebody there, or the operator on the set-up page, has to "
                "confirm the move with the install code before this Mattermost is served.",
                site=server.site_url,
            ),
        )
    return bound(server, site=site, by=by, now=now)


def bound(server: Server, *, site: Site, by: str, now: datetime) -> ServerChange:
    """The Apps framework serves this site from now on. A lasting token stays as long as the bot is the same."""
    after = replace(
        server,
        surface=Surface.APPS,
        state=State.INSTALLED,
        expires_at=None,
        removed_at=None,
        site_url=site.url,
        bot_user_id=site.bot_user_id,
        sealed_lasting_token=server.sealed_lasting_token if server.bot_user_id == site.bot_user_id else "",
        sealed_webhook_secret=site.sealed_webhook_secret or server.sealed_webhook_secret,
        version=site.version or server.version,
        waiting_site=None,
        installed_at=server.installed_at or now,
        installed_by=by,
    )
    return Change(
        doc=_renewing(after),
        effects=_redrawing(server, after),
        dropped=(DELETE,),
        note=say("OnCall is installed. Next: `/oncall configure channel` chooses the channel where alerts are posted."),
    )


class NativeSite(Struct, frozen=True, kw_only=True):
    """A Mattermost as an installation without the Apps framework left it."""

    url: str
    installed_at_url: str
    version: str
    signing_key: str
    installed_by: str
    bot_user_id: str
    bot_username: str
    sealed_token: str
    commands: tuple[Command, ...]


def bound_natively(server: Server, *, site: NativeSite, now: datetime) -> ServerChange:
    """Slash commands and a bot account serve this site from now on; what only the Apps framework needs goes."""
    after = replace(
        server,
        surface=Surface.NATIVE,
        state=State.INSTALLED,
        expires_at=None,
        removed_at=None,
        due_at=None,
        site_url=site.url,
        waiting_site=None,
        version=site.version,
        signing_key=site.signing_key,
        installed_at=server.installed_at or now,
        installed_by=site.installed_by,
        bot_user_id=site.bot_user_id,
        bot_username=site.bot_username,
        sealed_lasting_token=site.sealed_token,
        sealed_push_token="",
        push_token_ends_at=None,
        sealed_webhook_secret="",
        commands=site.commands,
        settings={**server.settings, "installed_at_url": site.installed_at_url},
    )
    return Change(doc=after, effects=_redrawing(server, after), dropped=("renew", DELETE))


def with_key(server: Server, *, key: str) -> ServerChange:
    """Mattermost signs what people do with another key now."""
    return Change(doc=replace(server, signing_key=key))


def _redrawing(before: Server, after: Server) -> tuple[Effect, ...]:
    """Buttons belong to the surface they were drawn for."""
    if before.surface is after.surface or not before.site_url:
        return ()
    return (Effect(key="redraw", do=RedrawGroups()),)


def finished(server: Server, *, site: Site | None, by: str, now: datetime) -> ServerChange:
    """Somebody proved with the install code that `site`, the Mattermost they wrote from, is to be served."""
    waiting = server.waiting_site
    if waiting is not None and (site is None or site.url == waiting.url):
        return bound(server, site=waiting, by=by, now=now)
    if server.state is State.PENDING and site is not None:
        return bound(server, site=site, by=by, now=now)
    return Change(
        doc=server, note=say("OnCall is installed already. `/oncall configure channel` chooses the channel for alerts.")
    )


def disabled(server: Server) -> ServerChange:
    if not server.installed:
        return Change(doc=server)
    return Change(doc=replace(server, state=State.DISABLED, due_at=None), note=say("OnCall is paused here."))


def enabled(server: Server) -> ServerChange:
    if server.state is not State.DISABLED:
        return Change(doc=server)
    return Change(doc=_renewing(replace(server, state=State.INSTALLED)), note=say("OnCall is back."))


def uninstalled(server: Server, *, now: datetime) -> ServerChange:
    """Tokens go at once, data after a week."""
    after = replace(
        server,
        state=State.REMOVED,
        removed_at=now,
        due_at=now + DATA_KEPT,
        sealed_push_token="",
        push_token_ends_at=None,
        sealed_lasting_token="",
        sealed_webhook_secret="",
        commands=(),
    )
    return Change(doc=after, note=say("OnCall is removed. Its data is deleted in seven days; reinstall to keep it."))


def token_brought(server: Server, *, sealed: str, ends_at: datetime, now: datetime, works: bool = True) -> ServerChange:
    """Mattermost handed us a bot token that is good until `ends_at`. `works`: the one we have is not refused."""
    if works and server.push_token_ends_at is not None and ends_at - server.push_token_ends_at < HARDLY_FRESHER:
        return Change(doc=server)
    after = replace(server, sealed_push_token=sealed, push_token_ends_at=ends_at)
    return Change(doc=_renewing(after), dropped=("renew",))


def _renewing(server: Server) -> Server:
    """With the next renewal of its push token due, where there can be one."""
    if not server.installed:
        return server  # what is removed is due for something else
    if not server.sealed_webhook_secret or server.push_token_ends_at is None:
        return replace(server, due_at=None)
    return replace(server, due_at=server.push_token_ends_at - RENEW_BEFORE)


def deletable_at(server: Server) -> datetime | None:
    """When nothing of it needs to be kept any more; None while it is served or paused."""
    if server.state is State.REMOVED and server.removed_at is not None:
        return server.removed_at + DATA_KEPT
    if server.state is State.PENDING and server.expires_at is not None:
        return server.expires_at + PENDING_KEPT
    return None


def deletable(server: Server, *, now: datetime) -> bool:
    at = deletable_at(server)
    return at is not None and at <= now


def advance(server: Server, *, now: datetime) -> ServerChange:
    """Time passes: renew the push token before it ends, delete what nobody needs."""
    if server.due_at is None or server.due_at > now:
        return Change(doc=server)
    if deletable(server, now=now):
        return Change(doc=replace(server, due_at=None), effects=(Effect(key=DELETE, do=DeleteServer()),))
    if not server.installed or not server.sealed_webhook_secret:
        return Change(doc=replace(server, due_at=None))
    after = replace(server, due_at=now + RENEW_AGAIN)
    return Change(doc=after, effects=(Effect(key="renew", do=RenewPushToken()),))


def configured(server: Server, *, channel_id: str, team_id: str, note_channel: str) -> ServerChange:
    after = replace(server, channel_id=channel_id, team_id=team_id or server.team_id)
    return Change(doc=after, note=say("Alerts are posted in ~{channel} from now on.", channel=note_channel))


def policy_chosen(
    server: Server,
    *,
    who_may_act: Who | None = None,
    link_by_email: str = "",
    timeline: Timeline | None = None,
    language: str = "",
) -> ServerChange:
    """What is not given stays as it is. Posts that are there already speak a new language, too."""
    given = {LINK_BY_EMAIL: link_by_email, TIMELINE: timeline.value if timeline else "", LANGUAGE: language}
    after = replace(
        server,
        who_may_act=who_may_act or server.who_may_act,
        settings={**server.settings, **{name: value for name, value in given.items() if value}},
    )
    other = language and language != server.settings.get(LANGUAGE, "en")
    return Change(
        doc=after,
        effects=(Effect(key="redraw", do=RedrawGroups()),) if other else (),
        note=say("{who} {timeline}", who=_who_in_words(after), timeline=timeline_in_words(after.timeline)),
    )


def _who_in_words(server: Server) -> Text:
    if server.who_may_act is Who.LINKED:
        return say("Only linked people may act on alerts.")
    return say("Everyone who sees an alert may act on it.")


def timeline_in_words(timeline: Timeline) -> Text:
    match timeline:
        case Timeline.QUIET:
            return say("Threads tell changes of state only.")
        case Timeline.FULL:
            return say("Threads tell everything, each further alert included.")
        case _:
            return say("Threads tell changes of state, pages and notes.")


def buttons_chosen(server: Server, *, buttons: tuple[str, ...]) -> ServerChange:
    """The posts that are there already show them, too."""
    chosen = " ".join(buttons)
    note = say("Posts have the buttons you chose, those of open alert groups within moments.")
    if server.settings.get(BUTTONS) == chosen:
        return Change(doc=server, note=note)
    after = replace(server, settings={**server.settings, BUTTONS: chosen})
    return Change(doc=after, effects=(Effect(key="redraw", do=RedrawGroups()),), note=note)


def lasting_token_given(server: Server, *, sealed: str) -> ServerChange:
    """A bot token that does not end by itself, in place of any earlier one."""
    return Change(
        doc=replace(server, sealed_lasting_token=sealed),
        note=say("The bot uses this token from now on. Keep no copy; in Mattermost it can be revoked at any time."),
    )
