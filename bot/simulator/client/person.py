"""A person at a keyboard, with a person's words: types, clicks, chooses, submits, sees.

Everything goes through the same entry points as a real client's requests, so stories read like what people do and the
web page draws exactly what the tests check.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from bot.simulator.client.apps_client import AppsClient
from bot.simulator.client.bindings import Suggestion
from bot.simulator.client.desk import Desk
from bot.simulator.client.modal import Modal, fill
from bot.simulator.client.native_client import NativeClient
from bot.simulator.client.rendering import Button, Option, RenderedPost, Select, read_post
from bot.simulator.client.screen import Screen
from bot.simulator.errors import ApiError
from bot.simulator.records import Channel, Post, User
from bot.simulator.server import Simulator

Json = dict[str, Any]
Pressable = TypeVar("Pressable", Button, Select)
PostLike = RenderedPost | Post | str
REFRESH_EVENTS = {
    "custom_com.mattermost.apps_refresh_bindings",
    "custom_com.mattermost.apps_plugin_enabled",
}


class Person:
    """`Person(simulator, user)` is one open client of that user; `user` may be a username."""

    def __init__(self, simulator: Simulator, user: User | str, *, channel: str = "town-square") -> None:
        self.simulator = simulator
        self.user = simulator.state.usernames[user] if isinstance(user, str) else user
        self.desk = Desk(simulator, self.user)
        self.apps = AppsClient(self.desk)
        self.native = NativeClient(self.desk)
        self.screen = Screen(self.desk)
        self._events = simulator.events.subscribe(self.user.id)
        self.opens(channel)

    def leaves(self) -> None:
        """Close the client: no more events."""
        self.simulator.events.unsubscribe(self.user.id, self._events)

    # -- doing --------------------------------------------------------------------------------

    def opens(self, channel: str) -> Channel:
        """Switch to a channel: by name, id, or `@name` for a direct channel. Bindings are fetched anew."""
        found = self.desk.channel(channel)
        if found.id != self.desk.channel_id:
            self.desk.channel_id = found.id
            self.apps.forget()
        return found

    async def types(self, text: str, channel: str = "", root: PostLike | None = None) -> None:
        """Send what stands in the message box: a post, or a slash command where the client sends those."""
        self._hear()
        where = self.opens(channel) if channel else self.channel
        root_id = _root_of(self.drawn(root)) if root is not None else ""
        if not text.startswith("/"):
            await self._posts(text, where, root_id)
        elif self.simulator.apps is None or not await self.apps.runs(text, where, root_id):
            await self.native.run(text, where, root_id)
        await self._settle()

    async def _posts(self, text: str, where: Channel, root_id: str) -> None:
        body = {"channel_id": where.id, "message": text, "root_id": root_id}
        try:
            await self.simulator.create_post(self.user.id, body)
        except ApiError as error:
            self.desk.complain(error.message, "composer")

    async def opens_in_modal(self, command: str, channel: str = "", root: PostLike | None = None) -> None:
        """Pick the completion entry "Open in modal" for what is typed so far (Apps only)."""
        self._hear()
        where = self.opens(channel) if channel else self.channel
        await self.apps.opens(command, where, _root_of(self.drawn(root)) if root is not None else "")
        await self._settle()

    async def clicks(self, label: str, post: PostLike) -> None:
        """Press the button with this label on a post; a RenderedPost is pressed as it was drawn, even if stale."""
        drawn = self.drawn(post)
        button = _find([one for card in drawn.cards for one in card.buttons], label, drawn)
        if button.disabled:
            raise LookupError(f"The button {label!r} is greyed out.")
        await self.press(button.press, drawn)

    async def chooses(self, label: str, option: str, post: PostLike) -> None:
        """Choose an option, by its label or value, in the select with this label."""
        drawn = self.drawn(post)
        select = _find([one for card in drawn.cards for one in card.selects], label, drawn)
        offered = self.offered(select)
        found = next((one for one in offered if option.lstrip("@~") in (one.label, one.value)), None)
        if found is None:
            raise LookupError(f"{label!r} does not offer {option!r} but {[one.label for one in offered]}.")
        await self.press(found.press or select.press, drawn, selected=found.value)

    def offered(self, select: Select) -> list[Option]:
        """The options of a select on a post, people and channels of the server included."""
        names = self.desk.names
        named = {"users": names.people, "channels": names.channels}.get(select.source)
        return [
            *select.options,
            *(Option(label=one["label"], value=one["value"]) for one in (named() if named else [])),
        ]

    async def press(self, press: Json, drawn: RenderedPost, *, selected: str = "") -> None:
        """Press what is drawn on a post: `press` comes from its Button, Option or Select."""
        self._hear()
        if "binding" in press:
            channel = self.simulator.state.channels[drawn.channel_id]
            context = self.apps.context(press["binding"], channel, root_id=_root_of(drawn), post_id=drawn.id)
            await self.apps.press(press["binding"], context)
        else:
            await self.native.press(press, drawn.id, selected=selected)
        await self._settle()

    async def picks(self, label: str, post: PostLike) -> None:
        """Choose an entry of a post's menu (Apps only)."""
        drawn = self.drawn(post)
        channel = self.simulator.state.channels[drawn.channel_id]
        binding = _offered(await self.menu(channel.id), label, "post menu")
        context = self.apps.context(binding, channel, root_id=_root_of(drawn), post_id=drawn.id)
        await self.apps.press(binding, context)
        await self._settle()

    async def header(self, label: str, channel: str = "") -> None:
        """Press a button in the channel header (Apps only)."""
        where = self.opens(channel) if channel else self.channel
        binding = _offered(await self.header_buttons(where.id), label, "channel header")
        await self.apps.press(binding, self.apps.context(binding, where))
        await self._settle()

    async def submits(self, **values: Any) -> None:
        """Fill fields by name and press the submit button; the field behind several buttons names the one pressed."""
        modal = self._modal()
        pressed = values.pop(modal.button_field, "") if modal.button_field else ""
        for name, value in values.items():
            target = modal.field(name)
            before = target.value
            fill(target, value, self.desk.names)
            if target.refresh and target.value != before:
                await modal.origin.refresh(modal, target)
        await modal.origin.submit(modal, _button_value(modal, pressed))
        await self._settle()

    async def changes(self, name: str, value: Any) -> None:
        """Change one field; a field marked `refresh` asks the other side for a new form."""
        modal = self._modal()
        target = modal.field(name)
        fill(target, value, self.desk.names)
        if target.refresh:
            await modal.origin.refresh(modal, target)
        await self._settle()

    async def searches(self, name: str, text: str) -> list[str]:
        """Type into a select and read the labels it offers."""
        modal = self._modal()
        target = modal.field(name)
        if target.kind in ("user", "channel"):
            people = self.desk.names.people if target.kind == "user" else self.desk.names.channels
            target.options = people(text)
        elif target.lookup:
            await modal.origin.lookup(modal, target, text)
        else:
            return [label for label in target.choices if text.lower() in label.lower()]
        return target.choices

    async def cancels(self) -> None:
        modal = self._modal()
        self.desk.close_modal(modal)
        await modal.origin.cancel(modal)
        await self._settle()

    def _modal(self) -> Modal:
        modal = self.modal
        if modal is None:
            raise LookupError(f"@{self.user.username} has no modal open; last seen: {self.sees!r}.")
        return modal

    # -- seeing -------------------------------------------------------------------------------

    @property
    def channel(self) -> Channel:
        """The open channel."""
        return self.simulator.state.channels[self.desk.channel_id]

    @property
    def modal(self) -> Modal | None:
        self._hear()
        return self.desk.modal

    @property
    def sees(self) -> str:
        """The last private thing shown: a private message, an error at the message box, on a button or in a modal."""
        self._hear()
        return self.desk.notices[-1].text if self.desk.notices else ""

    @property
    def notices(self) -> list[str]:
        self._hear()
        return [notice.text for notice in self.desk.notices]

    @property
    def field_errors(self) -> dict[str, str]:
        modal = self.modal
        return dict(modal.errors) if modal else {}

    @property
    def opened(self) -> list[str]:
        """Addresses the client went to, in a new tab or in place."""
        return list(self.desk.opened)

    def posts(self, channel: str = "") -> list[RenderedPost]:
        """The channel's threads, oldest first, with this person's private messages among them."""
        self._hear()
        return self.screen.posts(self.desk.channel(channel) if channel else self.channel)

    def direct_messages(self) -> list[RenderedPost]:
        """What bots wrote to this person in direct channels, oldest first."""
        self._hear()
        return self.screen.direct_messages()

    async def menu(self, channel: str = "") -> list[Json]:
        """The Apps entries of a post's menu."""
        return await self._offers("/post_menu", channel)

    async def header_buttons(self, channel: str = "") -> list[Json]:
        return await self._offers("/channel_header", channel)

    async def suggestions(self, text: str, channel: str = "") -> list[Suggestion]:
        """Completions for a message box that holds `text`."""
        if not text.startswith("/"):
            return []
        self._hear()
        where = self.desk.channel(channel) if channel else self.channel
        found = await self.apps.completes(text, where) if self.simulator.apps is not None else []
        return found + self.native.suggest(text)

    async def _offers(self, location: str, channel: str) -> list[Json]:
        self._hear()
        if self.simulator.apps is None:
            return []
        where = self.desk.channel(channel) if channel else self.channel
        bindings = await self.apps.bindings(where)
        return bindings[location]

    async def sees_soon(
        self,
        wanted: str | Callable[["Person"], bool],
        timeout: float = 30,  # noqa: ASYNC109 - a person's patience
    ) -> None:
        """Wait until a phrase stands anywhere on this person's screens, or a condition holds; events wake it up."""
        try:
            async with asyncio.timeout(timeout):
                while not (wanted in self._words() if isinstance(wanted, str) else wanted(self)):
                    self._take(await self._events.get())
                    await self._settle()
        except TimeoutError:
            words = wanted if isinstance(wanted, str) else "what was waited for"
            raise AssertionError(
                f"@{self.user.username} did not see {words!r} within {timeout} s, but:\n{self._words()}"
            ) from None

    def _words(self) -> str:
        self._hear()
        return self.screen.words()

    # -- events -------------------------------------------------------------------------------

    def _hear(self) -> None:
        while not self._events.empty():
            self._take(self._events.get_nowait())

    def _take(self, event: Json) -> None:
        name, data = event["event"], event.get("data") or {}
        if name == "ephemeral_message":
            self.desk.receive_private(read_post(data))
        elif name == "post_edited" and self._is_private(post := read_post(data)):
            self.desk.receive_private(post)
        elif name == "open_dialog":
            self.native.hear_dialog(data)
        elif name == "post_deleted":
            gone = read_post(data)["id"]
            self.desk.private = [post for post in self.desk.private if post.id != gone]
        elif name in REFRESH_EVENTS:
            self.apps.forget()

    def _is_private(self, post: Json) -> bool:
        return any(one.id == post["id"] for one in self.desk.private)

    async def _settle(self) -> None:
        """Hear what the action caused; a freshly opened dialog looks its lists up with an empty query."""
        self._hear()
        modal = self.desk.modal
        for field in modal.fields if modal else []:
            if modal and field.lookup and not field.options and field.name not in modal.errors:
                await modal.origin.lookup(modal, field, "")

    def drawn(self, post: PostLike) -> RenderedPost:
        """The post as it looks now, by id; one already drawn is taken as it is."""
        if isinstance(post, RenderedPost):
            return post
        self._hear()
        return self.screen.find(post if isinstance(post, str) else post.id)


def _root_of(post: RenderedPost) -> str:
    return post.root_id or post.id


def _find(offered: list[Pressable], label: str, post: RenderedPost) -> Pressable:
    found = next((one for one in offered if one.label == label), None)
    if found is None:
        raise LookupError(f"{label!r} is not on the post; it has {[*post.buttons, *post.selects]}.")
    return found


def _offered(bindings: list[Json], label: str, place: str) -> Json:
    found = next((one for one in bindings if one["label"] == label), None)
    if found is None:
        raise LookupError(f"{label!r} is not in the {place}; it has {[one['label'] for one in bindings]}.")
    return found


def _button_value(modal: Modal, pressed: str) -> str:
    """Without naming one, the first button is pressed, as the Enter key does."""
    if not modal.buttons:
        return ""
    found = next((one for one in modal.buttons if pressed in (one.get("label"), one.get("value"))), None)
    if pressed and found is None:
        raise LookupError(f"There is no button {pressed!r} but {[one.get('label') for one in modal.buttons]}.")
    return str((found or modal.buttons[0]).get("value"))
