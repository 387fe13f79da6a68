"""Everything about one alert group."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core.alert_group import Alert, AlertGroup, alerts_in_words
from bot.core.cards import MARKS, is_cut, sample_in_words, state_in_words
from bot.core.neutral import neutral, one_line
from bot.core.people import Role
from bot.core.text import Text, say
from bot.registry import command
from forms.show import Show

HISTORY_SHOWN = 15
# Together they stay below the 16,383 characters of a message, also with a backslash before every other one.
SUMMARY_LENGTH = 4000
LABELS_LENGTH = 2500
SAMPLE_LENGTH = 200


@command("show", form=Show, section="alerts", needs=Role.VIEWER)
async def show(ctx: Context, *, group: str, all: bool) -> Reply:
    """Show an alert group with its history; with `--all` also everything that its alerts say."""
    found = await chosen_group(ctx, group)
    history = [say("- {at}: {text}", at=entry.at, text=entry.text) for entry in found.history[-HISTORY_SHOWN:]]
    if all:
        return tell(*_heading(found), *_everything(found), *history)
    return tell(*_heading(found), *_details(found), *history, *_hint(found))


def _heading(found: AlertGroup) -> list[Text]:
    return [
        say(
            "{mark} **#{number} {title}**",
            mark=MARKS[found.status],
            number=found.number,
            title=neutral(found.title, 200),
        ),
        say(
            "{state} · {alerts} from {source}",
            state=state_in_words(found),
            alerts=alerts_in_words(found),
            source=neutral(found.integration_name, 60),
        ),
    ]


def _details(found: AlertGroup) -> list[Text]:
    lines = [say("{summary}", summary=neutral(found.summary, 500))] if found.summary else []
    if found.labels:
        named = ", ".join(f"{neutral(name, 60)}={neutral(value, 120)}" for name, value in found.labels.items())
        lines.append(say("{labels}", labels=named))
    return lines


def _everything(found: AlertGroup) -> list[Text]:
    summary = [say("{summary}", summary=neutral(found.summary, SUMMARY_LENGTH))] if found.summary else []
    said = "\n".join(f"{name} = {value}" for name, value in found.labels.items())
    labels = [say("{labels}", labels=neutral(said, LABELS_LENGTH))] if said else []
    samples = [say("- {sample}", sample=_sample(sample)) for sample in found.samples]
    return [*summary, *labels, *samples]


def _sample(alert: Alert) -> str:
    return neutral(one_line(sample_in_words(alert)), SAMPLE_LENGTH)


def _hint(found: AlertGroup) -> list[Text]:
    if not is_cut(found):
        return []
    return [say("`/oncall show {number} --all` shows everything that its alerts say.", number=found.number)]
