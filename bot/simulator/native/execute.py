"""Running a custom slash command: checks, the request to the integration, and its reply."""

import re
from urllib.parse import urlencode

from bot.simulator.errors import ApiError, forbidden, missing
from bot.simulator.native.mentions import channel_mentions, user_mentions
from bot.simulator.native.replies import Replies, parse_reply
from bot.simulator.native.triggers import TriggerKey
from bot.simulator.outgoing import Answer, Outgoing, Unreachable
from bot.simulator.records import Channel, Command, Json, Team
from bot.simulator.state import State

_PREFIX = "api.command.execute_command"
_BLANK = re.compile(r"\s")


class CommandRunner:
    def __init__(self, state: State, outgoing: Outgoing, replies: Replies, triggers: TriggerKey) -> None:
        self._state = state
        self._outgoing = outgoing
        self._replies = replies
        self._triggers = triggers

    async def execute(self, user_id: str, *, command: str, channel_id: str, team_id: str, root_id: str = "") -> Json:
        """The reply for the client, with its trigger id; raises ``ApiError`` as the REST call does."""
        channel, team = self._place(user_id, command, channel_id, team_id)
        word, text = _split(command)
        found = self._state.triggers.get((team.id, word))
        if found is None:
            raise missing(f"{_PREFIX}.not_found.app_error", f"Command with a trigger of '/{word}' not found.")
        self._require_settings()
        client_id, trigger_id = self._triggers.make(user_id, self._state.now())
        hook = self._replies.new_hook(found, user_id=user_id, channel_id=channel_id, root_id=root_id)
        form = self._form(found, team, channel, user_id, text)
        form += [("trigger_id", trigger_id), ("root_id", root_id), ("response_url", self._hook_url(hook.id))]
        answer = await self._ask(found, form)
        if answer.status != 200:
            detail = answer.body.decode("utf-8", "replace")
            raise ApiError(
                500, f"{_PREFIX}.failed_resp.app_error", f"Command '{word}' returned {answer.status}.", detail
            )
        reply = parse_reply(answer.media_type, answer.body)
        if reply is None:
            raise ApiError(500, f"{_PREFIX}.failed.app_error", f"Command '{word}' answered no valid JSON.")
        self._replies.publish(reply, found, user_id=user_id, channel_id=channel_id, root_id=root_id)
        return {**reply, "trigger_id": client_id}

    def _place(self, user_id: str, command: str, channel_id: str, team_id: str) -> tuple[Channel, Team]:
        if len(command) <= 1 or not command.startswith("/") or channel_id not in self._state.channels:
            raise ApiError(400, f"{_PREFIX}.start.app_error", "A command must start with a slash.")
        if not self._state.can_post(user_id, channel_id):
            raise forbidden("You do not have the permission to create posts here.")
        channel = self._state.channels[channel_id]
        if channel.delete_at:
            raise ApiError(400, f"{_PREFIX}.deleted.error", "The channel is archived.")
        team = self._state.team(channel.team_id or team_id)
        if not channel.team_id:
            self._state.require_team_member(user_id, team.id)
        return channel, team

    def _require_settings(self) -> None:
        settings = self._state.config["ServiceSettings"]
        if not settings["EnableCommands"]:
            raise ApiError(501, "api.command.disabled.app_error", "Commands are disabled by the system admin.")
        if not settings["SiteURL"]:
            raise ApiError(400, f"{_PREFIX}.site_url.app_error", "The SiteURL must be set to run commands.")

    def _hook_url(self, hook_id: str) -> str:
        return f"{self._state.config['ServiceSettings']['SiteURL']}/hooks/commands/{hook_id}"

    def _form(self, command: Command, team: Team, channel: Channel, user_id: str, text: str) -> list[tuple[str, str]]:
        form = [
            ("token", command.token),
            ("team_id", team.id),
            ("team_domain", team.name),
            ("channel_id", channel.id),
            ("channel_name", channel.name),
            ("user_id", user_id),
            ("user_name", self._state.users[user_id].username),
            ("command", f"/{command.trigger}"),
            ("text", text),
        ]
        for kind, pairs in (
            ("user", user_mentions(self._state, team, text)),
            ("channel", channel_mentions(self._state, team, text)),
        ):
            form += [(f"{kind}_mentions", name) for name, _ in pairs]
            form += [(f"{kind}_mentions_ids", id) for _, id in pairs]
        return form

    async def _ask(self, command: Command, form: list[tuple[str, str]]) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Token {command.token}"}
        encoded = urlencode(form)
        url, method, body = command.url, "POST", encoded.encode()
        if command.method == "G":
            url, method, body = f"{url}{'&' if '?' in url else '?'}{encoded}", "GET", b""
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            return await self._outgoing.send(method, url, headers=headers, body=body)
        except Unreachable as error:
            message = f"Command with a trigger of '{command.trigger}' failed."
            raise ApiError(500, f"{_PREFIX}.failed.app_error", message, str(error)) from error


def _split(command: str) -> tuple[str, str]:
    """The lower-cased word and all that follows the first whitespace character."""
    found = _BLANK.search(command)
    if found is None:
        return command[1:].lower(), ""
    return command[1 : found.start()].lower(), command[found.end() :]
