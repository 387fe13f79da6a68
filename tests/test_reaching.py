"""A person's rules at work."""

import pytest

from bot.core.people import RULES, Way
from bot.errors import Upstream
from bot.reaching import reach


class Post:
    """One way: what it answers, and how often it was used."""

    def __init__(self, *, refused: Upstream | None = None, wanted: bool = True) -> None:
        self.refused, self.wanted, self.used = refused, wanted, 0

    async def __call__(self) -> str | None:
        self.used += 1
        if self.refused is not None:
            raise self.refused
        return "reached" if self.wanted else None


LASTING = Upstream("blocked", permanent=True)
PASSING = Upstream("too busy", permanent=False)


async def test_a_fallback_is_used_only_when_the_way_before_it_failed():
    direct, mention = Post(), Post()
    assert await reach(RULES["direct-then-mention"], {Way.DIRECT: direct, Way.MENTION: mention}) == {
        Way.DIRECT: "reached"
    }
    assert mention.used == 0

    ways = {Way.DIRECT: Post(refused=LASTING), Way.MENTION: mention}
    assert await reach(RULES["direct-then-mention"], ways) == {Way.MENTION: "reached"}


async def test_both_are_used_even_if_one_fails():
    ways = {Way.DIRECT: Post(refused=LASTING), Way.MENTION: Post()}
    assert await reach(RULES["both"], ways) == {Way.MENTION: "reached"}


async def test_the_first_refusal_is_told_when_nothing_worked():
    ways = {Way.DIRECT: Post(refused=LASTING), Way.MENTION: Post(refused=Upstream("no post", permanent=True))}
    with pytest.raises(Upstream, match="blocked"):
        await reach(RULES["both"], ways)


async def test_what_may_pass_is_tried_again_instead_of_falling_back():
    mention = Post()
    with pytest.raises(Upstream, match="too busy"):
        await reach(RULES["direct-then-mention"], {Way.DIRECT: Post(refused=PASSING), Way.MENTION: mention})
    assert mention.used == 0


async def test_when_there_is_nothing_to_say_any_more_no_further_way_is_used():
    mention = Post()
    assert await reach(RULES["both"], {Way.DIRECT: Post(wanted=False), Way.MENTION: mention}) == {}
    assert mention.used == 0
