"""What proves Mattermost to the bot and the bot to Mattermost, renewed by an admin."""

from __future__ import annotations

from bot.call import Ask, Reply, tell
from bot.context import Context
from bot.core.people import Role
from bot.core.servers import Surface
from bot.core.text import say
from bot.errors import UserError
from bot.registry import command
from forms.configure import BotToken


@command("configure secret", section="set up", needs=Role.ADMIN)
async def secret(ctx: Context) -> Reply:
    """Make a new install secret, shown once; the one in use works until the new one does."""
    if ctx.server.surface is not Surface.APPS:
        return tell(
            say("There is no install secret here: OnCall works in this Mattermost without the Apps framework."),
            say(
                "To renew what proves the slash command, delete `/oncall` under *Integrations > Slash Commands*. Then "
                "let the operator run `python -m bot setup` with `--native` again. `/oncall configure token` renews "
                "the bot's token."
            ),
        )
    fresh = await ctx.installation.new_secret()
    return tell(
        say("This is the new install secret. It is shown only now, and only to you:"),
        say("```\n{secret}\n```", secret=fresh.secret.reveal()),
        say("Type this and paste it into the dialog that opens:"),
        say("```\n{command}\n```", command=fresh.install_command),
        say("Until then the secret in use goes on working; it ends an hour after the new one was used."),
    )


@command("configure token", form=BotToken, section="set up", needs=Role.ADMIN)
async def token(ctx: Context, *, token: str) -> Reply:
    """Give the bot a token that does not end by itself."""
    try:
        return tell(await ctx.installation.keep_token(token))
    except UserError as problem:
        return Ask(
            command="configure token",
            form=BotToken,
            errors={"token": problem.text},
            problem=problem.text,
            memory=ctx.call.memory,
        )
