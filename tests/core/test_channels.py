"""What is different in one channel."""

from bot.core import cards, channels, servers
from bot.core.changes import RedrawGroups
from bot.core.channels import CHANNELS_KEPT, shown_buttons
from bot.core.replacing import replace
from bot.core.servers import ChannelSettings, Server, ServerChange, Timeline
from bot.words import Reader, words
from tests.core.test_servers import NOW, installed

READER = Reader(now=NOW)


def chosen(server: Server, **choices) -> Server:
    return change(server, **choices).doc


def change(server: Server, *, channel_id: str = "db", **choices) -> ServerChange:
    return channels.settings_chosen(server, channel_id=channel_id, note_channel="db", **choices)


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
    changed = change(installed(), buttons=("note",))
    assert [(effect.key, effect.do) for effect in changed.effects] == [("redraw:db", RedrawGroups(channel_id="db"))]
    assert change(changed.doc, buttons=("note",)).effects == ()
    assert change(changed.doc, timeline=Timeline.QUIET).effects == ()


def test_a_choice_is_told_with_what_is_so_there_now():
    changed = change(installed(), timeline=Timeline.QUIET)
    assert words(changed.note, READER) == "In ~db: Threads tell changes of state only."
    assert words(change(changed.doc, buttons=()).note, READER) == (
        "In ~db: Threads tell changes of state only. "
        "Posts have the buttons you chose, those of open alert groups within moments."
    )


def test_channels_with_choices_are_bounded_and_a_full_list_still_changes_and_forgets():
    many = {f"c{number}": ChannelSettings(timeline=Timeline.QUIET) for number in range(CHANNELS_KEPT)}
    server = replace(installed(), channels=many)
    refused = change(server, timeline=Timeline.QUIET)
    assert refused.doc == server
    assert "500 channels have settings of their own already" in words(refused.note, READER)
    assert change(server, channel_id="c0", timeline=Timeline.NORMAL).doc.channels.keys() == (many.keys() - {"c0"})
