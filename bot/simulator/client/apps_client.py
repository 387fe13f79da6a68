"""The web client's side of the Apps framework: fetch bindings, make calls, show what comes back."""

from dataclasses import dataclass
from typing import Any, Literal

from bot.simulator.client import apps_form
from bot.simulator.client.bindings import (
    MALFORMED,
    Suggestion,
    Typed,
    as_call,
    as_completions,
    as_form,
    clean,
    read_typed,
    suggest,
)
from bot.simulator.client.desk import Desk
from bot.simulator.client.modal import Modal, ModalField
from bot.simulator.client.parser import ParseError, matches, normalise, parse, prefill
from bot.simulator.records import Channel

Json = dict[str, Any]
Place = Literal["composer", "message"]
NO_FORM = "Response type is `form`, but no form was included in response."
NO_URL = "Response type is `navigate`, but no url was included in response."
NEW_TAB = ("/plugins", "/files", "/help")


@dataclass(slots=True, kw_only=True)
class FormOrigin:
    """An Apps form behind a modal, with the context of the action that opened it."""

    client: "AppsClient"
    form: Json
    context: Json
    title: str

    async def submit(self, modal: Modal, button: str) -> None:
        modal.error, modal.errors = "", apps_form.problems(modal)
        if modal.errors:
            return
        values = apps_form.values(modal, self.form, button)
        context = {**self.context, "track_as_submit": True}
        answer = await self.client.call(self.form["submit"], context, values=values)
        await self._take(modal, answer)

    async def _take(self, modal: Modal, answer: Json) -> None:
        desk = self.client.desk
        match answer.get("type") or "ok":
            case "ok":
                desk.close_modal(modal)
                self.client.tell(answer, self.context)
            case "navigate" if answer.get("navigate_to_url"):
                desk.close_modal(modal)
                desk.opened.append(answer["navigate_to_url"])
            case "form" if _is_showable(answer.get("form")):
                await self.show(modal, answer["form"])
            case "error":
                if not apps_form.show_errors(modal, answer):
                    desk.close_modal(modal)
            case other:
                modal.error = _unusable(other)
        if modal.error:
            desk.complain(modal.error, "modal")

    async def show(self, modal: Modal, form: Json) -> None:
        self.form = form
        apps_form.draw(modal, form, fallback_title=self.title)
        for field in modal.fields:
            if field.lookup:
                await self.lookup(modal, field, "")

    async def cancel(self, modal: Modal) -> None:
        """Closing an Apps form tells nobody."""

    async def refresh(self, modal: Modal, changed: ModalField) -> None:
        source = self.form.get("source")
        if not source:
            return
        values = apps_form.values(modal, self.form)
        answer = await self.client.call(source, self.context, values=values, selected_field=changed.name)
        if answer.get("type") == "form" and _is_showable(answer.get("form")):
            await self.show(modal, answer["form"])
        elif answer.get("type") == "error":
            apps_form.show_errors(modal, answer)
        else:
            modal.error = _unusable(answer.get("type") or "ok")

    async def lookup(self, modal: Modal, field: ModalField, query: str) -> None:
        more: Json = {"query": query} if query else {}
        values = apps_form.values(modal, self.form)
        answer = await self.client.call(field.lookup, self.context, values=values, selected_field=field.name, **more)
        modal.errors.pop(field.name, None)
        if answer.get("type") == "error":
            modal.errors[field.name] = answer.get("text") or "Unknown error."
            return
        field.options = apps_form.items(answer)


