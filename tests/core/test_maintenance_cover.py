"""Which alerts maintenance keeps silent, and until when."""

import random
from datetime import datetime, timedelta

from bot.core.maintenance import Maintenance, Repeats, active
from bot.core.maintenance_cover import Calendar, concerns
from bot.core.replacing import replace
from bot.core.routing import Facts, read_matchers
from tests.core.groups import NOW

HOUR = timedelta(hours=1)


def planned(begins_at: datetime, hours: float = 2, id_: str = "m1", repeats: Repeats = Repeats.NEVER) -> Maintenance:
    return Maintenance(
        id=id_,
        server_id="s1",
        created_at=NOW,
        begins_at=begins_at,
        seconds=round(hours * 3600),
        repeats=repeats,
        due_at=begins_at,
    )


def test_it_is_for_an_integration_or_all_and_for_some_labels() -> None:
    everything = planned(NOW)
    assert concerns(everything, "i1", Facts({}))
    assert concerns(replace(everything, integration_id="i1"), "i1", Facts({}))
    assert not concerns(replace(everything, integration_id="i1"), "i2", Facts({}))
    staging = replace(everything, matchers=read_matchers("env=staging"))
    assert concerns(staging, "i1", Facts({"env": "staging"})) and not concerns(staging, "i1", Facts({"env": "prod"}))


def test_a_group_is_silent_until_the_last_of_what_follows_without_a_gap() -> None:
    first = planned(NOW, hours=2, id_="first")
    longer = planned(NOW + HOUR, hours=3, id_="longer")
    directly = planned(NOW + 4 * HOUR, hours=1, id_="directly")
    apart = planned(NOW + 6 * HOUR, hours=1, id_="apart")
    found = Calendar([apart, directly, first, longer], NOW).cover("i1", Facts({}))
    assert found is not None and (found.maintenance.id, found.until) == ("first", NOW + 5 * HOUR)


def test_what_does_not_run_yet_silences_nothing() -> None:
    calendar = Calendar([planned(NOW + HOUR)], NOW)
    assert not calendar.quiet
    assert calendar.cover("i1", Facts({})) is None


def test_a_group_that_none_concerns_is_not_silent_beside_one_that_is() -> None:
    calendar = Calendar([replace(planned(NOW), integration_id="i1")], NOW)
    assert calendar.quiet
    assert calendar.cover("i1", Facts({})) is not None
    assert calendar.cover("i2", Facts({})) is None


def test_a_group_is_silent_as_long_as_any_minute_is_covered() -> None:
    """Any plans: the end is the first minute that none of them covers."""
    dice = random.Random(5)
    for _ in range(200):
        plans = [
            planned(
                NOW + timedelta(minutes=dice.randrange(-300, 600)),
                hours=dice.randrange(1, 240) / 60,
                id_=f"m{number}",
                repeats=dice.choice([Repeats.NEVER, Repeats.DAILY]),
            )
            for number in range(dice.randrange(1, 6))
        ]
        minutes = (NOW + timedelta(minutes=minute) for minute in range(60 * 24))
        end = next(minute for minute in minutes if not any(active(one, minute) for one in plans))
        found = Calendar(plans, NOW).cover("i1", Facts({}))
        assert (found.until if found else NOW) == end
