"""Slash commands, dialogs and message actions over REST, and the public ``response_url``."""

from bot.simulator.errors import invalid_parameter
from bot.simulator.native import commands
from bot.simulator.rest.base import BaseHandler, RestHandler


class CommandList(RestHandler):
    def get(self) -> None:
        team_id = self.get_query_argument("team_id", "")
        custom_only = self.get_query_argument("custom_only", "") == "true"
        self.answer(self.simulator.commands.listed(self.user_id, team_id, custom_only=custom_only))

    def post(self) -> None:
        self.answer(commands.shown(self.simulator.commands.create(self.user_id, self.json_object())), 201)


class OneCommand(RestHandler):
    def get(self, command_id: str) -> None:
        self.answer(commands.shown(self.simulator.commands.get(self.user_id, command_id)))

    def put(self, command_id: str) -> None:
        self.answer(commands.shown(self.simulator.commands.update(self.user_id, command_id, self.json_object())))

    def delete(self, command_id: str) -> None:
        self.simulator.commands.delete(self.user_id, command_id)
        self.answer_ok()


class CommandToken(RestHandler):
    def put(self, command_id: str) -> None:
        self.answer({"token": self.simulator.commands.regenerate_token(self.user_id, command_id)})


class CommandTeam(RestHandler):
    def put(self, command_id: str) -> None:
        self.simulator.commands.move(self.user_id, command_id, str(self.json_object().get("team_id") or ""))
        self.answer_ok()


class CommandAutocomplete(RestHandler):
    def get(self, team_id: str) -> None:
        self.answer(self.simulator.commands.autocompleted(self.user_id, team_id))


class CommandSuggestions(RestHandler):
    """One flat line for each command that starts as typed."""

    def get(self, team_id: str) -> None:
        typed = self.get_query_argument("user_input", "").lstrip("/").lower()
        found = self.simulator.commands.autocompleted(self.user_id, team_id)
        self.answer(
            [
                {
                    "Complete": one["trigger"],
                    "Suggestion": one["trigger"],
                    "Hint": one["auto_complete_hint"],
                    "Description": one["auto_complete_desc"],
                    "IconData": "",
                }
                for one in found
                if one["trigger"].startswith(typed)
            ]
        )


class ExecuteCommand(RestHandler):
    async def post(self) -> None:
        body = self.json_object()
        self.answer(
            await self.simulator.execute_command(
                self.user_id,
                command=str(body.get("command") or ""),
                channel_id=str(body.get("channel_id") or ""),
                team_id=str(body.get("team_id") or ""),
                root_id=str(body.get("root_id") or ""),
            )
        )


class ResponseUrl(BaseHandler):
    """Open to whoever knows the id."""

    def post(self, hook_id: str) -> None:
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self.simulator.replies.use_hook(hook_id, media_type, self.request.body)
        self._answer_text(200, "ok")


class OpenDialog(BaseHandler):
    """Needs no session: the trigger is the credential."""

    def post(self) -> None:
        self.simulator.dialogs.open(self.json_object())
        self.answer_ok()


class SubmitDialog(RestHandler):
    async def post(self) -> None:
        self.answer(await self.simulator.submit_dialog(self.user_id, self.json_object()))


class LookupDialog(RestHandler):
    async def post(self) -> None:
        self.answer(await self.simulator.lookup_dialog(self.user_id, self.json_object()))


class PressDialogButton(RestHandler):
    async def post(self) -> None:
        self.answer(await self.simulator.press_dialog_button(self.user_id, self.json_object()))


class ClickAction(RestHandler):
    async def post(self, post_id: str, action_id: str) -> None:
        body = self.json_object() if self.request.body else {}
        option, cookie = body.get("selected_option") or "", body.get("cookie") or ""
        if not isinstance(option, str) or not isinstance(cookie, str):
            raise invalid_parameter("action_request")
        self.answer(
            await self.simulator.click_action(self.user_id, post_id, action_id, selected_option=option, cookie=cookie)
        )
