"""Expressions that never take long: the same answers as Python's own, whatever is tried."""

import random
import re
from contextlib import suppress

import pytest

from bot.core.patterns import LONGEST, BadPattern, Effort, Pattern
from bot.core.routing import Facts, Matcher, Operator

SIGNS = "ab1-_. "


def some_expression(dice: random.Random, depth: int = 0) -> str:
    """Anything that the grammar allows, over few signs, so that texts often fit."""
    kind = dice.randrange(9 if depth < 4 else 5)
    if kind < 3:
        return re.escape(dice.choice(SIGNS)).replace("\\ ", " ")
    if kind == 3:
        return dice.choice([".", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S"])
    if kind == 4:
        return dice.choice(["[ab]", "[^a]", "[a-b1-9]", r"[\d_]", "[-a]", "[]a]", "[^]a]"])
    if kind == 5:
        return f"({some_expression(dice, depth + 1)})" + dice.choice(["", "*", "+", "?"])
    if kind == 6:
        return f"(?:{some_expression(dice, depth + 1)}|{some_expression(dice, depth + 1)})"
    return some_expression(dice, depth + 1) + some_expression(dice, depth + 1)


def test_an_expression_that_is_made_to_take_long_is_given_up_for_good() -> None:
    dice = random.Random(7)
    pattern = Pattern(".*a" + "." * 150)
    texts = ["".join(dice.choice("ab") for _ in range(500)) for _ in range(20)]
    with pytest.raises(BadPattern):
        for text in texts:
            pattern.matches(text)
    with pytest.raises(BadPattern):
        pattern.matches("a")


def test_a_condition_that_is_given_up_holds_for_nothing() -> None:
    dice = random.Random(7)
    texts = ["".join(dice.choice("ab") for _ in range(500)) for _ in range(20)]
    for operator in (Operator.LIKE, Operator.UNLIKE):
        matcher = Matcher(label="l", operator=operator, value=".*b" + "." * 150)
        for text in texts:
            matcher.holds(Facts({"l": text}))
        assert not matcher.holds(Facts({"l": "a"})) and not matcher.holds(Facts({"l": "b" * 200}))


def test_thousands_of_expressions_match_what_pythons_own_do() -> None:
    dice = random.Random(7)
    matched = 0
    for _ in range(3_000):
        expression = some_expression(dice)
        pattern, own = Pattern(expression), re.compile(expression)
        for _ in range(8):
            text = "".join(dice.choice(SIGNS) for _ in range(dice.randrange(6)))
            assert pattern.matches(text) == bool(own.fullmatch(text)), (expression, text)
            matched += pattern.matches(text)
    assert matched > 1_000


def test_any_sign_is_taken_by_the_sets_that_pythons_own_take() -> None:
    dice = random.Random(11)
    signs = ["a", "K", "z", "0", "_", " ", "é", "Ä", "ж", "一", "٣", "\u2003", "\U0001f600"]
    for _ in range(1_000):
        first, last = sorted(dice.choices(signs, k=2))
        members = [f"{first}-{last}", re.escape(dice.choice(signs)), dice.choice([r"\d", r"\W", r"\s", "b"])]
        expression = f"[{dice.choice(['', '^'])}{''.join(dice.sample(members, dice.randint(1, 3)))}]"
        for text in signs:
            assert Pattern(expression).matches(text) == bool(re.fullmatch(expression, text)), (expression, text)


def test_many_different_signs_are_no_more_work_than_one() -> None:
    """Counted, not timed: what is remembered of signs stays small, and so do the sets."""
    pattern = Pattern(".*" + "[a-b]" * 39)
    for start in range(0x4E00, 0x9000, 200):
        assert not pattern.matches("".join(map(chr, range(start, start + 200))))
    assert len(pattern._at_sign) <= 200 and len(pattern._after) <= 2


def test_expressions_for_one_group_have_a_bound_together() -> None:
    dice = random.Random(7)
    effort, tried = Effort(200_000), 0
    with pytest.raises(BadPattern, match="together"):
        for tried in range(100):
            Pattern(f"{tried}|.*a" + "." * 150).matches("".join(dice.choice("ab") for _ in range(200)), effort)
    assert 0 < tried < 20


def test_where_the_bound_is_reached_conditions_hold_for_nothing() -> None:
    facts = Facts({"l": "a"})
    facts.effort = Effort(0)
    for operator in (Operator.LIKE, Operator.UNLIKE):
        assert not Matcher(label="l", operator=operator, value="a|b").holds(facts)
        assert Matcher(label="l", operator=operator, value="a|b").holds(Facts({"l": "ac"[operator is Operator.UNLIKE]}))


@pytest.mark.parametrize(
    ("expression", "text", "fits"),
    [
        ("critical|warning", "warning", True),
        ("critical|warning", "warnings", False),
        ("db.*", "db-3.example.com", True),
        ("^web-[0-9]+$", "web-17", True),
        ("", "", True),
        ("a|", "", True),
        (".+", "", False),
        ("(?i)DB|Web[A-C]", "webb", True),
        ("(?i)DB|Web[A-C]", "webd", False),
        (r"10\.0\.0\.\d+", "10.0.0.1", True),
        (r"10\.0\.0\.\d+", "10a0b0c1", False),
        (r"costs \$", "costs $", True),
        ("Übung", "Übung", True),
        ("(?i)übung", "ÜBUNG", True),
        ("(?i)[^A-F]", "b", False),
        ("(?i)[^A-F]", "G", True),
    ],
)
def test_what_people_write(expression: str, text: str, fits: bool) -> None:
    assert Pattern(expression).matches(text) is fits


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("(a", "is not closed"),
        ("a)", "has no `(` before it"),
        ("[a", "is not closed"),
        ("*a", "cannot stand there"),
        ("a{3}", "cannot stand there"),
        (r"(a)\1", "is not known here"),
        (r"\bdb", "is not known here"),
        ("(?=a)", "Groups that begin with `(?`"),
        ("[z-a]", "is no range of signs"),
        ("a\\", "is not known here"),
        ("a" * (LONGEST + 1), "too long"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(expression: str, why: str) -> None:
    with pytest.raises(BadPattern) as refused:
        Pattern(expression)
    assert why in refused.value.text.english


@pytest.mark.parametrize("expression", ["(a+)+b", "(a|a)*b", "(a*)*" * 20 + "b", "(.*a){1}".replace("{1}", "") * 25])
def test_expressions_that_would_hang_are_answered_in_few_steps(expression: str) -> None:
    """Counted, not timed: no more sets of states are made than there are signs in the text."""
    pattern = Pattern(expression)
    pattern.matches("a" * 5_000)
    assert len(pattern._after) <= 500


def test_what_is_remembered_is_bounded() -> None:
    dice = random.Random(3)
    pattern = Pattern("(a|b)*a" + "(a|b)" * 12)
    for _ in range(200):
        with suppress(BadPattern):
            pattern.matches("".join(dice.choice("ab") for _ in range(200)))
    assert len(pattern._after) <= 2_000
