"""From a call to a reply: who may, is the input whole, run it, and put every failure into words.

Validation decides the conversation, once: whole input runs; missing or wrong input opens the form, filled with what was
given; a form that is open already gets its errors at the fields.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from marshmallow import ValidationError

from bot.about import from_post, read_again
from bot.call import SEEN, Ask, Call, Opened, Refuse, Reply, Say, Value, digest_of
from bot.context import Context, Contexts
from bot.core.people import Role
from bot.core.permalinks import linked_post
from bot.core.replacing import replace
from bot.core.text import NOTHING, Text, say
from bot.errors import BotError, Denied, NotFound, Unavailable, Upstream, UserError
from bot.log import new_reference
from bot.lookups import LOOKUPS, options_for
from bot.registry import Command, Registry
from forms.base import Form, Kind, Option, flag_of, is_empty
from forms.message import Message

log = structlog.get_logger()

LINK = "link"
MUST_LINK = say(
    "Only linked people may act on alerts here, and you are not linked yet. "
    "Ask an admin for a link code and enter it here, then try again."
)
MORE = say("What you chose needs a little more.")
OUR_FAULT = "That went wrong on our side. Mention `{reference}` when you ask for help."


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The one way from a surface to a command."""

    registry: Registry
    contexts: Contexts

    async def __call__(self, call: Call) -> Reply:
        """Never raises: every failure becomes a Refuse with words."""
        return await self._in_words(call, self._answer)

    async def redraw(self, call: Call) -> Reply:
        """The form that is open, as it is after a choice in it: nothing is carried out. Never raises."""
        return await self._in_words(call, self._redraw)

    async def _in_words(self, call: Call, answer: Callable[[Call], Awaitable[Reply]]) -> Reply:
        try:
            reply = await answer(call)
        except UserError as problem:
            reply = Refuse(text=problem.text)
        except Upstream as problem:
            log.warning("mattermost refused", command=self._name(call), server=call.server_id, reason=problem.reason)
            reply = Refuse(text=say("Mattermost did not do that: {reason}", reason=problem.said))
        except Unavailable:
            reply = Refuse(text=say("The database cannot be reached at the moment. Please try again shortly."))
        except Exception:
            reference = new_reference()
            log.exception("command failed", command=self._name(call), server=call.server_id, reference=reference)
            reply = Refuse(text=say(OUR_FAULT, reference=reference))
        log.info(
            "call",
            command=self._name(call),
            server=call.server_id,
            opened=call.opened.value,
            reply=type(reply).__name__,
        )
        return reply

    async def options(self, call: Call, field: str, query: str) -> tuple[Option, ...]:
        """What a select field offers for what was typed so far. Empty where the caller may not know."""
        try:
            command, context = await self._prepare(call, lately=True)
            wanted = command.form.inputs().get(field)
            return await options_for(context, wanted.choices, query) if wanted is not None else ()
        except BotError as problem:
            log.warning("nothing to offer", command=self._name(call), server=call.server_id, reason=str(problem))
            return ()

    def _name(self, call: Call) -> str:
        """For the log. What is no command of ours is something that somebody typed, perhaps a password."""
        command = self.registry.find(call.command)
        return command.name if command else "unknown"

    async def _answer(self, call: Call) -> Reply:
        command, context = await self._prepare(call)
        return _with_news(context.news, await self._run(command, context))

    async def _redraw(self, call: Call) -> Reply:
        command, context = await self._prepare(call, lately=True)
        return await _ask(context, command, await _given(context, command), {})

    async def _run(self, command: Command, context: Context) -> Reply:
        context = await _meaning_the_message(command, context)
        call = context.call
        if command.acts and context.must_link:
            return self._ask_to_link(context)
        if call.leftover:
            return Refuse(text=_not_understood(call, command))
        given = await _given(context, command)
        unseen = _unseen(command.form, given, call) if call.opened is Opened.FORM else frozenset()
        try:
            values = command.form.read(given)
        except ValidationError as invalid:
            errors = {name: text for name, text in _errors(invalid).items() if name not in unseen}
            return await _ask(context, command, given, errors, more=bool(unseen))
        if unseen:
            return await _ask(context, command, given, {}, more=True)
        if call.opened is Opened.ASKING_BUTTON or (call.opened is Opened.MENU and command.menu.endswith("…")):
            return await _ask(context, command, given, {})
        if command.known is not None and not given and call.opened is Opened.TYPED:
            return await _ask(context, command, given, {})
        return await command.run(context, **values)

    def _ask_to_link(self, context: Context) -> Reply:
        link = self.registry.find(LINK)
        if link is None:
            raise Denied(MUST_LINK)
        return Ask(command=link.name, form=link.form, introduction=MUST_LINK, memory=dict(context.call.memory))

    async def _prepare(self, call: Call, *, lately: bool = False) -> tuple[Command, Context]:
        command = self.registry.find(call.command)
        if command is None:
            raise NotFound(self._unknown(call.command))
        server = await self.contexts.server(call.server_id)
        if server is None or not (server.installed or command.before_install):
            raise Denied(say("OnCall is not fully installed here yet. An admin can finish it with `/oncall setup`."))
        context = await self.contexts.make(call, server)
        return command, await self._permitted(command, context, lately=lately)

    def _unknown(self, name: str) -> Text:
        shown = name.replace("`", "'")[:40]
        near = self.registry.nearest(name)
        if near is None:
            return say("There is no command `{name}`. `/oncall help` lists them all.", name=shown)
        return say(
            "There is no command `{name}`. Did you mean `/oncall {near}`? `/oncall help` lists them all.",
            name=shown,
            near=near.name,
        )

    async def _permitted(self, command: Command, context: Context, *, lately: bool) -> Context:
        """`lately`: they only look, so who they were a moment ago will do."""
        if command.needs is Role.ADMIN:
            context = await self.contexts.confirm_role(context, lately=lately)
        if context.person.role.includes(command.needs):
            return context
        if command.needs is Role.ADMIN:
            raise Denied(say("Only admins can do that. Ask a Mattermost admin, or an OnCall admin of this server."))
        raise Denied(say("You can look but not act here. Ask an admin to make you a responder."))


