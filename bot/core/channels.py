"""What is different in one channel: how much its threads tell, and which buttons its posts have. Pure.

What is the same as on the whole server is not kept: such a channel follows the server.
"""

from __future__ import annotations

from bot.core import cards
from bot.core.changes import Change, Effect, RedrawGroups
from bot.core.replacing import replace
from bot.core.servers import EVERYWHERE, STORM, ChannelSettings, Server, ServerChange, Timeline, timeline_in_words
from bot.core.text import say

CHANNELS_KEPT = 500


def shown_buttons(server: Server, channel_id: str = "") -> tuple[str, ...]:
    """Which buttons posts in this channel have beside those of their state."""
    chosen = server.buttons_in(channel_id)
    return cards.EXTRAS if chosen is None else chosen


def settings_chosen(
    server: Server,
    *,
    channel_id: str,
    note_channel: str,
    timeline: Timeline | None = None,
    buttons: tuple[str, ...] | None = None,
) -> ServerChange:
    """None keeps what is so there. The posts that are there already show other buttons, too."""
    before = server.channels.get(channel_id, EVERYWHERE)
    after = _without_repetition(server, _with_choices(before, timeline, buttons))
    if len(server.channels) >= CHANNELS_KEPT and channel_id not in server.channels:
        return Change(
            doc=server,
            note=say(
                "{most} channels have settings of their own already; no more can be kept. Give one of them those of "
                "the server again first.",
                most=CHANNELS_KEPT,
            ),
        )
    changed = replace(server, channels=_with_channel(server, channel_id, after))
    told = timeline_in_words(changed.timeline_in(channel_id))
    if shown_buttons(changed, channel_id) == shown_buttons(server, channel_id):
        return Change(doc=changed, note=say("In ~{channel}: {timeline}", channel=note_channel, timeline=told))
    redraw = Effect(key=f"redraw:{channel_id}", do=RedrawGroups(channel_id=channel_id))
    return Change(
        doc=changed,
        effects=(redraw,),
        note=say(
            "In ~{channel}: {timeline} Posts have the buttons you chose, those of open alert groups within moments.",
            channel=note_channel,
            timeline=told,
        ),
    )


def storms_chosen(server: Server, *, limit: int, channel_id: str = "", note_channel: str = "") -> ServerChange:
    """How many new alert groups a minute are still no storm: in one channel, or in all without a limit of their own."""
    if not channel_id:
        after = replace(server, settings={**server.settings, STORM: str(limit)})
        where = say("In channels without a limit of their own")
    elif len(server.channels) >= CHANNELS_KEPT and channel_id not in server.channels:
        return Change(doc=server, note=say("{most} channels have settings of their own already.", most=CHANNELS_KEPT))
    else:
        settings = replace(server.channels.get(channel_id, EVERYWHERE), storm=limit)
        after = replace(server, channels=_with_channel(server, channel_id, settings))
        where = say("In ~{channel}", channel=note_channel)
    if not limit:
        return Change(doc=after, note=say("{where}, every alert group has a post of its own.", where=where))
    note = say("{where}, more than {limit} new alert groups in a minute share one post.", where=where, limit=limit)
    return Change(doc=after, note=note)


def _with_choices(
    settings: ChannelSettings, timeline: Timeline | None, buttons: tuple[str, ...] | None
) -> ChannelSettings:
    return replace(
        settings,
        timeline=settings.timeline if timeline is None else timeline,
        buttons=settings.buttons if buttons is None else buttons,
    )


def _without_repetition(server: Server, settings: ChannelSettings) -> ChannelSettings:
    everywhere = shown_buttons(server)
    return replace(
        settings,
        timeline=None if settings.timeline is server.timeline else settings.timeline,
        buttons=None if settings.buttons == everywhere else settings.buttons,
    )


def _with_channel(server: Server, channel_id: str, settings: ChannelSettings) -> dict[str, ChannelSettings]:
    others = {id_: kept for id_, kept in server.channels.items() if id_ != channel_id}
    return others if settings == EVERYWHERE else {**others, channel_id: settings}
