"""The web client's side of slash commands, message actions and dialogs without the Apps framework."""

import json
from dataclasses import dataclass
from typing import Any

from bot.simulator.client import dialog
from bot.simulator.client.bindings import Suggestion
from bot.simulator.client.desk import Desk
from bot.simulator.client.dialog import DialogStep
from bot.simulator.client.modal import Modal, ModalField
from bot.simulator.errors import ApiError
from bot.simulator.records import Channel

Json = dict[str, Any]
FAILED = "Submission failed"


@dataclass(slots=True, kw_only=True)
class DialogOrigin:
    """A native dialog behind a modal; everything it sends passes through the server."""

    client: "NativeClient"
    step: DialogStep

    @property
    def model(self) -> dialog.Model:
        return self.client.desk.simulator.profile.browser_model

    async def submit(self, modal: Modal, button: str) -> None:
        modal.error, modal.errors = "", dialog.problems(modal, self.model)
        if modal.errors:
            return
        values = {**self.step.earlier, **dialog.values(modal, self.model)}
        try:
            answer = await self.client.send(self.step, values)
        except ApiError:
            self._failed(modal)
            return
        if answer.get("type") == "form" and self.client.desk.simulator.profile.multi_step:
            self._next_step(modal, answer["form"], values)
        elif not dialog.show_errors(modal, answer, self.model):
            self.client.desk.close_modal(modal)
        if modal.error:
            self.client.desk.complain(modal.error, "modal")

    def _failed(self, modal: Modal) -> None:
        """The old renderer closes as if saved; the new one stays and says so."""
        if self.model == "legacy":
            self.client.desk.close_modal(modal)
            return
        modal.error = FAILED
        self.client.desk.complain(FAILED, "modal")

    def _next_step(self, modal: Modal, form: Json, values: Json) -> None:
        self.step.earlier = values
        self.step.state = form.get("state") or ""
        self.client.draw(modal, form)

    async def cancel(self, modal: Modal) -> None:
        if self.step.notify_on_cancel:
            try:
                await self.client.send(self.step, {}, cancelled=True)
            except ApiError:
                return  # the client does not look at the answer

    async def refresh(self, modal: Modal, changed: ModalField) -> None:
        profile = self.client.desk.simulator.profile
        if not profile.refresh or not self.step.source_url:
            return
        before = {one.name: one.value for one in modal.fields}
        values = {**self.step.earlier, **dialog.values(modal, self.model)}
        if profile.selected_field:
            values["selected_field"] = changed.name
        try:
            answer = await self.client.send(self.step, values, kind="refresh", url=self.step.source_url)
        except ApiError:
            modal.error = FAILED
            return
        if answer.get("type") == "form":
            self.client.draw(modal, answer["form"])
            dialog.keep_values(modal, before)
        else:
            dialog.show_errors(modal, answer, self.model)

    async def lookup(self, modal: Modal, field: ModalField, query: str) -> None:
        if not self.client.desk.simulator.profile.dynamic_select:
            return
        if not dialog.may_look_up(field.lookup):
            modal.errors[field.name] = "Lookup URL must use https."
            return
        values = {**dialog.values(modal, self.model), "selected_field": field.name}
        more = {"query": query} if query else {}
        try:
            answer = await self.client.look_up(self.step, field.lookup, {**values, **more})
        except ApiError:
            modal.errors[field.name] = "Lookup failed."
            return
        found = answer.get("items") or []
        field.options = [{"label": one.get("text", ""), "value": one["value"]} for one in found if one.get("value")]


class NativeClient:
    """Remembers the last trigger id it was given: only a dialog with that id opens."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._trigger = ""
        self._waiting: Json = {}

    async def run(self, text: str, channel: Channel, root_id: str) -> None:
        team = self.desk.team()
        try:
            answer = await self.desk.simulator.execute_command(
                self.desk.user.id,
                command=text,
                channel_id=channel.id,
                team_id=team.id if team else "",
                root_id=root_id,
            )
        except ApiError as error:
            self.desk.complain(error.message, "composer")
            return
        self._store(answer)

    async def press(self, press: Json, post_id: str, *, selected: str = "") -> None:
        try:
            answer = await self.desk.simulator.click_action(
                self.desk.user.id, post_id, press["action_id"], selected_option=selected, cookie=press["cookie"]
            )
        except ApiError as error:
            if self.desk.simulator.profile.shows_action_errors:
                self.desk.complain(error.message, "action", post_id=post_id)
            return
        self._store(answer)

    def _store(self, answer: Json) -> None:
        if answer.get("goto_location"):
            self.desk.opened.append(answer["goto_location"])
        if answer.get("trigger_id"):
            self._trigger = answer["trigger_id"]
            self._open_if_mine()

    def hear_dialog(self, data: Json) -> None:
        """The `open_dialog` event; it may come before or after the answer that brought the trigger id."""
        self._waiting = json.loads(data["dialog"])
        self._open_if_mine()

    def _open_if_mine(self) -> None:
        request = self._waiting
        if not request or request.get("trigger_id") != self._trigger:
            return
        self._waiting = {}
        modal = Modal(title="", origin=DialogOrigin(client=self, step=dialog.first_step(request)))
        self.draw(modal, request["dialog"])
        self.desk.open_modal(modal, stack=self.desk.simulator.profile.stacked_dialogs)

    def draw(self, modal: Modal, form: Json) -> None:
        desk = self.desk
        dialog.draw(
            modal,
            form,
            dialog.Drawer(
                known=desk.simulator.profile.element_types,
                directory=desk.names,
                zone=desk.user.timezone,
                today=desk.today(),
            ),
        )

    async def send(
        self,
        step: DialogStep,
        values: Json,
        *,
        kind: str = "dialog_submission",
        url: str = "",
        cancelled: bool = False,
    ) -> Json:
        body = {**self._body(step, values), "type": kind, "url": url or step.url, "cancelled": cancelled}
        answer: Json = await self.desk.simulator.submit_dialog(self.desk.user.id, body)
        return answer or {}

    async def look_up(self, step: DialogStep, url: str, values: Json) -> Json:
        body = {**self._body(step, values), "type": "dialog_lookup", "url": url, "cancelled": False}
        answer: Json = await self.desk.simulator.lookup_dialog(self.desk.user.id, body)
        return answer or {}

    def _body(self, step: DialogStep, values: Json) -> Json:
        channel = self.desk.simulator.state.channels.get(self.desk.channel_id)
        return {
            "callback_id": step.callback_id,
            "state": step.state,
            "user_id": self.desk.user.id,
            "channel_id": self.desk.channel_id,
            "team_id": channel.team_id if channel else "",
            "submission": values,
        }

    def suggest(self, text: str) -> list[Suggestion]:
        """One flat line per command made over REST: trigger, hint and description."""
        team = self.desk.team()
        word, _, rest = text.removeprefix("/").partition(" ")
        return [
            Suggestion(
                complete=text if rest or " " in text else f"/{one.trigger} ",
                label=one.trigger,
                hint=one.auto_complete_hint,
                description=one.auto_complete_desc,
            )
            for one in self.desk.simulator.state.commands.values()
            if team and one.team_id == team.id and one.auto_complete and not one.delete_at
            if (one.trigger == word.lower() if " " in text else one.trigger.startswith(word.lower()))
        ]
