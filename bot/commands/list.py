"""The alert groups that want attention."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.call import Reply, tell
from bot.context import Context
from bot.core.alert_group import Line, Status
from bot.core.cards import in_list, state_in_words
from bot.core.people import Role
from bot.core.text import Text, count, say
from bot.integrations.pieces import SEVERITIES
from bot.registry import command
from forms.list import ListGroups

SHOWN = 20
# In each state; more are not counted, so that years of resolved ones keep nobody waiting.
COUNTED = 100_000
OPEN = "open"
LIVE = (Status.FIRING, Status.ACKNOWLEDGED, Status.SILENCED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Alert groups that stand together in the list: in one state, and equally severe."""

    status: Status
    severities: tuple[str, ...]
    count: int


@command("list", form=ListGroups, section="alerts", needs=Role.VIEWER, aliases=("ls", "alerts"))
async def list_(ctx: Context, *, state: str, page: int) -> Reply:
    """List the alert groups that are not resolved, firing ones first, in each state the most severe first."""
    wanted = LIVE if state == OPEN else (Status(state),)
    known = await ctx.groups.severities(wanted, most=COUNTED)
    shelves = [shelf for status in wanted for shelf in _shelves(status, known[status])]
    total, first = sum(shelf.count for shelf in shelves), SHOWN * (page - 1)
    if not total:
        return tell(say("All quiet: nothing is firing.") if state == OPEN else say("No alert group is in this state."))
    if first >= total:
        return tell(say("There is nothing on page {page}. `/oncall list` shows the first.", page=page))
    lines = await _lines(ctx, shelves, first)
    more = any(sum(numbers.values()) >= COUNTED for numbers in known.values())
    return tell(
        _heading(total, state, more=more),
        *(in_list(one, state_in_words(one)) for one in lines),
        *_more(total, first, state),
    )


def _shelves(status: Status, severities: Mapping[str, int]) -> Iterator[Shelf]:
    """The most severe first. What says no severity we know stands in the middle: it may be grave."""
    for place in range(len(SEVERITIES)):
        alike = tuple(severity for severity in severities if _place(severity) == place)
        if alike:
            yield Shelf(status=status, severities=alike, count=sum(severities[severity] for severity in alike))


def _place(severity: str) -> int:
    known = severity.lower()
    return SEVERITIES.index(known) if known in SEVERITIES else len(SEVERITIES) // 2


async def _lines(ctx: Context, shelves: Sequence[Shelf], first: int) -> list[Line]:
    """A page of them: the parts of the shelves on which it lies."""
    parts, start = [], 0
    for shelf in shelves:
        skip, end = max(first - start, 0), min(first + SHOWN - start, shelf.count)
        if skip < end:
            parts.append(ctx.groups.lines(shelf.status, shelf.severities, skip=skip, limit=end - skip))
        start += shelf.count
    return list(chain.from_iterable(await asyncio.gather(*parts)))


def _heading(total: int, state: str, *, more: bool) -> Text:
    if more:
        return say("**At least {count} alert groups**", count=total)
    if state == Status.RESOLVED.value:
        return count("**{count} resolved alert group**", "**{count} resolved alert groups**", count=total)
    return count("**{count} open alert group**", "**{count} open alert groups**", count=total)


def _more(total: int, first: int, state: str) -> list[Text]:
    last = first + SHOWN
    if total <= last:
        return []
    more = f"list --page {last // SHOWN + 1}" if state == OPEN else f"list {state} --page {last // SHOWN + 1}"
    return [
        say(
            "{first} to {last} are shown. `/oncall {more}` shows the next; `/oncall list firing` only what is firing.",
            first=first + 1,
            last=last,
            more=more,
        )
    ]
