"""Let a sender prove with signatures that a payload is its own, beside the key in the address."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.chosen import chosen_integration
from bot.context import Context
from bot.core import heartbeat_words
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import say
from bot.errors import UserError
from bot.integrations.kinds import KINDS, kind_named
from bot.registry import command
from forms.integration_signing import SignIntegration, UnsignIntegration


@command("integration sign", form=SignIntegration, section="set up", needs=Role.ADMIN)
async def sign(ctx: Context, *, name: str, secret: str) -> Reply:
    """Refuse what a source of alerts did not sign with its secret."""
    one = await chosen_integration(ctx, name)
    kind = kind_named(one.kind)
    if kind is None or kind.signature is None:
        able = ", ".join(each.label for each in KINDS if each.signature)
        raise UserError(say("Signatures of {able} can be checked, not of this kind of sender.", able=able))
    await ctx.integrations.sign(one, secret)
    reports = await ctx.integrations.heartbeat(one) is not None
    return tell(
        say("**Whatever {name} does not sign is refused from now on.**", name=neutral(one.name, 60)),
        say("Its signature is looked for in the header `{header}`.", header=kind.signature.header),
        say("If something comes without it, its channel is told."),
        *([heartbeat_words.unsigned()] if reports else []),
        say("`/oncall integration unsign {name}` ends the check.", name=one.name),
    )


@command("integration unsign", form=UnsignIntegration, section="set up", needs=Role.ADMIN)
async def unsign(ctx: Context, *, name: str) -> Reply:
    """Look at the signatures of a source of alerts no more, and forget its secret."""
    one = await chosen_integration(ctx, name)
    await ctx.integrations.sign(one, "")
    return tell(say("Signatures of {name} are not looked at any more.", name=neutral(one.name, 60)))