class AppsClient:
    """Knows the bindings of the channels it has been in until it is told to fetch them again."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._bindings: dict[str, dict[str, list[Json]]] = {}

    @property
    def _plugin(self) -> Any:
        plugin = self.desk.simulator.apps
        if plugin is None:
            raise LookupError("This server has no Apps plugin.")
        return plugin

    def forget(self) -> None:
        """Bindings are stale: fetched again at the next need."""
        self._bindings.clear()

    def known(self, channel_id: str) -> dict[str, list[Json]]:
        """The bindings as far as they have arrived; empty before."""
        return self._bindings.get(channel_id, {})

    async def bindings(self, channel: Channel) -> dict[str, list[Json]]:
        if channel.id not in self._bindings:
            found = await self._plugin.bindings(
                self.desk.user.id, channel_id=channel.id, team_id=self._team_id(channel)
            )
            self._bindings[channel.id] = clean(found)
        return self._bindings[channel.id]

    async def runs(self, text: str, channel: Channel, root_id: str) -> bool:
        """Run a slash command if an App owns it; False leaves it to the server."""
        commands = (await self.bindings(channel))["/command"]
        if not matches(text, commands):
            return False
        try:
            command = parse(text, commands, self.desk.names)
        except ParseError as error:
            self.desk.complain(str(error), "composer")
            return True
        context = self.context(command.binding, channel, root_id=root_id)
        answer = await self.call(
            command.call, {**context, "track_as_submit": True}, values=command.values, raw_command=command.raw_command
        )
        await self.show(answer, context, title=_last(command.binding["location"]), errors="composer")
        return True

    async def opens(self, text: str, channel: Channel, root_id: str) -> None:
        """ "Open in modal": the command's form, filled with what was typed so far."""
        commands = (await self.bindings(channel))["/command"]
        try:
            binding, values = prefill(text, commands, self.desk.names)
        except ParseError as error:
            self.desk.complain(str(error), "composer")
            return
        form = as_form(binding.get("form") or {})
        fields = [
            {**field, "value": values[field["name"]]} if field["name"] in values else field
            for field in form.get("fields") or []
        ]
        await self._open({**form, "fields": fields}, self.context(binding, channel, root_id=root_id), binding)

    async def completes(self, text: str, channel: Channel) -> list[Suggestion]:
        """Completions of commands and arguments; people, channels and looked-up lists included."""
        commands = (await self.bindings(channel))["/command"]
        found = suggest(text, commands)
        typed = read_typed(text, commands)
        if typed.field is None or typed.binding is None:
            return found
        options = await self._argument_options(typed.field, typed, text, self.context(typed.binding, channel))
        return as_completions(options, text[: len(text) - len(typed.typing)]) + found

    async def _argument_options(self, field: Json, typed: Typed, text: str, context: Json) -> list[Json]:
        names = self.desk.names
        if field["type"] == "user":
            return [{"label": one["label"], "value": f"@{one['label']}"} for one in names.people(typed.typing)]
        if field["type"] == "channel":
            return [{"label": name, "value": f"~{name}"} for name in names.channel_names(typed.typing)]
        if field["type"] != "dynamic_select":
            return []
        more: Json = {"query": typed.typing} if typed.typing else {}
        answer = await self.call(
            field["lookup"], context, selected_field=field["name"], raw_command=normalise(text), **more
        )
        return apps_form.items(answer)

    async def press(self, binding: Json, context: Json) -> None:
        """A button, an option, a post-menu item or a channel-header button."""
        if binding.get("submit"):
            answer = await self.call(binding["submit"], {**context, "track_as_submit": True})
            await self.show(answer, context, title=binding["label"], errors="message")
        elif not binding.get("form"):
            self.desk.whisper(MALFORMED, channel_id=context["channel_id"], root_id=context.get("root_id", ""))
        elif source := as_form(binding["form"]).get("source"):
            answer = await self.call(source, context)
            if (answer.get("type") or "ok") not in ("form", "error"):
                answer = {"type": "error", "text": _unusable(answer.get("type") or "ok")}
            await self.show(answer, context, title=binding["label"], errors="message")
        else:
            await self._open(as_form(binding["form"]), context, binding)

    async def show(self, answer: Json, context: Json, *, title: str, errors: Place) -> None:
        """Every way an answer can end where the person acted; `errors` is where mistakes are told."""
        match answer.get("type") or "ok":
            case "ok":
                self.tell(answer, context)
            case "error":
                self._complain(answer.get("text") or "Unknown error.", context, answer, errors)
            case "form" if _is_showable(answer.get("form")):
                await self._open(answer["form"], context, {"label": title})
            case "navigate" if answer.get("navigate_to_url"):
                self.desk.opened.append(answer["navigate_to_url"])
            case other:
                self._complain(_unusable(other), context, answer, errors)

    async def _open(self, form: Json, context: Json, binding: Json) -> None:
        title = binding.get("label") or _last(binding.get("location", ""))
        origin = FormOrigin(client=self, form=form, context=context, title=title)
        modal = Modal(title=title, origin=origin)
        await origin.show(modal, form)
        self.desk.open_modal(modal)

    async def call(self, call: Json | str, context: Json, *, values: Json | None = None, **more: Any) -> Json:
        request = {**as_call(call), "context": context, **({"values": values} if values else {}), **more}
        answer: Json = await self._plugin.call(self.desk.user.id, request)
        return answer

    def context(self, binding: Json, channel: Channel, *, root_id: str = "", post_id: str = "") -> Json:
        in_post = binding.get("location", "").startswith("/in_post")
        found = {
            "app_id": binding["app_id"],
            "location": binding.get("location", ""),
            "channel_id": channel.id,
            "team_id": channel.team_id if in_post else self._team_id(channel),
            "root_id": root_id,
            "user_agent": "webapp",
        }
        return {**found, "post_id": post_id} if post_id else found

    def tell(self, answer: Json, context: Json) -> None:
        if text := answer.get("text"):
            self._complain(text, context, answer, "message")

    def _complain(self, text: str, context: Json, answer: Json, place: Place) -> None:
        if place == "composer":
            self.desk.complain(text, "composer")
            return
        self.desk.whisper(
            text,
            channel_id=context["channel_id"],
            root_id=context.get("root_id", ""),
            author=answer.get("app_metadata"),
        )

    def _team_id(self, channel: Channel) -> str:
        if channel.team_id:
            return channel.team_id
        team = self.desk.team()
        return team.id if team else ""


def _is_showable(form: Any) -> bool:
    return isinstance(form, dict) and bool(form.get("submit"))


def _unusable(kind: str) -> str:
    known = {"form": NO_FORM, "navigate": NO_URL}
    return known.get(kind, f"App response type not supported. Response type: {kind}.")


def _last(location: str) -> str:
    return location.rsplit("/", 1)[-1]
