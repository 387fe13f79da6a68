"""Everything about one alert group."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core.alert_group import alerts_in_words
from bot.core.cards import MARKS, state_in_words
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import say
from bot.registry import command
from forms.group import Group

HISTORY_SHOWN = 15


@command("show", form=Group, section="alerts", needs=Role.VIEWER)
async def show(ctx: Context, *, group: str) -> Reply:
    """Show an alert group with its history."""
    found = await chosen_group(ctx, group)
    lines = [
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
    if found.summary:
        lines.append(say("{summary}", summary=neutral(found.summary, 500)))
    if found.labels:
        lines.append(
            say("{labels}", labels=", ".join(f"{neutral(k, 60)}={neutral(v, 120)}" for k, v in found.labels.items()))
        )
    lines += [say("- {at}: {text}", at=entry.at, text=entry.text) for entry in found.history[-HISTORY_SHOWN:]]
    return tell(*lines)
