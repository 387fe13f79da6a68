"""The paths of the REST API, the busiest first."""

from typing import Any

from bot.simulator.profiles import Profile
from bot.simulator.rest import bots, channels, integrations, posts, system, teams, users
from bot.simulator.rest.websocket import EventSocket

_ID = "([a-z0-9]{26})"
_USER = "(me|[a-z0-9]{26})"
_API = "/api/v4"

Paths = list[tuple[str, type[Any]]]


def routes(profile: Profile) -> Paths:
    """All rules for a server of this version; what has no rule is an unknown path."""
    relative = [
        *_post_paths(profile),
        *_channel_paths(),
        *_user_paths(),
        *_team_paths(),
        *_integration_paths(profile),
        *_system_paths(),
    ]
    rules = [(f"{_API}{path}", handler) for path, handler in relative]
    return [*rules, (f"/hooks/commands/{_ID}", integrations.ResponseUrl)]


def _post_paths(profile: Profile) -> Paths:
    return [
        ("/posts", posts.Posts),
        (f"/posts/{_ID}/patch", posts.PatchPost),
        ("/channels/direct", channels.DirectChannel),
        ("/posts/ephemeral", posts.EphemeralPost),
        (f"/posts/{_ID}", posts.OnePost),
        (f"/posts/{_ID}/thread", posts.Thread),
        (f"/posts/{_ID}/reactions", posts.PostReactions),
        (f"/posts/{_ID}/(pin|unpin)", posts.PinPost),
        (f"/posts/{_ID}/actions/({profile.action_id_pattern})", integrations.ClickAction),
        ("/reactions", posts.Reactions),
        (f"/users/{_USER}/posts/{_ID}/reactions/([A-Za-z0-9_+-]+)", posts.OneReaction),
    ]


def _channel_paths() -> Paths:
    return [
        ("/channels", channels.Channels),
        ("/channels/group", channels.GroupChannel),
        (f"/channels/{_ID}", channels.OneChannel),
        (f"/channels/{_ID}/patch", channels.PatchChannel),
        (f"/channels/{_ID}/posts", posts.ChannelPosts),
        (f"/channels/{_ID}/pinned", posts.PinnedPosts),
        (f"/channels/{_ID}/members", channels.ChannelMembers),
        (f"/channels/{_ID}/members/{_USER}", channels.OneChannelMember),
        (f"/teams/{_ID}/channels", channels.TeamChannels),
        (f"/teams/{_ID}/channels/search", channels.SearchChannels),
        (f"/teams/{_ID}/channels/name/([a-z0-9_-]+)", channels.ChannelByName),
    ]


def _user_paths() -> Paths:
    return [
        ("/users", users.UserList),
        ("/users/ids", users.UsersByIds),
        ("/users/usernames", users.UsersByNames),
        ("/users/status/ids", users.StatusesByIds),
        ("/users/tokens/revoke", users.RevokeToken),
        (f"/users/{_USER}", users.OneUser),
        ("/users/username/([A-Za-z0-9._-]+)", users.UserByName),
        ("/users/email/([^/]+)", users.UserByEmail),
        (f"/users/{_USER}/roles", users.UserRoles),
        (f"/users/{_USER}/status", users.UserStatus),
        (f"/users/{_USER}/tokens", users.UserTokens),
        (f"/users/{_USER}/teams", users.UserTeams),
        (f"/users/{_USER}/teams/{_ID}/channels", users.UserChannels),
        ("/bots", bots.Bots),
        (f"/bots/{_ID}", bots.OneBot),
        (f"/bots/{_ID}/(enable|disable)", bots.SwitchBot),
    ]


def _team_paths() -> Paths:
    return [
        ("/teams", teams.Teams),
        (f"/teams/{_ID}", teams.OneTeam),
        ("/teams/name/([a-z0-9-]+)", teams.TeamByName),
        (f"/teams/{_ID}/members", teams.TeamMembers),
        (f"/teams/{_ID}/members/ids", teams.TeamMembersByIds),
        (f"/teams/{_ID}/members/{_USER}", teams.OneTeamMember),
    ]


def _integration_paths(profile: Profile) -> Paths:
    found: Paths = [
        ("/commands", integrations.CommandList),
        ("/commands/execute", integrations.ExecuteCommand),
        (f"/commands/{_ID}", integrations.OneCommand),
        (f"/commands/{_ID}/regen_token", integrations.CommandToken),
        (f"/commands/{_ID}/move", integrations.CommandTeam),
        (f"/teams/{_ID}/commands/autocomplete", integrations.CommandAutocomplete),
        (f"/teams/{_ID}/commands/autocomplete_suggestions", integrations.CommandSuggestions),
        ("/actions/dialogs/open", integrations.OpenDialog),
        ("/actions/dialogs/submit", integrations.SubmitDialog),
    ]
    if profile.dynamic_select:
        found.append(("/actions/dialogs/lookup", integrations.LookupDialog))
    if "action_button" in profile.element_types:
        found.append(("/actions/dialogs/execute", integrations.PressDialogButton))
    return found


def _system_paths() -> Paths:
    return [
        ("/system/ping", system.Ping),
        ("/config/client", system.ClientConfig),
        ("/config/patch", system.PatchConfig),
        ("/config", system.Config),
        ("/websocket", EventSocket),
    ]
