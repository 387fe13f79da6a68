"""What is wanted twice of the same object is made once."""

from bot.delivery.twice import KEPT, Twice


class Thing:
    """Equal to all of its kind."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing)

    __hash__ = None  # type: ignore[assignment]


def test_it_is_made_once():
    twice, made = Twice[object](), object()
    thing = Thing()
    twice.of(thing, "en", make=lambda: made)

    assert twice.of(thing, "en", make=object) is made


def test_another_wish_about_it_is_made_anew():
    twice, thing = Twice[str](), Thing()
    twice.of(thing, "en", make=lambda: "Resolve")

    assert twice.of(thing, "de", make=lambda: "Lösen") == "Lösen"
    assert twice.of(thing, "de", make=str) == "Lösen"


def test_an_equal_object_is_another():
    twice, thing = Twice[str](), Thing()
    twice.of(thing, make=lambda: "before")

    assert twice.of(Thing(), make=lambda: "after") == "after"


def test_only_the_last_are_kept():
    twice = Twice[int]()
    things = [Thing() for _ in range(KEPT + 1)]
    for number, thing in enumerate(things):
        twice.of(thing, make=lambda number=number: number)

    assert twice.of(things[-1], make=lambda: -1) == KEPT
    assert twice.of(things[0], make=lambda: -1) == -1
