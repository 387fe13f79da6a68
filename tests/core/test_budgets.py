"""A steady rate, and what was saved up for a burst."""

from datetime import UTC, datetime, timedelta

from bot.core.budgets import Account, Budget, spent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BUDGET = Budget(per_second=10, burst=100)


def spend(account: Account | None, amount: int, *, after: float = 0) -> tuple[Account, float]:
    return spent(account, amount, budget=BUDGET, now=NOW + timedelta(seconds=after))


def test_a_burst_is_taken_and_then_the_rate_holds():
    account, seconds = spend(None, 100)
    assert seconds == 0
    account, seconds = spend(account, 10)
    assert seconds == 1
    account, seconds = spend(account, 10, after=1)
    assert seconds == 0
    assert spend(account, 1, after=1)[1] == 0.1


def test_what_is_refused_costs_nothing():
    account, _ = spend(None, 100)
    for _ in range(5):
        account, seconds = spend(account, 50, after=2)
        assert seconds == 3
    assert spend(account, 50, after=5)[1] == 0


def test_no_more_is_saved_than_a_burst():
    account, _ = spend(None, 100)
    account, seconds = spend(account, 100, after=1_000_000)
    assert seconds == 0 and account.left == 0


def test_more_than_a_burst_is_taken_from_a_full_account_and_paid_off_later():
    account, seconds = spend(None, 250)
    assert seconds == 0
    assert spend(account, 1, after=15)[1] == 0.1
    assert spend(account, 250)[1] == 25


def test_a_clock_that_goes_back_gives_nothing():
    account, _ = spend(None, 100, after=10)
    assert spend(account, 10)[1] == 1