def _with_news(news: Text, reply: Reply) -> Reply:
    """What the person should know beside the answer, in front of it."""
    if not news:
        return reply
    if isinstance(reply, Say):
        return replace(reply, lines=(news, *reply.lines))
    if isinstance(reply, Refuse):
        return Refuse(text=say("{news}\n{text}", news=news, text=reply.text))
    return replace(reply, introduction=say("{news}\n{text}", news=news, text=reply.introduction))


def _not_understood(call: Call, command: Command) -> Text:
    return say(
        "I did not understand “{words}”. `/oncall help {name}` shows how it is written.",
        words=call.leftover,
        name=command.name,
    )


async def _meaning_the_message(command: Command, context: Context) -> Context:
    """Where messages have no menu, people paste a link to one instead: then the command is about that message."""
    call, text = context.call, context.call.values.get("text")
    post_id = linked_post(text, context.server.site_url) if isinstance(text, str) else ""
    if not post_id or not command.menu or context.about_post:
        return context
    message = await context.chat.message(post_id)
    if not message:
        return context
    memory = {**call.memory, "post": post_id, "quoted": digest_of(message)}
    return replace(context, call=replace(call, memory=memory, values={**call.values, "text": message}))


async def _given(context: Context, command: Command) -> dict[str, Value]:
    """What is known already: what was typed or filled in, what the button or form remembers, what the message says."""
    call, inputs = context.call, command.form.inputs()
    quoted: dict[str, Value] = {"text": call.quoted} if call.quoted and "text" in inputs else {}
    remembered = {name: value for name, value in call.memory.items() if name in inputs}
    typed = {name: value for name, value in call.values.items() if not is_empty(value)}
    placed = await from_post(context, command)
    given = {**placed, **quoted, **remembered, **typed, **await read_again(context, command)}
    if call.opened is not Opened.FORM:
        return given
    # Some clients still send what stood in fields that have gone.
    return {name: value for name, value in given.items() if name in command.form.shown(given)}


