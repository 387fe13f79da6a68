"""What is held of bodies has a bound, for all and for one."""

from bot.receiving.held import Held


def test_nobody_holds_more_than_their_share_and_all_together_no_more_than_all():
    held = Held(most=10, most_of_one=6)
    assert held.take("one", 6) and not held.take("one", 1)
    assert held.take("two", 4) and not held.take("three", 1)
    held.give_back("one", 6)
    assert held.take("three", 6)
    assert held.size == 10


def test_who_was_refused_holds_nothing_and_nothing_is_remembered():
    held = Held(most=10, most_of_one=6)
    assert not held.take("one", 7)
    assert held.take("one", 6)
    held.give_back("one", 6)
    assert held.size == 0 and not held._by_server
