"""The people of this server: add, invite, list, show, give roles, remove."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.commands.me import contact_lines
from bot.context import Context
from bot.core import people
from bot.core.neutral import plain
from bot.core.people import ASSIGNED, MATTERMOST, Person, Role, role_in_words, role_name, rules_in_words, state_in_words
from bot.core.text import Text, count, say
from bot.errors import UserError
from bot.registry import command
from forms.people import AddPerson, InvitePerson, ListPeople, OnePerson, PersonRole, RemovePerson

SHOWN = 50
LOOKED_AT = 10_000
HISTORY_SHOWN = 10


@command("people add", form=AddPerson, section="people", needs=Role.ADMIN)
async def add(ctx: Context, *, name: str, email: str, phone: str, zone: str, role: str) -> Reply:
    """Add somebody beforehand: `people add Ana Schmidt --email ana@example.com`."""
    person = Person(
        id=ctx.people.new_id(),
        server_id=ctx.server.id,
        name=name,
        email=email,
        phone=phone,
        zone=zone,
        zone_from=ASSIGNED if zone else MATTERMOST,
        role=Role(role) if role else Role.RESPONDER,
        role_from=ASSIGNED if role else MATTERMOST,
    )
    added = people.logged(person, ctx.now, say("Added"), by=ctx.person.mention)
    await ctx.people.add(added)
    return tell(
        say(
            "{who} is added, {role}. `/oncall people invite {how}` gets a code that links their Mattermost account.",
            who=added.described,
            role=role_in_words(added.role),
            how=email or added.described,
        )
    )


@command("people invite", form=InvitePerson, section="people", needs=Role.ADMIN)
async def invite(ctx: Context, *, person: str) -> Reply:
    """Get a one-time code that links somebody's Mattermost account."""
    found = await ctx.people.named(person)
    if found.linked:
        raise UserError(say("{who} is linked already. They can undo it with `/oncall unlink`.", who=found.described))
    invitation = await ctx.linking.invite(found)
    return tell(
        say(
            "**The link code for {who}**, shown only now and good once until {ends}:",
            who=found.described,
            ends=invitation.ends_at,
        ),
        say("```\n{code}\n```", code=invitation.code.reveal()),
        say("Give it to them alone. In Mattermost they type this, and paste the code into the form that opens:"),
        say("```\n/oncall link\n```"),
    )


@command("people list", form=ListPeople, section="people", needs=Role.VIEWER)
async def list_(ctx: Context, *, search: str, which: str, page: int) -> Reply:
    """List the people, or those with a name, and whether they are linked."""
    found = [one for one in await ctx.people.listed(LOOKED_AT) if _meant(one, search) and _wanted(one, which)]
    first = SHOWN * (page - 1)
    shown = await ctx.people.refreshed(found[first : first + SHOWN])
    if not shown:
        return tell(say("Nobody is found. `/oncall people list` shows everybody."))
    heading = say(
        "{people}, {linked} linked",
        people=count("**{count} person**", "**{count} people**", count=len(found)),
        linked=sum(one.linked for one in found),
    )
    return tell(heading, *(_line(ctx, one) for one in shown), *_more(len(found), first, search, which))


def _meant(person: Person, search: str) -> bool:
    """Every word is in the name or the username."""
    names = f"{person.name} {person.username}".casefold()
    return all(word in names for word in search.casefold().replace("@", "").split())


def _wanted(person: Person, which: str) -> bool:
    if which == "unlinked":
        return not person.linked
    return which != "unreachable" or not person.mattermost_user_id or person.gone_at is not None


def _more(total: int, first: int, search: str, which: str) -> list[Text]:
    last = first + SHOWN
    if total <= last:
        return []
    name = plain(search.replace("@", "").replace("`", ""))
    words = ["people list", name, f"--which {which}" if which else "", f"--page {last // SHOWN + 1}"]
    return [
        say(
            "{first} to {last} are shown. `/oncall {more}` shows the next.",
            first=first + 1,
            last=last,
            more=" ".join(word for word in words if word),
        )
    ]


def _line(ctx: Context, person: Person) -> Text:
    return say(
        "- {who}: {role}, {state}",
        who=person.described,
        role=role_name(person.role),
        state=state_in_words(person, now=ctx.now),
    )


@command("people show", form=OnePerson, section="people", needs=Role.VIEWER)
async def show(ctx: Context, *, person: str) -> Reply:
    """Show somebody: how they are reached and paged. Admins also see what was done."""
    [found] = await ctx.people.refreshed([await ctx.people.named(person)])
    lines = [
        say(
            "**{who}**, {role}, {state}",
            who=found.described,
            role=role_in_words(found.role),
            state=state_in_words(found, now=ctx.now),
        )
    ]
    if ctx.person.role.includes(Role.RESPONDER):
        lines += contact_lines(found)
    lines.append(say("- Paged by: {rules}", rules=rules_in_words(found.rules)))
    if not found.mattermost_user_id:
        lines.append(say("- Cannot be paged before they are linked: `/oncall people invite` gets a code for them."))
    if ctx.person.role is Role.ADMIN:
        lines += [_event(event) for event in found.history[-HISTORY_SHOWN:]]
    return tell(*lines)


def _event(event: people.Event) -> Text:
    if not event.by:
        return say("- {at}: {text}", at=event.at, text=event.text)
    return say("- {at}: {text} ({by})", at=event.at, text=event.text, by=event.by)


@command("people role", form=PersonRole, section="people", needs=Role.ADMIN)
async def role(ctx: Context, *, person: str, role: str) -> Reply:
    """Make somebody a viewer, a responder or an admin: `people role @ben --role viewer`."""
    found = await ctx.people.named(person)
    if found.id == ctx.person.id and Role(role) is not Role.ADMIN:
        raise UserError(say("You cannot take the admin role from yourself. Ask another admin."))
    decide = partial(people.assign_role, role=Role(role), by=ctx.person.mention, now=ctx.now)
    return tell((await ctx.people.change(found, decide)).note)


@command("people remove", form=RemovePerson, section="people", needs=Role.ADMIN)
async def remove(ctx: Context, *, person: str) -> Reply:
    """Remove somebody: they are paged no more, and their contact data is deleted."""
    found = await ctx.people.named(person)
    if found.id == ctx.person.id:
        raise UserError(say("You cannot remove yourself. Ask another admin."))
    change = await ctx.people.change(found, partial(people.remove, by=ctx.person.mention, now=ctx.now))
    if not found.mattermost_user_id:
        return tell(change.note)
    return tell(
        change.note,
        say(
            "While they can see alerts in Mattermost they can act on them. "
            "To only let them look, use `/oncall people role {who} --role viewer` instead.",
            who=found.mention,
        ),
    )
