"""Sources of alerts: add, list, show, try, give a new key, remove."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_integration
from bot.context import Context
from bot.core import integrations, templates
from bot.core.heartbeat_words import every as rhythm
from bot.core.heartbeat_words import state, unsigned
from bot.core.heartbeats import Heartbeat
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import Text, count, say
from bot.errors import UserError
from bot.integrations import heartbeat
from bot.integrations.kind import Address
from bot.integrations.kinds import KINDS, kind_named
from bot.registry import command
from bot.words import instructions
from forms.duration import Span
from forms.integration import (
    AddIntegration,
    HeartbeatOfIntegration,
    OneIntegration,
    RemoveIntegration,
    RotateIntegration,
    SampleAlert,
)

GRACE_SECONDS = 60


@command("integration add", form=AddIntegration, section="set up", needs=Role.ADMIN, user_token=True)
async def add(
    ctx: Context,
    *,
    name: str,
    kind: str,
    people: tuple[str, ...],
    wait_minutes: int,
    channel: str,
    group_by: str,
    every: Span | str,
    grace: Span | str,
) -> Reply:
    """Add a source of alerts and get the URL to paste into it."""
    if any(one.name.lower() == name.lower() for one in await ctx.integrations.listed()):
        raise UserError(say("There is an integration called {name} already. Choose another name.", name=name))
    labels = group_labels(kind, group_by)
    rhythm = _rhythm(kind, every, grace)
    persons = [await ctx.people.named(one) for one in people]
    channel_id = await joined_channel(ctx, channel)
    key = ctx.integrations.new_key()
    integration = Integration(
        id=key.id,
        server_id=ctx.server.id,
        name=name,
        kind=kind,
        key_digests=key.digests,
        channel_id=channel_id,
        people=tuple(person.id for person in persons),
        wait_minutes=wait_minutes,
        group_by=labels,
        created_at=ctx.now,
        created_by=ctx.person.mention,
    )
    await ctx.integrations.create(integration)
    if rhythm:
        await ctx.integrations.expect(integration, every_seconds=rhythm[0], grace_seconds=rhythm[1])
    names = ", ".join(person.mention for person in persons)
    return tell(
        say("**{name} is added.** Whoever has this can send alerts, so it is shown only now:", name=neutral(name, 60)),
        *_sender_side(ctx, kind, Address(host=ctx.public_url, kind=kind, key=key.url_key)),
        say("Paged in this order: {names}.", names=names) if names else say("It pages nobody; alerts are only posted."),
        *_unposted(posted=bool(channel_id or ctx.server.channel_id)),
        say("Try it with `/oncall integration test {name}`.", name=name),
    )


def _rhythm(kind: str, every: Span | str, grace: Span | str) -> tuple[int, int] | None:
    """Seconds between reports and of patience; None where no heartbeat is wanted."""
    seconds = _seconds(every)
    if not seconds and kind == heartbeat.KIND.name:
        raise UserError(say("How often must it report? Add `--every 10m`, or any other time."))
    return (seconds, _seconds(grace) or GRACE_SECONDS) if seconds else None


def _seconds(span: Span | str) -> int:
    """A length of time; 0 where none was given."""
    if isinstance(span, str):
        return 0
    if span.clock is not None:
        raise UserError(say("Say how long, such as 10m, 1h or 1d, not until when."))
    return span.seconds


def group_labels(kind: str, group_by: str) -> tuple[str, ...]:
    labels = tuple(label.strip() for label in group_by.split(",") if label.strip())
    declared = kind_named(kind)
    if labels and declared is not None and not declared.groups_by_labels:
        able = ", ".join(one.label for one in KINDS if one.groups_by_labels)
        raise UserError(
            say(
                "{kind} says itself what belongs together; only {able} can be grouped by labels.",
                kind=declared.label,
                able=able,
            )
        )
    return labels


def _sender_side(ctx: Context, kind: str, address: Address) -> list[Text]:
    """What the sender needs to know, and what to paste into it."""
    declared = kind_named(kind)
    if declared is None:
        return [say("This release does not know this kind of sender.")]
    configuration = instructions(declared.configuration, ctx.reader.locale)
    return [
        say("```\n{address}\n```", address=address.filled(declared.address)),
        say("{configuration}", configuration=address.filled(configuration)),
    ]


def _unposted(*, posted: bool) -> list[Text]:
    if posted:
        return []
    return [say("Its alerts are kept but not posted yet: choose a channel with `/oncall configure channel`.")]


async def joined_channel(ctx: Context, channel: str) -> str:
    if not channel:
        return ""
    room = await ctx.chat.room(channel, team_id=ctx.call.team_id)
    await ctx.chat.join(room)
    return room.id


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
        name, kind = neutral(one.name, 60), _label(one.kind)
        lines.append(say("- **{name}**, {kind}: pages {names}", name=name, kind=kind, names=names or "—"))
    return tell(*lines)


@command("integration show", form=OneIntegration, section="set up", needs=Role.RESPONDER)
async def show(ctx: Context, *, name: str) -> Reply:
    """Show a source of alerts and how its sender is configured."""
    one = await chosen_integration(ctx, name)
    people = await ctx.people.with_ids(one.people)
    names = ", ".join(people[person].mention for person in one.people if person in people)
    lines = [
        say(
            "**{name}**, {kind}, added by {by} at {at}.",
            name=neutral(one.name, 60),
            kind=_label(one.kind),
            by=one.created_by or say("somebody"),
            at=one.created_at,
        ),
        say("Pages {names}, {minutes} minutes apart.", names=names, minutes=one.wait_minutes)
        if names
        else say("It pages nobody; alerts are only posted."),
        *_unposted(posted=bool(one.channel_id or ctx.server.channel_id)),
    ]
    if one.routes:
        routes = count("{count} route", "{count} routes", count=len(one.routes))
        lines.append(
            say("Some alerts go elsewhere by {routes}: `/oncall route list {name}`.", routes=routes, name=one.name)
        )
    if one.templates:
        lines.append(say("Templates: {parts}.", parts=templates.names_of(one)))
    if one.sealed_signing_secret:
        lines.append(say("Only what the sender signs with its secret is taken."))
    if one.group_by:
        lines.append(say("Grouped by {labels}.", labels=neutral(", ".join(one.group_by), 200)))
    address = Address(host=ctx.public_url, kind=one.kind)
    lines += _heartbeat(await ctx.integrations.heartbeat(one), address, ctx.now)
    if one.old_until is not None and ctx.now < one.old_until:
        lines.append(say("The key before the last change works until {until}.", until=one.old_until))
    lines.append(
        say(
            "In the sender (the key is not kept here; `/oncall integration rotate {name}` makes a new one):",
            name=one.name,
        )
    )
    return tell(*lines, *_sender_side(ctx, one.kind, address))


def _heartbeat(found: Heartbeat | None, address: Address, now: datetime) -> list[Text]:
    if found is None:
        return []
    must = say("Must report {every} to `{url}`", every=rhythm(found.every_seconds), url=address.heartbeat_url)
    return [say("{every}: {state}.", every=must, state=state(found, now))]


@command("integration heartbeat", form=HeartbeatOfIntegration, section="set up", needs=Role.ADMIN)
async def expect_heartbeat(ctx: Context, *, name: str, every: Span, grace: Span | str) -> Reply:
    """Expect an integration to report every so often: `integration heartbeat Backup 1d 2h`."""
    one = await chosen_integration(ctx, name)
    seconds, late = _seconds(every), _seconds(grace) or GRACE_SECONDS
    await ctx.integrations.expect(one, every_seconds=seconds, grace_seconds=late)
    url = Address(host=ctx.public_url, kind=one.kind).heartbeat_url
    name, often = neutral(one.name, 60), rhythm(seconds)
    return tell(
        say("{name} must report {every} from its next report on.", name=name, every=often),
        say("Report with GET or POST to `{url}` with its key.", url=url),
        *([unsigned()] if one.sealed_signing_secret else []),
    )


@command("integration test", form=SampleAlert, section="set up", needs=Role.RESPONDER)
async def test(ctx: Context, *, name: str) -> Reply:
    """Send a sample alert, as the sender would, all the way through."""
    one = await chosen_integration(ctx, name)
    numbers = await ctx.integrations.take_sample(one)
    groups = ", ".join(f"#{number}" for number in numbers)
    return tell(
        say(
            "A sample alert of {name} is in {groups}. Resolve it when you have seen enough.",
            name=neutral(one.name, 60),
            groups=groups,
        )
    )


@command("integration rotate", form=RotateIntegration, section="set up", needs=Role.ADMIN)
async def rotate(ctx: Context, *, name: str) -> Reply:
    """Make a new key for a source of alerts; the old one works for one more hour."""
    one = await chosen_integration(ctx, name)
    key = ctx.integrations.new_key()
    change = await ctx.integrations.change(one, partial(integrations.rotate, digests=key.digests, now=ctx.now))
    if change.doc.removed_at:
        return tell(change.note)
    return tell(change.note, *_sender_side(ctx, one.kind, Address(host=ctx.public_url, kind=one.kind, key=key.url_key)))


@command("integration remove", form=RemoveIntegration, section="set up", needs=Role.ADMIN)
async def remove(ctx: Context, *, name: str) -> Reply:
    """Remove a source of alerts: its URL is refused from then on."""
    one = await chosen_integration(ctx, name)
    return tell((await ctx.integrations.remove(one)).note)


def _label(kind: str) -> Text:
    declared = kind_named(kind)
    return Text(english=declared.label) if declared else say("{kind}", kind=kind)
