"""When a storm begins, how long it lasts, and what is done to all of its groups."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.core import alerts, storms
from bot.core.alert_group import Alert, AlertGroup, Paged, Place, Posted
from bot.core.changes import ActOnAll, Change, Draw, ShowApart
from bot.core.channels import storms_chosen
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.core.storms import ACTED_WITHIN, CALM, FEW, GATHERING, PAGED_AGAIN, Storm

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STORM = Storm(id="s", server_id="S1", channel_id="town", limit=20, began_at=NOW, minute_at=NOW)
SECOND = timedelta(seconds=1)


def passed(storm: Storm, *, until: timedelta) -> Storm:
    """Everything that time does to it."""
    while storm.due_at is not None and storm.due_at <= NOW + until:
        storm = storms.advance(storm, now=storm.due_at).doc
    return storm


def blown(groups: int) -> Storm:
    begun = storms.began(STORM, now=NOW).doc
    return storms.joined(begun, groups=groups, now=NOW).doc


def test_a_storm_is_over_after_a_minute_with_half_as_many():
    assert passed(blown(9), until=CALM).over_at == NOW + CALM
    assert passed(blown(10), until=CALM).blows
    assert passed(blown(10), until=2 * CALM).over_at == NOW + 2 * CALM


def test_a_storm_goes_on_as_long_as_groups_come():
    storm = blown(50)
    for minute in range(10):
        storm = passed(storm, until=minute * CALM)
        storm = storms.joined(storm, groups=15, now=NOW + minute * CALM).doc
    assert storm.blows and storm.groups == 200
    assert not passed(storm, until=12 * CALM).blows


def test_nothing_joins_a_storm_that_is_over():
    over = passed(blown(1), until=CALM)
    assert storms.joined(over, groups=3, now=NOW + CALM + SECOND) == Change(doc=over)


def test_the_few_that_are_left_get_posts_of_their_own_once():
    over = passed(blown(1), until=CALM)
    drawn = partial(storms.drawn, post="digest", channel_id="town", post_id="p", now=NOW)
    assert drawn(over, live=FEW + 1).effects == ()
    few = drawn(over, live=FEW)
    assert [effect.do for effect in few.effects] == [ShowApart()]
    parted = storms.showed_apart(few.doc, rest=None).doc
    assert drawn(parted, live=FEW).effects == ()


def test_nothing_is_due_once_all_are_resolved():
    over, once_more = passed(blown(1), until=CALM), CALM + storms.LATER_EVERY
    drawn = partial(storms.drawn, post="digest", channel_id="town", post_id="p", live=0)
    shown = drawn(over, now=NOW + CALM + SECOND).doc
    assert shown.due_at == NOW + once_more, "what joined just before it was over may be stored only now"
    assert drawn(passed(shown, until=once_more), now=NOW + once_more + SECOND).doc.due_at is None


def test_what_is_stored_after_its_storm_was_over_gets_a_post_of_its_own():
    drawn = partial(storms.drawn, post="digest", channel_id="town", post_id="p")
    over = drawn(passed(blown(1), until=CALM), live=0, now=NOW + CALM).doc
    looked = passed(over, until=CALM + storms.LATER_EVERY)
    late = drawn(looked, live=1, now=NOW + CALM + storms.LATER_EVERY)
    assert [effect.do for effect in late.effects] == [ShowApart()] and late.doc.due_at is not None


def test_what_has_no_groups_yet_is_looked_at_again_soon_and_ends_without_them():
    begun = storms.began(STORM, now=NOW).doc
    again = storms.empty(begun, now=NOW + GATHERING)
    assert [(effect.key, effect.at) for effect in again.effects] == [("draw:digest", NOW + 2 * GATHERING)]
    over = storms.empty(passed(begun, until=CALM), now=NOW + CALM)
    assert (over.doc.due_at, over.effects) == (NOW + CALM + storms.LATER_EVERY, ())
    later = CALM + storms.LATER_EVERY
    assert storms.empty(passed(over.doc, until=later), now=NOW + later).doc.due_at is None


def test_edits_wait_and_the_pages_follow_the_post():
    shown = storms.drawn(blown(1), post="digest", channel_id="town", post_id="p", live=1, now=NOW).doc
    page = Paged(person_id="P1", at=NOW, post=Posted(channel_id="d", post_id="q", edited_at=NOW))
    told = storms.paged(shown, page="0.0.P1", told=page, now=NOW + SECOND)
    assert {effect.key: effect.at for effect in told.effects} == {
        "draw:digest": NOW + 2 * SECOND,
        "draw:0.0.P1": NOW + 2 * SECOND,
    }


def test_a_channel_that_takes_no_posts_shows_its_groups_apart():
    assert [effect.do for effect in storms.refused(blown(1)).effects] == [ShowApart()]
    assert storms.refused(blown(1)).doc.due_at is not None
    assert storms.refused(passed(blown(1), until=CALM)).doc.due_at is None


def test_what_is_done_to_all_goes_on_where_it_was_left():
    change = storms.act_on_all(replace(blown(3), live=3), verb="ack", by="@ana", at=NOW)
    assert change.effects[0].do == ActOnAll(verb="ack", by="@ana", at=NOW)
    rest = ActOnAll(verb="ack", by="@ana", at=NOW, after=200)
    again = storms.acted(change.doc, rest=rest, now=NOW)
    assert again.effects[-1].key == change.effects[0].key and again.effects[-1].do == rest
    assert [effect.key for effect in storms.acted(change.doc, rest=None, now=NOW).effects] == ["draw:digest"]


def test_what_is_silenced_with_all_is_not_silenced_again():
    act = ActOnAll(verb="silence", by="@ana", at=NOW, until=NOW + CALM)
    group = opened().doc
    silent = alerts.silence(group, by="@ana", now=NOW, until=NOW + CALM).doc
    assert storms.silenced_by(silent, act) and not storms.silenced_by(group, act)
    longer = alerts.silence(silent, by="@ben", now=NOW + SECOND, until=NOW + 2 * CALM).doc
    assert not storms.silenced_by(longer, act)
    assert not storms.silenced_by(silent, replace(act, verb="resolve"))


def test_pages_wait_as_long_as_what_is_done_to_all_goes_on():
    pressed = storms.act_on_all(blown(3), verb="ack", by="@ana", at=NOW).doc
    waits = partial(storms.being_acted_on, fired_at=NOW)
    assert waits(pressed, now=NOW + SECOND) and not waits(blown(3), now=NOW + SECOND)
    assert not waits(pressed, now=NOW + ACTED_WITHIN)
    rest = ActOnAll(verb="ack", by="@ana", at=NOW, after=200)
    goes_on = storms.acted(pressed, rest=rest, now=NOW + 20 * SECOND).doc
    assert waits(goes_on, now=NOW + ACTED_WITHIN) and not waits(goes_on, now=NOW + ACTED_WITHIN + 20 * SECOND)
    assert not storms.being_acted_on(goes_on, fired_at=NOW + SECOND, now=NOW + 20 * SECOND)


def test_what_still_changes_after_a_storm_is_looked_at_more_often():
    over = replace(passed(blown(1), until=CALM), live=FEW + 2)
    drawn = partial(storms.drawn, post="digest", channel_id="town", post_id="p", now=NOW + CALM)
    assert drawn(over, live=FEW + 2).doc.due_at == NOW + CALM + storms.LATER_EVERY
    assert drawn(over, live=FEW + 1).doc.due_at == NOW + CALM + storms.LOOKED_AT_EVERY


def test_who_was_told_of_a_storm_is_told_again_of_what_is_news():
    told = Paged(person_id="P1", at=NOW, post=None)
    storm = storms.paged(blown(3), page="0.0.P1", told=told, now=NOW).doc
    lately = partial(storms.told_lately, page="0.0.P1")
    assert lately(storm, fired_at=NOW, now=NOW + SECOND) == told
    assert lately(storm, fired_at=NOW, now=NOW + PAGED_AGAIN) is None
    acted = storms.act_on_all(storm, verb="ack", by="@ana", at=NOW + SECOND).doc
    assert lately(acted, fired_at=NOW + SECOND, now=NOW + CALM) == told
    assert lately(acted, fired_at=NOW + 2 * SECOND, now=NOW + CALM) is None
    over = replace(storm, over_at=NOW + SECOND)
    assert lately(over, fired_at=NOW + SECOND, now=NOW + 2 * SECOND) == told
    assert lately(over, fired_at=NOW + CALM, now=NOW + CALM) is None
    assert lately(storm, fired_at=NOW + CALM, now=NOW + CALM) == told
    assert len({storms.name_of_page(blown(3), "0.0.P1"), storms.name_of_page(storm, "0.0.P1")}) == 2


def opened(**fields: object) -> alerts.GroupChange:
    group = AlertGroup(
        id="g",
        server_id="S1",
        number=1,
        integration_id="i",
        integration_name="Prom",
        key="k",
        title="Disk",
        opened_at=NOW,
        changed_at=NOW,
        channel_id="town",
    )
    return alerts.opened(replace(group, **fields), [Alert(fingerprint="a", firing=True, title="Disk")], now=NOW)


def test_a_group_of_a_storm_has_no_post_until_it_is_shown_apart():
    caught = storms.caught(opened(), storm_id="s")
    assert caught.effects == () and caught.doc.gathered
    assert alerts.acknowledge(caught.doc, by="@ana", now=NOW).effects == ()
    apart = storms.shown_apart(caught.doc, now=NOW)
    assert [effect.do for effect in apart.effects] == [Draw(post="card")] and not apart.doc.gathered
    assert storms.shown_apart(apart.doc, now=NOW).effects == ()


def test_further_channels_where_nothing_storms_have_their_cards():
    caught = storms.caught(opened(also=(Place(channel_id="ops"),)), storm_id="s")
    assert [effect.do for effect in caught.effects] == [Draw(post="copy:ops")]
    taken = alerts.acknowledge(caught.doc, by="@ana", now=NOW)
    assert [effect.do for effect in taken.effects] == [Draw(post="copy:ops")]


def test_a_group_that_somebody_reopens_is_shown_apart():
    resolved = alerts.resolve(storms.caught(opened(), storm_id="s").doc, by="@ana", now=NOW).doc
    assert not alerts.reopen(resolved, by="@ana", now=NOW).doc.gathered


@pytest.mark.parametrize(
    ("severity", "grave"), [("critical", True), ("Page", True), (" P1", True), ("warning", False), ("", False)]
)
def test_what_is_grave_is_no_part_of_a_storm(severity: str, grave: bool):
    assert storms.grave(severity) is grave


def test_the_limit_is_that_of_the_channel_else_of_the_server_else_ours():
    server = Server(id="S1", name="Home", created_at=NOW)
    assert storms.limit_in(server, "town") == storms.LIMIT
    server = storms_chosen(server, limit=50).doc
    assert storms.limit_in(server, "town") == 50
    server = storms_chosen(server, limit=0, channel_id="town", note_channel="town").doc
    assert (storms.limit_in(server, "town"), storms.limit_in(server, "other")) == (0, 50)
