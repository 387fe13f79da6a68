"""What is kept of a body that comes piece by piece, and what of it counts."""

from bot.receiving.held import Held
from handlers.arriving import ENDS, Arriving

MOST = 4 * ENDS


def arriving(held: Held, *, announced: int = 0) -> Arriving:
    return Arriving(held, most=MOST, announced=announced)


def test_what_came_before_the_key_was_known_counts_with_it():
    held = Held()
    body = arriving(held)
    body.take(b"first ")
    assert held.size == 0
    body.count_for("S1")
    body.take(b"second")
    assert (body.body, held.size, body.dropped) == (b"first second", len(b"first second"), False)
    body.give_back()
    body.give_back()
    assert held.size == 0


def test_where_there_is_no_room_it_is_dropped_and_counts_no_longer():
    held = Held(most=10, most_of_one=10)
    body, late = arriving(held), arriving(held)
    body.count_for("S1")
    body.take(b"12345678")
    late.take(b"123")
    late.count_for("S1")
    assert late.dropped and not late.is_too_large and held.size == 8
    body.take(b"123")
    assert body.dropped and not body.is_too_large and held.size == 0
    body.take(b"1")
    assert held.size == 0


def test_of_what_is_too_large_both_ends_are_kept_and_nothing_counts():
    held = Held()
    body = arriving(held)
    body.count_for("S1")
    for piece in (b"a" * ENDS, b"b" * 3 * ENDS, b"c", b"d" * ENDS):
        body.take(piece)
    assert body.dropped and body.is_too_large and held.size == 0
    assert body.ends == b"a" * ENDS + b"d" * ENDS


def test_what_announces_too_much_is_never_kept():
    held = Held()
    body = arriving(held, announced=MOST + 1)
    body.count_for("S1")
    body.take(b"x" * 3 * ENDS)
    assert body.dropped and body.is_too_large and held.size == 0 and len(body) == ENDS
