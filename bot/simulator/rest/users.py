"""Users, their tokens and status over REST."""

from bot.simulator.errors import ApiError, forbidden, invalid_parameter, missing
from bot.simulator.records import Json, TokenKind, User
from bot.simulator.rest.base import RestHandler

_STATUSES = ("online", "away", "dnd", "offline")


class UserHandler(RestHandler):
    def show(self, user: User) -> Json:
        private = user.id == self.user_id or self.simulator.state.is_system_admin(self.user_id)
        return user.as_json(private=private)


class OneUser(UserHandler):
    def get(self, user_id: str) -> None:
        self.answer(self.show(self.simulator.state.user(self.own_id(user_id))))


class UsersByIds(UserHandler):
    """Unknown ids are simply not in the answer."""

    def post(self) -> None:
        users = self.simulator.state.users
        self.answer([self.show(users[one]) for one in self.json_ids() if one in users])


class UsersByNames(UserHandler):
    def post(self) -> None:
        names = self.simulator.state.usernames
        self.answer([self.show(names[one]) for one in self.json_ids() if one in names])


class UserByName(UserHandler):
    def get(self, name: str) -> None:
        user = self.simulator.state.usernames.get(name.lower())
        if user is None:
            raise missing("app.user.get_by_username.app_error", "Unable to find an existing account.")
        self.answer(self.show(user))


class UserByEmail(UserHandler):
    def get(self, email: str) -> None:
        user = self.simulator.state.emails.get(email.lower())
        if user is None:
            raise missing("app.user.missing_account.const", "Unable to find an existing account.")
        self.answer(self.show(user))


class UserList(UserHandler):
    """All users, or those of a team or channel; pages as asked."""

    def get(self) -> None:
        state = self.simulator.state
        team_id, channel_id = self.get_query_argument("in_team", ""), self.get_query_argument("in_channel", "")
        found = list(state.users.values())
        if channel_id:
            members = state.require_read_channel(self.user_id, channel_id).members
            found = [user for user in found if user.id in members]
        elif team_id:
            members = state.require_team_member(self.user_id, team_id).members
            found = [user for user in found if user.id in members]
        per_page = min(self.number("per_page", 60), 200)
        start = self.number("page", 0) * per_page
        self.answer([self.show(user) for user in found[start : start + per_page]])


class UserRoles(RestHandler):
    def put(self, user_id: str) -> None:
        self.simulator.state.require_system_admin(self.user_id)
        self.simulator.state.user(user_id).roles = str(self.json_object().get("roles") or "")
        self.answer_ok()


class UserStatus(RestHandler):
    def get(self, user_id: str) -> None:
        self.answer(_status(self.simulator.state.user(self.own_id(user_id))))

    def put(self, user_id: str) -> None:
        self.require_self_or_admin(self.own_id(user_id))
        status = self.json_object().get("status")
        if status not in _STATUSES:
            raise invalid_parameter("status")
        user = self.simulator.state.user(self.own_id(user_id))
        user.status = status
        self.answer(_status(user))


class StatusesByIds(RestHandler):
    def post(self) -> None:
        users = self.simulator.state.users
        self.answer([_status(users[one]) for one in self.json_ids() if one in users])


class UserTokens(RestHandler):
    """Personal access tokens and bot tokens; app and OAuth sessions may not make any."""

    def get(self, user_id: str) -> None:
        self._require_right()
        found = self.simulator.state.token_ids.values()
        wanted = self.own_id(user_id)
        self.answer([one.as_json() for one in found if one.user_id == wanted and one.kind in ("personal", "bot")])

    def post(self, user_id: str) -> None:
        user = self.simulator.state.user(self.own_id(user_id))
        self._require_right()
        description = str(self.json_object().get("description") or "")
        if not description:
            raise invalid_parameter("description")
        if not user.is_bot and not self.simulator.state.config["ServiceSettings"]["EnableUserAccessTokens"]:
            raise ApiError(501, "app.user_access_token.disabled", "Personal access tokens are disabled.")
        kind: TokenKind = "bot" if user.is_bot else "personal"
        token = self.simulator.state.issue_token(user.id, kind, description=description)
        self.answer(token.as_json(secret=True), 201)

    def _require_right(self) -> None:
        if self.session.kind in ("app", "oauth"):
            raise forbidden("App and OAuth sessions cannot handle personal access tokens.")
        self.simulator.state.require_system_admin(self.user_id)


class RevokeToken(RestHandler):
    def post(self) -> None:
        token = self.simulator.state.token_ids.get(str(self.json_object().get("token_id") or ""))
        if token is None:
            raise missing("app.user_access_token.get_by_user.app_error", "The token does not exist.")
        self.require_self_or_admin(token.user_id)
        self.simulator.state.revoke(token)
        self.answer_ok()


class UserTeams(RestHandler):
    def get(self, user_id: str) -> None:
        wanted = self.own_id(user_id)
        self.require_self_or_admin(wanted)
        self.answer([team.as_json() for team in self.simulator.state.teams.values() if wanted in team.members])


class UserChannels(RestHandler):
    """The user's channels of one team, direct and group channels among them."""

    def get(self, user_id: str, team_id: str) -> None:
        wanted = self.own_id(user_id)
        self.require_self_or_admin(wanted)
        channels = self.simulator.state.channels.values()
        found = [one for one in channels if wanted in one.members and one.team_id in ("", team_id)]
        self.answer([one.as_json() for one in found if not one.delete_at])


def _status(user: User) -> Json:
    return {"user_id": user.id, "status": user.status, "manual": False, "last_activity_at": user.update_at}
