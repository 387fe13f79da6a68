"""The paths of the REST API, the busiest first."""

from typing import Any

from bot.simulator.profiles import Profile
from bot.simulator.rest import bots, channels, integrations, posts, system, teams, users
from bot.simulator.rest.websocket import EventSocket

_API = "/api/v4"

_POST = "(?P<post_id>[A-Za-z0-9]+)"
_CHANNEL = "(?P<channel_id>[A-Za-z0-9]+)"
_USER = "(?P<user_id>[A-Za-z0-9]+)"
_TEAM = "(?P<team_id>[A-Za-z0-9]+)"
_COMMAND = "(?P<command_id>[A-Za-z0-9]+)"
_HOOK = "(?P<hook_id>[A-Za-z0-9]+)"

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
    return [*rules, (f"/hooks/commands/{_HOOK}", integrations.ResponseUrl)]


def _post_paths(profile: Profile) -> Paths:
    return [
        ("/posts", posts.Posts),
        (f"/posts/{_POST}/patch", posts.PatchPost),
        ("/channels/direct", channels.DirectChannel),
        ("/posts/ephemeral", posts.EphemeralPost),
        ("/posts/ids", posts.PostsByIds),
        (f"/posts/{_POST}", posts.OnePost),
        (f"/posts/{_POST}/thread", posts.Thread),
        (f"/posts/{_POST}/reactions", posts.PostReactions),
        (f"/posts/{_POST}/(?P<kind>pin|unpin)", posts.PinPost),
        (f"/posts/{_POST}/actions/(?P<action_id>{profile.action_id_pattern})", integrations.ClickAction),
        ("/reactions", posts.Reactions),
        (f"/users/{_USER}/posts/{_POST}/reactions/(?P<emoji>[A-Za-z0-9_+-]+)", posts.OneReaction),
    ]


def _channel_paths() -> Paths:
    return [
        ("/channels", channels.Channels),
        ("/channels/group", channels.GroupChannel),
        (f"/channels/{_CHANNEL}", channels.OneChannel),
        (f"/channels/{_CHANNEL}/patch", channels.PatchChannel),
        (f"/channels/{_CHANNEL}/posts", posts.ChannelPosts),
        (f"/channels/{_CHANNEL}/pinned", posts.PinnedPosts),
        (f"/channels/{_CHANNEL}/members", channels.ChannelMembers),
        (f"/channels/{_CHANNEL}/members/{_USER}", channels.OneChannelMember),
        (f"/teams/{_TEAM}/channels", channels.TeamChannels),
        (f"/teams/{_TEAM}/channels/search", channels.SearchChannels),
        (f"/teams/{_TEAM}/channels/name/(?P<name>[A-Za-z0-9_-]+)", channels.ChannelByName),
    ]


def _user_paths() -> Paths:
    return [
        ("/users", users.UserList),
        ("/users/ids", users.UsersByIds),
        ("/users/usernames", users.UsersByNames),
        ("/users/status/ids", users.StatusesByIds),
        ("/users/tokens/revoke", users.RevokeToken),
        (f"/users/{_USER}", users.OneUser),
        ("/users/username/(?P<name>[A-Za-z0-9._-]+)", users.UserByName),
        ("/users/email/(?P<email>[^/]+)", users.UserByEmail),
        (f"/users/{_USER}/roles", users.UserRoles),
        (f"/users/{_USER}/status", users.UserStatus),
        (f"/users/{_USER}/tokens", users.UserTokens),
        (f"/users/{_USER}/teams", users.UserTeams),
        (f"/users/{_USER}/teams/{_TEAM}/channels", users.UserChannels),
        ("/bots", bots.Bots),
        (f"/bots/{_USER}", bots.OneBot),
        (f"/bots/{_USER}/(?P<switch>enable|disable)", bots.SwitchBot),
    ]


def _team_paths() -> Paths:
    return [
        ("/teams", teams.Teams),
        (f"/teams/{_TEAM}", teams.OneTeam),
        ("/teams/name/(?P<name>[A-Za-z0-9_-]+)", teams.TeamByName),
        (f"/teams/{_TEAM}/members", teams.TeamMembers),
        (f"/teams/{_TEAM}/members/ids", teams.TeamMembersByIds),
        (f"/teams/{_TEAM}/members/{_USER}", teams.OneTeamMember),
    ]


def _integration_paths(profile: Profile) -> Paths:
    found: Paths = [
        ("/commands", integrations.CommandList),
        ("/commands/execute", integrations.ExecuteCommand),
        (f"/commands/{_COMMAND}", integrations.OneCommand),
        (f"/commands/{_COMMAND}/regen_token", integrations.CommandToken),
        (f"/commands/{_COMMAND}/move", integrations.CommandTeam),
        (f"/teams/{_TEAM}/commands/autocomplete", integrations.CommandAutocomplete),
        (f"/teams/{_TEAM}/commands/autocomplete_suggestions", integrations.CommandSuggestions),
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
