"""Sentences survive storing, with the sentences and instants within them."""

from copy import deepcopy
from datetime import UTC, datetime

from bot.core import outcomes
from bot.core.alert_group import AlertGroup
from bot.core.text import Text, count, say
from bot.storage.codec import read, write
from tests.core.groups import blank

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_text_within_a_text_comes_back():
    text = say("{a} at {at}", a=say("{b}", b=count("{count} day", "{count} days", count=2)), at=NOW)

    assert read(write(text), Text) == text


def test_a_reason_of_ours_is_known_again_and_noted_once():
    refused = outcomes.card_refused(blank(), reason=say("the channel is archived"), now=NOW).doc
    stored = read(write(refused), AlertGroup)

    assert stored == refused
    assert outcomes.card_refused(stored, reason=say("the channel is archived"), now=NOW).effects == ()


def test_why_a_page_failed_may_be_a_text_or_what_mattermost_said():
    for reason in (say("the alert has no post in a channel"), "no such user"):
        failed = outcomes.page_failed(blank(), page="0.0.ana", person_id="ana", name="@ana", reason=reason, now=NOW).doc
        stored = read(write(failed), AlertGroup)
        assert stored == failed
        assert stored.pages["0.0.ana"].failed == reason


def test_what_is_read_leaves_what_is_stored_alone_however_deep_texts_lie() -> None:
    stored = write(say("{a}", a=say("{b}", b=say("{c}", c=1))))
    kept = deepcopy(stored)
    assert read(stored, Text) == say("{a}", a=say("{b}", b=say("{c}", c=1)))
    assert stored == kept


def test_a_text_within_a_text_may_have_what_only_a_newer_release_knows() -> None:
    stored = write(say("{a}", a=say("Fired")))
    stored["values"]["a"]["mood"] = "grave"
    assert read(stored, Text) == say("{a}", a=say("Fired"))