def _unseen(form: type[Form], given: Mapping[str, Value], call: Call) -> frozenset[str]:
    """What applies now and was not in the form that was filled in, as far as that is known: needed, and not given."""
    applying = {name: field for name, field in form.shown(given).items() if field.when and is_empty(given.get(name))}
    if SEEN in call.memory:
        return frozenset(applying) - set(call.memory[SEEN].split(","))
    return frozenset(name for name, field in applying.items() if field.required)


async def _ask(
    context: Context, command: Command, given: Mapping[str, Value], errors: dict[str, Text], *, more: bool = False
) -> Ask:
    """The form, filled with what is known; its lists are fetched before drawing, because a native dialog is a race."""
    call = context.call
    missing = {name for name in errors if is_empty(given.get(name))}
    wrong = errors if call.opened is Opened.FORM else {n: e for n, e in errors.items() if n not in missing}
    known = await command.known(context) if command.known is not None and call.opened is not Opened.FORM else {}
    ask = Ask(
        command=command.name,
        form=command.form,
        values={**{name: one.value if isinstance(one, Option) else one for name, one in known.items()}, **given},
        options={name: (one,) for name, one in known.items() if isinstance(one, Option)},
        errors=wrong,
        problem=_problem(command, wrong),
        introduction=MORE if more and not wrong else _left_out(command, given, call),
        memory={**call.memory, **_about(call)},
    )
    if call.opened is Opened.FORM and errors:
        return ask
    return replace(ask, options={**ask.options, **await _all_options(context, command, given)})


def _left_out(command: Command, given: Mapping[str, Value], call: Call) -> Text:
    """What was typed and has no field in this form, because it does not go with a choice before it."""
    if call.opened is not Opened.TYPED:
        return NOTHING
    typed, shown = command.form.inputs().keys() & given.keys(), command.form.shown(given)
    flags = [f"--{flag_of(name)}" for name in command.form.inputs() if name in typed and name not in shown]
    if not flags:
        return NOTHING
    return say("Left out, because it does not go with what is chosen: `{flags}`.", flags=" ".join(flags))


async def _all_options(context: Context, command: Command, given: Mapping[str, Value]) -> dict[str, tuple[Option, ...]]:
    found: dict[str, tuple[Option, ...]] = {}
    for name, field in command.form.inputs().items():
        if field.kind in (Kind.LOOKUP, Kind.LOOKUPS) and field.choices in LOOKUPS:
            offered = await options_for(context, field.choices, "")
            known = {option.value for option in offered}
            typed = [Option(value=one, label=one) for one in field.items(given.get(name)) if one not in known]
            found[name] = (*typed, *offered)
    return found


def _about(call: Call) -> dict[str, str]:
    """The message that a form is about has to be known still when the form comes back."""
    if not call.post_id or call.opened is not Opened.MENU:
        return {}
    return {"post": call.post_id, **({"quoted": digest_of(call.quoted)} if call.quoted else {})}


def _problem(command: Command, errors: Mapping[str, Text]) -> Text:
    if not errors:
        return NOTHING
    name, text = next(iter(errors.items()))
    field = command.form.inputs().get(name)
    return say("{label}: {text}", label=Text(english=field.label) if field else name, text=text)


def _errors(invalid: ValidationError) -> dict[str, Text]:
    messages = invalid.messages if isinstance(invalid.messages, dict) else {"": invalid.messages}
    return {str(name): _first(message) for name, message in messages.items()}


def _first(message: Any) -> Text:
    while isinstance(message, (list, dict)):
        message = next(iter(message.values() if isinstance(message, dict) else message))
    if isinstance(message, Message):
        return Text(english=message.template, values=dict(message.values))
    return Text(english=str(message))
