"""Templates of integrations: write one, see what it makes of the last payload, then keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType

from bot.call import Ask, Reply, Value, tell
from bot.chosen import chosen_integration
from bot.context import Context, Preview
from bot.core import templates
from bot.core.alert_group import Alert
from bot.core.integrations import Integration
from bot.core.neutral import neutral, unpinged
from bot.core.people import Role
from bot.core.templates import NAMES, Part
from bot.core.text import NOTHING, Text, say
from bot.errors import NotFound
from bot.integrations.payload import Bundle, Verb
from bot.registry import command
from forms.template import ChooseTemplate, KeepTemplate, WriteTemplate

GROUPS_SHOWN = 3
PAYLOAD_SHOWN = 1200
LENGTH_SHOWN = 300
VARIABLES = "`payload`, `title`, `summary`, `severity`, `labels`, `links`, `key`, `alert`"
EXAMPLES: Mapping[Part, str] = MappingProxyType(
    {
        Part.TITLE: "{{ labels.cluster }}: {{ title }}",
        Part.SUMMARY: "{{ payload.message }}",
        Part.SEVERITY: "{{ 'critical' if labels.env == 'prod' else 'info' }}",
        Part.KEY: "{{ payload.host }}/{{ payload.check }}",
        Part.RESOLVE: "{{ payload.state == 'OK' }}",
        Part.ACKNOWLEDGE: "{{ payload.state == 'ACK' }}",
        Part.SOURCE: "https://monitoring.example.com/hosts/{{ labels.host }}",
        Part.RUNBOOK: "https://wiki.example.com/{{ labels.alertname | urlencode }}",
    }
)


@command("integration template", form=ChooseTemplate, section="set up", needs=Role.ADMIN)
async def choose(ctx: Context, *, name: str, part: str) -> Reply:
    """Decide with a template what alerts of an integration are called, how they are grouped, when they end."""
    one = await chosen_integration(ctx, name)
    now = one.templates.get(part, "")
    preview = await ctx.integrations.preview(one, one.templates)
    return Ask(
        command="template preview",
        form=WriteTemplate,
        values={"text": now},
        memory={"integration": one.id, "part": part},
        introduction=_beginning(one, Part(part), preview),
    )


async def _known(ctx: Context) -> Mapping[str, Value]:
    """What was previewed last, else what is kept."""
    if "previewed" in ctx.call.memory:
        return {"text": ctx.call.memory["previewed"]}
    one, part = await _edited(ctx)
    return {"text": one.templates.get(part.value, "")}


@command("template preview", form=WriteTemplate, needs=Role.ADMIN, hidden=True, known=_known)
async def preview(ctx: Context, *, text: str) -> Reply:
    """See what a template makes of the last payload."""
    return await _previewed(ctx, text, WriteTemplate, "template preview")


@command("template save", form=KeepTemplate, needs=Role.ADMIN, hidden=True, known=_known)
async def save(ctx: Context, *, text: str) -> Reply:
    """Keep a template that was seen; one that was changed is shown again."""
    if text != ctx.call.memory.get("previewed"):
        return await _previewed(ctx, text, KeepTemplate, "template save")
    one, part = await _edited(ctx)
    return tell((await ctx.integrations.change(one, partial(templates.with_template, part=part, text=text))).note)


async def _previewed(ctx: Context, text: str, form: type[WriteTemplate | KeepTemplate], begun: str) -> Ask:
    """The next form, above it what the template makes; or the same with what is wrong at its field."""
    one, part = await _edited(ctx)
    others = {name: kept for name, kept in one.templates.items() if name != part.value}
    made = await ctx.integrations.preview(one, {**others, part.value: text} if text else others)
    problem = made.problems.get(part)
    if problem is not None:
        return Ask(
            command=begun,
            form=form,
            values={"text": text},
            errors={"text": problem},
            problem=say("{label}: {text}", label=NAMES[part], text=problem),
            memory=dict(ctx.call.memory),
        )
    return Ask(
        command="template save",
        form=KeepTemplate,
        values={"text": text},
        memory={"integration": one.id, "part": part.value, "previewed": text},
        introduction=_in_lines(
            say("**{part}** of {name}: not saved yet. Change the text to see it again.", **_about(one, part)),
            NOTHING if made.real else say("With a sample, because nothing has come yet:"),
            *_shown(made, part),
        ),
    )


async def _edited(ctx: Context) -> tuple[Integration, Part]:
    """What the form is about. Raises NotFound."""
    memory = ctx.call.memory
    for one in await ctx.integrations.listed():
        if one.id == memory.get("integration") and memory.get("part") in templates.PARTS:
            return one, Part(memory["part"])
    raise NotFound(say("This integration is not there any more. `/oncall integration list` shows them."))


# ---- words ----


def _about(one: Integration, part: Part) -> dict[str, object]:
    return {"part": NAMES[part], "name": neutral(one.name, 60)}


def _beginning(one: Integration, part: Part, preview: Preview) -> Text:
    return _in_lines(
        say("**{part}** of {name}, for example `{example}`.", **_about(one, part), example=EXAMPLES[part]),
        say("It can use {names}.", names=VARIABLES),
        _kept(one),
        say("The last payload:") if preview.real else say("Nothing has come yet; a sample of this kind of sender:"),
        say("```json\n{body}\n```", body=_code(preview.body)),
        *_shown(preview, part),
    )


def _kept(one: Integration) -> Text:
    names = templates.names_of(one)
    return say("Templates: {parts}.", parts=names) if names else say("It has no template yet.")


def _shown(preview: Preview, edited: Part) -> Iterator[Text]:
    """What the alert groups are with all templates; the edited part is marked."""
    payload = preview.payload
    taken = {act.key for act in payload.acts if act.verb is Verb.ACKNOWLEDGE}
    for place, bundle in enumerate(payload.bundles[:GROUPS_SHOWN], 1):
        if len(payload.bundles) > 1:
            yield say("Alert group {place} of {all}:", place=place, all=len(payload.bundles))
        for part, value in _values(bundle, taken):
            mark = "**" if part is edited else ""
            yield say("- {mark}{part}: {value}{mark}", mark=mark, part=NAMES[part], value=value)
    for part, problem in preview.problems.items():
        yield say("⚠ {part}: {problem}", part=NAMES[part], problem=problem)


def _values(bundle: Bundle, taken: set[str]) -> Iterator[tuple[Part, Text | str]]:
    links = {str(link.label): link.url for link in bundle.links}
    yield Part.TITLE, _line(bundle.title)
    yield Part.SUMMARY, _line(bundle.summary)
    yield Part.SEVERITY, _line(bundle.severity)
    yield Part.KEY, _line(bundle.key)
    yield Part.RESOLVE, _state(bundle.alerts)
    yield Part.ACKNOWLEDGE, say("yes") if bundle.key in taken else say("no")
    yield Part.SOURCE, _line(links.get("Source", ""))
    yield Part.RUNBOOK, _line(links.get("Runbook", ""))


def _state(alerts: tuple[Alert, ...]) -> Text:
    ended = sum(not alert.firing for alert in alerts)
    if ended and ended < len(alerts):
        return say("{ended} of {all} alerts have ended", ended=ended, all=len(alerts))
    return say("yes, it has ended") if ended else say("no, it fires")


def _line(text: str) -> str:
    return neutral(" ".join(text.split()), LENGTH_SHOWN) or "—"


def _code(body: str) -> str:
    """Within a block of code nothing is markup but its end."""
    shown = body if len(body) <= PAYLOAD_SHOWN else f"{body[:PAYLOAD_SHOWN]}\n…"
    return unpinged(shown.replace("```", "'''"))


def _in_lines(*lines: Text) -> Text:
    together = NOTHING
    for line in filter(None, lines):
        together = say("{first}\n{second}", first=together, second=line) if together else line
    return together
