"""What is said of many alert groups together."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from bot.core import alerts, many
from bot.core.alert_group import AlertGroup
from bot.core.many import Verb
from bot.words import Reader, words
from forms.numbers import MOST, read_numbers
from tests.core.groups import NOW, fired

READER = Reader(now=NOW, zone="UTC")


def told(verb: Verb, act: many.Act, *groups: AlertGroup, by: str = "@ana") -> list[str]:
    notes = {group.number: many.together(group, act=act, verb=verb, by=by).note for group in groups}
    return [words(line, READER) for line in many.summary(notes)]


def taken(number: int, by: str) -> AlertGroup:
    return alerts.acknowledge(fired(number=number), by=by, now=NOW).doc


def ended(number: int) -> AlertGroup:
    return alerts.resolve(fired(number=number), by="@ben", now=NOW).doc


ACK = partial(alerts.acknowledge, by="@ana", now=NOW)


def test_each_is_told_once_with_those_that_the_same_became_of():
    groups = [fired(number=12), fired(number=13), ended(15), taken(16, "@ben"), taken(17, "@ana"), ended(18)]

    assert told(many.ACKNOWLEDGE, ACK, *groups) == [
        "#12 and #13 are yours: nobody else is paged for them.",
        "#15 and #18 are already resolved.",
        "@ben already acknowledged #16.",
        "You already have #17.",
    ]


def test_one_alone_is_told_in_the_singular():
    assert told(many.ACKNOWLEDGE, ACK, fired(number=12), ended(13)) == [
        "#12 is yours: nobody else is paged for it.",
        "#13 is already resolved.",
    ]


def test_silences_say_until_when():
    act = partial(alerts.silence, by="@ana", now=NOW, until=NOW.replace(hour=14))
    assert told(many.SILENCE, act, fired(number=1), fired(number=2), ended(3)) == [
        "#1 and #2 are silenced until 14:00.",
        "#3 is already resolved.",
    ]


def test_what_is_not_in_the_state_to_be_given_back_stays():
    assert told(many.UNACKNOWLEDGE, partial(alerts.unacknowledge, by="@ana", now=NOW), fired(number=1), ended(2)) == [
        "#1 and #2 are not acknowledged."
    ]
    assert told(many.UNSILENCE, partial(alerts.unsilence, by="@ana", now=NOW), fired(number=1), taken(2, "@ana")) == [
        "#1 and #2 are not silenced."
    ]


def test_numbers_in_a_row_are_told_as_a_row():
    assert words(many.numbers_in_words([20, 12, 13, 14, 16, 17]), READER) == "#12–#14, #16, #17 and #20"


@given(st.sets(st.integers(1, 200), min_size=1, max_size=MOST))
def test_numbers_as_a_button_carries_them_are_read_as_the_same(numbers: set[int]):
    assert set(read_numbers(many.written(numbers)).numbers) == numbers
