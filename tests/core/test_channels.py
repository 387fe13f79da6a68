"""What is different in one channel."""

from dataclasses import replace

from bot.core import cards, channels, servers
from bot.core.changes import RedrawGroups
from bot.core.channels import CHANNELS_KEPT, shown_buttons
from bot.core.servers import ChannelSettings, Server, Timeline
from bot.words import Reader, words
from tests.core.test_servers import NOW, installed

READER = Reader(now=NOW)


def chosen(server: Server, **choices) -> Server:
    return channels.settings_chosen(server, channel_id="db", **choices).doc


def test_a_channel_has_its_own_choices_and_the_others_those_of_the_server():
    server = chosen(installed(), timeline=Timeline.QUIET, buttons=("note",))
    assert (server.timeline_in("db"), shown_buttons(server, "db")) == (Timeline.QUIET, ("note",))
    assert (server.timeline_in("web"), shown_buttons(server, "web")) == (Timeline.NORMAL, cards.EXTRAS)


def test_what_is_not_chosen_stays():
    server = chosen(chosen(installed(), timeline=Timeline.QUIET), buttons=())
    assert (server.timeline_in("db"), shown_buttons(server, "db")) == (Timeline.QUIET, ())


def test_a_channel_without_choices_follows_the_server():
    server = servers.buttons_chosen(chosen(installed(), timeline=Timeline.FULL), buttons=("show",)).doc
    server = servers.policy_chosen(server, timeline=Timeline.QUIET).doc
    assert (server.timeline_in("db"), shown_buttons(server, "db")) == (Timeline.FULL, ("show",))


def test_what_is_the_same_as_on_the_server_is_forgotten():
    server = chosen(installed(), timeline=Timeline.QUIET, buttons=("note",))
    server = chosen(server, timeline=Timeline.NORMAL)
    assert server.channels == {"db": ChannelSettings(buttons=("note",))}
    assert chosen(server, buttons=cards.EXTRAS).channels == {}


def test_other_buttons_draw_the_posts_of_this_channel_anew_and_a_timeline_draws_none():
    change = channels.settings_chosen(installed(), channel_id="db", buttons=("note",))
    assert [(effect.key, effect.do) for effect in change.effects] == [("redraw:db", RedrawGroups(channel_id="db"))]
    assert channels.settings_chosen(change.doc, channel_id="db", buttons=("note",)).effects == ()
    assert channels.settings_chosen(change.doc, channel_id="db", timeline=Timeline.QUIET).effects == ()


def test_channels_with_choices_are_bounded_and_a_full_list_still_changes_and_forgets():
    many = {f"c{number}": ChannelSettings(timeline=Timeline.QUIET) for number in range(CHANNELS_KEPT)}
    server = replace(installed(), channels=many)
    refused = channels.settings_chosen(server, channel_id="db", timeline=Timeline.QUIET)
    assert refused.doc == server
    assert "500 channels have settings of their own already" in words(refused.note, READER)
    assert channels.settings_chosen(server, channel_id="c0", timeline=Timeline.NORMAL).doc.channels.keys() == (
        many.keys() - {"c0"}
    )
