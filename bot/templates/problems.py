"""What is wrong with a template, in words."""

from __future__ import annotations

from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.templates import NAMES, Part
from bot.core.text import Text, say
from bot.templates.applying import Problem

MESSAGE_LENGTH = 200
NAME_LENGTH = 60


def in_words(problem: Problem) -> Text:
    """Jinja's own words are English; they name things of its language."""
    match problem.kind:
        case "slow":
            return say("It takes too long.")
        case "large":
            return say("It makes too much text, or needs too much memory.")
        case "link":
            return say("It does not make a web address.")
        case "payload":
            return say("The payload is too large for templates: more than 4 MiB.")
        case "late":
            return say("The machine of the bot was too busy to render it in time.")
        case "died":
            return say("The process that renders it ended.")
    message = neutral(problem.message, MESSAGE_LENGTH)
    if problem.line:
        return say("Line {line}: {message}.", line=problem.line, message=message.rstrip("."))
    return say("{message}.", message=message.rstrip("."))


def not_used(integration: Integration, part: Part, problem: Problem) -> Text:
    name = neutral(integration.name, NAME_LENGTH)
    return say(
        "The template **{part}** of **{name}** could not be used, so its alerts are taken as they are read. {problem} "
        "`/oncall integration template {name}` changes it.",
        part=NAMES[part],
        name=name,
        problem=in_words(problem),
    )
