"""Keys of integrations: made anew, valid side by side for a while, ended."""

from datetime import UTC, datetime, timedelta
from functools import partial

from bot.core.changes import TellChannel
from bot.core.integrations import TOLD_KEPT, Integration, noticed, remove, rotate
from bot.core.text import say

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = Integration(id="i", server_id="s", name="Prom", kind="webhook", key_digests=("a",), created_at=NOW)


def test_the_old_key_works_for_an_hour_and_the_new_one_longer():
    rotated = rotate(ONE, digests=("b",), now=NOW).doc
    assert rotated.knows(("a",), now=NOW + HOUR - timedelta(seconds=1))
    assert not rotated.knows(("a",), now=NOW + HOUR)
    assert rotated.knows(("b",), now=NOW + 1000 * HOUR)
    assert not rotated.knows(("c",), now=NOW)


def test_a_second_rotation_ends_the_oldest_key_at_once():
    twice = rotate(rotate(ONE, digests=("b",), now=NOW).doc, digests=("c",), now=NOW).doc
    assert [twice.knows((key,), now=NOW) for key in "abc"] == [False, True, True]


def test_what_is_removed_knows_no_key():
    gone = remove(rotate(ONE, digests=("b",), now=NOW).doc, now=NOW).doc
    assert not any(gone.knows((key,), now=NOW) for key in "ab")
    assert rotate(gone, digests=("c",), now=NOW).doc == gone


def test_any_digest_of_the_ring_will_do():
    assert ONE.knows(("newer", "a"), now=NOW)


def test_a_channel_is_told_of_one_matter_once_an_hour():
    told = noticed(ONE, about="size", text=say("Too large."), now=NOW)
    assert [effect.do for effect in told.effects] == [TellChannel(about="size", text=say("Too large."))]
    again = partial(noticed, told.doc, about="size", text=say("Still too large."))
    assert again(now=NOW + HOUR - timedelta(seconds=1)).effects == ()
    assert len(again(now=NOW + HOUR).effects) == 1
    assert len(noticed(told.doc, about="budget", text=say("Too many."), now=NOW).effects) == 1


def test_what_was_told_is_bounded_and_the_oldest_is_forgotten_first():
    integration = ONE
    for number in range(TOLD_KEPT + 5):
        integration = noticed(integration, about=f"matter {number}", text=say("Look."), now=NOW).doc
    assert list(integration.told) == [f"matter {number}" for number in range(5, TOLD_KEPT + 5)]


def test_nobody_is_told_about_what_is_removed():
    gone = remove(ONE, now=NOW).doc
    assert noticed(gone, about="size", text=say("Too large."), now=NOW).effects == ()
