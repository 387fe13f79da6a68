"""What is remembered for a second is read anew by one, and the others go on with what is known."""

from bot.storage.directory import REMEMBERED_SECONDS, Memory
from tests.clock import Ticks


def test_nothing_is_remembered_longer_than_a_second():
    ticks = Ticks()
    memory = Memory[str](ticks)
    memory.keep("a", "first")
    assert memory.recall("a") == ("first",)
    ticks.now += REMEMBERED_SECONDS
    assert memory.recall("a") is None
    assert memory.recall("a") is None


def test_shortly_before_the_end_one_reads_anew_and_the_others_need_not():
    ticks = Ticks()
    memory = Memory[str](ticks)
    memory.keep("a", "first")
    ticks.now += REMEMBERED_SECONDS * 0.9
    assert memory.recall("a") is None
    assert memory.recall("a") == ("first",)
    memory.keep("a", "second")
    ticks.now += REMEMBERED_SECONDS * 0.5
    assert memory.recall("a") == ("second",)


def test_whoever_fails_to_read_anew_does_not_make_it_last_longer():
    ticks = Ticks()
    memory = Memory[str](ticks)
    memory.keep("a", "first")
    ticks.now += REMEMBERED_SECONDS * 0.9
    assert memory.recall("a") is None
    ticks.now += REMEMBERED_SECONDS * 0.1
    assert memory.recall("a") is None


def test_what_is_written_here_is_forgotten_at_once():
    memory = Memory[str]()
    memory.keep("a", "first")
    memory.forget()
    assert memory.recall("a") is None
