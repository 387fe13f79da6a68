"""Teams and their members over REST."""

from bot.simulator.errors import ApiError, forbidden, invalid_parameter, missing
from bot.simulator.records import Json, Team
from bot.simulator.rest.base import RestHandler


class Teams(RestHandler):
    """System admins see all teams, others the open ones and their own."""

    def get(self) -> None:
        state = self.simulator.state
        admin = state.is_system_admin(self.user_id)
        found = [one for one in state.teams.values() if admin or one.type == "O" or self.user_id in one.members]
        per_page = min(self.number("per_page", 60), 200)
        start = self.number("page", 0) * per_page
        self.answer([team.as_json() for team in found[start : start + per_page]])


class OneTeam(RestHandler):
    def get(self, team_id: str) -> None:
        self.answer(_visible(self, self.simulator.state.team(team_id)).as_json())


class TeamByName(RestHandler):
    def get(self, name: str) -> None:
        self.answer(_visible(self, self.simulator.state.team_named(name)).as_json())


class TeamMembers(RestHandler):
    def get(self, team_id: str) -> None:
        team = self.simulator.state.require_team_member(self.user_id, team_id)
        self.answer([team_member(team, user_id) for user_id in team.members])

    def post(self, team_id: str) -> None:
        """Oneself into an open team; others by any member."""
        state, body = self.simulator.state, self.json_object()
        if body.get("team_id") != team_id:
            raise ApiError(400, "api.team.add_team_member.invalid_body.app_error", "The team_id must be the path's.")
        user = state.user(str(body.get("user_id") or ""))
        team = state.team(team_id)
        joins_itself = user.id == self.user_id and team.type == "O"
        if not joins_itself and not state.is_system_admin(self.user_id) and self.user_id not in team.members:
            raise forbidden("You do not have the permission add_user_to_team.")
        state.join_team(team, user.id)
        self.answer(team_member(team, user.id), 201)


class OneTeamMember(RestHandler):
    def get(self, team_id: str, user_id: str) -> None:
        team = self.simulator.state.require_team_member(self.user_id, team_id)
        wanted = self.own_id(user_id)
        if wanted not in team.members:
            raise missing("app.team.get_member.missing.app_error", "No team member found.")
        self.answer(team_member(team, wanted))

    def delete(self, team_id: str, user_id: str) -> None:
        state, wanted = self.simulator.state, self.own_id(user_id)
        if wanted != self.user_id and not state.is_team_admin(self.user_id, team_id):
            raise forbidden("You do not have the permission remove_user_from_team.")
        state.leave_team(state.team(team_id), wanted)
        self.answer_ok()


class TeamMembersByIds(RestHandler):
    def post(self, team_id: str) -> None:
        team = self.simulator.state.require_team_member(self.user_id, team_id)
        wanted = self.json_ids()
        if not wanted:
            raise invalid_parameter("user_ids")
        self.answer([team_member(team, one) for one in wanted if one in team.members])


def team_member(team: Team, user_id: str) -> Json:
    roles = team.members[user_id]
    return {
        "team_id": team.id,
        "user_id": user_id,
        "roles": roles,
        "delete_at": 0,
        "scheme_user": True,
        "scheme_admin": "team_admin" in roles,
        "scheme_guest": False,
    }


def _visible(handler: RestHandler, team: Team) -> Team:
    state = handler.simulator.state
    if team.type == "O" or handler.user_id in team.members or state.is_system_admin(handler.user_id):
        return team
    raise forbidden("You do not have the permission view_team.")
