"""Sources of alerts: add, list, remove."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.context import Context
from bot.core import integrations
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import Text, count, say
from bot.errors import NotFound, UserError
from bot.registry import command
from forms.integration import AddIntegration, RemoveIntegration

RECEIVER = """```yaml
receivers:
  - name: oncall
    webhook_configs:
      - url: {url}
        send_resolved: true
```"""


@command("integration add", form=AddIntegration, section="set up", needs=Role.ADMIN, user_token=True)
async def add(
    ctx: Context, *, name: str, kind: str, people: tuple[str, ...], wait_minutes: int, channel: str, group_by: str
) -> Reply:
    """Add a source of alerts and get the URL to paste into it."""
    if any(one.name.lower() == name.lower() for one in await ctx.integrations.listed()):
        raise UserError(say("There is an integration called {name} already. Choose another name.", name=name))
    persons = [await ctx.people.named(one) for one in people]
    channel_id = await _joined(ctx, channel)
    key = ctx.integrations.new_key()
    await ctx.integrations.create(
        Integration(
            id=key.id,
            server_id=ctx.server.id,
            name=name,
            kind=kind,
            key_digests=key.digests,
            channel_id=channel_id,
            people=tuple(person.id for person in persons),
            wait_minutes=wait_minutes,
            group_by=tuple(label.strip() for label in group_by.split(",") if label.strip()),
            created_at=ctx.now,
            created_by=ctx.person.mention,
        )
    )
    url = f"{ctx.public_url}/integrations/v1/{kind}/{key.url_key}/"
    names = ", ".join(person.mention for person in persons)
    return tell(*_added(name, url, names, posted=bool(channel_id or ctx.server.channel_id)))


async def _joined(ctx: Context, channel: str) -> str:
    if not channel:
        return ""
    room = await ctx.chat.room(channel, team_id=ctx.call.team_id)
    await ctx.chat.join(room)
    return room.id


def _added(name: str, url: str, names: str, *, posted: bool) -> list[Text]:
    lines = [
        say("**{name} is added.** Its URL, shown only now (whoever has it can send alerts):", name=neutral(name, 60)),
        say("```\n{url}\n```", url=url),
        say("For Alertmanager, paste this into `alertmanager.yml`:"),
        say(RECEIVER, url=url),
    ]
    lines.append(
        say("Paged in this order: {names}.", names=names) if names else say("It pages nobody; alerts are only posted.")
    )
    if not posted:
        lines.append(say("Its alerts are kept but not posted yet: choose a channel with `/oncall configure`."))
    return lines


@command("integration list", section="set up", needs=Role.VIEWER, aliases=("integrations",))
async def list_(ctx: Context) -> Reply:
    """List the sources of alerts."""
    found = await ctx.integrations.listed()
    if not found:
        return tell(say("There is no integration yet. `/oncall integration add` makes one."))
    people = await ctx.people.with_ids(tuple(person for one in found for person in one.people))
    lines = [count("**{count} integration**", "**{count} integrations**", count=len(found))]
    for one in found:
        names = ", ".join(people[person].mention for person in one.people if person in people)
        lines.append(
            say("- **{name}** ({kind}): pages {names}", name=neutral(one.name, 60), kind=one.kind, names=names or "—")
        )
    return tell(*lines)


@command("integration remove", form=RemoveIntegration, section="set up", needs=Role.ADMIN)
async def remove(ctx: Context, *, name: str) -> Reply:
    """Remove a source of alerts: its URL is refused from then on."""
    for one in await ctx.integrations.listed():
        if one.name.lower() == name.lower():
            return tell((await ctx.integrations.change(one, partial(integrations.remove, now=ctx.now))).note)
    raise NotFound(say("There is no integration called {name}. `/oncall integration list` shows them.", name=name))
