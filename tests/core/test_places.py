"""An alert group in several channels: each card is kept in step, the thread stays where it began. Pure."""

from bot.core import alerts, outcomes
from bot.core.alert_group import AlertGroup, Kind, Place, Posted
from tests.core.groups import NOW, alert, blank, fired, keys, pages

ALSO = (Place(channel_id="ops"), Place(channel_id="web"))
CARDS = ["draw:card", "draw:copy:ops", "draw:copy:web"]


def posted(group: AlertGroup) -> AlertGroup:
    for name, channel in (("card", "town"), ("copy:ops", "ops"), ("copy:web", "web")):
        group = outcomes.drawn(group, post=name, channel_id=channel, post_id=f"p-{channel}", now=NOW).doc
    return group


def test_a_new_group_is_drawn_in_each_channel() -> None:
    change = alerts.opened(blank(also=ALSO, chain=()), [alert()], now=NOW)
    assert keys(change.effects) == CARDS


def test_what_was_drawn_is_remembered_by_channel_and_only_the_card_brings_a_thread() -> None:
    group = fired(also=ALSO)
    change = outcomes.drawn(group, post="copy:web", channel_id="web", post_id="p9", now=NOW)
    assert change.effects == ()
    assert [place.post for place in change.doc.also] == [None, Posted(channel_id="web", post_id="p9", edited_at=NOW)]


def test_a_change_of_state_is_drawn_everywhere() -> None:
    change = alerts.acknowledge(posted(fired(also=ALSO)), by="@ana", now=NOW)
    assert [key for key in keys(change.effects) if key.startswith("draw:")] == CARDS


def test_a_press_on_one_of_them_draws_that_one_anew() -> None:
    change = outcomes.redrawn(posted(fired(also=ALSO)), now=NOW, post_id="p-web")
    assert keys(change.effects) == ["draw:copy:web"]


def test_a_deleted_one_is_made_anew_there_only() -> None:
    change = outcomes.lost_post(posted(fired(also=ALSO)), post="copy:ops")
    assert keys(change.effects) == ["draw:copy:ops"]
    assert [(place.post is None, place.lost) for place in change.doc.also] == [(True, 1), (False, 0)]


def test_a_further_channel_that_refuses_is_noted_once_and_hurries_nobody() -> None:
    group = fired(also=ALSO, route="Databases")
    change = outcomes.copy_refused(group, reason="no", now=NOW)
    assert keys(change.effects) == ["tell-admin"]
    assert pages(change) == []
    assert change.doc.history[-1].kind is Kind.STATE
    assert outcomes.copy_refused(change.doc, reason="no", now=NOW).effects == ()


def test_a_group_that_is_posted_nowhere_is_drawn_nowhere() -> None:
    assert alerts.opened(blank(channel_id="", chain=()), [alert()], now=NOW).effects == ()
