"""One thing done to the alert groups that somebody named: to those with these numbers at once, to others after a look.

Whoever writes numbers knows which ones they mean. Whoever writes `all` or conditions sees first which ones that are,
and a button does it to just those.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.call import Reply, Say, tell
from bot.chosen import chosen_group, chosen_matchers
from bot.context import Context
from bot.core import many, routing
from bot.core.alert_group import Status
from bot.core.cards import Button, in_list
from bot.core.many import Act, Outline, Verb
from bot.core.patterns import BadPattern, Effort, compiled
from bot.core.replacing import replace
from bot.core.routing import Matcher, Operator
from bot.core.text import NOTHING, Text, count, say
from bot.errors import UserError
from forms.numbers import MOST, Named

SHOWN = 20


async def act_on(
    ctx: Context, group: Named, where: str, *, verb: Verb, act: Act, more: Mapping[str, str] = {}, then: Text = NOTHING
) -> Reply:
    """`more` is what the command was given beside, for the button; `then` is what it will do."""
    matchers = _matchers(group, where)
    if group.all or matchers:
        return await _look(ctx, group, matchers, verb, more, then)
    if len(group.numbers) == 1:
        found = await chosen_group(ctx, str(group.numbers[0]))
        return tell((await ctx.groups.change(found, act)).note)
    decide = partial(many.together, act=act, verb=verb, by=ctx.person.mention)
    return tell(*many.summary(await ctx.groups.change_each(group.numbers, decide)))


def _matchers(group: Named, where: str) -> tuple[Matcher, ...]:
    """Raises UserError, which says what can be written where nothing else was."""
    try:
        return chosen_matchers(where)
    except UserError as bad:
        if group or any(sign in where for sign in "=~"):
            raise
        raise UserError(
            say(
                "I cannot read “{text}”. Write numbers such as `12 15-20`, or `all firing`, or conditions such as "
                "`severity=warning`.",
                text=where[:60],
            )
        ) from bad


async def _look(
    ctx: Context, group: Named, matchers: tuple[Matcher, ...], verb: Verb, more: Mapping[str, str], then: Text
) -> Reply:
    effort = Effort()

    def fits(one: Outline) -> bool:
        if group.numbers and one.number not in group.numbers:
            return False
        known = routing.facts(one.labels, severity=one.severity, title=one.title)
        known.effort = effort  # for all of them together: this is done between two turns of the event loop
        return routing.hold(matchers, known)

    states = tuple(map(Status, group.states)) or verb.states
    found = await ctx.groups.outlined(states, fits=fits, most=MOST + 1)
    _check(matchers, effort)
    if not found:
        return tell(say("No open alert group is meant by that. `/oncall list` shows them."))
    chosen = found[:MOST]
    numbers = [one.number for one in chosen]
    label = replace(verb.button, values={"count": len(numbers)})
    args = {**more, "group": many.written(numbers)}
    return Say(
        lines=(*_told(chosen, too_many=len(found) > MOST), *([then] if then else [])),
        buttons=(Button(command=verb.command, label=label, args=args, style="primary"),),
    )


def _check(matchers: tuple[Matcher, ...], effort: Effort) -> None:
    """What was too much for an expression counts as not met, so it has to be said. Raises UserError."""
    try:
        effort.spend(0)
        for matcher in matchers:
            if matcher.operator in (Operator.LIKE, Operator.UNLIKE):
                compiled(matcher.value).matches("")
    except BadPattern as bad:
        raise UserError(bad.text) from bad


def _told(chosen: list[Outline], *, too_many: bool) -> list[Text]:
    lines = [
        count("**This means {count} alert group:**", "**This means {count} alert groups:**", count=len(chosen)),
        *(in_list(one) for one in chosen[:SHOWN]),
    ]
    if chosen[SHOWN:]:
        lines.append(say("- and {numbers}", numbers=many.numbers_in_words(one.number for one in chosen[SHOWN:])))
    if too_many:
        text = say("There are more. {most} can be done at once; write the same again for the others.", most=MOST)
        lines.append(text)
    return [*lines, say("Nothing has happened yet. The button does it to these.")]
