"""What the bot knows about the person who asks, and how they change it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.call import Opened, Reply, Value, tell
from bot.context import Context
from bot.core import people
from bot.core.linking import how_in_words
from bot.core.neutral import neutral
from bot.core.people import RULES, Person, Role, role_in_words, rules_in_words
from bot.core.text import NOTHING, Text, say
from bot.registry import command
from forms.profile import Profile, Rules


@command("me", section="me", needs=Role.VIEWER, aliases=("whoami",))
async def me(ctx: Context) -> Reply:
    """Show your profile, how you are paged and what is missing."""
    person = ctx.person
    lines = [
        say("**{who}**, {role}", who=person.described, role=role_in_words(person.role)),
        *contact_lines(person),
        say("- Paged by: {rules}. `/oncall rules` changes that.", rules=rules_in_words(person.rules)),
        _link_state(ctx),
    ]
    missing = _missing(person)
    if missing:
        lines.append(say("- Missing: {missing}. `/oncall profile` adds it.", missing=missing))
    return tell(*lines)


def _missing(person: Person) -> Text:
    if person.email:
        return NOTHING if person.phone else say("phone")
    return say("e-mail address") if person.phone else say("e-mail address and phone")


def contact_lines(person: Person) -> list[Text]:
    """What is known of how to reach this person."""
    lines = []
    if person.email:
        lines.append(say("- E-mail: {email}", email=neutral(person.email, 128)))
    if person.phone:
        lines.append(say("- Phone: {phone}", phone=person.phone))
    lines.append(say("- Time zone: {zone}", zone=neutral(person.zone, 60) or "UTC"))
    return lines


def _link_state(ctx: Context) -> Text:
    for account in ctx.person.accounts:
        return say(
            "- Linked to the profile {name} since {at}, by {how}.",
            name=neutral(account.name, 60),
            at=account.linked_at,
            how=how_in_words(account.how),
        )
    if ctx.must_link:
        return say("- Not linked, and only linked people may act on alerts here: ask an admin, then `/oncall link`.")
    return say("- Not linked. If an admin added you beforehand, `/oncall link` links you.")


async def _known_profile(ctx: Context) -> Mapping[str, Value]:
    person = ctx.person
    return {"name": person.name, "email": person.email, "phone": person.phone, "zone": person.zone}


@command("profile", form=Profile, section="me", needs=Role.VIEWER, known=_known_profile)
async def profile(ctx: Context, *, name: str, email: str, phone: str, zone: str) -> Reply:
    """Change your name, e-mail address, phone or time zone."""
    # What was left empty in the form is taken away; what was not typed stays.
    left_empty = "" if ctx.call.opened is Opened.FORM else None
    decide = partial(
        people.edit,
        name=name,
        email=email or left_empty,
        phone=phone or left_empty,
        zone=zone or left_empty,
        by=ctx.person.mention,
        now=ctx.now,
    )
    return tell((await ctx.people.change(ctx.person, decide)).note)


async def _known_rules(ctx: Context) -> Mapping[str, Value]:
    return {"rules": next((name for name, rules in RULES.items() if rules == ctx.person.rules), "")}


@command("rules", form=Rules, section="me", needs=Role.VIEWER, known=_known_rules)
async def rules(ctx: Context, *, rules: str) -> Reply:
    """Choose how you are paged."""
    chosen = RULES.get(rules, ctx.person.rules)
    return tell((await ctx.people.change(ctx.person, partial(people.choose_rules, rules=chosen))).note)
