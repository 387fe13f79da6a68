"""Link one's Mattermost account to the profile that an admin added, and undo it.

The code proves; the second step shows who would be linked to whom, so that nobody is by mistake. What is confirmed
travels sealed, for this person only.
"""

from __future__ import annotations

from bot.call import Ask, Reply, tell
from bot.context import Context
from bot.core.linking import profile_of
from bot.core.neutral import neutral
from bot.core.people import Person, Role
from bot.core.text import Text, say
from bot.errors import Denied, UserError
from bot.registry import command
from forms.link import ConfirmLink, ConfirmUnlink, Link


@command("link", form=Link, section="me", needs=Role.VIEWER)
async def link(ctx: Context, *, code: str) -> Reply:
    """Link your account with the code that an admin got for you."""
    try:
        profile = await ctx.linking.recognise(code)
    except Denied as refused:
        return Ask(command="link", form=Link, errors={"code": refused.text}, problem=refused.text)
    return Ask(
        command="link confirm",
        form=ConfirmLink,
        introduction=_question(ctx.person, profile),
        memory={"profile": profile.id, "digest": profile.link_digest},
    )


@command("link confirm", form=ConfirmLink, section="me", needs=Role.VIEWER, hidden=True)
async def confirm(ctx: Context) -> Reply:
    """The second step of linking."""
    memory = ctx.call.memory
    if "profile" not in memory or "digest" not in memory:
        raise UserError(say("Begin with `/oncall link`."))
    return tell((await ctx.linking.link(memory["profile"], memory["digest"])).note)


@command("unlink", section="me", needs=Role.VIEWER)
async def unlink(ctx: Context) -> Reply:
    """Undo the link of your account."""
    if not ctx.person.linked:
        return tell(say("You are not linked. `/oncall link` does that."))
    return Ask(command="unlink confirm", form=ConfirmUnlink, introduction=_warning(ctx.person), memory={"unlink": "1"})


@command("unlink confirm", form=ConfirmUnlink, section="me", needs=Role.VIEWER, hidden=True)
async def confirm_unlink(ctx: Context) -> Reply:
    """The second step of unlinking."""
    if "unlink" not in ctx.call.memory:
        raise UserError(say("Begin with `/oncall unlink`."))
    return tell((await ctx.linking.unlink()).note)


def _question(person: Person, profile: Person) -> Text:
    question = say(
        "You are {you} in Mattermost. Link to the profile {profile}?", you=person.mention, profile=_described(profile)
    )
    if not person.linked:
        return question
    former = ", ".join(neutral(account.name, 60) for account in person.accounts)
    return say("{question} It replaces your link to {former}.", question=question, former=former)


def _described(profile: Person) -> str:
    """Name and address: enough to see that it is oneself."""
    if not profile.email:
        return profile.described
    return f"{neutral(profile.name, 60)} ({neutral(profile.email, 100)})"


def _warning(person: Person) -> Text:
    names = ", ".join(neutral(account.name, 60) for account in person.accounts)
    if not profile_of(person):
        return say("You are linked to {names}. Unlink?", names=names)
    return say("You are linked to {names}. Whoever pages {names} reaches you no longer. Unlink?", names=names)
