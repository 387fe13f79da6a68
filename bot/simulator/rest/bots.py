"""Bot accounts over REST; only system admins have the rights by default."""

import re

from bot.simulator.errors import ApiError, forbidden, missing
from bot.simulator.records import Bot
from bot.simulator.rest.base import RestHandler

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,21}")


class BotHandler(RestHandler):
    def bot(self, user_id: str) -> Bot:
        """The bot, for its owner and system admins; others get 404."""
        state = self.simulator.state
        bot = state.bots.get(user_id)
        if bot is None or not (bot.owner_id == self.user_id or state.is_system_admin(self.user_id)):
            raise missing("store.sql_bot.get.missing.app_error", "The bot does not exist.")
        return bot

    def checked_username(self, username: str) -> str:
        if not _USERNAME.fullmatch(username):
            raise ApiError(400, "model.user.is_valid.username.app_error", "Username is not valid.")
        if username in self.simulator.state.usernames:
            raise ApiError(400, "app.user.save.username_exists.app_error", "This username is already in use.")
        return username


class Bots(BotHandler):
    def get(self) -> None:
        self.simulator.state.require_system_admin(self.user_id)
        deleted = self.get_query_argument("include_deleted", "") == "true"
        self.answer([bot.as_json() for bot in self.simulator.state.bots.values() if deleted or not bot.delete_at])

    def post(self) -> None:
        state = self.simulator.state
        if not state.config["ServiceSettings"]["EnableBotAccountCreation"]:
            raise ApiError(403, "api.bot.create_disabled", "Bot creation has been disabled.")
        state.require_system_admin(self.user_id)
        if state.users[self.user_id].is_bot:
            raise forbidden("A bot cannot create bots.")
        body = self.json_object()
        bot = state.add_bot(
            self.checked_username(str(body.get("username") or "")),
            owner_id=self.user_id,
            display_name=str(body.get("display_name") or ""),
            description=str(body.get("description") or ""),
        )
        self.answer(bot.as_json(), 201)


class OneBot(BotHandler):
    def get(self, user_id: str) -> None:
        bot = self.bot(user_id)
        if bot.delete_at and self.get_query_argument("include_deleted", "") != "true":
            raise missing("store.sql_bot.get.missing.app_error", "The bot does not exist.")
        self.answer(bot.as_json())

    def put(self, user_id: str) -> None:
        bot, body, state = self.bot(user_id), self.json_object(), self.simulator.state
        username = body.get("username")
        if username is not None and username != bot.username:
            state.rename_user(state.users[user_id], self.checked_username(str(username)))
            bot.username = str(username)
        if body.get("display_name") is not None:
            bot.display_name = state.users[user_id].first_name = str(body["display_name"])
        if body.get("description") is not None:
            bot.description = str(body["description"])
        bot.update_at = state.now()
        self.answer(bot.as_json())


class SwitchBot(BotHandler):
    """``enable`` and ``disable``; a disabled bot's tokens are refused."""

    def post(self, user_id: str, switch: str) -> None:
        bot = self.bot(user_id)
        self.simulator.state.switch_bot(bot, active=switch == "enable")
        self.answer(bot.as_json())
